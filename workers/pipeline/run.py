"""One pass over one state of a ticket: classify → retrieve → draft → validate → decide.

No stage touches the database or a channel. Models are asked in turn, best first: one that fails is remarked upon and
the next is asked; when none is left the draft hands over to a person, which no model is needed for.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from desk.conversation import NO_RECORD, Conversation, OwnRecord, Sent, read_conversation
from desk.passage import Hit
from desk.policy.policy import Policy
from desk.policy.readers import closed_to_others
from desk.ports import LanguageModel, Library, ModelDraft
from desk.run import Action, Classification, Draft, Finding, Run, Stage, Versions
from desk.ticket import Ticket, new_id
from workers.pipeline.case import NO_TURNS, DecisionInput, circumstances_of
from workers.pipeline.classify import (
    add_heard_signals,
    merge_classification,
    needs_no_model,
    needs_person_anyway,
    quoted_topics,
)
from workers.pipeline.confidence import confidence
from workers.pipeline.conversation_text import ConversationText, read_conversation_text
from workers.pipeline.decide import decide
from workers.pipeline.draft import NO_MODEL, draft_reply, is_handed_over
from workers.pipeline.fallback import RunTrace, ask_first_available, available_models, prompts_of
from workers.pipeline.retrieve import Retrieval, find_related, retrieve
from workers.pipeline.signals.not_helped import says_not_helped
from workers.pipeline.turns import Turns, limit_reached
from workers.pipeline.validate import validate

NO_DRAFT = Draft(())
NOTHING_RETRIEVED = Retrieval()
MOST_DRAFTS_FOR_PEOPLE = 5
"""So many messages of a ticket that is with people get a draft to help them; what follows is only told."""


@dataclass(frozen=True, slots=True)
class RunContext:
    """What holds besides the ticket: the policy, whether anything public may leave, whether today's dollars are spent,
    our own record of the ticket and of the turns, which other ticket the customer has open on the same matter, whether
    to wait for a model that has just gone away, and how often the answer to this message was thought over anew.

    `for_agent`: a person asked for a draft, and gets one whatever the customer wants; their `instruction` says how it
    should read."""

    policy: Policy
    paused: bool = False
    budget_spent: bool = False
    record: OwnRecord = NO_RECORD
    turns: Turns = NO_TURNS
    same_matter: str = ""
    patient: bool = False
    rethought: int = 0
    for_agent: bool = False
    instruction: str = ""
    product_version: str = "unknown"


@dataclass(frozen=True, slots=True)
class _PipelineState:
    """The stages' results on their way to the decision. `models_left` have not failed yet."""

    reading: ConversationText
    classification: Classification
    models_left: tuple[LanguageModel, ...]
    skipped: bool
    heard: Classification | None = None
    """What the text said by itself, where a model's view was merged in."""
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
    context: RunContext,
    on_stage: Callable[[Stage], None] = lambda stage: None,
) -> Run:
    """What is to become of the ticket's open conversation, which may not be empty. `on_stage` is called as each stage
    begins.

    Raises Temporary or Permanent as the library does, ModelAway while there is patience with a model, and whatever
    `on_stage` raises; a failing model raises nothing else.
    """
    trace = RunTrace(on_stage, patient=context.patient)
    conversation = read_conversation(ticket, context.record)
    reading = read_conversation_text(closed_to_others(ticket), conversation, context.policy)
    state = _classify(reading, conversation, models, context, trace)
    state = _retrieve(state, library, context.policy, trace)
    state = _draft(state, context, trace)
    state = _validate(state, context.policy, trace)
    return _decide(state, library, context, conversation, trace)


def _classify(
    reading: ConversationText,
    conversation: Conversation,
    models: Sequence[LanguageModel],
    context: RunContext,
    trace: RunTrace,
) -> _PipelineState:
    policy = context.policy
    with trace.stage(Stage.CLASSIFY):
        trace.remarks.extend(reading.remarks)
        signals = add_heard_signals(reading, policy)
        trace.patient = trace.patient and not needs_person_anyway(signals)
        models_left = available_models(models, context.budget_spent, trace)
        needs_no_draft = needs_no_model(signals, reading.text, policy) or _is_going_round(
            reading, conversation, context
        )
        if needs_no_draft and not context.for_agent:
            return _PipelineState(reading, signals, models_left, skipped=True)
        guess, models_left = ask_first_available(
            models_left, lambda model: model.classify(reading.ticket, reading.text, policy), trace
        )
        if guess is None:
            return _PipelineState(reading, signals, models_left, skipped=False)
        trace.usage.extend(guess.usage)
        merged = merge_classification(signals, guess, policy)
        return _PipelineState(reading, merged, models_left, skipped=False, heard=signals)


