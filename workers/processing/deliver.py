"""Send one delivery, exactly once (DESIGN section 3, step 8).

Claimed, checked against the ticket as it stands at that moment, and only then sent. An attempt that follows another
first looks in the channel for what the earlier one may have left there.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial

import structlog

from desk.conversation import OwnRecord, read_conversation
from desk.delivery import NOTICES, Delivery, DeliveryKind
from desk.errors import Blocked, FirstlineError, Outage, PartyAway, Permanent, Temporary
from desk.party import Access, PartyAccess
from desk.platform import accounts
from desk.policy.policy import IncidentPolicy, Policy
from desk.ports import Alert, Outgoing
from desk.presentation.alert import alert_without_run, alert_without_ticket, compose_alert, compose_notice
from desk.reasons import Stop
from desk.run import Level, Run
from desk.ticket import Ticket, TicketState
from workers import record, tickets
from workers.parties.notices import plan_note_instead_of_alert, policy_of
from workers.parties.waiting import LATER, SOON, TroubleOwner, awaited_party, refuse_if_away, whose_trouble
from workers.pipeline.guards import STATE_AFTER, stop_before_send
from workers.pipeline.turns import limit_reached
from workers.processing import duplicate_tickets, own_record
from workers.processing.guard_effects import message_left_open
from workers.queue import inbox, outbox
from workers.queue.backoff import next_try, retry_while_database_is_away
from workers.queue.incidents import incident_alert
from workers.queue.outbox import ClaimedDelivery, PlannedDelivery
from workers.toolbox import Toolbox

log = structlog.get_logger(__name__)

THINK_AGAIN = (
    Stop.PAUSED,
    Stop.SOURCE_CHANGED,
    Stop.POLICY_CHANGED,
    Stop.LIMIT_REACHED,
    Stop.SAME_MATTER,
    Stop.PERSON_OWED,
)
"""Stops after which the message still needs something: its item is worked on anew."""

NOT_PUBLIC = (DeliveryKind.NOTE, DeliveryKind.ALERT)
"""Kinds that leave though everything public is paused."""

LEAVES_WORK = (DeliveryKind.REPLY, DeliveryKind.HANDOVER, DeliveryKind.NOTE)
"""Kinds of which people have to do what could not be done."""


def send_delivery(tools: Toolbox, account: str, delivery_id: str, worker: str) -> list[str]:
    """Work on one delivery, whatever happens. Returns the ids of inbox items to enqueue."""
    with tools.db.account(account) as tx:
        held = outbox.claim_delivery(tx, delivery_id, worker, tools.claim_seconds)
    if held is None:
        return []
    with structlog.contextvars.bound_contextvars(account=account, ticket=held.delivery.ticket_id, delivery=delivery_id):
        try:
            refuse_if_away(held.away, *_needed(tools, held))
            return _send(tools, held)
        except FirstlineError as error:
            return retry_while_database_is_away(partial(_failed, tools, held, error))
        except Exception as error:  # the task wrapper: whatever it is, the delivery must not be lost
            log.exception("unexpected error")
            unexpected = Temporary(f"unexpected {type(error).__name__}")
            return retry_while_database_is_away(partial(_failed, tools, held, unexpected))


def _needed(tools: Toolbox, held: ClaimedDelivery) -> Sequence[PartyAccess]:
    """Whom it takes. The ticket of an alert can be told of without a look at it."""
    if held.delivery.kind is not DeliveryKind.ALERT:
        return [PartyAccess(held.delivery.channel, access) for access in Access]
    return [PartyAccess(tools.alerts.name, Access.WRITE)] if tools.alerts else []


def _send(tools: Toolbox, held: ClaimedDelivery) -> list[str]:
    delivery = held.delivery
    if delivery.kind is DeliveryKind.ALERT:
        return _tell(tools, held)
    channel = tools.channel(delivery.channel)
    ticket = channel.fetch(delivery.account, delivery.ticket_id)
    if delivery.attempts > 1 and (found := channel.find_delivery(ticket, delivery)):
        return _sent(tools, held, found)
    looked = _LastLook(tools, delivery, _own_record(tools, delivery))
    if delivery.kind is DeliveryKind.NOTE:
        return _note(tools, held, ticket, looked)
    if stop := _recheck(tools, held, ticket, looked):
        return _withdraw(
            tools, held, stop, message_left_open(stop, read_conversation(ticket, looked.record), looked.record)
        )
    if delivery.kind is DeliveryKind.STATUS:
        done = channel.restore_status(ticket, held.outgoing, delivery, looked.still_wanted)
        return _sent(tools, held, done) if done else _withdraw(tools, held, looked.stop)
    foreign_id = channel.reply(ticket, held.outgoing, delivery, looked.still_wanted)
    return _sent(tools, held, foreign_id) if foreign_id else _withdraw(tools, held, looked.stop, looked.left)


@dataclass(slots=True)
class _LastLook:
    """Asked of every snapshot of the ticket before something leaves; remembers why it said no, and which message is
    left open by that."""

    tools: Toolbox
    delivery: Delivery
    record: OwnRecord
    stop: Stop = Stop.CLOSED
    left: str | None = None

    def still_wanted(self, ticket: Ticket) -> bool:
        delivery = self.delivery
        scope = self.tools.policies.get(delivery.account).policy.scope
        stop = self._paused() or stop_before_send(ticket, delivery.message_id, delivery.kind, self.record, scope)
        if stop:
            self.stop, self.left = stop, message_left_open(stop, read_conversation(ticket, self.record), self.record)
        return stop is None

    def _paused(self) -> Stop | None:
        """A helpdesk may take seconds to post. Our own tickets are posted under a lock, within a transaction and at
        once: there the look before it will do."""
        if self.delivery.channel == tickets.CHANNEL or self.delivery.kind in NOT_PUBLIC:
            return None
        with self.tools.db.account(self.delivery.account) as tx:
            return Stop.PAUSED if accounts.is_paused(tx) else None


def _note(tools: Toolbox, held: ClaimedDelivery, ticket: Ticket, looked: _LastLook) -> list[str]:
    """It opens the ticket again only as long as a person is owed."""
    if not looked.still_wanted(ticket):
        return _withdraw(tools, held, looked.stop)
    outgoing = held.outgoing
    if outgoing.status and not read_conversation(ticket, looked.record).person_owed:
        outgoing = replace(outgoing, status=None)
    return _sent(tools, held, tools.channel(held.delivery.channel).note(ticket, outgoing, held.delivery))


def _own_record(tools: Toolbox, delivery: Delivery) -> OwnRecord:
    with tools.db.account(delivery.account) as tx:
        return own_record.read_own_record(tx, delivery.channel, delivery.ticket_id, besides=delivery.id)


def _tell(tools: Toolbox, held: ClaimedDelivery) -> list[str]:
    """Alert people, or add to what they were told. Its failure never undoes what was delivered to the ticket."""
    if tools.alerts is None:
        raise Permanent("this installation has nowhere to alert people")
    delivery = held.delivery
    if seconds := tools.alerts.quiet(delivery.account):  # before the ticket is looked at, which costs calls
        raise Blocked("alerts are to wait a little", retry_after=seconds)
    alert = _alert(tools, held)
    if isinstance(alert, Stop):
        return _withdraw(tools, held, alert)
    posted = delivery.foreign_id
    if posted is None and delivery.attempts > 1:
        posted = tools.alerts.find_delivery(alert, delivery)
    if posted is None:
        return _sent(tools, held, tools.alerts.post(alert, delivery))
    return _sent(tools, held, tools.alerts.update(alert, delivery, posted) if held.revision else posted)


def _alert(tools: Toolbox, held: ClaimedDelivery) -> Alert | Stop:
    """What to tell; that a ticket cannot be read any more is told as well. Or why the ticket is to be left alone, as
    long as nobody has been told."""
    delivery, why = held.delivery, held.outgoing.text
    if delivery.channel == NOTICES:
        return compose_notice(delivery.account, why, f"{tools.address}/console/" if tools.address else None)
    with tools.db.account(delivery.account) as tx:
        run = record.get_run(tx, delivery.run_id) if delivery.run_id else None
        own = own_record.read_own_record(tx, delivery.channel, delivery.ticket_id)
    console = f"{tools.address}/console/tickets/{delivery.channel}/{delivery.ticket_id}" if tools.address else None
    try:
        refuse_if_away(held.away, PartyAccess(delivery.channel, Access.READ))
        holding = run.message_id if run else delivery.message_id
        ticket = tools.channel(delivery.channel).fetch(delivery.account, delivery.ticket_id, holding)
    except (Permanent, PartyAway):
        return alert_without_ticket(delivery.account, delivery.channel, delivery.ticket_id, why, console)
    looked = _LastLook(tools, delivery, own)
    if delivery.foreign_id is None and not looked.still_wanted(ticket):
        return looked.stop
    return compose_alert(run, ticket, console, own) if run else alert_without_run(ticket, why, console, own)


def _recheck(tools: Toolbox, held: ClaimedDelivery, ticket: Ticket, looked: _LastLook) -> Stop | None:
    """The last look before something public leaves: at the ticket, and at what we alone know."""
    delivery = held.delivery
    with tools.db.account(delivery.account) as tx:
        if accounts.is_paused(tx):
            return Stop.PAUSED
    if not looked.still_wanted(ticket):
        return looked.stop
    return _reply_stop(tools, held, ticket, looked.record) if delivery.kind is DeliveryKind.REPLY else None


def _reply_stop(tools: Toolbox, held: ClaimedDelivery, ticket: Ticket, own: OwnRecord) -> Stop | None:
    """What may have changed since the decision besides the ticket: the turns, another ticket, the sources."""
    delivery, policy = held.delivery, tools.policies.get(held.delivery.account).policy
    with tools.db.account(delivery.account) as tx:
        requester = tx.sealer.lookup(ticket.requester.id)
        _, turns = own_record.read_record_and_turns(
            tx, delivery.channel, delivery.ticket_id, requester, policy, besides=delivery.id
        )
        run = record.get_run(tx, delivery.run_id) if delivery.run_id else None
    if run and _is_lowered(policy, run):
        return Stop.POLICY_CHANGED
    if limit_reached(turns, policy):
        return Stop.LIMIT_REACHED
    if duplicate_tickets.find_duplicate(tools, ticket, read_conversation(ticket, own)):
        return Stop.SAME_MATTER
    if run and tools.library.outdated(delivery.account, run.draft.citations):
        return Stop.SOURCE_CHANGED
    return None


def _is_lowered(policy: Policy, run: Run) -> bool:
    """May the category's replies not leave by themselves any more? What was allowed counts to the last moment."""
    category = policy.categories.get(run.classification.category or "")
    return policy.version != run.versions.policy and (category is None or category.level is not Level.AUTO)


