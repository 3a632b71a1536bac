"""What a source no longer names, and how much of it may leave the index in one run.

A folder that is not mounted, a site under maintenance and a token that sees less all look like a source whose pages
were deleted. So what vanishes a few at a time leaves at once, and what vanishes all at once stays until a person says
that it is meant.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, func, select, update

from desk.platform.database import Transaction
from knowledge.tables import documents

FEW = 3
"""So many may always leave, unless nothing at all is left: in a small source half is soon reached."""


@dataclass(frozen=True, slots=True)
class HeldDeletion:
    """Documents that a source no longer names and that stay until it is confirmed, and of how many."""

    documents: int
    of: int

    @classmethod
    def from_report(cls, report: Mapping[str, Any] | None) -> "HeldDeletion | None":
        """As the figures of a run keep it."""
        held = (report or {}).get("held")
        return cls(held["documents"], held["of"]) if held else None


@dataclass(frozen=True, slots=True)
class DeletionRule:
    """How much may leave the index: anything at all when `confirmed`. `earlier`: what the run before held back."""

    confirmed: bool = False
    earlier: HeldDeletion | None = None


def deletion_to_confirm(
    vanished: int, documents_before: int, *, emptied: bool, earlier: HeldDeletion | None
) -> HeldDeletion | None:
    """Does so much leave at once that it must be confirmed? `documents_before`: how many there were before the run;
    `emptied`: the source named nothing at all; `earlier`: what was held back before, for what is added meanwhile must
    not make it look like less."""
    total = min(documents_before, earlier.of) if earlier else documents_before
    if vanished and (emptied or (vanished > FEW and 2 * vanished > total)):
        return HeldDeletion(vanished, max(total, vanished))
    return None


def count_documents(tx: Transaction, source: str, unseen_since: datetime | None = None) -> int:
    """How many documents of the source there are, or how many of them were not seen since."""
    conditions = _in_source(tx, source)
    if unseen_since:
        conditions = and_(conditions, documents.c.seen_at < unseen_since)
    count: int = tx.execute(select(func.count()).select_from(documents).where(conditions)).scalar_one()
    return count


def keep_subtree(tx: Transaction, source: str, beginning: str) -> None:
    """What cannot be looked at has not vanished: all whose ids begin so count as seen."""
    in_subtree = documents.c.external_id.startswith(beginning, autoescape=True)
    tx.execute(update(documents).where(_in_source(tx, source), in_subtree).values(seen_at=func.now()))


def _in_source(tx: Transaction, source: str) -> ColumnElement[bool]:
    return and_(documents.c.account_id == tx.account, documents.c.source == source)
