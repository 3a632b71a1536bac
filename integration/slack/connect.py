"""Meeting a Slack workspace before it is connected: who is the bot, and may it read and post in the channel?

Nothing is posted unless it is asked for: a message without words is refused for that alone where posting is allowed.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from desk.errors import FirstlineError, Outage, Permanent, Refused, Temporary
from desk.health_check import HealthCheck, fine, wrong
from desk.party import Access
from desk.platform.database import Database
from desk.text.tokenizer import clean
from integration.introduction import Introduction
from integration.slack.client import NoText, SlackClient, SlackConnection, open_line_as
from integration.slack.health import NEEDED, SECONDS, SlackVisit, in_one_word, listen_to

POST = "chat.postMessage"
TEST_TEXT = "Firstline is connected: tickets that need a person will be told of here. This is a test; nothing is to do."


def introduce_slack(db: Database, account: str, config: SlackConnection) -> Introduction:
    """Ask who the token is, and what it may do. Raises Refused for a token that is none, and Temporary while there is
    no answer."""
    line = open_line_as(db, account, config, timeout=SECONDS)
    visit = SlackVisit(line.db, line.account, line.channel_id, line.client)
    try:
        auth_info, scopes = listen_to(visit)
    except Outage as error:
        if error.refused:
            raise Refused(str(error)) from error
        raise Temporary(f"{error}; `--no-check` connects unasked", error.retry_after) from error
    except Permanent as error:
        raise Refused(str(error)) from error
    identity = {
        "bot": in_one_word(auth_info, "user"),
        "team": in_one_word(auth_info, "team"),
        "channel": config.channel_id,
    }
    return Introduction(identity, tuple(_permission_checks(visit, scopes)))


def _permission_checks(line: SlackClient, scopes: set[str] | None) -> Iterator[HealthCheck]:
    """One finding for each thing that alerts need."""
    channel = _channel_info(line)
    if scopes is not None:
        yield _check_scopes(scopes, is_private=bool(channel.get("is_private")))
    if channel:
        yield _check_channel(channel)
    yield _check_reading(line)
    yield _check_posting(line)


def _channel_info(line: SlackClient) -> Mapping[str, Any]:
    """What Slack says of the channel; nothing where it may not be asked, which alerts do not need."""
    try:
        info = line.ask(line.client.conversations_info, channel=line.channel_id).get("channel")
    except FirstlineError:
        return {}
    return info if isinstance(info, dict) else {}


def _check_scopes(scopes: set[str], is_private: bool) -> HealthCheck:
    needed = (*NEEDED, "groups:history" if is_private else "channels:history")
    if missing_scopes := [scope for scope in needed if scope not in scopes]:
        remedy = "add it under OAuth & Permissions, and install the app again; `--manifest` prints an app that has all"
        return wrong("scopes", f"the app lacks {', '.join(missing_scopes)}", remedy)
    return fine("scopes", f"has {', '.join(needed)}")


def _check_channel(channel: Mapping[str, Any]) -> HealthCheck:
    name = f"#{clean(str(channel.get('name') or channel.get('id') or 'unknown'))[:80]}"
    if channel.get("is_archived"):
        return wrong("channel", f"{name} is archived", "bring it back, or give another --channel")
    if not channel.get("is_member", True):
        return wrong("channel", f"the bot is not in {name}", f"write `/invite @firstline` in {name}")
    return fine("channel", f"{name}, and the bot is in it")


def _check_reading(line: SlackClient) -> HealthCheck:
    name = "reading the channel"
    try:
        line.ask(line.client.conversations_history, channel=line.channel_id, limit=1)
    except FirstlineError as error:
        remedy = "alerts are looked up after a crash, so that none is posted twice: docs/slack.md"
        return wrong(name, str(error), remedy)
    return fine(name, f"may read {line.channel_id}")


def _check_posting(line: SlackClient) -> HealthCheck:
    """Asks to post nothing."""
    name = "posting"
    try:
        line.call(Access.WRITE, line.client.api_call, api_method=POST, json={"channel": line.channel_id})
    except NoText:
        return fine(name, f"may post in {line.channel_id}")
    except FirstlineError as error:
        return wrong(name, str(error), "alerts are not posted until then: docs/slack.md")
    return wrong(name, "Slack took a message without words", "is the address that of Slack's API?")


def post_test_message(db: Database, account: str, config: SlackConnection) -> HealthCheck:
    """Post one that people see."""
    name = "test message"
    line = open_line_as(db, account, config, timeout=SECONDS)
    try:
        line.ask(line.client.chat_postMessage, channel=line.channel_id, text=TEST_TEXT, parse="none", link_names=False)
    except FirstlineError as error:
        return wrong(name, str(error), "alerts are not posted until then: docs/slack.md")
    return fine(name, f"posted in {line.channel_id}")