def _sent(tools: Toolbox, held: ClaimedDelivery, foreign_id: str) -> list[str]:
    delivery = held.delivery

    def write() -> None:
        with tools.db.account(delivery.account) as tx:
            if outbox.mark_sent(tx, held, foreign_id) and delivery.kind is DeliveryKind.REPLY:
                record.set_ticket_state(tx, delivery.channel, delivery.ticket_id, TicketState.ANSWERED)

    retry_while_database_is_away(write)
    log.info("sent", kind=delivery.kind.value, attempt=delivery.attempts)
    return []


def _withdraw(tools: Toolbox, held: ClaimedDelivery, stop: Stop, left: str | None = None) -> list[str]:
    """It must not leave. `left`: the message that is open all the same, and is worked on again."""
    delivery = held.delivery
    with tools.db.account(delivery.account) as tx:
        if not outbox.withdraw_delivery(tx, held, stop):
            return []
        if state := STATE_AFTER.get(stop):
            record.set_ticket_state(tx, delivery.channel, delivery.ticket_id, state)
        if delivery.kind is DeliveryKind.HANDOVER and stop is Stop.PAUSED:
            outbox.plan_deliveries(tx, [_untold(delivery)], None, None, handed=False)
        again = delivery.kind is DeliveryKind.REPLY and stop in THINK_AGAIN and held.item_id is not None
        if again and held.item_id and inbox.reprocess_item(tx, held.item_id):
            log.info("withdrawn, thinking again", why=stop.value)
            return [held.item_id]
        if left and delivery.kind is DeliveryKind.REPLY:
            item_id = inbox.reprocess_message(tx, delivery.channel, left)
            log.info("withdrawn, thinking about what is left open", why=stop.value)
            return [item_id] if item_id else []
    log.info("withdrawn", why=stop.value)
    return []


