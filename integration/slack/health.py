"""What Slack says when it is asked who we are and what we may do. A visit: a rate limit that it meets is not shared."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from slack_sdk.web import SlackResponse

from desk.errors import Blocked, FirstlineError, Permanent
from desk.health_check import HealthCheck, fine, missing, wrong
from desk.platform.database import Database
from desk.text.tokenizer import clean
from integration.slack.client import SlackClient, connection_of, open_line

SECONDS = 5
NEEDED = ("chat:write",)
"""To post. Whether the channel may be searched, which takes one of three scopes, is tried."""


@dataclass(frozen=True, slots=True)
class SlackVisit(SlackClient):
    """A line that keeps what it hears of rate limits to itself."""

    def keep_quiet(self, seconds: float) -> None:
        """Tell nobody."""


def examine_slack(db: Database, account: str) -> Iterator[HealthCheck]:
    """Nothing for an account without Slack. Raises what cannot be read from the database."""
    if connection_of(db, account) is None:
        return
    name = f"slack of {account}"
    try:
        line = open_line(db, account, timeout=SECONDS)
        visit = SlackVisit(line.db, line.account, line.channel_id, line.client)
        yield fine(name, f"{introduced(visit)}; may read and post in {line.channel_id}")
    except Blocked as error:
        yield missing(name, str(error), "nothing to do: alerts wait until then")
    except Permanent as error:
        yield wrong(name, str(error), "docs/slack.md; alerts are not posted until then")
    except FirstlineError as error:
        yield wrong(name, str(error), "alerts wait; see status.slack.com")


def introduced(line: SlackClient) -> str:
    """Who the token is, after a look whether it may do what we need: `bot firstline in Acme`. Raises Temporary and
    Permanent."""
    auth_info, scopes = listen_to(line)
    if scopes is not None and (missing_scopes := [scope for scope in NEEDED if scope not in scopes]):
        raise Permanent(f"the app lacks the scope {', '.join(missing_scopes)}: add it and install the app again")
    line.ask(line.client.conversations_history, channel=line.channel_id, limit=1)
    return f"{in_one_word(auth_info, 'user')} in {in_one_word(auth_info, 'team')}"


def listen_to(line: SlackClient) -> tuple[Mapping[str, Any], set[str] | None]:
    """What Slack says the token is, and which scopes it has; None where it does not say. Raises Temporary and
    Permanent."""
    headers: list[Mapping[str, Any]] = []

    def who(**arguments: Any) -> SlackResponse:
        response = line.client.auth_test(**arguments)
        headers.append(response.headers)
        return response

    auth_info = line.ask(who)
    scopes_header = next((str(value) for name, value in headers[-1].items() if name.lower() == "x-oauth-scopes"), None)
    return auth_info, None if scopes_header is None else {scope.strip() for scope in scopes_header.split(",")}


def in_one_word(auth_info: Mapping[str, Any], name: str) -> str:
    """One of the things it said, fit to be shown."""
    return clean(str(auth_info.get(name, "unknown")))[:100]
