"""The breaker, by an injected clock."""

from dataclasses import dataclass

import pytest

from desk.errors import Temporary
from workers.models.circuit_breaker import CircuitBreaker


@dataclass
class Clock:
    now: float = 100.0

    def __call__(self) -> float:
        return self.now


def opened(clock: Clock) -> CircuitBreaker:
    breaker = CircuitBreaker(failures=3, pause=30, clock=clock)
    for _ in range(3):
        breaker.check()
        breaker.failed()
    return breaker


def test_two_failures_open_nothing() -> None:
    breaker = CircuitBreaker(failures=3, clock=Clock())
    breaker.failed()
    breaker.failed()
    breaker.check()


def test_a_success_between_starts_the_count_again() -> None:
    breaker = CircuitBreaker(failures=3, clock=Clock())
    for step in (breaker.failed, breaker.failed, breaker.succeeded, breaker.failed, breaker.failed):
        step()
    breaker.check()


def test_three_in_a_row_keep_everybody_away_and_say_for_how_long() -> None:
    clock = Clock()
    breaker = opened(clock)
    clock.now += 9.5
    with pytest.raises(Temporary, match="another 21 s, after 3 failures in a row") as caught:
        breaker.check()
    assert caught.value.retry_after == pytest.approx(20.5)


def test_after_the_pause_one_caller_tries_and_the_others_wait() -> None:
    clock = Clock()
    breaker = opened(clock)
    clock.now += 30
    breaker.check()
    with pytest.raises(Temporary):
        breaker.check()


def test_a_trial_that_succeeds_closes_it() -> None:
    clock = Clock()
    breaker = opened(clock)
    clock.now += 30
    breaker.check()
    breaker.succeeded()
    breaker.check()
    breaker.check()


def test_a_trial_that_fails_opens_it_again_at_once() -> None:
    clock = Clock()
    breaker = opened(clock)
    clock.now += 30
    breaker.check()
    breaker.failed()
    clock.now += 29
    with pytest.raises(Temporary):
        breaker.check()


def test_a_caller_that_died_while_trying_does_not_keep_it_open_for_ever() -> None:
    clock = Clock()
    breaker = opened(clock)
    clock.now += 30
    breaker.check()
    clock.now += 30
    breaker.check()