def _untold(delivery: Delivery) -> PlannedDelivery:
    """A hand-over that may not leave now still puts the ticket before people. With the customer's next message after
    the pause, it is made up for."""
    text = "The customer was not told that a person will answer: automatic messages are paused."
    place = (delivery.channel, delivery.ticket_id, delivery.message_id)
    return PlannedDelivery(*place, DeliveryKind.NOTE, Outgoing(text, escalated=True), f"untold:{delivery.id}")


def _wait(tools: Toolbox, held: ClaimedDelivery, error: FirstlineError, why: str) -> list[str]:
    """Until the party is back, or it is known whether it is away. That uses no attempt up. An alert whose ticket's
    channel is away is told without a look at the ticket, and soon."""
    called = isinstance(error, Outage)
    with tools.db.account(held.delivery.account) as tx:
        party = awaited_party(tx, error)
        if held.delivery.kind is DeliveryKind.ALERT and party == held.delivery.channel:
            party = None
        seconds = LATER if party else SOON
        outbox.postpone_delivery(tx, held, seconds, why, tried=False, called=called, waits_for=party)
    log.warning("waits", why=why, party=party)
    return []


def _failed(tools: Toolbox, held: ClaimedDelivery, error: FirstlineError) -> list[str]:
    """Later, if it may still work, or when the party that is away is back; otherwise failed, and the message it answers
    is parked for a person."""
    delivery, why = held.delivery, f"{type(error).__name__}: {error}"
    if whose_trouble(tools, delivery.account, error) is not TroubleOwner.OWN:
        return _wait(tools, held, error, why)
    if again := next_try(error, delivery.attempts, tools.max_attempts):
        called = isinstance(error, Outage)
        with tools.db.account(delivery.account) as tx:
            outbox.postpone_delivery(tx, held, again.seconds, why, tried=again.counts, called=called)
        log.warning("postponed", why=why, seconds=round(again.seconds, 1), attempt=delivery.attempts)
        return []
    return _give_up(tools, held, why)


