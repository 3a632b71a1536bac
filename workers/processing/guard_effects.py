"""What becomes of an item that a guard stopped: seldom just nothing."""

from collections.abc import Sequence

from desk.conversation import Conversation, OwnRecord, Sent
from desk.delivery import DeliveryKind
from desk.ports import Outgoing
from desk.reasons import Stop
from desk.ticket import TicketState
from workers.pipeline.classify import add_heard_signals, quoted_topics
from workers.pipeline.conversation_text import read_conversation_text
from workers.pipeline.guards import STATE_AFTER
from workers.pipeline.signals.closing import closes_only
from workers.processing.failures import plan_alert
from workers.processing.ticket_reading import OpenItem
from workers.queue.outbox import PlannedDelivery
from workers.tickets import CHANNEL

NOBODYS_ACT = {Stop.MACHINE_MAIL, Stop.NOT_A_CUSTOMER, Stop.MESSAGE_GONE, Stop.ALREADY_ANSWERED}
"""Stops that leave a ticket with people where it was with them."""
ENDED = {Stop.SOLVED: "solved", Stop.CLOSED: "closed", Stop.SWITCHED_OFF: "turned off for Firstline"}
"""Stops by a status that no agent's hand may have set (a trigger can solve, a merge closes), or by a button that was
not pressed for this message."""
LEFT_ALONE = {Stop.MESSAGE_GONE, Stop.NOT_A_CUSTOMER}
"""Stops by which the message that was to be answered for all that is open drops out."""


def state_after(open_item: OpenItem, stop: Stop) -> TicketState | None:
    """Where the ticket stands then; None where a walk of its own goes on with it."""
    if stop in NOBODYS_ACT and open_item.conversation.person_owed:
        return TicketState.ESCALATED
    if _off_by_button(open_item, stop) and open_item.conversation.person_owed:
        return TicketState.ESCALATED
    if (stop is Stop.PERSON_TOOK_OVER or _off_by_button(open_item, stop)) and _waits_here(open_item):
        return TicketState.ESCALATED
    return STATE_AFTER.get(stop)


def effects_after(open_item: OpenItem, stop: Stop) -> Sequence[PlannedDelivery]:
    """Who needs a person is heard though the ticket is solved or closed: by an alert, and a note where it takes one."""
    if stop is Stop.PERSON_TOOK_OVER:
        return _alert_of_further_message(open_item) if _waits_here(open_item) else []
    item, conversation, our_record = open_item.item, open_item.conversation, open_item.circumstances.record
    by_tag_alone = stop is Stop.SWITCHED_OFF and not our_record.switched_off
    is_seen_there = conversation.taken_over and not (_off_by_button(open_item, stop) and _waits_here(open_item))
    if stop not in ENDED or conversation.newest is None or is_seen_there or by_tag_alone:
        return []
    reading = read_conversation_text(open_item.ticket, conversation, open_item.policy)
    signals = add_heard_signals(reading, open_item.policy)
    topics = dict.fromkeys((*signals.sensitive, *quoted_topics(reading, open_item.policy)))
    if not signals.wants_human and not topics:
        return []
    alerted_message_id = alerted_about(conversation, our_record)
    outgoing = Outgoing(_missed_text(stop, tuple(topics), alerted_message_id is not None), escalated=True)
    message_id = conversation.newest.id
    note = PlannedDelivery(item.channel, item.ticket_id, message_id, DeliveryKind.NOTE, outgoing)
    people_know = alerted_message_id is not None or stop is Stop.CLOSED
    alerts = plan_alert(open_item.deps, item, alerted_message_id or message_id, outgoing)
    return alerts if people_know else [note, *alerts]


def _off_by_button(open_item: OpenItem, stop: Stop) -> bool:
    return stop is Stop.SWITCHED_OFF and open_item.circumstances.record.switched_off


def _waits_here(open_item: OpenItem) -> bool:
    """Has a customer of our own channel written to somebody who answered through us, has claimed the ticket, or turned
    us off? A helpdesk shows a further message to its agents itself; here nobody does but us."""
    conversation, our_record = open_item.conversation, open_item.circumstances.record
    is_with_ours = our_record.claimed or our_record.switched_off or conversation.answered_by is Sent.PERSON
    if open_item.item.channel != CHANNEL or conversation.newest is None or not is_with_ours:
        return False
    return not closes_only(conversation, open_item.ticket.requester.name or "")


def _alert_of_further_message(open_item: OpenItem) -> Sequence[PlannedDelivery]:
    """One for all that is open."""
    conversation, our_record = open_item.conversation, open_item.circumstances.record
    message_id = alerted_about(conversation, our_record) or conversation.open[-1].id
    outgoing = Outgoing("The customer wrote again, and a person has the ticket.", escalated=True)
    return plan_alert(open_item.deps, open_item.item, message_id, outgoing)


def _missed_text(stop: Stop, sensitive: Sequence[str], people_were_alerted: bool) -> str:
    topics = ", ".join(sensitive).replace("_", " ") or "a wish for a person"
    ending = ", and the customer had written again" if people_were_alerted else f" before anybody read this: {topics}"
    return f"The ticket was {ENDED[stop]}{ending}. Nothing was sent; a person has to look."


def alerted_about(conversation: Conversation, record: OwnRecord) -> str | None:
    """The message by which people were alerted of what is open, or of the answer before it: what comes after adds to
    that alert."""
    answer = [conversation.answer] if conversation.answer and conversation.rated_bad else []
    return next((message.id for message in (*answer, *conversation.open) if message.id in record.alerted), None)


def message_left_open(stop: Stop, conversation: Conversation, our_record: OwnRecord) -> str | None:
    """The newest message answers for all that is open. When it drops out (made private, deleted), the one before it
    does: its id, so that its item is worked on again."""
    newest = conversation.newest
    return newest.id if stop in LEFT_ALONE and newest is not None and newest.id not in our_record.answering else None
