"""Is the key known, and has it the models that are set? Asked of the list of models, which costs nothing."""

from collections.abc import Sequence

import anthropic
import httpx2

from workers.models.claude.errors import translate_error

SECONDS = 5.0


def check_key(api_key: str, base_url: str, models: Sequence[str]) -> None:
    """https://docs.anthropic.com/en/api/models. Raises Temporary and Permanent."""
    client = anthropic.Anthropic(
        api_key=api_key, base_url=base_url, max_retries=0, timeout=SECONDS, open_telemetry=False
    )
    with client:
        for model in dict.fromkeys(models):
            try:
                client.models.retrieve(model)
            except (anthropic.AnthropicError, httpx2.HTTPError) as error:
                raise translate_error(error, model) from error
