"""The policy: what an account allows Firstline to do alone, and how it speaks. One commented YAML file per account.

The hash of the file's text is the policy version on every run.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import Field, ValidationError, model_validator

from desk.errors import BadSetting
from desk.platform import strict_yaml
from desk.policy.business_hours import BusinessHours
from desk.policy.readers import Audience, Readers
from desk.policy.scope import Routing, StrictModel, TicketScope, Word, unknown_names
from desk.policy.texts import (
    BY_LANGUAGE,
    LANGUAGES,
    PLAIN,
    SELF_HARM,
    Handover,
    Language,
    LanguageFallback,
    Name,
    Text,
    Texts,
    shipped_self_harm,
    text_in,
)
from desk.run import Level

TAGS = {PLAIN, BY_LANGUAGE}


class Category(StrictModel):
    """One kind of message: how to know it, and how much may be done alone."""

    description: Text
    examples: tuple[Text, ...] = Field(min_length=2)
    keywords: tuple[Text, ...] = ()
    level: Level = Level.DRAFT
    threshold: float = Field(default=0.7, ge=0.0, le=1.0)
    audience: Audience = "public"
    collections: tuple[Word, ...] = ()
    """Where in the library to look first; everywhere, where nothing is found there."""


class SensitiveTopic(StrictModel):
    """A topic that always goes to a person, known by its phrases (whole words, any case), `unless` they are part of
    something harmless."""

    description: Text
    phrases: tuple[Text, ...] = Field(min_length=1)
    unless: tuple[Text, ...] = ()


class Budget(StrictModel):
    """What models may cost in a day (UTC), in US dollars; once it is spent, local parts draft for agents."""

    dollars_per_day: float = Field(default=50.0, ge=0.0)


class Limits(StrictModel):
    """How many automatic replies may leave before a person looks: on one ticket in so many minutes, and to one
    requester. `max_turns` limits a ticket's whole life."""

    ticket_replies: int = Field(default=5, ge=1)
    ticket_minutes: int = Field(default=60, ge=1)
    requester_replies: int = Field(default=10, ge=1)
    requester_minutes: int = Field(default=180, ge=1)


class OutagePolicy(StrictModel):
    """How long the trouble of an outside party is waited out: in all, before people hear of it, and before an alert
    goes the other way."""

    hours: int = Field(default=24, ge=1)
    notice_minutes: int = Field(default=15, ge=1)
    alert_minutes: int = Field(default=5, ge=1)


class IncidentPolicy(StrictModel):
    """More than so many like alerts in so many minutes become one."""

    alerts: int = Field(default=5, ge=1)
    minutes: int = Field(default=10, ge=1)


class ResolutionPolicy(StrictModel):
    """After how many days of silence a reply is taken to have helped, and within how many a ticket that the customer
    opens again counts against the answer."""

    assumed_days: int = Field(default=5, ge=1)
    reopened_days: int = Field(default=14, ge=1)


