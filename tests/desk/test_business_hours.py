"""When people work, as customers of each language read it."""

import pytest

from desk.policy.business_hours import BusinessHours
from desk.policy.texts import LANGUAGES
from desk.policy.time_promises import TIME_PROMISE

WORKDAYS = BusinessHours.model_validate(
    {
        "timezone": "Europe/Berlin",
        "days": dict.fromkeys(("monday", "tuesday", "wednesday", "thursday", "friday"), "09:00-17:00"),
    }
)


@pytest.mark.parametrize(
    ("language", "told"),
    [
        ("en", "Monday – Friday 09:00-17:00 (Europe/Berlin)"),
        ("de", "Montag – Freitag 09:00-17:00 (Europe/Berlin)"),
        ("fr", "lundi – vendredi 09:00-17:00 (Europe/Berlin)"),
        ("tr", "Pazartesi – Cuma 09:00-17:00 (Europe/Berlin)"),
        ("ja", "月曜日～金曜日 09:00-17:00 (Europe/Berlin)"),
        ("no", "mandag–fredag 09:00-17:00 (Europe/Berlin)"),
        ("xx", "Monday – Friday 09:00-17:00 (Europe/Berlin)"),
        ("", "Monday – Friday 09:00-17:00 (Europe/Berlin)"),
    ],
)
def test_weekdays_are_named_in_the_customers_language(language: str, told: str) -> None:
    assert WORKDAYS.prose(language) == told


def test_only_days_in_a_row_with_the_same_hours_are_said_as_one() -> None:
    days = {"monday": "09:00-17:00", "tuesday": "09:00-17:00", "thursday": "09:00-17:00", "friday": "09:00-12:00"}
    hours = BusinessHours.model_validate({"days": days})
    assert hours.prose() == "Monday – Tuesday 09:00-17:00, Thursday 09:00-17:00, Friday 09:00-12:00 (UTC)"


@pytest.mark.parametrize("hours", [WORKDAYS, BusinessHours()])
def test_hours_promise_no_time_in_any_language_and_are_never_left_blank(hours: BusinessHours) -> None:
    told = {language: hours.prose(language) for language in LANGUAGES}
    assert not [language for language, text in told.items() if TIME_PROMISE.search(text) or not text]
    assert len(set(told.values())) == len(LANGUAGES)
