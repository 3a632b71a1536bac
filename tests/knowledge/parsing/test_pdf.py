"""PDFs: lines become headings, paragraphs and lists again, and what is broken is refused."""

import re
import time
from collections.abc import Sequence

import pytest

from knowledge.parsing.files import pdf as reader
from knowledge.parsing.files.extract import UnreadableFile
from knowledge.parsing.files.pdf import read
from knowledge.parsing.html import read_html
from tests.knowledge.written_files import Ink, Rule, grid, pdf


def sections(content: bytes) -> list[tuple[tuple[str, ...], list[str]]]:
    """Headings and the texts below them, as the index gets them."""
    found = read_html(read(content).html).sections
    return [(section.headings, [block.text for block in section.blocks]) for section in found]


def lines(*texts: str, top: int = 700, left: int = 72) -> list[Ink]:
    """Lines of one paragraph."""
    return [Ink(text, left, top - 13 * place) for place, text in enumerate(texts)]


def test_larger_lines_are_headings_and_a_single_first_one_is_the_title() -> None:
    content = pdf(
        [
            Ink("The harbour handbook", y=740, size=24),
            Ink("Berths", y=700, size=16),
            *lines("A berth by the pier costs 14 florins a night,", "and 9 in winter.", top=670),
            Ink("Cranes", y=600, size=16),
            *lines("The crane lifts nine tonnes.", top=570),
            Ink("At night", y=540, bold=True),
            *lines("The crane stands still.", top=515),
        ]
    )
    assert read(content).title == "The harbour handbook"
    assert sections(content) == [
        (("Berths",), ["A berth by the pier costs 14 florins a night, and 9 in winter."]),
        (("Cranes",), ["The crane lifts nine tonnes."]),
        (("Cranes", "At night"), ["The crane stands still."]),
    ]


def test_words_that_were_parted_are_whole_again_and_hyphens_of_their_own_stay() -> None:
    body = lines(
        "Ask the har-", "bour master for a check-", "in, and use the check-in desk. The gate-", "House is shut."
    )
    assert sections(pdf(body))[0][1] == [
        "Ask the harbour master for a check-in, and use the check-in desk.",
        "The gate- House is shut.",
    ]


def test_a_sentence_goes_on_over_the_page() -> None:
    content = pdf(lines("The gate opens two", top=400), lines("hours before high water.", top=700))
    assert sections(content) == [((), ["The gate opens two hours before high water."])]


def test_lists_survive() -> None:
    content = pdf(
        [
            *lines("To book:", top=700),
            *lines("1. Open the office,", top=670),
            Ink("which is by the pier.", 90, 657),
            Ink("2. Ask for a berth.", 72, 644),
            *lines("\u2022 Boats", "\u2022 Rafts", top=600),
        ]
    )
    html = read(content).html.replace("\n", "")
    assert "<ol><li>Open the office, which is by the pier.</li><li>Ask for a berth.</li></ol>" in html
    assert "<ul><li>Boats</li><li>Rafts</li></ul>" in html


def test_headers_footers_and_page_numbers_are_left_out() -> None:
    pages = [
        [Ink("Harbour office", y=810), *lines(f"Pier {n} is closed.", top=500), Ink(f"Page {n} of 3", 280, 30)]
        for n in (1, 2, 3)
    ]
    assert [text for _, texts in sections(pdf(*pages)) for text in texts] == [f"Pier {n} is closed." for n in (1, 2, 3)]


def test_the_outline_tells_the_level_of_headings_and_of_bold_lines() -> None:
    content = pdf(
        [
            Ink("Part one", y=740, size=20),
            *lines("Text of part one.", top=700),
            Ink("Fees", y=650, size=14),
            *lines("Text of fees.", top=620),
        ],
        outline=["Part one", "Fees"],
    )
    assert [headings for headings, _ in sections(content)] == [("Part one",), ("Fees",)]


def test_the_title_is_what_the_file_says_unless_a_program_said_it() -> None:
    two = [Ink("One", y=740, size=20), *lines("Text here.", top=700), Ink("Two", y=600, size=20)]
    assert read(pdf(two, title="Harbour fees")).title == "Harbour fees"
    for written in ("fees.docx", "Microsoft Word - fees_final.doc", "untitled", "", "x"):
        assert read(pdf(two, title=written)).title is None


LOCKED = (
    "/Encrypt << /Filter /Standard /V 1 /R 2 /P -4 /O <" + "41" * 32 + "> /U <" + "42" * 32 + "> >> "
    "/ID [<00112233445566778899aabbccddeeff> <00112233445566778899aabbccddeeff>]"
)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "is no PDF"),
        (b"\x89PNG\r\n", "is no PDF"),
        (b"%PDF-1.7\nand nothing more", "is damaged"),
        (b"%PDF-1.7\n" + bytes(range(256)) * 40, "is damaged"),
        (pdf("Text.")[:200], "is damaged"),
        (pdf("Text.", trailer=LOCKED), "is protected by a password"),
        (pdf([]), "has no text"),
        (pdf(), "has no text"),
    ],
    ids=["empty", "png", "nothing", "noise", "cut", "password", "blank", "no-pages"],
)
def test_what_cannot_be_read_is_refused_with_its_reason(content: bytes, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        read(content)


def test_too_many_pages_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "MOST_PAGES", 2)
    with pytest.raises(ValueError, match="has more than 2 pages"):
        read(pdf("One.", "Two.", "Three."))


