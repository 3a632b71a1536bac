"""Bring the index in step with the sources that were set up, one after the other, and note how each went.

A source that cannot be read leaves its part of the index as it was, and the others go on. One that would lose most of
its pages keeps them until that is confirmed, and what is new in it is taken in all the same.
"""

import shlex
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass

import structlog
from pydantic import ValidationError

from desk.errors import FirstlineError, Permanent, Refused, Temporary
from desk.pages import PageSource
from desk.platform.database import Database
from desk.ports import Embedder
from desk.text.tokenizer import clean
from knowledge.ingest import index_source
from knowledge.ingest.deletion_guard import DeletionRule, HeldDeletion
from knowledge.ingest.index_run import IndexReport, Progress
from knowledge.ingest.sync_lock import SyncRunning
from knowledge.sources import configured_sources
from knowledge.sources.configured_sources import ConfiguredSource
from knowledge.sources.page_metadata import SourceWithMetadata
from knowledge.sources.source_kind import SourceKind

MOST_SKIPPED = 100
"""Pages that could not be read whose names are kept on the row."""

Kinds = Mapping[str, SourceKind]

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class SyncOutcome:
    """What became of one source: its report, or why it has none. With both, what has gone waits to be confirmed."""

    name: str
    report: IndexReport | None
    fault: FirstlineError | None


@dataclass(frozen=True, slots=True)
class SyncContext:
    """What sources are read with: the database, the account, the kinds that there are, the embedder. `confirmed`: a
    person said that what has gone may leave the index, however much it is."""

    db: Database
    account: str
    kinds: Kinds
    embedder: Embedder
    confirmed: bool = False


class DeletionHeldBack(Permanent):
    """So much has gone from a source at once that a person has to confirm it."""


def find_sources(db: Database, account: str, names: Sequence[str] = ()) -> list[ConfiguredSource]:
    """The account's sources, all or those that are named. Raises Refused when one is not there."""
    with db.account(account) as tx:
        sources_by_name = {source.name: source for source in configured_sources.list_sources(tx)}
    if unknown := [name for name in names if name not in sources_by_name]:
        raise Refused(f"no source {unknown[0]}; there are: {', '.join(sources_by_name) or 'none'}")
    return [source for source in sources_by_name.values() if not names or source.name in names]


def sync_all(context: SyncContext, sources: Sequence[ConfiguredSource]) -> Iterator[SyncOutcome]:
    """Read each of the sources."""
    for source in sources:
        yield sync_source(context, source)


def sync_source(context: SyncContext, source: ConfiguredSource, progress: Progress | None = None) -> SyncOutcome:
    """Read one source. Raises nothing: why it could not be read is the outcome's fault."""
    try:
        report = _index_source(context, source, progress)
    except SyncRunning as error:  # whoever has the turn notes how it went
        return SyncOutcome(source.name, None, error)
    except (FirstlineError, OSError) as error:
        fault = error if isinstance(error, FirstlineError) else Temporary(f"this machine: {error.strerror or error}")
        log.warning("source not read", account=context.account, source=source.name, why=str(fault))
    except Exception as error:  # a fault of ours in one source is no reason to lose the others
        fault = Permanent(f"a fault in Firstline ({type(error).__name__})")
        fault.__cause__ = error
        log.exception("source not read", account=context.account, source=source.name)
    else:
        return SyncOutcome(source.name, report, explain_held_back(source.name, report.held))
    with suppress(Temporary), context.db.account(context.account) as tx:
        configured_sources.record_failure(tx, source.name, clean(str(fault)))
    return SyncOutcome(source.name, None, fault)


def explain_held_back(name: str, held: HeldDeletion | None) -> DeletionHeldBack | None:
    """How much would go, and what to type."""
    if held is None:
        return None
    count_text = f"all its {held.of}" if held.documents == held.of else f"{held.documents} of its {held.of}"
    subject = f"{count_text} documents have" if held.of > 1 else "its only document has"
    command = f"firstline sources sync {shlex.quote(clean(name))} --confirm"
    return DeletionHeldBack(f"{subject} gone from it at once, and stay; if that is meant, type `{command}`")


def open_source(db: Database, account: str, kinds: Kinds, source: ConfiguredSource) -> PageSource:
    """The source, its pages marked as its row says. Raises Permanent when it cannot be opened."""
    kind = kinds.get(source.kind)
    if kind is None:
        raise Permanent(f"this installation has no kind of source {source.kind!r}")
    try:
        settings = kind.settings.model_validate(source.settings)
    except ValidationError as error:
        raise Permanent(f"its settings are no longer right: {setting_faults(error)}") from error
    return SourceWithMetadata(kind.open(db, account, source.name, settings), source)


def remove_source(db: Database, account: str, name: str) -> int:
    """Take a source and all its documents out; how many documents. Raises Temporary while the source is being read."""
    removed = index_source.remove_source(db, account, name)
    with db.account(account) as tx:
        configured_sources.delete_source(tx, name)
    return removed


def setting_faults(error: ValidationError) -> str:
    """What is wrong with which setting; nothing of what was given."""
    errors = error.errors(include_url=False, include_input=False, include_context=False)
    return "; ".join(
        ": ".join([*map(str, detail["loc"]), detail["msg"].removeprefix("Value error, ")]) for detail in errors
    )


def _index_source(context: SyncContext, source: ConfiguredSource, progress: Progress | None) -> IndexReport:
    db, account = context.db, context.account
    with db.account(account) as tx:
        configured_sources.record_attempt(tx, source.name)
        last_figures = configured_sources.last_report(tx, source.name)
    page_source = open_source(db, account, context.kinds, source)
    reader_settings = _reader_settings(context.kinds, source)
    readers_changed = last_figures.get("readers", reader_settings) != reader_settings
    is_meant = context.confirmed or readers_changed or context.kinds[source.kind].kept_here
    deletion_rule = DeletionRule(is_meant, HeldDeletion.from_report(last_figures))
    report = index_source.index_source(db, account, page_source, context.embedder, progress, deletion_rule)
    fault = explain_held_back(source.name, report.held)
    with db.account(account) as tx:
        figures = _report_figures(report) | {"readers": reader_settings}
        still_configured = configured_sources.record_success(tx, source.name, figures, str(fault) if fault else None)
    if not still_configured:
        index_source.remove_source(db, account, source.name)
        raise Permanent("was removed while it was being read")
    return report


def _reader_settings(kinds: Kinds, source: ConfiguredSource) -> dict[str, object]:
    """The settings that say for whom its pages are."""
    kind = kinds[source.kind]
    settings = kind.settings.model_validate(source.settings).model_dump(mode="json")
    return {name: settings[name] for name in sorted(kind.readers)}


def _report_figures(report: IndexReport) -> dict[str, object]:
    """As the row keeps it: of thousands of unreadable pages the first will do."""
    figures = asdict(report)
    del figures["skipped"]
    unreadable = [{"id": clean(page.id), "why": clean(page.why)} for page in report.skipped[:MOST_SKIPPED]]
    return figures | {"skipped": len(report.skipped), "unread": unreadable}
