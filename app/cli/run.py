"""Commands that run the product: up, demo."""

import json
import subprocess
import sys
from pathlib import Path

import click

from app.database import make_database
from app.installation import address
from app.processes.children import environment
from app.processes.up import Extras
from app.processes.up import up as run_everything
from desk.errors import BadSetting, Permanent
from desk.platform.settings import Settings, read_settings
from integration.access import sign_in
from integration.access.permissions import StaffRole

EXAMPLES = Path(__file__).parents[2] / "examples"
DEMO_USER = "lead@demo.example"


@click.command()
@click.option("--host", help="Where to listen (default: FIRSTLINE_HOST, 127.0.0.1).")
@click.option("--port", type=click.IntRange(0, 65535), help="The port (default: FIRSTLINE_PORT, 8000).")
def up(host: str | None, port: int | None) -> None:
    """Run everything on this machine: PostgreSQL and Redis (unless DATABASE_URL and REDIS_URL name others), web,
    workers and beat. Ctrl-C stops all."""
    run_everything(_with_changes(read_settings(), host=host, port=port))


@click.command()
@click.option("--host", help="Where to listen (default: FIRSTLINE_HOST, 127.0.0.1).")
@click.option("--port", type=click.IntRange(0, 65535), help="The port (default: FIRSTLINE_PORT, 8000, or a free one).")
def demo(host: str | None, port: int | None) -> None:
    """The same as `up`, with an example help centre, an open customer form and tickets to click. Its data lies in
    data/demo, apart from everything else."""
    if not (EXAMPLES / "helpcenter").is_dir():
        raise BadSetting("the demo needs the folder examples/ of the repository beside the code")
    settings = read_settings()
    # Whoever has set what the demo prints means that demo, and not one within it.
    is_demo_dir = settings.data_dir.name == "demo" and (settings.data_dir / "postgres").is_dir()
    data_dir = settings.data_dir if is_demo_dir else settings.data_dir / "demo"
    changes = {"demo": True, "policy": EXAMPLES / "policy.yaml", "data_dir": data_dir}
    run_everything(_with_changes(settings, host=host, port=port, **changes), Extras(_index_examples, _sign_in_link))


def _with_changes(settings: Settings, **changes: object) -> Settings:
    """With what was given; `model_copy` notes it as set."""
    return settings.model_copy(update={name: value for name, value in changes.items() if value is not None})


def _index_examples(settings: Settings) -> str:
    """In a process of its own, so that the model's memory is given back."""
    argv = [sys.executable, "-m", "app", "index", "--json", "--name", "helpcenter", str(EXAMPLES / "helpcenter")]
    completed = subprocess.run(argv, env=environment(settings), capture_output=True, text=True, check=False)  # noqa: S603
    if completed.returncode:
        raise Permanent(f"the example help centre could not be indexed: {completed.stderr.strip()}")
    report = json.loads(completed.stdout)["helpcenter"]
    pages = report["added"] + report["changed"] + report["unchanged"]
    return f"help centre: {pages} pages, {report['passages_embedded']} passages embedded"


def _sign_in_link(settings: Settings) -> str:
    db = make_database(settings)
    try:
        with db.account(settings.account) as tx:
            sign_in.add_user(tx, DEMO_USER, StaffRole.ADMIN)
        return f"{address(settings)}/sign-in/{sign_in.new_sign_in_link(db, settings.account, DEMO_USER)}"
    finally:
        db.close()
