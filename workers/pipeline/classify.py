"""The first stage: what the message is about. Local signals are always computed; a model's view is merged in."""

import hashlib
import math
from dataclasses import replace

from desk.policy.policy import Policy
from desk.ports import ModelClassification
from desk.run import Classification, Sentiment, Urgency
from desk.text.language import detect_language
from desk.text.tokenizer import words
from desk.ticket import Priority
from workers.pipeline.conversation_text import ConversationText
from workers.pipeline.signals.closing import is_polite
from workers.pipeline.signals.prompt_injection import is_prompt_injection
from workers.pipeline.signals.table import CLASSIFIED, ENOUGH_WORDS, HeardText

CALMEST_FIRST = (Urgency.LOW, Urgency.NORMAL, Urgency.HIGH, Urgency.CRITICAL)
BRIGHTEST_FIRST = (Sentiment.POSITIVE, Sentiment.NEUTRAL, Sentiment.NEGATIVE, Sentiment.VERY_NEGATIVE)
_MAX_QUESTIONS = 10
_BURST = 10
"""Up to so many messages are heard together as well."""
_MOST_REMEMBERED = 20_000
_NEWEST = 10
"""Messages whose language is looked at."""


def read_signals(
    text: str, policy: Policy, *, subject: str = "", priority: Priority = Priority.NORMAL
) -> Classification:
    """What the text says by itself: no category yet, and the text as its own question.

    `subject` counts for every signal too; for the language only where the text is too short to tell.
    """
    heard = HeardText(text, subject, priority, policy)
    heard_signals = {signal.name: signal.hear(heard) for signal in CLASSIFIED}
    return Classification(category=None, confidence=0.0, questions=(text,) if text else (), **heard_signals)


def add_heard_signals(reading: ConversationText, policy: Policy) -> Classification:
    """What all that is open says by itself, third parties' messages included; the question is the customer's alone.
    What is quoted of others counts but for its topics (see `quoted_topics`), a legal footer only where it gives orders.

    Each message is heard alone, and the worst of all counts: calm ones beside it do not make it milder. A few are heard
    together too: who writes in bursts parts a sentence over messages.
    """
    priority, subject = reading.ticket.priority, reading.subject
    signals = [_message_signals(text, policy, priority) for text in (subject, *reading.heard)]
    if len(reading.heard) <= _BURST:
        signals.append(read_signals("\n\n".join(reading.heard), policy, subject=subject, priority=priority))
    topics = {topic for message_signals in signals for topic in message_signals.sensitive}
    signals = [*(_message_signals(text, policy, priority) for text in reading.quoted), *signals]
    return replace(
        signals[-1],
        sentiment=max((message_signals.sentiment for message_signals in signals), key=BRIGHTEST_FIRST.index),
        urgency=max((message_signals.urgency for message_signals in signals), key=CALMEST_FIRST.index),
        wants_human=any(message_signals.wants_human for message_signals in signals),
        orders_machine=any(message_signals.orders_machine for message_signals in signals)
        or any(map(is_prompt_injection, reading.legal)),
        sensitive=tuple(name for name in policy.sensitive_topics if name in topics),
        language=_conversation_language(reading, policy),
        questions=(reading.text,) if reading.text else (),
    )


def quoted_topics(reading: ConversationText, policy: Policy) -> tuple[str, ...]:
    """The sensitive topics of what is quoted beyond doubt and was not heard before: they are not the customer's own,
    and a person looks all the same."""
    signals = [_message_signals(text, policy, reading.ticket.priority) for text in reading.quoted]
    topics = {topic for message_signals in signals for topic in message_signals.sensitive}
    return tuple(name for name in policy.sensitive_topics if name in topics)


_remembered: dict[bytes, Classification] = {}


def _message_signals(text: str, policy: Policy, priority: Priority) -> Classification:
    """What one message says by itself. Kept by a hash: it is heard again with each further message of its ticket."""
    cache_scope = (policy.version, policy.languages, tuple(policy.sensitive_topics), priority)
    key = hashlib.sha256(repr((cache_scope, text)).encode("utf-8", "replace")).digest()
    if key not in _remembered:
        if len(_remembered) >= _MOST_REMEMBERED:
            _remembered.clear()
        _remembered[key] = replace(read_signals(text, policy, priority=priority), questions=())
    return _remembered[key]


def _conversation_language(reading: ConversationText, policy: Policy) -> str:
    """That of the newest message that is long enough to tell; one that is not served is enough not to serve all."""
    long_enough = [text for text in reading.texts[-_NEWEST:] if len(words(text)) >= ENOUGH_WORDS]
    if not any(map(words, reading.heard)):
        return policy.languages[0]
    if not long_enough:
        return detect_language(f"{reading.subject}\n{reading.text or ' '.join(reading.heard)}", policy.languages)
    languages = [detect_language(text, policy.languages) for text in long_enough]
    unserved = [language for language in languages if language not in policy.languages]
    return (unserved or languages)[-1]


def merge_classification(local: Classification, guess: ModelClassification, policy: Policy) -> Classification:
    """Local signals and guess together: what either saw is seen, and the worse view of urgency and mood counts."""
    category = guess.category if guess.category in policy.categories else None
    topics = set(local.sensitive) | (set(guess.sensitive) & set(policy.sensitive_topics))
    return Classification(
        category=category,
        confidence=category_probability(guess.confidence),
        urgency=max(local.urgency, guess.urgency, key=CALMEST_FIRST.index),
        sentiment=max(local.sentiment, guess.sentiment, key=BRIGHTEST_FIRST.index),
        language=local.language,
        wants_human=local.wants_human or guess.wants_human,
        sensitive=tuple(name for name in policy.sensitive_topics if name in topics),
        questions=tuple(q.strip() for q in guess.questions if q.strip())[:_MAX_QUESTIONS] or local.questions,
        orders_machine=local.orders_machine,
    )


def category_probability(number: float) -> float:
    """A number from outside as a probability: 0 for what is none, kept within 0 and 1."""
    return min(1.0, max(0.0, number)) if math.isfinite(number) else 0.0


def needs_no_model(signals: Classification, text: str, policy: Policy) -> bool:
    """Where people read anyway, and a model could only be harmed or paid for: orders to the machine, a language that
    is not served, no text, a mere thank-you. Other reasons for a person keep the draft: it helps the agent."""
    return signals.orders_machine or signals.language not in policy.languages or not words(text) or is_polite(text)


def needs_person_anyway(signals: Classification) -> bool:
    """Does a person get this whatever a model says? Then nobody waits for one."""
    return signals.wants_human or bool(signals.sensitive) or signals.urgency is Urgency.CRITICAL
