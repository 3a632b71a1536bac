"""A bad rating of an automatic answer hands the ticket to people: once for each answer."""

from collections.abc import Sequence

from desk.conversation import Conversation, Sent, read_conversation
from desk.delivery import DeliveryKind
from desk.ports import Outgoing
from workers import history
from workers.inbox import InboxItem
from workers.outbox import Planned
from workers.toolbox import Toolbox

TOLD = "The customer rated the automatic answer as bad; a person has to look at it."


def after_rating(tools: Toolbox, item: InboxItem) -> Sequence[Planned]:
    """The note and the alert; nothing for a good rating, for an agent's answer, or where a person has the ticket. No
    transaction may be open: the ticket is looked at."""
    with tools.db.account(item.account) as tx:
        own = history.own_record(tx, item.channel, item.ticket_id)
    ticket = tools.channel(item.channel).fetch(item.account, item.ticket_id)
    conversation = read_conversation(ticket, own)
    is_ours = conversation.answered_by is Sent.REPLY and not conversation.taken_over
    return _planned(tools, item, conversation) if ticket.badly_rated and is_ours else []


def _planned(tools: Toolbox, item: InboxItem, conversation: Conversation) -> Sequence[Planned]:
    answer = conversation.answer
    assert answer is not None, "it was answered by us"  # noqa: S101  # an invariant, not a check
    kinds = [DeliveryKind.NOTE]
    if tools.alerts is not None and tools.alerts.ready(item.account):
        kinds.append(DeliveryKind.ALERT)
    outgoing = Outgoing(TOLD, escalated=True)
    return [
        Planned(item.channel, item.ticket_id, answer.id, kind, outgoing, f"rating-{kind.value}:{answer.id}")
        for kind in kinds
    ]
