"""`firstline connect zendesk` makes what is needed, once, however often it is cut off."""

import json
import sys
from io import StringIO

import pytest
from sqlalchemy import text

from app.embedded.redis import EmbeddedRedis
from desk.platform.database import Database
from desk.platform.settings import Settings
from desk.ticket import TicketState
from integration.resources import Ledger
from tests.app.cli.connection_made import (
    BY_EVENTS,
    BY_TRIGGERS,
    ENDPOINT,
    NOTHING,
    all_rows,
    changes_asked,
    counts,
    kept,
    resources,
    secret_of,
    states,
)
from tests.app.conftest import Command
from tests.app.own_web import web
from tests.lookalikes.zendesk import EMAIL, TOKEN, Zendesk
from tests.lookalikes.zendesk_setup import CLIENT_ID, CLIENT_SECRET
from workers import record

pytestmark = [pytest.mark.loopback, pytest.mark.usefixtures("elsewhere")]

CUTS = [
    ("events", "webhooks$", "POST", 0),
    ("events", "webhooks$", "GET", 0),
    ("events", "signing_secret", "GET", 0),
    ("events", "views$", "GET", 0),
    ("events", "views$", "POST", 0),
    ("events", "apps/owned", "GET", 0),
    ("events", "apps/uploads", "POST", 0),
    ("events", r"apps\.json$", "POST", 0),
    ("events", "apps/job_statuses", "GET", 0),
    ("events", "apps/installations", "GET", 0),
    ("events", "apps/installations", "POST", 0),
    ("events", "public_key", "GET", 0),
    ("triggers", "webhooks$", "POST", 1),
    ("triggers", "triggers$", "GET", 0),
    ("triggers", "triggers$", "POST", 0),
    ("triggers", "triggers$", "POST", 1),
]
"""Plan, address, method, and how many such requests go well before."""


# --- Made once


def test_it_makes_webhook_and_view_and_seals_the_secret(connect: Command, db: Database, zendesk: Zendesk) -> None:
    said = connect()
    assert said.code == 0, said.err
    assert counts(zendesk) == BY_EVENTS
    [webhook], [view] = zendesk.setup.rows["webhooks"].values(), zendesk.setup.rows["views"].values()
    assert (webhook["endpoint"], webhook["status"]) == (ENDPOINT, "active")
    assert {"zen:event-type:ticket.created", "zen:event-type:article.published"} <= set(webhook["subscriptions"])
    assert view["all"][0] == {"field": "current_tags", "operator": "includes", "value": "firstline_escalated"}
    known = kept(db)
    assert known
    assert known.webhook_secrets == [secret_of(zendesk)]
    [app], [installation] = zendesk.setup.apps.rows, zendesk.setup.apps.installations
    made = {"webhook": webhook["id"], "view": str(view["id"])}
    assert resources(db) == {**made, "app": app, "app_installation": installation}
    assert secret_of(zendesk) not in said.out + said.err
    assert f"made     webhook: calls {ENDPOINT} when a ticket changes" in said.out


@pytest.mark.parametrize("plan", ["events", "triggers"])
def test_a_second_run_changes_nothing(
    connect: Command, firstline: Command, db: Database, zendesk: Zendesk, plan: str
) -> None:
    zendesk.plan(plan)
    connect()
    made, before, ours = all_rows(zendesk), kept(db), resources(db)
    zendesk.requests.clear()
    said = firstline("connect", "zendesk", "--json")
    assert set(states(said).values()) == {"there"}
    assert json.loads(said.out)["changed"] == []
    assert (changes_asked(zendesk), all_rows(zendesk), kept(db), resources(db)) == ([], made, before, ours)


@pytest.mark.parametrize("cut", ["before", "after"])
@pytest.mark.parametrize(("plan", "path", "method", "well"), CUTS)
def test_cut_off_anywhere_and_run_again_it_completes_and_nothing_is_doubled(
    connect: Command,
    firstline: Command,
    db: Database,
    zendesk: Zendesk,
    plan: str,
    path: str,
    method: str,
    well: int,
    cut: str,
) -> None:
    zendesk.plan(plan)
    zendesk.fail(path=path, method=method, times=well)
    zendesk.fail(path=path, method=method, cut=cut)
    said = connect()
    assert (said.code, "run it again" in said.out) == (75, True)
    said = firstline("connect", "zendesk")
    assert said.code == 0, said.err
    expected = BY_EVENTS if plan == "events" else BY_TRIGGERS
    known = kept(db)
    assert known
    assert (counts(zendesk), known.webhook_secrets) == (expected, [secret_of(zendesk)])
    assert len(resources(db)) == sum(expected.values())


