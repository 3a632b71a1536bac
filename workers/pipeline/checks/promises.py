"""The check for promises: no action that nobody took, and none announced that the cited documents do not announce."""

import re
from collections.abc import Iterator

from desk.run import Finding
from desk.text.lexicon import any_of, any_word
from workers.pipeline.checks.evidence import Evidence

_ACT, _ACTED = any_word("promised_act"), any_word("done_act")
_PEOPLE, _MONEY = any_word("our_people"), any_word("promised_money")
_ADVERB = rf"(?: {any_of('promise_adverb')})?"

DONE = re.compile(
    rf"\b(?:i|we)(?:'ve| have| had)?{_ADVERB} {_ACTED}"
    rf"|\byour \w{{2,20}}(?: \w{{2,20}})? (?:has|have){_ADVERB} been{_ADVERB} {_ACTED}"
    rf"|\byour {_MONEY} is {any_of('money_done')}",
    re.IGNORECASE,
)
"""What somebody is said to have done for this customer. False whoever wrote it, for nobody has done anything."""

ANNOUNCED = re.compile(
    rf"\b(?:i|we)(?:'ll| will| shall|(?: am| are|'m|'re) going to| can now){_ADVERB} {_ACT}"
    rf"|\blet me {_ACT}|\b(?:i|we) {any_of('vow')}\b"
    rf"|\b(?:our|my|an?|the) {_PEOPLE} (?:will|is going to|are going to)\b"
    rf"|\byou(?:'ll| will) be {any_of('promised_to_you')}\b"
    rf"|\byou(?:'ll| will) (?:receive|get|have) (?:an?|your|the) (?:full )?{_MONEY}",
    re.IGNORECASE,
)
"""What somebody will do. Allowed where a cited block says it word for word, as the rule for everyone."""


def unfounded_promise(evidence: Evidence) -> Iterator[Finding]:
    """Nothing is said to be done that nobody did, or to be about to happen that the documents do not say."""
    for statement in evidence.draft.statements:
        text = statement.text.replace("’", "'")
        match = DONE.search(text) or (None if evidence.quotes(statement) else ANNOUNCED.search(text))
        if match:
            yield Finding("empty_promise", f"“{match.group()}”")
