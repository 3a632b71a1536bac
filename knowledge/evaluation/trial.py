"""Put questions to an index and see what each half of search finds, alone and together."""

from collections.abc import Callable, Mapping, Sequence

from sqlalchemy import select

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
    for done, question in enumerate(questions, 1):
        text = clean(question.text[:MOST_QUESTION])
        vector = embedder.embed_query(text)
        with db.account(account) as tx:
            found = find_candidates(tx, text, embedder, ["public"], question.locale, vector)
        for name, passages in _orders(found).items():
            orders[name].append([ids[each] for each in distinct_documents(passages)])
        on_answer(done)
    return orders


def _orders(found: Sequence[Candidate]) -> Mapping[str, list[str]]:
    """The documents of the passages: what each half proposes in its own order, and the order of both."""
    by_meaning = sorted(found, key=lambda one: (-one.cosine, one.row.id))[:CANDIDATES]
    by_words = sorted((one for one in found if one.words > 0), key=lambda one: (-one.words, one.row.id))[:CANDIDATES]
    return {
        "dense": [one.row.document_id for one in by_meaning],
        "lexical": [one.row.document_id for one in by_words],
        FUSED: [hit.passage.document_id for hit in rank_candidates(found)],
    }


def _external_ids(db: Database, account: str) -> dict[str, str]:
    with db.account(account) as tx:
        return {row.id: row.external_id for row in tx.execute(select(documents.c.id, documents.c.external_id))}