def _give_up(tools: Toolbox, held: ClaimedDelivery, why: str) -> list[str]:
    """It will not work, and nothing ends in silence: an alert is told by a note; of what a decision led to people hear,
    and find what was to be sent on the ticket."""
    delivery = held.delivery
    rings = delivery.run_id is not None and tools.alerts is not None and tools.alerts.ready(delivery.account)
    policy = policy_of(tools, delivery.account)
    rules = policy.incidents if policy else IncidentPolicy()
    with tools.db.account(delivery.account) as tx:
        if not outbox.mark_failed(tx, held, why):
            return []
        if delivery.kind is DeliveryKind.ALERT:
            plan_note_instead_of_alert(tx, delivery, datetime.now(UTC), handed=False)
        elif held.item_id and inbox.park_finished_item(tx, held.item_id, why):
            record.set_ticket_state(tx, delivery.channel, delivery.ticket_id, TicketState.PARKED)
        if delivery.run_id and delivery.kind in LEAVES_WORK:
            alerts = [incident_alert(tx, _failure_alert(delivery, why), why, rules)] if rings else []
            outbox.plan_deliveries(tx, [*_failure_note(held), *alerts], None, None, handed=False)
    log.error("failed", why=why)
    return []


def _failure_note(held: ClaimedDelivery) -> Sequence[PlannedDelivery]:
    """What was to be sent, for whoever sends it now. Where a note could not be left, another cannot either."""
    delivery, outgoing = held.delivery, held.outgoing
    if delivery.kind is DeliveryKind.NOTE:
        return []
    text = f"Firstline could not send this. The customer has not got it; a person has to answer.\n\n{outgoing.text}"
    note = Outgoing(text, outgoing.sources, escalated=True)
    place = (delivery.channel, delivery.ticket_id, delivery.message_id)
    return [PlannedDelivery(*place, DeliveryKind.NOTE, note, f"failed:{delivery.id}")]


def _failure_alert(delivery: Delivery, why: str) -> PlannedDelivery:
    text = f"What was to be sent could not be sent ({why}); a person has to answer"
    place = (delivery.channel, delivery.ticket_id, delivery.message_id)
    return PlannedDelivery(*place, DeliveryKind.ALERT, Outgoing(text, escalated=True))
