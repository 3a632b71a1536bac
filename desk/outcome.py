"""What came of a decision: shown beside it, and never taken for it (DESIGN section 2)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time
from enum import StrEnum

from desk.delivery import Delivery, DeliveryKind, DeliveryState
from desk.reasons import STOPS
from desk.text.wording import Wording


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
    DeliveryKind.REPLY: Wording("reply"),
    DeliveryKind.NOTE: Wording("internal note"),
    DeliveryKind.HANDOVER: Wording("hand-over message"),
    DeliveryKind.ALERT: Wording("alert"),
    DeliveryKind.STATUS: Wording("status"),
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
    text: Wording
    since: datetime | None = None


NO_OUTCOME = Outcome(OutcomeState.NOTHING, Wording("nothing to deliver"))


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
        state, Wording.listed(describe_delivery(delivery) for delivery in deliveries), min(waiting_since, default=None)
    )


def describe_delivery(delivery: Delivery) -> Wording:
    """One effect in words: `reply sent`, `reply withdrawn: a newer message is answered instead`, `alert waiting since
    12:04 UTC (Slack did not answer)`."""
    name = KINDS[delivery.kind]
    match delivery.state:
        case DeliveryState.SENT:
            return (
                Wording("%(what)s sent", what=name)
                if delivery.kind is not DeliveryKind.STATUS
                else Wording("status put back")
            )
        case DeliveryState.WITHDRAWN:
            return Wording("%(what)s withdrawn: %(why)s", what=name, why=_reason_text(delivery))
        case DeliveryState.FAILED:
            return Wording("%(what)s failed: %(why)s", what=name, why=_reason_text(delivery))
        case DeliveryState.UNKNOWN:
            return Wording("%(what)s may or may not have gone out", what=name)
    if delivery.waits_for and delivery.waits_since:
        party, since = delivery.waits_for.capitalize(), _moment(delivery.waits_since)
        return Wording("%(what)s waiting for %(party)s since %(since)s", what=name, party=party, since=since)
    waiting = _describe_waiting(name, delivery.created_at)
    return Wording("%(what)s (%(why)s)", what=waiting, why=_reason_text(delivery)) if delivery.reason else waiting


def _describe_waiting(name: Wording, since: datetime | None) -> Wording:
    if since is None:
        return Wording("%(what)s waiting", what=name)
    return Wording("%(what)s waiting since %(since)s", what=name, since=_moment(since))


def _reason_text(delivery: Delivery) -> str:
    if not delivery.reason:
        return Wording("no reason was noted")
    known = _STOP_WORDS.get(delivery.reason)
    return known.after_colon if known else delivery.reason[:1].lower() + delivery.reason[1:]


def _moment(at: datetime) -> datetime | time:
    """The time of day, with the day where that is not today; in UTC."""
    moment = at.astimezone(UTC)
    return moment.time() if moment.date() == datetime.now(UTC).date() else moment