@pytest.mark.parametrize(
    ("plan", "kind"),
    [
        ("events", "webhook"),
        ("events", "view"),
        ("triggers", "trigger_agent"),
        ("events", "app_job"),
        ("events", "app"),
        ("events", "app_installation"),
    ],
)
def test_killed_before_it_was_remembered_it_is_found_again(
    connect: Command,
    firstline: Command,
    db: Database,
    zendesk: Zendesk,
    monkeypatch: pytest.MonkeyPatch,
    plan: str,
    kind: str,
) -> None:
    remember = Ledger.remember

    def killed(ledger: Ledger, made: str, foreign_id: str) -> None:
        if made == kind:
            raise KeyboardInterrupt
        remember(ledger, made, foreign_id)

    zendesk.plan(plan)
    with monkeypatch.context() as patch:
        patch.setattr(Ledger, "remember", killed)
        assert connect().code == 130
    assert kind not in resources(db)
    assert firstline("connect", "zendesk").code == 0
    expected = BY_EVENTS if plan == "events" else BY_TRIGGERS
    assert counts(zendesk) == expected
    assert len(resources(db)) == sum(expected.values())


def test_what_somebody_deleted_is_made_again(connect: Command, firstline: Command, zendesk: Zendesk) -> None:
    connect()
    zendesk.setup.rows["views"].clear()
    zendesk.setup.rows["webhooks"].clear()
    zendesk.webhooks.clear()
    assert states(firstline("connect", "zendesk", "--json"))["webhook"] == "made"
    assert counts(zendesk) == BY_EVENTS


def test_a_dry_run_says_what_it_would_do_and_changes_nothing(connect: Command, db: Database, zendesk: Zendesk) -> None:
    said = connect("--dry-run")
    assert said.code == 0, said.err
    assert f"planned  webhook: would be made: calls {ENDPOINT}" in said.out
    assert "the open tickets with the tag firstline_escalated" in said.out
    assert said.out.splitlines()[-1] == "Nothing was changed: this was a dry run."
    assert (changes_asked(zendesk), kept(db), resources(db)) == ([], None, {})
    assert json.loads(connect("--dry-run", "--json").out)["dry_run"] is True


def test_only_here_keeps_the_connection_and_makes_nothing(connect: Command, db: Database, zendesk: Zendesk) -> None:
    assert connect("--only-here").code == 0
    assert (changes_asked(zendesk), resources(db)) == ([], {})
    assert kept(db)


def test_where_there_are_no_ticket_events_triggers_are_made_and_it_is_said(connect: Command, zendesk: Zendesk) -> None:
    zendesk.plan("triggers")
    said = connect()
    assert "made     webhook: is called by triggers, as this account has no ticket events" in said.out
    assert "made     trigger for customers" in said.out
    assert counts(zendesk) == BY_TRIGGERS


# --- What others have there


def test_a_webhook_that_an_admin_made_for_our_address_is_used_and_left_alone(
    connect: Command, firstline: Command, db: Database, zendesk: Zendesk
) -> None:
    by_hand = {"name": "Ours", "endpoint": ENDPOINT, "subscriptions": ["zen:event-type:ticket.created"]}
    zendesk.setup.add("webhooks", **by_hand)
    said = connect()
    assert "made by hand, and used as it is" in said.out
    known = kept(db)
    assert known
    assert known.webhook_secrets == [secret_of(zendesk)]
    assert sorted(resources(db)) == ["app", "app_installation", "view"]
    assert firstline("disconnect", "zendesk", "--yes").code == 0
    [webhook] = zendesk.setup.rows["webhooks"].values()
    assert webhook["subscriptions"] == by_hand["subscriptions"]


def test_where_the_secrets_are_known_by_hand_no_webhook_is_made(connect: Command, zendesk: Zendesk) -> None:
    said = connect("--webhook-secret", "by-hand")
    assert "set up by hand, with the secrets that are known" in said.out
    assert counts(zendesk) == {**BY_EVENTS, "webhooks": 0}


def test_what_an_admin_changed_in_ours_is_left(connect: Command, firstline: Command, zendesk: Zendesk) -> None:
    connect()
    [view] = zendesk.setup.rows["views"].values()
    view["title"], view["all"] = "Waiting", []
    [webhook] = zendesk.setup.rows["webhooks"].values()
    webhook["status"] = "inactive"
    said = firstline("connect", "zendesk")
    assert "somebody has switched it off in Zendesk" in said.out
    assert (view["title"], view["all"], webhook["status"]) == ("Waiting", [], "inactive")


