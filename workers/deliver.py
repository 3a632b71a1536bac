"""Send one delivery, exactly once (DESIGN section 3, step 8).

Claimed, checked against the ticket as it stands at that moment, and only then sent. An attempt that follows another
first looks in the channel for what the earlier one may have left there.
"""

from dataclasses import dataclass
from functools import partial

import structlog

from desk import accounts
from desk.alert import alert_without_run, alert_without_ticket, compose_alert
from desk.conversation import OwnRecord, read_conversation
from desk.delivery import Delivery, DeliveryKind
from desk.errors import Blocked, FirstlineError, Outage, Permanent, Temporary
from desk.ports import Alert
from desk.run import Stop
from desk.ticket import Ticket, TicketState
from workers import history, inbox, outbox, record, twins
from workers.outbox import Claimed
from workers.pipeline.guards import STATE_AFTER, last_stop
from workers.pipeline.turns import reached
from workers.retries import back_off, insist
from workers.toolbox import Toolbox

log = structlog.get_logger(__name__)

THINK_AGAIN = (Stop.PAUSED, Stop.SOURCE_CHANGED, Stop.LIMIT_REACHED, Stop.SAME_MATTER)
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
    if delivery.kind is DeliveryKind.NOTE:
        return _labelled(tools, held, ticket, channel.note(ticket, held.outgoing, delivery))
    looked = _LastLook(delivery, _own_record(tools, delivery))
    if stop := _recheck(tools, held, ticket, looked):
        return _withdraw(tools, held, stop)
    if delivery.kind is DeliveryKind.STATUS:
        done = channel.restore_status(ticket, held.outgoing, delivery, looked.still_wanted)
        return _sent(tools, held, done) if done else _withdraw(tools, held, looked.stop)
    foreign_id = channel.reply(ticket, held.outgoing, delivery, looked.still_wanted)
    return _labelled(tools, held, ticket, foreign_id) if foreign_id else _withdraw(tools, held, looked.stop)


@dataclass(slots=True)
class _LastLook:
    """Asked of every snapshot of the ticket before something public leaves; remembers why it said no."""

    delivery: Delivery
    record: OwnRecord
    stop: Stop = Stop.CLOSED

    def still_wanted(self, ticket: Ticket) -> bool:
        stop = last_stop(ticket, self.delivery.message_id, self.delivery.kind, self.record)
        self.stop = stop or self.stop
        return stop is None


def _own_record(tools: Toolbox, delivery: Delivery) -> OwnRecord:
    with tools.db.account(delivery.account) as tx:
        return history.own_record(tx, delivery.channel, delivery.ticket_id, besides=delivery.id)


def _tell(tools: Toolbox, held: Claimed) -> list[str]:
    """Alert people, or add to what they were told. Its failure never undoes what was delivered to the ticket."""
    if tools.alerts is None:
        raise Permanent("this installation has nowhere to alert people")
    alert, delivery = _alert(tools, held), held.delivery
    posted = delivery.foreign_id
    if posted is None and delivery.attempts > 1:
        posted = tools.alerts.find_delivery(alert, delivery)
    if posted is None:
        return _sent(tools, held, tools.alerts.post(alert, delivery))
    return _sent(tools, held, tools.alerts.update(alert, delivery, posted) if held.revision else posted)


def _alert(tools: Toolbox, held: Claimed) -> Alert:
    """What to tell; that a ticket cannot be read any more is told as well."""
    delivery, why = held.delivery, held.outgoing.text
    with tools.db.account(delivery.account) as tx:
        run = record.get_run(tx, delivery.run_id) if delivery.run_id else None
        own = history.own_record(tx, delivery.channel, delivery.ticket_id)
    console = f"{tools.address}/console/tickets/{delivery.channel}/{delivery.ticket_id}" if tools.address else None
    try:
        ticket = tools.channel(delivery.channel).fetch(delivery.account, delivery.ticket_id)
    except Permanent:
        return alert_without_ticket(delivery.account, delivery.channel, delivery.ticket_id, why, console)
    return compose_alert(run, ticket, console, own) if run else alert_without_run(ticket, why, console, own)


def _labelled(tools: Toolbox, held: Claimed, ticket: Ticket, foreign_id: str) -> list[str]:
    """It is out: put its tags on the ticket, then write it down. Tags that cannot be set do not make it unsent."""
    delivery = held.delivery
    try:
        tools.channel(delivery.channel).label(ticket, held.outgoing, delivery)
    except Permanent as error:
        log.warning("not labelled", why=str(error))
    return _sent(tools, held, foreign_id)


def _recheck(tools: Toolbox, held: Claimed, ticket: Ticket, looked: _LastLook) -> Stop | None:
    """The last look before something public leaves: at the ticket, and at what we alone know."""
    delivery = held.delivery
    with tools.db.account(delivery.account) as tx:
        if accounts.is_paused(tx):
            return Stop.PAUSED
    if not looked.still_wanted(ticket):
        return looked.stop
    return _reply_stop(tools, held, ticket, looked.record) if delivery.kind is DeliveryKind.REPLY else None


def _reply_stop(tools: Toolbox, held: Claimed, ticket: Ticket, own: OwnRecord) -> Stop | None:
    """What may have changed since the decision besides the ticket: the turns, another ticket, the sources."""
    delivery, policy = held.delivery, tools.policies.get(held.delivery.account).policy
    with tools.db.account(delivery.account) as tx:
        requester = tx.sealer.lookup(ticket.requester.id)
        _, turns = history.look_back(tx, delivery.channel, delivery.ticket_id, requester, policy, besides=delivery.id)
        run = record.get_run(tx, delivery.run_id) if delivery.run_id else None
    if reached(turns, policy):
        return Stop.LIMIT_REACHED
    if twins.same_matter(tools, ticket, read_conversation(ticket, own)):
        return Stop.SAME_MATTER
    if run and tools.library.outdated(delivery.account, run.draft.citations):
        return Stop.SOURCE_CHANGED
    return None


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
