"""The reranker, built from the settings. What speaks HTTP is imported when it is needed."""

from desk.platform.settings import Settings
from desk.ports import Reranker


def make_reranker(settings: Settings) -> Reranker | None:
    """What weighs search's best anew; None where `FIRSTLINE_RERANKER_URL` is not set."""
    if settings.reranker_url is None:
        return None
    from knowledge.remote.json_http import JsonHttpClient
    from knowledge.rerankers.rerank_api import RerankAPI

    key = settings.reranker_api_key.get_secret_value() if settings.reranker_api_key else None
    return RerankAPI(
        JsonHttpClient("the reranker", settings.reranker_url, key, settings.reranker_seconds), settings.reranker_model
    )
