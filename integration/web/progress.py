"""How far the newest message of a ticket is: received, classified, retrieved, drafted, decided, delivered."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from desk.delivery import Delivery, DeliveryKind, DeliveryState
from desk.presentation.receipt import ACTIONS
from desk.reasons import Stop
from desk.run import Action, Run, Stage
from desk.text.wording import Share, Wording
from desk.ticket import EventKind, ItemState
from integration.web.receipt_bars import STOP_WORDS
from workers.queue.inbox import InboxItem
from workers.queue.outbox import BY_A_PERSON


class StepMark(StrEnum):
    """How a step looks."""

    DONE = "done"
    NOW = "now"
    AHEAD = "ahead"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class ProgressStep:
    """One step of the line; `detail` is what came of it, once that is known."""

    name: str
    mark: StepMark
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Progress:
    """The line, a sentence for it, and whether anything still moves."""

    steps: tuple[ProgressStep, ...]
    sentence: str
    moving: bool
    tone: str = "calm"
    """calm, good (answered), note, person or bad."""


NAMES = (
    Wording("Received"),
    Wording("Classified"),
    Wording("Retrieved"),
    Wording("Drafted"),
    Wording("Decided"),
    Wording("Delivered"),
)

# The step that is under way while a stage runs, and the sentence meanwhile.
UNDER_WAY = {
    None: (1, Wording("Your message is here; it is being read.")),
    Stage.CLASSIFY: (1, Wording("Working out what it is about.")),
    Stage.RETRIEVE: (2, Wording("Looking for the answer in the documents.")),
    Stage.DRAFT: (3, Wording("Writing a draft from what was found.")),
    Stage.VALIDATE: (4, Wording("Checking each sentence of the draft against its source.")),
    Stage.DECIDE: (4, Wording("Deciding whether it may be sent.")),
}

ENDS = {
    Action.AUTO_REPLY: (Wording("Answered."), "good"),
    Action.INTERNAL_NOTE: (
        Wording("A draft lies ready for an agent, who will look at it before anything is sent."),
        "note",
    ),
    Action.ESCALATE: (Wording("Handed to a person."), "person"),
    Action.OBSERVE: (Wording("Recorded only; a person will answer."), "person"),
}

DECIDED = {
    Action.AUTO_REPLY: Wording("may be sent"),
    Action.INTERNAL_NOTE: Wording("an agent first"),
    Action.ESCALATE: Wording("needs a person"),
    Action.OBSERVE: Wording("record only"),
    Action.IGNORE: Wording("nothing to do"),
}

LOOKED_AFTER = (Stop.PERSON_TOOK_OVER, Stop.SWITCHED_OFF)
"""Stops by which people have the ticket."""

SEND_FAULTS = {
    DeliveryState.FAILED: Wording("It could not be delivered; a person has to look."),
    DeliveryState.UNKNOWN: Wording("It may or may not have gone out; a person is checking."),
}


def read_progress(items: Sequence[InboxItem], runs: Sequence[Run], deliveries: Sequence[Delivery]) -> Progress:
    """The line for the newest customer message; all three are the whole ticket's, oldest first."""
    customer_items = [item for item in items if item.kind is EventKind.CUSTOMER_MESSAGE]
    if not customer_items:
        return Progress(_build_steps(0), Wording("Nothing has been received yet."), moving=False)
    item = customer_items[-1]
    run = next((run for run in reversed(runs) if run.message_id == item.message_id), None)
    if item.state is ItemState.PARKED:
        return _parked_progress(item)
    if item.state is not ItemState.DONE:
        return _working_progress(item)
    if any(map(_is_persons_answer, deliveries)) and run:
        details = (*_step_details(run)[:-1], Wording("an agent first"), Wording("answered by a person"))
        return Progress(_build_steps(6, details=details), Wording("A person has answered."), moving=False, tone="good")
    if run is None or item.outcome not in set(Action):
        return _stopped_progress(item)
    return _decided_progress(run, [delivery for delivery in deliveries if delivery.message_id == item.message_id])


def _is_persons_answer(delivery: Delivery) -> bool:
    is_reply = delivery.kind is DeliveryKind.REPLY and delivery.state is DeliveryState.SENT
    return is_reply and delivery.key.startswith(BY_A_PERSON)


