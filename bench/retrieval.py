"""Firstline beside LangChain's and LlamaIndex's Postgres stores: how well, how fast, and what keeping in step costs.

One run, one machine, one Postgres with the settings it comes with, one embedding function (the model in the box); each
stack with its own splitter, and once with our passages. Quality counts documents, each ranked by its best passage of
the first twenty. Seconds are without embedding: vectors are remembered, for all stacks alike; so are questions' vectors
but for the columns that say otherwise.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import psycopg

from app.embedded.postgres import LOGIN_ROLE, EmbeddedPostgres
from bench.plain import Plain
from bench.remembering import Remembering
from bench.stopwatch import Documents, measure
from desk.pages import Page, Stamps
from desk.passage import SearchScope
from desk.platform.accounts import add_account
from desk.platform.database import Database
from desk.platform.encryption import Sealer, new_key
from knowledge.evaluation.metrics import distinct_documents, score_questions
from knowledge.evaluation.question_set import EvaluationCorpus, EvaluationQuestion, read_questions
from knowledge.ingest.index_source import index_source
from knowledge.ingest.prepare import prepare_page
from knowledge.search.library import PostgresLibrary
from migrations.run import migrate
from tests.conftest import short_directory

ROOT = Path(__file__).parents[1]
PEERS, PASSAGES = "peers", 20
ADDED = "\n\nThis page was looked over on 3 March."

Json = dict[str, Any]


def main(argv: Sequence[str]) -> None:
    """Measure every stack on every set, and print a table."""
    options = _options(argv)
    with ExitStack() as stack:
        memory_file = options.memory or Path(stack.enter_context(tempfile.TemporaryDirectory()), "vectors.db")
        memory = Remembering(memory_file)
        sets = [Set(*pair, memory) for pair in zip(options.corpus, options.queries, strict=True)]
        server = stack.enter_context(EmbeddedPostgres(stack.enter_context(short_directory())))
        migrate(server.owner_url, LOGIN_ROLE)
        db = Database(server.url, Sealer([new_key()]))
        stack.callback(db.close)
        rows = [each.judge(row) for number, each in enumerate(sets) for row in _own(db, memory, number, each)]
        if options.peers:
            rows += _peers(options.peers, _peers_url(server), memory_file, sets)
    _print(rows)
    if options.json:
        options.json.write_text(json.dumps(rows, indent=1))


def _options(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench retrieval", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--corpus", type=Path, action="append", required=True, help="JSON lines: id, title, text")
    parser.add_argument("--queries", type=Path, action="append", required=True, help="of that corpus: text, relevant")
    parser.add_argument("--peers", type=Path, help="Python of an environment with bench/peers/requirements.txt")
    parser.add_argument("--memory", type=Path, help="file in which vectors are kept between runs")
    parser.add_argument("--json", type=Path, help="file to write all figures to")
    options = parser.parse_args(argv)
    if len(options.corpus) != len(options.queries):
        parser.error("each --corpus needs its --queries, in the same order")
    if len(set(map(_name, options.corpus))) != len(options.corpus):
        parser.error(
            "two sets have one name: they are called by their folder, or by their file if that is no corpus.jsonl"
        )
    return options


class Set:
    """Documents and questions of one pair of files."""

    def __init__(self, corpus: Path, queries: Path, memory: Remembering) -> None:
        self.name = _name(corpus)
        source = EvaluationCorpus(corpus)
        self.pages = [page for page in source.pages(lambda _: None) if isinstance(page, Page)]
        self.questions: list[EvaluationQuestion] = read_questions(queries, source.ids)[0]
        self.documents = [_document(page) for page in self.pages]
        self.changed = [
            {**each, "text": each["text"] + ADDED} if place % 100 == 0 else each
            for place, each in enumerate(self.documents)
        ]
        self._markup = {page.id: page.markup for page in self.pages}
        ready = {each["text"]: prepare_page(self.page(each), memory) for each in (*self.documents, *self.changed)}
        self.passages = {
            text: [passage.embedded for passage in one.passages] if one else [] for text, one in ready.items()
        }

    def page(self, document: Mapping[str, str]) -> Page:
        """A document as a source gives it."""
        page_id = document["id"]
        return Page(page_id, document["text"], self._markup[page_id], document["title"] or None)

    def judge(self, row: Json) -> Json:
        """The figures of one stack, with what its orders are worth instead of them."""
        orders = [distinct_documents(order) for order in row.pop("orders")]
        scores = score_questions(orders, [question.relevant for question in self.questions])
        return {"set": self.name, **row} | {name: float(each.mean()) for name, each in scores.items()}


def _name(corpus: Path) -> str:
    return corpus.parent.name if corpus.name == "corpus.jsonl" else corpus.stem


def _document(page: Page) -> dict[str, str]:
    return {"id": page.id, "title": page.title or "", "text": page.body}


class Firstline:
    """The product as it is called: `index` and the library."""

    name = "Firstline"

    def __init__(self, db: Database, account: str, memory: Remembering, pages: "Set") -> None:
        self._db, self._account, self._memory, self._set = db, account, memory, pages
        self._library = PostgresLibrary(db, memory)
        add_account(db, account)
        self._ids: dict[str, str] = {}

    def write(self, documents: Documents) -> None:
        """There is one path only."""
        index_source(self._db, self._account, Given([self._set.page(each) for each in documents]), self._memory)

    sync = write

    def ask(self, question: str) -> list[str]:
        """The documents of the best passages."""
        hits = self._library.search(self._account, question, SearchScope(frozenset({"public"}), "en"), limit=PASSAGES)
        return [hit.passage.external_id for hit in hits]

    def clear(self) -> None:
        """What is gone from the source leaves the index."""
        index_source(self._db, self._account, Given([]), self._memory)


class Given:
    """A source of pages that are at hand."""

    name = "given"

    def __init__(self, pages: Sequence[Page]) -> None:
        self._pages = pages

    def count(self) -> int:
        """How many there are."""
        return len(self._pages)

    def pages(self, stamps: Stamps) -> Iterator[Page]:
        """All of them."""
        return iter(self._pages)


def _own(db: Database, memory: Remembering, number: int, each: Set) -> Iterator[Json]:
    questions = [question.text for question in each.questions]
    stacks = Firstline(db, f"bench-{number}", memory, each), Plain(memory), Plain(memory, each.passages)
    for stack in stacks:
        print(f"{each.name}: {stack.name}", file=sys.stderr, flush=True)
        yield measure(stack, memory, each.documents, each.changed, questions)


def _peers_url(server: EmbeddedPostgres) -> str:
    with psycopg.connect(server.superuser_url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {PEERS}".encode())
    return server.superuser_url.replace("/firstline?", f"/{PEERS}?")


def _peers(python: Path, url: str, memory: Path, sets: Sequence[Set]) -> list[Json]:
    work = {
        "url": url,
        "memory": str(memory),
        "sets": [
            {
                "name": each.name,
                "documents": each.documents,
                "changed": each.changed,
                "questions": [question.text for question in each.questions],
                "passages": each.passages,
            }
            for each in sets
        ],
    }
    command = [str(python), "-m", "bench.peers"]
    done = subprocess.run(command, cwd=ROOT, input=json.dumps(work), stdout=subprocess.PIPE, text=True, check=True)
    by_name = {each.name: each for each in sets}
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    return [by_name[row.pop("set")].judge(row) for row in rows]


# --- The table -------------------------------------------------------------------------------------------------------

COLUMNS = {
    "R@5": ("r@5", "{:.3f}"),
    "MRR": ("mrr@10", "{:.3f}"),
    "index s": ("index", "{:.2f}"),
    "again plain s": ("again_plain", "{:.3f}"),
    "again incr. s": ("again_incremental", "{:.3f}"),
    "1 % change s": ("change", "{:.3f}"),
    "ask p50 ms": ("p50", "{:.1f}"),
    "p95": ("p95", "{:.1f}"),
    "with embedding p50": ("p50_embedding", "{:.1f}"),
    "p95 ": ("p95_embedding", "{:.1f}"),
}


def _print(rows: Sequence[Json]) -> None:
    stacks = list(dict.fromkeys(row["stack"] for row in rows))
    names = list(dict.fromkeys(row["set"] for row in rows))
    for name in [*names, *(["mean of all sets"] if len(names) > 1 else [])]:
        print(f"\n{name}\n{'':34}" + "".join(f"{column:>{len(column) + 3}}" for column in COLUMNS))
        for stack in stacks:
            ours = [row for row in rows if row["stack"] == stack and name in (row["set"], "mean of all sets")]
            if ours:
                print(f"{stack:34}" + "".join(_cell(ours, *column) for column in COLUMNS.items()))


def _cell(rows: Sequence[Json], heading: str, column: tuple[str, str]) -> str:
    key, shape = column
    return f"{shape.format(statistics.fmean(row[key] for row in rows)):>{len(heading) + 3}}"
