"""All that a decision rests on, as one value."""

from dataclasses import dataclass

from desk.passage import Citation, Hit
from desk.policy.policy import Policy
from desk.run import Classification, Draft, Finding
from desk.ticket import Message, Ticket
from workers.pipeline.turns import Turns

NO_TURNS = Turns()


@dataclass(frozen=True, slots=True)
class DecisionInput:
    """All that a decision rests on. `text` is what the customer has open without quotes and signatures, `cut` if it was
    too long to be read whole; `texts` are its messages; `skipped` if no model was asked; `outdated` are citations whose
    document has changed since; `open_questions` those of several that nothing cited answers; `third_parties` how many
    messages others of the customer side wrote; `model_away` says why a model that is set up did not draft; `refused` if
    it would not read this at all; `unhelped` if the customer says that our automatic reply was of no use; `for_agent`
    if an agent asked for the draft."""

    ticket: Ticket
    message: Message
    text: str
    classification: Classification
    hits: tuple[Hit, ...]
    draft: Draft
    findings: tuple[Finding, ...]
    policy: Policy
    confidence: float = 0.0
    outdated: tuple[Citation, ...] = ()
    cut: bool = False
    skipped: bool = False
    paused: bool = False
    budget_spent: bool = False
    with_people: bool = False
    rethought: int = 0
    texts: tuple[str, ...] = ()
    open_questions: tuple[str, ...] = ()
    third_parties: int = 0
    model_away: str = ""
    refused: bool = False
    unhelped: bool = False
    turns: Turns = NO_TURNS
    same_matter: str = ""
    for_agent: bool = False
