"""Backup and restore: everything comes back, or nothing is touched. Real databases, real files."""

import gzip
import io
import os
import stat
import tarfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from pydantic import SecretStr
from sqlalchemy import create_engine, text
from sqlalchemy.exc import ProgrammingError

from app.backup import restore as restoring
from app.backup.backup import ABOUT, backup
from app.backup.restore import restore
from app.database import make_database
from app.embedded.postgres import EmbeddedPostgres
from app.installation import bring_up_to_date
from desk.errors import BadSetting, FirstlineError, Permanent, Refused, Temporary
from desk.platform.accounts import add_account, list_accounts
from desk.platform.database import driver_url
from desk.platform.encryption import new_key
from desk.platform.settings import Settings
from desk.run import Stage, Usage
from desk.ticket import Event, EventKind
from integration.access import api_tokens, sign_in
from integration.access.permissions import StaffRole, TokenScope
from migrations.run import current_revision, newest_revision, upgrade
from tests.app.conftest import installed
from tests.app.copies import in_database
from tests.conftest import short_directory
from tests.workers.left_open import a_run, keep
from workers.queue import inbox

SECRET = "my boat is called Nettie"


@pytest.fixture
def full(migrated: Settings) -> Settings:
    """An installation with two accounts, an item, a user, a token and a document with its vectors."""
    fill(migrated)
    return migrated


