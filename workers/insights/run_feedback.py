"""What agents and customers did with each draft, kept with its run: each source tells each thing once."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, func, select
from sqlalchemy.dialects.postgresql import distinct_on, insert

from desk.feedback.feedback import Change, DraftUse, Feedback, FeedbackKind
from desk.platform.database import Transaction
from workers.insights.tables import run_feedback

Ticket = tuple[str, str]
"""A ticket's channel and id."""


@dataclass(frozen=True, slots=True)
class DraftUseCounts:
    """Of the drafts on whose ticket an agent answered, how many they sent as they were, edited or discarded."""

    as_is: int = 0
    edited: int = 0
    discarded: int = 0

    @property
    def answered(self) -> int:
        """The denominator: every draft on whose ticket an agent answered."""
        return self.as_is + self.edited + self.discarded


def add_feedback(tx: Transaction, ticket: Ticket, found: Iterable[Feedback]) -> None:
    """Keep what was found; what the same source told before stays as it is."""
    if rows := [_columns(tx, ticket, each) for each in found]:
        tx.execute(insert(run_feedback).on_conflict_do_nothing(), rows)


def replace_feedback(tx: Transaction, ticket: Ticket, found: Iterable[Feedback]) -> None:
    """Keep verdicts that may change: the latest of each source holds."""
    for each in found:
        values = _columns(tx, ticket, each)
        latest = {name: values[name] for name in ("value", "comment", "at")}
        key = ["account_id", "run_id", "kind", "source_id"]
        tx.execute(insert(run_feedback).values(values).on_conflict_do_update(index_elements=key, set_=latest))


def feedback_of_ticket(tx: Transaction, channel: str, ticket_id: str) -> Mapping[str, Sequence[Feedback]]:
    """All feedback on a ticket's runs, by run, oldest first."""
    c = run_feedback.c
    query = select(run_feedback).where(c.channel == channel, c.ticket_id == ticket_id).order_by(c.at, c.kind)
    by_run: dict[str, list[Feedback]] = {}
    for row in tx.execute(query):
        by_run.setdefault(row.run_id, []).append(_from_row(tx, row))
    return by_run


def drafts_behind_message(tx: Transaction, channel: str, ticket_id: str, message_id: str) -> frozenset[str]:
    """The runs whose draft an agent's message was made of, as it was or edited."""
    c = run_feedback.c
    told = (c.channel == channel, c.ticket_id == ticket_id, c.source_id == message_id)
    used = (c.kind == FeedbackKind.AGENT_REPLY, c.value.in_((DraftUse.AS_IS, DraftUse.EDITED)))
    return frozenset(tx.execute(select(c.run_id).where(*told, *used)).scalars())


def count_draft_uses(tx: Transaction, since: datetime) -> DraftUseCounts:
    """What agents made of drafts since then: each draft once, by the reply that came nearest to it."""
    c = run_feedback.c
    nearest_first = (c.run_id, (c.value == DraftUse.AS_IS).desc(), c.similarity.desc())
    conditions = (c.kind == FeedbackKind.AGENT_REPLY, c.at >= since)
    query = select(c.run_id, c.value).ext(distinct_on(c.run_id)).where(*conditions)
    nearest = query.order_by(*nearest_first).subquery()
    rows = tx.execute(select(nearest.c.value, func.count().label("drafts")).group_by(nearest.c.value))
    return DraftUseCounts(**{row.value: row.drafts for row in rows})


def _columns(tx: Transaction, ticket: Ticket, found: Feedback) -> dict[str, Any]:
    return {
        "account_id": tx.account,
        "run_id": found.run_id,
        "kind": found.kind,
        "source_id": found.source_id,
        "channel": ticket[0],
        "ticket_id": ticket[1],
        "value": found.value,
        "similarity": found.similarity,
        "changes": list(found.changes),
        "comment": tx.seal(found.comment) if found.comment else None,
        "reply": tx.seal(found.reply) if found.reply else None,
        "at": found.at,
    }


def _from_row(tx: Transaction, row: Row[Any]) -> Feedback:
    return Feedback(
        row.run_id,
        FeedbackKind(row.kind),
        row.source_id,
        row.at,
        row.value,
        row.similarity,
        tuple(Change(each) for each in row.changes),
        tx.open(row.comment) if row.comment else "",
        tx.open(row.reply) if row.reply else "",
    )
