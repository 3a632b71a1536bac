"""The product's own processes on one machine. The `Procfile` says the same for many machines."""

import contextlib
import errno
import http.client
import os
import platform
import signal
import socket
import sys
from collections.abc import Mapping

from pydantic import SecretStr

from app.embedded.places import digest
from app.os_process import Program
from app.processes.supervisor import Child
from desk.errors import BadSetting
from desk.platform.settings import Settings, environment_variable
from workers.queue import broker_queues

PYTHON = (sys.executable, "-m")
GUNICORN = (*PYTHON, "gunicorn", "-c", "python:app.processes.gunicorn_config")
CELERY = (*PYTHON, "celery", "-q", "-A", "app.processes.worker")
WORKER = (*CELERY, "worker", "--loglevel", "WARNING", "--without-mingle", "--without-gossip")
WARM_THEN_COLD = (signal.SIGTERM, signal.SIGQUIT)  # Celery: finish what runs; then put it back and go
AS_ROOT = "ignore:You're running the worker with superuser privileges"
OWNERS_OWN = "database_owner_url"  # the owner stands above row-level security: no business of the processes


def children(settings: Settings, listener: socket.socket) -> tuple[Child, ...]:
    """Web, the two workers and beat, in the order of their start. `settings` are complete, `listener` is bound."""
    env = environment(settings)
    node = f"{platform.node() or 'localhost'}-{digest(settings.data_dir)}"  # a node frees at its start what it had held
    answer = ("-P", "gevent", "-c", str(settings.answer_concurrency), "-Q", ",".join(broker_queues.ANSWERING))
    beat = ("beat", "--loglevel", "WARNING", "--pidfile=", "-s", str(settings.data_dir / "beat-schedule"))
    return (
        _web_child(settings, listener, env),
        _celery_child("worker", (*WORKER, *answer, "-n", f"answer@{node}"), env),
        _celery_child(
            "knowledge", (*WORKER, "-P", "prefork", "-c", "1", "-Q", "knowledge", "-n", f"knowledge@{node}"), env
        ),
        _celery_child("beat", (*CELERY, *beat), env),
    )


def listen(settings: Settings) -> socket.socket:
    """The listening socket, ours rather than the web server's: a restarted web server finds it open, and callers wait
    instead of being refused. A taken port is BadSetting; in the demo, which nobody gave a port, a free one is found."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        return socket.create_server((settings.host, settings.port), family=family, backlog=2048)
    except OSError as error:
        if error.errno == errno.EADDRINUSE and settings.demo and "port" not in settings.model_fields_set:
            return socket.create_server((settings.host, 0), family=family, backlog=2048)
        address = f"{settings.host}:{settings.port}"
        raise BadSetting(
            f"{environment_variable('port')}: cannot listen on {address}: {error.strerror or error}"
        ) from error


def environment(settings: Settings) -> dict[str, str]:
    """Our own environment with every setting spelled out, but not the owner's URL."""
    env = {name: value for name, value in os.environ.items() if name != environment_variable(OWNERS_OWN)}
    for field in Settings.model_fields:
        value = getattr(settings, field)
        if value is not None and field != OWNERS_OWN:
            env[environment_variable(field)] = value.get_secret_value() if isinstance(value, SecretStr) else str(value)
    if os.geteuid() == 0:  # `up` says it once, in one line, instead of ten lines for each worker
        env["PYTHONWARNINGS"] = f"{env.get('PYTHONWARNINGS', '')},{AS_ROOT}".strip(",")
    return env | {"PYTHONUNBUFFERED": "1"}


def _web_child(settings: Settings, listener: socket.socket, env: Mapping[str, str]) -> Child:
    """gunicorn on the socket that is open already."""
    handle = listener.fileno()
    argv = (*GUNICORN, "-b", f"fd://{handle}", "--log-level", "warning", "app.processes.web:create()")
    program = Program(argv, env, handles=(handle,))
    return Child("web", lambda: program, ready=lambda: _web_answers(listener))


def _celery_child(name: str, argv: tuple[str, ...], env: Mapping[str, str]) -> Child:
    program = Program(argv, env, stop=WARM_THEN_COLD)
    return Child(name, lambda: program)


def _web_answers(listener: socket.socket) -> bool:
    """Does the web server answer for itself? The socket alone says nothing: it is ours."""
    host, port = listener.getsockname()[:2]
    local_host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104  # compared, not bound
    connection = http.client.HTTPConnection(local_host, port, timeout=5)
    with contextlib.closing(connection), contextlib.suppress(OSError, http.client.HTTPException):
        connection.request("GET", "/health")
        return connection.getresponse().status < http.HTTPStatus.INTERNAL_SERVER_ERROR
    return False
