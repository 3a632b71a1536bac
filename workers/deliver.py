"""Send one delivery, exactly once (DESIGN section 3, step 8).

Claimed, checked against the ticket as it stands at that moment, and only then sent. An attempt that follows another
first looks in the channel for what the earlier one may have left there.
"""

from functools import partial

import structlog

from desk import accounts
from desk.alert import alert_without_run, alert_without_ticket, compose_alert
from desk.delivery import Delivery, DeliveryKind
from desk.errors import Blocked, FirstlineError, Outage, Permanent, Temporary
from desk.ports import Alert
from desk.run import Stop
from desk.ticket import Ticket, TicketState, TicketStatus
from workers import inbox, outbox, record
from workers.outbox import PUBLIC, Claimed
from workers.pipeline.guards import STATE_AFTER, Facts, first_stop
from workers.retries import back_off, insist
from workers.toolbox import Toolbox

log = structlog.get_logger(__name__)

THINK_AGAIN = (Stop.PAUSED, Stop.SOURCE_CHANGED)
"""Stops after which the message still needs something: its item is worked on anew."""


def deliver(tools: Toolbox, account: str, delivery_id: str, worker: str) -> list[str]:
    """Work on one delivery, whatever happens. Returns the ids of inbox items to enqueue."""
    with tools.db.account(account) as tx:
        held = outbox.claim(tx, delivery_id, worker, tools.claim_seconds)
    if held is None:
        return []
    with structlog.contextvars.bound_contextvars(account=account, ticket=held.delivery.ticket_id, delivery=delivery_id):
        try:
            return _send(tools, held)
        except FirstlineError as error:
            return insist(partial(_failed, tools, held, error))
        except Exception as error:  # the task wrapper: whatever it is, the delivery must not be lost
            log.exception("unexpected error")
            unexpected = Temporary(f"unexpected {type(error).__name__}")
            return insist(partial(_failed, tools, held, unexpected))


def _send(tools: Toolbox, held: Claimed) -> list[str]:
    delivery = held.delivery
    if delivery.kind is DeliveryKind.ALERT:
        return _tell(tools, held)
    channel = tools.channel(delivery.channel)
    ticket = channel.fetch(delivery.account, delivery.ticket_id)
    if delivery.attempts > 1 and (found := channel.find_delivery(ticket, delivery)):
        return _labelled(tools, held, ticket, found)
    if delivery.kind not in PUBLIC:
        return _labelled(tools, held, ticket, channel.note(ticket, held.outgoing, delivery))
    if stop := _recheck(tools, held, ticket):
        return _withdraw(tools, held, stop)
    foreign_id = channel.reply(ticket, held.outgoing, delivery)
    if foreign_id is None:
        return _withdraw(tools, held, _moved_on(tools, held))
    return _labelled(tools, held, ticket, foreign_id)


def _tell(tools: Toolbox, held: Claimed) -> list[str]:
    """Alert people. Its failure never undoes what was delivered to the ticket."""
    if tools.alerts is None:
        raise Permanent("this installation has nowhere to alert people")
    alert = _alert(tools, held)
    found = tools.alerts.find_delivery(alert, held.delivery) if held.delivery.attempts > 1 else None
    return _sent(tools, held, found or tools.alerts.post(alert, held.delivery))


def _alert(tools: Toolbox, held: Claimed) -> Alert:
    """What to tell; that a ticket cannot be read any more is told as well."""
    delivery, why = held.delivery, held.outgoing.text
    with tools.db.account(delivery.account) as tx:
        run = record.get_run(tx, delivery.run_id) if delivery.run_id else None
    console = f"{tools.address}/console/tickets/{delivery.channel}/{delivery.ticket_id}" if tools.address else None
    try:
        ticket = tools.channel(delivery.channel).fetch(delivery.account, delivery.ticket_id)
    except Permanent:
        return alert_without_ticket(delivery.account, delivery.channel, delivery.ticket_id, why, console)
    return compose_alert(run, ticket, console) if run else alert_without_run(ticket, why, console)


