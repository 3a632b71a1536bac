"""What every test may ask for: a real Postgres with pgvector, a real Redis, a database session, an account of its own.

Network is off: unix sockets alone. `@pytest.mark.loopback` opens 127.0.0.1 and ::1, for look-alikes and the walk.
Tests marked `tools` are left out unless `--tools` is given; then a missing tool is a failure, not a skip.
"""

import gc
import os
import shutil
import sys
import tempfile
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import structlog

sys.path.insert(0, str(Path(__file__).parents[1]))  # a bare checkout can be tested without being installed

from app.embedded.places import SHORT, runtime
from app.embedded.postgres import LOGIN_ROLE, EmbeddedPostgres
from app.embedded.redis import EmbeddedRedis
from desk.platform.accounts import add_account
from desk.platform.database import USUAL, Database, Transaction
from desk.platform.encryption import Sealer, new_key
from desk.policy import policy
from migrations.run import migrate

for name in [name for name in os.environ if name.startswith("ANTHROPIC_")]:
    del os.environ[name]  # a developer's own key must not be spent by tests, nor by the processes that they start

structlog.configure(
    processors=[
        structlog.contextvars.merge_contextvars,
        structlog.processors.format_exc_info,
        structlog.processors.KeyValueRenderer(),
    ]
)  # a traceback with all its variables takes a second to print

gc.set_threshold(50_000, 20, 100)  # the usual one costs a tenth of the suite's time

LOOPBACK = ["127.0.0.1", "::1"]
LEFT_OUT = pytest.StashKey[int]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--tools`: run what needs more than Python."""
    parser.addoption("--tools", action="store_true", help="run the tests that need Chromium, Node or a container")


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """No network unless a test says so. First, because pytest-socket reads its options in the same hook."""
    config.option.disable_socket = True
    config.option.allow_unix_socket = True
    config.addinivalue_line("markers", "loopback: may open sockets to 127.0.0.1 and ::1")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Open loopback where marked; the stories, which are long, begin first; leave tests out that need tools."""
    items.sort(key=lambda item: item.path.parent.name != "stories")
    for item in items:
        if item.get_closest_marker("loopback"):
            item.add_marker(pytest.mark.allow_hosts(LOOPBACK))
    if config.getoption("--tools"):
        return
    left_out = [item for item in items if item.get_closest_marker("tools")]
    config.stash[LEFT_OUT] = len(left_out)
    if hasattr(config, "workeroutput"):  # one of several processes: the one that prints has to be told
        config.workeroutput["left_out"] = len(left_out)
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if not item.get_closest_marker("tools")]


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """A process of pytest-xdist has ended; each has left out the same tests."""
    node.config.stash[LEFT_OUT] = getattr(node, "workeroutput", {}).get("left_out", 0)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """One line for all that was left out."""
    if count := config.stash.get(LEFT_OUT, 0):
        terminalreporter.write_line(f"{count} tests left out: they need a browser or Node; `make test-all` runs them")


@contextmanager
def short_directory() -> Iterator[Path]:
    """A temporary directory that servers can use even when the tests run as root (pytest's own is closed to others)."""
    directory = Path(tempfile.mkdtemp(prefix="firstline-test-", dir=SHORT))
    directory.chmod(0o711 if os.geteuid() == 0 else 0o700)
    try:
        yield directory
    finally:
        shutil.rmtree(directory, ignore_errors=True)
        shutil.rmtree(runtime(directory), ignore_errors=True)  # of servers that a test has killed


@pytest.fixture
def data_dir() -> Iterator[Path]:
    """An empty data directory for embedded servers, of this test alone."""
    with short_directory() as directory:
        yield directory


@pytest.fixture(scope="session")
def bare_postgres() -> Iterator[EmbeddedPostgres]:
    """The session's PostgreSQL: roles, database and extension, no tables yet."""
    with short_directory() as directory, EmbeddedPostgres(directory, durable=False) as server:
        yield server


@pytest.fixture(scope="session")
def postgres(bare_postgres: EmbeddedPostgres) -> EmbeddedPostgres:
    """The session's PostgreSQL, migrated. `url` is the product's login role."""
    migrate(bare_postgres.owner_url, LOGIN_ROLE)
    return bare_postgres


@pytest.fixture(scope="session")
def owner_url(postgres: EmbeddedPostgres) -> str:
    """The migrated database as its owner."""
    return postgres.owner_url


@pytest.fixture(scope="session")
def redis_server() -> Iterator[EmbeddedRedis]:
    """The session's Redis: `url` for Celery, `client_url` for redis-py."""
    with short_directory() as directory, EmbeddedRedis(directory) as server:
        yield server


@pytest.fixture(scope="session", autouse=True)
def policies_read_once() -> Iterator[None]:
    """Many policy books read the shipped policy, which takes 70 ms each time; it is frozen."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(policy, "parse_policy", cache(policy.parse_policy))
        yield


@pytest.fixture(scope="session")
def sealer() -> Sealer:
    """The session's keys."""
    return Sealer([new_key()])


class OneAtATime(Database):
    """Refuses a transaction inside a transaction: workers share few connections, and whoever takes a second while
    holding one waits, when all do so at once, for itself."""

    _holds = ContextVar("holds", default=False)

    @contextmanager
    def account(self, account: str, settings: Mapping[str, str] = USUAL) -> Iterator[Transaction]:
        """As the product's, if none is open."""
        assert not self._holds.get(), "a transaction inside a transaction"
        before = self._holds.set(True)
        try:
            with super().account(account, settings) as tx:
                yield tx
        finally:
            self._holds.reset(before)


@pytest.fixture(scope="session")
def database(postgres: EmbeddedPostgres, sealer: Sealer) -> Iterator[Database]:
    """The product's session on the migrated database, under its login role."""
    database = OneAtATime(postgres.url, sealer)
    yield database
    database.close()


@pytest.fixture
def account(database: Database) -> str:
    """An account of this test alone, so that nothing needs clearing between tests."""
    name = f"test-{uuid.uuid4().hex[:12]}"
    add_account(database, name)
    return name


@pytest.fixture
def other_account(database: Database) -> str:
    """A second account, to prove what must not be seen."""
    name = f"other-{uuid.uuid4().hex[:12]}"
    add_account(database, name)
    return name
