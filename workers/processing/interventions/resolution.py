"""What an act of a person leads to, in the shape that all handlers give it."""

from collections.abc import Callable
from dataclasses import dataclass

from desk.intervention import InterventionResult, ResultStatus
from desk.platform.database import Transaction
from desk.run import Finding
from desk.text.wording import Wording
from workers.dependencies import Dependencies
from workers.interventions import Intervention


@dataclass(frozen=True, slots=True)
class Resolution:
    """What came back, and the deliveries to enqueue after the commit."""

    result: InterventionResult
    delivery_ids: tuple[str, ...] = ()


Effect = Callable[[Transaction], Resolution]
"""What is written, in the very transaction that closes the act: all of it or nothing."""

Handler = Callable[[Dependencies, Intervention], Effect]
"""Looks, asks and thinks, with no transaction open; may raise Temporary and Permanent. What it returns writes."""


def done(message: Wording, **values: object) -> Resolution:
    """It was done."""
    return Resolution(InterventionResult(ResultStatus.DONE, message, **values))  # type: ignore[arg-type]  # of the fields


def refused(message: Wording) -> Resolution:
    """It no longer fitted."""
    return Resolution(InterventionResult(ResultStatus.REFUSED, message))


def unconfirmed(message: Wording, findings: tuple[Finding, ...]) -> Resolution:
    """It takes one more press."""
    return Resolution(InterventionResult(ResultStatus.UNCONFIRMED, message, findings))


def effect_of(resolution: Resolution) -> Effect:
    """An effect that writes nothing more."""
    return lambda tx: resolution


def at_once(write: Callable[[Transaction, Intervention], Resolution]) -> Handler:
    """The handler of an act that takes nothing but a transaction."""
    return lambda deps, intervention: lambda tx: write(tx, intervention)
