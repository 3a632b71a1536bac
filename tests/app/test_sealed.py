"""Keys: a process that does not have those that sealed the database does not start, and says which it expected."""

import hashlib
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import psycopg
import pytest
from pydantic import SecretStr

from app.backup.backup import backup
from app.backup.restore import restore
from app.database import make_database
from app.doctor.database import content_checks
from app.embedded.redis import EmbeddedRedis
from app.installation import bring_up_to_date, installation, open_database
from app.key_check import recognise_keys
from app.processes.children import WORKER, environment
from app.processes.up import up
from app.processes.web import create
from desk.errors import BadSetting, Blocked, Permanent, Refused, WrongKeys
from desk.health_check import HealthCheck, HealthState
from desk.platform.database import Database
from desk.platform.encryption import Sealer, key_fingerprint, new_key
from desk.platform.settings import Settings
from desk.ticket import Event, EventKind
from tests.app.conftest import Command, use
from workers.queue import inbox

ROOT = Path(__file__).parents[2]
OLD, NEW, FOREIGN = new_key(), new_key(), new_key()


def given(settings: Settings, *keys: str) -> Settings:
    """The same installation with other keys."""
    return settings.model_copy(update={"keys": SecretStr(",".join(keys))})


@contextmanager
def opened(settings: Settings) -> Iterator[Database]:
    with closing(make_database(settings)) as db:
        yield db


def start(settings: Settings) -> None:
    """What every process does with its keys before it works."""
    with opened(settings) as db:
        recognise_keys(db)


def take_in(settings: Settings, name: str = "e-1") -> None:
    """Something sealed."""
    with opened(settings) as db, db.account("main") as tx:
        inbox.add_event(tx, "api", Event(EventKind.CUSTOMER_MESSAGE, name, f"t-{name}", "m-1"), "a payload")


@pytest.fixture
def sealed(migrated: Settings) -> Settings:
    """An installation that the old key has sealed something in."""
    settings = given(migrated, OLD)
    start(settings)
    take_in(settings)
    return settings


def test_the_fingerprint_is_what_a_shell_can_reckon_too() -> None:
    assert key_fingerprint(OLD) == hashlib.sha256(OLD.encode()).hexdigest()[:8]
    assert Sealer([NEW, OLD]).fingerprints == (key_fingerprint(NEW), key_fingerprint(OLD))


def test_an_unknown_key_is_refused_by_the_name_of_the_one_that_is_expected(sealed: Settings) -> None:
    with pytest.raises(
        BadSetting, match=f"FIRSTLINE_KEYS.* {key_fingerprint(OLD)}, and given is {key_fingerprint(FOREIGN)}"
    ):
        start(given(sealed, FOREIGN))
    start(sealed)


def test_web_and_commands_refuse_it_and_what_opens_nothing_does_not(
    sealed: Settings, monkeypatch: pytest.MonkeyPatch, firstline: Command, tmp_path: Path
) -> None:
    use(monkeypatch, given(sealed, FOREIGN))
    with pytest.raises(BadSetting, match=key_fingerprint(OLD)):
        create()
    for command in (["items"], ["connections"], ["ask", "When?"], ["replay", "x"]):
        said = firstline(*command)
        assert (said.code, key_fingerprint(OLD) in said.err) == (78, True), command
    assert firstline("migrate").code == 0
    assert firstline("backup", str(tmp_path / "kept")).code == 0


@pytest.mark.parametrize(
    ("url", "words"),
    [("database_url", f"key {key_fingerprint(OLD)}"), ("database_owner_url", "an owner can")],
    ids=["keys", "role"],
)
def test_a_worker_with_strange_keys_or_too_mighty_a_role_ends(
    sealed: Settings, redis_server: EmbeddedRedis, url: str, words: str
) -> None:
    role = getattr(sealed, url)
    settings = given(sealed, FOREIGN).model_copy(
        update={"database_url": role, "redis_url": SecretStr(redis_server.url)}
    )
    argv = [*WORKER, "-P", "solo", "-Q", "knowledge", "-n", "strange@here"]
    env = environment(settings) | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(argv, env=env, cwd=sealed.data_dir, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, words in done.stdout + done.stderr) == (78, True), done


