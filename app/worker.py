"""The Celery app as the `celery` command finds it: `python -m celery -A app.worker worker -P gevent -Q answer,...`."""

from typing import Any

import structlog
from celery.signals import celeryd_init, worker_process_init

from app.bootstrap import make_celery, make_database, make_toolbox, set_up_logs
from app.doctor import refuse_privileges
from desk.settings import read_settings
from workers import claims

settings = read_settings()
set_up_logs(settings.log_level)
celery = make_celery(settings)
log = structlog.get_logger(__name__)


def equip(**_: Any) -> None:
    """Give the Celery app its tools. In a prefork pool each child gets its own: connections and models do not fork."""
    celery.toolbox = make_toolbox(settings, make_database(settings))


@celeryd_init.connect
def take_up_work(sender: str, **_: Any) -> None:
    """A node that starts is at work on nothing: what it held before it died is free again."""
    equip()
    refuse_privileges(celery.toolbox.db)
    released = claims.release(celery.toolbox.db, sender)
    celery.toolbox.db.close()  # a prefork pool must not share these connections
    log.info("worker starts", node=sender, released=released)


worker_process_init.connect(equip)
