"""What came of a decision: shown beside it, and never taken for it (DESIGN section 2)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from desk.delivery import Delivery, DeliveryKind, DeliveryState
from desk.reasons import STOPS


class OutcomeState(StrEnum):
    """How far the effects of a decision are, the one that most needs a look first."""

    FAILED = "failed"
    UNKNOWN = "unknown"
    WAITING = "waiting"
    WITHDRAWN = "withdrawn"
    DONE = "done"
    NOTHING = "nothing"
    """There was nothing to be done outside."""


KINDS = {
    DeliveryKind.REPLY: "reply",
    DeliveryKind.NOTE: "internal note",
    DeliveryKind.HANDOVER: "hand-over message",
    DeliveryKind.ALERT: "alert",
    DeliveryKind.STATUS: "status",
}
"""What a delivery is called, everywhere."""

_OUTCOME_BY_STATE = {
    DeliveryState.FAILED: OutcomeState.FAILED,
    DeliveryState.UNKNOWN: OutcomeState.UNKNOWN,
    DeliveryState.WAITING: OutcomeState.WAITING,
    DeliveryState.SENDING: OutcomeState.WAITING,
    DeliveryState.WITHDRAWN: OutcomeState.WITHDRAWN,
    DeliveryState.SENT: OutcomeState.DONE,
}
_STOP_WORDS = {stop.value: prose for stop, prose in STOPS.items()}


@dataclass(frozen=True, slots=True)
class Outcome:
    """`text` tells each effect in words; `since` is when the oldest one that waits was planned."""

    state: OutcomeState
    text: str
    since: datetime | None = None


NO_OUTCOME = Outcome(OutcomeState.NOTHING, "nothing to deliver")


def outcome_of(deliveries: Sequence[Delivery]) -> Outcome:
    """What became of these effects, all of one decision."""
    if not deliveries:
        return NO_OUTCOME
    states = {_OUTCOME_BY_STATE[delivery.state] for delivery in deliveries}
    waiting_since = [
        delivery.created_at
        for delivery in deliveries
        if _OUTCOME_BY_STATE[delivery.state] is OutcomeState.WAITING and delivery.created_at
    ]
    state = next(state for state in OutcomeState if state in states)
    return Outcome(
        state, ", ".join(describe_delivery(delivery) for delivery in deliveries), min(waiting_since, default=None)
    )


def describe_delivery(delivery: Delivery) -> str:
    """One effect in words: `reply sent`, `reply withdrawn: a newer message is answered instead`, `alert waiting since
    12:04 UTC (Slack did not answer)`."""
    name = KINDS[delivery.kind]
    match delivery.state:
        case DeliveryState.SENT:
            return f"{name} sent" if delivery.kind is not DeliveryKind.STATUS else "status put back"
        case DeliveryState.WITHDRAWN:
            return f"{name} withdrawn: {_reason_text(delivery)}"
        case DeliveryState.FAILED:
            return f"{name} failed: {_reason_text(delivery)}"
        case DeliveryState.UNKNOWN:
            return f"{name} may or may not have gone out"
    if delivery.waits_for and delivery.waits_since:
        return f"{name} waiting for {delivery.waits_for.capitalize()} since {_format_moment(delivery.waits_since)}"
    since = f" since {_format_moment(delivery.created_at)}" if delivery.created_at else ""
    return f"{name} waiting{since}" + (f" ({_reason_text(delivery)})" if delivery.reason else "")


def _reason_text(delivery: Delivery) -> str:
    reason = delivery.reason or "no reason was noted"
    prose = _STOP_WORDS.get(reason, reason)
    return prose[:1].lower() + prose[1:]


def _format_moment(at: datetime) -> str:
    """The time of day, with the day where that is not today; in UTC."""
    moment = at.astimezone(UTC)
    return moment.strftime("%H:%M UTC" if moment.date() == datetime.now(UTC).date() else "%Y-%m-%d %H:%M UTC")
