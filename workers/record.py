"""The record: every run with all it read, and where each ticket stands."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import ColumnElement, CompoundSelect, Row, func, literal_column, or_, select, union, update
from sqlalchemy.dialects.postgresql import insert

from desk.platform.database import Transaction
from desk.policy.policy import PolicyFile
from desk.run import Action, Run
from desk.ticket import Requester, TicketState
from workers.tables import policies, run_citations, runs, ticket_states

_run = TypeAdapter(Run)
_requester: TypeAdapter[Requester] = TypeAdapter(Requester)
_REQUESTER_HASHES = [ticket_states.c.requester_hashes[literal_column(place)] for place in ("1", "2")]

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
    tx.execute(insert(runs).values(_run_columns(tx, run)))
    keep_citations(tx, run)
    version = {"account_id": tx.account, "version": policy.policy.version, "text": policy.text}
    tx.execute(insert(policies).values(version).on_conflict_do_nothing())


def _run_columns(tx: Transaction, run: Run) -> dict[str, Any]:
    return _columns(run, "id", "channel", "ticket_id", "message_id", "dollars", "at") | {
        "account_id": tx.account,
        "action": run.decision.action,
        "category": run.classification.category,
        "confidence": run.decision.confidence,
        "input_tokens": sum(use.input_tokens for use in run.usage),
        "output_tokens": sum(use.output_tokens for use in run.usage),
        "milliseconds": sum(each.milliseconds for each in run.times),
        "policy_version": run.versions.policy,
        "body": tx.seal(_run.dump_json(run).decode()),
        "citations_kept": True,
    }


def keep_citations(tx: Transaction, run: Run) -> None:
    """Write down which passages the run's draft cites, with the names of their documents, which may be gone one day."""
    passages = {hit.passage.id: hit.passage for hit in run.hits}
    citations = {each.passage_id: each for each in run.draft.citations if each.passage_id in passages}
    rows = [
        {"account_id": tx.account, "run_id": run.id, "at": run.at}
        | _columns(citation, "passage_id", "document_id", "version")
        | _columns(passages[passage_id], "source", "external_id", "title", "url")
        for passage_id, citation in citations.items()
    ]
    if rows:
        tx.execute(insert(run_citations).on_conflict_do_nothing(), rows)


def _columns(value: object, *names: str) -> dict[str, Any]:
    """What goes as it is into columns of the same names."""
    return {name: getattr(value, name) for name in names}


def runs_of(tx: Transaction, channel: str, ticket_id: str) -> list[Run]:
    """All runs over a ticket, oldest first."""
    conditions = (runs.c.channel == channel, runs.c.ticket_id == ticket_id)
    return [_open_run(tx, row) for row in tx.execute(select(runs.c.body).where(*conditions).order_by(runs.c.at))]


def get_run(tx: Transaction, run_id: str) -> Run | None:
    """One run."""
    row = tx.execute(select(runs.c.body).where(runs.c.id == run_id)).one_or_none()
    return _open_run(tx, row) if row else None


def keep_older_citations(tx: Transaction, most: int = 100) -> int:
    """Do the same for up to so many runs of before that was done; how many there were."""
    query = select(runs.c.id, runs.c.body).where(~runs.c.citations_kept).order_by(runs.c.at).limit(most)
    rows = tx.execute(query.with_for_update(skip_locked=True)).all()
    for row in rows:
        keep_citations(tx, _open_run(tx, row))
    tx.execute(update(runs).where(runs.c.id.in_([row.id for row in rows])).values(citations_kept=True))
    return len(rows)


def count_older_runs(tx: Transaction) -> int:
    """How many runs there are of which nobody wrote down what they cite."""
    return int(tx.execute(select(func.count()).select_from(runs).where(~runs.c.citations_kept)).scalar_one())


def was_handed_over(tx: Transaction, channel: str, ticket_id: str) -> frozenset[str]:
    """The messages of a ticket whose runs gave it to people."""
    conditions = (runs.c.channel == channel, runs.c.ticket_id == ticket_id, runs.c.action == Action.ESCALATE)
    return frozenset(tx.execute(select(runs.c.message_id).where(*conditions)).scalars())


