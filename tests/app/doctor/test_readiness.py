"""`/ready` and `/live` on the whole web application: databases without tables, of another version, and stopped."""

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator

import psycopg
import pytest
from flask.testing import FlaskClient
from pydantic import SecretStr

from app.database import make_database
from app.doctor import readiness
from app.embedded.postgres import EmbeddedPostgres
from app.embedded.redis import EmbeddedRedis
from app.processes.web import make_app
from desk.errors import Temporary
from desk.platform.settings import Settings
from tests.app.copies import in_database
from tests.conftest import short_directory
from tests.json_answers import json_of

Door = Callable[[Settings], FlaskClient]


@pytest.fixture
def door(redis_server: EmbeddedRedis) -> Iterator[Door]:
    """The web application on a database, with a broker."""
    opened = []

    def make(settings: Settings) -> FlaskClient:
        db = make_database(settings)
        opened.append(db)
        complete = settings.model_copy(update={"redis_url": SecretStr(redis_server.url)})
        return make_app(complete, db).test_client()

    yield make
    for db in opened:
        db.close()


def owner_runs(settings: Settings, statement: bytes) -> None:
    """A statement of the tables' owner."""
    assert settings.database_owner_url
    with psycopg.connect(settings.database_owner_url.get_secret_value(), autocommit=True) as connection:
        connection.execute(statement)


def test_a_migrated_database_is_ready(door: Door, shared: Settings) -> None:
    answer = door(shared).get("/ready")
    assert (answer.status_code, answer.json) == (
        200,
        {"status": "ready", "checks": ["postgres", "migrations", "broker"]},
    )


def test_a_database_without_tables_is_alive_and_not_ready(door: Door, new_installation: Callable[[], Settings]) -> None:
    client = door(new_installation())
    answer = client.get("/ready")
    assert (answer.status_code, json_of(answer)["away"]) == (503, ["migrations"])
    assert "there are no tables" in json_of(answer)["faults"]["migrations"]
    assert "firstline migrate" in json_of(answer)["faults"]["migrations"]
    assert client.get("/live").status_code == 200
    assert client.get("/health").status_code == 200


@pytest.mark.parametrize("revision", ["0001", "9999"])
def test_tables_of_an_older_and_of_a_newer_version_are_not_ready(door: Door, migrated: Settings, revision: str) -> None:
    client = door(migrated)
    assert client.get("/ready").status_code == 200
    owner_runs(migrated, f"UPDATE alembic_version SET version_num = '{revision}'".encode())
    answer = client.get("/ready")
    assert (answer.status_code, json_of(answer)["away"]) == (503, ["migrations"])
    assert revision in json_of(answer)["faults"]["migrations"]


def test_a_database_that_hangs_is_not_ready_in_time_and_ready_again_when_it_goes_on(
    door: Door, shared: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readiness, "MOST_SECONDS", 0.5)
    with short_directory() as directory, EmbeddedPostgres(directory, durable=False) as server:
        client = door(shared.model_copy(update={"database_url": SecretStr(server.url)}))
        assert json_of(client.get("/ready"))["away"] == ["migrations"]
        backends = [int(pid) for pid in _backends(server)]
        for pid in backends:
            os.kill(pid, signal.SIGSTOP)
        try:
            began = time.monotonic()
            for _ in range(3):
                answer = client.get("/ready")
                assert json_of(answer)["away"] == ["postgres", "migrations"]
                assert "no answer within" in json_of(answer)["faults"]["postgres"]
            assert time.monotonic() - began < 6
            assert client.get("/live").status_code == 200
        finally:
            for pid in backends:
                os.kill(pid, signal.SIGCONT)
        until = time.monotonic() + 20
        while json_of(client.get("/ready"))["away"] != ["migrations"]:
            assert time.monotonic() < until, "never well again"


def _backends(server: EmbeddedPostgres) -> list[int]:
    """The product's connections on the server, and the process that would make more."""
    with psycopg.connect(server.superuser_url) as connection:
        found = connection.execute("SELECT pid FROM pg_stat_activity WHERE usename = 'firstline'").fetchall()
    pid = server.pid
    assert pid
    return [pid, *(each for (each,) in found)]


def test_a_check_that_is_still_open_is_not_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readiness, "MOST_SECONDS", 0.1)
    go_on, asked = threading.Event(), []

    def hangs() -> None:
        asked.append(1)
        go_on.wait(10)

    check = readiness.bounded("it", hangs)
    for _ in range(3):
        with pytest.raises(Temporary, match="no answer"):
            check()
    assert len(asked) == 1
    go_on.set()
    time.sleep(0.05)
    check()
    assert len(asked) <= 2


def test_an_installation_has_one_name_on_one_database_and_another_on_another(
    door: Door, migrated: Settings, shared: Settings, bare_postgres: EmbeddedPostgres
) -> None:
    one, again, other = (json_of(door(each).get("/health"))["installation"] for each in (migrated, migrated, shared))
    assert one == again != other
    assert len(one) == 16
    assert in_database(bare_postgres.url, "x") not in one
