"""What is fine, what is missing, what is wrong, and what to do about it: settings, servers, processes, the model.

The database's insides are looked at in `app/examination.py`. Nothing is changed, and nothing hangs: each group of
questions has its seconds, whatever it is that does not answer. No finding quotes a password.
"""

import contextlib
import http.client
import json
import os
import shutil
import threading
from collections.abc import Callable, Iterable, Iterator
from urllib.parse import urlsplit

import redis
from kombu.connection import Connection as Broker
from kombu.exceptions import OperationalError as BrokerError
from redis.backoff import NoBackoff
from redis.retry import Retry

from app.backup import own_keys
from app.bootstrap import make_celery, make_embedder
from app.check import Check, State, fine, missing, wrong
from app.database import make_sealer
from app.embedded import EmbeddedPostgres, EmbeddedRedis
from app.examination import contents, owner, tables
from app.installation import address, installation
from desk.errors import BadSetting, FirstlineError
from desk.settings import Settings, read_settings
from workers import queues

MOST_SECONDS = 15.0
"""For each group of questions; each question has a shorter time-out of its own where the driver knows one."""

WORKER_SECONDS = 1.5  # for all of them to answer
MOST_ANSWER = 10_000  # bytes of /health
LITTLE_SPACE = 500_000_000  # bytes

KEYS_REMEDY = "each is what `firstline keys new` prints, commas between them"
BROKER_FAULTS = (BrokerError, redis.RedisError, OSError, ValueError, KeyError)


def diagnose() -> list[Check]:
    """Look at this installation, from its settings on."""
    try:
        settings = read_settings()
    except BadSetting as error:
        parts = (line.partition(": ") for line in str(error).splitlines())
        return [
            wrong(name, what, "mend it in the environment or in .env; .env.example shows it") for name, _, what in parts
        ]
    return examine(settings)


def examine(settings: Settings) -> list[Check]:
    """Look at everything, in the order in which it depends on each other."""
    checks = _within("FIRSTLINE_DATA_DIR", lambda: _data_dir(settings))
    if settings.database_url is None and not EmbeddedPostgres(settings.data_dir).cluster.path.exists():
        remedy = "set it; or let `firstline up`, or any other command, make one"
        checks.append(missing("DATABASE_URL", f"not set, and no database in {settings.data_dir} yet", remedy))
        return checks + _services(settings)
    try:
        with installation(settings, as_it_is=True) as ready:
            return checks + _installed(ready)
    except FirstlineError as error:
        return [*checks, wrong("PostgreSQL", str(error), "see postgres-start.log in FIRSTLINE_DATA_DIR")]


def _installed(settings: Settings) -> list[Check]:
    checks = [_keys(settings), *_within("DATABASE_URL", lambda: tables(settings))]
    readable = not any(each.state is not State.FINE for each in checks)
    checks += _within("DATABASE_OWNER_URL", lambda: owner(settings))
    checks += _services(settings)
    if readable:
        checks += _within("contents", lambda: contents(settings))
    return checks


def _services(settings: Settings) -> list[Check]:
    broker = _within("REDIS_URL", lambda: _broker(settings))
    checks = [*broker]
    if broker[0].state is State.FINE:
        checks += _within("workers", lambda: _workers(settings))
    checks += _within("web", lambda: _web(settings))
    return checks + _within("embedder", lambda: _model(settings))


def _within(name: str, questions: Callable[[], Iterable[Check]]) -> list[Check]:
    """Ask in a thread, and go on without it when it takes too long: no driver's time-out covers a name server."""
    answers: list[Check] = []
    faults: list[BaseException] = []

    def ask() -> None:
        try:
            answers.extend(questions())
        except BaseException as error:  # noqa: BLE001  # raised again below
            faults.append(error)

    thread = threading.Thread(target=ask, name=f"doctor: {name}", daemon=True)
    thread.start()
    thread.join(MOST_SECONDS)
    if thread.is_alive():
        return [*answers, wrong(name, f"no answer within {MOST_SECONDS:g} s", "is the host right, and up?")]
    if faults:
        raise faults[0]
    return answers


def _data_dir(settings: Settings) -> Iterator[Check]:
    name, place = "FIRSTLINE_DATA_DIR", settings.data_dir.absolute()
    above = next(path for path in (place, *place.parents) if path.exists())
    if not above.is_dir() or not os.access(above, os.W_OK | os.X_OK):
        yield wrong(name, f"{above} cannot be written to", "name another place, or give it to this user")
        return
    free = shutil.disk_usage(above).free
    if free < LITTLE_SPACE:
        yield wrong(name, f"{place}, {free / 1e6:.0f} MB free", "PostgreSQL stops when the disk is full: make room")
    else:
        yield fine(name, f"{place}, {free / 1e9:.0f} GB free")


