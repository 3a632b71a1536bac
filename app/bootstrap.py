"""The one place that builds things: reads the settings, constructs every adapter, and says what there is of each kind.

To add a provider, model, embedder or source: write its folder or file, add its line here (CONTRIBUTING.md).
"""

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import cache, partial
from importlib.metadata import version

from celery import Celery
from celery.schedules import crontab

from app.database import make_database as make_database
from app.database import needed
from desk.errors import BadSetting
from desk.platform.database import Database
from desk.platform.settings import Settings
from desk.policy.policy import PolicyBook
from desk.ports import Alerts, Channel, Embedder, LanguageModel, PartyProbe
from integration.access.oidc.provider import OidcProvider
from integration.provider import Provider
from integration.slack.provider import PROVIDER as SLACK
from integration.webhooks import Inbound
from integration.zendesk.provider import PROVIDER as ZENDESK
from knowledge.embedders import providers as embedders
from knowledge.embedders.minilm import MiniLM
from knowledge.ingest import reindex, sync
from knowledge.ingest.sync import SyncContext
from knowledge.rerankers.providers import make_reranker
from knowledge.search.library import PostgresLibrary
from knowledge.sources import folder
from knowledge.sources.source_kind import SourceKind
from knowledge.sources.website import source as website
from knowledge.sources.written_here import source as written_here
from workers.dependencies import Dependencies, SyncSources
from workers.models.claude.provider import PROVIDER as CLAUDE
from workers.models.extractive.provider import PROVIDER as EXTRACTIVE
from workers.models.provider import ModelProvider
from workers.tickets import TicketChannel

VERSION = version("firstline")

PROVIDERS: list[Provider] = [ZENDESK, SLACK]
"""Outside services that an account can be connected to."""

MODELS: list[ModelProvider] = [CLAUDE, EXTRACTIVE]
"""Best first; who fails is followed by the next."""

EMBEDDERS: dict[str, Callable[[Settings], Embedder]] = {
    "minilm": embedders.minilm,
    "voyage": embedders.voyage,
    "openai": embedders.openai,
}
"""What `FIRSTLINE_EMBEDDER` may say."""

SOURCES: dict[str, SourceKind] = {
    "folder": folder.KIND,
    "website": website.KIND,
    "written-here": written_here.KIND,
}
"""Where documents may come from besides the providers."""


def provided() -> Mapping[str, Sequence[str]]:
    """What this installation can do, by names: for the API, where scripts read it."""
    return {
        "channels": ["api", *(item.name for item in PROVIDERS if item.channel)],
        "alerts": [item.name for item in PROVIDERS if item.alerts],
        "models": [item.name for item in MODELS],
        "embedders": list(EMBEDDERS),
        "sources": list(source_kinds()),
    }


def source_kinds() -> Mapping[str, SourceKind]:
    """What `firstline sources add` knows."""
    return SOURCES | {name: kind for provider in PROVIDERS for name, kind in provider.sources.items()}


def make_channels(db: Database, policies: PolicyBook) -> Mapping[str, Channel]:
    """Where tickets live and replies go; those of the API and the form live here."""
    remote = {provider.name: provider.channel(db, policies) for provider in PROVIDERS if provider.channel}
    return {"api": TicketChannel(db), **remote}


def make_alerts(db: Database) -> Alerts | None:
    """Where people are told: the first provider that does it."""
    return next((provider.alerts(db) for provider in PROVIDERS if provider.alerts), None)


def make_inbound() -> Sequence[Inbound]:
    """Who calls us by webhook."""
    return [provider.inbound() for provider in PROVIDERS if provider.inbound]


def make_probes(db: Database) -> Mapping[str, PartyProbe]:
    """Whom work may have to wait for."""
    return {provider.name: provider.probe(db) for provider in PROVIDERS if provider.probe}


def make_oidc_provider(settings: Settings) -> OidcProvider | None:
    """Who vouches for staff, where one is set."""
    if settings.oidc_issuer is None or settings.oidc_client_id is None:
        return None
    secret = settings.oidc_client_secret.get_secret_value() if settings.oidc_client_secret else None
    return OidcProvider(settings.oidc_issuer, settings.oidc_client_id, secret)


def make_models(settings: Settings, embedder: Embedder) -> tuple[LanguageModel, ...]:
    """The models that are set up, best first."""
    return tuple(model for model_provider in MODELS if (model := model_provider.open(settings, embedder)))


def make_embedder(settings: Settings) -> Embedder:
    """What passages and questions are to be turned into vectors by. Raises BadSetting."""
    if settings.embedder not in EMBEDDERS:
        raise BadSetting(f"FIRSTLINE_EMBEDDER: must be one of {', '.join(EMBEDDERS)}")
    return EMBEDDERS[settings.embedder](settings)


def find_embedder(settings: Settings) -> Callable[[str], Embedder | None]:
    """Gives an embedder that the index may still be kept for by its name; None when these settings cannot make it."""

    @cache
    def find(name: str) -> Embedder | None:
        embedder_settings = embedders.settings_for(settings, name)
        if embedder_settings is None or embedder_settings.embedder not in EMBEDDERS:
            return None
        with suppress(BadSetting):
            embedder = make_embedder(embedder_settings)
            return embedder if embedder.name == name else None
        return None

    return find


