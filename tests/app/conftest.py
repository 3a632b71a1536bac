"""Installations of a test's own, and the `firstline` command run in this process."""

import signal
import sys
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
import structlog
from pydantic import SecretStr

from app.cli import main
from app.embedded.postgres import EmbeddedPostgres
from app.installation import bring_up_to_date
from desk.platform.encryption import new_key
from desk.platform.settings import Settings, environment_variable
from tests.app.copies import Copies, in_database
from tests.conftest import short_directory

SERVERS = ("database_url", "database_owner_url", "redis_url")


@dataclass(frozen=True, slots=True)
class Said:
    """What a command said, and its exit code."""

    code: int
    out: str
    err: str


Command = Callable[..., Said]


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Without what a developer may have set, and without a `.env`."""
    for field in Settings.model_fields:
        monkeypatch.delenv(environment_variable(field), raising=False)
    monkeypatch.chdir(tmp_path)


@pytest.fixture(scope="session")
def template(bare_postgres: EmbeddedPostgres) -> str:
    """A migrated database with the default account, for copies: many times as quick as the migrations."""
    with psycopg.connect(bare_postgres.superuser_url, autocommit=True) as connection:
        connection.execute("CREATE DATABASE own_template OWNER firstline_owner TEMPLATE template0")
    with psycopg.connect(in_database(bare_postgres.superuser_url, "own_template"), autocommit=True) as connection:
        connection.execute("CREATE EXTENSION vector")
    bring_up_to_date(installed(bare_postgres, "own_template", Path("data")))
    return "own_template"


@pytest.fixture
def new_database(bare_postgres: EmbeddedPostgres) -> Iterator[Callable[[str], str]]:
    """Makes copies of a database; returns their names."""
    made: list[str] = []

    def make(template: str) -> str:
        name = f"own_{uuid.uuid4().hex[:12]}"
        with psycopg.connect(bare_postgres.superuser_url, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name} OWNER firstline_owner TEMPLATE {template}".encode())
        made.append(name)
        return name

    yield make
    with psycopg.connect(bare_postgres.superuser_url, autocommit=True) as connection:
        for name in made:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


@pytest.fixture
def new_installation(
    new_database: Callable[[str], str], bare_postgres: EmbeddedPostgres, tmp_path: Path
) -> Callable[[], Settings]:
    """Makes installations without tables: a database with pgvector, a data directory, keys from outside."""

    def make() -> Settings:
        name = new_database("template0")
        with psycopg.connect(in_database(bare_postgres.superuser_url, name), autocommit=True) as connection:
            connection.execute("CREATE EXTENSION vector")
        (tmp_path / name).mkdir()
        return installed(bare_postgres, name, tmp_path / name)

    return make


@pytest.fixture(scope="session")
def copies(bare_postgres: EmbeddedPostgres, template: str) -> Copies:
    """Databases for `migrated`."""
    return Copies(bare_postgres.superuser_url, template)


@pytest.fixture
def migrated(copies: Copies, bare_postgres: EmbeddedPostgres, tmp_path: Path) -> Iterator[Settings]:
    """An installation that is up to date and empty."""
    name = copies.take()
    (tmp_path / name).mkdir()
    yield installed(bare_postgres, name, tmp_path / name)
    copies.give_back(name)


@pytest.fixture(scope="session")
def shared(bare_postgres: EmbeddedPostgres, template: str) -> Iterator[Settings]:
    """The same for all tests that leave nothing in it."""
    with psycopg.connect(bare_postgres.superuser_url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE own_shared OWNER firstline_owner TEMPLATE {template}".encode())
    with short_directory() as directory:
        yield installed(bare_postgres, "own_shared", directory)


def installed(server: EmbeddedPostgres, name: str, data_dir: Path) -> Settings:
    """Settings for this database, with keys of its own."""
    urls = {"database_url": server.url, "database_owner_url": server.owner_url}
    settings = Settings(data_dir=data_dir, keys=SecretStr(new_key()))
    return settings.model_copy(update={key: SecretStr(in_database(url, name)) for key, url in urls.items()})


@pytest.fixture
def firstline(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Command]:
    """Run the command as a shell would."""
    handlers = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGHUP)}
    log_settings = structlog.get_config()

    def run(*arguments: str) -> Said:
        monkeypatch.setattr(sys, "argv", ["firstline", *arguments])
        capsys.readouterr()
        with pytest.raises(SystemExit) as end:
            main()
        said = capsys.readouterr()
        return Said(int(end.value.code or 0), said.out, said.err)

    monkeypatch.setattr(sys, "excepthook", sys.excepthook)  # put back at the end
    yield run
    structlog.configure(**log_settings)
    for number, handler in handlers.items():
        signal.signal(number, handler)


@pytest.fixture
def here(migrated: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """An installation of this test's own, which the commands find in their environment."""
    use(monkeypatch, migrated)
    return migrated


@pytest.fixture
def pages(tmp_path: Path) -> Path:
    """A folder of two pages."""
    folder = tmp_path / "pages"
    folder.mkdir()
    (folder / "moor.md").write_text("# Mooring\n\nA berth by the pier costs 14 florins a night.\n")
    (folder / "tide.md").write_text("# Tides\n\nThe harbour gate opens two hours before high water.\n")
    return folder


def use(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> None:
    """Put what differs from the defaults into the environment."""
    for field in settings.model_fields_set | set(SERVERS):
        if (value := getattr(settings, field)) is not None:
            plain = value.get_secret_value() if isinstance(value, SecretStr) else str(value)
            monkeypatch.setenv(environment_variable(field), plain)
