"""Send one delivery, exactly once (DESIGN section 3, step 8).

Claimed, checked against the ticket as it stands at that moment, and only then sent. An attempt that follows another
first looks in the channel for what the earlier one may have left there.
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import structlog

from desk.conversation import OwnRecord, is_ours, read_conversation
from desk.delivery import NOTICES, Delivery, DeliveryKind
from desk.errors import Blocked, PartyAway, Permanent
from desk.party import Access, PartyAccess
from desk.platform.database import Transaction
from desk.ports import Alert, Outgoing
from desk.presentation.alert import alert_without_run, alert_without_ticket, compose_alert, compose_notice
from desk.presentation.reply import name_message
from desk.reasons import Stop
from desk.ticket import Message, Ticket, TicketState
from workers import own_record, record, ticket_control
from workers.dependencies import Dependencies
from workers.parties.waiting import refuse_if_away
from workers.pipeline.guards import STATE_AFTER
from workers.processing import agent_replies
from workers.processing.delivery_failures import handle_delivery_failure, withdraw_person_delivery
from workers.processing.guard_effects import message_left_open
from workers.processing.last_look import LastLook, recheck
from workers.queue import inbox, outbox
from workers.queue.backoff import handle_any_failure, retry_while_database_is_away
from workers.queue.outbox import ANSWERS_NOTE, BY_A_PERSON, ClaimedDelivery, PlannedDelivery

log = structlog.get_logger(__name__)

THINK_AGAIN = (
    Stop.PAUSED,
    Stop.SOURCE_CHANGED,
    Stop.POLICY_CHANGED,
    Stop.READERS_CHANGED,
    Stop.LIMIT_REACHED,
    Stop.SAME_MATTER,
    Stop.PERSON_OWED,
)
"""Stops after which the message still needs something: its item is worked on anew."""

WAITS_FOR_PERSON = (TicketState.ESCALATED, TicketState.PARKED, TicketState.NOTED)


def send_delivery(deps: Dependencies, account: str, delivery_id: str, worker: str) -> list[str]:
    """Work on one delivery, whatever happens. Returns the ids of inbox items to enqueue."""
    with deps.db.account(account) as tx:
        claim = outbox.claim_delivery(tx, delivery_id, worker, deps.claim_seconds)
    if claim is None:
        return []
    names = {"account": account, "ticket": claim.delivery.ticket_id, "delivery": delivery_id}
    with structlog.contextvars.bound_contextvars(**names):
        return handle_any_failure(
            partial(_send_unless_away, deps, claim), partial(handle_delivery_failure, deps, claim)
        )


def _send_unless_away(deps: Dependencies, claim: ClaimedDelivery) -> list[str]:
    refuse_if_away(claim.away, *_required_access(deps, claim))
    return _send(deps, claim)


def _required_access(deps: Dependencies, claim: ClaimedDelivery) -> Sequence[PartyAccess]:
    """Whom it takes. The ticket of an alert can be told of without a look at it."""
    if claim.delivery.kind is not DeliveryKind.ALERT:
        return [PartyAccess(claim.delivery.channel, access) for access in Access]
    return [PartyAccess(deps.alerts.name, Access.WRITE)] if deps.alerts else []


def _send(deps: Dependencies, claim: ClaimedDelivery) -> list[str]:
    delivery = claim.delivery
    if delivery.kind is DeliveryKind.ALERT:
        return _send_alert(deps, claim)
    channel = deps.channel(delivery.channel)
    ticket = channel.fetch(delivery.account, delivery.ticket_id)
    if delivery.attempts > 1 and (existing_id := channel.find_delivery(ticket, delivery)):
        return _mark_posted(deps, claim, ticket, existing_id)
    last_look = LastLook(deps, delivery)
    if delivery.kind is DeliveryKind.NOTE:
        return _send_note(deps, claim, ticket, last_look)
    if stop := recheck(deps, claim, ticket, last_look):
        conversation = read_conversation(ticket, last_look.record)
        return _withdraw(deps, claim, stop, message_left_open(stop, conversation, last_look.record))
    if delivery.kind is DeliveryKind.STATUS:
        restored_id = channel.restore_status(ticket, claim.outgoing, delivery, last_look.still_wanted)
        return _mark_sent(deps, claim, restored_id) if restored_id else _withdraw(deps, claim, last_look.stop)
    foreign_id = channel.reply(ticket, claim.outgoing, delivery, last_look.still_wanted)
    if foreign_id:
        return _mark_posted(deps, claim, ticket, foreign_id)
    return _withdraw(deps, claim, last_look.stop, last_look.left)


def _send_note(deps: Dependencies, claim: ClaimedDelivery, ticket: Ticket, last_look: LastLook) -> list[str]:
    """It opens the ticket again only as long as a person is owed."""
    was_asked_for = claim.delivery.key.startswith(ANSWERS_NOTE)
    if not was_asked_for and not last_look.still_wanted(ticket):
        return _withdraw(deps, claim, last_look.stop)
    outgoing = claim.outgoing
    if outgoing.status and not read_conversation(ticket, last_look.record).person_owed:
        outgoing = replace(outgoing, status=None)
    if not was_asked_for and (message := _message_far_above(ticket, claim.delivery.message_id, last_look.record)):
        outgoing = name_message(outgoing, message)
    return _mark_sent(deps, claim, deps.channel(claim.delivery.channel).note(ticket, outgoing, claim.delivery))


def _message_far_above(ticket: Ticket, message_id: str, our_record: OwnRecord) -> Message | None:
    """The message that a note is about, where somebody has written in public since."""
    place = next((place for place, each in enumerate(ticket.messages) if each.id == message_id), None)
    if place is None:
        return None
    later = (each for each in ticket.messages[place + 1 :] if each.public and not each.automatic)
    return ticket.messages[place] if any(not is_ours(each, our_record) for each in later) else None


def _send_alert(deps: Dependencies, claim: ClaimedDelivery) -> list[str]:
    """Alert people, or add to what they were told. Its failure never undoes what was delivered to the ticket."""
    if deps.alerts is None:
        raise Permanent("this installation has nowhere to alert people")
    delivery = claim.delivery
    if seconds := deps.alerts.quiet(delivery.account):  # before the ticket is looked at, which costs calls
        raise Blocked("alerts are to wait a little", retry_after=seconds)
    alert = _compose_alert(deps, claim)
    if isinstance(alert, Stop):
        return _withdraw(deps, claim, alert)
    posted_id = delivery.foreign_id
    if posted_id is None and delivery.attempts > 1:
        posted_id = deps.alerts.find_delivery(alert, delivery)
    if posted_id is None:
        return _mark_sent(deps, claim, deps.alerts.post(alert, delivery))
    return _mark_sent(deps, claim, deps.alerts.update(alert, delivery, posted_id) if claim.revision else posted_id)


def _compose_alert(deps: Dependencies, claim: ClaimedDelivery) -> Alert | Stop:
    """What to tell; that a ticket cannot be read any more is told as well. Or why the ticket is to be left alone, as
    long as nobody has been told."""
    delivery, why = claim.delivery, claim.outgoing.text
    if delivery.channel == NOTICES:
        return compose_notice(delivery.account, why, f"{deps.address}/console/" if deps.address else None)
    with deps.db.account(delivery.account) as tx:
        run = record.get_run(tx, delivery.run_id) if delivery.run_id else None
        our_record = own_record.read_own_record(tx, delivery.channel, delivery.ticket_id)
    console = f"{deps.address}/console/tickets/{delivery.channel}/{delivery.ticket_id}" if deps.address else None
    try:
        refuse_if_away(claim.away, PartyAccess(delivery.channel, Access.READ))
        message_id = run.message_id if run else delivery.message_id
        ticket = deps.channel(delivery.channel).fetch(delivery.account, delivery.ticket_id, message_id)
    except (Permanent, PartyAway):
        return alert_without_ticket(delivery.account, delivery.channel, delivery.ticket_id, why, console)
    last_look = LastLook(deps, delivery)
    if delivery.foreign_id is None and not last_look.still_wanted(ticket):
        return last_look.stop
    if run is None:
        return alert_without_run(ticket, why, console, our_record)
    return compose_alert(run, ticket, console, our_record)


def _mark_posted(deps: Dependencies, claim: ClaimedDelivery, ticket: Ticket, foreign_id: str) -> list[str]:
    """It is out. A person's reply tells what they made of the drafts: kept first, since a try that was cut off in
    between comes here once more."""
    delivery = claim.delivery
    if delivery.kind is DeliveryKind.REPLY and delivery.key.startswith(BY_A_PERSON):
        agent_replies.keep_feedback(deps, claim, ticket, foreign_id)
    return _mark_sent(deps, claim, foreign_id)


def _mark_sent(deps: Dependencies, claim: ClaimedDelivery, foreign_id: str) -> list[str]:
    delivery = claim.delivery

    def write() -> None:
        with deps.db.account(delivery.account) as tx:
            state = _state_once_sent(delivery)
            if state:
                record.lock_ticket(tx, delivery.channel, delivery.ticket_id)
            if outbox.mark_sent(tx, claim, foreign_id) and state:
                _set_state_after(tx, delivery, state)

    retry_while_database_is_away(write)
    log.info("sent", kind=delivery.kind.value, attempt=delivery.attempts)
    return []


def _state_once_sent(delivery: Delivery) -> TicketState | None:
    """A person who has answered, or closed the ticket, has it."""
    if delivery.key.startswith(BY_A_PERSON):
        return TicketState.STEPPED_BACK
    return TicketState.ANSWERED if delivery.kind is DeliveryKind.REPLY else None


def _set_state_after(tx: Transaction, delivery: Delivery, state: TicketState) -> None:
    """It may be written down long after it went out, or did not. What left was bound to its message, so whatever the
    customer did since it was planned came after it: a ticket that waits for a person by then goes on waiting."""
    ticket = (delivery.channel, delivery.ticket_id)
    came_back = inbox.customer_came_back(tx, *ticket, delivery.message_id, delivery.created_at)
    record.set_ticket_state(tx, *ticket, state, unless=WAITS_FOR_PERSON if came_back else ())


def _state_once_withdrawn(tx: Transaction, delivery: Delivery, stop: Stop) -> TicketState | None:
    """What the button *Turn off* took from the customer is a person's to answer."""
    is_off = stop is Stop.SWITCHED_OFF and ticket_control.is_switched_off(tx, delivery.channel, delivery.ticket_id)
    return TicketState.ESCALATED if is_off and delivery.kind is DeliveryKind.REPLY else STATE_AFTER.get(stop)


