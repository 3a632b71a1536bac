"""Look-alikes for the commands that connect, and an installation that they find."""

from collections.abc import Iterator
from contextlib import closing

import pytest

from app.database import make_database
from app.embedded.redis import EmbeddedRedis
from desk.platform.database import Database
from desk.platform.settings import Settings
from tests.app.conftest import Command, Said
from tests.lookalikes.slack import Slack
from tests.lookalikes.zendesk import EMAIL, TOKEN, Zendesk


@pytest.fixture
def elsewhere(monkeypatch: pytest.MonkeyPatch, here: Settings, redis_server: EmbeddedRedis) -> None:
    """Commands that find this installation; nobody listens at its address."""
    monkeypatch.setenv("REDIS_URL", redis_server.url)
    monkeypatch.setenv("FIRSTLINE_PORT", "1")


@pytest.fixture
def db(here: Settings) -> Iterator[Database]:
    with closing(make_database(here)) as made:
        yield made


@pytest.fixture
def zendesk() -> Iterator[Zendesk]:
    with Zendesk() as party:
        yield party


@pytest.fixture
def slack() -> Iterator[Slack]:
    with Slack() as party:
        yield party


@pytest.fixture
def connect(firstline: Command, zendesk: Zendesk) -> Command:
    """`firstline connect zendesk` for the first time, to the look-alike."""

    def run(*more: str) -> Said:
        who = ("--base-url", zendesk.url, "--email", EMAIL, "--api-token", TOKEN)
        return firstline("connect", "zendesk", *who, *more)

    return run
