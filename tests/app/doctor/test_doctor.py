"""The doctor finds what is wrong, says what to do, and never hangs. The databases are real, and so are their faults."""

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import psycopg
import pytest
from pydantic import SecretStr
from sqlalchemy import text

from app.bootstrap import VERSION, make_embedder, source_kinds
from app.database import make_database
from app.doctor import diagnose, processes
from app.doctor.diagnose import examine
from app.doctor.role import refuse_privileges
from app.embedded.postgres import EmbeddedPostgres
from app.embedded.redis import EmbeddedRedis
from desk.errors import BadSetting
from desk.health_check import HealthCheck, HealthState
from desk.platform.encryption import new_key
from desk.platform.settings import Settings
from desk.ticket import new_id
from knowledge.embedders import minilm
from knowledge.ingest import sync
from knowledge.ingest.index_source import index_source
from knowledge.ingest.sync import SyncContext
from knowledge.sources import configured_sources
from knowledge.sources.configured_sources import ConfiguredSource
from knowledge.sources.folder import Folder
from tests.app.conftest import Command, use
from tests.app.copies import in_database

pytestmark = pytest.mark.loopback


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever listens on port 8000 of this machine is not ours to ask, and no worker runs."""
    monkeypatch.setenv("FIRSTLINE_PORT", "1")
    monkeypatch.setattr(processes, "WORKER_SECONDS", 0.05)


@pytest.fixture
def well(migrated: Settings, redis_server: EmbeddedRedis) -> Settings:
    """An installation whose servers are all there."""
    return migrated.model_copy(update={"redis_url": SecretStr(redis_server.url), "port": 1})


@pytest.fixture
def otherwise_well(shared: Settings, redis_server: EmbeddedRedis) -> Settings:
    """The same, for tests that leave nothing in it."""
    return shared.model_copy(update={"redis_url": SecretStr(redis_server.url), "port": 1})


def look(settings: Settings) -> dict[str, HealthCheck]:
    """What the doctor finds, by name."""
    checks = examine(settings)
    for check in checks:
        assert bool(check.remedy) is (check.state is not HealthState.FINE), check
    return {check.name: check for check in checks}


def changed(settings: Settings, **values: object) -> Settings:
    """With other values; texts become secrets where the setting is one."""
    secret = {"database_url", "database_owner_url", "redis_url", "keys"}
    return settings.model_copy(update={k: SecretStr(str(v)) if k in secret else v for k, v in values.items()})


def name_of(settings: Settings) -> str:
    """The name of its database."""
    assert settings.database_url
    return settings.database_url.get_secret_value().split("/")[3].split("?")[0]


def test_a_good_installation_is_fine(well: Settings) -> None:
    found = look(well)
    not_fine = {name for name, check in found.items() if check.state is not HealthState.FINE}
    nobody_runs, nothing_is_in_it = {"workers", "web", "beat"}, {"documents of main", "staff of main"}
    assert not_fine == nobody_runs | nothing_is_in_it
    assert {found[name].state for name in nobody_runs} == {HealthState.STOPPED}
    assert found["REDIS_URL"].what == "answers"


def test_nothing_is_wrong_where_nothing_was_begun_and_nothing_is_made(tmp_path: Path) -> None:
    found = look(Settings(data_dir=tmp_path / "data", port=1))
    assert found["DATABASE_URL"].state is HealthState.MISSING
    assert "firstline up" in found["DATABASE_URL"].remedy
    assert not [check for check in found.values() if check.state is HealthState.WRONG]
    assert not (tmp_path / "data").exists()


def test_a_role_that_security_does_not_bind_is_refused(
    otherwise_well: Settings, bare_postgres: EmbeddedPostgres
) -> None:
    name = name_of(otherwise_well)
    with psycopg.connect(bare_postgres.superuser_url, autocommit=True) as connection:
        connection.execute("CREATE ROLE own_bypass LOGIN BYPASSRLS")
        connection.execute("CREATE ROLE own_member LOGIN IN ROLE own_bypass")
    superuser = in_database(bare_postgres.superuser_url, name)
    owner = in_database(bare_postgres.owner_url, name)
    try:
        for url, words in (
            (superuser, "is a superuser"),
            (owner, "the owner of"),
            (superuser.replace("//postgres@", "//own_bypass@"), "has BYPASSRLS"),
            (superuser.replace("//postgres@", "//own_member@"), "member of own_bypass, which has BYPASSRLS"),
        ):
            bad = changed(otherwise_well, database_url=url)
            check = look(bad)["role"]
            assert (check.state, words in check.what) == (HealthState.WRONG, True), check
            db = make_database(bad)
            with pytest.raises(BadSetting, match=words):
                refuse_privileges(db)
            db.close()
    finally:
        with psycopg.connect(bare_postgres.superuser_url, autocommit=True) as connection:
            connection.execute("DROP ROLE own_member, own_bypass")


def test_the_products_own_role_is_let_in(migrated: Settings) -> None:
    db = make_database(migrated)
    refuse_privileges(db)
    db.close()


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://firstline:sesame@127.0.0.1:1/firstline",
        "postgresql://firstline:sesame@/firstline?host=/nowhere",
        "postgresql://firstline:sesame@x:y@127.0.0.1/firstline",
        "postgresql://firstline:sesame@127.0.0.1:many/firstline",
    ],
)
def test_a_server_that_is_not_there_and_a_url_that_is_none(url: str, otherwise_well: Settings) -> None:
    found = look(changed(otherwise_well, database_url=url))
    assert found["DATABASE_URL"].state is HealthState.WRONG
    assert "keys of main" not in found
    assert found["REDIS_URL"].state is HealthState.FINE
    assert not [check for check in found.values() if "sesame" in check.what + check.remedy]


def test_a_database_that_is_not_there_and_a_role_without_rights(
    otherwise_well: Settings, bare_postgres: EmbeddedPostgres
) -> None:
    found = look(changed(otherwise_well, database_url=in_database(bare_postgres.url, "own_nowhere")))
    assert '"own_nowhere" does not exist' in found["DATABASE_URL"].what
    with psycopg.connect(bare_postgres.superuser_url, autocommit=True) as connection:
        connection.execute("CREATE ROLE own_stranger LOGIN")
    try:
        stranger = in_database(bare_postgres.url, name_of(otherwise_well)).replace("//firstline@", "//own_stranger@")
        assert look(changed(otherwise_well, database_url=stranger))["rights"].state is HealthState.WRONG
    finally:
        with psycopg.connect(bare_postgres.superuser_url, autocommit=True) as connection:
            connection.execute("DROP ROLE own_stranger")


def test_the_owners_url_is_looked_at_too(otherwise_well: Settings) -> None:
    assert (
        look(otherwise_well.model_copy(update={"database_owner_url": None}))["DATABASE_OWNER_URL"].state
        is HealthState.MISSING
    )
    assert otherwise_well.database_url
    same = changed(otherwise_well, database_owner_url=otherwise_well.database_url.get_secret_value())
    assert "does not own" in look(same)["DATABASE_OWNER_URL"].what
    away = changed(otherwise_well, database_owner_url="postgresql://x@/x?host=/nowhere")
    assert look(away)["DATABASE_OWNER_URL"].state is HealthState.WRONG


@pytest.mark.parametrize("url", ["redis://:sesame@127.0.0.1:1/0", "redis+socket:///nowhere.sock", "redis://:a/b@x/0",
                                 "amqp://u:sesame@127.0.0.1:1//"])  # fmt: skip
def test_a_broker_that_is_down(url: str, otherwise_well: Settings) -> None:
    found = look(changed(otherwise_well, redis_url=url))
    assert found["REDIS_URL"].state is HealthState.WRONG
    assert "workers" not in found
    assert "sesame" not in str(found)


def test_a_database_without_tables_and_one_without_pgvector(
    new_installation: Callable[[], Settings], bare_postgres: EmbeddedPostgres
) -> None:
    bare = new_installation()
    found = look(bare)
    told = HealthCheck("migrations", HealthState.MISSING, "no tables yet", "run `firstline migrate`", "database")
    assert found["migrations"] == told
    with psycopg.connect(in_database(bare_postgres.superuser_url, name_of(bare)), autocommit=True) as connection:
        connection.execute("DROP EXTENSION vector")
    assert look(bare)["pgvector"].state is HealthState.WRONG


def test_tables_of_another_version_and_tables_without_protection(
    well: Settings, bare_postgres: EmbeddedPostgres
) -> None:
    with psycopg.connect(in_database(bare_postgres.owner_url, name_of(well)), autocommit=True) as connection:
        connection.execute("ALTER TABLE messages NO FORCE ROW LEVEL SECURITY")
        connection.execute("DROP POLICY own_account ON runs")
        assert look(well)["row-level security"].what == "not in force on messages, runs"
        for revision, words in (("0001", "this version needs"), ("9999", "a newer Firstline")):
            connection.execute("UPDATE alembic_version SET version_num = %s", (revision,))
            assert words in look(well)["migrations"].what


def test_a_policy_that_cannot_be_read(otherwise_well: Settings, tmp_path: Path) -> None:
    broken = tmp_path / "policy.yaml"
    for content in ("tone: [", "tone: kind"):
        broken.write_text(content)
        check = look(changed(otherwise_well, policy=broken))["policy of main"]
        assert (check.state, str(broken) in check.what) == (HealthState.WRONG, True)
    assert look(changed(otherwise_well, policy=tmp_path / "none"))["policy of main"].state is HealthState.WRONG


def test_keys_that_are_none_and_keys_that_do_not_open_what_is_there(well: Settings) -> None:
    assert look(changed(well, keys="sesame"))["FIRSTLINE_KEYS"].state is HealthState.WRONG
    assert look(well.model_copy(update={"keys": None}))["FIRSTLINE_KEYS"].state is HealthState.MISSING
    db = make_database(well)
    with db.account("main") as tx:
        ticket = {"id": new_id(), "sealed": tx.seal("a word")}
        tx.execute(
            text(
                "INSERT INTO tickets (account_id, id, via, requester, subject, status, priority) "
                "VALUES ('main', :id, 'api', :sealed, :sealed, 'open', 'normal')"
            ),
            ticket,
        )
        tx.execute(
            text(
                "INSERT INTO messages (account_id, id, ticket_id, position, role, public, body) "
                "VALUES ('main', :id, :id, 0, 'customer', true, :sealed)"
            ),
            ticket,
        )
    db.close()
    assert look(well)["keys of main"].what == "open the oldest and the newest of what is sealed"
    check = look(changed(well, keys=new_key()))["keys of main"]
    assert (check.state, check.what) == (HealthState.WRONG, "none opens the oldest message")


def test_a_key_file_that_others_may_read(well: Settings) -> None:
    assert well.keys
    path = well.data_dir / "keys"
    path.write_text(well.keys.get_secret_value())
    path.chmod(0o644)
    assert look(well)["FIRSTLINE_KEYS"].remedy == f"chmod 600 {path}"
    path.chmod(0o600)
    assert look(well)["FIRSTLINE_KEYS"].state is HealthState.FINE


def test_a_damaged_model_file(otherwise_well: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for file in minilm.MODEL.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    with (tmp_path / "model.int8.onnx").open("r+b") as model:
        model.seek(5_000_000)
        model.write(b"sesame")
    monkeypatch.setattr(processes, "make_embedder", lambda settings: minilm.MiniLM(tmp_path))
    check = look(otherwise_well)["embedder"]
    assert (check.state, "SHA256SUMS" in check.what) == (HealthState.WRONG, True)


def test_an_account_that_nobody_made_and_replies_that_are_paused(well: Settings, firstline: Command) -> None:
    assert look(changed(well, account="harbour"))["FIRSTLINE_ACCOUNT"].state is HealthState.WRONG
    db = make_database(well)
    with db.account("main") as tx:
        tx.execute(text("UPDATE accounts SET paused_at = now()"))
    db.close()
    assert "firstline resume" in look(well)["replies of main"].remedy


def test_a_data_directory_that_cannot_be_one(otherwise_well: Settings, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert look(changed(otherwise_well, data_dir=tmp_path / "file"))["FIRSTLINE_DATA_DIR"].state is HealthState.WRONG


def test_somebody_elses_web_server_is_not_taken_for_ours(otherwise_well: Settings) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(10_000)
                connection.sendall(b"HTTP/1.0 200 OK\r\n\r\n<html>hello")

        thread = threading.Thread(target=answer)
        thread.start()
        found = look(changed(otherwise_well, port=listener.getsockname()[1]))
        thread.join()
    assert "something else answers" in found["web"].what
    assert look(changed(otherwise_well, public_url="support"))["FIRSTLINE_PUBLIC_URL"].state is HealthState.WRONG


@contextmanager
def web_server(uptime_seconds: float) -> Iterator[int]:
    """Our own, which has been up for so long; its port."""

    class Health(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps({"version": VERSION, "uptime_seconds": uptime_seconds}).encode())

        def log_message(self, format: str, *args: object) -> None:
            """Says nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Health) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


