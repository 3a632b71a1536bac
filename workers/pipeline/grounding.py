"""Checks that a draft says only what its cited blocks say: citations, figures, names, negations."""

import re
from collections.abc import Iterator

from desk.text import sentences, vocabulary, words
from desk.ticket import BlockKind, Finding, Statement
from workers.pipeline.evidence import Evidence
from workers.pipeline.figures import figures

_NEGATIONS = vocabulary(
    """
    not no never none nor neither cannot without nobody nothing nowhere unable isn't aren't wasn't weren't
    don't doesn't didn't can't couldn't won't wouldn't shouldn't mustn't needn't hasn't haven't hadn't nicht
    kein keine keinen keiner nie ohne pas jamais aucun aucune sans ninguno ninguna nunca jamás sin tampoco
    """
)
# Capitalised in the middle of a sentence, or an identifier: CamelCase, snake_case, SW-2001, v1.2.
_NAME = re.compile(r"(?<![\w'’])(?:[A-Z][\w-]*[a-z]\w*|[A-Z]{2,}[\w-]*|\w+_\w+|[a-z]+[A-Z]\w*)(?!\w)")
# Months and currencies are figures, and checked as such.
_PLAIN_CAPITALS = vocabulary(
    """
    I I'm I'll I'd I've OK FAQ Please Thanks Thank Hello Hi Dear Regards Note Yes No January February March April May
    June July August September October November December USD EUR GBP CHF JPY CAD AUD SEK NOK DKK PLN INR
    """
)
_PARTICLE = re.compile(r"[-_]")


def uncited(evidence: Evidence) -> Iterator[Finding]:
    """Every sentence that states a fact names its source."""
    for statement in _factual(evidence):
        if not statement.citations:
            yield Finding("uncited", _quote(statement))


def unknown_citation(evidence: Evidence) -> Iterator[Finding]:
    """A citation names a passage that was found, in the version that was found, and blocks that exist."""
    for statement in evidence.draft.statements:
        for citation in statement.citations:
            passage = evidence.passage(citation)
            if passage is None:
                yield Finding("unknown_citation", f"passage {citation.passage_id[:40]} was not among those found")
            elif not citation.blocks or not all(0 <= place < len(passage.blocks) for place in citation.blocks):
                yield Finding("unknown_citation", f"passage {citation.passage_id[:40]} has no such block")


def internal_source(evidence: Evidence) -> Iterator[Finding]:
    """An internal document never reaches a customer, whatever search returned."""
    for citation in evidence.draft.citations:
        passage = evidence.passage(citation)
        if passage and passage.audience == "internal":
            yield Finding("internal_source", f"{passage.title} is an internal document")


def unfounded_figure(evidence: Evidence) -> Iterator[Finding]:
    """Numbers, prices, dates, links, addresses and phone numbers stand in a cited block or in the customer's words."""
    for statement in evidence.draft.statements:
        stated = figures(statement.text)
        if stated and (unfounded := stated - figures(evidence.grounds(statement))):
            yield Finding("unfounded_figure", f"{', '.join(sorted(unfounded))} in {_quote(statement)}")


def unfounded_name(evidence: Evidence) -> Iterator[Finding]:
    """Names and identifiers stand in a cited block, in the headings above it, or in what the customer wrote."""
    for statement in evidence.draft.statements:
        if statement.kind is BlockKind.CODE and evidence.quotes(statement):
            continue
        names = _names(statement.text)
        if names and (unfounded := names - set(_parts(evidence.grounds(statement)))):
            yield Finding("unfounded_name", f"{', '.join(sorted(unfounded))} in {_quote(statement)}")


def turned_negation(evidence: Evidence) -> Iterator[Finding]:
    """A "not" that the cited blocks do not have, or one of theirs that the draft dropped."""
    for statement in _factual(evidence):
        blocks = evidence.blocks(statement)
        if not blocks or evidence.quotes(statement):
            continue
        stated = _negated(statement.text)
        cited = [_negated(block.text) for block in blocks]
        if stated and not any(cited):
            yield Finding("turned_negation", f"no cited block says no: {_quote(statement)}")
        elif not stated and all(cited):
            yield Finding("turned_negation", f"every cited block says no: {_quote(statement)}")


def _factual(evidence: Evidence) -> Iterator[Statement]:
    return (statement for statement in evidence.draft.statements if not statement.courtesy)


def _negated(text: str) -> bool:
    return not _NEGATIONS.isdisjoint(words(text))


def _names(text: str) -> set[str]:
    """Names in lower case. A sentence's first word is a name only if it is spelled like an identifier."""
    found: set[str] = set()
    for sentence in sentences(text):
        for name in _NAME.finditer(sentence):
            opens = not sentence[: name.start()].strip("\"'“”‘’([*-–: ")
            if name.group() in _PLAIN_CAPITALS or (opens and name.group()[1:].islower()):
                continue
            found.update(_parts(name.group()))
    return found


def _parts(text: str) -> list[str]:
    return [word.removesuffix("'s") for word in words(_PARTICLE.sub(" ", text))]


def _quote(statement: Statement) -> str:
    return f"“{statement.text[:80]}…”" if len(statement.text) > 80 else f"“{statement.text}”"
