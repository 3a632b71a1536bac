"""What Slack refuses, and when it is out of order: later, or a person has to look and is told what to do."""

import json
from collections.abc import Iterator

import pytest

from desk.errors import FirstlineError, Outage, Permanent, Temporary
from desk.party import Access
from desk.platform.database import Database
from integration.connections import delete_connection
from integration.slack.alerts import SlackAlerts
from integration.slack.client import SlackConnection, connection_of, seconds_to_wait
from integration.slack.probe import SlackParty
from tests.integration.slack_channel import a_delivery, an_alert, connect_slack
from tests.lookalikes.slack import CHANNEL, TOKEN, Slack

pytestmark = pytest.mark.loopback


@pytest.fixture
def slack() -> Iterator[Slack]:
    with Slack() as party:
        yield party


@pytest.fixture
def alerts(database: Database, account: str, slack: Slack) -> SlackAlerts:
    connect_slack(database, account, slack.base_url)
    return SlackAlerts(database)


@pytest.mark.parametrize(
    ("code", "advice"),
    [
        ("invalid_auth", "install the app again"),
        ("token_revoked", "install the app again"),
        ("account_inactive", "install the app again"),
        ("channel_not_found", "check the channel's id"),
        ("not_in_channel", "invite it"),
        ("is_archived", "archived"),
        ("missing_scope", "scopes"),
        ("something_new", "something_new"),
    ],
)
def test_what_only_a_person_can_mend_says_how(
    alerts: SlackAlerts, slack: Slack, account: str, code: str, advice: str
) -> None:
    slack.fail(path="chat.postMessage", status=200, body=json.dumps({"ok": False, "error": code}))
    with pytest.raises(FirstlineError, match=advice) as failure:
        alerts.post(an_alert(account), a_delivery(account))
    assert TOKEN not in str(failure.value)


def test_a_revoked_token_and_a_lost_channel_may_be_a_broken_connection(
    alerts: SlackAlerts, slack: Slack, account: str
) -> None:
    slack.channels[CHANNEL].member = False
    with pytest.raises(Outage, match="not_in_channel"):
        alerts.post(an_alert(account), a_delivery(account))
    slack.revoked.add(TOKEN)
    with pytest.raises(Outage, match="token_revoked"):
        alerts.post(an_alert(account), a_delivery(account))
    with pytest.raises(Outage, match="token_revoked"):
        alerts.find_delivery(an_alert(account), a_delivery(account))
    assert slack.effects("message") == []


@pytest.mark.parametrize(
    ("fault", "refused"),
    [
        ({"status": 503, "body": ""}, False),
        ({"cut": "before"}, False),
        ({"status": 429, "body": "", "headers": {"Retry-After": "2"}}, False),
        ({"status": 429, "body": "", "headers": {"Retry-After": "90"}}, False),
        ({"status": 200, "body": '{"ok": false, "error": "token_revoked"}'}, True),
        ({"status": 200, "body": '{"ok": false, "error": "internal_error"}'}, False),
    ],
)
@pytest.mark.parametrize("access", list(Access))
def test_a_probe_tells_that_slack_is_away_and_posts_nothing(
    alerts: SlackAlerts, slack: Slack, database: Database, account: str, fault: dict[str, object], refused: bool,
    access: Access,
) -> None:  # fmt: skip
    party = SlackParty(database)
    party.probe(account, access)
    slack.fail(**fault)
    with pytest.raises(Outage) as caught:
        party.probe(account, access)
    assert (caught.value.party, caught.value.access, caught.value.refused) == ("slack", access, refused)
    assert slack.effects("message") == []


def test_a_channel_that_the_app_was_removed_from_is_a_broken_connection(
    alerts: SlackAlerts, slack: Slack, database: Database, account: str
) -> None:
    slack.channels[CHANNEL].member = False
    SlackParty(database).probe(account, Access.READ)
    with pytest.raises(Outage, match="invite it") as caught:
        SlackParty(database).probe(account, Access.WRITE)
    assert caught.value.refused


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [({"Retry-After": "7"}, 7.0), ({"retry-after": "1.5"}, 1.5), ({}, 5.0), ({"Retry-After": "soon"}, 5.0)],
)
def test_a_wish_for_quiet_is_kept_by_every_worker_of_the_account(
    alerts: SlackAlerts, slack: Slack, database: Database, account: str, headers: dict[str, str], seconds: float
) -> None:
    slack.fail(path="chat.postMessage", status=429, headers=headers, body='{"ok":false,"error":"ratelimited"}')
    with pytest.raises(Temporary) as failure:
        alerts.post(an_alert(account), a_delivery(account))
    assert failure.value.retry_after == seconds
    asked = len(slack.requests)
    with pytest.raises(Temporary) as held:
        SlackAlerts(database).post(an_alert(account), a_delivery(account))
    assert held.value.retry_after is not None
    assert seconds - 5 < held.value.retry_after <= seconds
    assert len(slack.requests) == asked