def earlier_topics(tx: Transaction, channel: str, ticket_id: str, run_id: str) -> tuple[str, ...]:
    """The sensitive topics that the last run over a ticket before this one saw."""
    conditions = (runs.c.channel == channel, runs.c.ticket_id == ticket_id, runs.c.id != run_id)
    row = tx.execute(select(runs.c.body).where(*conditions).order_by(runs.c.at.desc()).limit(1)).one_or_none()
    return _open_run(tx, row).classification.sensitive if row else ()


def older_tickets(
    tx: Transaction, channel: str, ticket_id: str, requester: Requester, *, days: int, most: int
) -> list[tuple[str, str, str | None]]:
    """Other tickets of a requester, first seen before this one and changed within so many days: channel, id, and what
    was asked there last, None while it is only being thought about; the newest first. Those that the customer closed
    are none, nor those that a guard stopped, nor is what lies behind the newest `LOOKED_THROUGH`."""
    c = ticket_states.c
    first_seen_at = select(c.first_seen_at).where(c.channel == channel, c.ticket_id == ticket_id).scalar_subquery()
    newest = _newest_tickets(tx, requester, c.first_seen_at <= first_seen_at).subquery().c
    conditions = (
        or_(newest.channel != channel, newest.ticket_id != ticket_id),
        or_(newest.first_seen_at < first_seen_at, newest.ticket_id < ticket_id),
        newest.state.not_in((TicketState.CONFIRMED, TicketState.PARKED)),
        newest.updated_at >= func.now() - func.make_interval(0, 0, 0, days),
    )
    query = select(newest.channel, newest.ticket_id, newest.state).where(*conditions)
    rows = tx.execute(query.order_by(newest.first_seen_at.desc()).limit(most)).all()
    rows_with_runs = ((row, last_run(tx, row.channel, row.ticket_id)) for row in rows)
    return [
        (row.channel, row.ticket_id, "\n".join(run.classification.questions) if run else None)
        for row, run in rows_with_runs
        if run or row.state == TicketState.RECEIVED
    ]


def _newest_tickets(tx: Transaction, requester: Requester, condition: ColumnElement[bool]) -> CompoundSelect[Any]:
    newest_first = ticket_states.c.first_seen_at.desc()
    return union(
        *(
            select(ticket_states).where(is_requester, condition).order_by(newest_first).limit(LOOKED_THROUGH)
            for is_requester in _requester_conditions(tx, requester.id, requester.email)
        )
    )


def _requester_conditions(tx: Transaction, *names: str | None) -> list[ColumnElement[bool]]:
    """Is a ticket's requester known by one of these names? A condition for each place where it may stand: only then
    has each an index."""
    hashes = [tx.sealer.lookup(name) for name in names if name]
    return [column == requester_hash for column in _REQUESTER_HASHES for requester_hash in hashes]


def last_run(tx: Transaction, channel: str, ticket_id: str) -> Run | None:
    """The latest run over a ticket."""
    conditions = (runs.c.channel == channel, runs.c.ticket_id == ticket_id)
    row = tx.execute(select(runs.c.body).where(*conditions).order_by(runs.c.at.desc()).limit(1)).one_or_none()
    return _open_run(tx, row) if row else None


def set_ticket_state(
    tx: Transaction,
    channel: str,
    ticket_id: str,
    state: TicketState | None,
    *,
    category: str | None = None,
    requester: Requester | None = None,
    unless: Collection[TicketState] = (),
) -> None:
    """Say where a ticket stands, `unless` it stands there; what is not given stays. One that is new was received."""
    changes: dict[str, Any] = {"state": state, "updated_at": func.clock_timestamp()} if state else {}
    changes |= {"category": category} if category else {}
    changes |= _requester_columns(tx, requester) if requester else {}
    key = {"account_id": tx.account, "channel": channel, "ticket_id": ticket_id}
    statement = insert(ticket_states).values({"state": TicketState.RECEIVED} | key | changes)
    stands_elsewhere = ticket_states.c.state.not_in(unless)
    tx.execute(statement.on_conflict_do_update(index_elements=list(key), set_=changes, where=stands_elsewhere))


def seal_requester(tx: Transaction, requester: Requester) -> bytes:
    """As it stands in a column."""
    return tx.seal(_requester.dump_json(requester).decode())


def open_requester(tx: Transaction, sealed: bytes) -> Requester:
    """The same back."""
    return _requester.validate_json(tx.open(sealed))


