"""Is an account's Slack up? What the worker that met trouble asks, and then the sweeper until it is."""

from desk.errors import Blocked, Outage, Permanent, Temporary
from desk.party import Access
from desk.platform.database import Database
from integration.slack.client import PARTY, SlackClient, open_connected_line

TIMEOUT_SECONDS = 4
"""A probe is short: others wait for what it finds."""


class SlackParty:
    """`desk.ports.PartyProbe` for Slack. `base_url` stands in for every account's own."""

    name = PARTY

    def __init__(self, db: Database, base_url: str | None = None) -> None:
        self._db = db
        self._base_url = base_url

    def probe(self, account: str, access: Access) -> None:
        """One call: who are we, or a message without text, which nobody gets to see and Slack refuses as such. Raises
        Outage when Slack is away, Permanent when it is not connected."""
        line = open_connected_line(self._db, account, self._base_url, TIMEOUT_SECONDS)
        try:
            _call_slack(line, access)
        except Outage:
            raise
        except Blocked as error:
            raise Outage(str(error), PARTY, access, error.retry_after, untouched=True) from error
        except (Permanent, Temporary):
            return


def _call_slack(line: SlackClient, access: Access) -> None:
    if access is Access.READ:
        line.ask(line.client.auth_test)
    else:
        empty_message = {"channel": line.channel_id}
        line.call(access, line.client.api_call, api_method="chat.postMessage", json=empty_message)
