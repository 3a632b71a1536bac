"""The signals in one table: what each says, how it is heard, and who reads it. To add one: a function in a file of this
folder and a row here; where it becomes a part of the classification, a field in `desk/run.py` as well."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from desk.policy.policy import Policy
from desk.text.language import detect_language
from desk.text.tokenizer import words
from desk.ticket import Priority
from workers.pipeline.signals.closing import is_confirmation, is_polite
from workers.pipeline.signals.human_request import asks_for_human
from workers.pipeline.signals.mood_and_urgency import sentiment, urgency
from workers.pipeline.signals.not_helped import says_not_helped
from workers.pipeline.signals.prompt_injection import is_prompt_injection
from workers.pipeline.signals.sensitive_topics import sensitive_topics

ENOUGH_WORDS = 5
"""A text of fewer does not tell its language."""


@dataclass(frozen=True, slots=True)
class HeardText:
    """What signals are heard in: a text and the subject above it."""

    text: str
    subject: str
    priority: Priority
    policy: Policy

    @property
    def whole(self) -> str:
        """Subject and text: the subject counts for every signal."""
        return f"{self.subject}\n{self.text}"

    @property
    def telling_language(self) -> str:
        """The text; with the subject where it is too short to tell its language."""
        return self.text if len(words(self.text)) >= ENOUGH_WORDS else self.whole


@dataclass(frozen=True, slots=True)
class Signal:
    """`name` is how rules, checks and the rest of the pipeline read it: a field of what they look at, or the function
    itself; `arguments` is what the function is given of a text; `read_by` are the rules, checks and stops."""

    name: str
    says: str
    function: Callable[..., Any]
    read_by: tuple[str, ...]
    arguments: Callable[[HeardText], tuple[Any, ...]] = lambda heard: (heard.whole,)

    def hear(self, heard: HeardText) -> Any:
        """What the text says of it."""
        return self.function(*self.arguments(heard))


CLASSIFIED = (
    Signal("wants_human", "The customer asks for a person.", asks_for_human, ("wants_human",)),
    Signal(
        "sensitive", "Which sensitive topics of the policy the text speaks of.", sensitive_topics, ("sensitive_topic",),
        lambda heard: (heard.whole, heard.policy.sensitive_topics),
    ),
    Signal("sentiment", "The customer's mood, from positive to very negative.", sentiment, ("very_negative",)),
    Signal(
        "urgency", "How pressing it is, from low to critical.", urgency, ("critical",),
        lambda heard: (heard.whole, heard.priority),
    ),
    Signal("orders_machine", "The text tries to command the machine.", is_prompt_injection, ("orders_machine",)),
    Signal(
        "language", "Which language the text is in.", detect_language,
        ("language_not_served", "wrong_language", "reply_too_long"),
        lambda heard: (heard.telling_language, heard.policy.languages),
    ),
)  # fmt: skip
"""Those that are parts of the classification, heard in each message and in all that is open."""

SIGNALS = (
    *CLASSIFIED,
    Signal("unhelped", "The customer says that our automatic reply was of no use.", says_not_helped, ("not_helped",)),
    Signal("is_polite", "Nothing but thanks and greetings.", is_polite, ("no_question", "nothing_found")),
    Signal("is_confirmation", "The customer only closes the matter.", is_confirmation, ("confirmed",)),
)
"""All of them. The last three are asked by the stages themselves: of what follows a reply of ours, of the text that
becomes the question, and of the whole conversation."""
