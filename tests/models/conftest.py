"""The look-alike, and a Claude that talks to it."""

from collections.abc import Callable, Iterator

import pytest

from desk.platform.model_prices import ModelPrices
from tests.lookalikes.claude import Claude as LookAlike
from workers.models.circuit_breaker import CircuitBreaker
from workers.models.claude.call import ModelSize
from workers.models.claude.model import AnthropicAccount, ClaudeModel

SMALL = ModelPrices(1.0, 5.0, 0.1, 1.25)
LARGE = ModelPrices(3.0, 15.0, 0.3, 3.75)
KEY = "sk-secret-key"


@pytest.fixture(scope="session")
def running() -> Iterator[LookAlike]:
    """One server for all tests."""
    with LookAlike() as party:
        yield party


@pytest.fixture
def look(running: LookAlike) -> LookAlike:
    """The look-alike, with nothing remembered."""
    running.reset()
    return running


@pytest.fixture
def make(look: LookAlike) -> Iterator[Callable[..., ClaudeModel]]:
    """A Claude on the look-alike, with the account, models and breaker that are given."""

    built: list[ClaudeModel] = []

    def build(
        api_key: str = KEY,
        base_url: str = "",
        breaker: CircuitBreaker | None = None,
        seconds: float = 5.0,
        small: str = "claude-haiku-5-5",
        large: str = "claude-sonnet-5-5",
        max_tokens: int = 1000,
    ) -> ClaudeModel:
        account = AnthropicAccount(api_key, base_url or look.url, breaker or CircuitBreaker())
        models = (ModelSize(small, SMALL, max_tokens, seconds), ModelSize(large, LARGE, max_tokens, seconds))
        built.append(ClaudeModel(account, *models))
        return built[-1]

    yield build
    for each in built:
        each.close()


@pytest.fixture
def claude(make: Callable[..., ClaudeModel]) -> ClaudeModel:
    """A Claude with nothing special about it."""
    return make()
