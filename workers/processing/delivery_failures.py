"""What becomes of a delivery that could not be sent: tried again, put off until a party is back, or given up."""

from collections.abc import Sequence
from datetime import UTC, datetime

import structlog

from desk.delivery import Delivery, DeliveryKind
from desk.errors import FirstlineError, Outage
from desk.platform.database import Transaction
from desk.policy.policy import IncidentPolicy
from desk.ports import Outgoing
from desk.reasons import STOPS, Stop
from desk.ticket import TicketState
from workers import record
from workers.dependencies import Dependencies
from workers.parties.notices import plan_note_instead_of_alert, policy_of
from workers.parties.waiting import LATER, SOON, TroubleOwner, awaited_party, whose_trouble
from workers.queue import inbox, outbox
from workers.queue.backoff import next_try
from workers.queue.incidents import incident_alert
from workers.queue.outbox import BY_A_PERSON, ClaimedDelivery, PlannedDelivery

log = structlog.get_logger(__name__)

LEAVES_WORK = (DeliveryKind.REPLY, DeliveryKind.HANDOVER, DeliveryKind.NOTE)
"""Kinds of which people have to do what could not be done."""


def _postpone(deps: Dependencies, claim: ClaimedDelivery, error: FirstlineError, why: str) -> list[str]:
    """Until the party is back, or it is known whether it is away. That uses no attempt up. An alert whose ticket's
    channel is away is told without a look at the ticket, and soon."""
    called = isinstance(error, Outage)
    with deps.db.account(claim.delivery.account) as tx:
        party = awaited_party(tx, error)
        if claim.delivery.kind is DeliveryKind.ALERT and party == claim.delivery.channel:
            party = None
        seconds = LATER if party else SOON
        outbox.postpone_delivery(tx, claim, seconds, why, tried=False, called=called, waits_for=party)
    log.warning("waits", why=why, party=party)
    return []


def handle_delivery_failure(deps: Dependencies, claim: ClaimedDelivery, error: FirstlineError) -> list[str]:
    """Later, if it may still work, or when the party that is away is back; otherwise failed, and the message it answers
    is parked for a person."""
    delivery, why = claim.delivery, f"{type(error).__name__}: {error}"
    if whose_trouble(deps, delivery.account, error) is not TroubleOwner.OWN:
        return _postpone(deps, claim, error, why)
    if retry := next_try(error, delivery.attempts, deps.max_attempts):
        called = isinstance(error, Outage)
        with deps.db.account(delivery.account) as tx:
            outbox.postpone_delivery(tx, claim, retry.seconds, why, tried=retry.counts, called=called)
        log.warning("postponed", why=why, seconds=round(retry.seconds, 1), attempt=delivery.attempts)
        return []
    return _give_up(deps, claim, why)


def _give_up(deps: Dependencies, claim: ClaimedDelivery, why: str) -> list[str]:
    """It will not work, and nothing ends in silence: an alert is told by a note; of what a decision led to people hear,
    and find what was to be sent on the ticket."""
    delivery = claim.delivery
    can_alert, incident_policy = _can_alert(deps, delivery.account), _incident_policy(deps, delivery.account)
    with deps.db.account(delivery.account) as tx:
        if not outbox.mark_failed(tx, claim, why):
            return []
        if delivery.kind is DeliveryKind.ALERT:
            plan_note_instead_of_alert(tx, delivery, datetime.now(UTC), handed=False)
        elif claim.item_id and inbox.park_finished_item(tx, claim.item_id, why):
            record.set_ticket_state(tx, delivery.channel, delivery.ticket_id, TicketState.PARKED)
        by_person = delivery.key.startswith(BY_A_PERSON)
        if delivery.kind in LEAVES_WORK and (delivery.run_id or by_person):
            alerts = [incident_alert(tx, _failure_alert(delivery, why), why, incident_policy)] if can_alert else []
            outbox.plan_deliveries(tx, [*_failure_note(claim), *alerts], None, None, handed=False)
        if by_person:
            _leave_to_people(tx, delivery)
    log.error("failed", why=why)
    return []


def withdraw_person_delivery(deps: Dependencies, claim: ClaimedDelivery, stop: Stop) -> None:
    """What a person ordered does not leave: the conversation went on. Whoever pressed may be gone, so people are told,
    and find on the ticket what was to be sent; unless somebody has answered, so that nobody waits."""
    delivery, why = claim.delivery, STOPS[stop]
    can_alert = _can_alert(deps, delivery.account)
    with deps.db.account(delivery.account) as tx:
        if not outbox.withdraw_delivery(tx, claim, stop):
            return
        if stop is Stop.ANSWERED_MEANWHILE:
            inbox.reprocess_message(tx, delivery.channel, delivery.message_id, inbox.LEFT_TO_PERSON)
        elif delivery.kind in LEAVES_WORK:
            alerts = [_failure_alert(delivery, why)] if can_alert else []
            outbox.plan_deliveries(tx, [*_failure_note(claim, why), *alerts], None, None, handed=False)
            _leave_to_people(tx, delivery)
    log.warning("withdrawn", why=stop.value)


def _leave_to_people(tx: Transaction, delivery: Delivery) -> None:
    """The customer has no answer: the message is worked on again if it was left to this one, and people have it."""
    inbox.reprocess_message(tx, delivery.channel, delivery.message_id, inbox.LEFT_TO_PERSON)
    record.set_ticket_state(tx, delivery.channel, delivery.ticket_id, TicketState.ESCALATED)


def _can_alert(deps: Dependencies, account: str) -> bool:
    return deps.alerts is not None and deps.alerts.ready(account)


def _incident_policy(deps: Dependencies, account: str) -> IncidentPolicy:
    policy = policy_of(deps, account)
    return policy.incidents if policy else IncidentPolicy()


def _failure_note(claim: ClaimedDelivery, why: str = "Firstline could not send this") -> Sequence[PlannedDelivery]:
    """What was to be sent, for whoever sends it now. Where a note could not be left, another cannot either."""
    delivery, outgoing = claim.delivery, claim.outgoing
    if delivery.kind is DeliveryKind.NOTE:
        return []
    text = f"{why}. The customer has not got this; a person has to answer.\n\n{outgoing.text}"
    note = Outgoing(text, outgoing.sources, escalated=True)
    address = (delivery.channel, delivery.ticket_id, delivery.message_id)
    return [PlannedDelivery(*address, DeliveryKind.NOTE, note, f"failed:{delivery.id}")]


def _failure_alert(delivery: Delivery, why: str) -> PlannedDelivery:
    text = f"What was to be sent could not be sent ({why}); a person has to answer"
    address = (delivery.channel, delivery.ticket_id, delivery.message_id)
    return PlannedDelivery(*address, DeliveryKind.ALERT, Outgoing(text, escalated=True))