def test_a_long_wish_for_quiet_is_an_outage_and_is_sure(alerts: SlackAlerts, slack: Slack, account: str) -> None:
    slack.fail(path="chat.postMessage", status=429, headers={"Retry-After": "60"}, body="")
    with pytest.raises(Outage) as failure:
        alerts.post(an_alert(account), a_delivery(account))
    assert (failure.value.certain, failure.value.untouched, failure.value.retry_after) == (True, True, 60.0)


def test_a_channel_that_is_written_to_too_fast_asks_for_quiet(alerts: SlackAlerts, slack: Slack, account: str) -> None:
    slack.pace = 9.0
    alerts.post(an_alert(account), a_delivery(account))
    with pytest.raises(Temporary) as failure:
        alerts.post(an_alert(account), a_delivery(account))
    assert failure.value.retry_after is not None
    assert 5 < failure.value.retry_after <= 9
    assert len(slack.messages()) == 1


@pytest.mark.parametrize(
    ("said", "meant"),
    [("3", 3.0), ("0.25", 0.25), ("-4", 0.0), ("1e9", 3600.0), ("nan", None), ("inf", None), ("", None)],
)
def test_retry_after_is_read_with_care(said: str, meant: float | None) -> None:
    assert seconds_to_wait({"retry-AFTER": said}) == meant


@pytest.mark.parametrize("status", [408, 500, 502, 503])
def test_a_server_that_is_out_of_order_is_asked_again_later(
    alerts: SlackAlerts, slack: Slack, account: str, status: int
) -> None:
    slack.fail(path="chat.postMessage", status=status, headers={"Retry-After": "2"}, body="<html>oh dear</html>")
    with pytest.raises(Temporary) as failure:
        alerts.post(an_alert(account), a_delivery(account))
    assert failure.value.retry_after == 2.0
    assert "oh dear" not in str(failure.value)


def test_an_address_where_slack_is_not_is_permanent(alerts: SlackAlerts, slack: Slack, account: str) -> None:
    slack.fail(path="chat.postMessage", status=404, body="<html>nobody here</html>")
    with pytest.raises(Permanent, match="404") as failure:
        alerts.post(an_alert(account), a_delivery(account))
    assert "nobody" not in str(failure.value)


def test_nobody_listening_is_temporary(database: Database, account: str) -> None:
    with Slack() as gone:
        address = gone.base_url
    connect_slack(database, account, address)
    with pytest.raises(Temporary):
        SlackAlerts(database).post(an_alert(account), a_delivery(account))


@pytest.mark.parametrize("code", ["invalid_blocks", "msg_blocks_too_long"])
def test_a_layout_that_slack_will_not_take_goes_out_as_text(
    alerts: SlackAlerts, slack: Slack, account: str, code: str
) -> None:
    slack.fail(path="chat.postMessage", status=200, body=json.dumps({"ok": False, "error": code}))
    delivery = a_delivery(account)
    posted = alerts.post(an_alert(account), delivery)
    (message,) = slack.effects("message")
    assert message["blocks"] is None
    assert "Where is it?" in message["text"]
    assert "https://acme.example/agent/tickets/7" in message["text"]
    assert alerts.find_delivery(an_alert(account), delivery) == posted


def test_without_a_connection_it_is_not_ready_and_says_what_to_do(
    alerts: SlackAlerts, database: Database, account: str
) -> None:
    assert alerts.ready(account)
    with database.account(account) as tx:
        delete_connection(tx, "slack")
    assert not alerts.ready(account)
    with pytest.raises(Permanent, match="connect it"):
        alerts.post(an_alert(account), a_delivery(account))


def test_another_accounts_connection_is_not_used(alerts: SlackAlerts, other_account: str) -> None:
    assert not alerts.ready(other_account)
    with pytest.raises(Permanent):
        alerts.post(an_alert(other_account), a_delivery(other_account))


def test_the_token_is_neither_shown_nor_readable_in_the_database(database: Database, account: str) -> None:
    connect_slack(database, account, "https://slack.com/api/")
    stored = connection_of(database, account)
    assert stored is not None
    assert stored.config.bot_token == TOKEN
    assert TOKEN not in repr(stored)


@pytest.mark.parametrize("channel", ["#support", "support", "c0lower", "", "C0 1", "U0PERSON"])
def test_a_channel_is_connected_by_its_id_alone(channel: str) -> None:
    with pytest.raises(ValueError, match="channel_id"):
        SlackConnection(bot_token=TOKEN, channel_id=channel)


def test_the_operator_can_see_who_the_token_is(alerts: SlackAlerts, slack: Slack, account: str) -> None:
    assert alerts.check(account) == "firstline in Example"
    slack.channels[CHANNEL].archived = True
    with pytest.raises(Outage, match="is_archived"):
        alerts.check(account)


def test_what_customers_wrote_is_not_logged_by_the_sdk(
    alerts: SlackAlerts, account: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("DEBUG"):
        alerts.post(an_alert(account), a_delivery(account))
    assert "Where is it" not in caplog.text
