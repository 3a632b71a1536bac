"""What looks as if it could not wait, and what does not."""

import pytest

from workers.queue.priority import looks_urgent


@pytest.mark.parametrize(
    "text",
    [
        "I want to kill myself.",
        "There is a bomb in your office",
        "We had a data breach: other customers' records are public.",
        "Hello, since this morning your site is down for everyone.",
        '{"body": "All our data is gone!"}',
    ],
)
def test_a_threat_a_danger_an_outage_or_lost_data_looks_urgent(text: str) -> None:
    assert looks_urgent(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "How do I reset my password?",
        "I want a refund, as soon as possible!",
        "My lawyer will write to you.",
        "?" * 9,
    ],
)
def test_what_merely_calls_itself_urgent_waits_its_turn(text: str) -> None:
    assert not looks_urgent(text)


def test_a_long_letter_is_not_read_to_its_end() -> None:
    assert not looks_urgent("We like your product. " * 500 + "There is a bomb.")
