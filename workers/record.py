"""The record: every run with all it read, and where each ticket stands."""

import json
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import ColumnElement, Row, func, literal_column, or_, select, union, update
from sqlalchemy.dialects.postgresql import insert

from desk.platform.database import Transaction
from desk.policy.policy import PolicyFile
from desk.run import Action, Run
from desk.ticket import Requester, TicketState
from workers.tables import daily_spend, policies, run_citations, runs, ticket_states

_run = TypeAdapter(Run)
_NAMES = [ticket_states.c.requester_hashes[literal_column(place)] for place in ("1", "2")]

LOOKED_THROUGH = 50
"""Of a requester's tickets, for others on one matter; a monitor that writes every minute has thousands."""


@dataclass(frozen=True, slots=True)
class TicketLine:
    """A ticket in a list. `requester` is None where the channel has not told yet."""

    channel: str
    ticket_id: str
    state: TicketState
    category: str | None
    requester: Requester | None
    first_seen_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class TicketFilter:
    """What to list; None means any. `requester` is an id or an e-mail address; days are whole days in UTC."""

    state: TicketState | None = None
    category: str | None = None
    ticket_id: str | None = None
    requester: str | None = None
    since: date | None = None
    until: date | None = None


def save_run(tx: Transaction, run: Run, policy: PolicyFile) -> None:
    """Keep a run, and the policy's text the first time it decides something."""
    values = {
        "account_id": tx.account,
        "id": run.id,
        "channel": run.channel,
        "ticket_id": run.ticket_id,
        "message_id": run.message_id,
        "action": run.decision.action,
        "category": run.classification.category,
        "confidence": run.decision.confidence,
        "dollars": run.dollars,
        "input_tokens": sum(use.input_tokens for use in run.usage),
        "output_tokens": sum(use.output_tokens for use in run.usage),
        "milliseconds": sum(each.milliseconds for each in run.times),
        "policy_version": run.versions.policy,
        "at": run.at,
        "body": tx.seal(_run.dump_json(run).decode()),
        "citations_kept": True,
    }
    tx.execute(insert(runs).values(values))
    keep_citations(tx, run)
    version = {"account_id": tx.account, "version": policy.policy.version, "text": policy.text}
    tx.execute(insert(policies).values(version).on_conflict_do_nothing())


def keep_citations(tx: Transaction, run: Run) -> None:
    """Write down which passages the run's draft cites, with the names of their documents, which may be gone one day."""
    cited = {citation.passage_id: citation for citation in run.draft.citations}
    found = {hit.passage.id: hit.passage for hit in run.hits}
    rows = [
        {
            "account_id": tx.account,
            "run_id": run.id,
            "passage_id": key,
            "document_id": citation.document_id,
            "version": citation.version,
            "source": passage.source,
            "external_id": passage.external_id,
            "title": passage.title,
            "url": passage.url,
            "at": run.at,
        }
        for key, citation in cited.items()
        if (passage := found.get(key))
    ]
    if rows:
        tx.execute(insert(run_citations).on_conflict_do_nothing(), rows)


def runs_of(tx: Transaction, channel: str, ticket_id: str) -> list[Run]:
    """All runs over a ticket, oldest first."""
    theirs = (runs.c.channel == channel, runs.c.ticket_id == ticket_id)
    return [_open(tx, row) for row in tx.execute(select(runs.c.body).where(*theirs).order_by(runs.c.at))]


def get_run(tx: Transaction, run_id: str) -> Run | None:
    """One run."""
    row = tx.execute(select(runs.c.body).where(runs.c.id == run_id)).one_or_none()
    return _open(tx, row) if row else None


def keep_older_citations(tx: Transaction, most: int = 100) -> int:
    """Do the same for up to so many runs of before that was done; how many there were."""
    older = select(runs.c.id, runs.c.body).where(~runs.c.citations_kept).order_by(runs.c.at).limit(most)
    rows = tx.execute(older.with_for_update(skip_locked=True)).all()
    for row in rows:
        keep_citations(tx, _open(tx, row))
    tx.execute(update(runs).where(runs.c.id.in_([row.id for row in rows])).values(citations_kept=True))
    return len(rows)


