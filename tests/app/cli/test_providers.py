"""A provider, a model and a source from outside the house: one line each, and everything knows of them."""

import json
from collections.abc import Iterator
from contextlib import closing

import pytest
from pydantic import BaseModel, ConfigDict, Field

from app import bootstrap
from app.bootstrap import make_database
from app.embedded.redis import EmbeddedRedis
from app.processes.web import make_app
from desk.health_check import HealthCheck, fine
from desk.pages import Markup, Page
from desk.platform.database import Database
from desk.platform.settings import Settings, read_settings
from desk.policy.policy import PolicyBook
from integration.connections import load_connection
from integration.introduction import Introduction
from integration.provider import ConnectOption, Provider
from integration.setup_steps import Found, SetupStep
from knowledge.sources.source_kind import SourceKind
from tests.app.conftest import Command
from tests.contracts.remembered_alerts import RememberedAlerts
from tests.contracts.remembered_channel import RememberedChannel
from tests.fakes import FakeEmbedder
from tests.scripted_model import ScriptedModel
from workers.models.provider import ModelProvider


class PigeonConnection(BaseModel):
    """Where the loft is."""

    model_config = ConfigDict(extra="forbid")

    loft: str
    ring: str = Field(repr=False)


class ScrollSettings(BaseModel):
    """Which shelf."""

    shelf: str = Field(description="the shelf that the scrolls lie on")


class Scrolls:
    """Two scrolls."""

    def __init__(self, name: str) -> None:
        self.name = name

    def count(self) -> int | None:
        return 2

    def pages(self, stamp: object) -> Iterator[Page]:
        yield Page("one", "# Doves\n\nA dove costs 3 florins.", Markup.MARKDOWN)
        yield Page("two", "# Crows\n\nA crow costs 1 florin.", Markup.MARKDOWN)


def examined(db: Database, account: str) -> Iterator[HealthCheck]:
    with db.account(account) as tx:
        known = load_connection(tx, "pigeon", PigeonConnection)
    if known:
        yield fine("pigeon", f"flies to {known.config.loft}")


class Perch(SetupStep):
    """Where they land; what stands at the other side is `built`."""

    kind, name, purpose = "perch", "perch", "a perch on the roof"

    def __init__(self, built: set[str]) -> None:
        self._built = built

    def find(self, known_id: str | None) -> Found | None:
        return Found("perch-1") if "perch-1" in self._built else None

    def create(self) -> str:
        self._built.add("perch-1")
        return "perch-1"

    def update(self, found: Found) -> None:
        """A perch is a perch."""

    def remove(self, foreign_id: str) -> None:
        self._built.discard(foreign_id)


built: set[str] = set()
PIGEON = Provider(
    name="pigeon",
    title="Pigeon Post",
    connection=PigeonConnection,
    about="Connect the pigeons.",
    options=(ConnectOption("loft", "Where they sleep.", first=True), ConnectOption("ring", "Theirs.", secret=True)),
    introduce=lambda db, account, config: Introduction({"loft": config.loft}, (fine("wings", "two"),)),
    examine=examined,
    steps=lambda db, account, address, config: (Perch(built),),
    manifest=lambda: "feathers: two\n",
    channel=lambda db, policies: RememberedChannel(name="pigeon"),
    alerts=lambda db: RememberedAlerts(),
)
ORACLE = ModelProvider("oracle", lambda *_: ScriptedModel([]), lambda settings: [fine("oracle", "well")])
SCROLLS = SourceKind("scrolls on a shelf", ScrollSettings, "shelf", lambda db, account, name, settings: Scrolls(name))


pytestmark = pytest.mark.loopback


@pytest.fixture(autouse=True)
def listed(here: Settings, redis_server: EmbeddedRedis, monkeypatch: pytest.MonkeyPatch) -> None:
    """The three lines."""
    monkeypatch.setenv("REDIS_URL", redis_server.url)
    monkeypatch.setenv("FIRSTLINE_PORT", "1")
    monkeypatch.setattr(bootstrap, "PROVIDERS", [*bootstrap.PROVIDERS, PIGEON])
    monkeypatch.setattr(bootstrap, "MODELS", [*bootstrap.MODELS, ORACLE])
    monkeypatch.setattr(bootstrap, "SOURCES", {**bootstrap.SOURCES, "scrolls": SCROLLS})


def test_connect_asks_for_what_it_needs_and_doctor_looks_at_it(here: Settings, firstline: Command) -> None:
    assert "pigeon" in firstline("connect", "--help").out
    said = firstline("connect", "pigeon", "--ring", "secret-ring")
    assert (said.code, "--loft must be given" in said.err) == (2, True)
    said = firstline("connect", "pigeon", "--loft", "the tower", "--ring", "secret-ring")
    assert (said.code, "loft the tower" in said.out, "wings: two" in said.out) == (0, True, True)
    assert "pigeon" in firstline("connections").out
    checks = {each["name"]: each["what"] for each in json.loads(firstline("doctor", "--json").out)}
    assert checks["pigeon"] == "flies to the tower"
    assert checks["oracle"] == "well"
    assert "secret-ring" not in firstline("connections", "--json").out


def test_what_it_needs_is_made_once_and_removed(here: Settings, firstline: Command) -> None:
    built.clear()
    given = ("connect", "pigeon", "--loft", "the tower", "--ring", "secret-ring")
    assert "planned  perch: would be made: a perch on the roof" in firstline(*given, "--dry-run").out
    assert not built
    assert "made     perch: a perch on the roof" in firstline(*given).out
    assert "there    perch" in firstline("connect", "pigeon").out
    assert built == {"perch-1"}
    assert firstline("connect", "pigeon", "--manifest").out == "feathers: two\n"
    assert "removed  perch" in firstline("disconnect", "pigeon", "--yes").out
    assert not built


def test_its_source_is_added_and_read(here: Settings, firstline: Command) -> None:
    assert "scrolls" in firstline("sources", "add", "--help").out
    said = firstline("sources", "add", "scrolls", "north", "--json")
    assert said.code == 0, said.err
    assert json.loads(said.out)["scrolls:north"]["added"] == 2


def test_the_api_tells_of_all_three(here: Settings) -> None:
    with closing(make_database(here)) as db:
        told = make_app(read_settings(), db).test_client().get("/health").get_json()["provides"]
    assert "pigeon" in told["channels"]
    assert "pigeon" in told["alerts"]
    assert "oracle" in told["models"]
    assert "scrolls" in told["sources"]


def test_the_work_is_given_them(here: Settings) -> None:
    with closing(make_database(here)) as db:
        channels = bootstrap.make_channels(db, PolicyBook(here.policy))
        models = bootstrap.make_models(here, FakeEmbedder())
    assert channels["pigeon"].name == "pigeon"
    assert isinstance(models[-1], ScriptedModel)