def _working_progress(item: InboxItem) -> Progress:
    step_index, sentence = UNDER_WAY[item.stage]
    if item.state is ItemState.WAITING and item.error:
        sentence = Wording("That did not work at the first try; it will be tried again shortly.")
    return Progress(_build_steps(step_index), sentence, moving=True)


def _parked_progress(item: InboxItem) -> Progress:
    step_index, _ = UNDER_WAY[item.stage]
    sentence = Wording("Something went wrong on our side. Your message is safe, and a person will look at it.")
    return Progress(_build_steps(step_index, StepMark.STOPPED), sentence, moving=False, tone="bad")


def _stopped_progress(item: InboxItem) -> Progress:
    """A guard ended the walk."""
    if item.outcome in LOOKED_AFTER:
        return Progress(
            _build_steps(1), Wording("A person looks after this conversation."), moving=False, tone="person"
        )
    reason_text = STOP_WORDS.get(item.outcome or "", Wording("Your message was added to the conversation"))
    if item.outcome == Stop.CONFIRMED:
        return Progress(
            _build_steps(len(NAMES)), Wording("Glad to hear it. Nothing is left to do."), moving=False, tone="good"
        )
    steps = (ProgressStep(NAMES[0], StepMark.DONE), *(ProgressStep(name, StepMark.AHEAD) for name in NAMES[1:]))
    return Progress(
        steps,
        Wording("%(sentence)s.", sentence=reason_text),
        moving=False,
        tone="person" if item.outcome == Stop.PERSON_TOOK_OVER else "calm",
    )


def _decided_progress(run: Run, deliveries: Sequence[Delivery]) -> Progress:
    details = _step_details(run)
    sentence, tone = ENDS.get(
        run.decision.action, (Wording("%(sentence)s.", sentence=ACTIONS[run.decision.action]), "calm")
    )
    states = {delivery.state for delivery in deliveries}
    if states & {DeliveryState.WAITING, DeliveryState.SENDING}:
        return Progress(_build_steps(5, details=details), Wording("Decided; it is on its way."), moving=True)
    for state, fault in SEND_FAULTS.items():
        if state in states:
            return Progress(_build_steps(5, StepMark.STOPPED, details), fault, moving=False, tone="bad")
    if states == {DeliveryState.WITHDRAWN}:
        reasons = (STOP_WORDS[delivery.reason] for delivery in deliveries if delivery.reason in STOP_WORDS)
        sentence = Wording("Not sent: %(why)s.", why=next(reasons, Wording("It no longer fits")).after_colon)
        return Progress(_build_steps(5, StepMark.STOPPED, details), sentence, moving=False)
    delivery_detail = _delivery_detail(deliveries)
    return Progress(_build_steps(6, details=(*details, delivery_detail)), sentence, moving=False, tone=tone)


def _step_details(run: Run) -> tuple[str, ...]:
    """What came of the first five steps."""
    classification = run.classification
    category = classification.category.replace("_", " ") if classification.category else Wording("unknown")
    sources = len({citation.passage_id for citation in run.draft.citations})
    return (
        "",
        Wording("%(what)s, %(share)s", what=category, share=Share(classification.confidence)),
        Wording.plural("%(count)s passage", "%(count)s passages", len(run.hits)),
        Wording.plural("%(count)s source", "%(count)s sources", sources)
        if run.draft.statements
        else Wording("no draft"),
        DECIDED[run.decision.action],
    )


def _delivery_detail(deliveries: Sequence[Delivery]) -> str:
    sent_kinds = {delivery.kind for delivery in deliveries if delivery.state is DeliveryState.SENT}
    if DeliveryKind.REPLY in sent_kinds:
        return Wording("reply sent")
    if DeliveryKind.HANDOVER in sent_kinds:
        return Wording("person told")
    return Wording("note left") if sent_kinds else Wording("recorded")


def _build_steps(
    current_index: int, mark: StepMark = StepMark.NOW, details: Sequence[str] = ()
) -> tuple[ProgressStep, ...]:
    """Steps before `current_index` are done, the one there has the mark, the others lie ahead."""
    padded_details = [*details, *[""] * len(NAMES)]
    marks = [
        StepMark.DONE if index < current_index else mark if index == current_index else StepMark.AHEAD
        for index in range(len(NAMES))
    ]
    return tuple(ProgressStep(*step_values) for step_values in zip(NAMES, marks, padded_details, strict=False))
