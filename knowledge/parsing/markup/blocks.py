"""The elements of a page as headed sections of blocks. Nothing here recurses deeper than `DEEPEST`."""

from collections.abc import Iterator, Sequence

from bs4.element import PageElement, Tag

from desk.passage import Block, BlockKind
from knowledge.parsing.markup import questions
from knowledge.parsing.markup.dom import (
    DEEPEST,
    HEADING_LEVELS,
    child_tags,
    clear_tag,
    find_first,
    is_block,
    is_bold,
    outermost_tags,
    raw_text,
)
from knowledge.parsing.markup.inline_text import inline_text, text_on_one_line, text_without
from knowledge.parsing.markup.tables import is_layout, lay_out, question_rows, rows_as_text
from knowledge.parsing.structure import LABEL_LEVEL, SectionWriter

LONGEST_ITEM = 400
"""Characters of an item with the lists inside it that is one block; the lists of a longer one have blocks of their
own."""

_LISTS = frozenset({"ul", "ol"})
_HEADING_TAGS = tuple(HEADING_LEVELS)


def read_children(node: Tag, writer: SectionWriter, depth: int) -> None:
    """Inline nodes between two block elements are a paragraph; block elements are read by their kind."""
    if depth > DEEPEST:
        writer.paragraph(node.get_text(" "))
        return
    inline: list[PageElement] = []
    for child in node.children:
        if isinstance(child, Tag) and is_block(child):
            _read_inline(inline, writer)
            inline = []
            _read_block(child, writer, depth + 1)
        else:
            inline.append(child)
    _read_inline(inline, writer)


def _read_inline(nodes: Sequence[PageElement], writer: SectionWriter) -> None:
    question, rest = questions.split_question(nodes)
    text = "".join(inline_text(node, 0) for node in rest)
    if not question:
        question, text = questions.split_lettered(text)
    writer.heading(LABEL_LEVEL, question)
    if writer.heading_is_bare and writer.path and questions.is_question(writer.path[-1][1]):
        text = questions.without_answer_letter(text)
    writer.paragraph(text)


def _read_block(tag: Tag, writer: SectionWriter, depth: int) -> None:
    if tag.name in HEADING_LEVELS:
        writer.heading(HEADING_LEVELS[tag.name], text_on_one_line(tag))
    elif tag.name == "summary" or questions.is_question_element(tag):
        writer.heading(LABEL_LEVEL, text_on_one_line(tag))
    elif tag.name in _LISTS:
        _read_list(tag, writer, depth)
    elif tag.name == "dl":
        _read_definitions(tag, writer, depth)
    elif tag.name == "table":
        _read_table(tag, writer, depth)
    elif tag.name == "pre":
        writer.add(BlockKind.CODE, [tag.get_text().strip("\n").rstrip()])
    elif tag.name == "details":
        with writer.fold(_take_summary(tag)):
            read_children(tag, writer, depth)
    else:
        read_children(tag, writer, depth)


def _take_summary(details: Tag) -> str:
    """The label of what unfolds, which is not read again."""
    summary = find_first(details, "summary")
    if summary is None or next((each for each in summary.parents if each.name == "details"), None) is not details:
        return ""
    label = text_on_one_line(summary)
    clear_tag(summary)
    return label


def _read_list(tag: Tag, writer: SectionWriter, depth: int) -> None:
    if not questions.is_list_of_sections(tag):
        writer.add_blocks(list(_items(tag, (), depth)))
        return
    for item in child_tags(tag):
        with writer.fold():
            read_children(item, writer, depth)


def _items(tag: Tag, leads: tuple[str, ...], depth: int) -> Iterator[Block]:
    """The items of a list, and of long lists in its items. A step keeps the number that the page shows."""
    kind = BlockKind.STEP if tag.name == "ol" else BlockKind.ITEM
    number = _number(tag, "start", 1)
    for child in tag.children:
        if not isinstance(child, Tag):
            if text := text_on_one_line(child):
                yield Block(text, BlockKind.ITEM, 0, leads)
            continue
        number = _number(child, "value", number)
        yield from _item(child, kind, number if kind is BlockKind.STEP else 0, leads, depth)
        number += 1 if child.name == "li" else 0


