"""`firstline connect`: the other side is asked before anything is kept, and what was not given stays as it was."""

import json
import socket
from contextlib import closing

import pytest
import yaml
from sqlalchemy import text

from app.database import make_database
from app.embedded.redis import EmbeddedRedis
from desk.platform.database import Database
from desk.platform.settings import Settings
from integration.connections import load_connection
from integration.slack.client import SlackConnection
from integration.zendesk.api.connection import ZendeskConnection
from tests.app.conftest import Command, Said
from tests.app.own_web import web
from tests.lookalikes.slack import CHANNEL, Slack
from tests.lookalikes.slack import TOKEN as SLACK_TOKEN
from tests.lookalikes.zendesk import EMAIL, TOKEN, Zendesk

pytestmark = [pytest.mark.loopback, pytest.mark.usefixtures("elsewhere")]

SECRETS = ("--webhook-secret", "a-secret", "--webhook-secret", "the-old-one")


def kept(db: Database) -> ZendeskConnection | None:
    """What is known of Zendesk."""
    with db.account("main") as tx:
        found = load_connection(tx, "zendesk", ZendeskConnection)
    return found.config if found else None


def test_zendesk_says_who_we_are_and_what_we_may(connect: Command, db: Database, zendesk: Zendesk) -> None:
    said = connect("--only-here")
    assert said.code == 0, said.err
    assert f"user {EMAIL}" in said.out
    assert "role admin" in said.out
    assert "fine     incremental export: is open" in said.out
    assert "not sent: no webhook secret is known" in said.out
    assert said.out.splitlines()[-1].endswith("/webhooks/zendesk/main")
    assert kept(db) == ZendeskConnection(base_url=zendesk.url, email=EMAIL, api_token=TOKEN)
    assert TOKEN not in said.out + said.err


def test_the_same_is_there_for_scripts(connect: Command) -> None:
    found = json.loads(connect("--json").out)
    assert (found["party"], found["who"]["role"], found["test_event"]["state"]) == ("zendesk", "admin", "missing")
    assert {check["name"] for check in found["checks"]} == {"tickets", "incremental export", "test event"}
    assert "api_token" in found["changed"]


def test_a_token_that_zendesk_answers_as_an_anonymous_user_is_refused_and_not_kept(
    firstline: Command, db: Database, zendesk: Zendesk
) -> None:
    said = firstline("connect", "zendesk", "--base-url", zendesk.url, "--email", EMAIL, "--api-token", "wrong")
    assert (said.code, "does not know this address and token" in said.err) == (1, True)
    assert kept(db) is None


def test_an_address_where_no_zendesk_is_is_refused(firstline: Command, db: Database, zendesk: Zendesk) -> None:
    who = ("--email", EMAIL, "--api-token", TOKEN)
    zendesk.fail(path="users/me", status=404, body="<h1>No help desk at wrong.zendesk.com</h1>")
    said = firstline("connect", "zendesk", "--base-url", zendesk.url, *who)
    assert (said.code, "is the subdomain right?" in said.err) == (1, True)
    said = firstline("connect", "zendesk", "--base-url", "http://127.0.0.1:1", *who)
    assert (said.code, "is the address right?" in said.err) == (75, True)
    said = firstline("connect", "zendesk", "--base-url", "http://example.zendesk.com", *who)
    assert (said.code, "base_url:" in said.err) == (1, True)
    assert kept(db) is None


def test_an_end_users_token_is_refused_and_an_agent_is_told_what_is_closed(
    connect: Command, db: Database, zendesk: Zendesk
) -> None:
    zendesk.agent["role"] = "end-user"
    said = connect()
    assert (said.code, "only an agent or an admin can answer tickets" in said.err) == (1, True)
    assert kept(db) is None
    zendesk.agent.update(role="agent", ticket_restriction="groups")
    zendesk.fail(path="incremental", status=403)
    said = connect("--service-user", "4711", "--group", "815")
    assert said.code == 0
    for words in ("sees only some of them (groups)", "export: is closed", "4711 is not the token's", "no group 815"):
        assert words in said.out
    assert kept(db) is not None


def test_a_new_token_alone_keeps_everything_else(
    connect: Command, firstline: Command, db: Database, zendesk: Zendesk
) -> None:
    connect(*SECRETS, "--priority", "urgent", "--status-after-reply", "pending")
    before = kept(db)
    assert before
    assert before.webhook_secrets == ["a-secret", "the-old-one"]
    said = firstline("connect", "zendesk", "--api-token", "a-newer-one", "--no-check")
    assert said.code == 0, said.err
    assert "Connected: api_token kept." in said.out
    assert kept(db) == before.model_copy(update={"api_token": "a-newer-one"})


def test_a_wrong_new_token_changes_nothing(connect: Command, firstline: Command, db: Database) -> None:
    connect(*SECRETS)
    before = kept(db)
    assert firstline("connect", "zendesk", "--api-token", "wrong").code == 1
    assert kept(db) == before


def test_an_empty_value_clears_what_need_not_be_there(connect: Command, firstline: Command, db: Database) -> None:
    connect(*SECRETS, "--priority", "urgent")
    assert firstline("connect", "zendesk", "--webhook-secret", "", "--priority", "", "--only-here").code == 0
    known = kept(db)
    assert known
    assert (known.webhook_secrets, known.escalation_priority) == ([], "")
    said = firstline("connect", "zendesk", "--email", "")
    assert (said.code, "email:" in said.err) == (1, True)
    assert kept(db) == known


def test_the_first_time_says_what_must_be_given(firstline: Command) -> None:
    said = firstline("connect", "zendesk", "--api-token", TOKEN)
    assert (said.code, "--base-url and --email must be given" in said.err) == (2, True)
    said = firstline("connect", "slack", "--bot-token", SLACK_TOKEN)
    assert (said.code, "--channel must be given" in said.err) == (2, True)


