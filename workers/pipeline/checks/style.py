"""Checks of how a draft speaks: language, markup, leaks, length."""

import re
from collections.abc import Iterator

from desk.passage import BlockKind
from desk.run import Finding
from desk.text.language import detect_language
from desk.text.lexicon import any_of
from desk.text.tokenizer import words
from desk.text.wording import Wording
from workers.pipeline.checks.evidence import Evidence
from workers.pipeline.prompts import copied

MOST_WORDS = 600
MOST_STATEMENTS = 40
_COURTESY_WORDS = 40
_LANGUAGE_WORDS = 8

_TAGS = re.compile(
    r"<\s?/?\s?[a-zA-Z!][^<>]{0,300}>?|!?\[[^\]\n]{0,200}\]\([^)\n]{0,500}\)|\bjavascript\s?:|\bdata:\w+/|&#x?\d+;",
    re.IGNORECASE,
)
_TEMPLATE = re.compile(r"\{[!%#][^{}\n]{0,80}[!%#]\}|\{(?:start|end)_tabs\}|\{\w{1,30}_tab\|[^{}\n]{0,60}\}")
_LEAK = re.compile(rf"\b{any_of('leak')}", re.IGNORECASE)


def empty(evidence: Evidence) -> Iterator[Finding]:
    """Politeness alone is no reply."""
    statements = evidence.draft.statements
    if statements and all(statement.courtesy or not statement.text.strip() for statement in statements):
        yield Finding("empty", Wording("the draft states nothing"))


def too_long(evidence: Evidence) -> Iterator[Finding]:
    """Nobody reads more."""
    count = sum(len(words(statement.text)) for statement in evidence.draft.statements)
    if count > MOST_WORDS or len(evidence.draft.statements) > MOST_STATEMENTS:
        yield Finding(
            "too_long",
            Wording("%(words)s words in %(count)s statements", words=count, count=len(evidence.draft.statements)),
        )


def long_courtesy(evidence: Evidence) -> Iterator[Finding]:
    """A courtesy needs no citation, so nothing else may travel under that name."""
    for statement in evidence.draft.statements:
        if statement.courtesy and len(words(statement.text)) > _COURTESY_WORDS:
            yield Finding("uncited", Wording("a courtesy of %(words)s words", words=len(words(statement.text))))


def wrong_language(evidence: Evidence) -> Iterator[Finding]:
    """The reply is in the customer's language."""
    sentences = [s.text for s in evidence.draft.statements if s.kind is not BlockKind.CODE]
    text = " ".join(sentences)
    if len(words(text)) < _LANGUAGE_WORDS:
        return
    language = detect_language(text, (evidence.classification.language,))
    if language != evidence.classification.language:
        yield Finding(
            "wrong_language",
            Wording(
                "the draft is in %(draft)s, the customer wrote in %(customer)s",
                draft=language,
                customer=evidence.classification.language,
            ),
        )


def foreign_markup(evidence: Evidence) -> Iterator[Finding]:
    """No tag, image, link or script that the cited blocks do not contain."""
    for statement in evidence.draft.statements:
        cited_text = "\n".join(block.text for block in evidence.blocks(statement))
        for match in _TAGS.finditer(statement.text):
            if match.group() not in cited_text:
                yield Finding("foreign_markup", f"“{match.group()[:60]}”")


def leftover_template(evidence: Evidence) -> Iterator[Finding]:
    """No macro of the documents' own source that nobody filled in: `{!steps.md!}`, `{% include %}`."""
    for statement in evidence.draft.statements:
        if statement.kind is not BlockKind.CODE and (match := _TEMPLATE.search(statement.text)):
            yield Finding("leftover_template", f"“{match.group()}”")


def leak(evidence: Evidence) -> Iterator[Finding]:
    """Nothing of the machine's own instructions, neither spoken of nor copied."""
    for statement in evidence.draft.statements:
        if match := _LEAK.search(statement.text):
            yield Finding("leak", f"“{match.group()}”")
        if copied_text := copied(statement.text):
            yield Finding("leak", Wording("as in the machine's own instructions: “%(copied)s”", copied=copied_text))
