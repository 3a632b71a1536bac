"""Which tickets an agent may see whom Zendesk shows only some of them: by marks that a ticket bears as it stands there.

The ticket's number comes from the page, so nothing is told of it before Zendesk's own record was looked at.
"""

import time
from collections.abc import Sequence

from desk.errors import Permanent, Refused
from desk.text.wording import Wording
from integration.access.embedded_sessions import EmbeddedStaff
from integration.zendesk.api.client import ZendeskClient
from integration.zendesk.api.connection import ZendeskLines
from integration.zendesk.api.models import Groups, TicketAnswer, ZendeskTicket

KEPT = 60.0
"""Seconds that a look is good for: a page asks every second while something moves."""
MOST_KEPT = 5000
UNSEEN = Wording("Zendesk does not show you this ticket, and neither does Firstline")
UNTOLD = Wording("Zendesk does not say who you are to the token that Firstline has")


def marks_of_agent(client: ZendeskClient, user_id: str, restriction: str, organization_id: str | None) -> Sequence[str]:
    """The marks one of which a ticket must bear. A restriction that we do not know leaves none.

    https://developer.zendesk.com/api-reference/ticketing/users/users/#json-format-for-agent-or-admin-requests
    """
    if restriction == "assigned":
        return (f"assignee:{user_id}",)
    if restriction == "requested":
        return (f"requester:{user_id}",)
    if restriction == "organization" and organization_id:
        return (f"organization:{organization_id}",)
    if restriction == "groups":
        return (f"assignee:{user_id}", *marks_of_groups(client, user_id))
    return ()


def marks_of_groups(client: ZendeskClient, user_id: str) -> Sequence[str]:
    """The marks of the groups that the agent belongs to. Raises Refused (403) where Zendesk does not tell."""
    try:
        pages = list(client.listed(f"users/{user_id}/groups.json", Groups))
    except Permanent as error:
        raise Refused(UNTOLD, status=403) from error
    return [f"group:{group.id}" for page in pages for group in page.groups]


class TicketReach:
    """Asks Zendesk whether an agent sees a ticket."""

    def __init__(self, lines: ZendeskLines) -> None:
        self._lines = lines
        self._seen_until: dict[tuple[str, str, str], float] = {}

    def check(self, account: str, staff: EmbeddedStaff, ticket_id: str) -> None:
        """Raises Refused (403) for a ticket that they do not see, and Temporary while Zendesk does not say."""
        key = (account, staff.user_id, ticket_id)
        if (staff.only is None and staff.private is None) or self._seen_until.get(key, 0.0) > time.monotonic():
            return
        try:
            answer = self._lines.open(account).client.ticket(ticket_id)
        except Permanent as error:
            raise Refused(UNSEEN, status=403) from error
        if not _sees(staff, answer):
            raise Refused(UNSEEN, status=403)
        if len(self._seen_until) >= MOST_KEPT:
            self._seen_until.clear()
        self._seen_until[key] = time.monotonic() + KEPT


def _sees(staff: EmbeddedStaff, answer: TicketAnswer) -> bool:
    is_theirs = staff.only is None or not _marks_of_ticket(answer.ticket).isdisjoint(staff.only)
    return is_theirs and (staff.private is None or _private_marks(answer) <= set(staff.private))


def _private_marks(answer: TicketAnswer) -> set[str]:
    """The ticket's group, unless Zendesk says that it is public."""
    group_id = answer.ticket.group_id
    is_public = any(group.id == group_id and group.is_public for group in answer.groups)
    return set() if group_id is None or is_public else {f"group:{group_id}"}


def _marks_of_ticket(ticket: ZendeskTicket) -> set[str]:
    return {
        f"assignee:{ticket.assignee_id}",
        f"group:{ticket.group_id}",
        f"organization:{ticket.organization_id}",
        f"requester:{ticket.requester_id}",
    }
