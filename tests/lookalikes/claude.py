"""A look-alike of Anthropic's Messages API, as its Python SDK 2.11 uses it: `POST /v1/messages` and `GET /v1/models/…`.

It answers from the `search_result` blocks it is given (`claude_mind.py`), streams, calls tools, fills JSON schemas and
counts tokens (four characters each). How it behaves is set by `mode`, from a test or by `POST /_mode`:

    {"mode": "obedient", "times": 3, "slow": 2.0}

`normal`; `refuse` (empty content, stop reason refusal); `truncate` (half an answer, stop reason max_tokens);
`overloaded` (529 with Retry-After); `empty` (no content); `cut` (the connection ends in the middle of the body);
`invalid` (text where JSON was asked for); `hand_over` (always calls the tool); `obedient` (does what a ticket or a
document tells it to). Errors of the API's own shape: `claude.refuse_with(429, retry_after="0.5")`.
"""

import hashlib
import itertools
import json
import time
from collections.abc import Iterator
from typing import Any

from tests.lookalikes.claude_mind import (
    Json,
    all_text,
    answer_from_results,
    answer_in_schema,
    hand_over,
    obey,
    text_block,
)
from tests.lookalikes.claude_rules import Faulty, check_request
from tests.lookalikes.stage import Answer, LookAlike, Request, serve

ERRORS = {
    400: ("invalid_request_error", "messages: something is wrong with this request"),
    401: ("authentication_error", "invalid x-api-key"),
    402: ("billing_error", "Your credit balance is too low to access the API."),
    403: ("permission_error", "Your API key does not have permission to use the specified resource."),
    404: ("not_found_error", "model: no such model"),
    413: ("request_too_large", "Request exceeds the maximum allowed number of bytes."),
    429: ("rate_limit_error", "This request would exceed your rate limit."),
    500: ("api_error", "Internal server error"),
    504: ("timeout_error", "Request timed out"),
    529: ("overloaded_error", "Overloaded"),
}
MODES = ("normal", "refuse", "truncate", "overloaded", "empty", "cut", "invalid", "hand_over", "obedient")
PIECE = 24
"""Characters of one streamed delta."""


