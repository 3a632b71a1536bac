"""Price lists."""

import pytest

from desk.platform.model_prices import ModelPrices


def test_a_million_of_each_costs_the_sum_of_the_list() -> None:
    prices = ModelPrices.parse("1 5 0.1 1.25")
    million = 1_000_000
    assert prices.dollars(input=million, output=million, cache_read=million, cache_write=million) == 7.35


def test_few_tokens_are_not_rounded_away() -> None:
    assert ModelPrices.parse("1 5 0.1 1.25").dollars(input=0, output=0, cache_read=1, cache_write=0) == 0.0000001


@pytest.mark.parametrize("text", ["", "1 2 3", "1 2 3 4 5", "1,2,3,4", "a b c d", "-1 2 3 4", "nan 1 1 1", "inf 1 1 1"])
def test_an_odd_list_says_what_it_should_be(text: str) -> None:
    with pytest.raises(ValueError, match="four prices"):
        ModelPrices.parse(text)
