"""What a decision brings about: the reply, the note, the hand-over and the alert, and the labels that go with them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from desk.delivery import DeliveryKind
from desk.policy.routing import route_ticket
from desk.ports import Outgoing
from desk.presentation.channel_format import handover_for, reply_for
from desk.presentation.receipt import explain_decision
from desk.presentation.reply import compose_note
from desk.reasons import Limit, Reason
from desk.run import Action, Run
from workers.pipeline.case import own_words_of
from workers.pipeline.conversation_text import own_texts_of
from workers.processing.failures import plan_alert
from workers.processing.guard_effects import alerted_about
from workers.processing.ticket_reading import OpenItem
from workers.queue import outbox
from workers.queue.outbox import PlannedDelivery

MOST_HANDOVERS = 3
"""So often a requester is told within the policy's minutes that a person will answer; people hear of each."""

CIRCLES = frozenset({Reason.LOOP, Reason.TOO_MANY_TURNS})
"""Reasons of which a requester is told once in a while, and then met with silence: it may be a machine."""


@dataclass(frozen=True, slots=True)
class FinishedRun(OpenItem):
    """A run with all that it came from."""

    run: Run

    @property
    def reasons(self) -> frozenset[Reason]:
        """Of every cap."""
        return frozenset(cap.reason for cap in self.run.decision.caps)

    def effect(self, kind: DeliveryKind, outgoing: Outgoing) -> PlannedDelivery:
        """Something to bring about for the message that the run answers. What is public counts towards the turns."""
        item, run = self.item, self.run
        planned = PlannedDelivery(item.channel, item.ticket_id, run.message_id, kind, outgoing)
        if kind not in outbox.PUBLIC:
            return planned
        turns, lookup = self.circumstances.turns, self.deps.db.sealer.lookup
        texts = tuple(map(turns.fingerprint, own_texts_of(self.ticket, self.conversation)))
        says = turns.fingerprint(own_words_of(run.draft)) if kind is DeliveryKind.REPLY else None
        return replace(planned, requester=lookup(self.ticket.requester.id), answers=texts, says=says)


def plan_effects(
    finished_run: FinishedRun, earlier_topics: Sequence[str], *, alerting: bool
) -> Sequence[PlannedDelivery]:
    """On the ticket: what is posted, with its labels. `earlier_topics` are the sensitive topics of the run before
    this one, `alerting` whether an alert goes out. A hand-over message goes out once as long as a person is owed."""
    return _add_labels(finished_run, _plan_posts(finished_run, earlier_topics, alerting=alerting))


def _plan_posts(
    finished_run: FinishedRun, earlier_topics: Sequence[str], *, alerting: bool
) -> Sequence[PlannedDelivery]:
    run = finished_run.run
    match run.decision.action:
        case Action.AUTO_REPLY if reply := reply_for(finished_run.ticket.via, run, finished_run.policy):
            return [finished_run.effect(DeliveryKind.REPLY, reply)]
        case Action.AUTO_REPLY | Action.INTERNAL_NOTE:
            return [_plan_note(finished_run, escalated=False)]
        case Action.ESCALATE:
            return _plan_escalation(finished_run, set(run.classification.sensitive) - set(earlier_topics), alerting)
        case _:
            return []


def _plan_escalation(finished_run: FinishedRun, new_topics: set[str], alerting: bool) -> Sequence[PlannedDelivery]:
    announced = _announces_handover(finished_run)
    if is_with_people(finished_run) and (_customer_was_told(finished_run) or not announced):
        return [] if alerting and not new_topics else [_plan_note(finished_run, escalated=True)]
    if not announced:
        return [_plan_note(finished_run, escalated=True)]
    # The hand-over puts the ticket before people: were it the note, they could take it before it is sent.
    return [_plan_handover(finished_run), _plan_note(finished_run, escalated=False)]


def _plan_handover(finished_run: FinishedRun) -> PlannedDelivery:
    run, policy = finished_run.run, finished_run.policy
    language, topics = run.classification.language, run.classification.sensitive
    handover = handover_for(finished_run.ticket.via, policy, run.message_id, language, topics)
    return finished_run.effect(DeliveryKind.HANDOVER, handover)


def _add_labels(finished_run: FinishedRun, effects: Sequence[PlannedDelivery]) -> Sequence[PlannedDelivery]:
    """What the policy's table sets on the ticket goes with the first of them."""
    labels = route_ticket(finished_run.run, finished_run.ticket, finished_run.policy)
    return [
        replace(effect, outgoing=replace(effect.outgoing, labels=labels)) if index == 0 else effect
        for index, effect in enumerate(effects)
    ]


def _plan_note(finished_run: FinishedRun, *, escalated: bool) -> PlannedDelivery:
    run = finished_run.run
    address, item = finished_run.deps.address, finished_run.item
    receipt = f"{address}/console/tickets/{item.channel}/{item.ticket_id}" if address else None
    explanation, related = explain_decision(run), run.related
    note = compose_note(run.draft, run.hits, explanation, related=related, escalated=escalated, receipt=receipt)
    return finished_run.effect(DeliveryKind.NOTE, note)


def _announces_handover(finished_run: FinishedRun) -> bool:
    """Is the customer told? Not while paused, not a requester who has just been told and only runs in circles, and
    nobody who has been told as often as no person needs to be: it may be a machine that writes of humans."""
    if finished_run.item.channel not in finished_run.policy.handover.channels or Reason.PAUSED in finished_run.reasons:
        return False
    turns = finished_run.circumstances.turns
    return not (turns.handed_over and _only_circles(finished_run)) and turns.handed_over < MOST_HANDOVERS


def _customer_was_told(finished_run: FinishedRun) -> bool:
    """Has a public message of ours answered anything of what is open, or is about to?"""
    answering = finished_run.circumstances.record.answering
    return any(message.id in answering for message in finished_run.conversation.open)


def _only_circles(finished_run: FinishedRun) -> bool:
    """Is it nothing that the customer said for which people are asked, but how often we have spoken?"""
    reasons = {cap.reason for cap in finished_run.run.decision.caps if cap.limit is Limit.PERSON}
    return reasons <= CIRCLES


def plan_alerts(finished_run: FinishedRun) -> Sequence[PlannedDelivery]:
    """People are told once, when the ticket becomes theirs; what comes while they have it adds to that."""
    if not needs_people(finished_run):
        return []
    if finished_run.circumstances.turns.handed_over and _only_circles(finished_run):
        return []
    run = finished_run.run
    message_id = alerted_about(finished_run.conversation, finished_run.circumstances.record) or run.message_id
    outgoing = Outgoing(explain_decision(run), escalated=True)
    return plan_alert(finished_run.deps, finished_run.item, message_id, outgoing)


def needs_people(finished_run: FinishedRun) -> bool:
    """Does the decision give the ticket to people?"""
    return finished_run.run.decision.action is Action.ESCALATE


def is_with_people(finished_run: FinishedRun) -> bool:
    """Do people have the ticket already?"""
    return needs_people(finished_run) and Reason.WITH_PEOPLE in finished_run.reasons


def restore_status(open_item: OpenItem) -> Sequence[PlannedDelivery]:
    """A thank-you opens a solved ticket again: it goes back to what it was before the first of them."""
    item, conversation = open_item.item, open_item.conversation
    previous_status = next((message.status_before for message in conversation.open if message.status_before), None)
    if previous_status is None or conversation.newest is None:
        return []
    outgoing = Outgoing("", newest_message_id=conversation.newest.id, status=previous_status)
    return [PlannedDelivery(item.channel, item.ticket_id, conversation.newest.id, DeliveryKind.STATUS, outgoing)]
