"""Which replies rest on which documents: for `firstline recall` and the page of documents.

    document_uses(tx, document_ids, since=None, passage_id=None, most=None) -> list[DocumentUse]    newest first
    citation_counts(tx, document_ids=None, since=None) -> dict[str, CitationCounts]     numbers by document id, quick
    cited_documents(tx, name) -> list[CitedDocument]                                    by what a person calls it
    cited_ids(tx, source, external_id) -> list[str]                 all ids a document had: read anew, it gets another

`document_ids` are those of `desk.passage.Citation`. `record.save_run` writes the citations in the run's transaction;
runs of before there was a table for them are caught up on by `record.keep_older_citations`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, distinct, func, or_, select

from desk.delivery import DeliveryKind, DeliveryState
from desk.platform.database import Transaction, from_row
from desk.run import Run
from workers import record
from workers.tables import deliveries, run_citations, runs

ORDER = "recall:"
"""How the keys of correction notes begin."""
_DRAFTS = (DeliveryKind.REPLY, DeliveryKind.NOTE)


@dataclass(frozen=True, slots=True)
class CitedDocument:
    """A document that some run cited, by the names it had then. `source` and `external_id` are empty where the run is
    older than they are kept."""

    id: str
    source: str
    external_id: str
    title: str
    url: str | None


@dataclass(frozen=True, slots=True)
class DocumentUse:
    """A draft that cites the document: a reply, or a note with the draft in it. `citing_sentences` cite it,
    `version` and `title` are the document's at the time; `state` and `reason` are the delivery's."""

    run_id: str
    channel: str
    ticket_id: str
    at: datetime
    kind: DeliveryKind
    state: DeliveryState
    reason: str | None
    sent_at: datetime | None
    document_id: str
    title: str
    version: str
    passage_ids: tuple[str, ...]
    citing_sentences: tuple[str, ...]

    @property
    def stands(self) -> bool:
        """Is it before people's eyes, or may it be? What was withdrawn or failed is not."""
        return self.state not in (DeliveryState.WITHDRAWN, DeliveryState.FAILED)


@dataclass(frozen=True, slots=True)
class CitationCounts:
    """How often a document was cited: by drafts of any kind, and by replies that customers have got."""

    drafts: int
    replies: int
    last_at: datetime


def document_uses(
    tx: Transaction,
    document_ids: Sequence[str],
    since: datetime | None = None,
    passage_id: str | None = None,
    most: int | None = None,
) -> list[DocumentUse]:
    """Every draft that went somewhere and cites one of the documents, newest first. Opens the body of each."""
    cited, delivery = run_citations.c, deliveries.c
    of_run = (cited.run_id, cited.document_id, cited.version, cited.title, runs.c.channel, runs.c.ticket_id, runs.c.at)
    columns = (*of_run, delivery.kind, delivery.state, delivery.reason, delivery.sent_at)
    query = (
        _cited_by_drafts(select(*columns, func.array_agg(cited.passage_id).label("passage_ids")), since)
        .where(cited.document_id.in_(document_ids), *([cited.passage_id == passage_id] if passage_id else []))
        .group_by(*columns, delivery.id)
        .order_by(runs.c.at.desc(), cited.run_id)
        .limit(most)
    )
    return [use for row in tx.execute(query).all() if (use := _use_from_row(tx, row))]


def citation_counts(
    tx: Transaction, document_ids: Sequence[str] | None = None, since: datetime | None = None
) -> dict[str, CitationCounts]:
    """How often each document was cited, by its id; those that nobody cited are missing. Opens nothing."""
    cited = run_citations.c
    is_sent_reply = and_(deliveries.c.kind == DeliveryKind.REPLY, deliveries.c.state == DeliveryState.SENT)
    drafts, last_at = func.count(distinct(cited.run_id)), func.max(cited.at)
    counts = (drafts.label("drafts"), drafts.filter(is_sent_reply).label("replies"), last_at.label("last_at"))
    query = _cited_by_drafts(select(cited.document_id, *counts), since).group_by(cited.document_id)
    if document_ids is not None:
        query = query.where(cited.document_id.in_(document_ids))
    return {row.document_id: from_row(CitationCounts, row) for row in tx.execute(query)}


def cited_documents(tx: Transaction, name: str) -> list[CitedDocument]:
    """The cited documents that are or were called so: by id, by the id or address that their source gave, or by title
    in any case; each id once, under its latest names."""
    citations = run_citations.c
    is_named = or_(
        citations.document_id == name,
        citations.external_id == name,
        citations.url == name,
        func.lower(citations.title) == name.lower(),
    )
    return _latest_documents(tx, is_named)


def cited_passage(tx: Transaction, passage_id: str) -> list[CitedDocument]:
    """The document that a cited passage belongs to."""
    return _latest_documents(tx, run_citations.c.passage_id == passage_id)


def cited_ids(tx: Transaction, source: str, external_id: str) -> list[str]:
    """Every id under which the source's document was cited: one that was gone and came back has several."""
    citations = run_citations.c
    is_document = and_(citations.source == source, citations.external_id == external_id)
    query = select(citations.document_id).distinct().where(is_document).order_by(citations.document_id)
    return list(tx.execute(query).scalars())


def citing_sentences(run: Run, document_ids: Sequence[str]) -> tuple[str, ...]:
    """The sentences of a run's draft that cite one of the documents."""
    return tuple(s.text for s in run.draft.statements if any(c.document_id in document_ids for c in s.citations))


def _cited_by_drafts(query: Select[Any], since: datetime | None) -> Select[Any]:
    """The citations of runs whose drafts went somewhere."""
    drafts = query.join(runs, runs.c.id == run_citations.c.run_id).join(deliveries, _carries_run_draft())
    return drafts.where(_is_within(since))


def _carries_run_draft() -> ColumnElement[bool]:
    """The delivery that carries the run's draft. By ticket too, for which there is an index."""
    delivery = deliveries.c
    return and_(
        delivery.account_id == runs.c.account_id,
        delivery.channel == runs.c.channel,
        delivery.ticket_id == runs.c.ticket_id,
        delivery.run_id == runs.c.id,
        delivery.kind.in_(_DRAFTS),
        ~delivery.key.startswith(ORDER),
    )


def _is_within(since: datetime | None) -> ColumnElement[bool]:
    same_account: ColumnElement[bool] = run_citations.c.account_id == runs.c.account_id
    return and_(same_account, run_citations.c.at >= since) if since else same_account


def _use_from_row(tx: Transaction, row: Row[Any]) -> DocumentUse | None:
    run = record.get_run(tx, row.run_id)
    if run is None:
        return None
    return from_row(
        DocumentUse,
        row,
        kind=DeliveryKind(row.kind),
        state=DeliveryState(row.state),
        passage_ids=tuple(sorted(row.passage_ids)),
        citing_sentences=citing_sentences(run, (row.document_id,)),
    )


def _latest_documents(tx: Transaction, condition: ColumnElement[bool]) -> list[CitedDocument]:
    citations = run_citations.c
    columns = (citations.document_id, citations.source, citations.external_id, citations.title, citations.url)
    rows = tx.execute(select(*columns).where(condition).group_by(*columns).order_by(func.max(citations.at))).all()
    documents_by_id = {
        row.document_id: CitedDocument(row.document_id, row.source, row.external_id, row.title, row.url) for row in rows
    }
    return sorted(documents_by_id.values(), key=lambda document: (document.title, document.id))
