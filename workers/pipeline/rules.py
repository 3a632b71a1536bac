"""The rules of the last stage. Each is a small function that returns a cap (draft or person) with its reason, or None.

To add one: write the function and put it into `RULES`.
"""

from collections.abc import Callable
from dataclasses import dataclass

from desk.passage import Citation, Hit
from desk.policy import Policy
from desk.run import Cap, Classification, Draft, Finding, Limit, Reason, Sentiment, Urgency, WayOut
from desk.text import vocabulary, words
from desk.ticket import Message, Role, Ticket
from workers.pipeline.contradict import CHECK as CONTRADICTION

UNSURE = 0.35
"""A category less likely than this is no category."""
MOST_RETHOUGHT = 3
"""So often an answer that was overtaken before it was sent is made anew; then an agent looks at it."""
ALWAYS_PERSON = frozenset({"refund", "cancellation"})
"""The sensitive topics that a policy may allow."""
NOT_FOR_WANT_OF_WORDS = frozenset({WayOut.CONTRADICTION, WayOut.NEEDS_A_PERSON})
"""Ways out that a model takes although the documents speak of the matter."""
_POLITE = vocabulary(
    """
    thanks thank you very much so a lot many all again ok okay great perfect awesome cool good got it works
    now that worked this is was for your the help reply answer quick appreciated cheers thx ty yes danke merci
    gracias hi hello hey bye solved fixed super nice wonderful excellent it's has been to everyone team
    """
)


@dataclass(frozen=True, slots=True)
class Case:
    """All that a decision rests on. `text` is the message without quotes and signature, `cut` if it was too long to
    be read whole; `skipped` if no model was asked; `outdated` are citations whose document has changed since."""

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


Rule = Callable[[Case], Cap | None]


# --- A person, at once -----------------------------------------------------------------------------------------------


def wants_human(case: Case) -> Cap | None:
    """Who asks for a person gets one."""
    return _person(Reason.WANTS_HUMAN) if case.classification.wants_human else None


def sensitive_topic(case: Case) -> Cap | None:
    """Law, break-ins, threats and the like; refund and cancellation unless the policy allows them."""
    allowed = ALWAYS_PERSON.intersection(case.policy.allow)
    topics = [topic for topic in case.classification.sensitive if topic not in allowed]
    return _person(Reason.SENSITIVE_TOPIC, ", ".join(topics).replace("_", " ")) if topics else None


def very_negative(case: Case) -> Cap | None:
    """The furious are not answered by a machine."""
    return _person(Reason.VERY_NEGATIVE) if case.classification.sentiment is Sentiment.VERY_NEGATIVE else None


def critical(case: Case) -> Cap | None:
    """Outages, lost data, break-ins."""
    return _person(Reason.CRITICAL) if case.classification.urgency is Urgency.CRITICAL else None


def orders_machine(case: Case) -> Cap | None:
    """What commands the machine is read by people."""
    return _person(Reason.ORDERS_MACHINE) if case.classification.orders_machine else None


def language_not_served(case: Case) -> Cap | None:
    """No document speaks the customer's language."""
    language = case.classification.language
    return None if language in case.policy.languages or not case.text else _person(Reason.LANGUAGE_NOT_SERVED, language)


def budget_spent(case: Case) -> Cap | None:
    """Until midnight (UTC) people answer."""
    return _person(Reason.BUDGET_SPENT) if case.budget_spent else None


def with_people(case: Case) -> Cap | None:
    """Who was promised a person is not handed back to the machine."""
    return _person(Reason.WITH_PEOPLE) if case.with_people else None


def no_question(case: Case) -> Cap | None:
    """Nothing to answer: no text at all needs a person, a mere thank-you only an agent's glance."""
    if not words(case.text):
        return _person(Reason.NO_QUESTION, "the message holds no text of its own")
    return _draft(Reason.NO_QUESTION, "the message only says thanks") if is_polite(case.text) else None


def nothing_found(case: Case) -> Cap | None:
    """No passage, or none that answers."""
    if case.skipped or not words(case.text) or is_polite(case.text):
        return None
    if _states(case.draft) or case.draft.way_out in NOT_FOR_WANT_OF_WORDS:
        return None
    return _person(Reason.NOTHING_FOUND, case.draft.hand_over or "")


