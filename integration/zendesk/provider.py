"""All that Zendesk does for an account."""

from collections.abc import Mapping
from typing import Any

from desk.platform.database import Database
from desk.text.wording import Wording
from integration.provider import ConnectOption, Provider
from integration.zendesk.api.connection import PARTY, ZendeskConnection
from integration.zendesk.catchup import catch_up
from integration.zendesk.channel.outbound import ZendeskChannel
from integration.zendesk.inbound import ZendeskInbound
from integration.zendesk.setup.connect import introduce_zendesk, send_test_event
from integration.zendesk.setup.health import examine_zendesk
from integration.zendesk.setup.probe import ZendeskParty
from integration.zendesk.setup.round_trip import have_zendesk_call
from integration.zendesk.setup.steps import zendesk_steps
from integration.zendesk.sidebar.blueprint import make_sidebar
from integration.zendesk.sources import guide, solved_tickets
from integration.zendesk.sources.guide_changes import watch_articles
from knowledge.ingest.sync_requests import request_sync

ANY_WORD = r"\S+"
ABOUT = """Connect Zendesk, and make there what Firstline needs: webhook, view, sidebar app (docs/zendesk.md).

What is there already is left as it is, so a second run changes nothing, and one that was cut off goes on where it
stopped. `firstline disconnect zendesk` removes what was made. On a terminal, what is not given is asked for.
"""


def _is_by_token(given: Mapping[str, Any]) -> bool:
    return not given.get("oauth_client_id")


def _catch_up(db: Database, account: str) -> list[str]:
    """Of tickets and of articles."""
    watch_articles(db, account)
    return catch_up(db, account)


PROVIDER = Provider(
    name=PARTY,
    title="Zendesk",
    connection=ZendeskConnection,
    about=ABOUT,
    options=(
        ConnectOption(
            "base_url",
            "The subdomain, or https://SUBDOMAIN.zendesk.com; needed the first time.",
            first=True,
            ask=Wording("Your Zendesk's subdomain or address"),
            alias="--subdomain",
            fixed=True,
            on_page=r"[A-Za-z0-9][A-Za-z0-9-]{2,62}(\.zendesk\.com)?",
        ),
        ConnectOption(
            "email",
            "The administrator whose API token it is; needed the first time.",
            first=True,
            ask=Wording("E-mail address of the administrator whose API token it is"),
            on_page=r"[^\s@/]+@[^\s@/]+",
            applies=_is_by_token,
        ),
        ConnectOption(
            "api_token", "The API token.", secret=True, ask=Wording("API token"), on_page=ANY_WORD, applies=_is_by_token
        ),
        ConnectOption(
            "oauth_client_id",
            "An OAuth client's identifier, instead of address and API token.",
            ask=Wording("Or: an OAuth client's identifier"),
            on_page=ANY_WORD,
        ),
        ConnectOption(
            "oauth_client_secret",
            "Its secret.",
            secret=True,
            ask=Wording("The OAuth client's secret"),
            on_page=ANY_WORD,
            applies=lambda given: not _is_by_token(given),
        ),
        ConnectOption("webhook_secrets", "Of each webhook; may be given often, replaces all.", flag="--webhook-secret"),
        ConnectOption("zendesk_account_id", "Zendesk's own number of the account.", flag="--account-id"),
        ConnectOption("service_user_id", "The token's user, where no person works as it.", flag="--service-user"),
        ConnectOption("escalation_group_id", "The group that escalated tickets go to.", flag="--group"),
        ConnectOption("escalation_priority", "The priority that escalated tickets get.", flag="--priority"),
        ConnectOption("status_after_reply", "The status after an automatic reply."),
        ConnectOption("app_public_key", "The sidebar app's public key, as PEM (docs/zendesk.md)."),
        ConnectOption("app_installation_id", "The number of its installation.", flag="--app-installation"),
    ),
    introduce=lambda db, account, config: introduce_zendesk(config),
    examine=examine_zendesk,
    test_event=send_test_event,
    steps=zendesk_steps,
    test_call=have_zendesk_call,
    probe=ZendeskParty,
    channel=ZendeskChannel,
    inbound=lambda: ZendeskInbound(articles_changed=lambda tx: request_sync(tx, guide.NAME)),
    catch_up=_catch_up,
    pages=make_sidebar,
    sources={"zendesk-guide": guide.KIND, "solved-tickets": solved_tickets.KIND},
)