class Claude(LookAlike):
    """Claude. `messages` holds the parsed bodies it has answered, oldest first; each answer is in the journal."""

    name = "claude"

    def __init__(self, port: int = 0) -> None:
        super().__init__(port)
        self.mode = "normal"
        self.times: int | None = None
        self.slow = 0.0
        self.revoked: set[str] = {"sk-revoked"}
        self.least_cached = 1024
        """Prefixes of fewer tokens are not cached, as with the real one."""
        self._cached: set[str] = set()
        self._numbers = itertools.count(1)

    @property
    def messages(self) -> list[Json]:
        """The bodies of all requests for a message, oldest first."""
        with self.lock:
            return [request.json for request in self.requests if request.path == "/v1/messages"]

    def behave(self, mode: str = "normal", times: int | None = None, slow: float = 0.0) -> None:
        """From now on, for so many requests (None: all that come), each taking `slow` seconds."""
        if mode not in MODES:
            raise ValueError(f"no mode {mode!r}; there are {', '.join(MODES)}")
        with self.lock:
            self.mode, self.times, self.slow = mode, times, slow

    def refuse_with(self, status: int, times: int = 1, retry_after: str | None = None, slow: float = 0.0) -> None:
        """The next requests fail with this status and the API's own error body."""
        headers = {"request-id": "req_fault"} | ({"Retry-After": retry_after} if retry_after is not None else {})
        body = json.dumps(_error_body(status, "req_fault"))
        self.fail(path="/v1/messages", status=status, times=times, headers=headers, body=body, slow=slow)

    def reset(self) -> None:
        """Forget requests, cache and mode."""
        super().reset()
        with self.lock:
            self._cached.clear()
            self.behave()

    def perform(self, request: Request) -> Answer:
        """Waits outside the lock, so that slow answers are slow side by side."""
        if request.path == "/_mode":
            self.behave(**request.json)
            return Answer(body={"mode": self.mode})
        if request.path == "/v1/messages" and self.slow:
            time.sleep(self.slow)
        return super().perform(request)

    def answer(self, request: Request) -> Answer:
        """A message, a stream of events, or an error with a request id."""
        request_id = f"req_{next(self._numbers):08d}"
        if self._key(request) in {"", *self.revoked}:
            return self._error(401, request_id)
        if request.method == "GET" and request.path.startswith("/v1/models/"):
            return self._model(request.path.rsplit("/", 1)[-1], request_id)
        if (request.method, request.path) != ("POST", "/v1/messages"):
            return self._error(404, request_id)
        try:
            body = check_request(request)
        except Faulty as fault:
            return self._error(fault.status, request_id, str(fault))
        return self._message(body, request_id)

    def _message(self, body: Json, request_id: str) -> Answer:
        mode = self._mode_now()
        if mode == "overloaded":
            return self._error(529, request_id, retry_after="1")
        content, stop_reason = think(body, mode)
        message = {
            "id": f"msg_{request_id[4:]}",
            "type": "message",
            "role": "assistant",
            "model": body["model"],
            "content": content,
            "stop_reason": stop_reason,
            "stop_sequence": None,
            "stop_details": {"type": "refusal", "category": None} if stop_reason == "refusal" else None,
            "usage": self._usage(body, content),
        }
        self.note("message", model=body["model"], mode=mode, stop_reason=stop_reason, usage=message["usage"])
        headers = {"request-id": request_id}
        if body.get("stream"):
            pieces = _events(message)
            headers["Content-Type"] = "text/event-stream; charset=utf-8"
        else:
            pieces = iter([json.dumps(message).encode()])
        if mode == "cut":
            return Answer(headers=headers, stream=_cut(pieces))
        if body.get("stream"):
            return Answer(headers=headers, stream=pieces)
        return Answer(headers=headers, body=message)

    def _mode_now(self) -> str:
        mode = self.mode
        if self.times is not None:
            self.times -= 1
            if self.times <= 0:
                self.behave(slow=self.slow)
        return mode

    def _usage(self, body: Json, content: list[Json]) -> Json:
        """Tokens as the API splits them: read from the cache, written to it, and all other input."""
        prefix, reads, writes = "", 0, 0
        for piece, marked in _pieces(body):
            prefix += piece
            if not marked or _tokens(prefix) < self.least_cached:
                continue
            key = body["model"] + hashlib.sha256(prefix.encode()).hexdigest()
            if key in self._cached:
                reads = _tokens(prefix)
            else:
                self._cached.add(key)
                writes = _tokens(prefix) - reads
        whole = _tokens("".join(piece for piece, _ in _pieces(body)))
        return {
            "input_tokens": whole - reads - writes,
            "cache_creation_input_tokens": writes,
            "cache_read_input_tokens": reads,
            "cache_creation": {"ephemeral_5m_input_tokens": writes, "ephemeral_1h_input_tokens": 0},
            "output_tokens": output_tokens(content),
            "service_tier": "standard",
        }

    def _model(self, name: str, request_id: str) -> Answer:
        if not name.startswith("claude-"):
            return self._error(404, request_id)
        shown = {"id": name, "type": "model", "display_name": name, "created_at": "2026-01-01T00:00:00Z"}
        return Answer(body=shown, headers={"request-id": request_id})

    def _error(self, status: int, request_id: str, message: str = "", retry_after: str | None = None) -> Answer:
        headers = {"request-id": request_id} | ({"Retry-After": retry_after} if retry_after else {})
        return Answer(status, _error_body(status, request_id, message), headers)

    @staticmethod
    def _key(request: Request) -> str:
        return request.headers.get("x-api-key") or request.headers.get("authorization", "").removeprefix("Bearer ")


