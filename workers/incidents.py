"""An incident is told once: the alert of one message that could not be worked on, or the one of many alike."""

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime

from desk.alert import listed_tickets
from desk.db import Transaction
from desk.delivery import NOTICES, DeliveryKind
from desk.policy import Incidents
from desk.ports import Outgoing
from desk.ticket import new_id
from workers import outbox
from workers.outbox import Planned
from workers.parked import Parked, alike, kind_of


def alert_of(tx: Transaction, own: Planned, why: str, rules: Incidents) -> Planned:
    """What to tell of a message that was just parked: its own alert; or, once more than so many alike were parked in
    the policy's minutes, that of the incident, which counts and lists them and is changed with each further one."""
    about = f"incident-{hashlib.sha256(kind_of(why).encode()).hexdigest()[:12]}"
    known = outbox.last_notice(tx, about, rules.minutes)
    parked = alike(tx, why, rules.minutes, known.since if known else None)
    if known is None and len(parked) <= rules.alerts:
        return own
    order = known.key.removesuffix(f":{NOTICES}:{about}") if known else f"incident:{new_id()}"
    return Planned(NOTICES, about, about, DeliveryKind.ALERT, Outgoing(_told(parked, why)), order)


def _told(parked: Sequence[Parked], why: str) -> str:
    """A title, and the list. The first ones had alerts of their own, and are listed all the same."""
    since = min((each.at for each in parked), default=datetime.now(UTC))
    title = f"{len(parked)} messages could not be worked on since {since:%Y-%m-%d %H:%M} UTC"
    remedy = "Nothing was sent to these customers. When the cause is mended: firstline replay, or the page Parked."
    return "\n".join([title, why, remedy, *listed_tickets([(each.channel, each.ticket_id) for each in parked])])
