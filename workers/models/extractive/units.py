"""The smallest parts of a passage that can be quoted on their own: a sentence, or a whole list, table or code block."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from desk.passage import REPEATED, Block, BlockKind, Citation, Hit
from desk.text.lexicon import any_of, phrases
from workers.models.extractive.questions import AnswerForm, content_stems

LONGEST_TABLE = 8
"""Rows of a longer table stand on their own: each row names its columns."""
_MONEY = re.compile(rf"[$€£¥]\s?\d|\d\s?(?:[$€£¥]|(?:{any_of('price_unit')}|{any_of('money_word')})\b)", re.IGNORECASE)
_LINKS_ONLY = re.compile(any_of("links_heading"), re.IGNORECASE)
_LEANS = phrases("leaning_sentence")


@dataclass(frozen=True, slots=True)
class QuotableUnit:
    """Blocks of one hit that are quoted together. `rank` is the hit's place among those used, `in_context` the text
    with its headings, as it is compared with a question; `words` are those of the text with headings."""

    hit: Hit
    rank: int
    blocks: tuple[int, ...]
    in_context: str
    words: frozenset[str]
    own_words: frozenset[str]
    length: int

    @property
    def document(self) -> str:
        """The id of the page it stands on."""
        return self.hit.passage.document_id

    def citation(self, place: int) -> Citation:
        """The citation of one of the unit's blocks."""
        passage = self.hit.passage
        return Citation(passage.document_id, passage.version, passage.id, (place,))


def has_form(unit: QuotableUnit, wish: AnswerForm) -> bool:
    """Whether the unit has the form that is asked for."""
    blocks = unit.hit.passage.blocks
    if wish is AnswerForm.STEPS:
        return any(blocks[index].kind is BlockKind.STEP for index in unit.blocks)
    return wish is AnswerForm.PRICE and any(_MONEY.search(blocks[index].text) for index in unit.blocks)


def names_all_of(unit: QuotableUnit, question: str) -> bool:
    """Whether the unit holds every number or code of the question, and the question has one."""
    codes = {stem for stem in content_stems(question) if any(map(str.isdigit, stem))}
    return bool(codes) and codes <= unit.words


def title_overlap(unit: QuotableUnit, question: str) -> float:
    """How much of the page's title, or of the heading right above, the question repeats, 0 to 1."""
    passage = unit.hit.passage
    question_stems = content_stems(question)
    headings = [content_stems(passage.title), *(content_stems(heading) for heading in passage.headings[-1:])]
    return max(
        (len(question_stems & heading_stems) / len(heading_stems) for heading_stems in headings if heading_stems),
        default=0.0,
    )


def is_lead(unit: QuotableUnit) -> bool:
    """Whether the unit opens its page."""
    passage = unit.hit.passage
    return unit.blocks[0] == 0 and not any(heading != passage.title for heading in passage.headings)


def quotable_units(hit: Hit, rank: int) -> list[QuotableUnit]:
    """All units of a passage, in its order; none of a passage that is only a list of links."""
    blocks = hit.passage.blocks
    if hit.passage.headings and _LINKS_ONLY.search(hit.passage.headings[-1]):
        return []
    return [_build_unit(hit, rank, block_indexes) for block_indexes in _group_blocks(blocks)]


def _build_unit(hit: Hit, rank: int, block_indexes: tuple[int, ...]) -> QuotableUnit:
    passage = hit.passage
    text = " ".join(passage.blocks[index].text for index in block_indexes)
    heading = " > ".join(dict.fromkeys((passage.title, *passage.headings)))
    return QuotableUnit(
        hit,
        rank,
        block_indexes,
        f"{heading}: {text[:1500]}",
        content_stems(f"{heading} {text}"),
        content_stems(text),
        len(text.split()),
    )


def _group_blocks(blocks: Sequence[Block]) -> Iterator[tuple[int, ...]]:
    """Positions of blocks that belong together."""
    for _, members in groupby(range(len(blocks)), key=lambda index: (blocks[index].group, blocks[index].kind)):
        block_indexes = tuple(members)
        kind = blocks[block_indexes[0]].kind
        if blocks[block_indexes[0]].group == REPEATED and kind is not BlockKind.SENTENCE:
            continue  # the step before, which another passage holds
        if kind is BlockKind.SENTENCE or (kind is BlockKind.ROW and len(block_indexes) > LONGEST_TABLE):
            yield from (_with_support(blocks, (index,)) for index in block_indexes if not _only_opens(blocks, index))
        else:
            yield _with_support(blocks, block_indexes)


def _only_opens(blocks: Sequence[Block], index: int) -> bool:
    """A sentence that ends in a colon says nothing without the list after it."""
    return blocks[index].kind is BlockKind.SENTENCE and blocks[index].text.rstrip().endswith(":")


def _with_support(blocks: Sequence[Block], block_indexes: tuple[int, ...]) -> tuple[int, ...]:
    """With what the blocks lean on: the sentence that opens their list, the condition before "otherwise"."""
    leads = {lead for index in block_indexes for lead in blocks[index].leads}
    if not leads:
        return _with_sentence_before(blocks, block_indexes)
    places = {blocks[index].text: index for index in range(block_indexes[0])}
    return (*sorted(places[lead] for lead in leads if lead in places), *block_indexes)


def _with_sentence_before(blocks: Sequence[Block], block_indexes: tuple[int, ...]) -> tuple[int, ...]:
    """The same for blocks that do not say what they lean on: the sentence before, if it opens a list ("Do this:") or if
    the first sentence leans on it ("It ...")."""
    first = block_indexes[0]
    if first == 0:
        return block_indexes
    previous, block = blocks[first - 1], blocks[first]
    if previous.kind is not BlockKind.SENTENCE:
        return block_indexes
    opens_list = block.kind is not BlockKind.SENTENCE and previous.text.rstrip().endswith(":")
    leans_on_previous = (
        block.kind is BlockKind.SENTENCE and block.group == previous.group and block.text.lower().startswith(_LEANS)
    )
    return (first - 1, *block_indexes) if opens_list or leans_on_previous else block_indexes