def count_older_runs(tx: Transaction) -> int:
    """How many runs there are of which nobody wrote down what they cite."""
    return int(tx.execute(select(func.count()).select_from(runs).where(~runs.c.citations_kept)).scalar_one())


def dollars_today(tx: Transaction) -> float:
    """What models have cost since midnight, UTC. Postgres adds up as runs are saved (`m0008_backlog.py`)."""
    today = select(daily_spend.c.dollars).where(daily_spend.c.day == datetime.now(UTC).date())
    return float(tx.execute(today).scalar_one_or_none() or 0.0)


def was_handed_over(tx: Transaction, channel: str, ticket_id: str) -> frozenset[str]:
    """The messages of a ticket whose runs gave it to people."""
    theirs = (runs.c.channel == channel, runs.c.ticket_id == ticket_id, runs.c.action == Action.ESCALATE)
    return frozenset(tx.execute(select(runs.c.message_id).where(*theirs)).scalars())


def earlier_topics(tx: Transaction, channel: str, ticket_id: str, run_id: str) -> tuple[str, ...]:
    """The sensitive topics that the last run over a ticket before this one saw."""
    theirs = (runs.c.channel == channel, runs.c.ticket_id == ticket_id, runs.c.id != run_id)
    row = tx.execute(select(runs.c.body).where(*theirs).order_by(runs.c.at.desc()).limit(1)).one_or_none()
    return _open(tx, row).classification.sensitive if row else ()


def older_tickets(
    tx: Transaction, channel: str, ticket_id: str, requester: Requester, *, days: int, most: int
) -> list[tuple[str, str, str | None]]:
    """Other tickets of a requester, first seen before this one and changed within so many days: channel, id, and what
    was asked there last, None while it is only being thought about; the newest first. Those that the customer closed
    are none, nor those that a guard stopped, nor is what lies behind the newest `LOOKED_THROUGH`.
    """
    c = ticket_states.c
    own = select(c.first_seen_at).where(c.channel == channel, c.ticket_id == ticket_id).scalar_subquery()
    known = _known_by(tx, requester.id, requester.email)
    newest = (select(ticket_states).where(same, c.first_seen_at <= own) for same in known)
    some = union(*(each.order_by(c.first_seen_at.desc()).limit(LOOKED_THROUGH) for each in newest)).subquery()
    theirs = (
        or_(some.c.channel != channel, some.c.ticket_id != ticket_id),
        or_(some.c.first_seen_at < own, some.c.ticket_id < ticket_id),
        some.c.state.not_in((TicketState.CONFIRMED, TicketState.PARKED)),
        some.c.updated_at >= func.now() - func.make_interval(0, 0, 0, days),
    )
    columns = (some.c.channel, some.c.ticket_id, some.c.state)
    found = select(*columns).where(*theirs).order_by(some.c.first_seen_at.desc()).limit(most)
    asked = ((row, last_run(tx, row.channel, row.ticket_id)) for row in tx.execute(found).all())
    return [
        (row.channel, row.ticket_id, "\n".join(run.classification.questions) if run else None)
        for row, run in asked
        if run or row.state == TicketState.RECEIVED
    ]


def _known_by(tx: Transaction, *names: str | None) -> list[ColumnElement[bool]]:
    """Is a ticket's requester known by one of these names? A condition for each place where it may stand: only then
    has each an index."""
    hashes = [tx.sealer.lookup(name) for name in names if name]
    return [column == each for column in _NAMES for each in hashes]


def last_run(tx: Transaction, channel: str, ticket_id: str) -> Run | None:
    """The latest run over a ticket."""
    theirs = (runs.c.channel == channel, runs.c.ticket_id == ticket_id)
    row = tx.execute(select(runs.c.body).where(*theirs).order_by(runs.c.at.desc()).limit(1)).one_or_none()
    return _open(tx, row) if row else None


