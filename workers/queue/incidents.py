"""An incident is told once: the alert of one message that could not be worked on, or the one of many alike."""

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime

from desk.delivery import NOTICES, DeliveryKind
from desk.platform.database import Transaction
from desk.policy.policy import IncidentPolicy
from desk.ports import Outgoing
from desk.presentation.alert import ticket_lines
from desk.ticket import new_id
from workers.queue import outbox
from workers.queue.outbox import PlannedDelivery
from workers.queue.parked import ParkedTicket, error_kind, parked_alike


def incident_alert(
    tx: Transaction, own_alert: PlannedDelivery, why: str, incident_policy: IncidentPolicy
) -> PlannedDelivery:
    """What to tell of a message that was just parked: its own alert; or, once more than so many alike were parked in
    the policy's minutes, that of the incident, which counts and lists them and is changed with each further one."""
    incident_key = f"incident-{hashlib.sha256(error_kind(why).encode()).hexdigest()[:12]}"
    last_notice = outbox.find_last_notice(tx, incident_key, incident_policy.minutes)
    parked_tickets = parked_alike(tx, why, incident_policy.minutes, last_notice.since if last_notice else None)
    if last_notice is None and len(parked_tickets) <= incident_policy.alerts:
        return own_alert
    order = last_notice.key.removesuffix(f":{NOTICES}:{incident_key}") if last_notice else f"incident:{new_id()}"
    return PlannedDelivery(
        NOTICES, incident_key, incident_key, DeliveryKind.ALERT, Outgoing(_incident_text(parked_tickets, why)), order
    )


def _incident_text(parked_tickets: Sequence[ParkedTicket], why: str) -> str:
    """A title, and the list. The first ones had alerts of their own, and are listed all the same."""
    since = min((ticket.at for ticket in parked_tickets), default=datetime.now(UTC))
    title = f"{len(parked_tickets)} messages could not be worked on since {since:%Y-%m-%d %H:%M} UTC"
    remedy = "Nothing was sent to these customers. When the cause is mended: firstline replay, or the page Parked."
    return "\n".join(
        [title, why, remedy, *ticket_lines([(ticket.channel, ticket.ticket_id) for ticket in parked_tickets])]
    )
