"""One pass over one state of a ticket: classify → retrieve → draft → validate → decide.

No stage touches the database or a channel. Models stand on a ladder, best first: one that fails is remarked upon and
the next is asked; when none is left the draft hands over to a person, which no model is needed for.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TypeVar

from desk.conversation import NO_RECORD, Conversation, OwnRecord, Sent, read_conversation
from desk.errors import ModelAway, Permanent, Temporary
from desk.passage import Hit
from desk.policy.policy import Policy
from desk.ports import LanguageModel, Library, ModelDraft, ModelRefusal, UnusableAnswer
from desk.run import Classification, Draft, Finding, Run, Stage, StageTime, Urgency, Usage, Versions
from desk.text.tokenizer import words
from desk.ticket import Ticket, new_id
from workers.pipeline.case import NO_TURNS, DecisionInput
from workers.pipeline.classify import add_heard_signals, merge_classification
from workers.pipeline.confidence import confidence
from workers.pipeline.conversation_text import ConversationText, read_conversation_text
from workers.pipeline.decide import decide
from workers.pipeline.draft import NO_MODEL, draft_reply, is_handed_over
from workers.pipeline.retrieve import Retrieval, retrieve
from workers.pipeline.signals.closing import is_polite
from workers.pipeline.signals.not_helped import says_not_helped
from workers.pipeline.turns import Turns, limit_reached
from workers.pipeline.validate import validate

Answer = TypeVar("Answer")
NO_DRAFT = Draft(())
NOTHING_RETRIEVED = Retrieval()
MOST_DRAFTS_FOR_PEOPLE = 5
"""So many messages of a ticket that is with people get a draft to help them; what follows is only told."""
PATIENCE_SECONDS = 120.0
"""So long a model that has gone away is waited for; then the local parts draft for an agent."""


@dataclass(frozen=True, slots=True)
class RunContext:
    """What holds besides the ticket: the policy, whether anything public may leave, whether today's dollars are spent,
    our own record of the ticket and of the turns, which other ticket the customer has open on the same matter, whether
    to wait for a model that has just gone away, and how often the answer to this message was thought over anew."""

    policy: Policy
    paused: bool = False
    budget_spent: bool = False
    record: OwnRecord = NO_RECORD
    turns: Turns = NO_TURNS
    same_matter: str = ""
    patient: bool = False
    rethought: int = 0
    product_version: str = "unknown"


@dataclass(slots=True)
class _Notes:
    """What a pass leaves behind besides its results."""

    on_stage: Callable[[Stage], None]
    usage: list[Usage] = field(default_factory=list)
    times: list[StageTime] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    patient: bool = False
    away: str = ""
    refused: bool = False

    @contextmanager
    def stage(self, stage: Stage) -> Iterator[None]:
        """Says that a stage begins, and keeps how long it took."""
        self.on_stage(stage)
        start = time.perf_counter()
        try:
            yield
        finally:
            self.times.append(StageTime(stage, round((time.perf_counter() - start) * 1000, 2)))


@dataclass(frozen=True, slots=True)
class _Thought:
    """The stages' results on their way to the decision. `rungs` are the models not yet fallen from."""

    reading: ConversationText
    classification: Classification
    rungs: tuple[LanguageModel, ...]
    skipped: bool
    retrieved: Retrieval = NOTHING_RETRIEVED
    draft: Draft = NO_DRAFT
    findings: tuple[Finding, ...] = ()
    prompts: str = "none"

    @property
    def hits(self) -> tuple[Hit, ...]:
        return self.retrieved.hits


def run_pipeline(
    ticket: Ticket,
    models: Sequence[LanguageModel],
    library: Library,
    circumstances: RunContext,
    on_stage: Callable[[Stage], None] = lambda stage: None,
) -> Run:
    """What is to become of the ticket's open conversation, which may not be empty. `on_stage` is called as each stage
    begins.

    Raises Temporary or Permanent as the library does, ModelAway while there is patience with a model, and whatever
    `on_stage` raises; a failing model raises nothing else.
    """
    notes = _Notes(on_stage, patient=circumstances.patient)
    conversation = read_conversation(ticket, circumstances.record)
    thought = _classified(read_conversation_text(ticket, conversation), conversation, models, circumstances, notes)
    thought = _retrieved(thought, library, circumstances.policy, notes)
    thought = _drafted(thought, circumstances.policy, notes)
    thought = _validated(thought, circumstances.policy, notes)
    return _decided(thought, library, circumstances, conversation, notes)


