"""The web server of an installation, on a thread of the test."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from pydantic import SecretStr
from werkzeug.serving import make_server

from app.embedded.redis import EmbeddedRedis
from app.processes.web import make_app
from desk.platform.database import Database
from desk.platform.settings import Settings


@contextmanager
def web(settings: Settings, redis: EmbeddedRedis, db: Database) -> Iterator[str]:
    """Runs it; its address."""
    app = make_app(settings.model_copy(update={"redis_url": SecretStr(redis.url)}), db)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
