"""All that Slack does for an account: alerts."""

from desk.text.wording import Wording
from integration.provider import ConnectOption, Provider
from integration.slack.alerts import SlackAlerts
from integration.slack.client import PARTY, SlackConnection
from integration.slack.connect import introduce_slack, post_test_message
from integration.slack.health import examine_slack
from integration.slack.manifest import app_manifest
from integration.slack.probe import SlackParty

ABOUT = """Connect Slack: escalations are posted to a channel (docs/slack.md).

`--manifest` prints the app to make there. The token, the channel and what the bot may do are looked at; nothing is
posted unless `--test-message` asks for it.
"""

PROVIDER = Provider(
    name=PARTY,
    title="Slack",
    connection=SlackConnection,
    about=ABOUT,
    options=(
        ConnectOption(
            "channel_id",
            "The channel's id, such as C0123456789; needed the first time.",
            flag="--channel",
            first=True,
            ask=Wording("The channel's id (C..., at the bottom of its details)"),
            on_page=r"[CDG][A-Z0-9]{2,30}",
        ),
        ConnectOption(
            "bot_token", "The bot's token.", secret=True, ask=Wording("Bot User OAuth Token (xoxb-...)"), on_page=r"\S+"
        ),
        ConnectOption("base_url", "Another address of Slack's API (a proxy)."),
    ),
    introduce=introduce_slack,
    manifest=app_manifest,
    test_message=post_test_message,
    examine=examine_slack,
    probe=SlackParty,
    alerts=SlackAlerts,
)
