"""Commands that keep an installation safe: migrate, backup, restore."""

from pathlib import Path

import click

from app.backup.backup import About, backup
from app.backup.restore import restore
from app.cli.output import progress_bar, say
from app.installation import bring_up_to_date, installation
from desk.platform.settings import read_settings

HELD = (("ticket_states", "ticket"), ("documents", "document"), ("users", "user"))


@click.command("migrate")
def migrate_database() -> None:
    """Bring the database up to date, under DATABASE_OWNER_URL. Safe to run twice, and twice at once."""
    with installation(read_settings(), as_it_is=True) as ready:
        before, after = bring_up_to_date(ready)
    say(f"Up to date at {after}." if before == after else f"Migrated from {before or 'nothing'} to {after}.")


@click.command("backup")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
def make_backup(file: Path) -> None:
    """Write everything into FILE, while work goes on. FILE must not be there yet; only its owner can read it."""
    with installation(read_settings(), any_keys=True) as ready, progress_bar("backup") as on_table:
        about = backup(ready, file.absolute(), on_table)
    say(f"{file}: {_count_in_words(about)}, {file.stat().st_size / 1e6:.1f} MB.")
    say("It holds the keys: whoever has it can read the tickets." if about.keys else
        "FIRSTLINE_KEYS is not in it: keep the keys too, in another place, or nobody can read it.")  # fmt: skip


@click.command("restore")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.option("--overwrite", is_flag=True, help="Replace the tickets that are here.")
def restore_backup(file: Path, overwrite: bool) -> None:
    """Put what FILE holds in the place of what is here, all or nothing. Stop `firstline up` first."""
    with installation(read_settings(), alone=True, as_it_is=True) as ready, progress_bar("restore") as on_table:
        about = restore(ready, file.absolute(), overwrite=overwrite, progress=on_table)
    say(
        f"Restored what Firstline {about.version} wrote on {about.made_at:%Y-%m-%d %H:%M} UTC: "
        f"{_count_in_words(about)}."
    )


def _count_in_words(about: About) -> str:
    counts = ((about.rows(table), noun) for table, noun in HELD)
    return ", ".join(f"{count} {noun}{'s' * (count != 1)}" for count, noun in counts)
