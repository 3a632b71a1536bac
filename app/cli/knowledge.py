"""Commands on the knowledge: index, reindex, search."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import click
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from app.bootstrap import make_database, make_embedder, make_sources
from app.cli.output import account_option, err, json_option, out, print_json, print_rows
from app.installation import installation
from desk.errors import Refused
from desk.ports import PageSource
from desk.settings import read_settings
from knowledge.ingest import Progress as OnPage
from knowledge.ingest import Report, index
from knowledge.search import PostgresLibrary
from knowledge.sources.folder import Folder


@click.command("index")
@click.argument("path", type=click.Path(path_type=Path, file_okay=False, exists=True))
@click.option("--name", help="What the source is called (default: folder:PATH).")
@account_option
@json_option
def index_folder(path: Path, name: str | None, account: str | None, as_json: bool) -> None:
    """Index the Markdown and HTML pages under PATH, and keep in step with it: unchanged text costs nothing, changed
    text is read anew, pages that are gone leave the index."""
    _index([Folder(path, name)], account, as_json)


@click.command()
@account_option
@json_option
def reindex(account: str | None, as_json: bool) -> None:
    """Bring every folder that was indexed before in step again."""
    settings = read_settings()
    with installation(settings) as ready:
        db = make_database(ready)
        sources = make_sources(db, account or settings.account)
        db.close()
    if not sources:
        raise Refused("nothing has been indexed yet; `firstline index PATH` does it")
    _index(sources, account, as_json)


@click.command()
@click.argument("query")
@click.option("--most", default=5, show_default=True, type=click.IntRange(1, 100), help="How many passages.")
@click.option("--locale", default="en", show_default=True, help="The reader's language.")
@click.option("--internal", is_flag=True, help="Look at internal documents too.")
@account_option
@json_option
def search(query: str, most: int, locale: str, internal: bool, account: str | None, as_json: bool) -> None:
    """Show the passages that the documents hold for a QUERY, best first, with their scores."""
    settings = read_settings()
    audiences = frozenset({"public", "internal"} if internal else {"public"})
    with installation(settings) as ready:
        db = make_database(ready)
        library = PostgresLibrary(db, make_embedder())
        hits = library.search(account or settings.account, query, limit=most, audiences=audiences, locale=locale)
        db.close()
    if as_json:
        print_json(hits)
        return
    for hit in hits:
        place = escape(" › ".join((hit.passage.title, *hit.passage.headings)))
        scores = f"cosine {hit.cosine:.2f}, lexical {hit.lexical:.2f}, share {hit.share:.2f}, fused {hit.fused:.2f}"
        out.print(f"[bold]{place}[/bold]   [dim]{scores}[/dim]")
        out.print(hit.passage.text, markup=False)
        out.print()
    if not hits:
        out.print("Nothing found; `firstline index PATH` adds documents.")


def _index(sources: Sequence[PageSource], account: str | None, as_json: bool) -> None:
    settings = read_settings()
    reports: dict[str, Report] = {}
    with installation(settings) as ready:
        db = make_database(ready)
        embedder = make_embedder()
        for source in sources:
            with progress_bar(source.name, quiet=as_json) as on_page:
                reports[source.name] = index(db, account or settings.account, source, embedder, on_page)
        db.close()
    if as_json:
        print_json(reports)
        return
    rows = [(n, r.added, r.changed, r.unchanged, r.removed, r.passages_embedded, f"{r.seconds:.1f}")
            for n, r in reports.items()]  # fmt: skip
    print_rows(("source", "added", "changed", "unchanged", "removed", "embedded", "seconds"), rows, empty="")
    for report in reports.values():
        for page in report.skipped:
            err.print(f"skipped {page.id}: {page.why}", markup=False)


@contextmanager
def progress_bar(label: str, *, quiet: bool = False) -> Iterator[OnPage]:
    """A bar on standard error, as pages are done."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=err, disable=quiet, transient=True) as bar:
        task = bar.add_task(label, total=None)

        def on_page(done: int, total: int | None, page: str) -> None:
            bar.update(task, completed=done, total=total)

        yield on_page


COMMANDS = (index_folder, reindex, search)