def think(body: Json, mode: str) -> tuple[list[Json], str]:
    """The content and the stop reason."""
    if mode == "refuse":
        return [], "refusal"
    if mode == "empty":
        return [], "end_turn"
    schema = ((body.get("output_config") or {}).get("format") or {}).get("schema")
    if mode == "hand_over" and not schema:
        return hand_over("The customer needs something that only a person can do.", "needs_a_person"), "tool_use"
    if schema:
        content = [text_block("I would say billing." if mode == "invalid" else answer_in_schema(body, schema))]
    else:
        content = obey(body) if mode == "obedient" else answer_from_results(body)
    room = body["max_tokens"] if mode != "truncate" else max(1, output_tokens(content) // 2)
    if output_tokens(content) > room:
        return _shortened(content, room * 4), "max_tokens"
    return content, "tool_use" if content and content[-1]["type"] == "tool_use" else "end_turn"


def output_tokens(content: list[Json]) -> int:
    """Tokens of what was written; an empty answer costs one."""
    return max(1, _tokens("".join(block.get("text") or json.dumps(block.get("input", {})) for block in content)))


def _shortened(content: list[Json], room: int) -> list[Json]:
    """As much as fits, the last text broken off; a tool call that does not fit is left out."""
    kept = []
    for block in content:
        if block["type"] == "text" and room > 0:
            kept.append({**block, "text": block["text"][:room]})
            room -= len(block["text"])
    return kept


def _tokens(text: str) -> int:
    return -(-len(text) // 4)


def _pieces(body: Json) -> Iterator[tuple[str, bool]]:
    """The request as the model reads it (tools, system, messages), each piece with whether a cache mark ends it."""
    system = body.get("system") or []
    blocks = [*body.get("tools", []), *([text_block(system)] if isinstance(system, str) else system)]
    for message in body["messages"]:
        content = message["content"]
        blocks += [text_block(content)] if isinstance(content, str) else content
    for block in blocks:
        yield all_text(block), bool(block.get("cache_control"))


def _error_body(status: int, request_id: str, message: str = "") -> Json:
    kind, usual = ERRORS.get(status, ("api_error", "Internal server error"))
    return {"type": "error", "error": {"type": kind, "message": message or usual}, "request_id": request_id}


def _cut(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Half of it, and then nothing."""
    whole = b"".join(pieces)
    yield whole[: len(whole) // 2]
    raise ConnectionAbortedError


def _events(message: Json) -> Iterator[bytes]:
    """The message as server-sent events."""
    usage = message["usage"]
    start = {**message, "content": [], "stop_reason": None, "usage": {**usage, "output_tokens": 1}}
    yield _event({"type": "message_start", "message": start})
    yield _event({"type": "ping"})
    for index, block in enumerate(message["content"]):
        yield from _block_events(index, block)
    delta = {key: message[key] for key in ("stop_reason", "stop_sequence", "stop_details")}
    yield _event({"type": "message_delta", "delta": delta, "usage": usage})
    yield _event({"type": "message_stop"})


def _block_events(index: int, block: Json) -> Iterator[bytes]:
    is_text = block["type"] == "text"
    empty = {"type": "text", "text": ""} if is_text else {**block, "input": {}}
    yield _event({"type": "content_block_start", "index": index, "content_block": empty})
    for citation in block.get("citations") or []:
        yield _delta(index, {"type": "citations_delta", "citation": citation})
    written = block["text"] if is_text else json.dumps(block["input"])
    for at in range(0, len(written), PIECE):
        piece = written[at : at + PIECE]
        delta = (
            {"type": "text_delta", "text": piece} if is_text else {"type": "input_json_delta", "partial_json": piece}
        )
        yield _delta(index, delta)
    yield _event({"type": "content_block_stop", "index": index})


def _delta(index: int, delta: Json) -> bytes:
    return _event({"type": "content_block_delta", "index": index, "delta": delta})


def _event(data: dict[str, Any]) -> bytes:
    return f"event: {data['type']}\ndata: {json.dumps(data)}\n\n".encode()


if __name__ == "__main__":
    serve(Claude)
