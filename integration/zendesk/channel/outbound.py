"""The outbound half of Zendesk: fetch, reply, note, put a status back, and find what was sent.

Every change of ours carries its delivery's id in the audit's `metadata.custom`. It is a safe update upon a ticket that
was just read, so nothing that happened in between is talked over, and a request that Zendesk still works on cannot
become a second comment: whichever of two comes late finds its stamp outdated (409), looks again, and asks again if it
is still wanted. Stamps have whole seconds: where the ticket has just changed, a reply looks at its history once more.
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime

from desk.delivery import Delivery, DeliveryKind
from desk.errors import BadSetting, Permanent, Temporary
from desk.platform.database import Database
from desk.policy.policy import PolicyBook
from desk.ports import Outgoing, StillWanted
from desk.ticket import Author, Message, Role, Ticket, TicketStatus
from integration.zendesk.api.client import Conflict, Unacceptable
from integration.zendesk.api.connection import ZendeskLine, ZendeskLines
from integration.zendesk.channel import update
from integration.zendesk.channel.comment_html import comment_of
from integration.zendesk.channel.fetch import CHANNEL, Origin, fetch_ticket
from integration.zendesk.channel.name_lookup import WantedNames, ZendeskNames, names_wanted_by
from integration.zendesk.channel.recent_reads import RecentReads
from integration.zendesk.channel.update import Fields

LOOKS = 3
"""How often a change is tried in one go when the ticket changes under our hands."""
SETTLED_SECONDS = 2.0
"""A ticket that did not change for so long cannot change again without another stamp."""


class ZendeskChannel:
    """`desk.ports.Channel` for tickets that live in Zendesk."""

    name = CHANNEL

    def __init__(self, db: Database, policies: PolicyBook | None = None) -> None:
        self._lines = ZendeskLines(db)
        self._policies = policies
        self._names = ZendeskNames()
        self._recent_reads = RecentReads()

    def fetch(self, account: str, ticket_id: str, holding: str = "", since: datetime | None = None) -> Ticket:
        """The ticket as it stands now, or as it was just read where that will do. Raises Permanent when it is gone."""
        line = self._lines.open(account)
        return self._recent_reads.get(account, ticket_id, lambda: self._fetch_now(line, ticket_id), holding, since)

    def reply(self, ticket: Ticket, outgoing: Outgoing, delivery: Delivery, still_wanted: StillWanted) -> str | None:
        """Post publicly; None when the ticket is closed or the last look says no."""
        line = self._lines.open(ticket.account)
        current_ticket = self._recheck_ticket(line, ticket) if delivery.kind is DeliveryKind.REPLY else ticket
        return self._post_comment(line, current_ticket, outgoing, delivery, still_wanted, public=True)

    def note(self, ticket: Ticket, outgoing: Outgoing, delivery: Delivery) -> str:
        """Post internally. Raises Permanent when the ticket is gone or closed."""
        line = self._lines.open(ticket.account)
        comment_id = self._post_comment(line, ticket, outgoing, delivery, _always_wanted, public=False)
        if comment_id is None:
            raise Permanent("the ticket is closed in Zendesk and takes no note")
        return comment_id

    def restore_status(
        self, ticket: Ticket, outgoing: Outgoing, delivery: Delivery, still_wanted: StillWanted
    ) -> str | None:
        """Set the status back, without a word to anybody; the id of the change, or of the ticket if it stands so."""
        line = self._lines.open(ticket.account)

        def build_fields(origin: Origin) -> tuple[Fields, Fields]:
            return {"status": outgoing.status}, {}

        if isinstance(ticket.origin, Origin) and ticket.origin.ticket.status == outgoing.status:
            return ticket.id
        return self._apply_change(line, ticket, build_fields, delivery, still_wanted)

    def find_delivery(self, ticket: Ticket, delivery: Delivery) -> str | None:
        """The comment, or the change without one, whose audit carries the delivery's id."""
        return _find_change(ticket, delivery) or _find_change(self.fetch(ticket.account, ticket.id), delivery)

    def _refetch(self, line: ZendeskLine, ticket_id: str) -> Ticket:
        return self._recent_reads.get(line.account, ticket_id, lambda: self._fetch_now(line, ticket_id))

    def _fetch_now(self, line: ZendeskLine, ticket_id: str) -> Ticket:
        wanted_names = self._wanted_names(line.account)
        return fetch_ticket(
            line, ticket_id, lambda line, zendesk_ticket: self._names.known(line, zendesk_ticket, wanted_names)
        )

    def _wanted_names(self, account: str) -> WantedNames:
        """What the policy needs to know by name. A policy that cannot be read is waited for."""
        try:
            return names_wanted_by(self._policies.get(account).policy) if self._policies else WantedNames()
        except BadSetting as error:
            raise Temporary(str(error)) from error

    def _usable_snapshot(self, line: ZendeskLine, ticket: Ticket) -> tuple[Ticket, Origin]:
        """A snapshot upon which nothing was posted yet."""
        if not isinstance(ticket.origin, Origin) or ticket.origin.spent:
            ticket = self._refetch(line, ticket.id)
        assert isinstance(ticket.origin, Origin), "this channel read it"  # noqa: S101  # an invariant, not a check
        return ticket, ticket.origin

    def _recheck_ticket(self, line: ZendeskLine, ticket: Ticket) -> Ticket:
        """The ticket, if its stamp would tell of any change, or if one more call shows none; otherwise as it is now."""
        ticket, origin = self._usable_snapshot(line, ticket)
        if time.time() - datetime.fromisoformat(origin.ticket.updated_at).timestamp() > SETTLED_SECONDS:
            return ticket
        newest_audit_ids = [audit.id for page in line.client.audits(ticket.id) for audit in page.audits][-1:]
        return ticket if newest_audit_ids == [origin.last_audit] else self._refetch(line, ticket.id)

    def _post_comment(
        self,
        line: ZendeskLine,
        ticket: Ticket,
        outgoing: Outgoing,
        delivery: Delivery,
        still_wanted: StillWanted,
        *,
        public: bool,
    ) -> str | None:
        def build_fields(origin: Origin) -> tuple[Fields, Fields]:
            comment = comment_of(outgoing, public=public) | self._author_field(line, outgoing.author)
            core = update.message_of(comment, origin, outgoing, delivery)
            return core, update.extras_of(line, self._names, origin, outgoing, delivery)

        comment_id = self._apply_change(line, ticket, build_fields, delivery, still_wanted)
        if comment_id:
            self._recent_reads.add(ticket, _posted_message(comment_id, outgoing, delivery, public=public))
        return comment_id

    def _author_field(self, line: ZendeskLine, author: Author | None) -> Fields:
        """In whose name a comment stands: the agent's, where Zendesk knows them; otherwise that of the token's user."""
        if author is None:
            return {}
        agent_id = author.channel_user_id or (self._names.agent(line, author.email) if author.email else None)
        return {"author_id": int(agent_id)} if agent_id else {}

    def _apply_change(
        self,
        line: ZendeskLine,
        ticket: Ticket,
        build_fields: Callable[[Origin], tuple[Fields, Fields]],
        delivery: Delivery,
        still_wanted: StillWanted,
    ) -> str | None:
        """Change by safe update upon the snapshot; look again when Zendesk says that the ticket changed in between.

        None when the last look says no, or the ticket is closed.
        """
        for _ in range(LOOKS):
            ticket, origin = self._usable_snapshot(line, ticket)
            if change_id := origin.change_ids.get(delivery.id):
                return change_id
            if ticket.status is TicketStatus.CLOSED or not still_wanted(ticket):
                return None
            try:
                return self._send_change(line, ticket, origin, build_fields(origin), delivery)
            except Conflict:
                continue
            except Unacceptable:
                if self._refetch(line, ticket.id).status is TicketStatus.CLOSED:
                    return None
                raise
        raise Temporary("the ticket keeps changing, or is locked", retry_after=2.0)

    def _send_change(
        self, line: ZendeskLine, ticket: Ticket, origin: Origin, fields: tuple[Fields, Fields], delivery: Delivery
    ) -> str:
        core, extras = fields
        response = update.send_update(line, origin, core, extras, delivery)
        change_id = update.id_of(response, core) or _find_change(self._refetch(line, ticket.id), delivery)
        if change_id is None:
            raise Temporary("Zendesk took the change and does not show it yet")
        return change_id


def _always_wanted(ticket: Ticket) -> bool:
    """A note is for people, who have the ticket anyway."""
    return True


def _find_change(ticket: Ticket, delivery: Delivery) -> str | None:
    return ticket.origin.change_ids.get(delivery.id) if isinstance(ticket.origin, Origin) else None


def _posted_message(comment_id: str, outgoing: Outgoing, delivery: Delivery, *, public: bool) -> Message:
    return Message(comment_id, Role.ASSISTANT, public, outgoing.text, datetime.now(UTC), delivery.id)
