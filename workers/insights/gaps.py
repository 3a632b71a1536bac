"""What the documents do not answer: each such question is kept when its run is saved, and read again in clusters.

A run tells of missing knowledge if it found nothing (`NOTHING_FOUND`), if the draft left something to a person
(`HANDED_OVER`), or if it was not sure enough (`LOW_CONFIDENCE`) and no passage fits well. It does not if an article
could not have helped: the customer wants a person or has one already, only people can do what is wanted, the text is
no question in a language that is served, no model could be asked. Refund and cancellation, which people see anyway,
count where no passage fits well. Sources that contradict each other are kept apart.

Question and vector are sealed: a vector tells nearly as much as its text.
"""

import base64
import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import structlog
from sqlalchemy import Row, delete, func, insert, or_, select, update

from desk.errors import FirstlineError
from desk.platform.database import Database, Transaction
from desk.ports import Embedder
from desk.reasons import Reason
from desk.run import Run, WayOut
from desk.ticket import new_id
from workers.insights.clustering import Vectors
from workers.pipeline.checks.contradictions import CHECK, find_contradictions
from workers.pipeline.confidence import evidence_fitness
from workers.pipeline.draft import NO_MODEL
from workers.pipeline.rules import ALWAYS_PERSON
from workers.proposed_entries import ProposalState
from workers.tables import disagreements, open_questions, proposed_entries

log = structlog.get_logger(__name__)

MOST = 5_000
"""Questions that are clustered, the newest."""

WEAK = 0.4
"""A best passage that fits worse than this (`pipeline/confidence.py`) is no answer: in the demo, for 20 questions that
it answers the best passage fits by .44 at least, for 20 others by .40 at most."""

ANSWERED = 0.5
"""Cosine from which on a stated sentence is taken to speak to a question, where only some were answered."""

NO_ARTICLE_HELPS = frozenset({
    Reason.WANTS_HUMAN, Reason.SENSITIVE_TOPIC, Reason.CRITICAL, Reason.ORDERS_MACHINE, Reason.NO_QUESTION,
    Reason.LANGUAGE_NOT_SERVED, Reason.WITH_PEOPLE, Reason.CONTRADICTION,
})  # fmt: skip
"""Reasons that would have stood whatever the documents say."""


@dataclass(frozen=True, slots=True)
class UnansweredQuestion:
    """A question that was not answered. `vector` is None while the embedder has not been reached."""

    question: str
    reason: Reason
    embedder: str
    vector: Sequence[float] | None


@dataclass(frozen=True, slots=True)
class OpenQuestion:
    """A question as it is kept, its text still sealed."""

    id: str
    channel: str
    ticket_id: str
    category: str | None
    language: str
    reason: Reason
    asked_at: datetime
    sealed: bytes
    taught: ProposalState | None = None
    """What became of the entry that was proposed for it."""
    entry_id: str | None = None
    """What that became in the knowledge."""


@dataclass(frozen=True, slots=True)
class Disagreement:
    """Documents that disagreed in a run, and what the run said of it."""

    documents: tuple[str, ...]
    told: str
    channel: str
    ticket_id: str
    at: datetime


def gap_reason(run: Run) -> Reason | None:
    """The reason by which a run tells of missing knowledge, or None; which ones do stands at the top of this file."""
    reasons = {cap.reason for cap in run.decision.caps}
    is_weak = max(map(evidence_fitness, run.hits), default=0.0) < WEAK
    if is_weak and ALWAYS_PERSON.issuperset(run.classification.sensitive):
        reasons.discard(Reason.SENSITIVE_TOPIC)  # "Do you refund gift cards?": people answer, out of the documents
    if reasons & NO_ARTICLE_HELPS or run.draft.hand_over == NO_MODEL or run.draft.way_out is WayOut.NEEDS_A_PERSON:
        return None
    for reason in (Reason.NOTHING_FOUND, Reason.HANDED_OVER):
        if reason in reasons:
            return reason
    return Reason.LOW_CONFIDENCE if is_weak and Reason.LOW_CONFIDENCE in reasons else None