@pytest.fixture(scope="module")
def untouched(bare_postgres: EmbeddedPostgres, template: str) -> Iterator[tuple[Settings, bytes]]:
    """An installation and its backup, for all tests that must leave it as it is."""
    with psycopg.connect(bare_postgres.superuser_url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE own_untouched OWNER firstline_owner TEMPLATE {template}".encode())
    with short_directory() as directory:
        settings = installed(bare_postgres, "own_untouched", directory)
        fill(settings)
        backup(settings, directory / "kept")
        yield settings, (directory / "kept").read_bytes()


@pytest.fixture
def file(full: Settings, tmp_path: Path) -> Path:
    """A backup of it."""
    backup(full, tmp_path / "kept")
    return tmp_path / "kept"


def fill(settings: Settings) -> None:
    """What a backup must bring back; texts with everything that COPY has to escape."""
    db = make_database(settings)
    add_account(db, "harbour", "The \\ Harbour\tand\nits \\. gate \\N")
    with db.account("main") as tx:
        inbox.add_event(tx, "api", Event(EventKind.CUSTOMER_MESSAGE, "e-1", "t-1", "m-1"), SECRET)
        sign_in.add_user(tx, "pia@harbour.example", StaffRole.ADMIN)
        api_tokens.create_token(tx, "desk", [TokenScope.STAFF])
        document = "00000000-0000-4000-8000-000000000001"
        tx.execute(
            text(
                "INSERT INTO documents (account_id, id, source, external_id, title, locale, audience, version, "
                "fingerprint) VALUES ('main', :id, 'x', 'x', '', 'en', 'public', 'v', '\\x00')"
            ),
            {"id": document},
        )
        tx.execute(
            text(
                "INSERT INTO passages (account_id, id, document_id, version, ordinal, headings, blocks, language, "
                "audience, embedder, recipe, content_hash, dimensions, vector, sparse) VALUES ('main', :id, :id, 'v', "
                "0, '{\"a,b\",NULL}', '[{\"text\": \"x\\\\ny\"}]', 'en', 'public', 'e', 1, '\\x00ff', 3, "
                "'[0.1,-2,65504]', '{7:0.33333334}/1000000000')"
            ),
            {"id": document},
        )
    keep(db, "main", a_run(usage=(Usage(Stage.DRAFT, "a-model", 900, 90, dollars=0.5),)))
    db.close()


def everything(settings: Settings) -> dict[str, list[str]]:
    """All rows of all tables, as the owner reads them."""
    assert settings.database_owner_url
    with psycopg.connect(settings.database_owner_url.get_secret_value()) as connection:
        names = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1").fetchall()
        return {
            name: [str(row) for (row,) in connection.execute(f"SELECT t::text FROM {name} t ORDER BY 1".encode())]
            for (name,) in names
        }


def secret_of(settings: Settings) -> str:
    """The payload in the inbox, opened with the installation's keys."""
    db = make_database(settings)
    with db.account("main") as tx:
        payload = tx.execute(text("SELECT payload FROM inbox_items")).scalar_one()
        opened = tx.open(bytes(payload))
    db.close()
    return opened


def rewritten(file: Path, change: Callable[[str, bytes], bytes | None]) -> Path:
    """The same archive with other members; None leaves one out."""
    changed = file.with_name("rewritten")
    with tarfile.open(file) as old, tarfile.open(changed, "w:gz") as new:
        for member in old:
            content = old.extractfile(member)
            assert content
            if (data := change(member.name, content.read())) is not None:
                member.size = len(data)
                new.addfile(member, io.BytesIO(data))
    return changed


def test_everything_comes_back(full: Settings, file: Path, new_installation: Callable[[], Settings]) -> None:
    elsewhere = new_installation().model_copy(update={"keys": full.keys})
    about = restore(elsewhere, file)
    assert everything(elsewhere) == everything(full)
    assert secret_of(elsewhere) == SECRET
    assert (about.rows("users"), about.rows("documents"), about.rows("accounts")) == (1, 1, 2)


def test_a_restored_database_keeps_accounts_apart_and_finds_by_its_vector_indexes(
    full: Settings, file: Path, new_installation: Callable[[], Settings]
) -> None:
    elsewhere = new_installation().model_copy(update={"keys": full.keys})
    restore(elsewhere, file)
    db = make_database(elsewhere)
    with db.account("harbour") as tx:
        assert tx.execute(text("SELECT count(*) FROM inbox_items")).scalar_one() == 0
        with pytest.raises(ProgrammingError, match="row-level security"), tx.connection.begin_nested():
            tx.execute(text("INSERT INTO policies (account_id, version, text) VALUES ('main', 'v', 't')"))
    db.close()
    shape = text(
        "SELECT c.relname, c.relrowsecurity, c.relforcerowsecurity, ARRAY(SELECT polname || polroles::regrole[]::text "
        "FROM pg_policy p WHERE p.polrelid = c.oid ORDER BY 1), ARRAY(SELECT indexdef FROM pg_indexes i "
        "WHERE i.tablename = c.relname ORDER BY 1), c.relacl::text FROM pg_class c "
        "WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY 1"
    )
    shapes = []
    for settings in (full, elsewhere):
        assert settings.database_owner_url
        engine = create_engine(driver_url(settings.database_owner_url.get_secret_value()))
        with engine.connect() as connection:
            shapes.append(connection.execute(shape).all())
        engine.dispose()
    assert shapes[0] == shapes[1]
    assert any("hnsw" in index for row in shapes[0] for index in row[4])


def test_roles_of_other_names_take_a_backup_over(
    full: Settings,
    file: Path,
    new_installation: Callable[[], Settings],
    bare_postgres: EmbeddedPostgres,
) -> None:
    elsewhere = new_installation().model_copy(update={"keys": full.keys})
    assert elsewhere.database_url
    assert elsewhere.database_owner_url
    name = elsewhere.database_url.get_secret_value().split("/")[3].split("?")[0]
    with psycopg.connect(in_database(bare_postgres.superuser_url, name), autocommit=True) as connection:
        for role in ("harbour_owner", "harbour_app"):
            connection.execute(f"DROP ROLE IF EXISTS {role}".encode())
            connection.execute(f"CREATE ROLE {role} LOGIN".encode())
        connection.execute(f"ALTER DATABASE {name} OWNER TO harbour_owner".encode())
        connection.execute("ALTER SCHEMA public OWNER TO harbour_owner")
    urls = {
        "database_url": SecretStr(elsewhere.database_url.get_secret_value().replace("//firstline@", "//harbour_app@")),
        "database_owner_url": SecretStr(
            elsewhere.database_owner_url.get_secret_value().replace("//firstline_owner@", "//harbour_owner@")
        ),
    }
    elsewhere = elsewhere.model_copy(update=urls)
    try:
        restore(elsewhere, file)
        assert secret_of(elsewhere) == SECRET
    finally:
        with psycopg.connect(in_database(bare_postgres.superuser_url, name), autocommit=True) as connection:
            connection.execute(f"ALTER DATABASE {name} OWNER TO firstline_owner".encode())
            connection.execute("ALTER SCHEMA public OWNER TO firstline_owner")
            connection.execute("DROP OWNED BY harbour_app, harbour_owner CASCADE")
            connection.execute("DROP ROLE harbour_app, harbour_owner")


def test_a_backup_is_its_owners_alone_and_made_while_others_write(full: Settings, tmp_path: Path) -> None:
    db = make_database(full)
    with db.account("main") as tx:
        tx.execute(text("UPDATE accounts SET title = 'not yet'"))
        about = backup(full, tmp_path / "kept")
        tx.execute(text("UPDATE accounts SET title = 'still writing'"))
    db.close()
    assert about.rows("inbox_items") == 1
    assert stat.S_IMODE((tmp_path / "kept").stat().st_mode) == 0o600
    with tarfile.open(tmp_path / "kept") as tar:
        content = b"".join(found.read() for member in tar if (found := tar.extractfile(member)))
    assert b"not yet" not in content
    assert SECRET.encode() not in content


def test_a_backup_that_fails_leaves_no_file(full: Settings, tmp_path: Path) -> None:
    def full_disk(done: int, total: int | None, table: str) -> None:
        if done > 3:
            raise OSError(28, "No space left on device")

    folder = tmp_path / "disk"
    folder.mkdir()
    with pytest.raises(OSError, match="No space left"):
        backup(full, folder / "kept", full_disk)
    assert list(folder.iterdir()) == []


def test_a_backup_never_replaces_a_file(full: Settings, file: Path, tmp_path: Path) -> None:
    before = file.read_bytes()
    with pytest.raises(Refused, match="there already"):
        backup(full, file)
    assert file.read_bytes() == before
    with pytest.raises(Refused, match="no folder"):
        backup(full, tmp_path / "nowhere" / "kept")


def test_a_backup_needs_tables_and_their_owner(new_installation: Callable[[], Settings], tmp_path: Path) -> None:
    empty = new_installation()
    with pytest.raises(Refused, match="no tables yet"):
        backup(empty, tmp_path / "kept")
    with pytest.raises(BadSetting, match="DATABASE_OWNER_URL is not set"):
        backup(empty.model_copy(update={"database_owner_url": None}), tmp_path / "kept")
    nowhere = SecretStr("postgresql://x@/x?host=/nowhere")
    with pytest.raises(Temporary, match="DATABASE_OWNER_URL"):
        backup(empty.model_copy(update={"database_owner_url": nowhere}), tmp_path / "kept")


def test_keys_from_outside_are_not_in_the_file_and_our_own_are(full: Settings, tmp_path: Path) -> None:
    (full.data_dir / "keys").write_text(new_key())  # left over from another life: not those in use
    assert backup(full, tmp_path / "without").keys is False
    assert full.keys
    (full.data_dir / "keys").write_text(full.keys.get_secret_value() + "\n")
    assert backup(full, tmp_path / "with").keys is True
    with tarfile.open(tmp_path / "with") as tar:
        assert "keys" in tar.getnames()


def test_our_own_keys_come_back_with_the_rows(
    full: Settings, tmp_path: Path, new_installation: Callable[[], Settings]
) -> None:
    assert full.keys
    (full.data_dir / "keys").write_text(full.keys.get_secret_value() + "\n")
    backup(full, tmp_path / "kept")
    fresh = new_installation()
    assert fresh.keys
    keys = fresh.data_dir / "keys"
    keys.write_text(fresh.keys.get_secret_value() + "\n")
    restore(fresh, tmp_path / "kept")
    assert stat.S_IMODE(keys.stat().st_mode) == 0o600
    assert [path.name for path in fresh.data_dir.iterdir()] == ["keys"]
    assert secret_of(fresh.model_copy(update={"keys": SecretStr(keys.read_text().strip())})) == SECRET


def test_keys_that_do_not_open_the_rows_are_refused_and_the_old_data_stay(
    full: Settings, file: Path, new_installation: Callable[[], Settings]
) -> None:
    other = new_installation()
    bring_up_to_date(other)
    before = everything(other)
    with pytest.raises(Refused, match="the keys of this installation do not open"):
        restore(other, file)
    assert everything(other) == before


def cut(content: bytes) -> bytes:
    """Its first half."""
    return content[: len(content) // 2]


def flipped(content: bytes) -> bytes:
    """One byte in the middle is another. (Among zeros, gzip may come to the same text all the same.)"""
    for place in range(len(content) // 2, len(content)):
        changed = content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :]
        try:
            same = gzip.decompress(changed) == gzip.decompress(content)
        except (OSError, EOFError, zlib.error):
            same = False
        if not same:
            return changed
    raise AssertionError("a change of a byte is never felt")


def noise(content: bytes) -> bytes:
    """As many bytes of nothing."""
    return os.urandom(len(content))


DAMAGES = (cut, flipped, noise, gzip.compress, lambda _: b"", lambda _: b"hello\n", lambda content: content[:-4])


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_or_foreign_file_is_refused_and_the_old_data_stay(
    damage: Callable[[bytes], bytes], untouched: tuple[Settings, bytes], tmp_path: Path
) -> None:
    full, content = untouched
    file = tmp_path / "damaged"
    file.write_bytes(damage(content))
    before = everything(full)
    with pytest.raises(Refused, match=r"damaged|not a whole|not a backup"):
        restore(full, file, overwrite=True)
    assert everything(full) == before


CHANGES: dict[str, Callable[[str, bytes], bytes | None]] = {
    "a table is missing": lambda name, data: None if name == "tables/users" else data,
    "a row is missing": lambda name, data: data[: data.index(b"\n") + 1] if name == "tables/accounts" else data,
    "the end is missing": lambda name, data: None if name == ABOUT else data,
    "it says something else": lambda name, data: b'{"kind": "other"}' if name == ABOUT else data,
    "it says nonsense": lambda name, data: b"[" if name == ABOUT else data,
    "a value does not fit": lambda name, data: data.replace(b"main", b"m\\x00n") if name == "tables/users" else data,
    "a reference leads nowhere": lambda name, data: data.replace(b"main", b"port") if name == "tables/users" else data,
    "a table nobody knows": lambda name, data: data.replace(b'"terms"', b'"pg_authid"') if name == ABOUT else data,
    "a column nobody knows": lambda name, data: data.replace(b'"email"', b'"x\\" y"') if name == ABOUT else data,
    "a newer revision": lambda name, data: (
        data.replace(f'"{newest_revision()}"'.encode(), b'"9999"') if name == ABOUT else data
    ),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_whatever_is_wrong_inside_the_old_data_stay(
    change: Callable[[str, bytes], bytes | None], untouched: tuple[Settings, bytes], tmp_path: Path
) -> None:
    full, content = untouched
    file = tmp_path / "kept"
    file.write_bytes(content)
    before = everything(full)
    with pytest.raises((Refused, Permanent)):
        restore(full, rewritten(file, change), overwrite=True)
    assert everything(full) == before
    assert secret_of(full) == SECRET


def test_an_interrupted_restore_leaves_the_old_data_and_the_old_keys(full: Settings, tmp_path: Path) -> None:
    assert full.keys
    keys = full.data_dir / "keys"
    keys.write_text(full.keys.get_secret_value() + "\n")
    backup(full, tmp_path / "kept")
    before, old_keys = everything(full), keys.read_bytes()

    def stop(done: int, total: int | None, table: str) -> None:
        if done == 5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        restore(full, tmp_path / "kept", overwrite=True, progress=stop)
    assert everything(full) == before
    assert keys.read_bytes() == old_keys
    assert [path.name for path in full.data_dir.iterdir()] == ["keys"]


def test_tickets_are_replaced_only_when_told_to(full: Settings, file: Path) -> None:
    db = make_database(full)
    with db.account("main") as tx:
        tx.execute(
            text(
                "INSERT INTO ticket_states (account_id, channel, ticket_id, state) VALUES ('main', 'api', 't', 'done')"
            )
        )
    db.close()
    with pytest.raises(Refused, match="holds 1 tickets; `--overwrite`"):
        restore(full, file)
    restore(full, file, overwrite=True)
    assert everything(full)["ticket_states"] == []


def test_a_backup_of_an_older_revision_is_migrated(new_installation: Callable[[], Settings], tmp_path: Path) -> None:
    old = new_installation()
    assert old.database_owner_url
    engine = create_engine(driver_url(old.database_owner_url.get_secret_value()))
    with engine.begin() as connection:
        upgrade(connection, "firstline", "0002")
    engine.dispose()
    db = make_database(old)
    add_account(db, "harbour")
    db.close()
    backup(old, tmp_path / "kept")
    fresh = new_installation().model_copy(update={"keys": old.keys})
    restore(fresh, tmp_path / "kept")
    db = make_database(fresh)
    assert [account.id for account in list_accounts(db)] == ["harbour"]
    with db.across() as connection:
        assert current_revision(connection) == newest_revision()
    db.close()


def test_tables_of_somebody_else_stay(full: Settings, file: Path, bare_postgres: EmbeddedPostgres) -> None:
    assert full.database_url
    name = full.database_url.get_secret_value().split("/")[3].split("?")[0]
    with psycopg.connect(in_database(bare_postgres.superuser_url, name), autocommit=True) as connection:
        connection.execute("CREATE TABLE lighthouse AS SELECT 1 AS lamp")
        restore(full, file, overwrite=True)
        assert connection.execute("SELECT lamp FROM lighthouse").fetchall() == [(1,)]


def test_a_restore_waits_for_nobody_for_ever(full: Settings, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(restoring, "LOCK_MILLISECONDS", 100)
    before = everything(full)
    db = make_database(full)
    with db.account("main") as tx:
        tx.execute(text("SELECT count(*) FROM users"))
        with pytest.raises(Temporary, match="stop web, workers and beat"):
            restore(full, file, overwrite=True)
    db.close()
    assert everything(full) == before


def test_a_folder_is_no_backup(full: Settings, tmp_path: Path) -> None:
    with pytest.raises((FirstlineError, OSError)):
        restore(full, tmp_path)