def _retrieve(state: _PipelineState, library: Library, policy: Policy, trace: RunTrace) -> _PipelineState:
    with trace.stage(Stage.RETRIEVE):
        if state.skipped:
            return state
        reading = state.reading
        retrieved = retrieve(reading.ticket, reading.message.id, state.classification, library, policy)
        trace.remarks.extend(retrieved.remarks)
        return replace(state, retrieved=retrieved)


def _draft(state: _PipelineState, context: RunContext, trace: RunTrace) -> _PipelineState:
    with trace.stage(Stage.DRAFT):
        if state.skipped:
            return state
        ticket, hits = state.reading.ticket, state.hits
        model_draft, models_left = ask_first_available(
            state.models_left,
            lambda model: draft_reply(ticket, state.classification, hits, model, context.policy, context.instruction),
            trace,
        )
        model_draft = model_draft or ModelDraft(is_handed_over(NO_MODEL))
        trace.usage.extend(model_draft.usage)
        return replace(state, draft=model_draft.draft, models_left=models_left, prompts=prompts_of(models_left))


def _validate(state: _PipelineState, policy: Policy, trace: RunTrace) -> _PipelineState:
    with trace.stage(Stage.VALIDATE):
        findings = validate(state.reading.ticket, state.draft, state.hits, state.classification, policy)
        return replace(state, findings=findings)


def _decide(
    state: _PipelineState, library: Library, context: RunContext, conversation: Conversation, trace: RunTrace
) -> Run:
    ticket = state.reading.ticket
    with trace.stage(Stage.DECIDE):
        case = _decision_input(state, library, context, conversation, trace)
        decision = decide(case)
        related = () if state.skipped or decision.action is Action.AUTO_REPLY else _find_related(state, library)
        knowledge = library.revision(ticket.account)
    return Run(
        id=new_id(),
        account=ticket.account,
        channel=ticket.channel,
        ticket_id=ticket.id,
        message_id=state.reading.message.id,
        classification=state.classification,
        hits=state.hits,
        draft=state.draft,
        findings=state.findings,
        decision=decision,
        versions=Versions(context.policy.version, knowledge, state.prompts, product=context.product_version),
        usage=tuple(trace.usage),
        times=tuple(trace.times),
        remarks=tuple(dict.fromkeys(trace.remarks)),
        at=datetime.now(UTC),
        circumstances=circumstances_of(case, state.heard or state.classification),
        related=related,
    )


def _find_related(state: _PipelineState, library: Library) -> tuple[Hit, ...]:
    reading = state.reading
    return find_related(reading.ticket, reading.message.id, state.classification, library)


def _decision_input(
    state: _PipelineState, library: Library, context: RunContext, conversation: Conversation, trace: RunTrace
) -> DecisionInput:
    citations = state.draft.citations
    return DecisionInput(
        ticket=state.reading.ticket,
        message=state.reading.message,
        text=state.reading.text,
        classification=state.classification,
        hits=state.hits,
        draft=state.draft,
        findings=state.findings,
        policy=context.policy,
        confidence=confidence(state.classification, state.hits, state.draft, state.findings),
        outdated=tuple(library.outdated(state.reading.ticket.account, citations)) if citations else (),
        cut=state.reading.cut,
        skipped=state.skipped,
        paused=context.paused,
        budget_spent=context.budget_spent,
        rethought=context.rethought,
        for_agent=context.for_agent,
        texts=state.reading.texts,
        open_questions=_open_questions(state),
        third_parties=state.reading.third_parties,
        quoted_topics=quoted_topics(state.reading, context.policy),
        turns=context.turns,
        same_matter=context.same_matter,
        with_people=conversation.person_owed,
        unhelped=conversation.answered_by is Sent.REPLY and any(map(says_not_helped, state.reading.texts)),
        model_away=trace.away,
        refused=trace.refused,
    )


def _open_questions(state: _PipelineState) -> tuple[str, ...]:
    """Of a burst of messages, the questions of whose best passages the draft cites none."""
    if len(state.reading.texts) < 2 or not state.draft.citations:
        return ()
    cited_ids = {citation.passage_id for citation in state.draft.citations}
    return tuple(question for question, best_ids in state.retrieved.best_of.items() if cited_ids.isdisjoint(best_ids))


def _is_going_round(reading: ConversationText, conversation: Conversation, context: RunContext) -> bool:
    """Has the conversation had its turns, or do people have it already with as many messages as need a draft? A machine
    that answers everything would be paid for without end."""
    turns = context.turns
    is_repeated = bool(reading.texts) and turns.fingerprint(reading.texts[-1]) in turns.answered
    handed_over_count = sum(message.id in context.record.handed_over for message in conversation.open)
    has_enough_drafts = handed_over_count >= MOST_DRAFTS_FOR_PEOPLE
    return is_repeated or has_enough_drafts or bool(limit_reached(turns, context.policy))