def set_ticket_state(
    tx: Transaction,
    channel: str,
    ticket_id: str,
    state: TicketState | None,
    *,
    category: str | None = None,
    requester: Requester | None = None,
) -> None:
    """Say where a ticket stands; what is not given stays as it was. A ticket that is new was received."""
    given: dict[str, Any] = {"state": state, "updated_at": func.clock_timestamp()} if state else {}
    if category:
        given["category"] = category
    if requester:
        given["requester"] = tx.seal(json.dumps(asdict(requester)))
        known_by = filter(None, (requester.id, requester.email))
        given["requester_hashes"] = [tx.sealer.lookup(name) for name in known_by]
    key = {"account_id": tx.account, "channel": channel, "ticket_id": ticket_id}
    new = insert(ticket_states).values({"state": TicketState.RECEIVED} | key | given)
    tx.execute(new.on_conflict_do_update(index_elements=list(key), set_=given))


def lock_ticket(tx: Transaction, channel: str, ticket_id: str) -> None:
    """Until the end of this transaction nothing else is decided about the ticket."""
    tx.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"ticket:{channel}:{ticket_id}", 0))))


def record_requeued(tx: Transaction, requeued: Collection[tuple[str, str]]) -> None:
    """Parked tickets (channel, id) are worked on again. One that people have taken up meanwhile stays theirs."""
    key = ("account_id", "channel", "ticket_id")
    state = {"state": TicketState.RECEIVED, "updated_at": func.clock_timestamp()}
    rows = [dict(zip(key, (tx.account, *ticket), strict=True)) | state for ticket in sorted(set(requeued))]
    if rows:
        added, parked = insert(ticket_states).values(rows), ticket_states.c.state == TicketState.PARKED
        tx.execute(added.on_conflict_do_update(index_elements=list(key), set_=state, where=parked))


def get_ticket_line(tx: Transaction, channel: str, ticket_id: str) -> TicketLine | None:
    """Where one ticket stands."""
    its = (ticket_states.c.channel == channel, ticket_states.c.ticket_id == ticket_id)
    row = tx.execute(select(ticket_states).where(*its)).one_or_none()
    return _line(tx, row) if row else None


def list_tickets(tx: Transaction, wanted: TicketFilter, *, most: int = 50, skip: int = 0) -> list[TicketLine]:
    """The tickets that fit, the latest changed first. Never looks inside what people wrote."""
    statement = select(ticket_states).where(*_conditions(tx, wanted))
    ordered = statement.order_by(ticket_states.c.updated_at.desc(), ticket_states.c.ticket_id).limit(most).offset(skip)
    return [_line(tx, row) for row in tx.execute(ordered)]


def count_tickets(tx: Transaction) -> dict[TicketState, int]:
    """How many tickets stand where."""
    rows = tx.execute(select(ticket_states.c.state, func.count().label("tickets")).group_by(ticket_states.c.state))
    return {TicketState(row.state): row.tickets for row in rows}


def categories(tx: Transaction) -> Sequence[str]:
    """The categories that any ticket has had, by name."""
    column = ticket_states.c.category
    return tx.execute(select(column).distinct().where(column.is_not(None)).order_by(column)).scalars().all()


def _conditions(tx: Transaction, wanted: TicketFilter) -> list[ColumnElement[bool]]:
    table = ticket_states.c
    conditions: list[ColumnElement[bool]] = []
    if wanted.state:
        conditions.append(table.state == wanted.state)
    if wanted.category:
        conditions.append(table.category == wanted.category)
    if wanted.ticket_id:
        conditions.append(table.ticket_id == wanted.ticket_id)
    if wanted.requester:
        conditions.append(or_(*_known_by(tx, wanted.requester)))
    if wanted.since:
        conditions.append(table.updated_at >= datetime.combine(wanted.since, time(), UTC))
    if wanted.until:
        conditions.append(table.updated_at < datetime.combine(wanted.until + timedelta(days=1), time(), UTC))
    return conditions


def _line(tx: Transaction, row: Row[Any]) -> TicketLine:
    requester = Requester(**json.loads(tx.open(row.requester))) if row.requester else None
    return TicketLine(
        row.channel, row.ticket_id, TicketState(row.state), row.category, requester, row.first_seen_at, row.updated_at
    )


def _open(tx: Transaction, row: Row[Any]) -> Run:
    return _run.validate_json(tx.open(row.body))