def _classified(
    reading: ConversationText,
    conversation: Conversation,
    models: Sequence[LanguageModel],
    circumstances: RunContext,
    notes: _Notes,
) -> _Thought:
    policy = circumstances.policy
    with notes.stage(Stage.CLASSIFY):
        notes.remarks.extend(reading.remarks)
        local = add_heard_signals(reading, policy)
        notes.patient = notes.patient and not _for_a_person(local)
        rungs = _rungs(models, circumstances.budget_spent, notes)
        if _needs_no_model(local, reading.text, policy) or _goes_round(reading, conversation, circumstances):
            return _Thought(reading, local, rungs, skipped=True)
        guess, rungs = _climb(rungs, lambda model: model.classify(reading.ticket, reading.text, policy), notes)
        if guess is None:
            return _Thought(reading, local, rungs, skipped=False)
        notes.usage.extend(guess.usage)
        return _Thought(reading, merge_classification(local, guess, policy), rungs, skipped=False)


def _retrieved(thought: _Thought, library: Library, policy: Policy, notes: _Notes) -> _Thought:
    with notes.stage(Stage.RETRIEVE):
        if thought.skipped:
            return thought
        reading = thought.reading
        retrieved = retrieve(reading.ticket, reading.message.id, thought.classification, library, policy)
        return replace(thought, retrieved=retrieved)


def _drafted(thought: _Thought, policy: Policy, notes: _Notes) -> _Thought:
    with notes.stage(Stage.DRAFT):
        if thought.skipped:
            return thought
        ticket, hits = thought.reading.ticket, thought.hits
        drafted, rungs = _climb(
            thought.rungs, lambda model: draft_reply(ticket, thought.classification, hits, model, policy), notes
        )
        drafted = drafted or ModelDraft(is_handed_over(NO_MODEL))
        notes.usage.extend(drafted.usage)
        return replace(thought, draft=drafted.draft, rungs=rungs, prompts=_made_with(rungs))


def _validated(thought: _Thought, policy: Policy, notes: _Notes) -> _Thought:
    with notes.stage(Stage.VALIDATE):
        found = validate(thought.reading.ticket, thought.draft, thought.hits, thought.classification, policy)
        return replace(thought, findings=found)


def _decided(
    thought: _Thought, library: Library, circumstances: RunContext, conversation: Conversation, notes: _Notes
) -> Run:
    ticket = thought.reading.ticket
    unhelped = conversation.answered_by is Sent.REPLY and any(map(says_not_helped, thought.reading.texts))
    with notes.stage(Stage.DECIDE):
        case = _case(thought, library, circumstances)
        case = replace(case, with_people=conversation.person_owed, unhelped=unhelped)
        case = replace(case, model_away=notes.away, refused=notes.refused)
        decision = decide(case)
        knowledge = library.revision(ticket.account)
    return Run(
        id=new_id(),
        account=ticket.account,
        channel=ticket.channel,
        ticket_id=ticket.id,
        message_id=thought.reading.message.id,
        classification=thought.classification,
        hits=thought.hits,
        draft=thought.draft,
        findings=thought.findings,
        decision=decision,
        versions=Versions(
            circumstances.policy.version, knowledge, thought.prompts, product=circumstances.product_version
        ),
        usage=tuple(notes.usage),
        times=tuple(notes.times),
        remarks=tuple(dict.fromkeys(notes.remarks)),
        at=datetime.now(UTC),
    )