@pytest.mark.parametrize("plan", ["events", "triggers"])
def test_another_address_of_ours_is_brought_to_zendesk(
    connect: Command, firstline: Command, zendesk: Zendesk, monkeypatch: pytest.MonkeyPatch, plan: str
) -> None:
    zendesk.plan(plan)
    connect()
    before = counts(zendesk)
    monkeypatch.setenv("FIRSTLINE_PUBLIC_URL", "http://127.0.0.1:2")
    assert states(firstline("connect", "zendesk", "--json"))["webhook"] == "changed"
    [webhook] = zendesk.setup.rows["webhooks"].values()
    assert webhook["endpoint"] == "http://127.0.0.1:2/webhooks/zendesk/main"
    assert counts(zendesk) == before
    assert ENDPOINT not in all_rows(zendesk)
    assert set(states(firstline("connect", "zendesk", "--json")).values()) == {"there"}


def test_events_that_a_later_version_hears_are_added(connect: Command, firstline: Command, zendesk: Zendesk) -> None:
    connect()
    [webhook] = zendesk.setup.rows["webhooks"].values()
    whole, webhook["subscriptions"] = webhook["subscriptions"], ["zen:event-type:ticket.created"]
    assert states(firstline("connect", "zendesk", "--json"))["webhook"] == "changed"
    assert webhook["subscriptions"] == whole


def test_a_secret_that_was_reset_is_fetched_anew(
    connect: Command, firstline: Command, db: Database, zendesk: Zendesk
) -> None:
    connect()
    old = secret_of(zendesk)
    zendesk.webhooks[0].secret = "a-new-one"
    assert states(firstline("connect", "zendesk", "--json"))["signing secret"] == "made"
    known = kept(db)
    assert known
    assert known.webhook_secrets == ["a-new-one", old]


# --- It works


@pytest.mark.parametrize("plan", ["events", "triggers"])
def test_zendesk_calls_and_a_ticket_arrives(
    connect: Command,
    db: Database,
    zendesk: Zendesk,
    here: Settings,
    redis_server: EmbeddedRedis,
    monkeypatch: pytest.MonkeyPatch,
    plan: str,
) -> None:
    zendesk.plan(plan)
    with web(here, redis_server, db) as where:
        monkeypatch.setenv("FIRSTLINE_PUBLIC_URL", where)
        said = connect()
        assert f"fine     test event: arrived at {where}/webhooks/zendesk/main and was verified" in said.out
        assert f"fine     call by Zendesk: arrived at {where}/webhooks/zendesk/main and was verified" in said.out
        number = zendesk.new_ticket("Lost", "Where is it?")
        zendesk.add_comment(number, "We look.", author="colleague")
        assert zendesk.drain()
    assert {effect["status"] for effect in zendesk.effects("webhook")} <= {200, 202}
    with db.account("main") as tx:
        kinds = tx.execute(text("SELECT DISTINCT kind FROM inbox_items")).scalars().all()
    assert {"customer_message", "agent_message"} <= set(kinds)


def test_an_oauth_client_does_instead_of_address_and_token(firstline: Command, db: Database, zendesk: Zendesk) -> None:
    who = ("--oauth-client-id", CLIENT_ID, "--oauth-client-secret", CLIENT_SECRET)
    said = firstline("connect", "zendesk", "--subdomain", zendesk.url, *who)
    assert said.code == 0, said.err
    assert counts(zendesk) == BY_EVENTS
    zendesk.setup.revoke()
    assert set(states(firstline("connect", "zendesk", "--json")).values()) == {"there"}
    said = firstline("connect", "zendesk", "--oauth-client-secret", "wrong")
    assert (said.code, f"does not accept the OAuth client {CLIENT_ID}" in said.err) == (1, True)