def unanswered_questions(run: Run, embedder: Embedder) -> tuple[UnansweredQuestion, ...]:
    """The run's questions that the documents did not answer, with their vectors. Asks the embedder, whose failure is
    no fault: call it with no transaction open."""
    reason = gap_reason(run)
    questions = list(dict.fromkeys(question for q in run.classification.questions if (question := q.strip())))
    if reason is None or not questions:
        return ()
    try:
        vectors = [embedder.embed_query(question) for question in questions]
        statements = [s.text for s in run.draft.statements if not s.courtesy] if reason is Reason.HANDED_OVER else []
        similarities = _similarities(vectors, [embedder.embed_query(text) for text in statements])
    except FirstlineError as error:
        log.warning("open questions kept without vectors", run=run.id, why=str(error))
        return tuple(UnansweredQuestion(question, reason, embedder.name, None) for question in questions)
    threshold = max(ANSWERED, min(similarities))
    unanswered = (entry for entry in zip(questions, vectors, similarities, strict=True) if entry[2] <= threshold)
    return tuple(UnansweredQuestion(question, reason, embedder.name, vector) for question, vector, _ in unanswered)


def _similarities(questions: Sequence[Sequence[float]], statements: Sequence[Sequence[float]]) -> list[float]:
    """How near each question comes to what was stated; 0 where nothing was."""
    if not statements:
        return [0.0] * len(questions)
    similarities: list[float] = (np.asarray(questions) @ np.asarray(statements).T).max(axis=1).tolist()
    return similarities


def save_questions(tx: Transaction, run: Run, unanswered: Sequence[UnansweredQuestion]) -> None:
    """Keep what a run left open, instead of what an earlier run over the message did, and which sources disagreed.
    After `record.save_run`: with the run these rows go."""
    for table in (open_questions, disagreements):
        tx.execute(delete(table).where(table.c.channel == run.channel, table.c.message_id == run.message_id))
    if unanswered:
        tx.execute(
            insert(open_questions), [_run_values(run) | _question_values(tx, run, question) for question in unanswered]
        )
    for documents, detail in _find_disagreements(run):
        values = {"documents": documents, "told": tx.seal(detail), "at": run.at}
        tx.execute(insert(disagreements).values(_run_values(run) | values))


def _run_values(run: Run) -> dict[str, object]:
    return {
        "account_id": run.account,
        "id": new_id(),
        "run_id": run.id,
        "channel": run.channel,
        "ticket_id": run.ticket_id,
        "message_id": run.message_id,
    }


def _question_values(tx: Transaction, run: Run, unanswered: UnansweredQuestion) -> dict[str, object]:
    return {
        "category": run.classification.category,
        "language": run.classification.language,
        "reason": unanswered.reason,
        "asked_at": run.at,
        "question": tx.seal(unanswered.question),
        "embedder": unanswered.embedder if unanswered.vector is not None else None,
        "vector": _seal_vector(tx, unanswered.vector) if unanswered.vector is not None else None,
    }


def read_open_questions(
    tx: Transaction, since: datetime, embedder: str, most: int = MOST
) -> tuple[list[OpenQuestion], Vectors]:
    """The newest open questions since then that have a vector of this embedder, oldest first, and their vectors."""
    columns = open_questions.c
    proposal = proposed_entries.c
    source = open_questions.outerjoin(proposed_entries, proposal.id == columns.proposal_id)
    query = select(open_questions, proposal.state, proposal.entry_id).select_from(source)
    query = query.where(columns.asked_at >= since, columns.embedder == embedder)
    rows = list(tx.execute(query.order_by(columns.asked_at.desc(), columns.id.desc()).limit(most)))[::-1]
    questions = [_question_from_row(row) for row in rows]
    vectors = np.array([_open_vector(tx, row.vector) for row in rows], dtype=np.float32)
    return questions, vectors


