"""One intended effect outside, and what became of it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

NOTICES = "firstline"
"""In the place of a channel: what a delivery is about is no ticket, but how things stand."""


class DeliveryKind(StrEnum):
    """What a delivery does outside. A `HANDOVER` is the public message that a person will answer; an `ALERT` tells
    people elsewhere; a `STATUS` puts a ticket's status back after a mere thank-you."""

    REPLY = "reply"
    NOTE = "note"
    HANDOVER = "handover"
    ALERT = "alert"
    STATUS = "status"


class DeliveryState(StrEnum):
    """What became of a delivery. `WITHDRAWN`: a re-check stopped it before it was sent."""

    WAITING = "waiting"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    UNKNOWN = "unknown"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Delivery:
    """One intended effect outside. `id` travels with it and is how it is found again in the channel."""

    id: str
    account: str
    channel: str
    ticket_id: str
    message_id: str
    run_id: str | None
    kind: DeliveryKind
    key: str
    state: DeliveryState
    attempts: int = 0
    foreign_id: str | None = None
    reason: str | None = None
    created_at: datetime | None = None
    waits_for: str | None = None
    """The party that is away."""
    waits_since: datetime | None = None
    """Since when it was put off, for whatever reason."""
    sent_at: datetime | None = None
