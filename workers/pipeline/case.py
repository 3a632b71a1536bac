"""All that a decision rests on, as one value; and what a run keeps of it."""

from dataclasses import dataclass

from desk.passage import Citation, Hit
from desk.policy.policy import Policy
from desk.run import Circumstances, Classification, Draft, Finding
from desk.text.tokenizer import words
from desk.ticket import Message, Ticket
from workers.pipeline.signals.closing import is_polite
from workers.pipeline.turns import Turns

NO_TURNS = Turns()


@dataclass(frozen=True, slots=True)
class DecisionInput:
    """All that a decision rests on. `text` is what the customer has open without quotes and signatures, `cut` if it was
    too long to be read whole; `texts` are its messages; `skipped` if no model was asked; `outdated` are citations whose
    document has changed since; `open_questions` those of several that nothing cited answers; `third_parties` how many
    messages others of the customer side wrote, `quoted_topics` the sensitive topics of what is quoted of others;
    `model_away` says why a model that is set up did not draft; `refused` if
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
    quoted_topics: tuple[str, ...] = ()
    model_away: str = ""
    refused: bool = False
    unhelped: bool = False
    turns: Turns = NO_TURNS
    same_matter: str = ""
    for_agent: bool = False

    @property
    def message_repeated(self) -> bool:
        """The same message came again after it was answered."""
        return bool(self.texts) and self.turns.fingerprint(self.texts[-1]) in self.turns.answered

    @property
    def reply_repeated(self) -> bool:
        """The draft says what a reply said before."""
        own_words = own_words_of(self.draft)
        return bool(own_words) and self.turns.fingerprint(own_words) in self.turns.reply_fingerprints


def own_words_of(draft: Draft) -> str:
    """What a draft states, without its courtesies."""
    return "\n".join(statement.text for statement in draft.statements if not statement.courtesy)


def circumstances_of(case: DecisionInput, heard: Classification) -> Circumstances:
    """What a run keeps of the case besides what it holds anyway."""
    turns = case.turns
    return Circumstances(
        heard=heard,
        via=case.ticket.via,
        word_count=len(words(case.text)),
        polite=is_polite(case.text),
        attachments=case.message.attachments,
        third_parties=case.third_parties,
        quoted_topics=case.quoted_topics,
        cut=case.cut,
        skipped=case.skipped,
        paused=case.paused,
        budget_spent=case.budget_spent,
        with_people=case.with_people,
        rethought=case.rethought,
        outdated=case.outdated,
        open_questions=case.open_questions,
        model_away=case.model_away,
        refused=case.refused,
        unhelped=case.unhelped,
        for_agent=case.for_agent,
        same_matter=case.same_matter,
        replies_on_ticket=turns.on_ticket,
        replies_on_ticket_lately=turns.on_ticket_lately,
        replies_to_requester_lately=turns.to_requester_lately,
        handovers_to_requester=turns.handed_over,
        message_repeated=case.message_repeated,
        reply_repeated=case.reply_repeated,
        assumed_days=case.policy.resolution.assumed_days,
    )
