"""The check for promises: no action that nobody took, and none announced that the cited documents do not announce."""

import re
from collections.abc import Iterator

from desk.run import Finding
from desk.text.phrase_matcher import any_of_pattern
from workers.pipeline.checks.evidence import Evidence

_ACT = any_of_pattern(
    "refund cancel credit reimburse upgrade downgrade activate deactivate reactivate delete remove reset restore "
    "update change unlock block extend escalate forward transfer open create close process issue apply add fix "
    "repair resolve contact call email e-mail notify inform arrange schedule book order ship send waive reduce "
    "increase approve grant compensate investigate look"
)
_ACTED = any_of_pattern(
    "refunded cancell?ed credited reimbursed upgraded downgraded activated deactivated reactivated deleted "
    "removed reset restored updated changed unlocked blocked extended escalated forwarded transferred opened "
    "created closed processed issued applied added fixed repaired resolved contacted called emailed notified "
    "informed arranged scheduled booked ordered shipped sent waived reduced increased approved granted "
    "compensated investigated checked verified confirmed"
)
_PEOPLE = any_of_pattern(
    "team colleagues? agents? technicians? specialists? managers? representatives? staff engineers?"
)
_MONEY = any_of_pattern("refund credit call compensation discount replacement")
_ADVERB = r"(?: (?:just|already|now|also|then|successfully|personally|gladly|happily|immediately))?"

DONE = re.compile(
    rf"\b(?:i|we)(?:'ve| have| had)?{_ADVERB} {_ACTED}"
    rf"|\byour \w{{2,20}}(?: \w{{2,20}})? (?:has|have){_ADVERB} been{_ADVERB} {_ACTED}"
    rf"|\byour {_MONEY} is (?:on its way|approved|confirmed|granted)",
    re.IGNORECASE,
)
"""What somebody is said to have done for this customer. False whoever wrote it, for nobody has done anything."""

ANNOUNCED = re.compile(
    rf"\b(?:i|we)(?:'ll| will| shall|(?: am| are|'m|'re) going to| can now){_ADVERB} {_ACT}"
    rf"|\blet me {_ACT}|\b(?:i|we) (?:promise|guarantee|assure)\b"
    rf"|\b(?:our|my|an?|the) {_PEOPLE} (?:will|is going to|are going to)\b"
    r"|\byou(?:'ll| will) be (?:refunded|credited|contacted|called|compensated)\b"
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
