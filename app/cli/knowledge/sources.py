"""Commands on the sources: sources add, list, sync, remove."""

from dataclasses import asdict
from typing import Any

import click

from app.bootstrap import source_kinds
from app.cli.knowledge import source_options
from app.cli.knowledge.syncing import read, tell
from app.cli.output import account_option, confirm_option, json_option, print_json, print_rows, say
from app.installation import open_installation
from desk.errors import Refused
from desk.platform.database import Database
from desk.text.tokenizer import clean
from knowledge.index.catalogue import list_sources
from knowledge.ingest import sync
from knowledge.sources import configured_sources
from knowledge.sources.configured_sources import ConfiguredSource, PageDefaults

LONGEST = 200  # characters of a name or a mark
NONE_YET = "No sources yet; `firstline sources add --help` shows the kinds there are."


class Kinds(click.Group):
    """One command for each kind of source, made from what it asks for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The kinds."""
        return list(source_kinds())

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command that adds a source of this kind."""
        kind = source_kinds().get(cmd_name)
        if kind is None:
            return None
        help_text = f"Add a source: {kind.line}."
        command = click.Command(
            cmd_name, params=source_options.source_parameters(kind), help=help_text, short_help=kind.line
        )
        command.callback = lambda **values: _add_source(cmd_name, **values)
        for option in (*_MARKS, account_option, json_option):
            option(command)
        return command


_MARKS = (
    click.option("--name", help="What to call it (default: KIND:PLACE)."),
    click.option("--audience", help="Who may read its public pages: internal, … A page of narrower audience keeps it."),
    click.option("--locale", help="The language of its pages, where they do not say."),
    click.option("--collection", help="What its pages are kept under, where they do not say."),
    click.option("--no-sync", is_flag=True, help="Only set it up; the next sync reads it."),
)
"""What every source may be given; the settings of a kind must have other names."""


@click.group()
def sources() -> None:
    """Where documents come from: add sources, list them, bring the index in step, remove them."""


@sources.group("add", cls=Kinds, no_args_is_help=True)
def add_source() -> None:
    """Set up a source of a KIND, and read it. Given again, it changes what it says anew and leaves the rest."""


@sources.command("list")
@account_option
@json_option
def show_sources(account: str | None, as_json: bool) -> None:
    """List the sources, how many documents of each are in the index, and how the last reading went."""
    with open_installation(account) as (_, db, account_id), db.account(account_id) as tx:
        statuses, configured = list_sources(tx), {source.name: source for source in configured_sources.list_sources(tx)}
    if as_json:
        print_json([asdict(source) | _setup_fields(configured.get(source.name)) for source in statuses])
        return
    rows = [(source.name, source.kind, source.documents, source.synced_at, source.error) for source in statuses]
    print_rows(("source", "kind", "documents", "last synced", "error"), rows, empty=NONE_YET)


@sources.command("sync")
@click.argument("names", nargs=-1, metavar="[NAME]…")
@confirm_option
@account_option
@json_option
def sync_sources(names: tuple[str, ...], confirm: bool, account: str | None, as_json: bool) -> None:
    """Bring the index in step with all sources, or with those that are named. Unchanged text costs nothing; what is
    gone from a source leaves the index, unless it is most of it; of a source that cannot be read, all stays as it
    is."""
    if confirm and not names:
        raise click.UsageError("--confirm: name the source that may lose its pages")
    run(names, account, as_json=as_json, confirmed=confirm)


@sources.command("remove")
@click.argument("name")
@click.option("--yes", is_flag=True, help="Do not ask.")
@account_option
def remove_source(name: str, yes: bool, account: str | None) -> None:
    """Remove a source; its documents leave the index."""
    take_out(name, account, ask=not yes)


def run(names: tuple[str, ...], account: str | None, *, as_json: bool, confirmed: bool = False) -> None:
    """Read the sources of these names, or all. Raises Refused where there is none."""
    with open_installation(account) as (_, db, account_id):
        if not (sources := sync.find_sources(db, account_id, [clean(name) for name in names])):
            raise Refused(NONE_YET)
        outcomes = read(db, account_id, sources, as_json=as_json, confirmed=confirmed)
    tell(outcomes, as_json=as_json)


def take_out(name: str, account: str | None, *, ask: bool) -> None:
    """Remove a source and its documents. Raises Refused for a name that neither a source nor a document has."""
    with open_installation(account) as (_, db, account_id):
        with db.account(account_id) as tx:
            statuses = {status.name: status for status in list_sources(tx)}
        if name not in statuses:
            raise Refused(f"no source {name}; there are: {', '.join(statuses) or 'none'}")
        if ask:
            click.confirm(f"{statuses[name].documents} documents of {clean(name)} leave the index. Go on?", abort=True)
        count = sync.remove_source(db, account_id, name)
    say(f"{count} documents have left the index.")


def set_up(db: Database, account: str, source: ConfiguredSource) -> None:
    """Write it down, once it is known that it can be opened. Raises Permanent when it cannot."""
    sync.open_source(db, account, source_kinds(), source)
    with db.account(account) as tx:
        configured_sources.save_source(tx, source)


def name_of(name: str) -> str:
    """What a source is to be called. Raises click.UsageError."""
    return _valid_name("--name", name)


def _add_source(
    kind_name: str,
    name: str | None,
    account: str | None,
    as_json: bool,
    no_sync: bool,
    audience: str | None,
    locale: str | None,
    collection: str | None,
    **values: Any,
) -> None:
    kind = source_kinds()[kind_name]
    given = source_options.given_settings(kind, values)
    place = source_options.valid_settings(kind, given)[kind.place] if kind.place and not name else None
    source_name = name_of(name) if name else f"{kind_name}:{place}" if place else kind_name
    with open_installation(account) as (_, db, account_id):
        with db.account(account_id) as tx:
            before = configured_sources.find_source(tx, source_name)
        if before and before.kind != kind_name:
            raise Refused(f"{source_name} is there already, a source of the kind {before.kind}; choose another --name")
        settings = source_options.valid_settings(kind, {**(before.settings if before else {}), **given})
        defaults = _changed_defaults(before, audience=audience, locale=locale, collection=collection)
        source = ConfiguredSource(source_name, kind_name, settings, defaults)
        set_up(db, account_id, source)
        outcomes = [] if no_sync else read(db, account_id, [source], as_json=as_json)
    if no_sync and not as_json:
        say(f"{source_name} is set up; `firstline sources sync` reads it.")
    else:
        tell(outcomes, as_json=as_json)


def _changed_defaults(before: ConfiguredSource | None, **changes: str | None) -> PageDefaults:
    """What was said, over what was there; an empty word takes a default away."""
    given = {key: _valid_name(f"--{key}", word) if word else word for key, word in changes.items() if word is not None}
    fields = asdict(before.defaults if before else PageDefaults()) | given
    audience = (fields["audience"] or "").lower() or None
    return PageDefaults(audience, fields["locale"] or None, fields["collection"] or "")


def _valid_name(option: str, value: str) -> str:
    normalized = " ".join(clean(value).split())
    if not normalized or len(normalized) > LONGEST:
        raise click.UsageError(f"{option}: must have 1 to {LONGEST} characters")
    return normalized


def _setup_fields(source: ConfiguredSource | None) -> dict[str, object]:
    return {"settings": source.settings, **asdict(source.defaults)} if source else {}
