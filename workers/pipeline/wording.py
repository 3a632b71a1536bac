"""Checks of how a draft speaks: promises, language, markup, leaks, length."""

import re
from collections.abc import Iterator

from desk.language import detect
from desk.text import words
from desk.ticket import BlockKind, Finding
from workers.pipeline.evidence import Evidence

MOST_WORDS = 600
MOST_STATEMENTS = 40
_COURTESY_WORDS = 40
_LANGUAGE_WORDS = 8

_ACTION = (
    r"(?:refund|cancel|credit|reimburse|upgrad|downgrad|activat|deactivat|reactivat|delet|remov|reset|restor|updat|chang|unlock|block"
    r"|extend|escalat|forward|transfer|open|creat|clos|process|issu|appl|add|fix|repair|resolv|contact|call|email|e-mail|notif|inform"
    r"|arrang|schedul|book|order|ship|send|sent|waiv|reduc|increas|approv|grant|compensat|investigat|look)\w{0,6}"
)
_PAST = (
    r"(?:refunded|cancell?ed|credited|reimbursed|upgraded|downgraded|activated|deactivated|reactivated|deleted|removed|reset|restored"
    r"|updated|changed|unlocked|blocked|extended|escalated|forwarded|transferred|opened|created|closed|processed|issued|applied|added"
    r"|fixed|repaired|resolved|contacted|called|emailed|notified|informed|arranged|scheduled|booked|ordered|shipped|sent|waived|reduced"
    r"|increased|approved|granted|compensated|investigated|checked|verified|confirmed|submitted)"
)
_ADVERB = r"(?: (?:just|already|now|also|successfully|personally))?"
# What somebody is said to have done: false whoever wrote it, for nobody has done anything.
_DONE = re.compile(
    rf"\b(?:i|we)(?:'ve| have| had)?{_ADVERB} {_PAST}\b|\byour \w{{2,20}}(?: \w{{2,20}})? (?:has|have){_ADVERB} been{_ADVERB} {_PAST}\b",
    re.IGNORECASE,
)
# What somebody will do: allowed where the documents themselves say it.
_WILL = re.compile(
    rf"\b(?:i|we)(?:'ll| will| shall| am going to| are going to|'m going to|'re going to| can now)(?: (?:now|also|then|gladly|personally|"
    rf"immediately|happily))? {_ACTION}\b|\blet me {_ACTION}\b|\b(?:i|we) (?:promise|guarantee|assure)\b"
    r"|\b(?:our|my|a|an|the) (?:team|colleagues?|agents?|technicians?|specialists?|managers?|representatives?|staff) (?:will|is going to|are going to)\b"
    r"|\byou(?:'ll| will) (?:be (?:refunded|credited|contacted|called|compensated)|(?:receive|get|have) (?:a|an|your|the) (?:full )?"
    r"(?:refund|credit|call|compensation|discount|replacement))\b",
    re.IGNORECASE,
)
_TAGS = re.compile(
    r"<\s?/?\s?[a-zA-Z!][^<>]{0,300}>?|!?\[[^\]\n]{0,200}\]\([^)\n]{0,500}\)|\bjavascript\s?:|\bdata:\w+/|&#x?\d+;",
    re.IGNORECASE,
)
_LEAK = re.compile(
    r"\b(?:system prompt|my (?:system )?(?:instructions|prompt|guidelines|rules)|my system message|i was (?:told|instructed|programmed)"
    r"|as an? (?:ai|language model|large language model|llm)|i am an? (?:ai|language model)|search_result|hand_over|<\|)",
    re.IGNORECASE,
)


def empty(evidence: Evidence) -> Iterator[Finding]:
    """Politeness alone is no reply."""
    statements = evidence.draft.statements
    if statements and all(statement.courtesy or not statement.text.strip() for statement in statements):
        yield Finding("empty", "the draft states nothing")


def too_long(evidence: Evidence) -> Iterator[Finding]:
    """Nobody reads more."""
    count = sum(len(words(statement.text)) for statement in evidence.draft.statements)
    if count > MOST_WORDS or len(evidence.draft.statements) > MOST_STATEMENTS:
        yield Finding("too_long", f"{count} words in {len(evidence.draft.statements)} statements")


def long_courtesy(evidence: Evidence) -> Iterator[Finding]:
    """A courtesy needs no citation, so nothing else may travel under that name."""
    for statement in evidence.draft.statements:
        if statement.courtesy and len(words(statement.text)) > _COURTESY_WORDS:
            yield Finding("uncited", f"a courtesy of {len(words(statement.text))} words")


def empty_promise(evidence: Evidence) -> Iterator[Finding]:
    """No action that nobody took, and none promised that the cited documents do not promise to everyone."""
    for statement in evidence.draft.statements:
        text = statement.text.replace("’", "'")
        done = _DONE.search(text)
        if found := done or (None if evidence.quotes(statement) else _WILL.search(text)):
            yield Finding("empty_promise", f"“{found.group()}”")


def wrong_language(evidence: Evidence) -> Iterator[Finding]:
    """The reply is in the customer's language."""
    spoken = [s.text for s in evidence.draft.statements if s.kind is not BlockKind.CODE]
    text = " ".join(spoken)
    if len(words(text)) < _LANGUAGE_WORDS:
        return
    language = detect(text, (evidence.classification.language,))
    if language != evidence.classification.language:
        yield Finding(
            "wrong_language", f"the draft is in {language}, the customer wrote in {evidence.classification.language}"
        )


def foreign_markup(evidence: Evidence) -> Iterator[Finding]:
    """No tag, image, link or script that the cited blocks do not contain."""
    for statement in evidence.draft.statements:
        cited = "\n".join(block.text for block in evidence.blocks(statement))
        for found in _TAGS.finditer(statement.text):
            if found.group() not in cited:
                yield Finding("foreign_markup", f"“{found.group()[:60]}”")


def leak(evidence: Evidence) -> Iterator[Finding]:
    """Nothing of the machine's own instructions."""
    for statement in evidence.draft.statements:
        if found := _LEAK.search(statement.text):
            yield Finding("leak", f"“{found.group()}”")
