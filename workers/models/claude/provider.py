"""Claude, where there is a key. The SDK takes seconds to import, for which nobody without a key should wait."""

from collections.abc import Iterator

from desk.errors import FirstlineError, Permanent
from desk.health_check import HealthCheck, fine, missing, wrong
from desk.platform.model_prices import ModelPrices
from desk.platform.settings import Settings
from desk.ports import Embedder, LanguageModel
from workers.models.provider import ModelProvider

ANTHROPIC = "https://api.anthropic.com"


def open_claude(settings: Settings, embedder: Embedder) -> LanguageModel | None:
    """The two models of the settings; None without a key."""
    if settings.anthropic_api_key is None:
        return None
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


def examine_claude(settings: Settings) -> Iterator[HealthCheck]:
    """Nothing where no key is set: the local parts answer then."""
    if settings.anthropic_api_key is None:
        return
    from workers.models.claude.key_check import check_key

    key, base_url = settings.anthropic_api_key, settings.anthropic_base_url
    models = tuple(dict.fromkeys((settings.classify_model, settings.draft_model)))
    try:
        check_key(key.get_secret_value(), base_url, models)
    except Permanent as error:
        if base_url.rstrip("/") != ANTHROPIC and "(404" in str(error):
            detail = f"{base_url} does not tell which models it has"
            yield missing("claude", detail, "see on a receipt whether it answers")
        else:
            yield wrong("claude", str(error), "local parts answer meanwhile")
    except FirstlineError as error:
        yield wrong("claude", str(error), "local parts answer meanwhile; see status.anthropic.com")
    else:
        yield fine("claude", f"knows the key and has {', '.join(models)}")


PROVIDER = ModelProvider("claude", open_claude, examine_claude)
