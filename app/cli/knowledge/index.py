"""Commands on the knowledge: index, reindex, forget, search. The first three are short for `sources`."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import click

from app.bootstrap import make_library, source_kinds
from app.cli.knowledge import source_options
from app.cli.knowledge.sources import name_of, run, set_up, take_out
from app.cli.knowledge.syncing import read, tell
from app.cli.output import MOMENT, account_option, confirm_option, json_option, out, print_json, say
from app.installation import open_installation
from desk.errors import Refused
from desk.passage import SearchScope
from desk.text.tokenizer import clean
from knowledge.ingest import sync
from knowledge.sources.configured_sources import ConfiguredSource

FOLDER = "folder"


@click.command("index")
@click.argument("path", type=click.Path(path_type=Path, file_okay=False, exists=True))
@click.option("--name", help="What to call the source (default: folder:PATH).")
@confirm_option
@account_option
@json_option
def index_folder(path: Path, name: str | None, confirm: bool, account: str | None, as_json: bool) -> None:
    """Index the Markdown, HTML, text, PDF and Word files under PATH, and keep in step with it: short for `sources add
    folder PATH`, and once that is done for `sources sync`."""
    settings = source_options.valid_settings(source_kinds()[FOLDER], {"path": str(path)})
    source_name = name_of(name) if name else None
    with open_installation(account) as (_, db, account_id):
        source = _folder_source(sync.find_sources(db, account_id), settings, source_name)
        set_up(db, account_id, source)
        outcomes = read(db, account_id, [source], as_json=as_json, confirmed=confirm)
    tell(outcomes, as_json=as_json)


@click.command()
@account_option
@json_option
def reindex(account: str | None, as_json: bool) -> None:
    """Bring the index in step with all sources: the same as `sources sync`."""
    run((), account, as_json=as_json)


@click.command()
@click.argument("source")
@account_option
def forget(source: str, account: str | None) -> None:
    """Remove a SOURCE, and take its documents out of the index: the same as `sources remove --yes`."""
    take_out(source, account, ask=False)


@click.command()
@click.argument("query")
@click.option("--most", default=5, show_default=True, type=click.IntRange(1, 100), help="How many passages.")
@click.option("--locale", default="en", show_default=True, help="The reader's language.")
@click.option("--internal", is_flag=True, help="Look at internal documents too.")
@click.option("--at", type=MOMENT, help="Search in what the documents said at this time (UTC).")
@account_option
@json_option
def search(
    query: str, most: int, locale: str, internal: bool, at: datetime | None, account: str | None, as_json: bool
) -> None:
    """Show the passages that the documents hold for a QUERY, best first, with their scores."""
    audiences = frozenset({"public", "internal"} if internal else {"public"})
    scope = SearchScope(audiences, clean(locale), at=at.replace(tzinfo=UTC) if at else None)
    with open_installation(account) as (settings, db, account_id):
        knowledge_library = make_library(settings, db)
        hits = knowledge_library.search(account_id, clean(query), scope, limit=most)
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
        say(
            "No document said anything to this then." if at else "Nothing found; `firstline index PATH` adds documents."
        )


def _folder_source(
    existing_sources: list[ConfiguredSource], settings: dict[str, str], name: str | None
) -> ConfiguredSource:
    """The source of this name, or the one that reads this folder already, so that its marks hold; or a new one."""
    for source in existing_sources:
        if source.name == name and source.kind != FOLDER:
            raise Refused(f"{name} is there already, a source of the kind {source.kind}; choose another --name")
        if source.name == name or (name is None and source.kind == FOLDER and source.settings == settings):
            return replace(source, settings={**source.settings, **settings})
    return ConfiguredSource(name or f"{FOLDER}:{settings['path']}", FOLDER, settings)
