"""How commands bring sources in step, and tell of it."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict

from app.bootstrap import find_embedder, make_embedder, source_kinds
from app.cli.output import mutter, print_json, print_rows, progress_bar
from desk.errors import Permanent, Temporary
from desk.pages import describe_unread_types
from desk.platform.database import Database
from desk.platform.settings import read_settings
from desk.ports import Embedder
from knowledge.ingest import sync
from knowledge.ingest.index_run import IndexReport
from knowledge.ingest.reindex import settle_embedder
from knowledge.ingest.sync import SyncContext, SyncOutcome
from knowledge.sources.configured_sources import ConfiguredSource

COLUMNS = ("added", "changed", "unchanged", "removed")
MOST_SKIPPED = 20
"""Pages that could not be read, named on the terminal; `--json` names all."""


def read(
    db: Database, account: str, sources: Sequence[ConfiguredSource], *, as_json: bool, confirmed: bool = False
) -> list[SyncOutcome]:
    """Read each source, under a bar. `confirmed`: what has gone may leave the index, however much it is."""
    context = SyncContext(db, account, source_kinds(), _settled_embedder(db, account, as_json), confirmed)
    outcomes: list[SyncOutcome] = []
    for source in sources:
        with progress_bar(source.name, quiet=as_json) as on_page:
            outcomes.append(sync.sync_source(context, source, on_page))
    return outcomes


def tell(outcomes: Sequence[SyncOutcome], *, as_json: bool) -> None:
    """Print what became of the sources. Raises Permanent or Temporary at the end when one could not be read, or so much
    has gone from it that it must be confirmed."""
    if as_json:
        print_json({outcome.name: _outcome_fields(outcome) for outcome in outcomes})
    else:
        _print_outcomes(outcomes)
        for outcome in outcomes:
            if outcome.report and not any(getattr(outcome.report, name) for name in COLUMNS):
                mutter(f"{outcome.name}: no page was found there that can be read")
    failed = [outcome for outcome in outcomes if outcome.fault]
    for outcome in failed:
        mutter(f"{outcome.name}: {outcome.fault}")
    if failed:
        kind = Temporary if all(isinstance(outcome.fault, Temporary) for outcome in failed) else Permanent
        raise kind("; ".join(_summarize_failures(failed, len(outcomes))))


def _outcome_fields(outcome: SyncOutcome) -> dict[str, object]:
    figures: dict[str, object] = asdict(outcome.report) if outcome.report else {}
    return figures | ({"error": str(outcome.fault)} if outcome.fault else {})


def _summarize_failures(failed: Sequence[SyncOutcome], count: int) -> Iterator[str]:
    held_count = sum(outcome.report is not None for outcome in failed)
    if unread_count := len(failed) - held_count:
        yield f"{unread_count} of {count} sources could not be read; what the index holds of it stays"
    if held_count:
        yield f"{held_count} of {count} sources would lose most of what they had; it stays until you confirm it"


def _report_cells(report: IndexReport) -> tuple[object, ...]:
    counts = (getattr(report, column) for column in COLUMNS)
    return (*counts, len(report.skipped), report.passages_embedded, f"{report.seconds:.1f}")


def _print_outcomes(outcomes: Sequence[SyncOutcome]) -> None:
    reports = [(outcome.name, outcome.report) for outcome in outcomes if outcome.report]
    if reports:
        rows = [(name, *_report_cells(report)) for name, report in reports]
        print_rows(("source", *COLUMNS, "skipped", "embedded", "seconds"), rows, empty="")
    for name, report in reports:
        if unread_text := describe_unread_types(report.unread_types):
            mutter(f"{name}: {unread_text}")
        for page in report.skipped[:MOST_SKIPPED]:
            mutter(f"skipped {page.id}: {page.why}")
        if len(report.skipped) > MOST_SKIPPED:
            mutter(f"… and {len(report.skipped) - MOST_SKIPPED} more")


def _settled_embedder(db: Database, account: str, as_json: bool) -> Embedder:
    """What to index with; first the library is brought over to the embedder of the settings, if it must be."""
    settings = read_settings()
    with progress_bar("switching embedder", quiet=as_json) as on_document:
        embedder, find = make_embedder(settings), find_embedder(settings)
        return settle_embedder(db, account, embedder, find, lambda done, total: on_document(done, total, ""))
