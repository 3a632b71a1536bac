"""Entries for the knowledge that agents propose, until a lead decides, and the open questions that they answer."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import func, insert, or_, select, update

from desk.platform.database import Transaction
from desk.text.redaction import redact
from desk.ticket import new_id
from workers.tables import open_questions, proposed_entries


class ProposalState(StrEnum):
    """What a lead decided."""

    PROPOSED = "proposed"
    """Nothing yet."""
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    """Accepted, and taken out of the knowledge again."""


STANDING = frozenset({ProposalState.PROPOSED, ProposalState.ACCEPTED})
"""Proposals that a question needs no other beside."""


@dataclass(frozen=True, slots=True)
class TaughtQuestion:
    """An open question that an entry answers."""

    question: str
    channel: str
    ticket_id: str


@dataclass(frozen=True, slots=True)
class ProposedEntry:
    """A question and its answer, without personal data."""

    id: str
    channel: str
    ticket_id: str
    question: str
    answer: str
    proposed_by: str
    created_at: datetime
    questions: tuple[TaughtQuestion, ...] = ()
    """What it was taught for, where that is a gap."""


def propose_entry(
    tx: Transaction,
    channel: str,
    ticket_id: str,
    question: str,
    answer: str,
    proposed_by: str,
    question_ids: Sequence[str] = (),
) -> str | None:
    """Keep a proposal; its id. Taught for open questions, it is None where an entry stands for all of them already."""
    proposal_id = new_id()
    if question_ids and not _take_questions(tx, question_ids, proposal_id):
        return None
    values = {
        "account_id": tx.account,
        "id": proposal_id,
        "channel": channel,
        "ticket_id": ticket_id,
        "question": tx.seal(question),
        "answer": tx.seal(answer),
        "proposed_by": tx.seal(proposed_by),
    }
    tx.execute(insert(proposed_entries).values(values))
    return proposal_id


def _take_questions(tx: Transaction, question_ids: Sequence[str], proposal_id: str) -> int:
    """Note the proposal at those of the questions for which none stands; how many."""
    c = open_questions.c
    standing = select(proposed_entries.c.id).where(proposed_entries.c.state.in_(STANDING))
    is_free = or_(c.proposal_id.is_(None), c.proposal_id.not_in(standing))
    taken = update(open_questions).where(c.id.in_(question_ids), is_free).values(proposal_id=proposal_id)
    return tx.execute(taken).rowcount


def read_taught_tickets(tx: Transaction, question_ids: Sequence[str]) -> Sequence[tuple[str, str]]:
    """In which tickets the open questions were asked, by channel and id."""
    c = open_questions.c
    query = select(c.channel, c.ticket_id).where(c.id.in_(question_ids)).distinct().order_by(c.channel, c.ticket_id)
    return [(row.channel, row.ticket_id) for row in tx.execute(query)]


def list_proposed(tx: Transaction, most: int = 100) -> Sequence[ProposedEntry]:
    """What waits for a lead, oldest first."""
    c = proposed_entries.c
    query = select(proposed_entries).where(c.state == ProposalState.PROPOSED).order_by(c.created_at).limit(most)
    rows = tx.execute(query).all()
    questions = _questions_by_proposal(tx, [row.id for row in rows])
    return [
        ProposedEntry(
            id=row.id,
            channel=row.channel,
            ticket_id=row.ticket_id,
            question=tx.open(row.question),
            answer=tx.open(row.answer),
            proposed_by=tx.open(row.proposed_by),
            created_at=row.created_at,
            questions=tuple(questions[row.id]),
        )
        for row in rows
    ]


def _questions_by_proposal(tx: Transaction, proposal_ids: Sequence[str]) -> Mapping[str, list[TaughtQuestion]]:
    """What each was taught for, without personal data, the newest first."""
    c = open_questions.c
    questions: defaultdict[str, list[TaughtQuestion]] = defaultdict(list)
    columns = (c.proposal_id, c.question, c.channel, c.ticket_id)
    query = select(*columns).where(c.proposal_id.in_(proposal_ids)).order_by(c.asked_at.desc(), c.id)
    for row in tx.execute(query):
        question = TaughtQuestion(redact(tx.open(row.question)), row.channel, row.ticket_id)
        questions[row.proposal_id].append(question)
    return questions


def decide_proposal(
    tx: Transaction, proposal_id: str, state: ProposalState, decided_by: str, entry_id: str | None = None
) -> bool:
    """Note what a lead decided; False if somebody has decided already, and then nothing else of this may stay.
    `entry_id`: what it became in the knowledge."""
    c = proposed_entries.c
    values = {"state": state, "decided_by": tx.seal(decided_by), "decided_at": func.now(), "entry_id": entry_id}
    is_open = (c.id == proposal_id, c.state == ProposalState.PROPOSED)
    return tx.execute(update(proposed_entries).where(*is_open).values(values)).rowcount == 1


def withdraw_proposal(tx: Transaction, entry_id: str) -> None:
    """What became of it has left the knowledge: the questions that it answered are open again."""
    is_of_entry = proposed_entries.c.entry_id == entry_id
    tx.execute(update(proposed_entries).where(is_of_entry).values(state=ProposalState.WITHDRAWN))
