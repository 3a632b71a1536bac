"""When people work, and how that is said to a customer in the customer's language."""

from collections.abc import Iterator
from datetime import time
from itertools import groupby
from typing import Annotated, Literal, get_args
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel import Locale, UnknownLocaleError
from pydantic import BaseModel, Field, field_validator

Day = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
WEEK: tuple[Day, ...] = get_args(Day)

UNSAID = {
    "en": "business hours",
    "de": "Geschäftszeiten",
    "fr": "heures d'ouverture",
    "es": "horario de oficina",
    "it": "orario d'ufficio",
    "pt": "horário de atendimento",
    "nl": "kantooruren",
    "pl": "godziny pracy",
    "sv": "kontorstid",
    "tr": "mesai saatleri",
    "ja": "営業時間",
    "zh": "工作时间",
}
"""Where the policy names no day."""


class BusinessHours(BaseModel, extra="forbid", frozen=True):
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

    def prose(self, language: str = "en") -> str:
        """The hours as a customer reads them: `Monday – Friday 09:00-17:00 (Europe/Berlin)`. In English where the
        language is unknown."""
        if not self.days:
            return UNSAID.get(language, UNSAID["en"])
        return f"{', '.join(self._day_runs(_parse_locale(language)))} ({self.timezone})"

    def _day_runs(self, locale: Locale) -> Iterator[str]:
        """Days in a row with the same hours are said as one."""
        names = locale.days["stand-alone"]["wide"]
        for span, run in groupby(range(len(WEEK)), lambda day: self.days.get(WEEK[day])):
            first, *rest = run
            if span:
                last = rest[-1] if rest else None
                day_range = names[first] if last is None else _interval_format(locale).format(names[first], names[last])
                yield f"{day_range} {span}"


def _interval_format(locale: Locale) -> str:
    """How the language joins the two ends of a span, by the Unicode CLDR; with plain spaces, which all mail shows."""
    return str(locale.interval_formats.get(None, "{0} – {1}")).replace("\u2009", " ")


def _parse_locale(language: str) -> Locale:
    try:
        return Locale.parse(language)
    except (UnknownLocaleError, ValueError):
        return Locale.parse("en")
