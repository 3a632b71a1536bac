"""The policy: what an account allows Firstline to do alone, and how it speaks. One commented YAML file per account.

The hash of the file's text is the policy version on every run.
"""

import hashlib
import re
from dataclasses import dataclass
from datetime import time
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from desk.errors import BadSetting
from desk.run import Level

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,62}$")]
Text = Annotated[str, Field(min_length=1, max_length=4000)]
Day = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]

# A hand-over message may not promise a time; `{hours}` says the business hours instead.
TIME_PROMISE = re.compile(
    r"\b(?:with)?in\s+(?:the\s+next\s+)?(?:\d+|an?|one|two|three|a few|few)"
    r"\s*(?:business\s+)?(?:minute|hour|day|week)s?\b"
    r"|\b(?:immediately|right away|today|tonight|tomorrow|instantly|straight away|asap)\b",
    re.IGNORECASE,
)


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Category(_Strict):
    """One kind of message: how to know it, and how much may be done alone."""

    description: Text
    examples: tuple[Text, ...] = Field(min_length=2)
    keywords: tuple[Text, ...] = ()
    level: Level = Level.DRAFT
    threshold: float = Field(default=0.7, ge=0.0, le=1.0)
    audience: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]*$")] = "public"


class SensitiveTopic(_Strict):
    """A topic that always goes to a person, known by its phrases (whole words, any case)."""

    description: Text
    phrases: tuple[Text, ...] = Field(min_length=1)


class Handover(_Strict):
    """What the customer is told when a person takes over, and on which channels it is sent."""

    message: Text
    channels: tuple[Literal["api", "email", "zendesk"], ...] = ("api", "email")

    @field_validator("message")
    @classmethod
    def promises_no_time(cls, message: str) -> str:
        """A time that nothing enforces is not promised."""
        if found := TIME_PROMISE.search(message):
            raise ValueError(f"promises a time ({found.group()!r}) that nothing enforces; write {{hours}} instead")
        return message


class BusinessHours(_Strict):
    """When people work: `HH:MM-HH:MM` per day, in the time zone. A day left out is a day off."""

    timezone: str = "UTC"
    days: dict[Day, Annotated[str, Field(pattern=r"^\d\d:\d\d-\d\d:\d\d$")]] = Field(default_factory=dict)

    @field_validator("timezone")
    @classmethod
    def is_known(cls, name: str) -> str:
        """An IANA time zone name."""
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ValueError(f"{name!r} is no IANA time zone, such as Europe/Berlin") from error
        return name

    @field_validator("days")
    @classmethod
    def opens_before_it_closes(cls, days: dict[Day, str]) -> dict[Day, str]:
        """Both ends are times of a day, in order."""
        for day, span in days.items():
            opens, closes = (time.fromisoformat(part) for part in span.split("-"))
            if opens >= closes:
                raise ValueError(f"{day}: {span} closes before it opens")
        return days

    def prose(self) -> str:
        """The hours as a customer reads them: `Monday to Friday 09:00-17:00 (Europe/Berlin)`."""
        runs: list[tuple[str, str, str]] = []
        for day in ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"):
            span = self.days.get(day)
            if span is None:
                runs.append(("", "", ""))
            elif runs and runs[-1][2] == span:
                runs[-1] = (runs[-1][0], day, span)
            else:
                runs.append((day, day, span))
        parts = [
            f"{first.title()} {span}" if first == last else f"{first.title()} to {last.title()} {span}"
            for first, last, span in runs
            if span
        ]
        return f"{', '.join(parts)} ({self.timezone})" if parts else "business hours"


class Budget(_Strict):
    """What models may cost in a day (UTC), in US dollars; once it is spent, local parts draft for agents."""

    dollars_per_day: float = Field(default=50.0, ge=0.0)


class Limits(_Strict):
    """How many automatic replies may leave before a person looks: on one ticket in so many minutes, and to one
    requester. `max_turns` limits a ticket's whole life."""

    ticket_replies: int = Field(default=5, ge=1)
    ticket_minutes: int = Field(default=60, ge=1)
    requester_replies: int = Field(default=10, ge=1)
    requester_minutes: int = Field(default=180, ge=1)


