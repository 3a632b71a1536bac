"""What agents order in internal notes, and what they get back: a note. The note's own id makes the order unique."""

from dataclasses import replace
from uuid import UUID

from desk.delivery import DeliveryKind
from desk.errors import Permanent, Refused
from desk.intervention import Actor, Face, InterventionResult, Order
from desk.platform.database import Transaction
from desk.ports import Outgoing
from desk.presentation.reply import source_list
from desk.ticket import Message, Role, Ticket
from workers import interventions, record
from workers.dependencies import Dependencies
from workers.interventions import Intervention
from workers.processing.interventions.note_words import ANYWAY, read_note_order
from workers.queue import inbox, outbox
from workers.queue.inbox import InboxItem
from workers.queue.leases import ClaimLost
from workers.queue.outbox import ANSWERS_NOTE, PlannedDelivery

NO_RUN = str(UUID(int=0))


def take_order(deps: Dependencies, item: InboxItem) -> Intervention | None:
    """Store what an agent's note orders, and close its item; None where it orders nothing, or was told of before."""
    found = _find_order(deps, item)
    if found is None:
        return None
    try:
        with deps.db.account(item.account) as tx:
            intervention = _store_order(tx, *found)
            if not inbox.finish_item(tx, item, inbox.STORED):
                raise ClaimLost
    except Refused:
        return None
    return intervention


def _find_order(deps: Dependencies, item: InboxItem) -> tuple[Ticket, Message, Order] | None:
    """The order in the note that an item tells of, as the channel shows it now; None where it is none."""
    policy = deps.policies.get(item.account).policy
    try:
        ticket = deps.channel(item.channel).fetch(item.account, item.ticket_id, item.message_id or "")
    except Permanent:  # the ticket is gone, and the note with it
        return None
    note = ticket.message(item.message_id or "")
    is_note = note is not None and note.role is Role.AGENT and not note.public and not note.automatic
    if note is None or not is_note or not policy.scope.holds(ticket):
        return None
    order = read_note_order(note.body, policy.note_word, item.channel, item.ticket_id)
    return (ticket, note, order) if order and note.writer else None


def _store_order(tx: Transaction, ticket: Ticket, note: Message, order: Order) -> Intervention:
    """Store what a note orders, about the newest draft: if the conversation went on after that, it does not leave."""
    record.set_ticket_state(tx, order.channel, order.ticket_id, None, requester=ticket.requester)
    run = record.last_run(tx, order.channel, order.ticket_id)
    order = replace(order, run_id=run.id if run else NO_RUN, seen_message_id=run.message_id if run else None)
    writer = note.writer
    assert writer is not None  # noqa: S101  # `_find_order` has looked
    actor = Actor.of(writer.name, writer.email, f"{order.channel}:{writer.channel_user_id}", writer.channel_user_id)
    return interventions.add_intervention(tx, Face.NOTE, note.id, actor, order)


def plan_answer(tx: Transaction, intervention: Intervention, result: InterventionResult) -> list[str]:
    """What came back, as a note, where a note asked; the delivery ids to enqueue."""
    if intervention.face is not Face.NOTE:
        return []
    findings = "\n".join(f"- {finding.check.replace('_', ' ')}: {finding.detail}" for finding in result.findings)
    hint = f"To send all the same, write `send {ANYWAY}`." if result.status == "unconfirmed" else ""
    words = f"Firstline, for {intervention.actor.name}: {result.message}"
    parts = (result.answer, source_list(result.sources), words, "" if result.answer else findings, hint)
    text = "\n\n".join(part for part in parts if part)
    order = intervention.order
    address = (order.channel, order.ticket_id, order.seen_message_id or "")
    note = PlannedDelivery(*address, DeliveryKind.NOTE, Outgoing(text, result.sources), ANSWERS_NOTE + intervention.id)
    return outbox.plan_deliveries(tx, [note], None, None)
