"""All that Slack does for an account: alerts."""

from integration.provider import ConnectOption, Provider
from integration.slack.alerts import SlackAlerts
from integration.slack.client import PARTY, SlackConnection
from integration.slack.connect import introduce_slack
from integration.slack.health import examine_slack
from integration.slack.probe import SlackParty

PROVIDER = Provider(
    name=PARTY,
    title="Slack",
    connection=SlackConnection,
    about="Connect Slack: escalations are posted to a channel. The bot needs chat:write and channels:history.",
    options=(
        ConnectOption(
            "channel_id", "The channel's id, such as C0123456789; needed the first time.", flag="--channel", first=True
        ),
        ConnectOption("bot_token", "The bot's token.", secret=True),
        ConnectOption("base_url", "Another address of Slack's API (a proxy)."),
    ),
    introduce=introduce_slack,
    examine=examine_slack,
    probe=SlackParty,
    alerts=SlackAlerts,
)