class Policy(StrictModel):
    """The whole file. `version` is the first 12 hex digits of the SHA-256 of its text."""

    version: str = ""
    languages: Annotated[tuple[Language, ...], Field(min_length=1)] = ("en",)
    tone: Text = "Friendly, plain and short."
    signature: Texts
    automatic_line: Texts
    handover: Handover
    business_hours: BusinessHours = BusinessHours()
    budget: Budget = Budget()
    max_turns: int = Field(default=8, ge=1)
    limits: Limits = Limits()
    without_model: Literal["draft", "auto"] = "draft"
    waiting: OutagePolicy = OutagePolicy()
    incidents: IncidentPolicy = IncidentPolicy()
    resolution: ResolutionPolicy = ResolutionPolicy()
    page_history_days: int = Field(default=400, ge=0)
    """So long it is kept what documents said before."""
    urgent_topics: tuple[Name, ...] = ("self_harm", "threat", "security")
    max_words: int = Field(default=350, ge=20)
    max_questions: int = Field(default=3, ge=1)
    allow: tuple[Literal["refund", "cancellation"], ...] = ()
    categories: dict[Name, Category] = Field(min_length=1)
    sensitive_topics: dict[Name, SensitiveTopic]
    scope: TicketScope = TicketScope()
    fields: tuple[Word, ...] = ()
    statuses: dict[Word, Literal["open", "pending", "solved", "closed"]] = Field(default_factory=dict)
    routing: tuple[Routing, ...] = ()
    readers: tuple[Readers, ...] = ()
    brands: dict[Word, Annotated[tuple[Word, ...], Field(min_length=1)]] = Field(default_factory=dict)
    """The collections that tickets of a brand search; no others."""
    note_word: Annotated[str, Field(pattern=r"^@[\w-]{1,30}$")] = "@firstline"
    """How an internal note begins that orders something."""

    @model_validator(mode="after")
    def routes_what_it_has(self) -> "Policy":
        """A rule for a category or topic that is misspelt would never fit; nor one for a field that nobody reads."""
        if misspelt := unknown_names(self.routing, self.categories, self.sensitive_topics):
            raise ValueError(f"routing: {', '.join(misspelt)} is no category or topic of this file")
        unread_fields = [name for rule in self.routing for name in rule.when.field if name not in self.fields]
        if unread_fields:
            raise ValueError(f"routing: {', '.join(unread_fields)} is not read; add it to `fields`")
        return self

    @model_validator(mode="after")
    def keeps_the_rails(self) -> "Policy":
        """Topics that the product promises to keep for people cannot be left out of the file."""
        missing = {"legal", "security", "threat", "self_harm", "refund", "cancellation"} - set(self.sensitive_topics)
        if missing:
            raise ValueError(f"sensitive_topics lacks {', '.join(sorted(missing))}; these always need a person")
        return self

    @model_validator(mode="after")
    def names_its_own_topics(self) -> "Policy":
        """What is urgent or has a message of its own is a sensitive topic; a misspelt one would never be met."""
        for place, topics in (("urgent_topics", self.urgent_topics), ("handover.topics", self.handover.topics)):
            if misspelt := [topic for topic in topics if topic not in self.sensitive_topics]:
                known_topics = ", ".join(self.sensitive_topics)
                raise ValueError(f"{place}: {', '.join(misspelt)} is none of the sensitive_topics ({known_topics})")
        return self

    @model_validator(mode="after")
    def speaks_its_first_language(self) -> "Policy":
        """What is missing in a language falls back to the first one, so that one must be there."""
        first_language = self.languages[0]
        places_without_text = [
            place
            for place, texts in self._all_texts()
            if not isinstance(texts, str) and first_language not in texts and texts != shipped_self_harm()
        ]
        if places_without_text:
            raise ValueError(
                f"no text in {first_language}, the first of the account's languages: {', '.join(places_without_text)}"
            )
        return self

    def signature_in(self, language: str) -> str:
        """What closes a reply, for a customer who writes this language."""
        return text_in(self.signature, language, self.languages[0])[1].strip()

    def automatic_line_in(self, language: str) -> str:
        """What stands under an automatic reply, for a customer who writes this language."""
        return text_in(self.automatic_line, language, self.languages[0])[1].strip()

    def closing_texts(self) -> tuple[str, ...]:
        """All that may stand below a reply, in every language."""
        return tuple(
            text
            for texts in (self.signature, self.automatic_line)
            for text in ((texts,) if isinstance(texts, str) else texts.values())
        )

    def handover_message(self, language: str = "en", topics: Sequence[str] = ()) -> str:
        """What this customer is told when a person takes over: by the most urgent of the topics that have a message
        of their own. Business hours and helpline are filled in."""
        text_language, text = text_in(self._handover_texts(topics), language, self.languages[0])
        with_hours = text.replace("{hours}", self.business_hours.prose(text_language))
        return with_hours.replace("{helpline}", self.handover.helpline(language, text_language)).strip()

    def _handover_texts(self, topics: Sequence[str]) -> Texts:
        ranked_topics = dict.fromkeys((SELF_HARM, *self.urgent_topics, *self.sensitive_topics))
        topic_texts = (
            self.handover.topics[topic] for topic in ranked_topics if topic in topics and topic in self.handover.topics
        )
        return next(topic_texts, self.handover.message)

    def _all_texts(self) -> Iterator[tuple[str, Texts]]:
        yield "signature", self.signature
        yield "automatic_line", self.automatic_line
        yield from self.handover.texts()

    def fallbacks(self) -> tuple[LanguageFallback, ...]:
        """Which texts are missing in a language of ours or of the account's. A plain signature needs no translation."""
        text_fallbacks = (self._text_fallback(place, texts) for place, texts in self._all_texts())
        missing = tuple(language for language in _spoken_languages(self) if language not in self.handover.helplines)
        helplines = LanguageFallback("handover.helplines", missing, None) if self.handover.names("helpline") else None
        return tuple(fallback for fallback in (*text_fallbacks, helplines) if fallback and fallback.languages)

    def _text_fallback(self, place: str, texts: Texts) -> LanguageFallback | None:
        if place == "signature" and isinstance(texts, str):
            return None
        first_language = self.languages[0]
        missing = tuple(
            language for language in _spoken_languages(self) if text_in(texts, language, first_language)[0] != language
        )
        return LanguageFallback(place, missing, text_in(texts, first_language, first_language)[0])


