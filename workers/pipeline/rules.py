"""The rules of the last stage. Each is a small function that returns a cap (draft or person) with its reason, or None.

To add one: write the function and put it into `RULES`.
"""

from collections.abc import Callable

from desk.presentation.channel_format import formatted_reply
from desk.reasons import Limit, Reason
from desk.run import Cap, Draft, Sentiment, Urgency, WayOut
from desk.text.tokenizer import words
from desk.text.wording import Score, Wording
from workers.pipeline.case import DecisionInput
from workers.pipeline.checks.contradictions import CHECK as CONTRADICTION
from workers.pipeline.signals.closing import is_polite
from workers.pipeline.turns import limit_reached

UNSURE = 0.35
"""A category less likely than this is no category."""
MOST_RETHOUGHT = 3
"""So often an answer that was overtaken before it was sent is made anew; then an agent looks at it."""
ALWAYS_PERSON = frozenset({"refund", "cancellation"})
"""The sensitive topics that a policy may allow."""
NOT_FOR_WANT_OF_WORDS = frozenset({WayOut.CONTRADICTION, WayOut.NEEDS_A_PERSON, WayOut.DECLINED})
"""Ways out that a model takes although the documents speak of the matter."""


Rule = Callable[[DecisionInput], Cap | None]


# --- A person, at once -----------------------------------------------------------------------------------------------


def wants_human(case: DecisionInput) -> Cap | None:
    """Who asks for a person gets one."""
    return _person(Reason.WANTS_HUMAN) if case.classification.wants_human else None


def sensitive_topic(case: DecisionInput) -> Cap | None:
    """Law, break-ins, threats and the like, also in what is quoted of others; refund and cancellation unless the
    policy allows them."""
    allowed, own_topics = ALWAYS_PERSON.intersection(case.policy.allow), case.classification.sensitive
    quoted = [f"{topic} (in what is quoted)" for topic in case.quoted_topics if topic not in {*allowed, *own_topics}]
    topics = [*(topic for topic in own_topics if topic not in allowed), *quoted]
    return _person(Reason.SENSITIVE_TOPIC, ", ".join(topics).replace("_", " ")) if topics else None


def very_negative(case: DecisionInput) -> Cap | None:
    """The furious are not answered by a machine."""
    return _person(Reason.VERY_NEGATIVE) if case.classification.sentiment is Sentiment.VERY_NEGATIVE else None


def critical(case: DecisionInput) -> Cap | None:
    """Outages, lost data, break-ins."""
    return _person(Reason.CRITICAL) if case.classification.urgency is Urgency.CRITICAL else None


def orders_machine(case: DecisionInput) -> Cap | None:
    """What commands the machine is read by people."""
    return _person(Reason.ORDERS_MACHINE) if case.classification.orders_machine else None


def language_not_served(case: DecisionInput) -> Cap | None:
    """No document speaks the customer's language."""
    language = case.classification.language
    return None if language in case.policy.languages or not case.text else _person(Reason.LANGUAGE_NOT_SERVED, language)


def with_people(case: DecisionInput) -> Cap | None:
    """Who was promised a person is not handed back to the machine."""
    return _person(Reason.WITH_PEOPLE) if case.with_people else None


def too_many_turns(case: DecisionInput) -> Cap | None:
    """A conversation that goes on and on is not being solved; counted over the ticket's whole life."""
    limit = limit_reached(case.turns, case.policy)
    return _person(Reason.TOO_MANY_TURNS, limit) if limit else None


def loop(case: DecisionInput) -> Cap | None:
    """The customer's same text again after our answer to it, or our own about to be said a second time."""
    if case.message_repeated:
        return _person(Reason.LOOP, Wording("the same message came again after it was answered"))
    return _person(Reason.LOOP, Wording("the same reply was given before")) if case.reply_repeated else None


def not_helped(case: DecisionInput) -> Cap | None:
    """Whom our automatic reply did not help is not given another one."""
    return _person(Reason.NOT_HELPED) if case.unhelped else None


def model_refused(case: DecisionInput) -> Cap | None:
    """What the model will not touch is read by people."""
    is_declined = case.refused or case.draft.way_out is WayOut.DECLINED
    return _person(Reason.MODEL_REFUSED) if is_declined else None


def no_question(case: DecisionInput) -> Cap | None:
    """Nothing to answer: no text at all needs a person, a mere thank-you only an agent's glance."""
    if not words(case.text):
        no_text = Wording("the message holds no text of its own")
        return None if case.third_parties else _person(Reason.NO_QUESTION, no_text)
    return (
        _draft(Reason.NO_QUESTION, Wording("the message is only a greeting or thanks"))
        if is_polite(case.text)
        else None
    )


def nothing_found(case: DecisionInput) -> Cap | None:
    """No passage, or none that answers."""
    if case.skipped or not words(case.text) or is_polite(case.text):
        return None
    if _states_anything(case.draft) or case.draft.way_out in NOT_FOR_WANT_OF_WORDS:
        return None
    return _person(Reason.NOTHING_FOUND, case.draft.hand_over or "")


def handed_over(case: DecisionInput) -> Cap | None:
    """The model drafted, and still asks for a person; or it says that only a person can do what is wanted."""
    draft = case.draft
    if draft.way_out in (WayOut.CONTRADICTION, WayOut.DECLINED) or not draft.hand_over:
        return None
    needs_person = draft.way_out is WayOut.NEEDS_A_PERSON or _states_anything(draft)
    return _person(Reason.HANDED_OVER, draft.hand_over) if needs_person else None


# --- A draft, for an agent to look at --------------------------------------------------------------------------------


