"""Pages that contradict or double one another, as the nightly scan found them, with the documents that say it."""

from dataclasses import dataclass

from desk.platform.database import Transaction
from knowledge.index.catalogue import Document, get_documents
from workers.insights.library_scan import FindingKind, list_findings

SHOWN = 50


@dataclass(frozen=True, slots=True)
class ScannedPair:
    """Two documents and what each says; of a double, what both say."""

    is_double: bool
    documents: tuple[Document, Document]
    texts: tuple[str, str]


def read_scan(tx: Transaction, hidden: frozenset[str] = frozenset()) -> tuple[ScannedPair, ...]:
    """What the last scan found, contradictions first; nothing of documents that are gone or of a hidden audience."""
    findings = list_findings(tx, SHOWN)
    known = get_documents(tx, {document_id for finding in findings for document_id in finding.documents})
    visible = {id_: document for id_, document in known.items() if document.audience not in hidden}
    return tuple(
        ScannedPair(
            finding.kind is FindingKind.DOUBLE,
            (visible[finding.documents[0]], visible[finding.documents[1]]),
            finding.texts,
        )
        for finding in findings
        if all(document_id in visible for document_id in finding.documents)
    )
