"""Tables by their cells: each row says of each value under which headers it stands, as the page shows it.

A cell that spans rows or columns counts in each of them; a row of headers holds until the next one; headers may stand
in several rows, at the side, or be known only by being bold or by the empty corner beside them.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from bs4.element import Tag

from knowledge.parsing.markup.dom import HEADING_LEVELS, child_tags, find_first, is_bold, outermost_tags, role_of

MOST_COLUMNS = 200
"""A cell is taken to span no more."""

MOST_REPEATED = 100_000
"""Cells of a table that stand in a row because they span it."""

LONGEST_LABEL = 200
"""Characters of a header, and of a cell that is repeated in the rows it spans."""

_LONGEST_GROUP = 60
_MOST_LABELS = 12
_LAYOUT_CELL = 600
_LAYOUT_ROLES = frozenset({"presentation", "none"})
_HEADINGS = frozenset(HEADING_LEVELS)

ReadCell = Callable[[Tag], str]


class TooManySpans(ValueError):
    """The table's spanning cells stand for more than is read."""


@dataclass(slots=True)
class Cell:
    """A cell of a table. `is_label`: it is a header of the columns below it, and no value."""

    tag: Tag
    text: str
    is_header: bool
    width: int
    height: int
    is_label: bool = False


@dataclass(slots=True)
class Row:
    """The cells of a row by the columns where they begin, those that span down into it with them."""

    cells: list[tuple[int, Cell]]
    own: list[Cell]
    in_head: bool
    in_foot: bool

    @property
    def filled(self) -> list[Cell]:
        """Its own cells that hold text."""
        return [cell for cell in self.own if cell.text]


@dataclass(slots=True)
class _Header:
    """What stands above each column, the outermost first, and above all rows that follow."""

    labels: dict[int, list[str]] = field(default_factory=dict)
    group: str = ""

    def add(self, row: Row) -> None:
        for column, cell in row.cells:
            cell.is_label = True
            for place in range(column, column + cell.width if cell.text else column):
                levels = self.labels.setdefault(place, [])
                if cell.text not in levels:
                    levels.append(cell.text[:LONGEST_LABEL])

    def above(self, column: int, width: int) -> list[str]:
        """The labels of all columns that a cell covers, each once."""
        columns = range(column, column + width)
        labels = (", ".join(self.labels[place])[:LONGEST_LABEL] for place in columns if place in self.labels)
        return list(dict.fromkeys(labels))


def is_layout(table: Tag) -> bool:
    """Does the table only lay out a page? It is then read like a `<div>`."""
    own_cells = [cell for row in own_rows(table) for cell in cells_of(row)]
    if role_of(table) in _LAYOUT_ROLES or not own_cells:
        return True
    if any(cell.name == "th" for cell in own_cells) or find_first(table, "caption", "thead"):
        return False
    if any(find_first(cell, "table", *_HEADINGS) for cell in own_cells):
        return True
    is_single = len(own_cells) < 2 or all(len(cells_of(row)) < 2 for row in own_rows(table))
    if is_single or len(list(own_rows(table))) == 1:
        return any(find_first(cell, "ul", "ol", "p") for cell in own_cells)
    return any(
        len(list(outermost_tags(cell, frozenset({"p", "ul", "ol"})))) > 1 and len(cell.get_text()) > _LAYOUT_CELL
        for cell in own_cells
    )


def own_rows(table: Tag) -> Iterator[Tag]:
    """The rows of the table itself, not those of tables in its cells."""
    return (tag for tag in outermost_tags(table, frozenset({"tr", "table"})) if tag.name == "tr")


def cells_of(row: Tag) -> list[Tag]:
    """The cells of a row."""
    return [cell for cell in child_tags(row) if cell.name in ("td", "th")]


def table_rows(table: Tag, read: ReadCell) -> list[str]:
    """The rows as text, each to be understood without the others: `Header: cell; Header: cell`."""
    return list(rows_as_text(lay_out(table, read)))


def lay_out(table: Tag, read: ReadCell) -> list[Row]:
    """The rows with all cells that stand in them. Raises TooManySpans."""
    rows: list[Row] = []
    group: Tag | None = None
    spanning: dict[int, tuple[Cell, int]] = {}
    repeated = 0
    for tag in own_rows(table):
        if tag.parent is not group:
            group, spanning = tag.parent, {}  # no cell reaches beyond its part of the table
        row = _lay_out_row(tag, spanning, read)
        repeated += len(row.cells) - len(row.own)
        if repeated > MOST_REPEATED:
            raise TooManySpans
        rows.append(row)
    _mark_headless(rows)
    return rows


def _lay_out_row(tag: Tag, spanning: dict[int, tuple[Cell, int]], read: ReadCell) -> Row:
    own = [_read_cell(cell, read) for cell in cells_of(tag)]
    cells = [(column, cell) for column, (cell, _) in spanning.items()]
    column = 0
    opened: dict[int, tuple[Cell, int]] = {}
    for cell in own:
        while column in spanning:
            column += spanning[column][0].width
        cells.append((column, cell))
        if cell.height != 1:
            opened[column] = (cell, cell.height)
        column += cell.width
    spanning.update(opened)
    for start, (cell, left) in list(spanning.items()):
        spanning[start] = (cell, left - 1)
        if left == 1:
            del spanning[start]
    cells.sort(key=lambda placed: placed[0])
    part = tag.parent.name if tag.parent else ""
    return Row(cells, own, in_head=part == "thead", in_foot=part == "tfoot")


