"""The numbers of a receipt as shapes, and why a walk ended in words."""

from collections.abc import Sequence
from dataclasses import dataclass

from desk.reasons import STOPS

STOP_WORDS = {stop.value: prose for stop, prose in STOPS.items()}
"""Why the walk ended early, by the word that an item's outcome or a delivery's reason holds."""


@dataclass(frozen=True, slots=True)
class ReceiptBar:
    """One part of a stacked bar, in percent of the whole."""

    name: str
    value: float
    start: float
    width: float


def receipt_bars(times: Sequence[tuple[str, float]]) -> tuple[ReceiptBar, ...]:
    """Named values, laid end to end; each is at least half a percent wide, so that it can be seen."""
    shares = [max(value, 0.0) for _, value in times]
    total = sum(shares) or 1.0
    widths = [max(share / total * 100, 0.5) for share in shares]
    scale = 100 / sum(widths) if widths else 1.0
    bars, start = [], 0.0
    for (name, value), width in zip(times, widths, strict=True):
        bars.append(ReceiptBar(name, value, round(start, 2), round(width * scale, 2)))
        start += width * scale
    return tuple(bars)
