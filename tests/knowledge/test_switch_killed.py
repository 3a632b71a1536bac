"""A switch whose process is killed while the provider is asked: searches go on, and the next sync ends the switch."""

import subprocess
import sys
import time
from typing import Any

import pytest
from sqlalchemy import text

from app.embedded import EmbeddedPostgres
from desk.db import Database
from knowledge import switch
from knowledge.embedders.openai_compatible import OpenAICompatible
from knowledge.ingest import index
from knowledge.library import PostgresLibrary
from knowledge.remote.measure import measure
from knowledge.remote.wire import Wire
from knowledge.states import active
from tests.lookalikes.embeddings import KEY, Embeddings
from tests.lookalikes.stage import Fault, Request


class Stuck(Embeddings):
    """Takes a minute over its third answer."""

    def fault_for(self, request: Request) -> Fault | None:
        """By what it has done."""
        return Fault(slow=60) if len(self.effects("embedded")) == 2 else None


SWITCH = f"""
import sys
from desk.db import Database
from desk.privacy import Sealer, new_key
from knowledge import switch
from knowledge.embedders.openai_compatible import OpenAICompatible
from knowledge.remote.measure import measure
from knowledge.remote.wire import Wire
url, account, party = sys.argv[1:]
wire = Wire("the look-alike", party, {KEY!r}, 60)
switch.DOCUMENTS_AT_ONCE = 2
switch.settle(
    Database(url, Sealer([new_key()])), account, OpenAICompatible(wire, "look-16", measure(512)), lambda name: None
)
"""


@pytest.mark.loopback
def test_a_switch_killed_while_the_provider_is_asked_is_ended_by_the_next(
    database: Database, postgres: EmbeddedPostgres, account: str, embedder: Any, source: Any, page: Any
) -> None:
    index(database, account, source(*(page(f"p{n}", f"# Page {n}\n\nA refund of {n}.") for n in range(7))), embedder)
    with Stuck() as party:
        address = f"{party.url}/v1/embeddings"
        wire = Wire("the look-alike", address, KEY)
        new = OpenAICompatible(wire, "look-16", measure(512))
        library = PostgresLibrary(database, new, {embedder.name: embedder}.get)

        def found() -> int:
            return len(library.search(account, "refund", limit=20, audiences=frozenset({"public"}), locale="en"))

        assert _kill_at_third_request(party, [postgres.url, account, address]) == -9
        assert found() == 7
        with database.account(account) as tx:
            way = switch.switching(tx, new.name)
        assert way == switch.Switching(embedder.name, "openai:look-16", 4, 7)
        _wait_for_its_lock(database)
        asked = len(party.effects("embedded"))
        assert switch.settle(database, account, new, {embedder.name: embedder}.get) is new
        assert sum(len(each["texts"]) for each in party.effects("embedded")[asked:]) == 3
        with database.account(account) as tx:
            state = active(tx)
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
