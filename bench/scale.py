"""Search in a hundred thousand passages: milliseconds in the database, and recall@10 against the exact answer.

Real passages are embedded once and remembered (`--memory`), then multiplied by small changes of their vectors and of
their terms' weights until there are `--passages`, and written as ingest writes them. One document in a hundred is of
another audience, one of another collection and one of another language, so that each filter keeps 1 %. Everything runs
under row-level security as the product's login role.

The exact answer is that of the same search with every passage scored. The time in the database is that which
EXPLAIN ANALYZE gives for planning and execution; beside it stands the whole call.
"""

import argparse
import json
import random
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import psycopg
from sqlalchemy import TextClause, text

from app.embedded.postgres import LOGIN_ROLE, EmbeddedPostgres
from bench.remembering import Remembering
from desk.pages import Markup, Page
from desk.passage import SearchScope
from desk.platform.accounts import add_account, list_accounts
from desk.platform.database import Database, Transaction
from desk.platform.encryption import Sealer, new_key
from knowledge.index import store, vector_index
from knowledge.index.document import PreparedDocument, PreparedPassage
from knowledge.ingest.prepare import prepare_page
from knowledge.search import hybrid
from knowledge.search.fusion import Candidate, rank_candidates
from migrations.run import migrate
from tests.conftest import short_directory

ACCOUNT = "scale"
PASSAGES_A_DOCUMENT = 10
CLOSE = 0.05
"""Length of what is added to a vector of length 1, per copy; two copies then have a cosine of about 0.995."""
BEST = 10
ALL = 100_000_000


PUBLIC = SearchScope(frozenset({"public"}), "en")


@dataclass(frozen=True, slots=True)
class Asker:
    """One kind of filter, by what the asker may see."""

    name: str
    scope: SearchScope = PUBLIC


ASKERS = (
    Asker("no filter"),
    Asker("1 % by audience", replace(PUBLIC, audiences=frozenset({"partner"}))),
    Asker("1 % by language", replace(PUBLIC, locale="de")),
    Asker("1 % by collection", replace(PUBLIC, collections=frozenset({"rare"}))),
    Asker("10 % by collection", replace(PUBLIC, collections=frozenset({"tenth"}))),
)


@dataclass(frozen=True, slots=True)
class Question:
    """A text with its vector."""

    text: str
    vector: list[float]


def main(argv: Sequence[str]) -> None:
    """Build if need be, measure and print."""
    options = _options(argv)
    embedder = Remembering(options.memory)
    questions = [Question(each, embedder.embed_query(each)) for each in _texts(options.queries, options.questions)]
    with ExitStack() as stack:
        directory = options.keep or stack.enter_context(short_directory())
        server = stack.enter_context(EmbeddedPostgres(directory))
        migrate(server.owner_url, LOGIN_ROLE)
        db = Database(server.url, Sealer([new_key()]))
        stack.callback(db.close)
        if ACCOUNT not in {account.id for account in list_accounts(db)}:
            _build(db, embedder, options)
            _vacuum(server.superuser_url)
        figures = [_measure(db, embedder, asker, questions) for asker in ASKERS]
    _print(figures, options)


