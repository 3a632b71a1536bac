"""What a model's tokens cost, as its maker's price list says: US dollars for a million tokens of each kind."""

from dataclasses import dataclass

MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class ModelPrices:
    """US dollars per million tokens: fresh input, output, input read from the cache, input written to it."""

    input: float
    output: float
    cache_read: float
    cache_write: float

    @classmethod
    def parse(cls, text: str) -> "ModelPrices":
        """Four numbers with spaces between: `1 5 0.1 1.25`. Raises ValueError that says so."""
        try:
            numbers = [float(part) for part in text.split()]
        except ValueError:
            numbers = []
        if len(numbers) != 4 or not all(0 <= number < MILLION for number in numbers):
            raise ValueError(
                "must be four prices in US dollars per million tokens (input, output, cache read, cache write), "
                "such as `1 5 0.1 1.25`"
            )
        return cls(*numbers)

    def dollars(self, *, input: int, output: int, cache_read: int, cache_write: int) -> float:
        """What so many tokens cost; `input` is what was neither read from the cache nor written to it."""
        total = (
            input * self.input + output * self.output + cache_read * self.cache_read + cache_write * self.cache_write
        )
        return round(total / MILLION, 10)
