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

from desk.errors import Permanent, Temporary
from desk.passage import Hit
from desk.policy import Policy
from desk.ports import Drafted, LanguageModel, Library, Wasted
from desk.run import Classification, Draft, Finding, Run, Stage, StageTime, Usage, Versions
from desk.text import words
from desk.ticket import Ticket, new_id
from workers.pipeline.classify import merged, signals
from workers.pipeline.confidence import confidence
from workers.pipeline.decide import decide
from workers.pipeline.draft import NO_MODEL, draft, handed_over
from workers.pipeline.reading import Reading, read
from workers.pipeline.retrieve import retrieve
from workers.pipeline.rules import Case, is_polite
from workers.pipeline.validate import validate

Answer = TypeVar("Answer")
NO_DRAFT = Draft(())


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What holds besides the ticket: the policy, whether anything public may leave, whether today's dollars are spent,
    whether the ticket was handed to people before, and how often the answer to this message was thought over anew."""

    policy: Policy
    paused: bool = False
    budget_spent: bool = False
    with_people: bool = False
    rethought: int = 0
    product_version: str = "unknown"


@dataclass(slots=True)
class _Notes:
    """What a pass leaves behind besides its results."""

    on_stage: Callable[[Stage], None]
    usage: list[Usage] = field(default_factory=list)
    times: list[StageTime] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)

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

    reading: Reading
    classification: Classification
    rungs: tuple[LanguageModel, ...]
    skipped: bool
    hits: tuple[Hit, ...] = ()
    draft: Draft = NO_DRAFT
    findings: tuple[Finding, ...] = ()
    prompts: str = "none"


def think(
    ticket: Ticket,
    message_id: str,
    models: Sequence[LanguageModel],
    library: Library,
    circumstances: Circumstances,
    on_stage: Callable[[Stage], None] = lambda stage: None,
) -> Run:
    """What is to become of this message. `on_stage` is called as each stage begins.

    Raises Temporary or Permanent as the library does, LookupError if the ticket does not hold the message, and
    whatever `on_stage` raises; a failing model raises nothing.
    """
    notes = _Notes(on_stage)
    thought = _classified(ticket, message_id, models, circumstances, notes)
    thought = _retrieved(thought, library, circumstances.policy, notes)
    thought = _drafted(thought, circumstances.policy, notes)
    thought = _validated(thought, circumstances.policy, notes)
    return _decided(thought, library, circumstances, notes)


def _classified(
    ticket: Ticket, message_id: str, models: Sequence[LanguageModel], circumstances: Circumstances, notes: _Notes
) -> _Thought:
    policy = circumstances.policy
    with notes.stage(Stage.CLASSIFY):
        reading = read(ticket, message_id)
        notes.remarks.extend(reading.remarks)
        local = signals(reading.text, policy, subject=reading.subject, priority=ticket.priority)
        rungs = _rungs(models, circumstances.budget_spent, notes)
        if _needs_no_model(local, reading.text, policy):
            return _Thought(reading, local, rungs, skipped=True)
        guess, rungs = _climb(rungs, lambda model: model.classify(reading.ticket, reading.text, policy), notes)
        if guess is None:
            return _Thought(reading, local, rungs, skipped=False)
        notes.usage.extend(guess.usage)
        return _Thought(reading, merged(local, guess, policy), rungs, skipped=False)


def _retrieved(thought: _Thought, library: Library, policy: Policy, notes: _Notes) -> _Thought:
    with notes.stage(Stage.RETRIEVE):
        if thought.skipped:
            return thought
        reading = thought.reading
        return replace(
            thought, hits=retrieve(reading.ticket, reading.message.id, thought.classification, library, policy)
        )


def _drafted(thought: _Thought, policy: Policy, notes: _Notes) -> _Thought:
    with notes.stage(Stage.DRAFT):
        if thought.skipped:
            return thought
        ticket, hits = thought.reading.ticket, thought.hits
        drafted, rungs = _climb(
            thought.rungs, lambda model: draft(ticket, thought.classification, hits, model, policy), notes
        )
        drafted = drafted or Drafted(handed_over(NO_MODEL))
        notes.usage.extend(drafted.usage)
        return replace(thought, draft=drafted.draft, rungs=rungs, prompts=_made_with(rungs))


def _validated(thought: _Thought, policy: Policy, notes: _Notes) -> _Thought:
    with notes.stage(Stage.VALIDATE):
        found = validate(thought.reading.ticket, thought.draft, thought.hits, thought.classification, policy)
        return replace(thought, findings=found)


def _decided(thought: _Thought, library: Library, circumstances: Circumstances, notes: _Notes) -> Run:
    ticket = thought.reading.ticket
    with notes.stage(Stage.DECIDE):
        decision = decide(_case(thought, library, circumstances))
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


def _case(thought: _Thought, library: Library, circumstances: Circumstances) -> Case:
    citations = thought.draft.citations
    return Case(
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
        with_people=circumstances.with_people,
        rethought=circumstances.rethought,
    )


# --- The ladder ------------------------------------------------------------------------------------------------------


def _needs_no_model(local: Classification, text: str, policy: Policy) -> bool:
    """Where people read anyway, and a model could only be harmed or paid for: orders to the machine, a language that
    is not served, no text, a mere thank-you. Other reasons for a person keep the draft: it helps the agent."""
    return local.orders_machine or local.language not in policy.languages or not words(text) or is_polite(text)


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
            notes.remarks.append(f"{model.name} failed ({type(error).__name__}: {error}).")
            notes.usage.extend(error.usage if isinstance(error, Wasted) else ())
    return None, ()


def _made_with(rungs: tuple[LanguageModel, ...]) -> str:
    return f"{rungs[0].name} {rungs[0].prompts}" if rungs else "none"
