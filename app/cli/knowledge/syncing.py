"""How commands bring sources in step, and tell of it."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict

from app.bootstrap import find_embedder, make_database, make_embedder, source_kinds
from app.cli.output import mutter, print_json, print_rows, progress_bar
from app.installation import existing, installation
from desk.errors import Permanent, Temporary
from desk.platform.database import Database
from desk.platform.settings import read_settings
from desk.ports import Embedder
from knowledge.ingest import sync
from knowledge.ingest.reindex import settle_embedder
from knowledge.ingest.sync import SyncContext, SyncOutcome
from knowledge.sources.configured_sources import ConfiguredSource

COLUMNS = ("added", "changed", "unchanged", "removed")
MOST_SKIPPED = 20
"""Pages that could not be read, named on the terminal; `--json` names all."""


@contextmanager
def library(account: str | None) -> Iterator[tuple[Database, str]]:
    """The database and the account's id, for one command. Raises Refused for an account that nobody made."""
    settings = read_settings()
    with installation(settings) as ready:
        db = make_database(ready)
        try:
            yield db, existing(db, account or settings.account)
        finally:
            db.close()


def read(
    db: Database, account: str, sources: Sequence[ConfiguredSource], *, as_json: bool, confirmed: bool = False
) -> list[SyncOutcome]:
    """Read each source, under a bar. `confirmed`: what has gone may leave the index, however much it is."""
    reading = SyncContext(db, account, source_kinds(), _embedder(db, account, as_json), confirmed)
    outcomes: list[SyncOutcome] = []
    for source in sources:
        with progress_bar(source.name, quiet=as_json) as on_page:
            outcomes.append(sync.sync_source(reading, source, on_page))
    return outcomes


def tell(outcomes: Sequence[SyncOutcome], *, as_json: bool) -> None:
    """Print what became of the sources. Raises Permanent or Temporary at the end when one could not be read, or so much
    has gone from it that it must be confirmed."""
    if as_json:
        print_json({each.name: _figures(each) for each in outcomes})
    else:
        _table(outcomes)
        for each in outcomes:
            if each.report and not any(getattr(each.report, name) for name in COLUMNS):
                mutter(f"{each.name}: no page was found there that can be read")
    failed = [each for each in outcomes if each.fault]
    for each in failed:
        mutter(f"{each.name}: {each.fault}")
    if failed:
        kind = Temporary if all(isinstance(each.fault, Temporary) for each in failed) else Permanent
        raise kind("; ".join(_summary(failed, len(outcomes))))


def _figures(outcome: SyncOutcome) -> dict[str, object]:
    figures: dict[str, object] = asdict(outcome.report) if outcome.report else {}
    return figures | ({"error": str(outcome.fault)} if outcome.fault else {})


def _summary(failed: Sequence[SyncOutcome], count: int) -> Iterator[str]:
    held = sum(each.report is not None for each in failed)
    if unread := len(failed) - held:
        yield f"{unread} of {count} sources could not be read; what the index holds of it stays"
    if held:
        yield f"{held} of {count} sources would lose most of what they had; it stays until you confirm it"


def _table(outcomes: Sequence[SyncOutcome]) -> None:
    reports = [(each.name, each.report) for each in outcomes if each.report]
    rows = [
        (
            name,
            *(getattr(report, column) for column in COLUMNS),
            len(report.skipped),
            report.passages_embedded,
            f"{report.seconds:.1f}",
        )
        for name, report in reports
    ]
    if rows:
        print_rows(("source", *COLUMNS, "skipped", "embedded", "seconds"), rows, empty="")
    for _, report in reports:
        for page in report.skipped[:MOST_SKIPPED]:
            mutter(f"skipped {page.id}: {page.why}")
        if len(report.skipped) > MOST_SKIPPED:
            mutter(f"… and {len(report.skipped) - MOST_SKIPPED} more")


def _embedder(db: Database, account: str, as_json: bool) -> Embedder:
    """What to index with; first the library is brought over to the embedder of the settings, if it must be."""
    settings = read_settings()
    with progress_bar("switching embedder", quiet=as_json) as on_document:
        wanted, find = make_embedder(settings), find_embedder(settings)
        return settle_embedder(db, account, wanted, find, lambda done, in_all: on_document(done, in_all, ""))
