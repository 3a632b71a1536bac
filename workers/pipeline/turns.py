"""How often Firstline has spoken, by its own record: what the limits on turns and the look for loops rest on."""

from collections.abc import Callable
from dataclasses import dataclass

from desk.policy.policy import Policy
from desk.text.tokenizer import words
from desk.text.wording import Wording

Fingerprint = Callable[[str], str]
"""A keyed hash of a text."""


@dataclass(frozen=True, slots=True)
class Turns:
    """Automatic replies that are out or on their way: on this ticket in all, on this ticket lately, and to this
    requester lately. `answered` are the fingerprints of customers' texts that a reply on this ticket answered,
    `reply_fingerprints` those of the replies. `handed_over`: how
    often this requester was told lately that a person will answer."""

    on_ticket: int = 0
    on_ticket_lately: int = 0
    to_requester_lately: int = 0
    answered: frozenset[str] = frozenset()
    reply_fingerprints: frozenset[str] = frozenset()
    handed_over: int = 0
    fingerprint: Fingerprint = str


def limit_reached(turns: Turns, policy: Policy) -> str:
    """Which limit of the policy is reached, in words; empty while there is room for one more reply."""
    limits = policy.limits
    counts = (
        (turns.on_ticket, policy.max_turns, Wording("on this ticket")),
        (
            turns.on_ticket_lately,
            limits.ticket_replies,
            Wording("on this ticket within %(minutes)s minutes", minutes=limits.ticket_minutes),
        ),
        (
            turns.to_requester_lately,
            limits.requester_replies,
            Wording("to this customer within %(minutes)s minutes", minutes=limits.requester_minutes),
        ),
    )
    reached = ((count, where) for count, allowed, where in counts if count >= allowed)
    said = (Wording("%(count)s automatic replies %(where)s", count=count, where=where) for count, where in reached)
    return next(said, "")


def text_fingerprint(text: str) -> str:
    """The text as it is compared: its words alone; itself where it has none."""
    return " ".join(words(text)) or text.strip()
