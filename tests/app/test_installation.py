"""How a command finds its installation: nothing set, a running server beside it, a database of the operator's own."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import create_engine, text

from app.embedded.places import Lock
from app.embedded.postgres import EmbeddedPostgres
from app.installation import address, bring_up_to_date, existing, installation, open_account, open_database
from app.os_process import until
from desk.errors import BadSetting, Refused
from desk.platform.accounts import list_accounts
from desk.platform.database import driver_url
from desk.platform.encryption import new_key
from desk.platform.settings import Settings
from tests.app.conftest import use

ROOT = Path(__file__).parents[2]


def test_a_command_brings_its_own_database_up_to_date_and_leaves_no_lock(data_dir: Path) -> None:
    settings = Settings(data_dir=data_dir)
    with open_database(settings) as db:
        assert [account.id for account in list_accounts(db)] == ["main"]
    assert Lock((data_dir / "postgres").resolve()).holder() is None
    keys = (data_dir / "keys").read_text()
    with installation(settings, as_it_is=True) as ready:
        assert ready.keys
        assert ready.keys.get_secret_value() == keys.strip()


def test_beside_a_running_server_a_command_uses_that_one_unless_it_must_be_alone(data_dir: Path) -> None:
    settings = Settings(data_dir=data_dir)
    with EmbeddedPostgres(data_dir, durable=False) as server:
        with installation(settings, as_it_is=True) as ready:
            assert ready.database_url
            assert ready.database_url.get_secret_value() == server.url
        assert server.ready()
        with pytest.raises(BadSetting, match="is in use by process"), installation(settings, alone=True):
            pass
        assert server.ready()


def test_a_command_waits_until_another_one_has_stopped_its_server(data_dir: Path) -> None:
    with EmbeddedPostgres(data_dir, durable=False) as server:
        url = server.url
    lock = Lock(data_dir / "postgres")
    lock.acquire()  # as another command holds it while its server starts or stops
    release = threading.Timer(0.3, lock.release)
    release.start()
    with installation(Settings(data_dir=data_dir), as_it_is=True) as ready:
        assert ready.database_url
        assert ready.database_url.get_secret_value() == url
    release.join()


def test_a_command_that_is_told_to_end_stops_its_server(data_dir: Path) -> None:
    env = {**os.environ, "PYTHONPATH": str(ROOT), "FIRSTLINE_DATA_DIR": str(data_dir)}
    home = data_dir / "postgres"
    record = home / "cluster" / "postmaster.pid"
    argv = [sys.executable, "-m", "app", "items"]
    with subprocess.Popen(argv, env=env, stdout=subprocess.DEVNULL) as command:
        try:
            assert until(lambda: record.exists() and "\n" in record.read_text(), 60)
            server = int(record.read_text().split("\n")[0])
        finally:
            command.send_signal(signal.SIGTERM)
        assert command.wait(30) == 128 + signal.SIGTERM
    assert Lock(home.resolve()).holder() is None
    with pytest.raises(ProcessLookupError):
        os.kill(server, 0)


def test_with_a_database_of_ones_own_the_keys_of_the_data_directory_still_count(migrated: Settings) -> None:
    key = new_key()
    (migrated.data_dir / "keys").write_text(key + "\n")
    with installation(migrated.model_copy(update={"keys": None})) as ready:
        assert ready.keys == SecretStr(key)
    with installation(migrated) as ready:
        assert ready.keys == migrated.keys


def test_only_an_account_that_somebody_made_is_opened(migrated: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, migrated)
    with open_account(None) as tx:
        assert tx.account == "main"
    with pytest.raises(Refused, match="no account 'harbour'"), open_account("harbour"):
        pass
    with open_database(migrated) as db:
        assert existing(db, "main") == "main"
        for name in ("", "Main", "main\n", "\udcff", "x" * 64):
            with pytest.raises(Refused, match="no account"):
                existing(db, name)


def test_tables_of_a_newer_version_are_left_alone(migrated: Settings) -> None:
    assert migrated.database_owner_url
    engine = create_engine(driver_url(migrated.database_owner_url.get_secret_value()))
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    engine.dispose()
    with pytest.raises(BadSetting, match="9999, which a newer Firstline made"):
        bring_up_to_date(migrated)


def test_without_the_owner_only_tables_of_this_version_will_do(
    migrated: Settings, new_installation: Callable[[], Settings]
) -> None:
    before, after = bring_up_to_date(migrated.model_copy(update={"database_owner_url": None}))
    assert before == after
    with pytest.raises(BadSetting, match="DATABASE_OWNER_URL is not set"):
        bring_up_to_date(new_installation().model_copy(update={"database_owner_url": None}))


def test_the_address_is_the_public_one_else_the_one_that_was_written_down(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, port=8123)
    assert address(settings) == "http://127.0.0.1:8123"
    (tmp_path / "address").write_text("http://127.0.0.1:4567\n")
    assert address(settings) == "http://127.0.0.1:4567"
    public = settings.model_copy(update={"public_url": "https://support.example.com/"})
    assert address(public) == "https://support.example.com"
