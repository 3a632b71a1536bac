"""How gunicorn serves the web application, said once for `firstline up` and the Procfile.

It is given as `gunicorn -c python:app.processes.gunicorn_config`, which reads the names below as its settings. The
standard library alone is imported: this is read before the worker's process is made ready for gevent.
"""

import os
import resource

MOST_CONNECTIONS = 10_000
SPARE_FILES = 256
"""For the database, the broker, the log and what else has a file open."""
MOST_FILES = MOST_CONNECTIONS + SPARE_FILES
MEMORY = "/dev/shm"  # noqa: S108  # gunicorn's heartbeat: its documentation asks for memory, not disk


def open_files() -> int:
    """How many files the process may have open, after asking for as many as it needs. Idle connections are files."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted_files = MOST_FILES if hard == resource.RLIM_INFINITY else min(MOST_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted_files:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted_files, hard))
        return wanted_files
    return MOST_FILES if soft == resource.RLIM_INFINITY else soft


worker_class = "app.processes.gunicorn_worker.WebWorker"
workers = 1
worker_connections = max(100, min(MOST_CONNECTIONS, open_files() - SPARE_FILES))
backlog = 2048
keepalive = 5
graceful_timeout = 10
control_socket_disable = True
worker_tmp_dir = MEMORY if os.access(MEMORY, os.W_OK) else None
