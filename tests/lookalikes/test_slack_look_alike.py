"""The Slack look-alike answers as slack_sdk expects of Slack."""

import json
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from tests.lookalikes.slack import CHANNEL, TOKEN, Slack

pytestmark = pytest.mark.loopback

ROOT = Path(__file__).parents[2]
METADATA = {"event_type": "made", "event_payload": {"id": "1"}}


@pytest.fixture
def slack() -> Iterator[Slack]:
    with Slack() as party:
        yield party


@pytest.fixture
def client(slack: Slack) -> WebClient:
    return client_of(slack.base_url)


def client_of(base_url: str, token: str | None = TOKEN) -> WebClient:
    return WebClient(token=token, base_url=base_url, timeout=5, retry_handlers=[])


def section(text: str) -> dict[str, Any]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}}


def steer(url: str, control: str, **content: Any) -> Any:
    request = urllib.request.Request(f"{url}/{control}", json.dumps(content).encode() if content else None)
    with urllib.request.urlopen(request, timeout=5) as answer:
        return json.load(answer)


def refusal(error: pytest.ExceptionInfo[SlackApiError]) -> str:
    return str(error.value.response["error"])


def test_a_bot_knows_itself_and_its_channels(client: WebClient) -> None:
    assert client.auth_test()["user"] == "firstline"
    assert client.conversations_info(channel=CHANNEL)["channel"]["is_member"] is True


@pytest.mark.parametrize(("token", "code"), [(None, "not_authed"), ("xoxb-wrong", "invalid_auth")])
def test_only_its_token_opens_it(slack: Slack, token: str | None, code: str) -> None:
    with pytest.raises(SlackApiError) as error:
        client_of(slack.base_url, token).auth_test()
    assert refusal(error) == code


def test_a_message_is_changed_under_its_ts(client: WebClient, slack: Slack) -> None:
    ts = client.chat_postMessage(channel=CHANNEL, text="one", blocks=[section("one")], metadata=METADATA)["ts"]
    client.chat_update(channel=CHANNEL, ts=ts, text="two", blocks=[section("two")])
    (message,) = slack.messages()
    assert (message["text"], message["ts"], message["metadata"]) == ("two", ts, METADATA)
    assert [effect["effect"] for effect in slack.journal] == ["message", "update"]
    other = slack.say("hello")
    with pytest.raises(SlackApiError) as error:
        client.chat_update(channel=CHANNEL, ts=other, text="three")
    assert refusal(error) == "cant_update_message"


def test_history_is_read_newest_first_in_pages_and_without_threads(client: WebClient, slack: Slack) -> None:
    posted = [client.chat_postMessage(channel=CHANNEL, text=f"m{n}", metadata=METADATA)["ts"] for n in range(5)]
    client.chat_postMessage(channel=CHANNEL, text="reply", thread_ts=posted[0])
    read, cursor = [], None
    while True:
        page = client.conversations_history(channel=CHANNEL, limit=2, cursor=cursor, include_all_metadata=True)
        read += [message["ts"] for message in page["messages"]]
        if not page["has_more"]:
            break
        cursor = page["response_metadata"]["next_cursor"]
    assert read == posted[::-1]
    within = client.conversations_history(channel=CHANNEL, oldest=posted[1], latest=posted[4])["messages"]
    assert [message["ts"] for message in within] == [posted[3], posted[2]]


def test_metadata_is_shown_to_those_who_ask_for_it(client: WebClient) -> None:
    client.chat_postMessage(channel=CHANNEL, text="m", metadata=METADATA)
    asked = client.conversations_history(channel=CHANNEL, include_all_metadata=True)["messages"][0]
    unasked = client.conversations_history(channel=CHANNEL)["messages"][0]
    assert asked["metadata"] == METADATA
    assert "event_payload" not in unasked["metadata"]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ({"text": None, "markdown_text": "unknown to it"}, "no_text"),
        ({"text": "x" * 40_001}, "msg_too_long"),
        ({"text": "x", "blocks": [section("x" * 3001)]}, "invalid_blocks"),
        ({"text": "x", "blocks": [section("x" * 2900)] * 5}, "msg_blocks_too_long"),
        ({"text": "x", "blocks": "{"}, "invalid_blocks_format"),
        ({"text": "x", "metadata": {"event_type": "x"}}, "invalid_metadata_schema"),
        ({"text": "x", "metadata": {"event_type": "x", "event_payload": {"x": "x" * 9000}}}, "metadata_too_large"),
    ],
)
def test_what_slack_would_refuse_is_refused(client: WebClient, slack: Slack, content: Any, code: str) -> None:
    with pytest.raises(SlackApiError) as error:
        client.chat_postMessage(channel=CHANNEL, **content)
    assert refusal(error) == code
    assert slack.messages() == []


def test_a_channel_may_be_unknown_closed_to_the_bot_or_archived(client: WebClient, slack: Slack) -> None:
    steer(slack.url, "_channel", id="C0CLOSED", member=False)
    steer(slack.url, "_channel", id="C0OLD", archived=True)
    for channel, code in (("C0NONE", "channel_not_found"), ("C0CLOSED", "not_in_channel"), ("C0OLD", "is_archived")):
        with pytest.raises(SlackApiError) as error:
            client.chat_postMessage(channel=channel, text="x")
        assert refusal(error) == code
    client.conversations_join(channel="C0CLOSED")
    assert client.chat_postMessage(channel="C0CLOSED", text="x")["ok"]


def test_a_channel_rests_after_a_message_when_it_is_told_to(client: WebClient, slack: Slack) -> None:
    steer(slack.url, "_pace", seconds=60)
    client.chat_postMessage(channel=CHANNEL, text="x")
    with pytest.raises(SlackApiError) as error:
        client.chat_postMessage(channel=CHANNEL, text="y")
    assert error.value.response.status_code == 429
    assert error.value.response.headers["Retry-After"] == "60"


def test_the_journal_says_whom_a_message_would_have_called(client: WebClient, slack: Slack) -> None:
    client.chat_postMessage(channel=CHANNEL, text="<!here>", blocks=[section("see https://x.example")])
    (message,) = slack.effects("message")
    assert (message["mentions"], message["links"]) == (["<!here>"], ["https://x.example"])


def test_it_runs_as_a_process_and_is_steered_over_http() -> None:
    command = [sys.executable, "-m", "tests.lookalikes.slack", "--port", "0"]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        url = process.stdout.readline().split()[-1]
        client = client_of(f"{url}/api/")
        client.chat_postMessage(channel=CHANNEL, text="x")
        assert [effect["text"] for effect in steer(url, "_journal")["journal"]] == ["x"]
        steer(url, "_revoke", token=TOKEN)
        with pytest.raises(SlackApiError) as error:
            client.auth_test()
        assert refusal(error) == "token_revoked"
        steer(url, "_reset", now=True)
        assert client.auth_test()["ok"]
    finally:
        process.kill()
        process.communicate()
