"""Alerts in Slack: posted once whatever breaks, and found again."""

import json
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from app.embedded.postgres import EmbeddedPostgres
from desk.errors import Permanent, Temporary
from desk.platform.accounts import add_account
from desk.platform.database import Database
from desk.platform.encryption import Sealer, new_key
from integration.slack import alerts as slack_alerts
from integration.slack.alerts import SlackAlerts
from tests.integration.slack_channel import a_delivery, an_alert, connect_slack, outbox
from tests.lookalikes.slack import CHANNEL, Slack

pytestmark = pytest.mark.loopback

ROOT = Path(__file__).parents[3]
POST_AND_DIE = """
import json, os, signal, sys
sys.path.insert(0, sys.argv[1])
from desk.platform.database import Database
from desk.platform.encryption import Sealer
from desk.ports import Alert
from desk.delivery import Delivery, DeliveryKind, DeliveryState
from integration.slack.alerts import SlackAlerts
told = json.load(sys.stdin)
alert = Alert(told["account"], "api", "t1", "Refund", "Kim", "Where is it?", ("Asked",), "", (), None, None)
delivery = Delivery(
    told["id"], told["account"], "api", "t1", "m1", None, DeliveryKind.ALERT, "k", DeliveryState.SENDING, 1
)
SlackAlerts(Database(told["url"], Sealer([told["key"]]))).post(alert, delivery)
os.kill(os.getpid(), signal.SIGKILL)  # after Slack has it, before anybody wrote that down
"""


@pytest.fixture
def slack() -> Iterator[Slack]:
    with Slack() as party:
        yield party


@pytest.fixture
def alerts(database: Database, account: str, slack: Slack) -> SlackAlerts:
    connect_slack(database, account, slack.base_url)
    return SlackAlerts(database)


@pytest.fixture
def hasty(database: Database, alerts: SlackAlerts) -> SlackAlerts:
    """Waits a second for an answer, and no longer."""
    return SlackAlerts(database, timeout=1)


def test_an_alert_is_one_message_with_everything_a_person_needs(
    alerts: SlackAlerts, slack: Slack, account: str
) -> None:
    delivery = a_delivery(account)
    foreign_id = alerts.post(an_alert(account), delivery)
    (message,) = slack.effects("message")
    assert foreign_id == f"{CHANNEL}:{message['ts']}"
    shown = json.dumps(message["blocks"])
    for part in (
        "Kim",
        "Refund",
        "> Where is it?",
        "asks for a person",
        "sensitive topic",
        "five days. [1]",
        "Refunds",
    ):
        assert part in shown
    assert message["links"].count("https://acme.example/agent/tickets/7") == 2
    assert "https://help.example/refunds" in message["links"]
    assert "needs a person: Refund" in message["text"]
    assert (message["unfurl_links"], message["unfurl_media"]) == (False, False)
    assert message["metadata"] == {
        "event_type": "firstline_delivery",
        "event_payload": {"delivery_id": delivery.id, "account": account, "ticket": "7"},
    }


def test_the_answer_is_lost_and_the_alert_is_not_posted_again(alerts: SlackAlerts, slack: Slack, account: str) -> None:
    slack.fail(path="chat.postMessage", cut="after")
    found, delivery = outbox(alerts, a_delivery(account))
    assert delivery.attempts == 2
    assert found == f"{CHANNEL}:{slack.messages()[0]['ts']}"
    assert len(slack.effects("message")) == 1


def test_the_connection_breaks_before_and_the_alert_is_posted_once(
    alerts: SlackAlerts, slack: Slack, account: str
) -> None:
    slack.fail(path="chat.postMessage", cut="before")
    outbox(alerts, a_delivery(account))
    assert len(slack.effects("message")) == 1


@pytest.mark.parametrize("cut", ["after", None])
def test_a_time_out_that_was_applied_is_found_again(
    hasty: SlackAlerts, slack: Slack, account: str, cut: str | None
) -> None:
    slack.fail(path="chat.postMessage", slow=1.3, cut=cut)
    _, delivery = outbox(hasty, a_delivery(account))
    assert delivery.attempts == 2
    assert len(slack.effects("message")) == 1


