"""Sources that disagree, as the runs reported them: the same documents are one dispute, however often it showed."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from desk.platform.database import Transaction
from desk.text.redaction import redact
from desk.text.tokenizer import words
from knowledge.index.catalogue import Document, get_documents
from workers.insights.gaps import Disagreement, read_disagreements

TICKETS = 3


@dataclass(frozen=True, slots=True)
class Dispute:
    """Documents that disagree, those that are still there; what the last run said of them; and where it showed."""

    known: tuple[Document, ...]
    told: str
    times: int
    last_at: datetime
    tickets: tuple[tuple[str, str], ...]

    @property
    def more(self) -> bool:
        """Does what was said go beyond the titles?"""
        remaining_text = self.told
        for document in self.known:
            remaining_text = remaining_text.replace(document.title, "")
        return bool(set(words(remaining_text)) - {"and"})


def read_disputes(tx: Transaction, since: datetime, hidden: frozenset[str] = frozenset()) -> tuple[Dispute, ...]:
    """What runs have reported since then, the most frequent first. Nothing of documents of a hidden audience."""
    reports_by_dispute: dict[object, list[Disagreement]] = {}
    for report in read_disagreements(tx, since):
        key = frozenset(report.documents) if len(report.documents) > 1 else report.told
        reports_by_dispute.setdefault(key, []).append(report)
    document_ids = {
        document_id
        for reports in reports_by_dispute.values()
        for document_id in reports[0].documents
        if _is_uuid(document_id)
    }
    documents = get_documents(tx, document_ids)
    disputes = (_build_dispute(reports, documents) for reports in reports_by_dispute.values())
    visible_disputes = (
        dispute for dispute in disputes if not any(document.audience in hidden for document in dispute.known)
    )
    return tuple(sorted(visible_disputes, key=lambda dispute: (-dispute.times, -dispute.last_at.timestamp())))


def _build_dispute(reports: list[Disagreement], documents: dict[str, Document]) -> Dispute:
    """From all reports of one dispute, the newest first."""
    newest_report = reports[0]
    return Dispute(
        known=tuple(documents[document_id] for document_id in newest_report.documents if document_id in documents),
        told=redact(newest_report.told),
        times=len(reports),
        last_at=newest_report.at,
        tickets=tuple(dict.fromkeys((report.channel, report.ticket_id) for report in reports))[:TICKETS],
    )


def _is_uuid(text: str) -> bool:
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False