def _labelled(tools: Toolbox, held: Claimed, ticket: Ticket, foreign_id: str) -> list[str]:
    """It is out: put its tags on the ticket, then write it down. Tags that cannot be set do not make it unsent."""
    delivery = held.delivery
    try:
        tools.channel(delivery.channel).label(ticket, held.outgoing, delivery)
    except Permanent as error:
        log.warning("not labelled", why=str(error))
    return _sent(tools, held, foreign_id)


def _recheck(tools: Toolbox, held: Claimed, ticket: Ticket) -> Stop | None:
    """The last look before something public leaves."""
    delivery = held.delivery
    with tools.db.account(delivery.account) as tx:
        paused = accounts.is_paused(tx)
        run = record.get_run(tx, delivery.run_id) if delivery.run_id else None
    if paused:
        return Stop.PAUSED
    if stop := _overtaken(ticket, delivery):
        return stop
    if delivery.kind is DeliveryKind.REPLY and run and tools.library.outdated(delivery.account, run.draft.citations):
        return Stop.SOURCE_CHANGED
    return None


def _moved_on(tools: Toolbox, held: Claimed) -> Stop:
    """Why the channel would not post: the ticket changed between the last look and the send."""
    ticket = tools.channel(held.delivery.channel).fetch(held.delivery.account, held.delivery.ticket_id)
    return _overtaken(ticket, held.delivery) or Stop.NEWER_MESSAGE


def _overtaken(ticket: Ticket, delivery: Delivery) -> Stop | None:
    """What happened to the ticket since the delivery was planned. One solved meanwhile wants no answer any more."""
    stop = first_stop(ticket, delivery.message_id, Facts())
    return stop or (Stop.SOLVED if ticket.status is TicketStatus.SOLVED else None)


def _sent(tools: Toolbox, held: Claimed, foreign_id: str) -> list[str]:
    delivery = held.delivery

    def write() -> None:
        with tools.db.account(delivery.account) as tx:
            if outbox.sent(tx, held, foreign_id) and delivery.kind is DeliveryKind.REPLY:
                record.note_state(tx, delivery.channel, delivery.ticket_id, TicketState.ANSWERED)

    insist(write)
    log.info("sent", kind=delivery.kind.value, attempt=delivery.attempts)
    return []


def _withdraw(tools: Toolbox, held: Claimed, stop: Stop) -> list[str]:
    delivery = held.delivery
    with tools.db.account(delivery.account) as tx:
        if not outbox.withdraw(tx, held, stop):
            return []
        if state := STATE_AFTER.get(stop):
            record.note_state(tx, delivery.channel, delivery.ticket_id, state)
        again = delivery.kind is DeliveryKind.REPLY and stop in THINK_AGAIN and held.item_id is not None
        if again and held.item_id and inbox.think_again(tx, held.item_id):
            log.info("withdrawn, thinking again", why=stop.value)
            return [held.item_id]
    log.info("withdrawn", why=stop.value)
    return []


def _failed(tools: Toolbox, held: Claimed, error: FirstlineError) -> list[str]:
    """Later, if it may still work; otherwise failed, and the message it answers is parked for a person."""
    delivery, why = held.delivery, f"{type(error).__name__}: {error}"
    with tools.db.account(delivery.account) as tx:
        called = isinstance(error, Outage)
        blocked = isinstance(error, Blocked) or (isinstance(error, Outage) and error.untouched)
        if isinstance(error, Temporary) and (blocked or delivery.attempts < tools.max_attempts):
            seconds = back_off(delivery.attempts, error.retry_after)
            outbox.postpone(tx, held, seconds, why, tried=not blocked, called=called)
            log.warning("postponed", why=why, seconds=round(seconds, 1), attempt=delivery.attempts)
            return []
        failed = outbox.fail(tx, held, why)
        if (
            failed
            and delivery.kind is not DeliveryKind.ALERT
            and held.item_id
            and inbox.set_aside(tx, held.item_id, why)
        ):
            record.note_state(tx, delivery.channel, delivery.ticket_id, TicketState.PARKED)
        log.error("failed", why=why)
    return []
