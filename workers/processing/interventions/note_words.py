"""An agent's order in an internal note: `@firstline send`, `@firstline ask When are you open?`, and so on."""

import re

from desk.intervention import InterventionKind, Order

VERBS = {
    "send": InterventionKind.SEND,
    "again": InterventionKind.REGENERATE,
    "regenerate": InterventionKind.REGENERATE,
    "ask": InterventionKind.ASK,
    "off": InterventionKind.TURN_OFF,
    "on": InterventionKind.TURN_ON,
}
ANYWAY = "anyway"
"""After `send`: though something was found."""


def read_note_order(note: str, word: str, channel: str, ticket_id: str) -> Order | None:
    """What a note orders, or None where it does not begin with the word. What begins with no verb is a question; the
    word alone asks for another draft."""
    found = re.match(rf"\s*{re.escape(word)}(?![\w-])[\s:,]*(.*)", note, re.IGNORECASE | re.DOTALL)
    if found is None:
        return None
    text = found[1].strip()
    verb, _, rest = text.partition(" ")
    kind = VERBS.get(verb.lower().rstrip(".!:"), None if text else InterventionKind.REGENERATE)
    if kind is InterventionKind.REGENERATE:
        return Order(kind, channel, ticket_id, comment=rest.strip())
    if kind is InterventionKind.SEND and rest.strip().lower() in ("", ANYWAY):
        return Order(kind, channel, ticket_id, override=bool(rest.strip()))
    if kind in (InterventionKind.TURN_OFF, InterventionKind.TURN_ON) and not rest.strip():
        return Order(kind, channel, ticket_id)
    question = rest.strip() if kind is InterventionKind.ASK and rest.strip() else text
    return Order(InterventionKind.ASK, channel, ticket_id, question=question)