def test_the_process_dies_after_slack_has_it_and_after_restart_there_is_exactly_one(
    postgres: EmbeddedPostgres, slack: Slack
) -> None:
    key, account, url = new_key(), f"test-{uuid.uuid4().hex[:12]}", postgres.url
    database = Database(url, Sealer([key]))
    add_account(database, account)
    connect_slack(database, account, slack.base_url)
    delivery = a_delivery(account)
    told = json.dumps({"account": account, "id": delivery.id, "url": url, "key": key})
    died = subprocess.run([sys.executable, "-c", POST_AND_DIE, str(ROOT)], input=told, text=True, timeout=60)
    assert died.returncode == -signal.SIGKILL
    again, alerts = replace(delivery, attempts=2), SlackAlerts(database)
    found = alerts.find_delivery(an_alert(account), again)
    database.close()
    assert found == f"{CHANNEL}:{slack.messages()[0]['ts']}"
    assert len(slack.effects("message")) == 1


@pytest.mark.parametrize("garbled", ["<html>Bad gateway</html>", "null", "[]", '{"ok": true}', "", '"ok"', '{"ok": 1'])
def test_an_answer_that_cannot_be_read_is_looked_after(
    alerts: SlackAlerts, slack: Slack, account: str, garbled: str
) -> None:
    slack.fail(path="chat.postMessage", garble=garbled)
    _, delivery = outbox(alerts, a_delivery(account))
    assert delivery.attempts == 2
    assert len(slack.effects("message")) == 1


@pytest.mark.parametrize("garbled", ["null", '{"ok": true}', '{"ok": true, "messages": [], "has_more": true}', "<p>"])
def test_a_history_that_cannot_be_read_is_no_proof_that_nothing_is_there(
    alerts: SlackAlerts, slack: Slack, account: str, garbled: str
) -> None:
    slack.fail(path="conversations.history", garble=garbled)
    with pytest.raises(Temporary):
        alerts.find_delivery(an_alert(account), a_delivery(account))


def test_odd_messages_of_others_do_not_stop_the_search(alerts: SlackAlerts, slack: Slack, account: str) -> None:
    delivery = a_delivery(account)
    posted = alerts.post(an_alert(account), delivery)
    odd: tuple[object, ...] = (None, [], "x", {}, {"event_type": "firstline_delivery"})
    for metadata in odd:
        slack.say("hello", metadata=metadata)
    slack.say("odd", metadata={"event_type": "firstline_delivery", "event_payload": ["delivery_id"]})
    slack.say("else", metadata={"event_type": "other", "event_payload": {"delivery_id": delivery.id}})
    assert alerts.find_delivery(an_alert(account), delivery) == posted


def test_an_alert_is_found_under_hundreds_of_messages(alerts: SlackAlerts, slack: Slack, account: str) -> None:
    delivery = a_delivery(account)
    posted = alerts.post(an_alert(account), delivery)
    for number in range(450):
        slack.say(f"message {number}")
    assert alerts.find_delivery(an_alert(account), delivery) == posted
    looks = [request for request in slack.requests if "history" in request.path]
    assert len(looks) == 3


def test_only_what_came_since_a_bit_before_the_delivery_is_searched(
    alerts: SlackAlerts, slack: Slack, account: str
) -> None:
    for number in range(450):
        slack.say("old", ts=f"{1_500_000_000 + number}.000001")
    assert alerts.find_delivery(an_alert(account), a_delivery(account)) is None
    (look,) = [request for request in slack.requests if "history" in request.path]
    since = float(look.form["oldest"])
    assert time.time() - 360 < since < time.time() - 240


def test_too_many_messages_to_tell_are_a_matter_for_a_person(
    alerts: SlackAlerts, slack: Slack, account: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(slack_alerts, "PAGE", 2)
    monkeypatch.setattr(slack_alerts, "PAGES", 2)
    for number in range(5):
        slack.say(f"message {number}")
    with pytest.raises(Permanent, match="look for it there"):
        alerts.find_delivery(an_alert(account), a_delivery(account))


def test_an_id_that_holds_no_time_is_searched_from_the_beginning(
    alerts: SlackAlerts, slack: Slack, account: str
) -> None:
    for delivery_id in ("nonsense", str(uuid.uuid4())):
        delivery = a_delivery(account, delivery_id)
        posted = alerts.post(an_alert(account), delivery)
        assert alerts.find_delivery(an_alert(account), delivery) == posted
