"""Waiting is heard of: what people are told while a party is away, each thing once, by whatever still works.

A notice is an alert of no ticket. An alert that cannot go out is told the other way meanwhile, by a note on its ticket.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import chain

from sqlalchemy import text as sql

from desk.delivery import NOTICES, Delivery, DeliveryKind
from desk.errors import BadSetting
from desk.party import Access, PartyAccess, PartyState, PartyStatus
from desk.platform.database import Database, Transaction
from desk.policy.policy import Policy
from desk.ports import Outgoing
from desk.presentation.alert import ticket_lines
from desk.ticket import Labels, new_id
from workers import record
from workers.dependencies import Dependencies
from workers.parties import standing
from workers.parties.standing import AwayParty, DueProbe
from workers.pipeline.signals.sensitive_topics import sensitive_topics
from workers.queue import inbox, outbox
from workers.queue.leases import WaitingTicket
from workers.queue.outbox import PlannedDelivery

ALERT_TAG = "firstline_alert"
"""On a ticket whose alert went out as a note."""
FRESH_SECONDS = 60.0
"""For so long after an alert was put off, the sweeper looks whether it is urgent."""
LONGEST_READ = 20_000


def send_notices(deps: Dependencies, account: str) -> list[str]:
    """Plan what people must hear of the parties that are away; the deliveries to enqueue."""
    policy = policy_of(deps, account)
    if policy is None or deps.alerts is None or not deps.alerts.ready(account):
        return []
    with deps.db.account(account) as tx:
        away_parties = standing.away_parties(tx)
        accesses = {_party_access(away_party.standing) for away_party in away_parties}
        if PartyAccess(deps.alerts.name, Access.WRITE) in accesses:
            return []  # what it cannot be told now it is told when it is back
        parties = {away_party.standing.party for away_party in away_parties} - {deps.alerts.name}
        due = (_due_notices(tx, policy, _with_party(away_parties, party)) for party in sorted(parties))
        return outbox.plan_deliveries(tx, list(chain.from_iterable(due)), None, None)


def accounts_with_notices(db: Database) -> Sequence[DueProbe]:
    """The accounts with alerts that wait, and that no note has told of: each under `NOTICES`."""
    with db.across() as connection:
        accounts = connection.execute(sql("SELECT account_id FROM firstline_alerts_waiting()")).scalars()
        return [DueProbe(account, NOTICES) for account in accounts]


def note_instead_of_alert(deps: Dependencies, account: str) -> list[str]:
    """Put a note on the ticket of each alert that has waited too long, or at once where it is urgent. The alert itself
    still goes out. The deliveries to enqueue."""
    policy = policy_of(deps, account)
    if policy is None:
        return []
    with deps.db.account(account) as tx:
        delivery_ids: list[str] = []
        for alert, waiting_since in outbox.postponed_alerts(tx):
            age = datetime.now(UTC) - waiting_since
            is_overdue = age >= timedelta(minutes=policy.waiting.alert_minutes)
            if is_overdue or (age.total_seconds() < FRESH_SECONDS and _is_urgent(tx, alert, policy)):
                delivery_ids += plan_note_instead_of_alert(tx, alert, waiting_since)
        return delivery_ids


def plan_note_instead_of_alert(tx: Transaction, alert: Delivery, since: datetime, *, handed: bool = True) -> list[str]:
    """The note that tells of an alert which does not go out, once. A message that could not be worked on has a note
    that says so already."""
    outbox.mark_told_otherwise(tx, alert.id)
    if alert.channel == NOTICES or alert.run_id is None:
        return []
    text = (
        f"An alert about this ticket could not be posted since {_format_utc(since)}: "
        "it is told here. A person has to look."
    )
    outgoing = Outgoing(text, escalated=True, labels=Labels(tags=(ALERT_TAG,)))
    order = f"otherwise:{alert.id}"
    note = PlannedDelivery(alert.channel, alert.ticket_id, alert.message_id, DeliveryKind.NOTE, outgoing, order)
    return outbox.plan_deliveries(tx, [note], None, None, handed=handed)


def urgent_topics(payload: str, policy: Policy) -> Sequence[str]:
    """The urgent topics that the texts of an event touch, whatever its shape."""
    topics = sensitive_topics("\n".join(_texts_in(payload))[:LONGEST_READ], policy.sensitive_topics)
    return [topic for topic in topics if topic in policy.urgent_topics]


def policy_of(deps: Dependencies, account: str) -> Policy | None:
    """The account's policy; None while its file is broken: then its work waits anyway, and says so."""
    try:
        return deps.policies.get(account).policy
    except BadSetting:
        return None