def make_sync(db: Database, settle: Callable[[str], Embedder]) -> SyncSources:
    """Brings the index in step with an account's sources, all or the one that is named."""

    def sync_sources(account: str, name: str | None = None) -> None:
        sources = sync.find_sources(db, account, [name] if name else [])
        outcomes = list(sync.sync_all(SyncContext(db, account, source_kinds(), settle(account)), sources))
        if name and outcomes[0].fault:
            raise outcomes[0].fault

    return sync_sources


def make_library(settings: Settings, db: Database) -> PostgresLibrary:
    """The library, to search in."""
    return PostgresLibrary(db, make_embedder(settings), find_embedder(settings), make_reranker(settings))


def make_dependencies(settings: Settings, db: Database) -> Dependencies:
    """Every tool of the work. The local model keeps to the embedder in the box, which its figures were fitted on, and
    which is there when a provider is not."""
    embedder, find, policies = make_embedder(settings), find_embedder(settings), PolicyBook(settings.policy)
    local_embedder = embedder if isinstance(embedder, MiniLM) else MiniLM()

    def settle(account: str) -> Embedder:
        return reindex.settle_embedder(db, account, embedder, find)

    return Dependencies(
        db=db,
        channels=make_channels(db, policies),
        models=make_models(settings, local_embedder),
        library=PostgresLibrary(db, embedder, find, make_reranker(settings)),
        policies=policies,
        embedder=embedder,
        sync=make_sync(db, settle),
        product_version=VERSION,
        alerts=make_alerts(db),
        parties=make_probes(db),
        catch_ups=tuple(partial(provider.catch_up, db) for provider in PROVIDERS if provider.catch_up),
        address=settings.public_url or f"http://{settings.host}:{settings.port}",
        claim_seconds=settings.claim_seconds,
        enqueue_again_seconds=settings.enqueue_again_seconds,
        max_attempts=settings.max_attempts,
    )


BROKER_OPTIONS = {
    "socket_connect_timeout": 1,
    "max_retries": 0,
    "socket_keepalive": True,
    "health_check_interval": 10,
    "visibility_timeout": 3600,
    "queue_order_strategy": "priority",
}
"""Times in seconds. A broker that is away is noticed at once, and left to the sweeper. From Redis, a worker takes what
the first of its queues holds, in the order of `-Q`, instead of from each in turn."""

CELERY_OPTIONS = {
    "task_acks_late": True,
    "task_ignore_result": True,
    "task_default_queue": "answer",
    "timezone": "UTC",
    "worker_hijack_root_logger": False,
    # A gevent worker acknowledges what it has done between two looks at the broker. At 1 there is no look while all
    # that it may hold is at work or done, for up to 2 s (`celery.worker.loops.synloop`); at 2 it waits for a free
    # greenlet instead, with one task in hand.
    "worker_prefetch_multiplier": 2,
    "broker_connection_retry_on_startup": True,
    "broker_connection_max_retries": None,
    "broker_transport_options": BROKER_OPTIONS,
}
"""Rows are claimed in Postgres, so late acknowledgement and redelivery are harmless, and results are not kept."""

TASKS_BY_QUEUE = {
    "act": ("act",),
    "deliver": ("deliver",),
    "notify": ("sweep", "catch_up", "tidy", "look_after"),
    "knowledge": ("reindex", "sync_source", "scan_library"),
}


def make_celery(settings: Settings) -> Celery:
    """The Celery app: which queue takes what, and how the broker is talked to."""
    celery = Celery("firstline", broker=needed(settings, "redis_url"), include=["workers.tasks"])
    routes = {task: {"queue": queue} for queue, tasks in TASKS_BY_QUEUE.items() for task in tasks}
    celery.conf.update(CELERY_OPTIONS, task_routes=routes, beat_schedule=_beat_schedule(settings))
    celery.set_default()  # the current app is kept per thread, and under gevent each request is a thread of its own
    return celery


def _beat_schedule(settings: Settings) -> dict[str, dict[str, object]]:
    """What beat asks for, and how often. What waited longer than that is dropped: the next one does its work."""
    seconds = {
        "sweep": (settings.sweep_seconds, settings.sweep_seconds * 2),
        "catch_up": (settings.catch_up_seconds, settings.catch_up_seconds),
        "reindex": (settings.reindex_seconds, 3600),
        "tidy": (3600.0, 3600),
    }
    nightly = {"task": "scan_library", "schedule": crontab(hour="3", minute="17"), "options": {"expires": 3600}}
    return {
        task: {"task": task, "schedule": every, "options": {"expires": expires}}
        for task, (every, expires) in seconds.items()
    } | {"scan_library": nightly}


def uptime(started: float = time.monotonic()) -> float:  # the moment this module was read
    """Seconds since this process started."""
    return time.monotonic() - started