def _options(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench scale", description=__doc__.splitlines()[0])
    parser.add_argument("--corpus", type=Path, action="append", required=True, help="JSON lines with id, title, text")
    parser.add_argument("--queries", type=Path, action="append", required=True, help="JSON lines with text")
    parser.add_argument("--memory", type=Path, help="file in which vectors are kept between runs")
    parser.add_argument("--keep", type=Path, help="directory in which the filled database is kept between runs")
    parser.add_argument("--real", type=int, default=10_000, help="so many real passages at the most")
    parser.add_argument("--passages", type=int, default=100_000, help="so many in all")
    parser.add_argument("--questions", type=int, default=200, help="so many questions at the most")
    parser.add_argument("--json", type=Path, help="file to write the figures to")
    return parser.parse_args(argv)


def _texts(files: Sequence[Path], most: int) -> list[str]:
    texts = [json.loads(line)["text"] for file in files for line in file.read_text(encoding="utf-8").splitlines()]
    return random.Random(1).sample(texts, min(most, len(texts)))


# --- Building --------------------------------------------------------------------------------------------------------


def _build(db: Database, embedder: Remembering, options: argparse.Namespace) -> None:
    real = real_passages(options.corpus, embedder, options.real)
    vectors = np.array(embedder.embed_documents([passage.embedded for passage in real]), np.float32)
    print(f"{len(real)} real passages; building {options.passages}", flush=True)
    add_account(db, ACCOUNT)
    began = time.monotonic()
    grown = grow_passages(real, vectors, options.passages)
    for number, batch in enumerate(iter(lambda: list(islice(grown, 100)), [])):
        put_passages(db, embedder, number, batch)
        if number % 100 == 99:
            print(f"  {100 * (number + 1)} after {time.monotonic() - began:.0f} s", flush=True)
    while True:
        with db.account(ACCOUNT) as tx:
            if not vector_index.add_to_vector_index(tx, embedder.name, 250):
                break
    print(f"written without embedding in {time.monotonic() - began:.0f} s", flush=True)


def real_passages(files: Sequence[Path], embedder: Remembering, most: int) -> list[PreparedPassage]:
    lines = (json.loads(line) for file in files for line in file.read_text(encoding="utf-8").splitlines())
    pages = (Page(str(n), line["text"], Markup.MARKDOWN, line.get("title")) for n, line in enumerate(lines))
    ready = (one for page in pages if (one := prepare_page(page, embedder)))
    passages = {passage.content_hash: passage for one in ready for passage in one.passages}
    return random.Random(2).sample(list(passages.values()), min(most, len(passages)))


def grow_passages(
    real: Sequence[PreparedPassage], vectors: "np.ndarray[Any, Any]", most: int
) -> Iterator[tuple[PreparedPassage, str]]:
    """The real ones, then their changed copies, with vectors as Postgres reads them."""
    numbers, dice = np.random.default_rng(3), random.Random(3)
    vocabulary = [term for passage in real for term in passage.weights]
    for place in range(most):
        passage, vector = real[place % len(real)], vectors[place % len(real)]
        if place >= len(real):
            noise = numbers.standard_normal(vector.shape[0])
            vector = vector + CLOSE * noise / np.linalg.norm(noise)
            vector = vector / np.linalg.norm(vector)
            weights = {
                (dice.choice(vocabulary) if dice.random() < 0.1 else term): weight * dice.uniform(0.8, 1.2)
                for term, weight in passage.weights.items()
            }
            passage = replace(passage, weights=weights, content_hash=place.to_bytes(32))
        yield passage, str(vector.tolist())


def put_passages(
    db: Database, embedder: Remembering, number: int, batch: Sequence[tuple[PreparedPassage, str]]
) -> None:
    documents = [
        _document(number * 100 // PASSAGES_A_DOCUMENT + place, [passage for passage, _ in batch[place::10]])
        for place in range(len(batch) // PASSAGES_A_DOCUMENT)
    ]
    with db.account(ACCOUNT) as tx:
        store.write_documents(
            tx, "scale", documents, {passage.content_hash: vector for passage, vector in batch}, embedder
        )


def _document(number: int, passages: Sequence[PreparedPassage]) -> PreparedDocument:
    kind = random.Random(number).randrange(100)
    return PreparedDocument(
        external_id=str(number),
        url=None,
        title=f"Document {number}",
        locale="de" if kind == 0 else "en",
        audience="partner" if kind == 1 else "public",
        collection="rare" if kind == 2 else "tenth" if kind < 13 else "",
        stamp=None,
        version="1",
        fingerprint=b"",
        passages=tuple(passages),
    )


def _vacuum(url: str) -> None:
    """What autovacuum does a minute later."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE passages")
        connection.execute("VACUUM ANALYZE documents")


# --- Measuring -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Figures:
    """Of one kind of asker. Milliseconds; recall as a mean over the questions."""

    asker: str
    database_p50: float
    database_p95: float
    call_p50: float
    call_p95: float
    recall: float
    dense_recall: float
    lexical_recall: float


def _measure(db: Database, embedder: Remembering, asker: Asker, questions: Sequence[Question]) -> Figures:
    inside, calls, recalls = [], [], []
    for question in questions:  # the first round warms the caches
        _ask(db, embedder, asker, question)
    for question in questions:
        began = time.perf_counter()
        found = _ask(db, embedder, asker, question)
        calls.append((time.perf_counter() - began) * 1000)
        inside.append(_explain(db, embedder, asker, question))
        exact = _ask(db, embedder, asker, question, exact=True)
        recalls.append([_recall(found, exact, by) for by in (_fused, _dense, _lexical)])
    recall, dense, lexical = (statistics.fmean(each) for each in zip(*recalls, strict=True))
    return Figures(asker.name, *_shape(inside), *_shape(calls), recall, dense, lexical)


def _ask(db: Database, embedder: Remembering, asker: Asker, question: Question, exact: bool = False) -> list[Candidate]:
    """What both halves propose; exactly, by scoring everything."""
    kept = vector_index.EXACT_UP_TO
    vector_index.EXACT_UP_TO = ALL if exact else kept
    try:
        with db.account(ACCOUNT, hybrid.PLANNED_ONCE) as tx:
            return hybrid.find_candidates(tx, question.text, embedder, asker.scope, question.vector)
    finally:
        vector_index.EXACT_UP_TO = kept


def _explain(db: Database, embedder: Remembering, asker: Asker, question: Question) -> float:
    """Milliseconds of planning and execution, of all statements."""
    with db.account(ACCOUNT, hybrid.PLANNED_ONCE) as tx:
        asked = hybrid.search_parameters(tx, question.text, embedder, asker.scope, question.vector)
        whole = hybrid.exact_search_statement(asked.size, asked.in_collections)
        milliseconds = _milliseconds(tx, whole, asked)
        if not tx.execute(whole, asked.values).all():
            count = hybrid.count_statement(asked.in_collections)
            extent = tx.execute(count, asked.values).one()
            search = hybrid.index_search_statement(asked.size, asked.in_collections, extent.spoken, extent.large)
            milliseconds += _milliseconds(tx, count, asked) + _milliseconds(tx, search, asked)
        return milliseconds


def _milliseconds(tx: Transaction, statement: TextClause, asked: hybrid.SearchParameters) -> float:
    explained = text(f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) {statement.text}")
    plan = tx.execute(explained, asked.values).scalar_one()[0]
    return float(plan["Planning Time"] + plan["Execution Time"])


Scores = list[tuple[float, str]]
"""With the passage's id, best first."""


def _fused(found: Sequence[Candidate]) -> Scores:
    return [(hit.fused, hit.passage.id) for hit in islice(rank_candidates(found), BEST)]


def _dense(found: Sequence[Candidate]) -> Scores:
    return sorted([(one.cosine, one.row.id) for one in found], reverse=True)


def _lexical(found: Sequence[Candidate]) -> Scores:
    return sorted([(one.words, one.row.id) for one in found if one.words > 0], reverse=True)


def _recall(found: Sequence[Candidate], exact: Sequence[Candidate], by: Callable[..., Scores]) -> float:
    """How many of the ten best are found; one with the score of the tenth is as good as the tenth."""
    right, ours = by(exact)[:BEST], by(found)[:BEST]
    if not right:
        return 1.0
    names = {name for _, name in right}
    return sum(name in names or score >= right[-1][0] - 1e-6 for score, name in ours) / len(right)


def _shape(milliseconds: Sequence[float]) -> tuple[float, float]:
    return statistics.median(milliseconds), sorted(milliseconds)[int(len(milliseconds) * 0.95)]


def _print(figures: Sequence[Figures], options: argparse.Namespace) -> None:
    print(f"{options.passages} passages, {options.questions} questions, recall@{BEST} against the exact answer")
    print(f"{'':20} {'in the database':>18} {'whole call':>16} {'recall':>8} {'dense':>7} {'lexical':>8}")
    for row in figures:
        print(
            f"{row.asker:20} p50 {row.database_p50:5.1f} p95 {row.database_p95:5.1f} "
            f"{row.call_p50:7.1f} {row.call_p95:7.1f} {row.recall:8.3f} "
            f"{row.dense_recall:7.3f} {row.lexical_recall:8.3f}"
        )
    if options.json:
        options.json.write_text(json.dumps([{n: getattr(row, n) for n in Figures.__slots__} for row in figures]))
