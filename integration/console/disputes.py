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
        rest = self.told
        for document in self.known:
            rest = rest.replace(document.title, "")
        return bool(set(words(rest)) - {"and"})


def read_disputes(tx: Transaction, since: datetime, hidden: frozenset[str] = frozenset()) -> tuple[Dispute, ...]:
    """What runs have reported since then, the most frequent first. Nothing of documents of a hidden audience."""
    grouped: dict[object, list[Disagreement]] = {}
    for each in read_disagreements(tx, since):
        key = frozenset(each.documents) if len(each.documents) > 1 else each.told
        grouped.setdefault(key, []).append(each)
    ids = {document_id for each in grouped.values() for document_id in each[0].documents if _is_uuid(document_id)}
    there = get_documents(tx, ids)
    disputes = (_dispute(each, there) for each in grouped.values())
    shown = (each for each in disputes if not any(document.audience in hidden for document in each.known))
    return tuple(sorted(shown, key=lambda each: (-each.times, -each.last_at.timestamp())))


def _dispute(reported: list[Disagreement], there: dict[str, Document]) -> Dispute:
    """From all reports of one dispute, the newest first."""
    newest = reported[0]
    return Dispute(
        known=tuple(there[document_id] for document_id in newest.documents if document_id in there),
        told=redact(newest.told),
        times=len(reported),
        last_at=newest.at,
        tickets=tuple(dict.fromkeys((each.channel, each.ticket_id) for each in reported))[:TICKETS],
    )


def _is_uuid(value: str) -> bool:
    try:
        return str(UUID(value)) == value
    except ValueError:
        return False
