"""Doctor and `firstline connections` say who is away, since when, and what waits for it."""

import json

import pytest

from app.database import make_database
from app.doctor.parties import party_checks
from desk.errors import Outage
from desk.health_check import HealthState
from desk.party import Access, PartyAccess
from desk.platform.settings import Settings
from tests.app.conftest import Command, use
from workers.parties import standing


def test_the_doctor_says_who_is_away_and_what_to_do(migrated: Settings) -> None:
    db = make_database(migrated)
    assert [(check.name, check.state) for check in party_checks(db)] == [("parties of main", HealthState.FINE)]
    with db.account("main") as tx:
        standing.declare_outage(tx, Outage("no answer", "zendesk", Access.READ))
        standing.declare_outage(tx, Outage("token revoked", "slack", Access.WRITE, refused=True))
    waiting, broken = party_checks(db)
    assert (waiting.name, waiting.state) == ("work for zendesk of main", HealthState.WRONG)
    assert waiting.what.startswith("waiting since 20")
    assert "0 messages and deliveries" in waiting.what
    assert broken.what.startswith("broken for writing since 20")
    assert "firstline connect slack" in broken.remedy
    with db.account("main") as tx:
        standing.declare_up(tx, PartyAccess("zendesk", Access.READ))
    assert [check.name for check in party_checks(db)] == ["work for slack of main"]
    db.close()


def test_connections_have_a_state_with_since_when(
    migrated: Settings, firstline: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(monkeypatch, migrated)
    db = make_database(migrated)
    firstline("connect", "slack", "--channel", "C0123456789", "--bot-token", "xoxb-1", "--no-check")
    [row] = json.loads(firstline("connections", "--json").out)
    assert row["state"] == "up"
    with db.account("main") as tx:
        standing.declare_outage(tx, Outage("token revoked", "slack", Access.WRITE, refused=True))
    [row] = json.loads(firstline("connections", "--json").out)
    assert row["state"].startswith("broken for writing since 20")
    assert "broken" in firstline("connections").out
    db.close()