def _texts_in(payload: str) -> Iterator[str]:
    """Every text in a JSON document, in order."""
    try:
        pending = [json.loads(payload)]
    except (ValueError, RecursionError):
        return
    while pending:
        match pending.pop():
            case str(text):
                yield text
            case dict(pairs):
                pending += reversed(pairs.values())
            case list(entries):
                pending += reversed(entries)


def _severity(away_party: AwayParty) -> tuple[bool, float]:
    """Broken before away, the longest first."""
    return away_party.standing.state is PartyState.BROKEN, -away_party.standing.since.timestamp()


def _due_notices(tx: Transaction, policy: Policy, away_parties: Sequence[AwayParty]) -> Iterable[PlannedDelivery]:
    """Of one party: that work waits for it, and later of each that does. Broken is told at once: it needs a person."""
    worst = max(away_parties, key=_severity)
    now, since = datetime.now(UTC), min(away_party.standing.since for away_party in away_parties)
    was_told = all(away_party.told_at for away_party in away_parties) or (worst.told_at is not None)
    is_broken = worst.standing.state is PartyState.BROKEN
    if not was_told and (is_broken or now - since >= timedelta(minutes=policy.waiting.notice_minutes)):
        yield _compose_notice(tx, worst.standing, since, late=False)
        _mark_notices_sent(tx, away_parties, late=False)
    limit = timedelta(hours=policy.waiting.hours)
    last_told_at = max((each.told_late_at for each in away_parties if each.told_late_at), default=since)
    if now - last_told_at >= limit:
        yield _compose_notice(tx, worst.standing, since, late=True)
        _mark_notices_sent(tx, away_parties, late=True)


def _compose_notice(tx: Transaction, status: PartyStatus, since: datetime, *, late: bool) -> PlannedDelivery:
    waiting = sorted(
        [*inbox.items_waiting_for(tx, status.party), *outbox.deliveries_waiting_for(tx, status.party)],
        key=lambda ticket: ticket.since,
    )
    is_broken = status.state is PartyState.BROKEN
    symptom = "refuses the connection" if is_broken else "does not answer"
    lines = [
        f"{status.party.capitalize()} {symptom} since {_format_utc(since)}",
        status.reason,
        _waiting_summary(waiting),
        f"Connect it again: firstline connect {status.party}" if is_broken else "",
    ]
    if late:
        lines += ["The oldest first:", *ticket_lines([(ticket.channel, ticket.ticket_id) for ticket in waiting])]
    order = f"away:{new_id()}"
    outgoing = Outgoing("\n".join(line for line in lines if line))
    return PlannedDelivery(NOTICES, status.party, status.party, DeliveryKind.ALERT, outgoing, order)


def _waiting_summary(waiting: Sequence[WaitingTicket]) -> str:
    if not waiting:
        return "Nothing waits for it yet."
    count, oldest = sum(ticket.count for ticket in waiting), min(ticket.since for ticket in waiting)
    return (
        f"{count} messages and deliveries wait for it, the oldest since {_format_utc(oldest)}. "
        "Nothing is lost: they go on by themselves when it is back."
    )


def _mark_notices_sent(tx: Transaction, away_parties: Sequence[AwayParty], *, late: bool) -> None:
    for away_party in away_parties:
        standing.mark_notice_sent(tx, _party_access(away_party.standing), late=late)


def _is_urgent(tx: Transaction, alert: Delivery, policy: Policy) -> bool:
    run = record.get_run(tx, alert.run_id) if alert.run_id else None
    return run is not None and bool(set(run.classification.sensitive) & set(policy.urgent_topics))


def _with_party(away_parties: Sequence[AwayParty], party: str) -> list[AwayParty]:
    return [away_party for away_party in away_parties if away_party.standing.party == party]


def _party_access(status: PartyStatus) -> PartyAccess:
    return PartyAccess(status.party, status.access)


def _format_utc(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