def handed_over(case: Case) -> Cap | None:
    """The model drafted, and still asks for a person; or it says that only a person can do what is wanted."""
    draft = case.draft
    if draft.way_out is WayOut.CONTRADICTION or not draft.hand_over:
        return None
    wanted = draft.way_out is WayOut.NEEDS_A_PERSON or _states(draft)
    return _person(Reason.HANDED_OVER, draft.hand_over) if wanted else None


# --- A draft, for an agent to look at --------------------------------------------------------------------------------


def unknown_category(case: Case) -> Cap | None:
    """No category fits, or none well enough."""
    known = case.classification.category is not None
    if case.skipped or (known and case.classification.confidence >= UNSURE):
        return None
    return _draft(Reason.UNKNOWN_CATEGORY, f"best guess {case.classification.confidence:.2f}" if known else "")


def low_confidence(case: Case) -> Cap | None:
    """Below the category's threshold."""
    category = case.policy.categories.get(case.classification.category or "")
    if case.skipped or category is None or case.confidence >= category.threshold:
        return None
    return _draft(Reason.LOW_CONFIDENCE, f"{case.confidence:.2f}, needs {category.threshold:.2f}")


def finding(case: Case) -> Cap | None:
    """A check of the draft failed."""
    checks = dict.fromkeys(finding.check for finding in case.findings if finding.check != CONTRADICTION)
    return _draft(Reason.FINDING, ", ".join(checks).replace("_", " ")) if checks else None


def stale_source(case: Case) -> Cap | None:
    """A cited document has changed since it was found, or the answer has been overtaken so often that it would go on
    for ever."""
    if case.rethought >= MOST_RETHOUGHT:
        return _draft(Reason.STALE_SOURCE, f"overtaken {case.rethought} times before it was sent")
    return _draft(Reason.STALE_SOURCE) if case.outdated else None


def too_many_turns(case: Case) -> Cap | None:
    """A conversation that goes on is not being solved."""
    turns = sum(m.public and (m.role is Role.ASSISTANT or m.delivery_id is not None) for m in case.ticket.messages)
    return _draft(Reason.TOO_MANY_TURNS, f"{turns} replies") if turns >= case.policy.max_turns else None


def long_message(case: Case) -> Cap | None:
    """A long message holds more than a machine should answer."""
    count = len(words(case.text))
    return _draft(Reason.LONG_MESSAGE, f"{count} words") if case.cut or count > case.policy.max_words else None


def many_questions(case: Case) -> Cap | None:
    """More questions than one reply should answer."""
    count = len(case.classification.questions)
    return _draft(Reason.MANY_QUESTIONS, f"{count} questions") if count > case.policy.max_questions else None


def attachment_unread(case: Case) -> Cap | None:
    """What was attached was not read."""
    count = case.message.attachments
    return _draft(Reason.ATTACHMENT_UNREAD, f"{count} attached") if count else None


def contradiction(case: Case) -> Cap | None:
    """The sources disagree: the model says so, or what is cited and what else was found do."""
    if case.draft.way_out is WayOut.CONTRADICTION:
        return _person(Reason.CONTRADICTION, case.draft.hand_over or "")
    told = [finding.detail for finding in case.findings if finding.check == CONTRADICTION]
    return _draft(Reason.CONTRADICTION, "; ".join(told)) if told else None


def paused(case: Case) -> Cap | None:
    """Nothing public leaves while paused."""
    return _draft(Reason.PAUSED) if case.paused else None


def _states(draft: Draft) -> bool:
    return any(not statement.courtesy for statement in draft.statements)


def is_polite(text: str) -> bool:
    """Nothing but thanks and greetings."""
    said = words(text)
    return 0 < len(said) <= 20 and _POLITE.issuperset(said)


def _person(reason: Reason, detail: str = "") -> Cap:
    return Cap(Limit.PERSON, reason, detail)


def _draft(reason: Reason, detail: str = "") -> Cap:
    return Cap(Limit.DRAFT, reason, detail)


RULES: tuple[Rule, ...] = (
    wants_human,
    sensitive_topic,
    very_negative,
    critical,
    orders_machine,
    language_not_served,
    budget_spent,
    with_people,
    no_question,
    nothing_found,
    handed_over,
    unknown_category,
    low_confidence,
    finding,
    stale_source,
    too_many_turns,
    long_message,
    many_questions,
    attachment_unread,
    contradiction,
    paused,
)