@pytest.mark.loopback
def test_up_with_a_lost_key_file_refuses_and_sealed_data_stay(data_dir: Path) -> None:
    settings = Settings(data_dir=data_dir, port=0)
    with open_database(settings) as db, db.account("main") as tx:
        inbox.add_event(tx, "api", Event(EventKind.CUSTOMER_MESSAGE, "e-1", "t-1", "m-1"), "a payload")
    keys = data_dir / "keys"
    expected = key_fingerprint(keys.read_text().strip())
    keys.write_text(FOREIGN + "\n")
    with (data_dir / "said").open("w") as out, pytest.raises(BadSetting, match=expected):
        up(settings, out=out)


def test_a_new_key_in_front_is_taken_in_and_both_are_expected_from_then_on(sealed: Settings) -> None:
    both = given(sealed, NEW, OLD)
    start(both)
    take_in(both, "e-2")
    start(both)
    for alone, lacks in ((NEW, OLD), (OLD, NEW)):
        with pytest.raises(BadSetting, match=f"sealed by the key {key_fingerprint(lacks)}, and"):
            start(given(sealed, alone))


def test_a_key_may_be_changed_as_long_as_nothing_is_sealed(migrated: Settings) -> None:
    start(given(migrated, OLD))
    start(given(migrated, NEW))
    take_in(given(migrated, NEW))
    start(given(migrated, NEW))
    with pytest.raises(BadSetting, match=key_fingerprint(NEW)):
        start(given(migrated, OLD))


def forget_all(settings: Settings) -> None:
    """As tables are that were migrated from a version which kept no fingerprints."""
    assert settings.database_owner_url
    with psycopg.connect(settings.database_owner_url.get_secret_value()) as connection:
        connection.execute("DELETE FROM sealing_keys")


def test_tables_from_before_fingerprints_are_known_by_what_opens(sealed: Settings) -> None:
    forget_all(sealed)
    with pytest.raises(BadSetting, match="no key opens the oldest event of this database"):
        start(given(sealed, FOREIGN))
    start(given(sealed, NEW, OLD))
    with pytest.raises(BadSetting, match=key_fingerprint(OLD)):
        start(given(sealed, NEW))


def test_tables_that_are_still_to_be_migrated_are_no_matter_of_keys(sealed: Settings) -> None:
    assert sealed.database_owner_url
    with psycopg.connect(sealed.database_owner_url.get_secret_value()) as connection:
        connection.execute("DROP FUNCTION firstline_sealing_keys")
    start(given(sealed, FOREIGN))


def test_a_key_that_is_lost_for_good_can_be_given_up(
    sealed: Settings, monkeypatch: pytest.MonkeyPatch, firstline: Command
) -> None:
    use(monkeypatch, given(sealed, NEW))
    listed = firstline("keys", "list")
    assert key_fingerprint(OLD) in listed.out
    assert firstline("keys", "forget", "0" * 8, "--yes").code == 1
    assert firstline("keys", "forget", key_fingerprint(OLD), "--yes").code == 0
    assert firstline("items").code == 0


def test_a_wrong_key_makes_work_wait_and_damage_does_not() -> None:
    sealed = Sealer([OLD]).seal("a word")
    with pytest.raises(WrongKeys) as shut:
        Sealer([NEW]).open(sealed)
    assert isinstance(shut.value, Blocked)
    with pytest.raises(Permanent, match="damaged"):
        Sealer([OLD]).open(b"no such thing")


def keys_of(settings: Settings) -> HealthCheck:
    """What doctor finds of them."""
    with opened(settings) as db:
        return next(check for check in content_checks(settings, db) if check.name == "keys")


def test_doctor_names_the_key_that_is_expected(sealed: Settings) -> None:
    assert keys_of(given(sealed, NEW, OLD)).state is HealthState.FINE
    check = keys_of(given(sealed, FOREIGN))
    assert (check.state, key_fingerprint(OLD) in check.what) == (HealthState.WRONG, True)


def test_a_restored_database_is_known_by_the_keys_that_sealed_it(
    sealed: Settings, new_installation: Callable[[], Settings], tmp_path: Path
) -> None:
    backup(sealed, tmp_path / "kept")
    elsewhere = given(new_installation(), FOREIGN)
    bring_up_to_date(elsewhere)
    with pytest.raises(Refused, match=f"those that were in use: {key_fingerprint(OLD)}"):
        restore(elsewhere, tmp_path / "kept")
    restore(given(elsewhere, OLD), tmp_path / "kept")
    with installation(given(elsewhere, OLD)):
        pass
    with pytest.raises(BadSetting, match=key_fingerprint(OLD)), installation(elsewhere):
        pass
