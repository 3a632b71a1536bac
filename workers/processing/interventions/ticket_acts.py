"""Acts that take nothing but a transaction: claim, release, off and on, corrections, and what is taken back."""

from desk.delivery import DeliveryKind
from desk.platform.database import Transaction
from desk.reasons import Reason, Stop
from desk.text.redaction import redact
from desk.ticket import TicketState
from workers import proposed_entries, record, ticket_control
from workers.interventions import Intervention, delivery_key
from workers.processing.interventions.resolution import Resolution, done, refused
from workers.queue import person_deliveries

WAITING_ALERTS = (DeliveryKind.ALERT,)
WAITING_PUBLIC = (DeliveryKind.REPLY, DeliveryKind.HANDOVER)


def claim(tx: Transaction, intervention: Intervention) -> Resolution:
    """Make the ticket the person's; the first wins."""
    order, actor = intervention.order, intervention.actor
    if ticket_control.claim_ticket(tx, order.channel, order.ticket_id, actor.id, actor.name):
        return done("The ticket is yours.")
    owner = ticket_control.get_claim(tx, order.channel, order.ticket_id)
    return refused(f"{owner.name} has the ticket since {owner.since:%Y-%m-%d %H:%M} UTC." if owner else "Not claimed.")


def release(tx: Transaction, intervention: Intervention) -> Resolution:
    """Give the ticket back to all."""
    order = intervention.order
    if ticket_control.release_ticket(tx, order.channel, order.ticket_id, intervention.actor.id):
        return done("The ticket is free again.")
    return refused("The ticket is not yours, so nothing was changed.")


def turn_off(tx: Transaction, intervention: Intervention) -> Resolution:
    """Firstline leaves the ticket alone from this second; what waits is taken back."""
    order = intervention.order
    if not ticket_control.set_switched_off(tx, order.channel, order.ticket_id, True):
        return refused("Firstline was off for this ticket already.")
    person_deliveries.withdraw_waiting(tx, order.channel, order.ticket_id, tuple(DeliveryKind), Stop.SWITCHED_OFF)
    return done("Firstline leaves this ticket alone.")


def turn_on(tx: Transaction, intervention: Intervention) -> Resolution:
    """The customer's next message is worked on again."""
    order = intervention.order
    if not ticket_control.set_switched_off(tx, order.channel, order.ticket_id, False):
        return refused("Firstline was on for this ticket already.")
    return done("Firstline works on this ticket again, from the customer's next message on.")


def undo(tx: Transaction, intervention: Intervention) -> Resolution:
    """Take a reply back that has not left. Undo and the worker that sends race in one row: one of them wins."""
    order = intervention.order
    planned = person_deliveries.ordered_delivery(
        tx, delivery_key(order.target_id or ""), order.channel, order.ticket_id
    )
    if planned is None:
        return refused("There is nothing to take back.")
    if person_deliveries.take_back(tx, planned.id):
        return done("Taken back. Nothing was sent.")
    return refused("Too late: the reply is on its way, or out.")


def reject(tx: Transaction, intervention: Intervention) -> Resolution:
    """The draft is of no use. Were it about to leave by itself, it stays."""
    order = intervention.order
    person_deliveries.withdraw_waiting(tx, order.channel, order.ticket_id, WAITING_PUBLIC[:1], Stop.TAKEN_BACK)
    return done("Rejected. The reason is kept with the draft.")


def not_an_escalation(tx: Transaction, intervention: Intervention) -> Resolution:
    """Nobody needs to be alerted of it: what waits is taken back, and the ticket leaves the list."""
    order = intervention.order
    line = record.get_ticket_line(tx, order.channel, order.ticket_id)
    if line is None or line.state is not TicketState.ESCALATED:
        return refused("The ticket is not escalated, so nothing was changed.")
    person_deliveries.withdraw_waiting(tx, order.channel, order.ticket_id, WAITING_ALERTS, Stop.TAKEN_BACK)
    record.set_ticket_state(tx, order.channel, order.ticket_id, TicketState.NOTED)
    return done("Noted: this needed no person.")


def correct_category(tx: Transaction, intervention: Intervention) -> Resolution:
    """What the ticket is really about."""
    order = intervention.order
    record.set_ticket_state(tx, order.channel, order.ticket_id, None, category=order.value)
    return done(f"The category is {order.value} now.")


def correct_reason(tx: Transaction, intervention: Intervention) -> Resolution:
    """A reason of a decision was wrong; what is kept of it is this act."""
    order = intervention.order
    if order.value not in set(Reason):
        return refused(f"There is no reason {order.value}.")
    return done("Noted: the reason was wrong.")


def teach(tx: Transaction, intervention: Intervention) -> Resolution:
    """A proposal for the knowledge, without personal data; a lead looks at it."""
    order = intervention.order
    line = record.get_ticket_line(tx, order.channel, order.ticket_id)
    names = [name for name in (line.requester.name if line and line.requester else None,) if name]
    question, answer = redact(order.question, names), redact(order.text, names)
    proposed_entries.propose_entry(tx, order.channel, order.ticket_id, question, answer, intervention.actor.name)
    return done("Proposed. A lead will look at it.", answer=answer)