class Waiting(_Strict):
    """How long the trouble of an outside party is waited out: in all, before people hear of it, and before an alert
    goes the other way."""

    hours: int = Field(default=24, ge=1)
    notice_minutes: int = Field(default=15, ge=1)
    alert_minutes: int = Field(default=5, ge=1)


class Incidents(_Strict):
    """More than so many like alerts in so many minutes become one."""

    alerts: int = Field(default=5, ge=1)
    minutes: int = Field(default=10, ge=1)


class Policy(_Strict):
    """The whole file. `version` is the first 12 hex digits of the SHA-256 of its text."""

    version: str = ""
    languages: tuple[Annotated[str, Field(pattern=r"^[a-z]{2}$")], ...] = ("en",)
    tone: Text = "Friendly, plain and short."
    signature: Text
    automatic_line: Text
    handover: Handover
    business_hours: BusinessHours = BusinessHours()
    budget: Budget = Budget()
    max_turns: int = Field(default=8, ge=1)
    limits: Limits = Limits()
    without_model: Literal["draft", "auto"] = "draft"
    waiting: Waiting = Waiting()
    incidents: Incidents = Incidents()
    urgent_topics: tuple[Name, ...] = ("self_harm", "threat", "security")
    max_words: int = Field(default=350, ge=20)
    max_questions: int = Field(default=3, ge=1)
    allow: tuple[Literal["refund", "cancellation"], ...] = ()
    categories: dict[Name, Category] = Field(min_length=1)
    sensitive_topics: dict[Name, SensitiveTopic]

    @model_validator(mode="after")
    def keeps_the_rails(self) -> "Policy":
        """Topics that the product promises to keep for people cannot be left out of the file."""
        missing = {"legal", "security", "threat", "self_harm", "refund", "cancellation"} - set(self.sensitive_topics)
        if missing:
            raise ValueError(f"sensitive_topics lacks {', '.join(sorted(missing))}; these always need a person")
        return self

    @model_validator(mode="after")
    def names_its_own_topics(self) -> "Policy":
        """What is urgent is one of the sensitive topics; a misspelt one would be urgent never."""
        if unknown := [topic for topic in self.urgent_topics if topic not in self.sensitive_topics]:
            known = ", ".join(self.sensitive_topics)
            raise ValueError(f"urgent_topics: {', '.join(unknown)} is none of the sensitive_topics ({known})")
        return self

    def handover_message(self) -> str:
        """The hand-over message with the business hours filled in."""
        return self.handover.message.replace("{hours}", self.business_hours.prose()).strip()


def parse_policy(text: str, origin: str = "policy.yaml") -> Policy:
    """Read a policy. Raises BadSetting with each fault on a line of its own, by its place in the file."""
    try:
        content = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise BadSetting(f"{origin} is not YAML: {error}") from error
    if not isinstance(content, dict):
        raise BadSetting(f"{origin} must hold a mapping with `categories`, `signature` and so on")
    content["version"] = policy_version(text)
    try:
        return Policy.model_validate(content)
    except ValidationError as error:
        faults = "\n".join(f"  {'.'.join(map(str, e['loc'])) or 'file'}: {e['msg']}" for e in error.errors())
        raise BadSetting(f"{origin} has {error.error_count()} fault(s):\n{faults}") from error


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
        self._read: dict[Path, tuple[int, PolicyFile]] = {}

    def get(self, account: str) -> PolicyFile:
        """The account's policy as it stands now. Raises BadSetting."""
        path = self.path(account)
        try:
            stamp = path.stat().st_mtime_ns
            if path not in self._read or self._read[path][0] != stamp:
                text = path.read_text(encoding="utf-8")
                self._read[path] = (stamp, PolicyFile(parse_policy(text, str(path)), text))
        except (OSError, UnicodeDecodeError) as error:
            raise BadSetting(f"FIRSTLINE_POLICY: cannot read {path}: {error}") from error
        return self._read[path][1]

    def path(self, account: str) -> Path:
        """The file that holds the account's policy."""
        if not self._path.is_dir():
            return self._path
        own = self._path / f"{account}.yaml"
        return own if own.exists() else self._path / "default.yaml"
