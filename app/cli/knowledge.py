"""Commands on the knowledge: index, reindex, forget, search."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import click

from app.bootstrap import make_database, make_embedder, make_sources
from app.cli.output import account_option, json_option, mutter, out, print_json, print_rows, progress_bar, say
from app.installation import existing, installation
from desk.db import Database
from desk.errors import FirstlineError, Permanent, Refused, Temporary
from desk.ports import PageSource
from desk.settings import read_settings
from desk.text import clean
from knowledge import ingest
from knowledge.catalogue import sources_of
from knowledge.ingest import Report
from knowledge.library import PostgresLibrary
from knowledge.sources.folder import Folder

COLUMNS = ("added", "changed", "unchanged", "removed", "passages_embedded")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of the sources: a report of each that was read, an error of each that was not."""

    reports: dict[str, Report]
    faults: dict[str, FirstlineError]


@click.command("index")
@click.argument("path", type=click.Path(path_type=Path, file_okay=False, exists=True))
@click.option("--name", help="What the source is called (default: folder:PATH, which `reindex` can read again).")
@account_option
@json_option
def index_folder(path: Path, name: str | None, account: str | None, as_json: bool) -> None:
    """Index the Markdown, HTML and text pages under PATH, and keep in step with it: unchanged text costs nothing,
    changed text is read anew, pages that are gone leave the index."""
    if name is not None and (not clean(name).strip() or ":" in name):
        raise Refused("a source's name is not empty and has no colon: that parts kind and place, as in folder:PATH")
    with _library(account) as (db, account_id):
        outcome = _index(db, account_id, [Folder(path, clean(name).strip() if name else None)], as_json)
    _report(outcome, as_json)


@click.command()
@account_option
@json_option
def reindex(account: str | None, as_json: bool) -> None:
    """Bring every folder that was indexed before in step again. Of a folder that is gone, the documents stay."""
    with _library(account) as (db, account_id):
        names, sources = sources_of(db, account_id), make_sources(db, account_id)
        if not names:
            raise Refused("nothing has been indexed yet; `firstline index PATH` does it")
        for name in sorted(set(names) - {source.name for source in sources}):
            mutter(f"{name} has a name of its own: `firstline index PATH --name {name}` reads it again")
        outcome = _index(db, account_id, sources, as_json)
    _report(outcome, as_json)


@click.command()
@click.argument("source")
@account_option
def forget(source: str, account: str | None) -> None:
    """Take all documents of a SOURCE out of the index. Without such a source, the names of those that are there."""
    with _library(account) as (db, account_id):
        if source not in (names := sources_of(db, account_id)):
            raise Refused(f"no source {source}; there are: {', '.join(names) or 'none'}")
        count = ingest.remove(db, account_id, source)
    say(f"{count} documents have left the index.")


@click.command()
@click.argument("query")
@click.option("--most", default=5, show_default=True, type=click.IntRange(1, 100), help="How many passages.")
@click.option("--locale", default="en", show_default=True, help="The reader's language.")
@click.option("--internal", is_flag=True, help="Look at internal documents too.")
@account_option
@json_option
def search(query: str, most: int, locale: str, internal: bool, account: str | None, as_json: bool) -> None:
    """Show the passages that the documents hold for a QUERY, best first, with their scores."""
    audiences = frozenset({"public", "internal"} if internal else {"public"})
    with _library(account) as (db, account_id):
        library = PostgresLibrary(db, make_embedder())
        hits = library.search(account_id, clean(query), limit=most, audiences=audiences, locale=clean(locale))
    if as_json:
        print_json(hits)
        return
    for hit in hits:
        say(" › ".join((hit.passage.title, *hit.passage.headings)), style="bold")
        scores = f"cosine {hit.cosine:.2f}, lexical {hit.lexical:.2f}, share {hit.share:.2f}, fused {hit.fused:.2f}"
        say(scores, style="dim")
        say(hit.passage.text)
        out.print()
    if not hits:
        say("Nothing found; `firstline index PATH` adds documents.")


@contextmanager
def _library(account: str | None) -> Iterator[tuple[Database, str]]:
    """The database and the account's id, for one command."""
    settings = read_settings()
    with installation(settings) as ready:
        db = make_database(ready)
        try:
            yield db, existing(db, account or settings.account)
        finally:
            db.close()


def _index(db: Database, account: str, sources: Sequence[PageSource], as_json: bool) -> Outcome:
    """One source after the other; a fault of one leaves its documents as they were, and the others go on."""
    outcome, embedder = Outcome({}, {}), make_embedder()
    for source in sources:
        try:
            with progress_bar(source.name, quiet=as_json) as on_page:
                outcome.reports[source.name] = ingest.index(db, account, source, embedder, on_page)
        except (Permanent, Temporary) as error:
            outcome.faults[source.name] = error
    return outcome


def _report(outcome: Outcome, as_json: bool) -> None:
    """Print it. Raises Permanent or Temporary at the end when a source could not be read."""
    if as_json:
        print_json(outcome.reports)
    elif outcome.reports:
        rows = [
            (name, *(getattr(report, column) for column in COLUMNS), f"{report.seconds:.1f}")
            for name, report in outcome.reports.items()
        ]
        print_rows(("source", "added", "changed", "unchanged", "removed", "embedded", "seconds"), rows, empty="")
    for report in outcome.reports.values():
        for page in report.skipped:
            mutter(f"skipped {page.id}: {page.why}")
    for name, fault in outcome.faults.items():
        gone = f". Its documents stay in the index; `firstline forget {name}` takes them out"
        mutter(f"{name}: {fault}{gone if isinstance(fault, Permanent) else ''}")
    if outcome.faults:
        kind = Permanent if any(isinstance(fault, Permanent) for fault in outcome.faults.values()) else Temporary
        raise kind(f"{len(outcome.faults)} of {len(outcome.faults) + len(outcome.reports)} sources could not be read")
