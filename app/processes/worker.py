"""The Celery app as the `celery` command finds it: `python -m celery -A app.processes.worker worker -P gevent -Q
answer,...`."""

from dataclasses import replace
from typing import Any

import structlog
from celery.signals import celeryd_init, worker_process_init, worker_ready

from app.bootstrap import make_celery, make_database, make_dependencies
from app.doctor.role import refuse_privileges
from app.key_check import recognise_keys
from app.logs import set_up_logs
from desk.errors import BadSetting, FirstlineError
from desk.platform.accounts import list_accounts
from desk.platform.settings import read_settings
from integration.access.idempotency import forget_answers
from integration.access.sign_in import forget_sign_ins
from workers.processing.dry_run import dry_run
from workers.queue import leases

EX_CONFIG = 78  # sysexits.h

settings = read_settings()
set_up_logs(settings.log_level)
celery = make_celery(settings)
log = structlog.get_logger(__name__)


@celery.task(name="tidy")
def tidy() -> None:
    """Forget sign-ins and remembered answers that have expired; nothing depends on it but space."""
    forgotten = forget_sign_ins(celery.dependencies.db), forget_answers(celery.dependencies.db)
    log.info("tidied", sign_ins=forgotten[0], answers=forgotten[1])


def equip(**_: Any) -> None:
    """Give the Celery app its deps. In a prefork pool each child gets its own: connections and models do not fork."""
    celery.dependencies = make_dependencies(settings, make_database(settings))


@celeryd_init.connect
def take_up_work(sender: str, **_: Any) -> None:
    """A node that starts is at work on nothing: what it held before it died is free again."""
    equip()
    try:
        refuse_privileges(celery.dependencies.db)
        recognise_keys(celery.dependencies.db)
    except BadSetting as error:  # Celery logs what a signal's receiver raises and goes on, but for SystemExit
        log.error("worker does not start", node=sender, why=str(error))
        raise SystemExit(EX_CONFIG) from error
    released = leases.release_worker(celery.dependencies.db, sender)
    celery.dependencies.db.close()  # a prefork pool must not share these connections
    log.info("worker starts", node=sender, released=released)


worker_process_init.connect(equip)


@worker_ready.connect
def warm_up(sender: Any, **_: Any) -> None:
    """Read once before the first ticket comes, so that no customer waits for a model to load."""
    if "answer" not in {queue.name for queue in sender.task_consumer.queues}:
        return
    local_model = celery.dependencies.models[-1:]  # the others cost money
    deps = replace(celery.dependencies, models=local_model)
    try:
        for account in list_accounts(deps.db)[:1]:
            dry_run(deps, account.id, "How does it work?")
    except FirstlineError as error:
        log.warning("not warmed up", why=str(error))