def unknown_category(case: DecisionInput) -> Cap | None:
    """No category fits, or none well enough."""
    has_category = case.classification.category is not None
    if case.skipped or (has_category and case.classification.confidence >= UNSURE):
        return None
    best = Wording("best guess %(confidence)s", confidence=Score(case.classification.confidence))
    return _draft(Reason.UNKNOWN_CATEGORY, best if has_category else "")


def low_confidence(case: DecisionInput) -> Cap | None:
    """Below the category's threshold."""
    category = case.policy.categories.get(case.classification.category or "")
    if case.skipped or category is None or case.confidence >= category.threshold:
        return None
    reached, least = Score(case.confidence), Score(category.threshold)
    return _draft(Reason.LOW_CONFIDENCE, Wording("%(confidence)s, needs %(least)s", confidence=reached, least=least))


def finding(case: DecisionInput) -> Cap | None:
    """A check of the draft failed."""
    checks = dict.fromkeys(finding.check for finding in case.findings if finding.check != CONTRADICTION)
    return _draft(Reason.FINDING, ", ".join(checks).replace("_", " ")) if checks else None


def stale_source(case: DecisionInput) -> Cap | None:
    """A cited document has changed since it was found, or the answer has been overtaken so often that it would go on
    for ever."""
    if case.rethought >= MOST_RETHOUGHT:
        return _draft(
            Reason.STALE_SOURCE, Wording("overtaken %(times)s times before it was sent", times=case.rethought)
        )
    return _draft(Reason.STALE_SOURCE) if case.outdated else None


def long_message(case: DecisionInput) -> Cap | None:
    """A long message holds more than a machine should answer."""
    count = len(words(case.text))
    return (
        _draft(Reason.LONG_MESSAGE, Wording("%(count)s words", count=count))
        if case.cut or count > case.policy.max_words
        else None
    )


def many_questions(case: DecisionInput) -> Cap | None:
    """More questions than one reply should answer."""
    count = len(case.classification.questions)
    return (
        _draft(Reason.MANY_QUESTIONS, Wording("%(count)s questions", count=count))
        if count > case.policy.max_questions
        else None
    )


def attachment_unread(case: DecisionInput) -> Cap | None:
    """What was attached was not read."""
    count = case.message.attachments
    return _draft(Reason.ATTACHMENT_UNREAD, Wording("%(count)s attached", count=count)) if count else None


def contradiction(case: DecisionInput) -> Cap | None:
    """The sources disagree: the model says so, or what is cited and what else was found do."""
    if case.draft.way_out is WayOut.CONTRADICTION:
        return _person(Reason.CONTRADICTION, case.draft.hand_over or "")
    details = [finding.detail for finding in case.findings if finding.check == CONTRADICTION]
    return _draft(Reason.CONTRADICTION, "; ".join(details)) if details else None


def reply_too_long(case: DecisionInput) -> Cap | None:
    """X, Facebook, WhatsApp, SMS and chat take no more than so many characters, and no claim is cut to them."""
    via, classification = case.ticket.via, case.classification
    has_several = len(classification.questions) > 1
    if not _states_anything(case.draft) or formatted_reply(
        via, case.draft, case.hits, case.policy, case.message.id, classification.language, whole=has_several
    ):
        return None
    return _draft(Reason.REPLY_TOO_LONG, via.replace("_", " "))


def third_party(case: DecisionInput) -> Cap | None:
    """Somebody in copy wrote: that is read and shown, and is never by itself the customer's question."""
    return (
        _draft(Reason.THIRD_PARTY, Wording.plural("%(count)s message", "%(count)s messages", case.third_parties))
        if case.third_parties
        else None
    )


def question_open(case: DecisionInput) -> Cap | None:
    """A burst of questions gets one answer to all of them, or a draft."""
    return _draft(Reason.QUESTION_OPEN, "; ".join(case.open_questions)[:300]) if case.open_questions else None


def same_matter(case: DecisionInput) -> Cap | None:
    """Two open tickets of one requester on one matter are one conversation: the newer is noted, never answered."""
    return _draft(Reason.SAME_MATTER, case.same_matter) if case.same_matter else None


def budget_spent(case: DecisionInput) -> Cap | None:
    """Until midnight (UTC) the local parts draft for an agent."""
    return _draft(Reason.BUDGET_SPENT) if case.budget_spent and case.policy.without_model == "draft" else None


def without_model(case: DecisionInput) -> Cap | None:
    """A model that is set up and away: local parts may draft, and send only where the policy says so."""
    drafts_locally = case.model_away and case.policy.without_model == "draft"
    return _draft(Reason.WITHOUT_MODEL, case.model_away) if drafts_locally else None


def paused(case: DecisionInput) -> Cap | None:
    """Nothing public leaves while paused."""
    return _draft(Reason.PAUSED) if case.paused else None


def asked_by_agent(case: DecisionInput) -> Cap | None:
    """What an agent asks for is theirs to send."""
    return _draft(Reason.ASKED_BY_AGENT) if case.for_agent else None


def _states_anything(draft: Draft) -> bool:
    return any(not statement.courtesy for statement in draft.statements)


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
    with_people,
    too_many_turns,
    loop,
    not_helped,
    model_refused,
    no_question,
    nothing_found,
    handed_over,
    unknown_category,
    low_confidence,
    finding,
    stale_source,
    long_message,
    many_questions,
    question_open,
    attachment_unread,
    reply_too_long,
    third_party,
    same_matter,
    contradiction,
    budget_spent,
    without_model,
    paused,
    asked_by_agent,
)
