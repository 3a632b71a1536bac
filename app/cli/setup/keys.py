"""Commands on the keys that bodies are sealed with: keys new, keys list, keys forget."""

from collections.abc import Iterator
from contextlib import closing, contextmanager

import click

from app.cli.output import json_option, print_json, print_rows, say
from app.database import make_database
from app.installation import installation
from desk.errors import Refused
from desk.platform.database import Database
from desk.platform.encryption import new_key
from desk.platform.encryption_keys import forget_key, record_keys, sealing_keys
from desk.platform.settings import read_settings


@click.group()
def keys() -> None:
    """The keys that bodies are sealed with."""


@keys.command("new")
def make_key() -> None:
    """Print a fresh key, for the front of FIRSTLINE_KEYS. Keep the old ones behind it, or old bodies stay shut."""
    click.echo(new_key())


@keys.command("list")
@json_option
def list_keys(as_json: bool) -> None:
    """List the keys that sealed this database, by their fingerprints, and whether each is given."""
    with _open_database() as db:
        with db.across() as connection:
            known_keys = sealing_keys(connection) or []
        rows = [(key.fingerprint, key.since, key.fingerprint in db.sealer.fingerprints) for key in known_keys]
    if as_json:
        print_json([dict(zip(("fingerprint", "since", "given"), row, strict=True)) for row in rows])
        return
    table_rows = [(name, since, "yes" if given else "NO") for name, since, given in rows]
    print_rows(("key", "since", "given"), table_rows, empty="None yet: nothing is sealed.")


@keys.command("forget")
@click.argument("fingerprint")
@click.option("--yes", is_flag=True, help="Do not ask.")
def forget(fingerprint: str, yes: bool) -> None:
    """Expect the key of this FINGERPRINT no longer. What only it can open stays shut for good."""
    if not yes:
        click.confirm(f"What only the key {fingerprint} can open stays shut for good. Go on?", abort=True)
    with _open_database() as db:
        if not forget_key(db, fingerprint):
            raise Refused(f"no key {fingerprint} has sealed this database; `firstline keys list` shows which did")
        record_keys(db, db.sealer.fingerprints[:1])  # with none on record, all would be asked to open again
    say(f"The key {fingerprint} is expected no longer.")


@contextmanager
def _open_database() -> Iterator[Database]:
    with installation(read_settings(), any_keys=True) as ready, closing(make_database(ready)) as db:
        yield db