def _keys(settings: Settings) -> Check:
    if settings.keys is None:
        return missing("FIRSTLINE_KEYS", "not set", "make a key with `firstline keys new`, and keep it safe")
    try:
        make_sealer(settings)
    except BadSetting as error:
        return wrong(
            "FIRSTLINE_KEYS",
            str(error).removeprefix("FIRSTLINE_KEYS: "),
            "each is what `firstline keys new` prints, commas between them",
        )
    count = len(settings.keys.get_secret_value().split(","))
    if own_keys(settings) is None:
        return fine("FIRSTLINE_KEYS", f"{count} set from outside: `firstline backup` does not hold them")
    path = settings.data_dir / "keys"
    if path.stat().st_mode & 0o077:
        return wrong("FIRSTLINE_KEYS", f"others may read {path}", f"chmod 600 {path}")
    return fine("FIRSTLINE_KEYS", f"{count} in {path}")


def _broker(settings: Settings) -> Iterator[Check]:
    name, url = "REDIS_URL", settings.redis_url.get_secret_value() if settings.redis_url else None
    ours = EmbeddedRedis(settings.data_dir)
    if url is None or (url == ours.url and not ours.ready()):
        yield missing(name, "not set, and no `firstline up` runs here", "start `firstline up`, or set it")
        return
    try:
        _call(url)
    except BROKER_FAULTS as error:
        what = "it cannot be read as a URL" if isinstance(error, ValueError) else str(error) or type(error).__name__
        yield wrong(name, what.splitlines()[0], "is the broker up, and are host, port and password right?")
    else:
        yield fine(name, "answers" if url != ours.url else "the embedded Redis answers")


def _call(url: str) -> None:
    """Once, without the retries and back-off that the drivers add of their own accord."""
    if url.startswith("amqp"):
        with Broker(url, connect_timeout=3) as broker:
            broker.transport.establish_connection().close()
        return
    plain = url.replace("redis+socket://", "unix://", 1).replace("virtual_host=", "db=")
    timeouts = {"socket_timeout": 3.0, "socket_connect_timeout": 3.0}
    with contextlib.closing(redis.Redis.from_url(plain, retry=Retry(NoBackoff(), 0), **timeouts)) as client:
        client.ping()


def _workers(settings: Settings) -> Iterator[Check]:
    try:
        nodes = make_celery(settings).control.inspect(timeout=WORKER_SECONDS).active_queues() or {}
    except BROKER_FAULTS:
        nodes = {}
    served = {queue["name"] for queues in nodes.values() for queue in queues}
    if not nodes:
        yield missing("workers", "none answers", "start them: `firstline up`, or the lines of the Procfile")
    elif left := [queue for queue in queues.ALL if queue not in served]:
        yield wrong("workers", f"nobody takes from {', '.join(left)}", "start that line of the Procfile too")
    else:
        yield fine("workers", ", ".join(sorted(nodes)))


def _web(settings: Settings) -> Iterator[Check]:
    where = address(settings)
    there = urlsplit(where)
    if there.scheme not in ("http", "https") or not there.hostname:
        yield wrong("FIRSTLINE_PUBLIC_URL", f"{where} is no web address", "write it as https://support.example.com")
        return
    try:
        version = _ask_health(where)
    except (OSError, http.client.HTTPException, ValueError):
        yield missing("web", f"{where} does not answer", "start it: `firstline up`, or the Procfile's line")
    else:
        if version is None:
            yield wrong("web", f"something else answers at {where}", "set FIRSTLINE_PORT or FIRSTLINE_PUBLIC_URL")
        else:
            yield fine("web", f"{where}, version {version}")


def _ask_health(where: str) -> str | None:
    """The version that answers there; None when it is not Firstline."""
    there = urlsplit(where)
    kind = http.client.HTTPSConnection if there.scheme == "https" else http.client.HTTPConnection
    with contextlib.closing(kind(there.hostname or "", there.port, timeout=3)) as call:
        call.request("GET", f"{there.path}/health", headers={"Accept": "application/json"})
        content = call.getresponse().read(MOST_ANSWER)
    try:
        answer = json.loads(content)
    except ValueError:
        return None
    return str(answer["version"]) if isinstance(answer, dict) and "version" in answer else None


def _model(settings: Settings) -> Iterator[Check]:
    try:
        embedder = make_embedder(settings)
        embedder.embed_query("hello")
    except FirstlineError as error:
        damaged = "install Firstline again: a file of the model is damaged"
        remote = "see FIRSTLINE_EMBEDDER and what follows it in .env.example"
        yield wrong("embedder", str(error), damaged if settings.embedder == "minilm" else remote)
    else:
        yield fine("embedder", f"{embedder.name}, {embedder.dimensions} dimensions")
