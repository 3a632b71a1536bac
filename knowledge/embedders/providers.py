"""Embedders, built from the settings. `app/bootstrap.py` lists them. What speaks HTTP is imported when
it is needed."""

import re

from desk.errors import BadSetting
from desk.platform.settings import Settings
from desk.ports import Embedder
from knowledge.embedders.minilm import MiniLM
from knowledge.remote.token_budget import token_budget_for

_NAME = re.compile(r"(?P<provider>[a-z]+):(?P<model>.+?)(?:@(?P<dimensions>\d{1,4}))?(?:\+[0-9a-f]{8})?")


def minilm(settings: Settings) -> Embedder:
    """The one in the box."""
    return MiniLM()


def voyage(settings: Settings) -> Embedder:
    """Voyage AI."""
    from knowledge.embedders import voyage
    from knowledge.remote.json_http import JsonHttpClient

    if settings.voyage_api_key is None:
        raise BadSetting("VOYAGE_API_KEY: not set, and FIRSTLINE_EMBEDDER is voyage")
    key = settings.voyage_api_key.get_secret_value()
    return voyage.Voyage(
        JsonHttpClient("Voyage", settings.embedder_url or voyage.URL, key, settings.embedder_seconds),
        settings.embedder_model or voyage.MODEL,
        token_budget_for(settings.embedder_window or voyage.WINDOW, settings.embedder_tokenizer),
        settings.embedder_dimensions,
    )


def openai(settings: Settings) -> Embedder:
    """OpenAI, or whatever speaks like it at `FIRSTLINE_EMBEDDER_URL`; that may do without a key."""
    from knowledge.embedders import openai_compatible as api
    from knowledge.remote.json_http import JsonHttpClient

    key = settings.openai_api_key.get_secret_value() if settings.openai_api_key else None
    if key is None and settings.embedder_url is None:
        raise BadSetting("OPENAI_API_KEY: not set, and FIRSTLINE_EMBEDDER_URL names no other server")
    prefixes = api.Prefixes(settings.embedder_query_prefix, settings.embedder_document_prefix)
    return api.OpenAICompatible(
        JsonHttpClient("the embeddings server", settings.embedder_url or api.URL, key, settings.embedder_seconds),
        settings.embedder_model or api.MODEL,
        token_budget_for(
            settings.embedder_window or api.WINDOW,
            settings.embedder_tokenizer,
            prefixes.longer,
        ),
        settings.embedder_dimensions,
        prefixes,
        settings.embedder_batch,
    )


def settings_for(settings: Settings, name: str) -> Settings | None:
    """The settings as they must have been for an embedder of this name, as far as the name tells: keys, addresses and
    prefixes are today's. None for a name that no setting makes."""
    if name == MiniLM.name:
        return settings.model_copy(update={"embedder": "minilm"})
    match = _NAME.fullmatch(name)
    if match is None:
        return None
    dimensions = int(match["dimensions"]) if match["dimensions"] else None
    same_provider = settings.embedder == match["provider"]
    return settings.model_copy(
        update={
            "embedder": match["provider"],
            "embedder_model": match["model"],
            "embedder_dimensions": dimensions,
            # Of another provider, neither the address nor what is known of the model is right.
            "embedder_url": settings.embedder_url if same_provider else None,
            "embedder_window": settings.embedder_window if same_provider else None,
            "embedder_tokenizer": None,
        }
    )