def test_a_test_event_goes_round_is_verified_and_leaves_nothing(
    connect: Command, here: Settings, redis_server: EmbeddedRedis, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    with web(here, redis_server, db) as where:
        monkeypatch.setenv("FIRSTLINE_PUBLIC_URL", where)
        said = connect(*SECRETS, "--account-id", "4242")
    assert f"fine     test event: arrived at {where}/webhooks/zendesk/main and was verified" in said.out
    with db.account("main") as tx:
        assert tx.execute(text("SELECT count(*) FROM inbox_items")).scalar_one() == 0


def test_a_test_event_that_does_not_come_round_says_why(
    connect: Command,
    here: Settings,
    redis_server: EmbeddedRedis,
    db: Database,
    zendesk: Zendesk,
    monkeypatch: pytest.MonkeyPatch,
    shared: Settings,
) -> None:
    assert "does not answer (ConnectionError)" in connect(*SECRETS).out
    monkeypatch.setenv("FIRSTLINE_PUBLIC_URL", zendesk.url)
    assert "answered 401" in connect().out or "not accepted (401)" in connect().out
    with closing(make_database(shared)) as others, web(shared, redis_server, others) as where:
        monkeypatch.setenv("FIRSTLINE_PUBLIC_URL", where)
        said = connect()
    assert "its signature was not accepted (401)" in said.out
    assert said.code == 0


# --- Slack


def to_slack(firstline: Command, slack: Slack, *more: str, channel: str = CHANNEL, token: str = SLACK_TOKEN) -> Said:
    """`firstline connect slack` for the first time, to the look-alike."""
    given = ("--channel", channel, "--bot-token", token, "--base-url", slack.base_url)
    return firstline("connect", "slack", *given, *more)


def test_slack_says_who_we_are_and_nothing_is_posted(firstline: Command, slack: Slack, db: Database) -> None:
    said = to_slack(firstline, slack)
    assert said.code == 0, said.err
    assert f"bot firstline, team Example, channel {CHANNEL}" in said.out
    assert f"posting: may post in {CHANNEL}" in said.out
    assert slack.messages() == []
    with db.account("main") as tx:
        assert load_connection(tx, "slack", SlackConnection)
    found = json.loads(firstline("connect", "slack", "--json").out)
    assert (found["who"]["team"], found["changed"], found["test_event"]) == ("Example", [], None)


def test_a_bot_token_that_slack_does_not_know_is_refused(firstline: Command, slack: Slack, db: Database) -> None:
    said = to_slack(firstline, slack, token="xoxb-wrong")
    assert (said.code, "invalid_auth" in said.err, "xoxb-wrong" in said.err) == (1, True, False)
    with db.account("main") as tx:
        assert load_connection(tx, "slack", SlackConnection) is None
    with socket.create_server(("127.0.0.1", 0)) as taken:
        closed = taken.getsockname()[1]
    given = ("--channel", CHANNEL, "--bot-token", SLACK_TOKEN, "--base-url", f"http://127.0.0.1:{closed}/")
    said = firstline("connect", "slack", *given)
    assert (said.code, "`--no-check` connects unasked" in said.err) == (75, True)
    assert firstline("connect", "slack", *given, "--no-check").code == 0


def test_what_the_bot_may_not_do_is_said(firstline: Command, slack: Slack) -> None:
    slack.channels[CHANNEL].member = False
    slack.scopes = {"channels:history"}
    said = to_slack(firstline, slack)
    assert said.code == 0
    assert "scopes: the app lacks chat:write" in said.out
    assert said.out.count("(not_in_channel)") == 2
    said = to_slack(firstline, slack, channel="C0NOWHERE")
    assert "(channel_not_found)" in said.out


def test_a_manifest_is_printed_that_makes_an_app_with_all_it_needs(firstline: Command) -> None:
    said = firstline("connect", "slack", "--manifest")
    manifest = yaml.safe_load(said.out)
    assert said.code == 0
    assert {"chat:write", "channels:history", "groups:history"} <= set(manifest["oauth_config"]["scopes"]["bot"])
    assert manifest["features"]["bot_user"]["display_name"] == "firstline"


def test_a_test_message_is_posted_when_it_is_asked_for(firstline: Command, slack: Slack) -> None:
    assert f"test message: posted in {CHANNEL}" in to_slack(firstline, slack, "--test-message").out
    assert ["Firstline is connected" in message["text"] for message in slack.messages()] == [True]
    slack.channels[CHANNEL].member = False
    assert "wrong    test message:" in firstline("connect", "slack", "--test-message").out
    assert len(slack.messages()) == 1


def test_the_channel_is_named_and_a_private_one_needs_another_scope(firstline: Command, slack: Slack) -> None:
    said = to_slack(firstline, slack)
    assert "scopes: has chat:write, channels:history" in said.out
    assert f"channel: #{CHANNEL.lower()}, and the bot is in it" in said.out
    slack.channels[CHANNEL].private = True
    assert "scopes: the app lacks groups:history" in firstline("connect", "slack").out
    slack.channels[CHANNEL].archived = True
    assert f"#{CHANNEL.lower()} is archived" in firstline("connect", "slack").out


def test_a_bot_that_may_not_look_at_the_channel_may_post_all_the_same(firstline: Command, slack: Slack) -> None:
    slack.fail(path="conversations.info", status=200, body='{"ok": false, "error": "missing_scope"}')
    said = to_slack(firstline, slack)
    assert (said.code, "posting: may post" in said.out, "channel: #" in said.out) == (0, True, False)
