"""Whether what should run does, for `app/doctor/diagnose.py`: broker, workers, beat, web server, and the model in
them."""

import contextlib
import http.client
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import redis
from kombu.connection import Connection as Broker
from kombu.exceptions import OperationalError as BrokerError
from redis.backoff import NoBackoff
from redis.retry import Retry

from app.bootstrap import VERSION, make_celery, make_embedder
from app.doctor.readiness import installation_id
from app.embedded.redis import EmbeddedRedis
from app.installation import address
from desk.errors import FirstlineError
from desk.health_check import HealthCheck, HealthState, duration_in_words, fine, missing, stopped, wrong
from desk.platform.database import Database
from desk.platform.settings import Settings
from workers.queue import broker_queues, heartbeats

WORKER_SECONDS = 1.5  # for all of them to answer
MOST_ANSWER = 10_000  # bytes of /health
BEAT_LATE = 60.0
"""Seconds without a beat, or twelve times as long as it should be, before it counts as dead."""
STARTING_SECONDS = 60.0
"""Since the web server is up, in which workers and beat may be on their way still."""
BROKER_FAULTS = (BrokerError, redis.RedisError, OSError, ValueError, KeyError)


def broker_checks(settings: Settings) -> Iterator[HealthCheck]:
    """The broker, and through it the workers."""
    check = _check_broker(settings)
    yield check
    if check.state is HealthState.FINE:
        yield _check_workers(settings)


def beat_checks(settings: Settings, db: Database) -> Iterator[HealthCheck]:
    """Beat's trace in Postgres: it asks for a sweep every few seconds, and a worker leaves the sign."""
    age, max_age = heartbeats.seconds_since_heartbeat(db, heartbeats.BEAT), max(BEAT_LATE, 12 * settings.sweep_seconds)
    remedy = "start it: `firstline up`, or the Procfile's lines `beat` and `worker`"
    what = "there never was a beat" if age is None else f"the last beat was {duration_in_words(age)} ago"
    if age is not None and age <= max_age:
        yield fine("beat", what)
    else:
        yield _check_starting(settings, "beat", installation_id(db)) or stopped("beat", what, remedy)


def web_checks(settings: Settings, db: Database | None) -> Iterator[HealthCheck]:
    """Does our own web server answer at our address, in this version?"""
    url = address(settings)
    url_parts = urlsplit(url)
    if url_parts.scheme not in ("http", "https") or not url_parts.hostname:
        yield wrong("FIRSTLINE_PUBLIC_URL", f"{url} is no web address", "write it as https://support.example.com")
        return
    try:
        health = _fetch_health(url)
    except (OSError, http.client.HTTPException, ValueError):
        yield stopped("web", f"{url} does not answer", "start it: `firstline up`, or the Procfile's line")
        return
    yield _check_identity(url, health, installation_id(db) if db else None)


def embedder_checks(settings: Settings) -> Iterator[HealthCheck]:
    """Can it be made, and does it embed?"""
    try:
        embedder = make_embedder(settings)
        embedder.embed_query("hello")
    except FirstlineError as error:
        damaged_remedy = "install Firstline again: a file of the model is damaged"
        remote_remedy = "see FIRSTLINE_EMBEDDER and what follows it in .env.example"
        yield wrong("embedder", str(error), damaged_remedy if settings.embedder == "minilm" else remote_remedy)
    else:
        yield fine("embedder", f"{embedder.name}, {embedder.dimensions} dimensions")


def _check_identity(url: str, health: dict[str, Any] | None, own_installation: str | None) -> HealthCheck:
    remedy = "set FIRSTLINE_PORT or FIRSTLINE_PUBLIC_URL, or stop the other one"
    if health is None:
        return wrong("web", f"something else answers at {url}", remedy)
    installation, version = health.get("installation"), str(health["version"])[:40]
    if own_installation and installation and installation != own_installation:
        return wrong("web", f"another installation answers at {url}: it has another database", remedy)
    if version != VERSION:
        return wrong("web", f"{url} runs version {version}, and this is {VERSION}", "restart all processes")
    return fine("web", f"{url}, version {version}")


def _fetch_health(url: str) -> dict[str, Any] | None:
    """What answers there; None when it is not Firstline."""
    url_parts = urlsplit(url)
    connection_class = http.client.HTTPSConnection if url_parts.scheme == "https" else http.client.HTTPConnection
    with contextlib.closing(connection_class(url_parts.hostname or "", url_parts.port, timeout=3)) as connection:
        connection.request("GET", f"{url_parts.path}/health", headers={"Accept": "application/json"})
        body = connection.getresponse().read(MOST_ANSWER)
    try:
        health = json.loads(body)
    except ValueError:
        return None
    return health if isinstance(health, dict) and "version" in health else None


def _check_starting(settings: Settings, name: str, own_installation: str | None = None) -> HealthCheck | None:
    """What says that a process may be on its way still: our web server has been up for seconds. None otherwise."""
    try:
        health = _fetch_health(address(settings)) or {}
    except (OSError, http.client.HTTPException, ValueError):
        return None
    installation, seconds = health.get("installation"), health.get("uptime_seconds")
    is_other = own_installation and installation and installation != own_installation
    if is_other or not isinstance(seconds, int | float) or seconds > STARTING_SECONDS:
        return None
    remedy = f"ask again in a moment; should it not come within {STARTING_SECONDS:.0f} s, see its log"
    return missing(name, f"starting: the web server is up since {duration_in_words(seconds)}", remedy)


def _check_broker(settings: Settings) -> HealthCheck:
    name, url = "REDIS_URL", settings.redis_url.get_secret_value() if settings.redis_url else None
    embedded_redis = EmbeddedRedis(settings.data_dir)
    if url is None or (url == embedded_redis.url and not embedded_redis.ready()):
        return stopped(name, "not set, and no `firstline up` runs here", "start `firstline up`, or set it")
    try:
        _ping_broker(url)
    except BROKER_FAULTS as error:
        error_text = (
            "it cannot be read as a URL" if isinstance(error, ValueError) else str(error) or type(error).__name__
        )
        return wrong(name, error_text.splitlines()[0], "is the broker up, and are host, port and password right?")
    return fine(name, "answers" if url != embedded_redis.url else "the embedded Redis answers")


def _ping_broker(url: str) -> None:
    """Once, without the retries and back-off that the drivers add of their own accord."""
    if url.startswith("amqp"):
        with Broker(url, connect_timeout=3) as broker:
            broker.transport.establish_connection().close()
        return
    redis_url = url.replace("redis+socket://", "unix://", 1).replace("virtual_host=", "db=")
    timeouts = {"socket_timeout": 3.0, "socket_connect_timeout": 3.0}
    with contextlib.closing(redis.Redis.from_url(redis_url, retry=Retry(NoBackoff(), 0), **timeouts)) as client:
        client.ping()


def _check_workers(settings: Settings) -> HealthCheck:
    try:
        nodes = make_celery(settings).control.inspect(timeout=WORKER_SECONDS).active_queues() or {}
    except BROKER_FAULTS:
        nodes = {}
    served_queues = {queue["name"] for queues in nodes.values() for queue in queues}
    if not nodes:
        remedy = "start them: `firstline up`, or the lines of the Procfile"
        return _check_starting(settings, "workers") or stopped("workers", "none answers", remedy)
    if unserved_queues := [queue for queue in broker_queues.ALL if queue not in served_queues]:
        return stopped(
            "workers", f"nobody takes from {', '.join(unserved_queues)}", "start that line of the Procfile too"
        )
    return fine("workers", ", ".join(sorted(nodes)))
