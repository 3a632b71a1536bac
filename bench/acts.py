"""Many acts of people, pressed up to three times each and out of order, carried out by processes that are killed again
and again: none may be doubled, none lost."""

import argparse
import time
import uuid
from collections.abc import Sequence

from app.embedded.postgres import LOGIN_ROLE, EmbeddedPostgres
from desk.platform.accounts import add_account
from desk.platform.database import Database
from desk.platform.encryption import Sealer, new_key
from migrations.run import migrate
from tests.conftest import short_directory
from tests.workers.interventions.storm import Tally, quieten, run_storm
from tests.workers.talks import policy_text


def main(arguments: Sequence[str]) -> None:
    """Press, kill, count and print; exit code 1 when an act was doubled or lost."""
    options = argparse.ArgumentParser(prog="python -m bench acts", description=__doc__)
    options.add_argument("--acts", type=int, default=10_000, help="how many are pressed")
    options.add_argument("--kills", type=int, default=400, help="how often a worker is killed")
    asked = options.parse_args(arguments)
    quieten()
    with short_directory() as directory, EmbeddedPostgres(directory) as postgres:
        migrate(postgres.owner_url, LOGIN_ROLE)
        policy, key = directory / "policy.yaml", new_key()
        policy.write_text(policy_text().replace("level: auto", "level: draft"), encoding="utf-8")
        start = time.monotonic()
        tally = run_storm(postgres.url, [key], _account(postgres.url, key), policy, asked.acts, asked.kills)
        _report(tally, asked.acts, time.monotonic() - start)


def _account(url: str, key: str) -> str:
    name, database = f"acts-{uuid.uuid4().hex[:8]}", Database(url, Sealer([key]))
    add_account(database, name)
    database.close()
    return name


def _report(tally: Tally, pressed: int, seconds: float) -> None:
    lost = pressed - tally.acts + tally.unfinished
    print(f"{pressed} acts pressed, {tally.kills} kills, {seconds:.0f} s")
    print("by kind: " + ", ".join(f"{kind} {count}" for kind, count in tally.kinds.most_common()))
    print("ended: " + ", ".join(f"{status} {count}" for status, count in tally.statuses.most_common()))
    print(f"replies to customers {tally.replies}, said to be sent {tally.promised}")
    print(f"proposals {tally.proposals}, said to be proposed {tally.taught}")
    print(f"doubled {tally.doubled}, lost {lost}")
    if tally.doubled or lost or tally.replies != tally.promised or tally.proposals != tally.taught:
        raise SystemExit(1)
