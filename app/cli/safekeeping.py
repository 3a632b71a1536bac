"""Commands that keep an installation well: doctor, migrate, backup, restore."""

import sys
from pathlib import Path

import click

from app.backup import backup, restore
from app.cli.output import json_option, out, print_json
from app.doctor import State, examine
from app.installation import bring_up_to_date, installation
from desk.settings import read_settings

COLOURS = {State.FINE: "green", State.MISSING: "yellow", State.WRONG: "red"}


@click.command()
@json_option
def doctor(as_json: bool) -> None:
    """Say of each setting and connection: fine, missing or wrong, and what to do. Exit code 1 if any is wrong."""
    with installation(read_settings()) as ready:
        checks = examine(ready)
    if as_json:
        print_json(checks)
    else:
        for check in checks:
            out.print(f"[{COLOURS[check.state]}]{check.state.value:<8}[/] [bold]{check.name}[/]: ", end="")
            out.print(check.found, markup=False)
            if check.remedy:
                out.print(f"         → {check.remedy}", markup=False)
    sys.exit(any(check.state is State.WRONG for check in checks))


@click.command("migrate")
def migrate_database() -> None:
    """Bring the database up to date, under DATABASE_OWNER_URL. Safe to run twice, and twice at once."""
    with installation(read_settings()) as ready:
        before, after = bring_up_to_date(ready)
    out.print(f"Up to date at {after}." if before == after else f"Migrated from {before or 'nothing'} to {after}.")


@click.command("backup")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
def make_backup(file: Path) -> None:
    """Write everything into FILE, while work goes on."""
    with installation(read_settings()) as ready:
        size = backup(ready, file.absolute())
        keys_inside = (ready.data_dir / "keys").exists()
    out.print(f"{file}: {size / 1e6:.1f} MB.")
    out.print("It holds the keys: whoever has it can read the tickets." if keys_inside else
              "FIRSTLINE_KEYS is not in it: keep the keys too, or nobody can read it.")  # fmt: skip


@click.command("restore")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.option("--overwrite", is_flag=True, help="Replace the tickets that are here.")
def restore_backup(file: Path, overwrite: bool) -> None:
    """Put what FILE holds in the place of what is here. Stop `firstline up` first."""
    with installation(read_settings(), alone=True) as ready:
        about = restore(ready, file.absolute(), overwrite=overwrite)
        bring_up_to_date(ready)
    out.print(f"Restored what Firstline {about['version']} wrote on {about['made_at']}.")


COMMANDS = (doctor, migrate_database, make_backup, restore_backup)
