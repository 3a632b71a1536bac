"""Why a decision fell as it did, and why a walk ended early: one table each.

Receipts, notes, alerts, the API, the console and `docs/reasons.md` are laid out from them.

To add a reason: its code in `Reason`, its line in `REASONS`, the rule that gives it in `workers/pipeline/rules.py`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from desk.text.wording import Wording


class Limit(StrEnum):
    """What a rule allows at the most: a draft for an agent, or a person at once."""

    DRAFT = "draft"
    PERSON = "person"


class Reason(StrEnum):
    """Why a reply does not leave by itself; `REASONS` says all of each."""

    WANTS_HUMAN = "wants_human"
    SENSITIVE_TOPIC = "sensitive_topic"
    VERY_NEGATIVE = "very_negative"
    CRITICAL = "critical"
    BUDGET_SPENT = "budget_spent"
    NOTHING_FOUND = "nothing_found"
    NO_QUESTION = "no_question"
    HANDED_OVER = "handed_over"
    WITH_PEOPLE = "with_people"
    LANGUAGE_NOT_SERVED = "language_not_served"
    ORDERS_MACHINE = "orders_machine"
    UNKNOWN_CATEGORY = "unknown_category"
    LOW_CONFIDENCE = "low_confidence"
    FINDING = "finding"
    STALE_SOURCE = "stale_source"
    TOO_MANY_TURNS = "too_many_turns"
    LONG_MESSAGE = "long_message"
    MANY_QUESTIONS = "many_questions"
    ATTACHMENT_UNREAD = "attachment_unread"
    CONTRADICTION = "contradiction"
    PAUSED = "paused"
    LOOP = "loop"
    THIRD_PARTY = "third_party"
    QUESTION_OPEN = "question_open"
    SAME_MATTER = "same_matter"
    WITHOUT_MODEL = "without_model"
    MODEL_REFUSED = "model_refused"
    REPLY_TOO_LONG = "reply_too_long"
    NOT_HELPED = "not_helped"
    ASKED_BY_AGENT = "asked_by_agent"


@dataclass(frozen=True, slots=True)
class AboutReason:
    """`agents` says it in a note or an alert, `leads` what may be done about it. `limits`: how far it may go."""

    agents: Wording
    leads: str
    limits: frozenset[Limit]

    @property
    def shows(self) -> tuple[str, ...]:
        """Where: what goes to a person is alerted too."""
        return ("receipt", "note", "alert") if Limit.PERSON in self.limits else ("receipt", "note")


_PERSON, _DRAFT = frozenset({Limit.PERSON}), frozenset({Limit.DRAFT})

REASONS: Mapping[Reason, AboutReason] = {
    Reason.WANTS_HUMAN: AboutReason(
        Wording("The customer asks for a person"),
        "Who asks for a person gets one, whatever the documents hold.",
        _PERSON,
    ),
    Reason.SENSITIVE_TOPIC: AboutReason(
        Wording("The message touches a sensitive topic"),
        "The policy's sensitive_topics say which; `allow` takes refund or cancellation off the list.",
        _PERSON,
    ),
    Reason.VERY_NEGATIVE: AboutReason(
        Wording("The customer is very unhappy"), "An automatic reply would make it worse.", _PERSON
    ),
    Reason.CRITICAL: AboutReason(
        Wording("The matter is critical"), "An outage, lost data or danger is told at once.", _PERSON
    ),
    Reason.BUDGET_SPENT: AboutReason(
        Wording("Today's model budget is spent; the draft is quoted by the local parts"),
        "Raise budget.dollars_per_day, or set without_model to auto.",
        _DRAFT,
    ),
    Reason.NOTHING_FOUND: AboutReason(
        Wording("The documents hold no answer"), "See Gaps: an article on this would be an answer next time.", _PERSON
    ),
    Reason.NO_QUESTION: AboutReason(
        Wording("The message holds no question"),
        "Nothing to search for: a greeting, or a message without text.",
        _PERSON | _DRAFT,
    ),
    Reason.HANDED_OVER: AboutReason(
        Wording("The model asked for a person"),
        "The model saw the passages and asked for a person instead of answering.",
        _PERSON,
    ),
    Reason.WITH_PEOPLE: AboutReason(
        Wording("The ticket is already with people"),
        "People were told before and nobody has answered yet; what comes is added.",
        _PERSON,
    ),
    Reason.LANGUAGE_NOT_SERVED: AboutReason(
        Wording("The policy does not serve this language"), "Add it to languages if your team answers in it.", _PERSON
    ),
    Reason.ORDERS_MACHINE: AboutReason(
        Wording("The message gives orders to the machine"),
        "Text that commands the machine is never acted on, nor answered by it.",
        _PERSON,
    ),
    Reason.UNKNOWN_CATEGORY: AboutReason(
        Wording("No category fits"), "Many of these: a category is missing, or needs better examples.", _DRAFT
    ),
    Reason.LOW_CONFIDENCE: AboutReason(
        Wording("The confidence is below the category's threshold"),
        "The category's threshold decides; look at drafts before you lower it.",
        _DRAFT,
    ),
    Reason.FINDING: AboutReason(
        Wording("A check of the draft failed"), "A check found something that the sources do not say.", _DRAFT
    ),
    Reason.STALE_SOURCE: AboutReason(
        Wording("A source has changed since"), "The page was edited while the reply waited.", _DRAFT
    ),
    Reason.TOO_MANY_TURNS: AboutReason(
        Wording("The limit of automatic replies is reached"),
        "max_turns and limits set how often it may answer by itself.",
        _PERSON,
    ),
    Reason.LONG_MESSAGE: AboutReason(Wording("The message is long"), "max_words sets the length.", _DRAFT),
    Reason.MANY_QUESTIONS: AboutReason(Wording("The message asks many things"), "max_questions sets how many.", _DRAFT),
    Reason.ATTACHMENT_UNREAD: AboutReason(
        Wording("An attachment was not read"), "The answer may stand in the attachment.", _DRAFT
    ),
    Reason.CONTRADICTION: AboutReason(
        Wording("Sources contradict each other"),
        "See Gaps, Disagreements: one of the pages is wrong.",
        _PERSON | _DRAFT,
    ),
    Reason.PAUSED: AboutReason(
        Wording("Automatic replies are paused"), "Somebody pressed pause; drafts go on.", _DRAFT
    ),
    Reason.LOOP: AboutReason(
        Wording("The conversation goes in a circle"), "Perhaps two machines write to each other.", _PERSON
    ),
    Reason.THIRD_PARTY: AboutReason(
        Wording("Somebody other than the customer wrote"),
        "What somebody in copy writes is read, and answered by people.",
        _DRAFT,
    ),
    Reason.QUESTION_OPEN: AboutReason(
        Wording("One of several questions is not answered"),
        "Part of the message has no answer in the documents.",
        _DRAFT,
    ),
    Reason.SAME_MATTER: AboutReason(
        Wording("The customer has another open ticket about this"), "Two tickets on one matter get one answer.", _DRAFT
    ),
    Reason.WITHOUT_MODEL: AboutReason(
        Wording("The language model was not asked; the draft is quoted by the local parts"),
        "The model was away or not set up; without_model says what may leave then.",
        _DRAFT,
    ),
    Reason.MODEL_REFUSED: AboutReason(
        Wording("The language model declined to answer this"),
        "The model's maker does not let it speak of this.",
        _PERSON,
    ),
    Reason.REPLY_TOO_LONG: AboutReason(
        Wording("The reply does not fit into a message of the customer's channel"),
        "The channel takes fewer characters.",
        _DRAFT,
    ),
    Reason.NOT_HELPED: AboutReason(
        Wording("The automatic reply did not help"),
        "The automatic answer was wrong or not enough: worth reading.",
        _PERSON,
    ),
    Reason.ASKED_BY_AGENT: AboutReason(
        Wording("An agent asked for this draft"), "Whoever asked for it decides.", _DRAFT
    ),
}


class Stop(StrEnum):
    """Why a guard ended the walk before the pipeline, or a re-check ended it before the send."""

    OWN_MESSAGE = "own_message"
    NOT_A_CUSTOMER = "not_a_customer"
    PERSON_TOOK_OVER = "person_took_over"
    CLOSED = "closed"
    SOLVED = "solved"
    MACHINE_MAIL = "machine_mail"
    NEWER_MESSAGE = "newer_message"
    ALREADY_ANSWERED = "already_answered"
    PERSON_OWED = "person_owed"
    LIMIT_REACHED = "limit_reached"
    SAME_MATTER = "same_matter"
    CONFIRMED = "confirmed"
    RATED_BAD = "rated_bad"
    SWITCHED_OFF = "switched_off"
    OUT_OF_SCOPE = "out_of_scope"
    MESSAGE_GONE = "message_gone"
    PAUSED = "paused"
    SOURCE_CHANGED = "source_changed"
    POLICY_CHANGED = "policy_changed"
    READERS_CHANGED = "readers_changed"
    ANSWERED_MEANWHILE = "answered_meanwhile"
    CUSTOMER_WROTE_AGAIN = "customer_wrote_again"
    TAKEN_BACK = "taken_back"


STOPS: Mapping[Stop, Wording] = {
    Stop.OWN_MESSAGE: Wording("This is our own message"),
    Stop.NOT_A_CUSTOMER: Wording("Not written by a customer"),
    Stop.PERSON_TOOK_OVER: Wording("A person has taken over"),
    Stop.CLOSED: Wording("The ticket is closed"),
    Stop.SOLVED: Wording("The ticket was solved meanwhile"),
    Stop.MACHINE_MAIL: Wording("Written by another machine"),
    Stop.NEWER_MESSAGE: Wording("A newer message is answered instead"),
    Stop.ALREADY_ANSWERED: Wording("Already answered"),
    Stop.PERSON_OWED: Wording("A person was promised meanwhile"),
    Stop.LIMIT_REACHED: Wording("The limit of automatic replies was reached meanwhile"),
    Stop.SAME_MATTER: Wording("The customer has another open ticket about this"),
    Stop.CONFIRMED: Wording("The customer confirmed that it is solved"),
    Stop.RATED_BAD: Wording("The customer rated the automatic reply as bad; people were told"),
    Stop.SWITCHED_OFF: Wording("Switched off for this ticket"),
    Stop.OUT_OF_SCOPE: Wording("The policy leaves such tickets to others"),
    Stop.MESSAGE_GONE: Wording("The message is gone"),
    Stop.PAUSED: Wording("Automatic replies are paused"),
    Stop.SOURCE_CHANGED: Wording("A cited document has changed"),
    Stop.POLICY_CHANGED: Wording("The policy has changed"),
    Stop.READERS_CHANGED: Wording("A cited page is not for everybody who reads the ticket now"),
    Stop.ANSWERED_MEANWHILE: Wording("The ticket was answered meanwhile"),
    Stop.CUSTOMER_WROTE_AGAIN: Wording("The customer wrote again meanwhile"),
    Stop.TAKEN_BACK: Wording("An agent took it back"),
}
"""In words, for agents."""
