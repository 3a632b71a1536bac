"""The smallest parts of a passage that can be quoted on their own: a sentence, or a whole list, table or code block."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from desk.passage import Block, BlockKind, Citation, Hit
from workers.models.extractive.questions import AnswerForm, content_stems

LONGEST_TABLE = 8
"""Rows of a longer table stand on their own: each row names its columns."""
_MONEY = re.compile(r"[$€£¥]\s?\d|\d\s?(?:[$€£¥]|(?:usd|eur|gbp|chf|euros?|dollars?|pounds?)\b)", re.IGNORECASE)
_LINKS_ONLY = re.compile(r"related|see also|further reading|more help|next steps", re.IGNORECASE)
# A sentence that opens like this leans on the one before it.
_LEANS = (
    "this ", "these ", "it ", "they ", "that ", "those ", "otherwise", "then ", "however", "in that case",
    "in this case", "if not", "after that", "afterwards", "instead", "both ", "in all ", "also ", "here ", "there ",
    "its ", "their ",
)  # fmt: skip


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
        return any(blocks[place].kind is BlockKind.STEP for place in unit.blocks)
    return wish is AnswerForm.PRICE and any(_MONEY.search(blocks[place].text) for place in unit.blocks)


def names_all_of(unit: QuotableUnit, question: str) -> bool:
    """Whether the unit holds every number or code of the question, and the question has one."""
    codes = {word for word in content_stems(question) if any(map(str.isdigit, word))}
    return bool(codes) and codes <= unit.words


def title_overlap(unit: QuotableUnit, question: str) -> float:
    """How much of the page's title, or of the heading right above, the question repeats, 0 to 1."""
    passage = unit.hit.passage
    asked = content_stems(question)
    above = [content_stems(passage.title), *(content_stems(heading) for heading in passage.headings[-1:])]
    return max((len(asked & said) / len(said) for said in above if said), default=0.0)


def is_lead(unit: QuotableUnit) -> bool:
    """Whether the unit opens its page."""
    passage = unit.hit.passage
    return unit.blocks[0] == 0 and not any(heading != passage.title for heading in passage.headings)


def quotable_units(hit: Hit, rank: int) -> list[QuotableUnit]:
    """All units of a passage, in its order; none of a passage that is only a list of links."""
    blocks = hit.passage.blocks
    if hit.passage.headings and _LINKS_ONLY.search(hit.passage.headings[-1]):
        return []
    return [_unit(hit, rank, places) for places in _places(blocks)]


def _unit(hit: Hit, rank: int, places: tuple[int, ...]) -> QuotableUnit:
    passage = hit.passage
    text = " ".join(passage.blocks[place].text for place in places)
    heading = " > ".join(dict.fromkeys((passage.title, *passage.headings)))
    return QuotableUnit(
        hit,
        rank,
        places,
        f"{heading}: {text[:1500]}",
        content_stems(f"{heading} {text}"),
        content_stems(text),
        len(text.split()),
    )


def _places(blocks: Sequence[Block]) -> Iterator[tuple[int, ...]]:
    """Positions of blocks that belong together."""
    for _, members in groupby(range(len(blocks)), key=lambda place: (blocks[place].group, blocks[place].kind)):
        places = tuple(members)
        kind = blocks[places[0]].kind
        if kind is BlockKind.SENTENCE or (kind is BlockKind.ROW and len(places) > LONGEST_TABLE):
            yield from (_with_support(blocks, (place,)) for place in places if not _only_opens(blocks, place))
        else:
            yield _with_support(blocks, places)


def _only_opens(blocks: Sequence[Block], place: int) -> bool:
    """A sentence that ends in a colon says nothing without the list after it."""
    return blocks[place].kind is BlockKind.SENTENCE and blocks[place].text.rstrip().endswith(":")


def _with_support(blocks: Sequence[Block], places: tuple[int, ...]) -> tuple[int, ...]:
    """With the sentence before that opens a list ("Do this:") or that the first sentence leans on ("It ...")."""
    first = places[0]
    if first == 0:
        return places
    before, block = blocks[first - 1], blocks[first]
    if before.kind is not BlockKind.SENTENCE:
        return places
    opens = block.kind is not BlockKind.SENTENCE and before.text.rstrip().endswith(":")
    leans = block.kind is BlockKind.SENTENCE and block.group == before.group and block.text.lower().startswith(_LEANS)
    return (first - 1, *places) if opens or leans else places
