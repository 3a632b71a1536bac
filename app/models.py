"""Language models, built from the settings; None where one is not set up."""

from desk.platform.model_prices import ModelPrices
from desk.platform.settings import Settings
from desk.ports import Embedder, LanguageModel
from workers.models.extractive.model import ExtractiveModel


def extractive(settings: Settings, embedder: Embedder) -> LanguageModel:
    """The local parts, which need nothing."""
    return ExtractiveModel(embedder)


def claude(settings: Settings, embedder: Embedder) -> LanguageModel | None:
    """Claude, where there is a key."""
    if settings.anthropic_api_key is None:
        return None
    # The SDK takes seconds to import, for which nobody without a key should wait.
    from workers.models.claude.call import ModelSize
    from workers.models.claude.model import AnthropicAccount, ClaudeModel

    return ClaudeModel(
        AnthropicAccount(settings.anthropic_api_key.get_secret_value(), settings.anthropic_base_url),
        small=ModelSize(
            settings.classify_model,
            ModelPrices.parse(settings.classify_prices),
            settings.classify_max_tokens,
            settings.classify_seconds,
        ),
        large=ModelSize(
            settings.draft_model,
            ModelPrices.parse(settings.draft_prices),
            settings.draft_max_tokens,
            settings.draft_seconds,
        ),
    )
