"""`firstline knowledge eval`: figures out of a database of its own, which leaves nothing behind."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from app.embedded import scratch_database as scratch
from app.embedded.places import Lock
from app.embedded.postgres import EmbeddedPostgres
from app.embedded.scratch_database import ACCOUNT, scratch_database
from app.os_process import birth, until
from desk.platform.accounts import list_accounts
from tests.app.conftest import Command
from tests.conftest import short_directory

ROOT = Path(__file__).parents[3]

DOCUMENTS = [
    {"id": "moor", "title": "Mooring", "text": "A berth by the pier costs 14 florins a night."},
    {"id": "tide", "title": "Tides", "text": "The harbour gate opens two hours before high water."},
    {"id": "fuel", "title": "Fuel", "text": "Diesel is sold at the east quay from eight to noon."},
    {"id": "void", "title": "Void", "text": " "},
]
QUESTIONS = [
    {"text": "what is the price of a berth", "relevant": ["moor"]},
    {"text": "when does the gate open", "relevant": ["tide"]},
    {"text": "where can I buy diesel", "relevant": ["fuel", "nowhere"]},
]


@pytest.fixture(autouse=True)
def elsewhere(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Scratch databases in a directory of this test alone, so that tests at the same time do not tidy it."""
    with short_directory() as directory:
        monkeypatch.setattr(tempfile, "tempdir", str(directory))
        yield directory


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    return write(tmp_path / "corpus.jsonl", DOCUMENTS)


@pytest.fixture
def queries(tmp_path: Path) -> Path:
    return write(tmp_path / "queries.jsonl", QUESTIONS)


def write(path: Path, objects: Sequence[Mapping[str, object]]) -> Path:
    path.write_text("".join(json.dumps(each) + "\n" for each in objects))
    return path


def test_without_any_installation_a_corpus_is_measured_and_nothing_is_left(
    firstline: Command, corpus: Path, queries: Path, elsewhere: Path, tmp_path: Path
) -> None:
    said = firstline("knowledge", "eval", "--corpus", str(corpus), "--queries", str(queries), "--json")
    assert said.code == 0, said.err
    found = json.loads(said.out)
    assert list(found) == ["dense", "lexical", "fused"]
    assert all(set(half) == {"r@1", "r@5", "mrr@10", "ndcg@10"} for half in found.values())
    assert found["fused"]["mrr@10"] == {"value": 1.0, "low": 1.0, "high": 1.0}
    assert "void: has no text" in said.err
    assert "line 3: not in the corpus: nowhere" in said.err
    assert list(elsewhere.iterdir()) == []
    assert not (tmp_path / "data").exists()


def test_the_table_shows_the_halves_both_together_and_what_that_gains(
    firstline: Command, corpus: Path, queries: Path
) -> None:
    said = firstline("knowledge", "eval", "--corpus", str(corpus), "--queries", str(queries), "--limit", "2")
    assert said.code == 0, said.err
    rows = [line.split()[0] for line in said.out.splitlines() if line and line[0].isalpha()]
    assert rows == ["dense", "lexical", "fused", "fused"]
    assert "MRR@10" in said.out
    assert "+0.000 [+0.000, +0.000]" in said.out
    assert "2 questions, 3 documents, 3 passages" in said.out


@pytest.mark.parametrize(
    ("documents", "questions", "said"),
    [
        ([], QUESTIONS, "corpus.jsonl holds no documents"),
        (DOCUMENTS, [], "queries.jsonl holds no question"),
        ([{"id": "a"}], QUESTIONS, "corpus.jsonl, line 1: the field 'text' is missing"),
        (DOCUMENTS, [{"text": "x"}], "queries.jsonl, line 1: the field 'relevant' is missing"),
    ],
)
def test_what_cannot_be_measured_is_said_before_any_server_starts(
    documents: list[dict[str, object]],
    questions: list[dict[str, object]],
    said: str,
    firstline: Command,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(EmbeddedPostgres, "start", None)
    corpus, queries = write(tmp_path / "corpus.jsonl", documents), write(tmp_path / "queries.jsonl", questions)
    answer = firstline("knowledge", "eval", "--corpus", str(corpus), "--queries", str(queries))
    assert answer.code == 1
    assert said in answer.err


def test_what_a_killed_command_left_is_ended_and_removed_by_the_next(elsewhere: Path) -> None:
    take = "from app.embedded.scratch_database import scratch_database"
    code = f"import time; {take}\nwith scratch_database(): print(flush=True); time.sleep(60)"
    environment = {**os.environ, "TMPDIR": str(elsewhere), "PYTHONPATH": str(ROOT)}
    killed = subprocess.Popen([sys.executable, "-c", code], env=environment, stdout=subprocess.PIPE)
    assert killed.stdout
    killed.stdout.readline()
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    killed.stdout.close()
    (left,) = elsewhere.iterdir()
    pid = EmbeddedPostgres(left).cluster.recorded_pid()
    assert birth(pid) is not None
    with scratch_database() as db:
        assert [account.id for account in list_accounts(db)] == [ACCOUNT]
        assert not left.exists()
    assert until(lambda: birth(pid) is None, 10)
    assert list(elsewhere.iterdir()) == []


def test_commands_at_work_and_what_is_not_ours_are_let_be(elsewhere: Path) -> None:
    busy, fresh, other = (elsewhere / name for name in (f"{scratch.PREFIX}busy", f"{scratch.PREFIX}new", "other"))
    for directory in (busy, fresh, other):
        directory.mkdir()
    (elsewhere / f"{scratch.PREFIX}link").symlink_to(other)
    stale = elsewhere / f"{scratch.PREFIX}stale"
    stale.mkdir()
    os.utime(stale, (time.time() - 3600,) * 2)
    with Lock(busy):
        scratch._remove_leftovers()
    assert busy.exists()
    assert fresh.exists()
    assert other.exists()
    assert not stale.exists()
