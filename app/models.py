"""Language models, built from the settings; None where one is not set up."""

from desk.ports import Embedder, LanguageModel
from desk.prices import Prices
from desk.settings import Settings
from workers.llm.extractive import Extractive


def extractive(settings: Settings, embedder: Embedder) -> LanguageModel:
    """The local parts, which need nothing."""
    return Extractive(embedder)


def claude(settings: Settings, embedder: Embedder) -> LanguageModel | None:
    """Claude, where there is a key."""
    if settings.anthropic_api_key is None:
        return None
    # The SDK takes seconds to import, for which nobody without a key should wait.
    from workers.llm.claude import Account, Claude
    from workers.llm.claude_call import Size

    return Claude(
        Account(settings.anthropic_api_key.get_secret_value(), settings.anthropic_base_url),
        small=Size(
            settings.classify_model,
            Prices.parse(settings.classify_prices),
            settings.classify_max_tokens,
            settings.classify_seconds,
        ),
        large=Size(
            settings.draft_model,
            Prices.parse(settings.draft_prices),
            settings.draft_max_tokens,
            settings.draft_seconds,
        ),
    )