def _requester_columns(tx: Transaction, requester: Requester) -> dict[str, Any]:
    hashes = [tx.sealer.lookup(name) for name in (requester.id, requester.email) if name]
    return {"requester": seal_requester(tx, requester), "requester_hashes": hashes}


def lock_ticket(tx: Transaction, channel: str, ticket_id: str) -> None:
    """Until the end of this transaction nothing else is decided about the ticket."""
    tx.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"ticket:{channel}:{ticket_id}", 0))))


def record_requeued(tx: Transaction, parked_tickets: Collection[tuple[str, str]]) -> None:
    """Parked tickets (channel, id) are worked on again. One that people have taken up meanwhile stays theirs."""
    key = ("account_id", "channel", "ticket_id")
    state = {"state": TicketState.RECEIVED, "updated_at": func.clock_timestamp()}
    rows = [dict(zip(key, (tx.account, *ticket), strict=True)) | state for ticket in sorted(set(parked_tickets))]
    if rows:
        statement, is_parked = insert(ticket_states).values(rows), ticket_states.c.state == TicketState.PARKED
        tx.execute(statement.on_conflict_do_update(index_elements=list(key), set_=state, where=is_parked))


def get_ticket_line(tx: Transaction, channel: str, ticket_id: str) -> TicketLine | None:
    """Where one ticket stands."""
    conditions = (ticket_states.c.channel == channel, ticket_states.c.ticket_id == ticket_id)
    row = tx.execute(select(ticket_states).where(*conditions)).one_or_none()
    return _line_from_row(tx, row) if row else None


def list_tickets(
    tx: Transaction,
    ticket_filter: TicketFilter,
    *,
    most: int = 50,
    skip: int = 0,
    also: ColumnElement[bool] | None = None,
    oldest_first: bool = False,
) -> list[TicketLine]:
    """The tickets that fit, the latest changed first, never by what people wrote. `also`: what else a row must hold."""
    conditions = [*_filter_conditions(tx, ticket_filter), *([] if also is None else [also])]
    changed_at = ticket_states.c.updated_at
    order = changed_at.asc() if oldest_first else changed_at.desc()
    query = select(ticket_states).where(*conditions).order_by(order, ticket_states.c.ticket_id)
    return [_line_from_row(tx, row) for row in tx.execute(query.limit(most).offset(skip))]


def knows_channel(tx: Transaction, channel: str) -> bool:
    """Is any ticket of this channel known?"""
    query = select(ticket_states.c.ticket_id).where(ticket_states.c.channel == channel).limit(1)
    return tx.execute(query).first() is not None


def count_tickets(tx: Transaction) -> dict[TicketState, int]:
    """How many tickets stand where."""
    rows = tx.execute(select(ticket_states.c.state, func.count().label("tickets")).group_by(ticket_states.c.state))
    return {TicketState(row.state): row.tickets for row in rows}


def categories(tx: Transaction) -> Sequence[str]:
    """The categories that any ticket has had, by name."""
    column = ticket_states.c.category
    return tx.execute(select(column).distinct().where(column.is_not(None)).order_by(column)).scalars().all()


def _filter_conditions(tx: Transaction, ticket_filter: TicketFilter) -> list[ColumnElement[bool]]:
    table = ticket_states.c
    conditions: list[ColumnElement[bool]] = []
    if ticket_filter.state:
        conditions.append(table.state == ticket_filter.state)
    if ticket_filter.category:
        conditions.append(table.category == ticket_filter.category)
    if ticket_filter.ticket_id:
        conditions.append(table.ticket_id == ticket_filter.ticket_id)
    if ticket_filter.requester:
        conditions.append(or_(*_requester_conditions(tx, ticket_filter.requester)))
    if ticket_filter.since:
        conditions.append(table.updated_at >= datetime.combine(ticket_filter.since, time(), UTC))
    if ticket_filter.until:
        conditions.append(table.updated_at < datetime.combine(ticket_filter.until + timedelta(days=1), time(), UTC))
    return conditions


def _line_from_row(tx: Transaction, row: Row[Any]) -> TicketLine:
    requester = open_requester(tx, row.requester) if row.requester else None
    return TicketLine(
        row.channel, row.ticket_id, TicketState(row.state), row.category, requester, row.first_seen_at, row.updated_at
    )


def _open_run(tx: Transaction, row: Row[Any]) -> Run:
    return _run.validate_json(tx.open(row.body))
