"""Meeting a Zendesk before it is connected, and a test event to our own webhook afterwards.

The test event is signed like Zendesk's own and of a type that no ticket has: it is verified, found to be of no use, and
kept nowhere.
"""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from uuid import uuid4

import requests

from desk.errors import Blocked, FirstlineError, Outage, Permanent, Refused, Temporary
from desk.health_check import HealthCheck, fine, missing, wrong
from desk.text.tokenizer import clean
from integration.access.signatures import base64_hmac
from integration.introduction import Introduction
from integration.zendesk.api.client import Gone, ZendeskClient
from integration.zendesk.api.connection import ZendeskConnection, make_client
from integration.zendesk.api.models import Shape
from integration.zendesk.inbound import NAMESPACE, SIGNATURE, STAMP, SUBJECT, VERSION
from integration.zendesk.setup.health import CONNECT_AGAIN, Me, export_fault, introduced

SECONDS = (3.0, 5.0)
"""To connect, and to wait for the answer."""
STAFF = ("agent", "admin")
EVENT = f"{NAMESPACE}firstline.connection_test"
MOST_ANSWER = 200  # bytes


class _Group(Shape):
    name: str = ""


class _GroupAnswer(Shape):
    group: _Group


def introduce_zendesk(config: ZendeskConnection) -> Introduction:
    """Ask who the token is, and what it may do. Raises Refused for a Zendesk or a token that is none, and Temporary
    while there is no answer."""
    client = make_client(config, timeout=SECONDS)
    me = _fetch_me(client, config)
    identity = {"user": me.email or "", "name": me.name or "", "id": me.id or "", "role": me.role or "none"}
    return Introduction(
        {name: clean(value)[:100] for name, value in identity.items()} | {"account": config.base_url},
        tuple(_permission_checks(client, config, me)),
    )


def _fetch_me(client: ZendeskClient, config: ZendeskConnection) -> Me:
    try:
        me = introduced(client)
    except Gone as error:
        raise Refused(f"there is no Zendesk at {config.base_url}: is the subdomain right?") from error
    except Permanent as error:
        raise Refused(f"{config.base_url}: {error}") from error
    except Outage as error:
        if error.refused:
            raise Refused(f"{config.base_url} does not accept {config.identity}") from error
        if error.untouched:
            raise Blocked(f"{config.base_url}: {error}", error.retry_after) from error
        raise Temporary(f"{config.base_url}: {error}; is the address right? `--no-check` connects unasked") from error
    if me.role not in STAFF:
        role, who = clean(me.role or "nothing")[:30], clean(me.email or config.identity)[:100]
        raise Refused(f"{who} is {role} at {config.base_url}: only an agent or an admin can answer tickets")
    return me


def _permission_checks(client: ZendeskClient, config: ZendeskConnection, me: Me) -> Iterator[HealthCheck]:
    yield _check_ticket_access(me)
    yield _check_export(client)
    if config.service_user_id and config.service_user_id != me.id:
        remedy = "give the token's own id as --service-user, or clear it by --service-user ''"
        yield wrong("service user", f"{config.service_user_id} is not the token's user, which is {me.id}", remedy)
    if config.escalation_group_id:
        yield _check_group(client, config.escalation_group_id)


def _check_ticket_access(me: Me) -> HealthCheck:
    if me.ticket_restriction:
        detail = f"sees only some of them ({clean(me.ticket_restriction)[:30]})"
        return wrong("tickets", detail, "give that user access to all tickets, or connect with another one")
    return fine("tickets", "may read and answer all of them")


def _check_export(client: ZendeskClient) -> HealthCheck:
    name = "incremental export"
    try:
        export_error = export_fault(client)
    except Temporary as error:
        reason = "its limit is reached for the moment" if isinstance(error, Blocked) else str(error)
        return missing(name, f"could not be tried ({reason})", "`firstline doctor` tries it again")
    if export_error:
        return wrong(name, f"is closed: {export_error}; catch-up cannot find what webhooks lose", CONNECT_AGAIN)
    return fine(name, "is open: catch-up finds what webhooks lose")


def _check_group(client: ZendeskClient, group_id: str) -> HealthCheck:
    name = "group"
    try:
        group = client.show(f"groups/{group_id}.json", _GroupAnswer).group
    except Permanent:
        return wrong(name, f"there is no group {group_id}", "give another --group, or clear it by --group ''")
    except FirstlineError as error:
        return missing(name, f"{group_id} could not be looked up ({error})", "connect again, or leave it")
    return fine(name, f"escalated tickets go to {clean(group.name)[:100]}")


def send_test_event(address: str, account: str, config: ZendeskConnection) -> HealthCheck:
    """Call our own webhook as Zendesk would, once signed well and once badly. `address` is where people reach us."""
    name, url = "test event", f"{address}/webhooks/zendesk/{account}"
    if not config.webhook_secrets:
        return missing(
            name, "not sent: no webhook secret is known", "connect without --only-here, or see docs/zendesk.md"
        )
    try:
        responses = [_post_event(url, config, secret) for secret in config.webhook_secrets]
        forged_response = _post_event(url, config, uuid4().hex)
    except requests.RequestException as error:
        remedy = "start `firstline up`, or the Procfile's line `web`; is FIRSTLINE_PUBLIC_URL right?"
        return missing(name, f"{url} does not answer ({type(error).__name__})", remedy)
    failed_response = next((response for response in responses if not _is_verified(response)), None)
    if failed_response is None and forged_response.status_code == requests.codes.unauthorized:
        return fine(name, f"arrived at {url} and was verified")
    return _explain_failure(name, url, forged_response if failed_response is None else failed_response)


def _explain_failure(name: str, url: str, response: requests.Response) -> HealthCheck:
    status = response.status_code
    if response.is_redirect:
        return wrong(name, f"{url} redirects ({status}), and Zendesk does not follow", "set FIRSTLINE_PUBLIC_URL anew")
    if status == requests.codes.unauthorized:
        remedy = "does another Firstline, with another database, answer there?"
        return wrong(name, f"arrived at {url}, and its signature was not accepted (401)", remedy)
    if status == requests.codes.service_unavailable:
        return missing(name, f"arrived at {url}, which cannot verify it at present (503)", "`firstline doctor`")
    return wrong(name, f"{url} answered {status}, which is no answer of Firstline's", "what is in front of it?")


def _post_event(url: str, config: ZendeskConnection, secret: str) -> requests.Response:
    body = json.dumps(make_test_event(config.zendesk_account_id or "0")).encode()
    timestamp = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    headers = {
        STAMP: timestamp,
        SIGNATURE: base64_hmac(secret, timestamp.encode() + body),
        "Content-Type": "application/json",
    }
    return requests.post(url, body, headers=headers, timeout=SECONDS, allow_redirects=False)


def make_test_event(account: str) -> dict[str, object]:
    """An event of a type that no ticket has. `account` is Zendesk's number of it."""
    identity = {"id": f"test-{uuid4()}", "subject": f"{SUBJECT}0", "time": datetime.now(UTC).isoformat()}
    event_type = {"type": EVENT, "zendesk_event_version": VERSION, "account_id": account}
    return {**identity, **event_type, "detail": {}, "event": {}}


def _is_verified(response: requests.Response) -> bool:
    """What the webhook says of an event that is genuine and of no use."""
    return (
        response.status_code == requests.codes.ok and response.content[:MOST_ANSWER].strip() == b'{"status": "ignored"}'
    )