def test_what_looks_like_a_tag_is_text() -> None:
    assert sections(pdf("Type <b>bold</b> & press <enter>.")) == [((), ["Type <b>bold</b> & press <enter>."])]


PLANS = [("Plan", "Calls", "Price"), ("Basic", "60 a minute", "€9"), ("Plus", "600 a minute", "€29")]


def ruled(rows: Sequence[tuple[str, ...]], top: int = 700, width: int = 130) -> list[Ink | Rule]:
    """A table with all its lines."""
    columns = [72 + width * place for place in range(len(rows[0]) + 1)]
    edges = [top - 20 * place for place in range(len(rows) + 1)]
    inks = [
        Ink(text, columns[column] + 5, edges[row] - 14)
        for row, texts in enumerate(rows)
        for column, text in enumerate(texts)
        if text
    ]
    return [*inks, *grid(columns, edges)]


def tables(content: bytes) -> list[list[list[str]]]:
    """The cells of each table."""
    html = read(content).html
    found = re.findall("<table>(.*?)</table>", html, re.DOTALL)
    return [[re.findall("<t[hd]>(.*?)</t[hd]>", row) for row in re.findall("<tr>(.*?)</tr>", each)] for each in found]


def test_a_ruled_table_is_a_table_in_its_place() -> None:
    content = pdf([*lines("Our plans:", top=740), *ruled(PLANS), *lines("All prices are without tax.", top=600)])
    html = read(content).html
    assert tables(content) == [[list(row) for row in PLANS]]
    assert html.index("Our plans") < html.index("<table>") < html.index("without tax")
    assert html.count("600 a minute") == 1


def test_a_merged_cell_counts_for_each_of_its_rows() -> None:
    rows = [("Plan", "Region", "Price"), ("Plus", "Europe", "29"), ("", "Asia", "31")]
    drawn = [*ruled(rows), Rule(72, 700, 462, 700)]
    drawn = [each for each in drawn if each != Rule(72, 660, 462, 660)] + [Rule(202, 660, 462, 660)]
    assert tables(pdf(drawn)) == [[["Plan", "Region", "Price"], ["Plus", "Europe", "29"], ["Plus", "Asia", "31"]]]


def test_a_table_over_two_pages_is_one_with_one_header() -> None:
    header, more = PLANS[0], [("Team", "6,000 a minute", "€99"), ("Own", "as agreed", "on request")]
    together = [[*map(list, PLANS), *map(list, more)]]
    assert tables(pdf(ruled(PLANS, top=200), ruled([header, *more], top=780))) == together
    assert tables(pdf(ruled(PLANS, top=200), ruled(more, top=780))) == together


def test_two_tables_with_text_between_stay_two() -> None:
    other = [("Plan", "Calls", "Price"), ("Old", "1 a minute", "€1")]
    content = pdf(ruled(PLANS, top=200), [*lines("The old plans:", top=790), *ruled(other, top=760)])
    assert [len(rows) for rows in tables(content)] == [3, 2]


def test_a_frame_around_text_is_no_table() -> None:
    content = pdf([*lines("Mind the gap.", "It is wide."), *grid([60, 300], [720, 660])])
    assert tables(content) == []
    assert "Mind the gap. It is wide." in read(content).html


def test_a_cell_of_two_lines_and_signs_of_html_is_one_cell() -> None:
    drawn = [*ruled([("Name", "Rule"), ("A & B", "")]), Ink("more", 207, 674, 8), Ink("than < 5", 207, 664, 8)]
    assert tables(pdf(drawn)) == [[["Name", "Rule"], ["A &amp; B", "more than &lt; 5"]]]


def test_of_two_columns_the_left_one_is_read_first() -> None:
    left = lines("The crane is closed", "on Mondays and", "whenever it storms.", left=72)
    right = lines("Berths are free", "for a day in", "the winter.", left=330)
    text = " ".join(text for _, texts in sections(pdf([*left, *right])) for text in texts)
    assert text.index("whenever it storms") < text.index("Berths are free")
    assert "The crane is closed on Mondays and whenever it storms." in text


def test_a_drawing_of_very_many_lines_takes_bounded_time() -> None:
    drawing: list[Ink | Rule] = [Rule(n % 500, n % 700, n % 500 + 20, n % 700) for n in range(9_000)]
    began = time.monotonic()
    assert "The text beside it." in read(pdf([Ink("The text beside it."), *drawing])).html
    assert time.monotonic() - began < 20


def test_a_table_of_five_thousand_rows_over_pages_is_one_table() -> None:
    header = ("Code", "Means", "Do")
    pages = [
        ruled([header, *[(f"E{page * 30 + n}", "a fault", "wait") for n in range(30)]], top=780) for page in range(167)
    ]
    began = time.monotonic()
    [rows] = tables(pdf(*pages))
    assert len(rows) == 167 * 30 + 1
    assert time.monotonic() - began < 90


def test_a_scan_is_refused_as_pictures() -> None:
    scan = pdf("").replace(b"/Resources << /Font", b"/Resources << /XObject << /Im0 3 0 R >> /Font")
    with pytest.raises(UnreadableFile, match="holds pictures of text, which are not read"):
        read(scan)
