"""Pages that contradict or double one another, as the nightly scan finds them, for the lead who keeps them in order."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import pairwise, product

from sqlalchemy import and_, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert

from desk.passage import Passage
from desk.platform.database import Transaction
from desk.text.tokenizer import words
from workers.insights.tables import library_findings
from workers.pipeline.checks.contradictions import comparable_sentences, contradicts

MOST_FINDINGS = 500
DOUBLE = 0.8
"""The part of all their pairs of neighbouring words that two passages share, from which on one doubles the other."""
LEAST_WORDS = 12
"""Of fewer words, two passages are alike by chance."""


class FindingKind(StrEnum):
    """What is the matter with two passages."""

    CONTRADICTION = "contradiction"
    DOUBLE = "double"


@dataclass(frozen=True, slots=True)
class LibraryFinding:
    """Two passages of two documents, what each says, and what they disagree about (empty for a double)."""

    kind: FindingKind
    about: str
    documents: tuple[str, str]
    passages: tuple[str, str]
    texts: tuple[str, str]

    @property
    def key(self) -> bytes:
        """The same finding has the same key on every night."""
        parts = "\n".join([self.kind, *sorted(self.texts), *sorted(self.documents)])
        return hashlib.sha256(parts.encode("utf-8", "replace")).digest()


@dataclass(frozen=True, slots=True)
class ListedFinding:
    """A finding that nobody has put aside, since when it is known."""

    key: str
    kind: FindingKind
    about: str
    documents: tuple[str, str]
    passages: tuple[str, str]
    texts: tuple[str, str]
    found_at: datetime


def compare_passages(one: Passage, other: Passage) -> Iterator[LibraryFinding]:
    """What is the matter with two passages that stand near each other."""
    documents, ids = (one.document_id, other.document_id), (one.id, other.id)
    if _is_double(one, other):
        yield LibraryFinding(FindingKind.DOUBLE, "", documents, ids, (one.text, other.text))
        return
    for first, second in product(comparable_sentences(one), comparable_sentences(other)):
        if about := contradicts(first, second):
            yield LibraryFinding(FindingKind.CONTRADICTION, about, documents, ids, (first.text, second.text))


def compare_pairs(pairs: Iterable[tuple[Passage, Passage]]) -> dict[bytes, LibraryFinding]:
    """What is the matter with these pairs, by key, contradictions first."""
    findings = {finding.key: finding for one, other in pairs for finding in compare_passages(one, other)}
    return dict(sorted(findings.items(), key=lambda entry: entry[1].kind)[:MOST_FINDINGS])


def save_findings(tx: Transaction, kept: Mapping[bytes, LibraryFinding]) -> int:
    """Keep what this night's scan finds, and forget what it finds no more; how many there are. What somebody has put
    aside stays aside."""
    c = library_findings.c
    tx.execute(delete(library_findings).where(c.account_id == tx.account, c.key.not_in(list(kept))))
    if kept:
        rows = [_finding_row(finding) for finding in kept.values()]
        statement = insert(library_findings).values(account_id=tx.account).on_conflict_do_nothing()
        tx.execute(statement, rows)
    return len(kept)


def list_findings(tx: Transaction, most: int = 100) -> Sequence[ListedFinding]:
    """What nobody has put aside, contradictions first, the newest of each first."""
    c = library_findings.c
    query = select(library_findings).where(c.account_id == tx.account, c.dismissed_at.is_(None))
    rows = tx.execute(query.order_by(c.kind, c.found_at.desc()).limit(most))
    return [
        ListedFinding(
            row.key.hex(),
            FindingKind(row.kind),
            row.about,
            (row.one_document, row.other_document),
            (row.one_passage, row.other_passage),
            (row.one_text, row.other_text),
            row.found_at,
        )
        for row in rows
    ]


def dismiss_finding(tx: Transaction, key: str, by: str) -> bool:
    """Put a finding aside for good; False where there is none, or somebody has."""
    c = library_findings.c
    is_open = and_(c.account_id == tx.account, c.key == bytes.fromhex(key), c.dismissed_at.is_(None))
    values = {"dismissed_at": func.now(), "dismissed_by": tx.seal(by)}
    return tx.execute(update(library_findings).where(is_open).values(values)).rowcount == 1


def _is_double(one: Passage, other: Passage) -> bool:
    first, second = _word_pairs(one), _word_pairs(other)
    if min(len(first), len(second)) < LEAST_WORDS:
        return False
    return len(first & second) / len(first | second) >= DOUBLE


def _word_pairs(passage: Passage) -> frozenset[tuple[str, str]]:
    text_words = words(passage.text)
    return frozenset(pairwise(text_words))


def _finding_row(finding: LibraryFinding) -> dict[str, object]:
    (one_document, other_document), (one_passage, other_passage) = finding.documents, finding.passages
    return {
        "key": finding.key,
        "kind": finding.kind,
        "about": finding.about,
        "one_document": one_document,
        "other_document": other_document,
        "one_passage": one_passage,
        "other_passage": other_passage,
        "one_text": finding.texts[0],
        "other_text": finding.texts[1],
    }
