"""Each row of a table says of each value under which headers the page shows it."""

import time

import pytest

from desk.passage import BlockKind
from knowledge.parsing.html import NotParsed
from tests.knowledge.parsing.blocks_of import blocks_of, outline_of, texts_of

ROWS = {
    "one row of headers": (
        "<tr><th>Plan<th>Price</tr><tr><td>Solo<td>€9</tr><tr><td>Team<td>€29</tr>",
        ["Plan: Solo; Price: €9", "Plan: Team; Price: €29"],
    ),
    "a cell over two rows": (
        "<tr><th>Plan<th>What<th>Limit</tr><tr><td rowspan=2>Solo<td>Seats<td>5</tr><tr><td>Rooms<td>7</tr>",
        ["Plan: Solo; What: Seats; Limit: 5", "Plan: Solo; What: Rooms; Limit: 7"],
    ),
    "a value over two rows": (
        "<tr><th>Plan<th>Price</tr><tr><td>Solo<td rowspan=2>€9</tr><tr><td>Duo</tr><tr><td>Team<td>€29</tr>",
        ["Plan: Solo; Price: €9", "Plan: Duo; Price: €9", "Plan: Team; Price: €29"],
    ),
    "a short row below a spanning cell": (
        "<tr><th>A<th>B<th>C</tr><tr><td>a<td>b<td rowspan=2>s</tr><tr><td>c</tr><tr><td>x<td>y<td>z</tr>",
        ["A: a; B: b; C: s", "A: c; C: s", "A: x; B: y; C: z"],
    ),
    "a value over two columns": (
        "<tr><th>What<th>Solo<th>Team</tr><tr><td>Chat<td colspan=2>24 hours</tr>",
        ["What: Chat; Solo: 24 hours; Team: 24 hours"],
    ),
    "a cell over rows and columns": (
        "<tr><th>A<th>B<th>C</tr><tr><td rowspan=2 colspan=2>ab<td>1</tr><tr><td>2</tr>",
        ["A: ab; B: ab; C: 1", "A: ab; B: ab; C: 2"],
    ),
    "a row that spans all that are left": (
        "<tr><th>A<th>B</tr><tr><td rowspan=0>a<td>1</tr><tr><td>2</tr><tr><td>3</tr>",
        ["A: a; B: 1", "A: a; B: 2", "A: a; B: 3"],
    ),
    "two rows of headers": (
        "<tr><th><th colspan=2>Solo<th colspan=2>Team</tr><tr><th><th>Month<th>Year<th>Month<th>Year</tr>"
        "<tr><th scope=row>Fee<td>€1<td>€2<td>€3<td>€4</tr>",
        ["Fee; Solo, Month: €1; Solo, Year: €2; Team, Month: €3; Team, Year: €4"],
    ),
    "two rows of headers, the corner over both": (
        "<thead><tr><th rowspan=2>Item<th colspan=2>Solo</tr><tr><th>Month<th>Year</tr></thead>"
        "<tbody><tr><td>Fee<td>€1<td>€2</tr></tbody>",
        ["Item: Fee; Solo, Month: €1; Solo, Year: €2"],
    ),
    "three rows of headers": (
        "<thead><tr><td><td colspan=2>EU</tr><tr><td><td>Solo<td>Team</tr><tr><td><td>net<td>gross</tr></thead>"
        "<tr><td>Fee<td>€1<td>€2</tr>",
        ["Fee; EU, Solo, net: €1; EU, Team, gross: €2"],
    ),
    "an empty corner": (
        "<tr><td></td><th scope=col>Solo<th scope=col>Team</tr><tr><th scope=row>Seats<td>3<td>25</tr>",
        ["Seats; Solo: 3; Team: 25"],
    ),
    "an empty corner and no header cells at all": (
        "<tr><td></td><td>Solo<td>Team</tr><tr><td>Seats<td>3<td>25</tr><tr><td>Keys<td>1<td>2</tr>",
        ["Seats; Solo: 3; Team: 25", "Keys; Solo: 1; Team: 2"],
    ),
    "headers known by being bold": (
        "<tr><td><b>Plan</b><td><p><strong>Price</strong></p></tr><tr><td>Solo<td>€9</tr>",
        ["Plan: Solo; Price: €9"],
    ),
    "headers known by their style": (
        "<tr><td style='font-weight: bold'>Plan<td style='font-weight:700'>Price</tr><tr><td>Solo<td>€9</tr>",
        ["Plan: Solo; Price: €9"],
    ),
    "headers by role": (
        "<tr><td role=columnheader>Plan<td role=columnheader>Price</tr><tr><td>Solo<td>€9</tr>",
        ["Plan: Solo; Price: €9"],
    ),
    "headers at the side alone": (
        "<tr><th>Price<td>€8</tr><tr><th>People:<td>2</tr>",
        ["Price: €8", "People: 2"],
    ),
    "headers at the side over two rows": (
        "<tr><th rowspan=2>Solo<th>Price<td>€8</tr><tr><th>People<td>2</tr>",
        ["Solo, Price: €8", "Solo, People: 2"],
    ),
    "headers that repeat": (
        "<tr><th>Plan<th>Price</tr><tr><td>Solo<td>€9</tr><tr><th>Plan<th>Price</tr><tr><td>Team<td>€29</tr>",
        ["Plan: Solo; Price: €9", "Plan: Team; Price: €29"],
    ),
    "other headers further down": (
        "<tr><th>Plan<th>Price</tr><tr><td>Solo<td>€9</tr><tr><th>Extra<th>Fee</tr><tr><td>Chat<td>€2</tr>",
        ["Plan: Solo; Price: €9", "Extra: Chat; Fee: €2"],
    ),
    "a title across the rows that follow": (
        "<tr><th>Plan<th>Price</tr><tr><th colspan=2>Europe</tr><tr><td>Solo<td>€9</tr>"
        "<tr><th colspan=2>Japan</tr><tr><td>Solo<td>¥900</tr>",
        ["Europe; Plan: Solo; Price: €9", "Japan; Plan: Solo; Price: ¥900"],
    ),
    "a title of a group of rows, in an ordinary cell": (
        "<thead><tr><th>Plan<th>Price</tr></thead><tr><td colspan=2>Yearly</tr><tr><td>Solo<td>€90</tr>",
        ["Yearly; Plan: Solo; Price: €90"],
    ),
    "a remark across the last row": (
        "<tr><th>Plan<th>Price</tr><tr><td>Solo<td>€9</tr><tr><td colspan=2>Without tax.</tr>",
        ["Plan: Solo; Price: €9", "Without tax."],
    ),
    "no headers": ("<tr><td>Solo<td>€9</tr><tr><td>Team<td>€29</tr>", ["Solo; €9", "Team; €29"]),
    "no body": ("<thead><tr><th>Plan<th>Price</tr></thead><tbody></tbody>", ["Plan; Price"]),
    "a foot of header cells": (
        "<thead><tr><th>Plan<th>Price</tr></thead><tr><td>Solo<td>€9</tr><tfoot><tr><th>Sum<th>€9</tr></tfoot>",
        ["Plan: Solo; Price: €9", "Plan: Sum; Price: €9"],
    ),
    "empty cells": ("<tr><th>A<th>B<th>C</tr><tr><td><td>b<td></tr>", ["B: b"]),
    "more cells than headers": ("<tr><th>A<th>B</tr><tr><td>a<td>b<td>c</tr>", ["A: a; B: b; c"]),
    "paragraphs in the cells": (
        "<tr><td><p>Solo</p><td><p>€9</p></tr><tr><td><p>Team</p><td><p>€29</p></tr>",
        ["Solo; €9", "Team; €29"],
    ),
    "a table in a cell of a table with headers": (
        "<tr><th>Plan<th>Details</tr><tr><td>Solo<td><table><tr><th>Price<td>€8</tr><tr><th>People<td>2</tr></table></tr>",
        ["Plan: Solo; Details: Price: €8; People: 2"],
    ),
    "a list in a cell": (
        "<tr><th>Plan<th>With</tr><tr><td>Solo<td><ul><li>chat<li>mail</ul></tr>",
        ["Plan: Solo; With: chat; mail"],
    ),
    "figures on lines of their own": (
        "<tr><th>Reel<th>Weight</tr><tr><td>Twin<td>40<br>20 kg</tr>",
        ["Reel: Twin; Weight: 40 20 kg"],
    ),
    "spans that are no numbers": (
        "<tr><th>A<th>B</tr><tr><td rowspan=x colspan=-1>a<td rowspan='1.5'>b</tr>",
        ["A: a; B: b"],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("table", "rows"), ROWS.values(), ids=ROWS)
def test_a_row_names_the_headers_of_each_value(table: str, rows: list[str]) -> None:
    assert texts_of(f"<main><table>{table}</table></main>") == rows


def test_rows_carry_the_caption_and_the_line_above() -> None:
    table = "<table><caption>Prices of 2026</caption><tr><th>A<th>B<tr><td>1<td>2</table>"
    row = blocks_of(f"<main><p>Not for resale:</p>{table}</main>")[-1]
    assert (row.text, row.kind) == ("A: 1; B: 2", BlockKind.ROW)
    assert row.leads == ("Not for resale:", "Prices of 2026")


def test_tables_that_stand_in_cells_beside_each_other_keep_the_name_above_each() -> None:
    cell = "<td>{name}<table><tr><th>Price<td>{price}</tr></table>"
    for label in ("<b>{}</b>", "<p><strong>{}</strong></p>", "<h3>{}</h3>", "<div><b>{}</b></div>"):
        cells = "".join(
            cell.format(name=label.format(name), price=price) for name, price in (("Lynx", "€8"), ("Puma", "€31"))
        )
        assert outline_of(f"<main><table><tr>{cells}</tr></table></main>") == [
            ("Lynx", "Price: €8"),
            ("Puma", "Price: €31"),
        ]


def test_a_table_that_lays_out_the_page_is_no_table() -> None:
    html = "<main><table role=presentation><tr><td>Menu<td><p>We refund you.</p><p>Ask us.</p></table></main>"
    assert texts_of(html) == ["Menu", "We refund you.", "Ask us."]


def test_a_list_inside_a_cell_inside_a_list_stays_with_its_items() -> None:
    html = "<main><ul><li>Plans<table><tr><th>Solo<td><ul><li>chat<li>mail</ul></table></ul></main>"
    assert texts_of(html) == ["Plans Solo: chat, mail"]


@pytest.mark.parametrize(
    "table",
    [
        "<tr><th>A<th>B</tr>" + "<tr><td rowspan=65000>x<td>y</tr>" + "<tr><td>z</tr>" * 5000,
        "<tr><th>A<th>B</tr>" + "<tr><td colspan=1000>x<td colspan=65000>y</tr>" * 5000,
        "<tr><th colspan=1000>A</tr>" + "<tr><td>x<td>y</tr>" * 5000,
        "<tr>" + "<th>A long name of a column" * 100 + "</tr>" + ("<tr>" + "<td>x" * 100 + "</tr>") * 500,
        "<tr><th>A</tr>" + "<tr><td><ul>" + "<li>x" * 2000 + "</ul></tr>",
        "<tr><td><table>" * 60 + "x",
    ],
    ids=range(6),
)
def test_a_large_table_is_read_in_bounded_time_and_size(table: str) -> None:
    began = time.process_time()
    texts = texts_of(f"<main><table>{table}</table></main>")
    assert texts
    assert sum(map(len, texts)) < 10_000_000
    assert time.process_time() - began < 60


def test_a_table_whose_cells_stand_for_too_many_others_is_refused_by_name() -> None:
    table = "<tr>" + "<td rowspan=65000>x" * 190 + "</tr>" + "<tr><td>z</tr>" * 5000
    with pytest.raises(NotParsed, match="span too many rows"):
        texts_of(f"<table><tr><th>A<th>B</tr>{table}</table>")
