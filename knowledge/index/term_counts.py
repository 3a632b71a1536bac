"""How many passages hold each term, kept as documents come and go: what BM25 weighs a question's terms by."""

from collections import Counter
from collections.abc import Iterable

from sqlalchemy import (
    and_,
    delete,
    func,
    text,
    update,
)

from desk.platform.database import Transaction
from knowledge.tables import library_states, terms

# Sorted, so that two transactions never wait for each other; one statement, however many terms.
_COUNT_TERMS = text("""
    INSERT INTO terms (account_id, embedder, dimension, passages)
    SELECT :account, :embedder, dimension, difference
    FROM unnest(CAST(:dimensions AS integer[]), CAST(:differences AS integer[])) AS counted (dimension, difference)
    ORDER BY dimension
    ON CONFLICT (account_id, embedder, dimension) DO UPDATE SET passages = terms.passages + excluded.passages
""")


class TermCounts:
    """How the number of passages, and of passages with each term, changes."""

    def __init__(self) -> None:
        self.passages = 0
        self.terms: Counter[int] = Counter()

    def add(self, dimensions: Iterable[int], sign: int) -> None:
        """Count one passage in or out."""
        self.passages += sign
        for dimension in dimensions:
            self.terms[dimension] += sign


def write_counts(tx: Transaction, embedder: str, changes: TermCounts) -> None:
    """Write the changed counts, and that the library is not what it was."""
    differences = sorted((dimension, difference) for dimension, difference in changes.terms.items() if difference)
    values = {
        "account": tx.account,
        "embedder": embedder,
        "dimensions": [dimension for dimension, _ in differences],
        "differences": [difference for _, difference in differences],
    }
    tx.execute(_COUNT_TERMS, values)
    tx.execute(
        update(library_states)
        .where(library_states.c.account_id == tx.account, library_states.c.embedder == embedder)
        .values(
            passages=library_states.c.passages + changes.passages,
            revision=library_states.c.revision + 1,
            changed_at=func.now(),
        )
    )
    has_no_passages = and_(terms.c.account_id == tx.account, terms.c.embedder == embedder, terms.c.passages <= 0)
    decreased = [dimension for dimension, difference in differences if difference < 0]
    if decreased:
        tx.execute(delete(terms).where(has_no_passages, terms.c.dimension.in_(decreased)))
