"""A model that says what it was told to say, and remembers what it was asked. For tests and the look-alike stories."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from desk.passage import Hit
from desk.policy.policy import Policy
from desk.ports import ModelClassification, ModelDraft
from desk.run import Classification, Draft
from desk.ticket import Ticket

Answer = TypeVar("Answer")  # Python 3.11 has no `def f[Answer]` yet


@dataclass(frozen=True, slots=True)
class RecordedCall:
    """One question to the model: which stage, about what text, with which passages."""

    stage: str
    ticket: Ticket
    text: str
    hits: tuple[Hit, ...] = ()
    instruction: str = ""


@dataclass(slots=True)
class ScriptedModel:
    """Answers in the order prepared; the last answer repeats. An exception in the list is raised in its turn.

    Without a script, every message is of no category and every draft hands over.
    """

    guesses: Iterable[ModelClassification | Exception] = ()
    drafts: Iterable[ModelDraft | Exception] = ()
    name: str = "scripted"
    prompts: str = "scripted"
    asked: list[RecordedCall] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._guesses = list(self.guesses) or [ModelClassification(category=None, confidence=0.0, questions=())]
        self._drafts = list(self.drafts) or [ModelDraft(Draft((), hand_over="the script has no draft"))]

    _guesses: list[ModelClassification | Exception] = field(init=False, repr=False)
    _drafts: list[ModelDraft | Exception] = field(init=False, repr=False)

    def classify(self, ticket: Ticket, text: str, policy: Policy) -> ModelClassification:
        """The next prepared guess."""
        self.asked.append(RecordedCall("classify", ticket, text))
        return _next_answer(self._guesses)

    def draft(
        self,
        ticket: Ticket,
        classification: Classification,
        hits: Sequence[Hit],
        policy: Policy,
        instruction: str = "",
    ) -> ModelDraft:
        """The next prepared draft."""
        self.asked.append(RecordedCall("draft", ticket, "\n".join(classification.questions), tuple(hits), instruction))
        return _next_answer(self._drafts)


def _next_answer(answers: list[Answer | Exception]) -> Answer:
    answer = answers.pop(0) if len(answers) > 1 else answers[0]
    if isinstance(answer, Exception):
        raise answer
    return answer
