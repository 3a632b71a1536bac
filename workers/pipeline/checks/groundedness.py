"""Groundedness: checks that a draft says only what its cited blocks say: citations, names, negations."""

import re
from collections.abc import Iterator

from desk.passage import BlockKind, Passage
from desk.run import Finding, Statement
from desk.text import lexicon
from desk.text.stemmer import beginning
from desk.text.tokenizer import sentences, words
from desk.text.wording import Wording
from workers.pipeline.checks.evidence import Evidence, quote_statement
from workers.pipeline.signals.prompt_injection import is_page_injection

_NEGATIONS = lexicon.words("negation")
# Capitalised in the middle of a sentence, or an identifier: CamelCase, snake_case, SW-2001, v1.2.
_NAME = re.compile(r"(?<![\w'’])(?:[A-Z][\w-]*[a-z]\w*|[A-Z]{2,}[\w-]*|\w+_\w+|[a-z]+[A-Z]\w*)(?!\w)")
_PLAIN_CAPITALS = lexicon.words("plain_capital")
_PARTICLE = re.compile(r"[-_]")
SUPPORTED = 0.3
"""The part of a statement's telling words that its cited blocks must hold: paraphrases of the example pages keep 0.33
and more, inventions 0.17 and less (`tests/pipeline/test_support.py`). A lie told in the page's own words passes."""
_UNTELLING = lexicon.words("small_word")


def uncited(evidence: Evidence) -> Iterator[Finding]:
    """Every sentence that states a fact names its source."""
    for statement in _factual_statements(evidence):
        if not statement.citations:
            yield Finding("uncited", quote_statement(statement))


def unknown_citation(evidence: Evidence) -> Iterator[Finding]:
    """A citation names a passage that was found, in the version that was found, and blocks that exist."""
    for statement in evidence.draft.statements:
        for citation in statement.citations:
            passage = evidence.passage(citation)
            if passage is None:
                yield Finding(
                    "unknown_citation", Wording("passage %(id)s was not among those found", id=citation.passage_id[:40])
                )
            elif not citation.blocks or not all(0 <= index < len(passage.blocks) for index in citation.blocks):
                yield Finding(
                    "unknown_citation", Wording("passage %(id)s has no such block", id=citation.passage_id[:40])
                )


def internal_source(evidence: Evidence) -> Iterator[Finding]:
    """A document for other eyes never reaches a customer, whatever search returned."""
    for citation in evidence.draft.citations:
        passage = evidence.passage(citation)
        if passage and passage.audience not in evidence.audiences:
            yield describe_closed_page(passage)


def describe_closed_page(passage: Passage) -> Finding:
    """That a page is not for whom it would be sent to."""
    return Finding(
        "internal_source",
        Wording("%(title)s is a document for %(audience)s readers", title=passage.title, audience=passage.audience),
    )


def unfounded_name(evidence: Evidence) -> Iterator[Finding]:
    """Names and identifiers stand in a cited block, in the headings above it, or in what the customer wrote."""
    for statement in evidence.draft.statements:
        if statement.kind is BlockKind.CODE and evidence.quotes(statement):
            continue
        names = find_names(statement.text)
        if names and (unfounded := names - set(_name_parts(evidence.grounds(statement)))):
            yield Finding(
                "unfounded_name",
                Wording("%(what)s in %(quote)s", what=", ".join(sorted(unfounded)), quote=quote_statement(statement)),
            )


def unsupported(evidence: Evidence) -> Iterator[Finding]:
    """A cited statement speaks of what its blocks speak of. The customer's words are no support here."""
    for statement in _factual_statements(evidence):
        blocks = evidence.blocks(statement)
        if not blocks or statement.kind is BlockKind.CODE or evidence.quotes(statement):
            continue
        stated_stems, cited_stems = _meaning_stems(statement.text), _meaning_stems(evidence.cited_text(statement))
        if stated_stems and len(stated_stems & cited_stems) < SUPPORTED * len(stated_stems):
            yield Finding(
                "unsupported",
                Wording("the cited blocks speak of something else: %(quote)s", quote=quote_statement(statement)),
            )


def ordering_source(evidence: Evidence) -> Iterator[Finding]:
    """A document that commands whoever answers may have been obeyed, cited or not."""
    if not any(_factual_statements(evidence)):
        return
    for passage in evidence.passages.values():
        if order_text := is_page_injection(f"{passage.title}\n{passage.text}"):
            yield Finding(
                "ordering_source",
                Wording(
                    "%(title)s gives orders to whoever answers: “%(order)s”", title=passage.title[:80], order=order_text
                ),
            )


def turned_negation(evidence: Evidence) -> Iterator[Finding]:
    """A "not" that the cited blocks do not have, or one of theirs, or of what leads to them, that the draft dropped."""
    for statement in _factual_statements(evidence):
        blocks = evidence.blocks(statement)
        if not blocks or evidence.quotes(statement):
            continue
        is_negated = _has_negation(statement.text)
        blocks_negated = [_has_negation(" ".join((*block.leads, block.text))) for block in blocks]
        if is_negated and not any(blocks_negated):
            yield Finding(
                "turned_negation", Wording("no cited block says no: %(quote)s", quote=quote_statement(statement))
            )
        elif not is_negated and all(blocks_negated):
            yield Finding(
                "turned_negation", Wording("every cited block says no: %(quote)s", quote=quote_statement(statement))
            )


def _factual_statements(evidence: Evidence) -> Iterator[Statement]:
    return (statement for statement in evidence.draft.statements if not statement.courtesy)


def _meaning_stems(text: str) -> set[str]:
    """The beginnings of the words that carry meaning, so that "resetting" is as good as "reset"."""
    return {beginning(word) for word in words(_PARTICLE.sub(" ", text)) if word not in _UNTELLING}


def _has_negation(text: str) -> bool:
    return not _NEGATIONS.isdisjoint(words(text))


def find_names(text: str) -> set[str]:
    """Names in lower case. A sentence's first word is a name only if it is spelled like an identifier."""
    names: set[str] = set()
    for sentence in sentences(text):
        for name in _NAME.finditer(sentence):
            starts_sentence = not sentence[: name.start()].strip("\"'“”‘’([*-–: ")
            if name.group() in _PLAIN_CAPITALS or (starts_sentence and name.group()[1:].islower()):
                continue
            names.update(_name_parts(name.group()))
    return names


def _name_parts(text: str) -> list[str]:
    return [word.removesuffix("'s") for word in words(_PARTICLE.sub(" ", text))]
