"""A bad rating of an automatic reply hands the ticket to people, once: a note that opens it again, and an alert."""

from collections.abc import Sequence

from desk.conversation import Conversation, read_conversation
from desk.delivery import DeliveryKind
from desk.ports import Outgoing
from desk.ticket import Ticket, TicketStatus
from workers import own_record
from workers.dependencies import Dependencies
from workers.pipeline.guards import stop_before_send
from workers.processing import customer_feedback
from workers.processing.failures import plan_alert
from workers.queue.inbox import InboxItem
from workers.queue.outbox import PlannedDelivery

TEXT = (
    "Firstline: the customer rated the automatic reply as bad. A person has to answer; Firstline will not answer here "
    "by itself until one has."
)


def effects_of_rating(deps: Dependencies, item: InboxItem) -> Sequence[PlannedDelivery]:
    """What a rating brings about: it is kept as feedback, and nothing else, unless it is a bad one of what we said by
    ourselves."""
    with deps.db.account(item.account) as tx:
        our_record = own_record.read_own_record(tx, item.channel, item.ticket_id)
    ticket = deps.channel(item.channel).fetch(item.account, item.ticket_id)
    conversation = read_conversation(ticket, our_record)
    with deps.db.account(item.account) as tx:
        customer_feedback.note_rating(tx, ticket, conversation)
    scope = deps.policies.get(item.account).policy.scope
    if not conversation.rated_bad or stop_before_send(ticket, "", DeliveryKind.NOTE, our_record, scope):
        return []
    return _plan_handover(deps, item, ticket, conversation)


def _plan_handover(
    deps: Dependencies, item: InboxItem, ticket: Ticket, conversation: Conversation
) -> Sequence[PlannedDelivery]:
    answer_id = conversation.answer.id if conversation.answer else item.id
    status = TicketStatus.OPEN.value if ticket.status is TicketStatus.SOLVED else None
    note = PlannedDelivery(
        item.channel, item.ticket_id, answer_id, DeliveryKind.NOTE, Outgoing(TEXT, escalated=True, status=status)
    )
    alerts = plan_alert(deps, item, answer_id, Outgoing(TEXT, escalated=True))
    return alerts if ticket.status is TicketStatus.CLOSED else [note, *alerts]
