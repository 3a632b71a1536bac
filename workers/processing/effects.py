"""What a decision brings about: the reply, the note, the hand-over and the alert, and the labels that go with them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from desk.conversation import Conversation
from desk.delivery import DeliveryKind
from desk.policy.policy import Policy
from desk.policy.routing import route_ticket
from desk.ports import Outgoing
from desk.presentation.channel_format import handover_for, reply_for
from desk.presentation.receipt import explain_decision
from desk.presentation.reply import compose_note
from desk.reasons import Limit, Reason
from desk.run import Action, Run
from desk.ticket import Ticket
from workers.pipeline.conversation_text import own_text
from workers.pipeline.rules import matches_own_words
from workers.pipeline.run import RunContext
from workers.processing.failures import plan_alert
from workers.processing.guard_effects import alerted_about
from workers.queue import outbox
from workers.queue.inbox import InboxItem
from workers.queue.outbox import PlannedDelivery
from workers.toolbox import Toolbox

MOST_HANDOVERS = 3
"""So often a requester is told within the policy's minutes that a person will answer; people hear of each."""

CIRCLES = frozenset({Reason.LOOP, Reason.TOO_MANY_TURNS})
"""Reasons of which a requester is told once in a while, and then met with silence: it may be a machine."""


@dataclass(frozen=True, slots=True)
class FinishedRun:
    """A run with all that it came from."""

    tools: Toolbox
    item: InboxItem
    policy: Policy
    ticket: Ticket
    conversation: Conversation
    circumstances: RunContext
    run: Run

    @property
    def reasons(self) -> frozenset[Reason]:
        """Of every cap."""
        return frozenset(cap.reason for cap in self.run.decision.caps)

    def effect(self, kind: DeliveryKind, outgoing: Outgoing) -> PlannedDelivery:
        """Something to bring about for the message that the run answers. What is public counts towards the turns."""
        item, run = self.item, self.run
        made = PlannedDelivery(item.channel, item.ticket_id, run.message_id, kind, outgoing)
        if kind not in outbox.PUBLIC:
            return made
        turns, lookup = self.circumstances.turns, self.tools.db.sealer.lookup
        texts = tuple(turns.fingerprint(own_text(message)) for message in self.conversation.own)
        says = turns.fingerprint(matches_own_words(run.draft)) if kind is DeliveryKind.REPLY else None
        return replace(made, requester=lookup(self.ticket.requester.id), answers=texts, says=says)


def plan_effects(work: FinishedRun, topics_before: Sequence[str], *, told: bool) -> Sequence[PlannedDelivery]:
    """On the ticket: what is posted, with its labels. `topics_before` are the sensitive topics of the run before this
    one, `told` whether an alert goes out. A hand-over message goes out once as long as a person is owed."""
    return _labelled(work, _posted(work, topics_before, told=told))


def _posted(work: FinishedRun, topics_before: Sequence[str], *, told: bool) -> Sequence[PlannedDelivery]:
    run, rules = work.run, work.policy
    match run.decision.action:
        case Action.AUTO_REPLY:
            reply = reply_for(work.ticket.via, run, rules)
            return [work.effect(DeliveryKind.REPLY, reply) if reply else _note(work, escalated=False)]
        case Action.INTERNAL_NOTE:
            return [_note(work, escalated=False)]
        case Action.ESCALATE if is_with_people(work) and (_was_told(work) or not _is_handed_over_aloud(work)):
            news = set(run.classification.sensitive) - set(topics_before)
            return [] if told and not news else [_note(work, escalated=True)]
        case Action.ESCALATE if _is_handed_over_aloud(work):
            # The hand-over puts the ticket before people: were it the note, they could take it before it is sent.
            seen = run.classification
            handover = handover_for(work.ticket.via, rules, run.message_id, seen.language, seen.sensitive)
            return [work.effect(DeliveryKind.HANDOVER, handover), _note(work, escalated=False)]
        case Action.ESCALATE:
            return [_note(work, escalated=True)]
        case _:
            return []


def _labelled(work: FinishedRun, effects: Sequence[PlannedDelivery]) -> Sequence[PlannedDelivery]:
    """What the policy's table sets on the ticket goes with the first of them."""
    labels = route_ticket(work.run, work.ticket, work.policy)
    return [
        replace(each, outgoing=replace(each.outgoing, labels=labels)) if place == 0 else each
        for place, each in enumerate(effects)
    ]


def _note(work: FinishedRun, *, escalated: bool) -> PlannedDelivery:
    run = work.run
    address, item = work.tools.address, work.item
    receipt = f"{address}/console/tickets/{item.channel}/{item.ticket_id}" if address else None
    note = compose_note(run.draft, run.hits, explain_decision(run), escalated=escalated, receipt=receipt)
    return work.effect(DeliveryKind.NOTE, note)


def _is_handed_over_aloud(work: FinishedRun) -> bool:
    """Is the customer told? Not while paused, not a requester who has just been told and only runs in circles, and
    nobody who has been told as often as no person needs to be: it may be a machine that writes of humans."""
    if work.item.channel not in work.policy.handover.channels or Reason.PAUSED in work.reasons:
        return False
    turns = work.circumstances.turns
    return not (turns.handed_over and _only_circles(work)) and turns.handed_over < MOST_HANDOVERS


def _was_told(work: FinishedRun) -> bool:
    """Has a public message of ours answered anything of what is open, or is about to?"""
    answering = work.circumstances.record.answering
    return any(message.id in answering for message in work.conversation.open)


def _only_circles(work: FinishedRun) -> bool:
    """Is it nothing that the customer said for which people are asked, but how often we have spoken?"""
    reasons = {cap.reason for cap in work.run.decision.caps if cap.limit is Limit.PERSON}
    return reasons <= CIRCLES


def plan_alerts(work: FinishedRun) -> Sequence[PlannedDelivery]:
    """People are told once, when the ticket becomes theirs; what comes while they have it adds to that."""
    if not needs_people(work):
        return []
    if work.circumstances.turns.handed_over and _only_circles(work):
        return []
    about = alerted_about(work.conversation, work.circumstances.record) or work.run.message_id
    return plan_alert(work.tools, work.item, about, Outgoing(explain_decision(work.run), escalated=True))


def needs_people(work: FinishedRun) -> bool:
    """Does the decision give the ticket to people?"""
    return work.run.decision.action is Action.ESCALATE


def is_with_people(work: FinishedRun) -> bool:
    """Do people have the ticket already?"""
    return needs_people(work) and Reason.WITH_PEOPLE in work.reasons


def restore_status(item: InboxItem, ticket: Ticket, conversation: Conversation) -> Sequence[PlannedDelivery]:
    """A thank-you opens a solved ticket again: it goes back to what it was before the first of them."""
    before = next((message.status_before for message in conversation.open if message.status_before), None)
    if before is None or conversation.newest is None:
        return []
    outgoing = Outgoing("", newest_message_id=conversation.newest.id, status=before)
    return [PlannedDelivery(item.channel, item.ticket_id, conversation.newest.id, DeliveryKind.STATUS, outgoing)]
