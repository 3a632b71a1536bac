"""A switch whose process is killed while the provider is asked: searches go on, and the next sync ends the switch."""

import subprocess
import sys
import time
from typing import Any

import pytest
from sqlalchemy import text

from app.embedded.postgres import EmbeddedPostgres
from desk.passage import SearchScope
from desk.platform.database import Database
from knowledge.embedders.openai_compatible import OpenAICompatible
from knowledge.index.embedding_versions import active_version
from knowledge.ingest import reindex
from knowledge.ingest.index_source import index_source
from knowledge.remote.json_http import JsonHttpClient
from knowledge.remote.token_budget import token_budget_for
from knowledge.search.library import PostgresLibrary
from tests.lookalikes.embeddings import KEY, Embeddings
from tests.lookalikes.stage import Fault, Request


class Stuck(Embeddings):
    """Takes a minute over its third answer."""

    def fault_for(self, request: Request) -> Fault | None:
        """By what it has done."""
        return Fault(slow=60) if len(self.effects("embedded")) == 2 else None


SWITCH = f"""
import sys
from desk.platform.database import Database
from desk.platform.encryption import Sealer, new_key
from knowledge.ingest import reindex
from knowledge.embedders.openai_compatible import OpenAICompatible
from knowledge.remote.token_budget import token_budget_for
from knowledge.remote.json_http import JsonHttpClient
url, account, party = sys.argv[1:]
wire = JsonHttpClient("the look-alike", party, {KEY!r}, 60)
reindex.DOCUMENTS_AT_ONCE = 2
embedder = OpenAICompatible(wire, "look-16", token_budget_for(512))
reindex.settle_embedder(Database(url, Sealer([new_key()])), account, embedder, lambda name: None)
"""


@pytest.mark.loopback
def test_a_switch_killed_while_the_provider_is_asked_is_ended_by_the_next(
    database: Database, postgres: EmbeddedPostgres, account: str, embedder: Any, source: Any, page: Any
) -> None:
    index_source(
        database, account, source(*(page(f"p{n}", f"# Page {n}\n\nA refund of {n}.") for n in range(7))), embedder
    )
    with Stuck() as party:
        address = f"{party.url}/v1/embeddings"
        wire = JsonHttpClient("the look-alike", address, KEY)
        new = OpenAICompatible(wire, "look-16", token_budget_for(512))
        library = PostgresLibrary(database, new, {embedder.name: embedder}.get)

        def found() -> int:
            return len(library.search(account, "refund", SearchScope(frozenset({"public"}), "en"), limit=20))

        assert _kill_at_third_request(party, [postgres.url, account, address]) == -9
        assert found() == 7
        with database.account(account) as tx:
            way = reindex.reindex_in_progress(tx, new.name)
        assert way == reindex.ReindexProgress(embedder.name, "openai:look-16", 4, 7)
        _wait_for_its_lock(database)
        asked = len(party.effects("embedded"))
        assert reindex.settle_embedder(database, account, new, {embedder.name: embedder}.get) is new
        assert sum(len(each["texts"]) for each in party.effects("embedded")[asked:]) == 3
        with database.account(account) as tx:
            state = active_version(tx)
        assert state
        assert (state.embedder, found()) == (new.name, 7)
        wire.close()


def _kill_at_third_request(party: Embeddings, arguments: list[str]) -> int:
    """Start a switch, and kill it while its third request waits for the answer."""
    with subprocess.Popen([sys.executable, "-c", SWITCH, *arguments]) as process:
        try:
            deadline = time.monotonic() + 30
            while len(party.effects("embedded")) < 3 and process.poll() is None and time.monotonic() < deadline:
                time.sleep(0.01)
        finally:
            process.kill()
    return process.returncode


def _wait_for_its_lock(database: Database) -> None:
    """The server notices that a client is gone within moments."""
    deadline = time.monotonic() + 10
    held = text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'")
    with database.across() as connection:
        while connection.execute(held).scalar_one() and time.monotonic() < deadline:
            time.sleep(0.02)