def _item(item: Tag, kind: BlockKind, number: int, leads: tuple[str, ...], depth: int) -> Iterator[Block]:
    text = text_on_one_line(item)
    inner = list(outermost_tags(item, _LISTS | {"table", "pre"})) if len(text) > LONGEST_ITEM else []
    if not inner or depth > DEEPEST or any(each.name not in _LISTS for each in inner):
        yield Block(text, kind, 0, leads, number)
        return
    own_text = text_without(item, inner)
    yield Block(own_text, kind, 0, leads, number)
    for inner_list in inner:
        yield from _items(inner_list, (*leads, own_text) if own_text else leads, depth + 1)


def _number(tag: Tag, name: str, otherwise: int) -> int:
    digits = str(tag.get(name, "")).strip()
    return int(digits) if digits.isdecimal() and digits.isascii() and len(digits) < 7 else otherwise


def _read_definitions(tag: Tag, writer: SectionWriter, depth: int) -> None:
    """`term: definition`, one each; a question with its answer is a part of its own."""
    pairs = list(_definitions(tag))
    if pairs and all(questions.is_question(text_on_one_line(terms[-1])) for terms, _ in pairs if terms):
        for terms, definitions in pairs:
            with writer.fold(" ".join(map(text_on_one_line, terms))):
                for definition in definitions:
                    read_children(definition, writer, depth)
        return
    texts = [" / ".join(map(text_on_one_line, terms)) for terms, _ in pairs]
    said = [" ".join(map(text_on_one_line, definitions)) for _, definitions in pairs]
    writer.add(BlockKind.ITEM, [f"{term}: {text}".strip(": ") for term, text in zip(texts, said, strict=True)])


def _definitions(tag: Tag) -> Iterator[tuple[list[Tag], list[Tag]]]:
    """The terms that stand together, with what is said of them."""
    terms, definitions = list[Tag](), list[Tag]()
    for child in outermost_tags(tag, frozenset({"dt", "dd"})):
        if child.name == "dt" and definitions:
            yield terms, definitions
            terms, definitions = [], []
        (terms if child.name == "dt" else definitions).append(child)
    if terms or definitions:
        yield terms, definitions


def _read_table(table: Tag, writer: SectionWriter, depth: int) -> None:
    """A table that only lays out a page is read like a `<div>`, each of its cells with what stands above in it."""
    if is_layout(table):
        _read_layout(table, writer, depth)
        return
    rows = lay_out(table, text_on_one_line)
    line_above: tuple[str, ...] = ()
    if caption := find_first(table, "caption"):
        line_above = writer.last_sentence(only_colon=True)
        writer.paragraph(text_on_one_line(caption))
    pairs = question_rows(rows)
    for question, answer in pairs:
        with writer.fold(question):
            read_children(answer, writer, depth)
    if not pairs:
        writer.add_blocks([Block(text, BlockKind.ROW, 0) for text in rows_as_text(rows)], line_above)


def _read_layout(table: Tag, writer: SectionWriter, depth: int) -> None:
    """The label at the top of a cell ("Lynx") is the heading of what the cell holds."""
    cells = list(outermost_tags(table, frozenset({"td", "th"})))
    if not cells:
        read_children(table, writer, depth)
    for cell in cells:
        label = _label_of(cell)
        with writer.fold(text_on_one_line(label) if label else ""):
            if label:
                label.extract()
            read_children(cell, writer, depth)


def _label_of(cell: Tag) -> Tag | None:
    """The bold line, or the heading, with which a cell begins that goes on with something else."""
    parts = [part for part in cell.children if raw_text(part)]
    while len(parts) == 1 and isinstance(parts[0], Tag) and parts[0].name in ("div", "center", "section", "article"):
        parts = [part for part in parts[0].children if raw_text(part)]
    if len(parts) < 2 or not isinstance(parts[0], Tag):
        return None
    is_label = parts[0].name in _HEADING_TAGS or (is_bold(parts[0]) and len(raw_text(parts[0])) < LONGEST_ITEM // 4)
    return parts[0] if is_label else None