def _question_from_row(row: Row[Any]) -> OpenQuestion:
    taught = ProposalState(row.state) if row.state else None
    about = (row.category, row.language, Reason(row.reason), row.asked_at, row.question, taught, row.entry_id)
    return OpenQuestion(row.id, row.channel, row.ticket_id, *about)


def count_open_questions(tx: Transaction, since: datetime) -> int:
    """How many open questions there are since then, with a vector or without."""
    count: int = tx.execute(select(func.count()).where(open_questions.c.asked_at >= since)).scalar_one()
    return count


def read_disagreements(tx: Transaction, since: datetime, most: int = 500) -> list[Disagreement]:
    """What runs said of sources that disagree, the newest first."""
    columns = disagreements.c
    rows = tx.execute(
        select(disagreements).where(columns.at >= since).order_by(columns.at.desc(), columns.id).limit(most)
    )
    return [Disagreement(tuple(r.documents), tx.open(r.told), r.channel, r.ticket_id, r.at) for r in rows]


def embed_missing(
    db: Database, account: str, embedder: Embedder, since: datetime, most: int = MOST, seconds: float = math.inf
) -> int:
    """Give questions since then a vector of this embedder, the newest first, until there are `most` or the time is up:
    those whose embedder was away, or was another. How many. Raises as the embedder does, once what it gave is kept; no
    transaction is open meanwhile."""
    columns, deadline = open_questions.c, time.monotonic() + seconds
    conditions = (or_(columns.embedder.is_(None), columns.embedder != embedder.name), columns.asked_at >= since)
    query = select(columns.id, columns.question).where(*conditions).order_by(columns.asked_at.desc()).limit(most)
    with db.account(account) as tx:
        texts = {row.id: tx.open(row.question) for row in tx.execute(query)}
    vectors: dict[str, Sequence[float]] = {}
    try:
        for row_id, text in texts.items():
            if time.monotonic() < deadline:
                vectors[row_id] = embedder.embed_query(text)
    finally:
        _save_vectors(db, account, embedder.name, vectors)
    return len(vectors)


def _save_vectors(db: Database, account: str, embedder: str, vectors: Mapping[str, Sequence[float]]) -> None:
    if vectors:
        with db.account(account) as tx:
            for row_id, vector in vectors.items():
                values = {"embedder": embedder, "vector": _seal_vector(tx, vector)}
                tx.execute(update(open_questions).where(open_questions.c.id == row_id).values(values))


def _find_disagreements(run: Run) -> list[tuple[list[str], str]]:
    """Which documents disagree, in what words: pair by pair where a check saw it, at large where a model says so."""
    cap_details = [cap.detail for cap in run.decision.caps if cap.reason is Reason.CONTRADICTION]
    if not cap_details:
        return []
    pairs = find_contradictions(tuple(hit.passage for hit in run.hits), run.draft.citations)
    finding_details = [finding.detail for finding in run.findings if finding.check == CHECK]
    if finding_details and len(finding_details) == len(pairs):
        ids = [dict.fromkeys((pair.one.passage.document_id, pair.other.passage.document_id)) for pair in pairs]
        return list(zip(map(list, ids), finding_details, strict=True))
    titles = ((hit.passage.title, hit.passage.document_id) for hit in run.hits)
    document_ids = dict.fromkeys(document_id for title, document_id in titles if title and title in cap_details[0])
    return [(list(document_ids), cap_details[0])]


def _seal_vector(tx: Transaction, vector: Sequence[float]) -> bytes:
    return tx.seal(base64.b64encode(np.asarray(vector, dtype="<f2").tobytes()).decode())


def _open_vector(tx: Transaction, sealed: bytes) -> Vectors:
    return np.frombuffer(base64.b64decode(tx.open(sealed)), dtype="<f2").astype(np.float32)
