"""What becomes of an item that could not be worked on: tried again, put off until a party is back, or parked."""

from collections.abc import Sequence

import structlog

from desk.delivery import DeliveryKind
from desk.errors import FirstlineError
from desk.policy.policy import IncidentPolicy
from desk.ports import Outgoing
from desk.ticket import EventKind, TicketState
from workers import record
from workers.dependencies import Dependencies
from workers.parties.notices import policy_of, urgent_topics
from workers.parties.waiting import LATER, SOON, TroubleOwner, awaited_party, whose_trouble
from workers.queue import inbox, outbox
from workers.queue.backoff import next_try
from workers.queue.inbox import InboxItem
from workers.queue.incidents import incident_alert
from workers.queue.outbox import PlannedDelivery

log = structlog.get_logger(__name__)


def handle_failure(deps: Dependencies, item: InboxItem, error: FirstlineError) -> list[str]:
    """Later, if it may still work, or when the party that is away is back; otherwise parked, with a note on the
    ticket."""
    why = f"{type(error).__name__}: {error}"
    owner = whose_trouble(deps, item.account, error)
    if owner is not TroubleOwner.OWN:
        return _wait_for_party(deps, item, error, why)
    if retry := next_try(error, item.attempts, deps.max_attempts):
        with deps.db.account(item.account) as tx:
            inbox.postpone_item(tx, item, retry.seconds, why, tried=retry.counts)
        log.warning("postponed", why=why, seconds=round(retry.seconds, 1), attempt=item.attempts)
        return []
    return _park_item(deps, item, why)


def _wait_for_party(deps: Dependencies, item: InboxItem, error: FirstlineError, why: str) -> list[str]:
    """Until the party is back, or it is known whether it is away. That uses no attempt up."""
    warnings = _urgent_warnings(deps, item)
    with deps.db.account(item.account) as tx:
        party = awaited_party(tx, error)
        if not inbox.postpone_item(tx, item, LATER if party else SOON, why, tried=False, waits_for=party):
            return []
        delivery_ids = outbox.plan_deliveries(tx, warnings if party == item.channel else [], None, None)
    log.warning("waits", why=why, party=party)
    return delivery_ids


def _urgent_warnings(deps: Dependencies, item: InboxItem) -> Sequence[PlannedDelivery]:
    """While nobody can read the ticket, what came in may tell that it is urgent: people are told at once, once."""
    policy = policy_of(deps, item.account)
    if policy is None or item.waits_for or item.kind is not EventKind.CUSTOMER_MESSAGE:
        return []
    with deps.db.account(item.account) as tx:
        topics = urgent_topics(inbox.read_payload(tx, item.id), policy)
    text = (
        f"The message touches an urgent topic ({', '.join(topics)}). {item.channel.capitalize()} is away, so Firstline "
        "can neither read nor answer the ticket: a person has to look as soon as it is back, or reach the customer."
    )
    return plan_alert(deps, item, item.message_id or item.id, Outgoing(text, escalated=True)) if topics else []


def _park_item(deps: Dependencies, item: InboxItem, why: str) -> list[str]:
    """One note on the ticket, and one alert: its own, or that of the incident it belongs to."""
    note = _parking_note(item)
    alerts = plan_alert(deps, item, note.message_id, note.outgoing)
    incident_policy = policy.incidents if (policy := policy_of(deps, item.account)) else IncidentPolicy()
    with deps.db.account(item.account) as tx:
        if not inbox.park_item(tx, item, why):
            return []
        record.set_ticket_state(tx, item.channel, item.ticket_id, TicketState.PARKED)
        planned = [note, *(incident_alert(tx, alert, why, incident_policy) for alert in alerts)]
        delivery_ids = outbox.plan_deliveries(tx, planned, None, None)
    log.error("parked", why=why)
    return delivery_ids


def _parking_note(item: InboxItem) -> PlannedDelivery:
    text = "Firstline could not work on this message. Nothing was sent to the customer; a person has to answer."
    return PlannedDelivery(
        item.channel,
        item.ticket_id,
        item.message_id or item.id,
        DeliveryKind.NOTE,
        Outgoing(text, escalated=True),
        order=f"parked:{item.id}",  # after a replay the message still gets the note of its run
    )


def plan_alert(deps: Dependencies, item: InboxItem, message_id: str, outgoing: Outgoing) -> Sequence[PlannedDelivery]:
    """An alert, where this account has somewhere to be alerted."""
    if deps.alerts is None or not deps.alerts.ready(item.account):
        return []
    return [PlannedDelivery(item.channel, item.ticket_id, message_id, DeliveryKind.ALERT, outgoing)]
