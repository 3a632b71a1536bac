"""All that Zendesk does for an account."""

from integration.provider import ConnectOption, Provider
from integration.zendesk.api.connection import PARTY, ZendeskConnection
from integration.zendesk.catchup import catch_up
from integration.zendesk.channel.outbound import ZendeskChannel
from integration.zendesk.inbound import ZendeskInbound
from integration.zendesk.setup.connect import introduce_zendesk, send_test_event
from integration.zendesk.setup.health import examine_zendesk
from integration.zendesk.setup.probe import ZendeskParty
from integration.zendesk.sources import guide, solved_tickets
from knowledge.ingest.sync_requests import request_sync

PROVIDER = Provider(
    name=PARTY,
    title="Zendesk",
    connection=ZendeskConnection,
    about="Connect Zendesk. docs/zendesk.md says how to make the token and the webhook.",
    options=(
        ConnectOption("base_url", "https://SUBDOMAIN.zendesk.com; needed the first time.", first=True),
        ConnectOption("email", "The agent whose API token it is; needed the first time.", first=True),
        ConnectOption("api_token", "The API token.", secret=True),
        ConnectOption("webhook_secrets", "Of each webhook; may be given often, replaces all.", flag="--webhook-secret"),
        ConnectOption("zendesk_account_id", "Zendesk's own number of the account.", flag="--account-id"),
        ConnectOption("service_user_id", "The token's user, where no person works as it.", flag="--service-user"),
        ConnectOption("escalation_group_id", "The group that escalated tickets go to.", flag="--group"),
        ConnectOption("escalation_priority", "The priority that escalated tickets get.", flag="--priority"),
        ConnectOption("status_after_reply", "The status after an automatic reply."),
    ),
    introduce=lambda db, account, config: introduce_zendesk(config),
    examine=examine_zendesk,
    test_event=send_test_event,
    probe=ZendeskParty,
    channel=ZendeskChannel,
    inbound=lambda: ZendeskInbound(articles_changed=lambda tx: request_sync(tx, guide.NAME)),
    catch_up=catch_up,
    sources={"zendesk-guide": guide.KIND, "solved-tickets": solved_tickets.KIND},
)
