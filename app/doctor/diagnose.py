"""What is fine, missing, stopped or wrong, and what to do about it. It looks, and does not assume: each party is asked.

What is asked stands in the files beside: the database's insides in `database.py`, processes in `processes.py`, the
work in `queues.py`, outside parties in `connections.py` and `parties.py`. Nothing is changed, and nothing hangs: what
can be asked at once is, and each group of questions has its seconds, whatever it is that does not answer. No finding
quotes a secret.
"""

import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace

from app.backup.backup import own_keys
from app.database import make_database, make_sealer
from app.doctor import connections, database, parties, processes, queues
from app.doctor.deadline import TimedQuestion
from app.embedded.postgres import EmbeddedPostgres
from app.installation import installation
from desk.errors import BadSetting, FirstlineError
from desk.health_check import HealthCheck, HealthState, fine, missing, wrong
from desk.platform.database import Database
from desk.platform.settings import Settings, read_settings

MOST_SECONDS = 15.0
"""For each group of questions; each question has a shorter time-out of its own where the driver knows one."""

LITTLE_SPACE = 500_000_000  # bytes
KEYS_REMEDY = "each is what `firstline keys new` prints, commas between them"

GROUPS = ("settings", "database", "processes", "accounts", "outside", "parties", "work")
"""The headings, in this order. `outside` asks the parties; `parties` says what the workers know of them."""


@dataclass(frozen=True, slots=True)
class CheckGroup:
    """Questions under one heading; `name` is what is told when nothing answers."""

    group: str
    name: str
    questions: Callable[[], Iterable[HealthCheck]]


def diagnose() -> list[HealthCheck]:
    """Look at this installation, from its settings on."""
    try:
        settings = read_settings()
    except BadSetting as error:
        faults = (line.partition(": ") for line in str(error).splitlines())
        remedy = "mend it in the environment or in .env; .env.example shows it"
        return [replace(wrong(name, what, remedy), group="settings") for name, _, what in faults]
    return examine(settings)


def examine(settings: Settings) -> list[HealthCheck]:
    """Look at everything."""
    return sorted(_run_checks(settings), key=lambda check: GROUPS.index(check.group))


def _run_checks(settings: Settings) -> list[HealthCheck]:
    checks = _ask_at_once([CheckGroup("settings", "FIRSTLINE_DATA_DIR", lambda: _check_data_dir(settings))])
    if settings.database_url is None and not EmbeddedPostgres(settings.data_dir).cluster.path.exists():
        detail = f"not set, and no database in {settings.data_dir} yet"
        remedy = "set it; or let `firstline up`, or any other command, make one"
        database_check = replace(missing("DATABASE_URL", detail, remedy), group="database")
        return [*checks, database_check, *_ask_at_once(_settings_groups(settings, None))]
    try:
        with installation(settings, as_it_is=True) as ready:
            return checks + _check_installation(ready)
    except FirstlineError as error:
        remedy = "see postgres-start.log in FIRSTLINE_DATA_DIR"
        return [*checks, replace(wrong("PostgreSQL", str(error), remedy), group="database")]


def _check_installation(settings: Settings) -> list[HealthCheck]:
    """First the database; then, if it can be read, what stands in it; the rest beside it, all at once."""
    checks = _ask_at_once(
        [
            CheckGroup("settings", "FIRSTLINE_KEYS", lambda: [_check_keys(settings)]),
            CheckGroup("database", "DATABASE_URL", lambda: database.table_checks(settings)),
        ]
    )
    if any(check.state is not HealthState.FINE for check in checks):
        return checks + _ask_at_once(_settings_groups(settings, None))
    with closing(make_database(settings)) as db:
        return checks + _ask_at_once([*_settings_groups(settings, db), *_database_groups(settings, db)])


def _settings_groups(settings: Settings, db: Database | None) -> list[CheckGroup]:
    """What needs no database; `db` is there if it can be read."""
    owner_groups = [CheckGroup("database", "DATABASE_OWNER_URL", lambda: database.owner_checks(settings))]
    return (owner_groups if settings.database_url else []) + [
        CheckGroup("processes", "REDIS_URL", lambda: processes.broker_checks(settings)),
        CheckGroup("processes", "web", lambda: processes.web_checks(settings, db)),
        CheckGroup("processes", "embedder", lambda: processes.embedder_checks(settings)),
        CheckGroup("outside", "models", lambda: connections.model_checks(settings)),
        CheckGroup("outside", "sign-in", lambda: connections.sign_in_checks(settings)),
    ]


def _database_groups(settings: Settings, db: Database) -> list[CheckGroup]:
    """What stands in the database, and whom it says to ask."""
    return [
        CheckGroup("processes", "beat", lambda: processes.beat_checks(settings, db)),
        CheckGroup("accounts", "accounts", lambda: database.content_checks(settings, db)),
        CheckGroup("outside", "connections", lambda: connections.connection_checks(settings, db)),
        CheckGroup("parties", "parties", lambda: parties.party_checks(db)),
        CheckGroup("work", "work", lambda: queues.queue_checks(settings, db)),
    ]


def _ask_at_once(groups: Sequence[CheckGroup]) -> list[HealthCheck]:
    """All answers, in the order of the questions."""
    timed_questions = [(group, TimedQuestion(group.name, group.questions)) for group in groups]
    return [
        replace(check, group=group.group)
        for group, question in timed_questions
        for check in _answers_or_fault(question)
    ]


def _answers_or_fault(question: TimedQuestion[HealthCheck]) -> Iterator[HealthCheck]:
    was_answered = question.wait(MOST_SECONDS)
    try:
        yield from question.answers()
    except FirstlineError as error:
        yield wrong(question.name, str(error), "the lines above may say why")
    if not was_answered:
        yield wrong(question.name, f"no answer within {MOST_SECONDS:g} s", "is the host right, and up?")


def _check_data_dir(settings: Settings) -> Iterator[HealthCheck]:
    name, directory = "FIRSTLINE_DATA_DIR", settings.data_dir.absolute()
    existing_parent = next(path for path in (directory, *directory.parents) if path.exists())
    if not existing_parent.is_dir() or not os.access(existing_parent, os.W_OK | os.X_OK):
        yield wrong(name, f"{existing_parent} cannot be written to", "name another place, or give it to this user")
        return
    free_bytes = shutil.disk_usage(existing_parent).free
    if free_bytes < LITTLE_SPACE:
        yield wrong(
            name, f"{directory}, {free_bytes / 1e6:.0f} MB free", "PostgreSQL stops when the disk is full: make room"
        )
    else:
        yield fine(name, f"{directory}, {free_bytes / 1e9:.0f} GB free")


def _check_keys(settings: Settings) -> HealthCheck:
    if settings.keys is None:
        return missing("FIRSTLINE_KEYS", "not set", "make a key with `firstline keys new`, and keep it safe")
    try:
        make_sealer(settings)
    except BadSetting as error:
        return wrong("FIRSTLINE_KEYS", str(error).removeprefix("FIRSTLINE_KEYS: "), KEYS_REMEDY)
    count = len(settings.keys.get_secret_value().split(","))
    if own_keys(settings) is None:
        return fine("FIRSTLINE_KEYS", f"{count} set from outside: `firstline backup` does not hold them")
    path = settings.data_dir / "keys"
    if path.stat().st_mode & 0o077:
        return wrong("FIRSTLINE_KEYS", f"others may read {path}", f"chmod 600 {path}")
    return fine("FIRSTLINE_KEYS", f"{count} in {path}")