def test_what_was_started_seconds_ago_is_starting_and_not_stopped(otherwise_well: Settings) -> None:
    with web_server(uptime_seconds=8.0) as port:
        found = look(changed(otherwise_well, port=port))
    for name in ("beat", "workers"):
        assert found[name].state is HealthState.MISSING
        assert found[name].what == "starting: the web server is up since 8 s"
    with web_server(uptime_seconds=61.0) as port:
        found = look(changed(otherwise_well, port=port))
    assert (found["beat"].state, found["beat"].what) == (HealthState.STOPPED, "there never was a beat")
    assert (found["workers"].state, found["workers"].what) == (HealthState.STOPPED, "none answers")


def test_what_never_answers_does_not_hold_the_doctor_up(
    otherwise_well: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    never = threading.Event()
    monkeypatch.setattr(diagnose, "MOST_SECONDS", 3.0)
    monkeypatch.setattr(processes, "web_checks", lambda settings, db: iter([never.wait()]))
    assert "no answer within" in look(otherwise_well)["web"].what
    never.set()


def test_the_command_prints_all_and_its_exit_code_says_whether_something_is_wrong(
    otherwise_well: Settings, monkeypatch: pytest.MonkeyPatch, firstline: Command
) -> None:
    use(monkeypatch, otherwise_well)
    said = firstline("doctor")
    assert said.code == 2
    of_the_database = "DATABASE_URL, role, pgvector, migrations, row-level security, DATABASE_OWNER_URL"
    assert f"fine     database: {of_the_database}\n" in said.out
    assert "stopped  beat: there never was a beat\n         → start it" in said.out
    assert said.out.endswith("3 stopped, 2 missing\n")
    assert "fine     role: bound by row-level security\n" in firstline("doctor", "--verbose").out
    monkeypatch.setenv("DATABASE_URL", "postgresql://firstline:sesame@/x?host=/nowhere")
    said = firstline("doctor", "--json")
    assert said.code == 1
    checks = json.loads(said.out)
    assert {"fine", "stopped", "wrong"} == {check["state"] for check in checks}
    assert all(set(check) == {"group", "name", "state", "what", "remedy"} for check in checks)
    assert "sesame" not in said.out


def test_settings_that_cannot_be_read_are_findings_too(monkeypatch: pytest.MonkeyPatch, firstline: Command) -> None:
    monkeypatch.setenv("FIRSTLINE_PORT", "many")
    monkeypatch.setenv("DATABASE_URL", "mysql://u:sesame@host/db")
    said = firstline("doctor", "--json")
    assert said.code == 1
    assert {check["name"] for check in json.loads(said.out)} == {"FIRSTLINE_PORT", "DATABASE_URL"}
    assert "sesame" not in said.out


def test_a_switch_of_the_embedder_is_told_with_how_far_it_is(well: Settings, tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / f"{name}.md").write_text(f"# {name}\n\nA refund takes days.", encoding="utf-8")
    db = make_database(well)
    index_source(db, "main", Folder(tmp_path), minilm.MiniLM())
    db.close()
    other = changed(well, embedder="openai", embedder_url="http://127.0.0.1:1/v1/embeddings", embedder_model="m")
    check = look(other)["embedder of main"]
    assert check.what == "switching from minilm-l6-v2-int8 to openai:m: 0% of the documents"
    assert "embedder of main" not in look(well)


def test_a_source_with_an_error_is_wrong_and_one_that_nobody_reads_is_missing(well: Settings, tmp_path: Path) -> None:
    (tmp_path / "pages").mkdir()
    db = make_database(well)
    with db.account("main") as tx:
        for name, path in (("fine", "pages"), ("gone", "nowhere"), ("idle", "pages")):
            configured_sources.save_source(tx, ConfiguredSource(name, "folder", {"path": str(tmp_path / path)}))
    reading = SyncContext(db, "main", source_kinds(), make_embedder(well))
    for source in sync.find_sources(db, "main", ["fine", "gone"]):
        sync.sync_source(reading, source)
    with db.account("main") as tx:
        tx.execute(text("UPDATE sources SET added_at = now() - interval '2 days' WHERE name = 'idle'"))
    db.close()
    found = look(well)
    assert "source fine of main" not in found
    gone, idle = found["source gone of main"], found["source idle of main"]
    assert (gone.state, "is not a folder" in gone.what) == (HealthState.WRONG, True)
    assert (idle.state, idle.what) == (HealthState.MISSING, "never read")


def test_a_source_that_would_lose_most_of_its_pages_is_wrong_and_says_what_to_type(
    well: Settings, tmp_path: Path
) -> None:
    (tmp_path / "pages").mkdir()
    (tmp_path / "pages/crane.md").write_text("The crane lifts nine tonnes.")
    db = make_database(well)
    with db.account("main") as tx:
        configured_sources.save_source(tx, ConfiguredSource("shore", "folder", {"path": str(tmp_path / "pages")}))
    reading = SyncContext(db, "main", source_kinds(), make_embedder(well))
    [source] = sync.find_sources(db, "main", ["shore"])
    sync.sync_source(reading, source)
    (tmp_path / "pages/crane.md").unlink()
    sync.sync_source(reading, source)
    db.close()
    check = look(well)["source shore of main"]
    assert check.state is HealthState.WRONG
    assert check.what.startswith("its only document has gone from it")
    assert "`firstline sources sync shore --confirm`" in check.what