def _case(thought: _Thought, library: Library, circumstances: RunContext) -> DecisionInput:
    citations = thought.draft.citations
    return DecisionInput(
        ticket=thought.reading.ticket,
        message=thought.reading.message,
        text=thought.reading.text,
        classification=thought.classification,
        hits=thought.hits,
        draft=thought.draft,
        findings=thought.findings,
        policy=circumstances.policy,
        confidence=confidence(thought.classification, thought.hits, thought.draft, thought.findings),
        outdated=tuple(library.outdated(thought.reading.ticket.account, citations)) if citations else (),
        cut=thought.reading.cut,
        skipped=thought.skipped,
        paused=circumstances.paused,
        budget_spent=circumstances.budget_spent,
        rethought=circumstances.rethought,
        texts=thought.reading.texts,
        open_questions=_open_questions(thought),
        third_parties=thought.reading.third_parties,
        turns=circumstances.turns,
        same_matter=circumstances.same_matter,
    )


def _open_questions(thought: _Thought) -> tuple[str, ...]:
    """Of a burst of messages, the questions of whose best passages the draft cites none."""
    if len(thought.reading.texts) < 2 or not thought.draft.citations:
        return ()
    cited = {citation.passage_id for citation in thought.draft.citations}
    return tuple(question for question, best in thought.retrieved.best_of.items() if cited.isdisjoint(best))


# --- The ladder ------------------------------------------------------------------------------------------------------


def _needs_no_model(local: Classification, text: str, policy: Policy) -> bool:
    """Where people read anyway, and a model could only be harmed or paid for: orders to the machine, a language that
    is not served, no text, a mere thank-you. Other reasons for a person keep the draft: it helps the agent."""
    return local.orders_machine or local.language not in policy.languages or not words(text) or is_polite(text)


def _goes_round(reading: ConversationText, conversation: Conversation, circumstances: RunContext) -> bool:
    """Has the conversation had its turns, or do people have it already with as many messages as need a draft? A machine
    that answers everything would be paid for without end."""
    turns = circumstances.turns
    again = bool(reading.texts) and turns.fingerprint(reading.texts[-1]) in turns.answered
    handed_over = sum(message.id in circumstances.record.handed_over for message in conversation.open)
    with_people = handed_over >= MOST_DRAFTS_FOR_PEOPLE
    return again or with_people or bool(limit_reached(turns, circumstances.policy))


def _for_a_person(local: Classification) -> bool:
    """Does a person get this whatever a model says? Then nobody waits for one."""
    return local.wants_human or bool(local.sensitive) or local.urgency is Urgency.CRITICAL


def _rungs(models: Sequence[LanguageModel], budget_spent: bool, notes: _Notes) -> tuple[LanguageModel, ...]:
    """All models, or the last alone, the local one, once the day's dollars are spent."""
    if budget_spent and len(models) > 1:
        notes.remarks.append(f"The day's budget is spent; only {models[-1].name} was asked.")
        return tuple(models[-1:])
    return tuple(models)


def _climb(
    rungs: tuple[LanguageModel, ...], ask: Callable[[LanguageModel], Answer], notes: _Notes
) -> tuple[Answer | None, tuple[LanguageModel, ...]]:
    """The first answer that a model gives, and the rungs from that model down."""
    for place, model in enumerate(rungs):
        try:
            return ask(model), rungs[place:]
        except (Temporary, Permanent) as error:
            last = place == len(rungs) - 1
            if isinstance(error, ModelAway) and not last and _is_worth_waiting(error, notes):
                raise
            notes.remarks.append(f"{model.name} failed ({type(error).__name__}: {error}).")
            notes.usage.extend(error.usage if isinstance(error, UnusableAnswer) else ())
            notes.refused = notes.refused or isinstance(error, ModelRefusal)
            notes.away = notes.away or ("" if last else f"{model.name} failed")
    return None, ()


def _is_worth_waiting(error: ModelAway, notes: _Notes) -> bool:
    """A model that has only just gone, and before anything was paid for: what is thrown away then cost nothing."""
    return notes.patient and not notes.usage and error.seconds < PATIENCE_SECONDS


def _made_with(rungs: tuple[LanguageModel, ...]) -> str:
    return f"{rungs[0].name} {rungs[0].prompts}" if rungs else "none"