def _read_cell(tag: Tag, read: ReadCell) -> Cell:
    is_header = tag.name == "th" or role_of(tag) in ("columnheader", "rowheader")
    height = _span(tag, "rowspan")
    return Cell(tag, read(tag), is_header, max(1, min(_span(tag, "colspan"), MOST_COLUMNS)), height)


def _span(tag: Tag, name: str) -> int:
    """How many rows or columns; of rows 0 means all that are left, which no count ever reaches."""
    digits = str(tag.get(name, "1")).strip()[:5]
    return int(digits) if digits.isdecimal() and digits.isascii() else 1


def _mark_headless(rows: list[Row]) -> None:
    """The first row is one of headers too if it alone is bold, or if it alone begins with an empty cell."""
    if len(rows) < 2 or rows[0].in_head or len(rows[0].filled) < 1 or len(rows[0].own) < 2 or _has_labels(rows[0]):
        return
    first, others = rows[0], rows[1:]
    is_bold_alone = all(is_bold(cell.tag) for cell in first.filled) and not all(
        is_bold(cell.tag) for cell in others[0].filled
    )
    has_corner = not first.own[0].text and len(first.filled) == len(first.own) - 1
    begins_alone = all(row.cells and row.cells[0][1].text for row in others[:50])
    first.in_head = is_bold_alone or (has_corner and begins_alone)


def _has_labels(row: Row) -> bool:
    return any(cell.is_header for cell in row.own)


def rows_as_text(rows: list[Row]) -> Iterator[str]:
    """Each row with the headers of its cells."""
    width = max((sum(cell.width for cell in row.own) for row in rows if len(row.own) > 1), default=0)
    header, waiting = _Header(), list[Row]()
    for place, row in enumerate(rows):
        is_last = place + 1 == len(rows)
        if group := _group_label(row, width, is_last=is_last):
            header.group = group
        elif _is_header_row(row) and not (is_last and header.labels and not waiting):
            header = header if waiting else _Header(group=header.group)
            header.add(row)
            waiting.append(row)
            yield from (cell.text for cell in row.filled if len(cell.text) > LONGEST_LABEL)  # cut as a label
        elif row.filled:
            waiting = []
            yield row.own[0].text if _is_across(row, width) else _row_text(row, header)
    for row in waiting:  # headers of nothing
        yield "; ".join(cell.text for cell in row.filled)


def _group_label(row: Row, width: int, *, is_last: bool) -> str:
    """What one cell says across the whole table of the rows below it; nothing if the row is none of this kind."""
    if is_last or not _is_across(row, width) or len(row.own[0].text) > LONGEST_LABEL:
        return ""
    cell = row.own[0]
    is_title = len(cell.text) <= _LONGEST_GROUP and cell.text[-1:] not in ".!?"
    return cell.text if is_title or cell.is_header or is_bold(cell.tag) else ""


def _is_across(row: Row, width: int) -> bool:
    return len(row.own) == len(row.cells) == 1 and row.own[0].width >= width > 1


def _is_header_row(row: Row) -> bool:
    """Are all its cells headers of columns? An empty cell is none and nothing else either."""
    if row.in_head or not row.filled:
        return row.in_head and bool(row.filled)
    if row.in_foot:
        return False
    filled = [cell for _, cell in row.cells if cell.text]
    return all(cell.is_header and not str(cell.tag.get("scope", "")).startswith("row") for cell in filled) and (
        len(row.own) > 1 or len(filled) > 1
    )


def _row_text(row: Row, header: _Header) -> str:
    values = [(column, cell) for column, cell in row.cells if cell.text and not cell.is_label]
    parts = [header.group] if header.group else []
    if not header.labels and _leads_its_row(values):
        names = ", ".join(cell.text for _, cell in values if cell.is_header)
        parts.append(f"{names.rstrip(':')}: {'; '.join(cell.text for _, cell in values if not cell.is_header)}")
        return "; ".join(parts)
    for column, cell in values:
        parts += _labelled(header.above(column, cell.width), _repeatable(row, cell))
    return "; ".join(parts)


def _leads_its_row(values: Sequence[tuple[int, Cell]]) -> bool:
    """Do headers at the side stand before the row's values?"""
    kinds = [cell.is_header for _, cell in values]
    return any(kinds) and not all(kinds) and kinds == sorted(kinds, reverse=True)


def _labelled(labels: Sequence[str], text: str) -> list[str]:
    """A cell with its header; one that spans columns under several headers, once for each."""
    if not labels:
        return [text]
    if len(labels) > _MOST_LABELS or len(text) > LONGEST_LABEL:
        labels = [" / ".join(labels)]
    return [f"{label.rstrip(':')}: {text}" for label in labels]


def _repeatable(row: Row, cell: Cell) -> str:
    is_own = cell.height == 1 or any(cell is own for own in row.own)
    return cell.text if is_own or len(cell.text) <= LONGEST_LABEL else f"{cell.text[:LONGEST_LABEL].rstrip()}…"


def question_rows(rows: list[Row]) -> list[tuple[str, Tag]]:
    """Questions with the cells of their answers, if that is what the table holds."""
    pairs = [row.filled for row in rows if not (_is_header_row(row) and len(rows) > 1)]
    is_faq = len(pairs) > 1 and all(len(pair) == 2 and pair[0].text.endswith(("?", "？", "؟")) for pair in pairs)
    return [(question.text, answer.tag) for question, answer in pairs] if is_faq else []
