"""What Claude wrote, cut into statements: sentences, list items, steps and code, each with what it cites.

Claude cites stretches of text, not sentences. A sentence counts as cited where at least half of its words lie in cited
stretches; one that leads into a cited list ("To do so:") rests on what the list cites. The rest stays uncited, and the
checks of the draft find it.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from desk.passage import BlockKind, Citation
from desk.run import Statement
from desk.text import lexicon
from desk.text.tokenizer import sentences, words

CITED_PART = 0.5
_COURTESY_WORDS = 20

_STEP = re.compile(r"\s*\d{1,3}[.)]\s+")
_ITEM = re.compile(r"\s*[-*•–]\s+")
_HEADING = re.compile(r"\s*#{1,6}\s+")
_FENCE = re.compile(r"\s*```")
_WORD = re.compile(r"\w+")
_EMPHASIS = re.compile(r"\*\*|__(?=\w)|(?<=\w)__|`")


@dataclass(frozen=True, slots=True)
class CitedStretch:
    """A part of the text, from `start` to before `end`, and what it cites."""

    start: int
    end: int
    citations: tuple[Citation, ...]


@dataclass(frozen=True, slots=True)
class _Piece:
    """A part of the text that becomes one statement."""

    start: int
    end: int
    kind: BlockKind
    group: int


def split_statements(text: str, stretches: Sequence[CitedStretch]) -> tuple[Statement, ...]:
    """The text's statements, in order."""
    statements = [_build_statement(text, piece, stretches) for piece in _split_pieces(text)]
    return tuple(_cite_lead_ins([statement for statement in statements if words(statement.text)]))


def _build_statement(text: str, piece: _Piece, stretches: Sequence[CitedStretch]) -> Statement:
    raw = text[piece.start : piece.end]
    plain_text = raw.strip("\n") if piece.kind is BlockKind.CODE else " ".join(_EMPHASIS.sub("", raw).split())
    citations = _citations_of(text, piece, stretches)
    courtesy = not citations and piece.kind is BlockKind.SENTENCE and is_courtesy(plain_text)
    return Statement(plain_text, piece.kind, piece.group, citations, courtesy)


def is_courtesy(sentence: str) -> bool:
    """Thanks, greetings, good wishes: words that state nothing."""
    sentence_words = words(sentence)
    courteous = lexicon.words("courteous")
    return 0 < len(sentence_words) <= _COURTESY_WORDS and courteous.issuperset(sentence_words)


def _citations_of(text: str, piece: _Piece, stretches: Sequence[CitedStretch]) -> tuple[Citation, ...]:
    """What the piece cites, each passage once, where enough of its words lie in cited stretches."""
    word_starts = [word.start() for word in _WORD.finditer(text, piece.start, piece.end)]
    covering = [s for s in stretches if any(s.start <= position < s.end for position in word_starts)]
    covered_count = sum(any(s.start <= position < s.end for s in covering) for position in word_starts)
    if not word_starts or covered_count < CITED_PART * len(word_starts):
        return ()
    return join_citations(citation for stretch in covering for citation in stretch.citations)


def join_citations(citations: Iterator[Citation] | Sequence[Citation]) -> tuple[Citation, ...]:
    """Citations with those of one passage made one, its blocks in order."""
    blocks: dict[str, tuple[Citation, set[int]]] = {}
    for citation in citations:
        blocks.setdefault(citation.passage_id, (citation, set()))[1].update(citation.blocks)
    return tuple(replace(first, blocks=tuple(sorted(block_indexes))) for first, block_indexes in blocks.values())


def _cite_lead_ins(statements: list[Statement]) -> Iterator[Statement]:
    """A line that ends in a colon rests on what it leads into."""
    for index, statement in enumerate(statements):
        following = statements[index + 1] if index + 1 < len(statements) else None
        is_lead_in = statement.kind is BlockKind.SENTENCE and statement.text.endswith(":")
        if not is_lead_in or statement.citations or statement.courtesy or not following:
            yield statement
            continue
        introduced = [s for s in statements[index + 1 :] if s.group == following.group]
        yield replace(statement, citations=join_citations([c for s in introduced for c in s.citations]))


# --- Lines -----------------------------------------------------------------------------------------------------------


def _split_pieces(text: str) -> Iterator[_Piece]:
    """The parts of the text. Lines of one paragraph or list share a group."""
    group, previous_kind, code_start = 0, "", -1
    for start, end in _line_spans(text):
        line = text[start:end]
        if _FENCE.match(line):
            if code_start >= 0 and text[code_start:start].strip():
                yield _Piece(code_start, start, BlockKind.CODE, group)
            code_start = end if code_start < 0 else -1
            group, previous_kind = group + 1, ""
            continue
        if code_start >= 0:
            continue
        kind = _line_kind(line)
        group += kind != previous_kind
        previous_kind = kind
        yield from _line_pieces(text, start, end, group, kind)
    if code_start >= 0 and text[code_start:].strip():
        yield _Piece(code_start, len(text), BlockKind.CODE, group + 1)


def _line_spans(text: str) -> Iterator[tuple[int, int]]:
    start = 0
    for line in text.split("\n"):
        yield start, start + len(line)
        start += len(line) + 1


def _line_kind(line: str) -> str:
    """`step`, `item`, `heading`, `blank` or `sentence`."""
    if not line.strip():
        return "blank"
    for pattern, kind in ((_STEP, "step"), (_ITEM, "item"), (_HEADING, "heading")):
        if pattern.match(line):
            return kind
    return "sentence"


def _line_pieces(text: str, start: int, end: int, group: int, kind: str) -> Iterator[_Piece]:
    for pattern, piece_kind in ((_STEP, "step"), (_ITEM, "item")):
        if kind == piece_kind and (mark := pattern.match(text, start, end)):
            yield _Piece(mark.end(), end, BlockKind(kind), group)
            return
    if kind == "heading" and (mark := _HEADING.match(text, start, end)):
        start = mark.end()
    cursor = start
    for sentence in sentences(text[start:end]):
        cursor = text.index(sentence, cursor, end)
        yield _Piece(cursor, cursor + len(sentence), BlockKind.SENTENCE, group)
        cursor += len(sentence)