def test_a_terminal_is_asked(
    firstline: Command, db: Database, zendesk: Zendesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Terminal(StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr(sys, "stdin", Terminal(f"{zendesk.url}\n{EMAIL}\n"))
    said = firstline("connect", "zendesk", "--api-token", TOKEN)
    assert said.code == 0, said.err
    assert "Your Zendesk's subdomain or address:" in said.out + said.err
    assert kept(db)


# --- Refusals


def test_another_zendesk_is_refused_while_things_of_ours_are_in_the_first(
    connect: Command, firstline: Command, db: Database, zendesk: Zendesk
) -> None:
    connect()
    with Zendesk() as another:
        said = firstline("connect", "zendesk", "--base-url", another.url)
        assert (said.code, "`firstline disconnect zendesk` first" in said.err) == (1, True)
        assert another.requests == []
        assert firstline("disconnect", "zendesk", "--yes").code == 0
        who = ("--email", EMAIL, "--api-token", TOKEN)
        assert firstline("connect", "zendesk", "--base-url", another.url, *who).code == 0
        assert (counts(zendesk)["webhooks"], counts(another)) == (0, BY_EVENTS)


def test_the_tickets_of_another_zendesk_are_not_taken_for_those_of_the_first_after_it_was_disconnected(
    connect: Command, firstline: Command, db: Database, zendesk: Zendesk
) -> None:
    connect()
    with db.account("main") as tx:
        record.set_ticket_state(tx, "zendesk", "7", TicketState.ESCALATED)
    assert firstline("disconnect", "zendesk", "--yes").code == 0
    who = ("--email", EMAIL, "--api-token", TOKEN)
    with Zendesk() as another:
        said = firstline("connect", "zendesk", "--base-url", another.url, *who)
        assert (said.code, f"tickets of {zendesk.url} are known here" in said.err) == (1, True)
    assert firstline("connect", "zendesk", "--base-url", zendesk.url, *who).code == 0


def test_an_agents_token_is_told_whom_to_ask_and_the_connection_is_kept(
    connect: Command, db: Database, zendesk: Zendesk
) -> None:
    zendesk.agent["role"] = "agent"
    said = connect()
    assert said.code == 0
    assert "refused  webhook: only an administrator may see and make webhooks" in said.out
    assert "docs/zendesk.md says how to make it by hand; then `--webhook-secret`" in said.out
    assert kept(db)
    assert counts(zendesk) == NOTHING
    assert "set up by hand" in connect("--webhook-secret", "by-hand").out


def test_a_plan_without_webhooks_is_told_of_catch_up(connect: Command, db: Database, zendesk: Zendesk) -> None:
    zendesk.plan("none")
    said = connect()
    assert said.code == 0
    assert "Zendesk has no webhooks for this account (404)" in said.out
    assert "catch-up reads what changed" in said.out
    assert counts(zendesk) == {**BY_EVENTS, "webhooks": 0}


def test_a_title_that_is_taken_is_named(connect: Command, firstline: Command, zendesk: Zendesk) -> None:
    zendesk.setup.unique_titles = True
    theirs = zendesk.setup.add("views", title="Firstline: waits for a person", all=[])
    said = connect()
    assert "refused  view:" in said.out
    assert "Title: has already been taken" in said.out
    assert "rename yours" in said.out
    zendesk.setup.rows["views"][theirs]["title"] = "Something else"
    assert states(firstline("connect", "zendesk", "--json"))["view"] == "made"


def test_a_token_that_ends_between_two_steps_stops_and_a_new_one_goes_on(
    connect: Command, firstline: Command, db: Database, zendesk: Zendesk
) -> None:
    zendesk.fail(path="views", status=401)
    said = connect()
    assert (said.code, "make a new token, and run it again" in said.out) == (75, True)
    assert counts(zendesk) == {**NOTHING, "webhooks": 1}
    said = firstline("connect", "zendesk", "--api-token", TOKEN, "--json")
    assert states(said)["webhook"] == "there"
    assert counts(zendesk) == BY_EVENTS


def test_a_short_limit_is_waited_out_with_a_line(connect: Command, zendesk: Zendesk) -> None:
    zendesk.fail(path="webhooks$", method="POST", status=429, headers={"Retry-After": "1"})
    said = connect()
    assert said.code == 0, said.err
    assert "webhook: Zendesk's rate limit is reached (429); going on in 1 s" in said.err
    assert counts(zendesk) == BY_EVENTS


def test_a_limit_that_meets_the_first_question_is_waited_out_too(connect: Command, zendesk: Zendesk) -> None:
    zendesk.fail(path="users/me", status=429, headers={"Retry-After": "1"})
    said = connect()
    assert (said.code, "going on in 1 s" in said.err) == (0, True)
    zendesk.fail(path="users/me", status=429, headers={"Retry-After": "600"})
    said = connect()
    assert (said.code, "rate limit is reached (429)" in said.err, "is the address right" in said.err) == (
        75,
        True,
        False,
    )


def test_a_long_limit_is_left_for_later(connect: Command, firstline: Command, zendesk: Zendesk) -> None:
    zendesk.fail(path="views$", method="POST", status=429, headers={"Retry-After": "300"})
    said = connect()
    assert (said.code, "in 300 s, run it again" in said.out) == (75, True)
    assert firstline("connect", "zendesk").code == 0
    assert counts(zendesk) == BY_EVENTS


def test_the_exit_code_and_the_json_say_what_was_not_done(connect: Command, zendesk: Zendesk) -> None:
    zendesk.fail(path="signing_secret", cut="before")
    said = connect("--json")
    assert said.code == 75
    assert states(said) == {"webhook": "made", "signing secret": "stopped"}
