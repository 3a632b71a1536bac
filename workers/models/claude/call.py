"""One call of the Messages API: no retries, a short time-out, every foreign error translated, every token counted.

Nothing is streamed: a reply is checked as a whole before anybody sees a word of it.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field

import anthropic
import httpx2
from anthropic.types import MessageParam, OutputConfigParam, TextBlockParam, ToolParam
from pydantic import ValidationError

from desk.errors import ModelAway, Temporary
from desk.platform.model_prices import ModelPrices
from desk.run import Stage, Usage
from workers.models.circuit_breaker import CircuitBreaker
from workers.models.claude.errors import opens_breaker, translate_error
from workers.models.claude.response import ModelReply

CONNECT_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class ModelSize:
    """One model: its name, its prices, the most it may write (tokens), the longest it may take (seconds)."""

    name: str
    prices: ModelPrices
    max_tokens: int
    seconds: float


@dataclass(frozen=True, slots=True)
class MessagesRequest:
    """What is asked: the system prompt, the messages, and at most one of tools and a schema."""

    system: Sequence[TextBlockParam]
    messages: Sequence[MessageParam]
    tools: Sequence[ToolParam] = ()
    schema: dict[str, object] = field(default_factory=dict)


class AnthropicClient:
    """The line to Anthropic, shared by all calls of a process. Safe between threads and greenlets."""

    def __init__(self, api_key: str, base_url: str, breaker: CircuitBreaker) -> None:
        self._breaker = breaker
        # At DEBUG the SDK writes whole requests, with what customers wrote.
        logging.getLogger("anthropic").setLevel(logging.WARNING)
        self._client = anthropic.Anthropic(
            api_key=api_key, base_url=base_url, max_retries=0, timeout=CONNECT_SECONDS, open_telemetry=False
        )

    def close(self) -> None:
        """Let all connections go."""
        self._client.close()

    def call(self, stage: Stage, size: ModelSize, request: MessagesRequest) -> tuple[ModelReply, Usage]:
        """The answer and what it cost. Raises ModelAway (also while the breaker is open), Temporary and Permanent."""
        self._breaker.check()
        try:
            body = self._post(size, request)
            reply = ModelReply.model_validate_json(body)
        except ValidationError:
            self._breaker.failed()
            # Not `from` the original: its text quotes the answer.
            raise self._model_away(Temporary("the API answered with something that is no message")) from None
        except (anthropic.AnthropicError, httpx2.HTTPError) as error:
            translated = translate_error(error, size.name)
            if not opens_breaker(error):
                raise translated from error
            self._breaker.failed()
            raise (self._model_away(translated) if isinstance(translated, Temporary) else translated) from error
        self._breaker.succeeded()
        return reply, _usage(stage, size, reply)

    def _model_away(self, error: Temporary) -> ModelAway:
        """That no other ticket would fare better now, and since when."""
        return ModelAway(str(error), error.retry_after, seconds=self._breaker.away_for())

    def _post(self, size: ModelSize, request: MessagesRequest) -> bytes:
        omitted = anthropic.omit
        output: OutputConfigParam = {"format": {"type": "json_schema", "schema": request.schema}}
        response = self._client.messages.with_raw_response.create(
            model=size.name,
            max_tokens=size.max_tokens,
            system=request.system,
            messages=request.messages,
            tools=request.tools or omitted,
            output_config=output if request.schema else omitted,
            timeout=httpx2.Timeout(size.seconds, connect=min(CONNECT_SECONDS, size.seconds)),
        )
        return response.http_response.content


def cached_block(text: str) -> TextBlockParam:
    """A block of the system prompt up to which the API keeps what it has read."""
    return {"type": "text", "text": text, "cache_control": {"type": "ephemeral"}}


def user_turn(*texts: str) -> MessageParam:
    """A turn of ours, of plain texts."""
    blocks: list[TextBlockParam] = [{"type": "text", "text": text} for text in texts]
    return {"role": "user", "content": blocks}


def _usage(stage: Stage, size: ModelSize, reply: ModelReply) -> Usage:
    tokens = reply.usage
    cache_read_tokens, cache_write_tokens = tokens.cache_read_input_tokens or 0, tokens.cache_creation_input_tokens or 0
    return Usage(
        stage=stage,
        model=reply.model[:100],
        input_tokens=tokens.input_tokens,
        output_tokens=tokens.output_tokens,
        cache_read_tokens=cache_read_tokens,
        cache_write_tokens=cache_write_tokens,
        dollars=size.prices.dollars(
            input=tokens.input_tokens,
            output=tokens.output_tokens,
            cache_read=cache_read_tokens,
            cache_write=cache_write_tokens,
        ),
    )
