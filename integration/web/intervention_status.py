"""What became of a person's act, as every face shows it: the act's own result, and where its reply is."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from desk.delivery import Delivery, DeliveryKind, DeliveryState
from desk.feedback.feedback import Thumbs
from desk.intervention import INTERVENTIONS, InterventionKind, InterventionResult, Order, ResultStatus
from desk.platform.database import Transaction
from desk.ports import Source
from desk.reasons import STOPS, Stop
from desk.run import Finding
from desk.text.wording import Wording
from workers import interventions
from workers.interventions import Intervention


class InterventionStatus(StrEnum):
    """Where an act stands, for whoever pressed."""

    WORKING = "working"
    WAITING = "waiting"
    """For an outside service that is away; it goes on by itself."""
    LEAVING = "leaving"
    """Planned, and not out yet."""
    DONE = "done"
    REFUSED = "refused"
    UNCONFIRMED = "unconfirmed"
    FAILED = "failed"


THUMBS = {Thumbs.UP: Wording("Thumbs up"), Thumbs.DOWN: Wording("Thumbs down")}
PENDING = frozenset({InterventionStatus.WORKING, InterventionStatus.LEAVING})
"""Something will change in a moment."""


@dataclass(frozen=True, slots=True)
class ShownIntervention:
    """An act ready to show. `can_undo`: its reply has not left, so that it can still be taken back."""

    id: str
    kind: InterventionKind
    who: str
    headline: str
    """What they did; what they pressed, as long as it is not done."""
    at: datetime
    status: InterventionStatus
    text: str
    order: Order
    """As it was pressed, for one more press."""
    findings: tuple[Finding, ...] = ()
    answer: str = ""
    sources: tuple[Source, ...] = ()
    run_id: str | None = None
    overridden: bool = False
    can_undo: bool = False

    def sends(self, run_id: str) -> bool:
        """Has it sent the draft of this run, or is about to?"""
        under_way = (InterventionStatus.DONE, InterventionStatus.LEAVING, InterventionStatus.WAITING)
        return INTERVENTIONS[self.kind].public and self.order.run_id == run_id and self.status in under_way

    def teaches(self, run_id: str) -> bool:
        """Was an entry proposed for the draft of this run, or is about to be?"""
        under_way = (InterventionStatus.DONE, InterventionStatus.WORKING)
        return self.kind is InterventionKind.TEACH and self.order.run_id == run_id and self.status in under_way

    @property
    def title(self) -> Wording:
        """What stands on the button."""
        return INTERVENTIONS[self.kind].title

    @property
    def order_text(self) -> str:
        """What was written, or asked."""
        if self.kind is InterventionKind.RATE:
            return THUMBS[Thumbs(self.order.value)]
        return self.order.text or self.order.question or self.order.value

    @property
    def pending(self) -> bool:
        """Will it change in a moment?"""
        return self.status in PENDING


_NOTHING_YET = InterventionResult(ResultStatus.DONE, Wording.listed(()))


def show_interventions(tx: Transaction, acts: Sequence[Intervention]) -> list[ShownIntervention]:
    """The acts as they stand now."""
    deliveries = interventions.deliveries_of_acts(tx, acts)
    return [_show_intervention(act, deliveries.get(act.id)) for act in acts]


def _show_intervention(intervention: Intervention, delivery: Delivery | None) -> ShownIntervention:
    order, result = intervention.order, intervention.result
    status, text = _status(intervention, delivery)
    shown_result = result or _NOTHING_YET
    return ShownIntervention(
        id=intervention.id,
        kind=order.kind,
        who=intervention.actor.name,
        headline=_headline(order.kind, status),
        at=intervention.created_at,
        status=status,
        text=text,
        order=order,
        findings=shown_result.findings,
        answer=shown_result.answer,
        sources=shown_result.sources,
        run_id=shown_result.run_id,
        overridden=order.override and bool(shown_result.findings),
        can_undo=delivery is not None and delivery.state is DeliveryState.WAITING and delivery.attempts == 0,
    )


def _headline(kind: InterventionKind, status: InterventionStatus) -> str:
    about = INTERVENTIONS[kind]
    return about.past if status is InterventionStatus.DONE else Wording("pressed “%(button)s”", button=about.title)


def _status(intervention: Intervention, delivery: Delivery | None) -> tuple[InterventionStatus, str]:
    result = intervention.result
    if result is None:
        if intervention.waits_for:
            party = intervention.waits_for.capitalize()
            return InterventionStatus.WAITING, Wording(
                "Waits for %(party)s, which is away. It goes on by itself.", party=party
            )
        return InterventionStatus.WORKING, Wording("Working on it.")
    if result.status is not ResultStatus.DONE or delivery is None:
        return InterventionStatus(result.status), result.message
    return _delivery_status(delivery)


def _delivery_status(delivery: Delivery) -> tuple[InterventionStatus, str]:
    if delivery.state is DeliveryState.SENT:
        is_reply = delivery.kind is DeliveryKind.REPLY
        return InterventionStatus.DONE, Wording("Done. It is out.") if is_reply else Wording(
            "Done. The ticket is solved."
        )
    if delivery.state is DeliveryState.WITHDRAWN:
        known = {stop.value: words for stop, words in STOPS.items()}
        why = known.get(delivery.reason or "", known[Stop.TAKEN_BACK])
        return InterventionStatus.REFUSED, Wording("Not sent. %(why)s.", why=why)
    if delivery.state in (DeliveryState.FAILED, DeliveryState.UNKNOWN):
        return InterventionStatus.FAILED, Wording("It could not be done. People are told, and the text is kept here.")
    if delivery.waits_for:
        party = delivery.waits_for.capitalize()
        return InterventionStatus.WAITING, Wording(
            "Waits for %(party)s, which is away. It leaves by itself.", party=party
        )
    return InterventionStatus.LEAVING, Wording("On its way.")