def _withdraw(deps: Dependencies, claim: ClaimedDelivery, stop: Stop, open_message_id: str | None = None) -> list[str]:
    """It must not leave. `open_message_id`: the message that is open all the same, and is worked on again."""
    delivery = claim.delivery
    if delivery.key.startswith(BY_A_PERSON):
        withdraw_person_delivery(deps, claim, stop)
        return []
    with deps.db.account(delivery.account) as tx:
        record.lock_ticket(tx, delivery.channel, delivery.ticket_id)
        if not outbox.withdraw_delivery(tx, claim, stop):
            return []
        if state := _state_once_withdrawn(tx, delivery, stop):
            _set_state_after(tx, delivery, state)
        if delivery.kind is DeliveryKind.HANDOVER and stop is Stop.PAUSED:
            outbox.plan_deliveries(tx, [_handover_note(delivery)], None, None, handed=False)
        think_again = delivery.kind is DeliveryKind.REPLY and stop in THINK_AGAIN and claim.item_id is not None
        if think_again and claim.item_id and inbox.reprocess_item(tx, claim.item_id):
            log.info("withdrawn, thinking again", why=stop.value)
            return [claim.item_id]
        if open_message_id and delivery.kind is DeliveryKind.REPLY:
            item_id = inbox.reprocess_message(tx, delivery.channel, open_message_id)
            log.info("withdrawn, thinking about what is left open", why=stop.value)
            return [item_id] if item_id else []
    log.info("withdrawn", why=stop.value)
    return []


def _handover_note(delivery: Delivery) -> PlannedDelivery:
    """A hand-over that may not leave now still puts the ticket before people. With the customer's next message after
    the pause, it is made up for."""
    text = "The customer was not told that a person will answer: automatic messages are paused."
    address = (delivery.channel, delivery.ticket_id, delivery.message_id)
    return PlannedDelivery(*address, DeliveryKind.NOTE, Outgoing(text, escalated=True), f"untold:{delivery.id}")
