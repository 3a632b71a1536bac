"""What the Messages API refuses: the checks that matter to this product, with the API's status for each."""

import json
from typing import Any

from tests.lookalikes.stage import Request

Json = dict[str, Any]
MOST_BYTES = 8_000_000
MOST_CACHE_MARKS = 4


class Faulty(Exception):
    """A request that the API does not take."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


def check_request(request: Request) -> Json:
    """The body, if it could be a request. Raises Faulty."""
    if int(request.headers.get("content-length") or 0) > MOST_BYTES:
        raise Faulty(413, "Request exceeds the maximum size")
    if "anthropic-version" not in request.headers:
        raise Faulty(400, "anthropic-version: header is required")
    try:
        body = json.loads(request.body)
    except ValueError as error:
        raise Faulty(400, "The request body is not valid JSON") from error
    if not isinstance(body, dict):
        raise Faulty(400, "The request body must be an object")
    _check_fields(body)
    _check_blocks(body)
    _check_schema(body)
    return body


def _check_fields(body: Json) -> None:
    for name, kind in (("model", str), ("max_tokens", int), ("messages", list)):
        if not isinstance(body.get(name), kind) or not body[name]:
            raise Faulty(400, f"{name}: Field required")
    if not body["model"].startswith("claude-"):
        raise Faulty(404, f"model: {body['model']}")
    roles = [message.get("role") for message in body["messages"]]
    if roles[0] != "user" or not set(roles) <= {"user", "assistant"}:
        raise Faulty(400, "messages: first message must use the user role")
    if roles[-1] != "user":
        raise Faulty(400, "This model does not support assistant message prefill")


def _check_blocks(body: Json) -> None:
    blocks = [block for message in body["messages"] for block in _listed(message["content"])]
    system = _listed(body.get("system") or [])
    for block in [*blocks, *system]:
        if block.get("type") == "text" and not block.get("text", "").strip():
            raise Faulty(400, "messages: text content blocks must be non-empty")
    results = [block for block in blocks if block.get("type") == "search_result"]
    for result in results:
        content = result.get("content")
        if not content or not result.get("source") or not result.get("title"):
            raise Faulty(400, "search_result: source, title and content are required")
        if any(part.get("type") != "text" or not part.get("text", "").strip() for part in content):
            raise Faulty(400, "search_result.content: text content blocks must be non-empty")
    if len({bool((result.get("citations") or {}).get("enabled")) for result in results}) > 1:
        raise Faulty(400, "citations must be enabled on all or none of the search results")
    marks = [part for part in [*body.get("tools", []), *system, *blocks] if part.get("cache_control")]
    if len(marks) > MOST_CACHE_MARKS:
        raise Faulty(400, f"A maximum of {MOST_CACHE_MARKS} blocks with cache_control may be provided")
    if results and results[0].get("citations") and (body.get("output_config") or {}).get("format"):
        raise Faulty(400, "output_config.format: citations cannot be used with structured output")


def _check_schema(body: Json) -> None:
    """Structured output wants closed objects and knows no bounds."""

    def walk(schema: Any) -> None:
        if isinstance(schema, list):
            for each in schema:
                walk(each)
        if not isinstance(schema, dict):
            return
        if schema.get("type") == "object" and schema.get("additionalProperties") is not False:
            raise Faulty(400, "output_config.format.schema: 'additionalProperties' must be explicitly set to false")
        if {"minimum", "maximum", "minLength", "maxLength", "maxItems"} & set(schema):
            raise Faulty(400, "output_config.format.schema: this keyword is not supported")
        for each in schema.values():
            walk(each)

    walk(((body.get("output_config") or {}).get("format") or {}).get("schema"))


def _listed(content: Any) -> list[Json]:
    return [{"type": "text", "text": content}] if isinstance(content, str) else content
