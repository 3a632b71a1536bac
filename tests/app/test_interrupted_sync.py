"""`firstline sources sync` as real processes: killed in the middle, and two at once."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from sqlalchemy.engine import make_url

from app.embedded.postgres import EmbeddedPostgres
from desk.platform.settings import Settings
from tests.app.conftest import Command, use
from tests.app.copies import in_database

ROOT = Path(__file__).parents[2]
PAGES = 150
HELD_AT = "p100.md"
"""The page at which the process is held: one batch of 64 before it is written, the rest is not."""

HOLD = f"""
    CREATE FUNCTION hold() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        IF NEW.external_id = '{HELD_AT}' AND NEW.account_id = 'main' THEN PERFORM pg_advisory_xact_lock(42); END IF;
        RETURN NEW;
    END $$;
    CREATE TRIGGER hold BEFORE INSERT OR UPDATE ON documents FOR EACH ROW EXECUTE FUNCTION hold();
"""
CONTENTS = """
    SELECT external_id, title, passage.version, ordinal, headings, blocks::text, content_hash, vector::text,
           sparse::text
    FROM documents JOIN passages AS passage ON passage.document_id = documents.id
    WHERE documents.account_id = %s ORDER BY external_id, ordinal
"""
TERMS = "SELECT dimension, passages FROM terms WHERE account_id = %s ORDER BY dimension"


class Outside:
    """What the tests see and hold of the database, past row-level security."""

    def __init__(self, connection: psycopg.Connection[tuple[object, ...]]) -> None:
        self.connection = connection
        self.said = ""

    def rows(self, query: str, *values: str) -> list[tuple[object, ...]]:
        return self.connection.execute(query.encode(), values).fetchall()

    def documents(self) -> int:
        return len(self.rows("SELECT 1 FROM documents WHERE account_id = 'main'"))

    @contextmanager
    def holding(self, argv: list[str]) -> Iterator[subprocess.Popen[str]]:
        """A command that is held where it comes to the page, and goes on at the end."""
        self.connection.execute("SELECT pg_advisory_lock(42)")
        env = {**os.environ, "PYTHONPATH": str(ROOT)}
        with subprocess.Popen(argv, env=env, stdout=subprocess.PIPE, text=True) as process:
            try:
                while not self.rows("SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"):
                    assert process.poll() is None, "the command ended and was never held"
                    time.sleep(0.02)
                yield process
            except BaseException:
                process.kill()
                raise
            finally:
                self.connection.execute("SELECT pg_advisory_unlock(42)")
            self.said = process.communicate()[0]


@pytest.fixture
def here(migrated: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, firstline: Command) -> Settings:
    """An installation whose source has more pages than are written at once, and has not been read yet."""
    use(monkeypatch, migrated)
    folder = tmp_path / "pages"
    folder.mkdir()
    for number in range(PAGES):
        text = f"# Berth {number}\n\nIt costs {number} florins, and lies by pier {number % 7}."
        (folder / f"p{number:03}.md").write_text(text)
    assert firstline("sources", "add", "folder", str(folder), "--name", "berths", "--no-sync").code == 0
    return migrated


@pytest.fixture
def outside(here: Settings, bare_postgres: EmbeddedPostgres) -> Iterator[Outside]:
    """The same database as its superuser."""
    assert here.database_url
    name = make_url(here.database_url.get_secret_value()).database
    assert name
    with psycopg.connect(in_database(bare_postgres.superuser_url, name), autocommit=True) as connection:
        connection.execute(HOLD.encode())
        yield Outside(connection)


SYNC = [sys.executable, "-m", "app", "sources", "sync", "--json"]


def test_a_sync_that_is_killed_and_a_good_one_leave_what_one_would_have_left(
    here: Settings, outside: Outside, firstline: Command, tmp_path: Path
) -> None:
    with outside.holding(SYNC) as process:
        process.kill()
    written = len(outside.rows("SELECT 1 FROM passages WHERE account_id = 'main'"))
    assert 0 < written < PAGES
    report = json.loads(firstline("sources", "sync", "--json").out)["berths"]
    assert report["added"] == PAGES - written
    assert report["passages_embedded"] == PAGES - written
    firstline("accounts", "add", "untouched")
    firstline("sources", "add", "folder", str(tmp_path / "pages"), "--account", "untouched")
    for query in (CONTENTS, TERMS):
        assert outside.rows(query, "main") == outside.rows(query, "untouched") != []


def test_of_two_syncs_at_once_one_does_the_work_and_the_other_says_so(
    here: Settings, outside: Outside, firstline: Command, tmp_path: Path
) -> None:
    firstline("sources", "sync")
    for page in (tmp_path / "pages").iterdir():
        if page.name != HELD_AT:
            page.write_text(page.read_text().replace("florins", "guilders"))
    with outside.holding(SYNC) as process:
        said = firstline("sources", "sync")
        assert (said.code, said.out) == (75, "")
        assert "by another run" in said.err
    assert (process.returncode, json.loads(outside.said)["berths"]["changed"]) == (0, PAGES - 1)
    assert outside.documents() == PAGES
    assert json.loads(firstline("sources", "sync", "--json").out)["berths"]["unchanged"] == PAGES
