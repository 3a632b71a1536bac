"""Put questions to an index and see what each half of search finds, alone and together."""

from collections.abc import Callable, Mapping, Sequence

from sqlalchemy import select

from desk.passage import SearchScope
from desk.platform.database import Database
from desk.ports import Embedder
from desk.text.tokenizer import clean
from knowledge.evaluation.metrics import distinct_documents
from knowledge.evaluation.question_set import EvaluationQuestion
from knowledge.search.fusion import Candidate, rank_candidates
from knowledge.search.hybrid import CANDIDATES, find_candidates
from knowledge.search.library import MOST_QUESTION
from knowledge.tables import documents

HALVES = ("dense", "lexical")
FUSED = "fused"

Orders = dict[str, list[list[str]]]
"""By half, and for both together: for each question the documents found, by the ids of their source, best first."""


def run_trial(
    db: Database,
    account: str,
    embedder: Embedder,
    questions: Sequence[EvaluationQuestion],
    on_answer: Callable[[int], None],
) -> Orders:
    """Every question in turn, over all public documents; `on_answer` is told how many are done."""
    ids = _external_ids(db, account)
    orders: Orders = {name: [] for name in (*HALVES, FUSED)}
    for count, question in enumerate(questions, 1):
        text = clean(question.text[:MOST_QUESTION])
        vector = embedder.embed_query(text)
        with db.account(account) as tx:
            scope = SearchScope(frozenset({"public"}), question.locale)
            candidates = find_candidates(tx, text, embedder, scope, vector)
        for name, passages in _document_orders(candidates).items():
            orders[name].append([ids[document_id] for document_id in distinct_documents(passages)])
        on_answer(count)
    return orders


def _document_orders(candidates: Sequence[Candidate]) -> Mapping[str, list[str]]:
    """The documents of the passages: what each half proposes in its own order, and the order of both."""
    by_meaning = sorted(candidates, key=lambda candidate: (-candidate.cosine, candidate.row.id))[:CANDIDATES]
    by_words = sorted(
        (candidate for candidate in candidates if candidate.words > 0),
        key=lambda candidate: (-candidate.words, candidate.row.id),
    )[:CANDIDATES]
    return {
        "dense": [candidate.row.document_id for candidate in by_meaning],
        "lexical": [candidate.row.document_id for candidate in by_words],
        FUSED: [hit.passage.document_id for hit in rank_candidates(candidates)],
    }


def _external_ids(db: Database, account: str) -> dict[str, str]:
    with db.account(account) as tx:
        return {row.id: row.external_id for row in tx.execute(select(documents.c.id, documents.c.external_id))}
