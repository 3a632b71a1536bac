"""What was decided and what happened are told apart, in words, and nothing that waits or failed is called done."""

from datetime import UTC, datetime

import pytest

from desk.delivery import Delivery, DeliveryKind, DeliveryState
from desk.outcome import OutcomeState, outcome_of
from desk.reasons import Stop

NOON = datetime(2026, 3, 2, 12, 4, tzinfo=UTC)


def effect(kind: DeliveryKind, state: DeliveryState, reason: str | None = None) -> Delivery:
    return Delivery("d", "acme", "api", "t1", "m1", "r1", kind, "k", state, reason=reason, created_at=NOON)


def test_what_was_sent_is_done() -> None:
    outcome = outcome_of([effect(DeliveryKind.REPLY, DeliveryState.SENT)])
    assert (outcome.state, outcome.text, outcome.since) == (OutcomeState.DONE, "reply sent", None)


def test_a_withdrawn_reply_says_why() -> None:
    outcome = outcome_of([effect(DeliveryKind.REPLY, DeliveryState.WITHDRAWN, Stop.NEWER_MESSAGE)])
    assert outcome.state is OutcomeState.WITHDRAWN
    assert outcome.text == "reply withdrawn: a newer message is answered instead"


def test_an_alert_that_waits_says_since_when_and_keeps_the_rest_from_being_done() -> None:
    alert = effect(DeliveryKind.ALERT, DeliveryState.WAITING, "Temporary: Slack did not answer")
    outcome = outcome_of([effect(DeliveryKind.NOTE, DeliveryState.SENT), alert])
    assert (outcome.state, outcome.since) == (OutcomeState.WAITING, NOON)
    assert outcome.text == (
        "internal note sent, alert waiting since 2026-03-02 12:04 UTC (temporary: Slack did not answer)"
    )


@pytest.mark.parametrize(
    ("states", "worst"),
    [
        ([DeliveryState.SENT, DeliveryState.FAILED, DeliveryState.WAITING], OutcomeState.FAILED),
        ([DeliveryState.SENT, DeliveryState.UNKNOWN], OutcomeState.UNKNOWN),
        ([DeliveryState.SENDING, DeliveryState.WITHDRAWN], OutcomeState.WAITING),
        ([DeliveryState.WITHDRAWN, DeliveryState.SENT], OutcomeState.WITHDRAWN),
        ([], OutcomeState.NOTHING),
    ],
)
def test_of_several_effects_the_one_counts_that_most_needs_a_look(
    states: list[DeliveryState], worst: OutcomeState
) -> None:
    assert outcome_of([effect(DeliveryKind.NOTE, state) for state in states]).state is worst
