"""What another party says of when to come again."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from desk.errors import LONGEST_WAIT, retry_after

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(("header", "seconds"), [("3", 3.0), ("0.25", 0.25), ("-5", 0.0), ("1e9", LONGEST_WAIT)])
def test_a_number_is_seconds_never_less_than_none_nor_more_than_an_hour(header: str, seconds: float) -> None:
    assert retry_after(header) == seconds


@pytest.mark.parametrize("header", [None, "", "soon", "nan", "inf", "-inf"])
def test_what_cannot_be_read_says_nothing(header: str | None) -> None:
    assert retry_after(header) is None


def test_a_date_is_waited_for() -> None:
    soon = format_datetime(NOW + timedelta(seconds=30), usegmt=True)
    assert retry_after(soon, NOW) == 30.0
    assert retry_after("Mon, 02 Mar 2026 09:00:30 -0000", NOW) == 30.0, "without a zone it is UTC"


def test_a_date_that_is_past_is_now_and_a_far_one_is_not_believed() -> None:
    assert retry_after("Wed, 21 Oct 2015 07:28:00 GMT") == 0
    assert retry_after("Fri, 31 Dec 2100 23:59:59 GMT") == LONGEST_WAIT
