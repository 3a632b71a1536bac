"""The ticket as it stands when an item is worked on, and the message that the item is about."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from desk.conversation import Conversation, newest_message_of_customer_side
from desk.errors import Blocked
from desk.policy.policy import Policy
from desk.ticket import Ticket
from workers.dependencies import Dependencies
from workers.pipeline.run import RunContext
from workers.queue.inbox import InboxItem

NEW_FOR = timedelta(days=1)
"""An event that names no message tells of none that is older than this."""

FRESH_SECONDS = 5.0
"""So long a ticket that was read for one event is not read again for another that came before."""

SHOWN_SECONDS = 20.0
"""So long after its event a message that the channel does not show may still appear: its read side may lag."""
SHOWN_AGAIN_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class OpenItem:
    """An item at work: its ticket and conversation as they stand, and what else holds."""

    deps: Dependencies
    item: InboxItem
    ticket: Ticket
    conversation: Conversation
    circumstances: RunContext

    @property
    def policy(self) -> Policy:
        """By which it is worked on."""
        return self.circumstances.policy


def fetch_ticket(deps: Dependencies, item: InboxItem) -> Ticket:
    """The ticket, with the message that the event names. Raises Temporary as long as that may still appear."""
    channel = deps.channel(item.channel)
    ticket = channel.fetch(item.account, item.ticket_id, since=fresh_since(item))
    if not item.message_id or ticket.message(item.message_id):
        return ticket
    ticket = channel.fetch(item.account, item.ticket_id)  # what was read for another event may be older than this one
    age = (datetime.now(UTC) - item.received_at).total_seconds()
    if ticket.message(item.message_id) is None and age < SHOWN_SECONDS:
        raise Blocked(f"{item.channel} does not show the message yet", retry_after=SHOWN_AGAIN_SECONDS)
    return ticket


def fresh_since(item: InboxItem) -> datetime | None:
    """What was read after an event came holds what it tells of, and is not read again for the next event of the same
    message; a few seconds later, and on a further attempt, it is."""
    if item.attempts > 1:
        return None
    return max(item.received_at, datetime.now(UTC) - timedelta(seconds=FRESH_SECONDS))


def newest_message(ticket: Ticket, item: InboxItem) -> str:
    """What an event is about that names no message: a new ticket, or a change that catch-up saw. What was written long
    before it is not what it tells of."""
    newest = newest_message_of_customer_side(ticket)
    return newest.id if newest and newest.at >= item.received_at - NEW_FOR else ""