def _spoken_languages(policy: Policy) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*policy.languages, *LANGUAGES)))


def parse_policy(text: str, origin: str = "policy.yaml") -> Policy:
    """Read a policy. Raises BadSetting with each fault on a line of its own, by its place in the file."""
    content = _load_mapping(text, origin) | {"version": policy_version(text)}
    try:
        return Policy.model_validate(content)
    except ValidationError as error:
        faults = "\n".join(f"  {_format_location(detail['loc'])}: {detail['msg']}" for detail in error.errors())
        raise BadSetting(f"{origin} has {error.error_count()} fault(s):\n{faults}") from error


def _load_mapping(text: str, origin: str) -> dict[Any, Any]:
    try:
        content = strict_yaml.load(text)
    except yaml.YAMLError as error:
        raise BadSetting(f"{origin} is not YAML: {error}") from error
    except RecursionError as error:
        raise BadSetting(f"{origin} is nested too deep") from error
    if not isinstance(content, dict):
        raise BadSetting(f"{origin} must hold a mapping with `categories`, `signature` and so on")
    return content


def _format_location(steps: tuple[int | str, ...]) -> str:
    """Where in the file, as its author would say it."""
    return ".".join(str(step) for step in steps if step not in TAGS) or "file"


def policy_version(text: str) -> str:
    """The first 12 hex digits of the SHA-256 of the file's text."""
    return hashlib.sha256(text.encode()).hexdigest()[:12]


@dataclass(frozen=True, slots=True)
class PolicyFile:
    """A policy with the text it was read from, so that an old receipt can be read against the policy of its day."""

    policy: Policy
    text: str


class PolicyBook:
    """The policies of all accounts: one file for all, or a folder with `<account>.yaml` and `default.yaml`.

    A file is read again when it has changed, so an edit counts from the next ticket on. A broken edit raises
    BadSetting, and the ticket waits; nothing is decided by half a policy.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._cache: dict[Path, tuple[int, PolicyFile]] = {}

    def get(self, account: str) -> PolicyFile:
        """The account's policy as it stands now. Raises BadSetting."""
        path = self.path(account)
        try:
            modified_at = path.stat().st_mtime_ns
            if path not in self._cache or self._cache[path][0] != modified_at:
                text = path.read_text(encoding="utf-8")
                self._cache[path] = (modified_at, PolicyFile(parse_policy(text, str(path)), text))
        except (OSError, UnicodeDecodeError) as error:
            raise BadSetting(f"FIRSTLINE_POLICY: cannot read {path}: {error}") from error
        return self._cache[path][1]

    def path(self, account: str) -> Path:
        """The file that holds the account's policy."""
        if not self._path.is_dir():
            return self._path
        account_file = self._path / f"{account}.yaml"
        return account_file if account_file.exists() else self._path / "default.yaml"
