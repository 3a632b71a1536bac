"""A mail parsed once into its parts. It errs towards the customer's own: what no form says is another's is theirs."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby, islice

from desk.text.mail.forms import without_marks
from desk.text.mail.held import NOTHING_HELD, EarlierTexts
from desk.text.mail.own_parts import mark_own_parts
from desk.text.mail.parts import OWN_KINDS, MailSpan, MailText, PartKind
from desk.text.mail.quotes import MailLine, QuoteReader
from desk.text.tokenizer import words

_NEAR = 4


def parse_mail(text: str, earlier: EarlierTexts = NOTHING_HELD) -> MailText:
    """The mail's parts, in order. `earlier` is what we held when it came: what repeats that was heard before."""
    lines = QuoteReader(text.split("\n")).read()
    _join_over_blanks(lines)
    for bare in _runs_of(lines, lambda line: line.bare):
        _judge_bare(bare, earlier)
    for own in _runs_of(lines, lambda line: line.kind is PartKind.THEIRS):
        _find_unmarked(own, earlier)
    for part in _runs_of(lines, lambda line: line.kind is not PartKind.THEIRS):
        _find_held(part, earlier)
    _find_answer_below(lines)
    for own in _runs_of(lines, lambda line: line.kind is PartKind.THEIRS):
        mark_own_parts(own)
    for added in _runs_of(lines, lambda line: line.kind in (PartKind.SIGNATURE, PartKind.LEGAL)):
        _find_held(added, earlier)
    return MailText(tuple(_spans(lines)))


def _runs_of(lines: Sequence[MailLine], is_one: Callable[[MailLine], bool]) -> Iterator[list[MailLine]]:
    for fits, run in groupby(lines, is_one):
        if fits:
            yield list(run)


def _join_over_blanks(lines: Sequence[MailLine]) -> None:
    """An empty line between two of one quote is part of it."""
    blanks: list[MailLine] = []
    last = MailLine("")
    for line in lines:
        if not line.text.strip():
            blanks.append(line)
            continue
        if (line.kind, line.by, line.bare) == (last.kind, last.by, last.bare):
            for blank in blanks:
                blank.kind, blank.by, blank.bare, blank.certain = line.kind, line.by, line.bare, line.certain
        last, blanks = line, []


def _judge_bare(lines: Sequence[MailLine], earlier: EarlierTexts) -> None:
    """Marked lines of nobody known quote us where they say what we said; else they are a list, or emphasis."""
    for line, is_ours in zip(lines, _covered(lines, earlier, ours=True), strict=True):
        line.bare = False
        line.kind = PartKind.QUOTE if is_ours else PartKind.THEIRS
        line.held = is_ours


def _find_unmarked(lines: Sequence[MailLine], earlier: EarlierTexts) -> None:
    """Below a line that may say who wrote, lines are a quote as far as we said them."""
    if not any(line.introduces for line in lines):
        return
    by, heads_left, covered = "", 0, _covered(lines, earlier, ours=True)
    for number, line in enumerate(lines):
        if line.introduces and _next_is_covered(lines, covered, number + line.introduces):
            heads_left = line.introduces
            by = " ".join(head.text.strip() for head in lines[number : number + heads_left])
        if heads_left or (by and covered[number]):
            line.kind, line.by = PartKind.QUOTE, by
        heads_left = max(0, heads_left - 1)


def _next_is_covered(lines: Sequence[MailLine], covered: Sequence[bool], number: int) -> bool:
    below = (place for place in range(number, min(len(lines), number + _NEAR)) if words(lines[place].text))
    return any(covered[place] for place in islice(below, 1))


def _find_held(lines: Sequence[MailLine], earlier: EarlierTexts) -> None:
    """Of a part, the lines that repeat what we hold. Headers go with anything below them that does; a line that says
    who wrote only where it can be nothing else, and with all of it: there may be words of the writer's own in it."""
    body = [line for line in lines if not line.head]
    for line, is_covered in zip(body, _covered(body, earlier), strict=True):
        line.held = is_covered
    spoken = [line.held for line in body if words(line.text)]
    for line in lines:
        if line.head:
            line.held = any(spoken) and (line.header or (line.certain and all(spoken)))
        if any(spoken) and line.kind is PartKind.FORWARDED:
            line.kind = PartKind.QUOTE  # they pass our own words back


def _covered(lines: Sequence[MailLine], earlier: EarlierTexts, *, ours: bool = False) -> list[bool]:
    """An empty line goes with the one before it."""
    flags = earlier.covered([without_marks(line.text) for line in lines], ours=ours)
    for number in range(1, len(lines)):
        if not words(lines[number].text):
            flags[number] = flags[number - 1]
    return flags


def _find_answer_below(lines: Sequence[MailLine]) -> None:
    """Where nothing is written above an unmarked quote, what follows the last words that we hold is the answer."""
    if any(line.kind in OWN_KINDS and words(line.text) for line in lines):
        return
    last_held = max((number for number, line in enumerate(lines) if line.held and words(line.text)), default=None)
    if last_held is None:
        return
    below = lines[last_held + 1 :]
    if all(line.kind is PartKind.QUOTE and not line.head and not line.marked for line in below):
        for line in below:
            line.kind, line.by, line.certain = PartKind.THEIRS, "", False


def _spans(lines: Iterable[MailLine]) -> Iterator[MailSpan]:
    for (kind, by, held, certain), span in groupby(lines, lambda line: (line.kind, line.by, line.held, line.certain)):
        yield MailSpan(kind, "\n".join(line.text for line in span), by, held, certain)
