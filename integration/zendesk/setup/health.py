"""What Zendesk says when it is asked who we are and what we may do, and what it has told us by itself.

A visit that leaves nothing behind: a rate limit that it meets is not shared with the workers.
"""

import time
from collections.abc import Iterator
from datetime import UTC, datetime

from desk.errors import Blocked, FirstlineError, Outage, Permanent
from desk.health_check import HealthCheck, duration_in_words, fine, missing, wrong
from desk.platform.database import Database
from desk.text.tokenizer import clean
from integration.connections import load_connection
from integration.zendesk.api.client import Unacceptable, ZendeskClient
from integration.zendesk.api.connection import PARTY, ZendeskConnection, make_client
from integration.zendesk.api.models import Shape
from integration.zendesk.catchup import FOUND
from integration.zendesk.channel.fetch import CHANNEL
from integration.zendesk.setup.app_health import check_app
from workers.queue import inbox
from workers.queue.inbox import LastHeard

RECENT = 120
"""Seconds: the export takes no start that is nearer than a minute."""
CONNECT_AGAIN = "make a token of an administrator and `firstline connect zendesk` with it"


class Me(Shape):
    """Whoever the token is. Wrong credentials are answered with 200 and a user without an id."""

    id: str | None = None
    email: str | None = None
    name: str | None = None
    role: str | None = None
    ticket_restriction: str | None = None


class MeAnswer(Shape):
    """https://developer.zendesk.com/api-reference/ticketing/users/users/#show-self"""

    user: Me


def examine_zendesk(db: Database, account: str) -> Iterator[HealthCheck]:
    """Nothing for an account without Zendesk. Raises what cannot be read from the database, which is asked first: what
    it knows is told though Zendesk never answers."""
    with db.account(account) as tx:
        connection, last_heard = load_connection(tx, PARTY, ZendeskConnection), inbox.last_heard(tx, CHANNEL, FOUND)
    if connection is None:
        return
    name, config = f"zendesk of {account}", connection.config
    yield _check_webhook(f"webhook of {account}", config, last_heard)
    client = make_client(config)
    try:
        yield _check_permissions(name, client, config, introduced(client))
        name = f"sidebar app of {account}"
        yield check_app(name, client, config)
    except FirstlineError as error:
        yield _explain_error(name, config, error)


def _explain_error(name: str, config: ZendeskConnection, error: FirstlineError) -> HealthCheck:
    refused = isinstance(error, Permanent) or (isinstance(error, Outage) and error.refused)
    if not refused and (isinstance(error, Blocked) or (isinstance(error, Outage) and error.untouched)):
        detail = f"its rate limit is reached; more in {error.retry_after or 0:.0f} s"
        return missing(name, detail, "nothing to do, unless it happens often: then ask Zendesk for a higher limit")
    remedy = CONNECT_AGAIN if refused else "work for it waits; see status.zendesk.com"
    return wrong(name, f"{config.base_url}: {error}", remedy)


def introduced(client: ZendeskClient) -> Me:
    """Who we are there. Raises Permanent for credentials that Zendesk does not know."""
    me = client.show("users/me.json", MeAnswer).user
    if me.id is None:
        raise Permanent("Zendesk does not know this address and token")
    return me


def _check_permissions(name: str, client: ZendeskClient, config: ZendeskConnection, me: Me) -> HealthCheck:
    """May they write to every ticket, and read what changed?"""
    identity = f"{clean(me.email or me.id or '')[:100]} ({clean(me.role or 'no role')[:30]}) at {config.base_url}"
    if me.role not in ("agent", "admin"):
        return wrong(name, f"{identity} may not answer tickets", CONNECT_AGAIN)
    if me.ticket_restriction:
        detail = f"{identity} sees only some tickets ({clean(me.ticket_restriction)[:30]})"
        return wrong(name, detail, "give that user access to all tickets, or connect with another one")
    if config.service_user_id and config.service_user_id != me.id:
        remedy = "`firstline connect zendesk` with the right --service-user"
        return wrong(name, f"{identity} is user {me.id}, not {config.service_user_id}", remedy)
    if export_error := export_fault(client):
        return wrong(
            name, f"{identity} may not read what changed ({export_error}): catch-up does not work", CONNECT_AGAIN
        )
    return fine(name, identity)


def export_fault(client: ZendeskClient) -> str | None:
    """Why the incremental export, which catch-up lives on, is closed to us. Raises Temporary."""
    try:
        client.changed(since=int(time.time()) - RECENT)
    except Unacceptable:  # the two clocks differ: it was let in
        return None
    except Permanent as error:
        return str(error)
    return None


def _check_webhook(name: str, config: ZendeskConnection, last_heard: LastHeard) -> HealthCheck:
    """When it last called, and what had to be found without it."""
    fallback, found = "catch-up reads what changed", last_heard.found_by_catchup
    if not config.webhook_secrets:
        return missing(
            name, f"none is set up; {fallback}", "`firstline connect zendesk` makes one: answers come sooner"
        )
    if last_heard.told_at is None:
        remedy = "is the webhook active, subscribed, and is our address right? docs/zendesk.md"
        missed = f"; {fallback}, and found {found} messages" if found else ""
        return (wrong if found else missing)(name, f"has never called{missed}", remedy)
    last_event = f"last event {duration_in_words((datetime.now(UTC) - last_heard.told_at).total_seconds())} ago"
    if found:
        remedy = "see the webhook's activity in Zendesk's admin centre: is it still active, and are its calls accepted?"
        return wrong(name, f"{last_event}; {found} messages since then had to be found by catch-up", remedy)
    return fine(name, last_event)
