"""`firstline disconnect zendesk` leaves nothing of ours and all of theirs, however it is cut off."""

import json
import sys
from io import StringIO
from typing import Any

import pytest
from sqlalchemy import text

from desk.platform.database import Database
from integration.zendesk.sidebar.package import build_app
from tests.app.cli.connection_made import BY_EVENTS, NOTHING, all_rows, counts, kept, resources
from tests.app.conftest import Command
from tests.lookalikes.zendesk import Zendesk

pytestmark = [pytest.mark.loopback, pytest.mark.usefixtures("elsewhere")]


def theirs(zendesk: Zendesk) -> dict[str, Any]:
    """What an admin has there, like ours and not ours."""
    webhook = zendesk.setup.add("webhooks", name="Firstline", endpoint="https://elsewhere.example/", subscriptions=[])
    action = {"field": "notification_webhook", "value": [webhook, '{"event": "customer_message"}']}
    conditions = {"all": [{"field": "role", "operator": "is", "value": "agent"}], "any": []}
    zendesk.setup.add("triggers", title="Firstline: a customer writes", actions=[action], conditions=conditions)
    zendesk.setup.add("views", title="Firstline: waits for a person", all=[])
    rows: dict[str, Any] = json.loads(all_rows(zendesk))
    return rows


@pytest.mark.parametrize("plan", ["events", "triggers"])
def test_disconnect_leaves_nothing_of_ours_and_all_of_theirs(
    connect: Command, firstline: Command, db: Database, zendesk: Zendesk, plan: str
) -> None:
    zendesk.plan(plan)
    before = theirs(zendesk)
    connect()
    said = firstline("disconnect", "zendesk", "--yes")
    assert said.code == 0, said.err
    assert "removed  webhook" in said.out
    assert json.loads(all_rows(zendesk)) == before
    assert (kept(db), resources(db)) == (None, {})


def test_disconnect_finds_what_was_never_remembered(
    connect: Command, firstline: Command, db: Database, zendesk: Zendesk
) -> None:
    connect()
    with db.account("main") as tx:
        tx.execute(text("DELETE FROM connection_resources"))
    assert firstline("disconnect", "zendesk", "--yes").code == 0
    assert counts(zendesk) == NOTHING


def test_disconnect_removes_both_when_two_runs_at_once_made_two(
    connect: Command, firstline: Command, zendesk: Zendesk
) -> None:
    zendesk.plan("triggers")
    connect()
    for kind in ("webhooks", "triggers", "views"):
        for row in list(zendesk.setup.rows[kind].values()):
            zendesk.setup.add(kind, **{name: value for name, value in row.items() if name != "id"})
    [app], apps = zendesk.setup.apps.rows.values(), zendesk.setup.apps
    apps.unique_names = False
    second = apps.upload_by_hand(build_app())
    apps.rows[second]["short_description"] = app["short_description"]
    apps.install_by_hand(second, address="127.0.0.1:1", account="main")
    assert firstline("disconnect", "zendesk", "--yes").code == 0
    assert counts(zendesk) == NOTHING


def test_disconnect_asks_first(
    connect: Command, firstline: Command, db: Database, zendesk: Zendesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect()
    monkeypatch.setattr(sys, "stdin", StringIO("n\n"))
    said = firstline("disconnect", "zendesk")
    assert "Remove the 4 things that were made at Zendesk" in said.out + said.err
    assert (said.code, counts(zendesk)) == (130, BY_EVENTS)
    assert kept(db)


@pytest.mark.parametrize("cut", ["before", "after"])
@pytest.mark.parametrize("kind", ["webhooks", "triggers", "views", "apps/installations", r"apps/\d+"])
def test_disconnect_cut_off_keeps_the_connection_and_goes_on(
    connect: Command, firstline: Command, db: Database, zendesk: Zendesk, kind: str, cut: str
) -> None:
    zendesk.plan("triggers")
    connect()
    zendesk.fail(path=kind, method="DELETE", cut=cut)
    assert firstline("disconnect", "zendesk", "--yes").code == 75
    assert kept(db)
    assert firstline("disconnect", "zendesk", "--yes").code == 0
    assert (counts(zendesk), kept(db)) == (NOTHING, None)


def test_disconnect_says_what_it_may_not_remove_and_forgets_the_rest(
    connect: Command, firstline: Command, db: Database, zendesk: Zendesk
) -> None:
    connect()
    zendesk.agent["role"] = "agent"
    said = firstline("disconnect", "zendesk", "--yes")
    assert said.code == 1
    assert (
        "left at zendesk, to be removed there by hand: installation of the app, sidebar app, view, webhook" in said.err
    )
    assert (kept(db), resources(db)) == (None, {})


def test_what_somebody_else_has_come_to_use_is_named_and_left(
    connect: Command, firstline: Command, zendesk: Zendesk
) -> None:
    zendesk.plan("triggers")
    connect()
    [webhook] = zendesk.setup.rows["webhooks"]
    action = {"field": "notification_webhook", "value": [webhook, "{}"]}
    zendesk.setup.add("triggers", title="Mine", actions=[action], conditions={"all": [], "any": []})
    said = firstline("disconnect", "zendesk", "--yes")
    assert (said.code, "used by a trigger or automation" in said.out) == (1, True)
    assert "delete it in Zendesk's Admin Center" in said.out
    assert counts(zendesk) == {**NOTHING, "webhooks": 1, "triggers": 1}


def test_disconnect_only_here_asks_nobody(connect: Command, firstline: Command, db: Database, zendesk: Zendesk) -> None:
    connect()
    zendesk.requests.clear()
    assert firstline("disconnect", "zendesk", "--yes", "--only-here").code == 0
    assert (zendesk.requests, kept(db), resources(db)) == ([], None, {})
    assert counts(zendesk) == BY_EVENTS


def test_disconnect_speaks_json(connect: Command, firstline: Command, zendesk: Zendesk) -> None:
    connect()
    told = json.loads(firstline("disconnect", "zendesk", "--yes", "--json").out)
    assert (told["disconnected"], {step["state"] for step in told["steps"]}) == (True, {"removed"})
    said = firstline("disconnect", "zendesk", "--yes")
    assert (said.code, "zendesk is not connected" in said.err) == (1, True)
