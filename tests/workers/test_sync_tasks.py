"""The tasks that bring the index in step with its sources."""

from types import SimpleNamespace
from typing import Any

import pytest

from desk.errors import FirstlineError, Refused, Temporary
from desk.platform.accounts import list_accounts
from desk.platform.database import Database
from tests.fakes import default_policy
from workers import tasks


class Retried(Exception):
    """Celery was asked to call the task again."""


class Worker:
    """What the tasks see of Celery, and a sync that remembers what it was asked for, and fails as it is told to."""

    def __init__(self, database: Database, **faults: FirstlineError) -> None:
        self.asked: list[tuple[str, str | None]] = []
        self.countdown: float | None = None
        self._faults = faults
        policies = SimpleNamespace(get=lambda account: SimpleNamespace(policy=default_policy()))
        self.app = SimpleNamespace(dependencies=SimpleNamespace(db=database, sync=self._sync, policies=policies))

    def run(self, task: Any, *arguments: str) -> None:
        task.run.__func__(self, *arguments)

    def retry(self, *, exc: Exception, countdown: float, retry: bool) -> Exception:
        self.countdown = countdown
        return Retried()

    def _sync(self, account: str, name: str | None = None) -> None:
        self.asked.append((account, name))
        if fault := self._faults.get(account.replace("-", "_")):
            raise fault


def test_an_account_that_fails_does_not_stop_the_others(database: Database, account: str, other_account: str) -> None:
    worker = Worker(database, **{account.replace("-", "_"): Temporary("no embedder")})
    worker.run(tasks.reindex)
    assert worker.asked == [(each.id, None) for each in list_accounts(database)]
    assert {(account, None), (other_account, None)} <= set(worker.asked)


def test_one_source_is_read_when_something_told_of_it(database: Database) -> None:
    worker = Worker(database)
    worker.run(tasks.sync_source, "harbour", "guide")
    assert (worker.asked, worker.countdown) == ([("harbour", "guide")], None)


@pytest.mark.parametrize(("wish", "waits"), [(None, tasks.SYNC_AGAIN_SECONDS), (7.0, 7.0)])
def test_a_source_that_cannot_be_read_now_is_read_later(database: Database, wish: float | None, waits: float) -> None:
    worker = Worker(database, harbour=Temporary("another run is at it", retry_after=wish))
    with pytest.raises(Retried):
        worker.run(tasks.sync_source, "harbour", "guide")
    assert worker.countdown == waits


def test_a_source_that_is_gone_is_not_asked_for_again(database: Database) -> None:
    worker = Worker(database, harbour=Refused("no source guide"))
    worker.run(tasks.sync_source, "harbour", "guide")
    assert worker.countdown is None
