"""Every way in which a call of Claude fails, as Temporary or Permanent with what to do about it.

No message holds the key, the ticket's text or the API's own prose, which may quote the request.
Statuses: https://docs.anthropic.com/en/api/errors
"""

import re

from anthropic import APIConnectionError, APIStatusError, APITimeoutError

from desk.errors import Permanent, Temporary, retry_after

_LATER = {
    408: "took too long to read the request",
    409: "was in conflict with itself",
    429: "limits the rate of requests",
    529: "is overloaded",
}
_NEVER = {
    400: "refuses the request as invalid; if every ticket ends so, look whether the account has credit left and "
    "whether {model} is a model it has",
    401: "does not know the key; put a valid one into ANTHROPIC_API_KEY",
    402: "wants to be paid; add credit to the account behind ANTHROPIC_API_KEY",
    403: "does not let this key use {model}; give it the permission, or name another model in the settings",
    404: "has no model {model}; check FIRSTLINE_CLASSIFY_MODEL, FIRSTLINE_DRAFT_MODEL and ANTHROPIC_BASE_URL",
    413: "finds the request too large",
}
EVERYBODY = frozenset({401, 402, 403})
"""Permanent errors that every ticket would meet, not this one alone."""


def translate_error(error: Exception, model: str) -> Temporary | Permanent:
    """The product's own error for what the SDK or its HTTP library raised."""
    if isinstance(error, APIStatusError):
        return _from_status(error, model)
    if isinstance(error, APITimeoutError):
        return Temporary("the API did not answer in time")
    if isinstance(error, APIConnectionError):
        return Temporary("the API could not be reached, or the connection broke; check ANTHROPIC_BASE_URL if it lasts")
    return Temporary(f"the call broke off ({type(error).__name__})")


def _from_status(error: APIStatusError, model: str) -> Temporary | Permanent:
    status = error.status_code
    trace = _trace(error.request_id)
    if status in _NEVER:
        return Permanent(f"the API {_NEVER[status].format(model=model)} ({status}{trace})")
    if status in _LATER or status >= 500:
        failure = _LATER.get(status, "failed")
        return Temporary(f"the API {failure} ({status}{trace})", retry_after(error.response.headers.get("retry-after")))
    return Permanent(f"the API refuses the request ({status}{trace})")


def opens_breaker(error: Exception) -> bool:
    """Would the next ticket fail alike? Then it counts towards the breaker."""
    if isinstance(error, APIStatusError):
        return error.status_code in EVERYBODY or error.status_code in _LATER or error.status_code >= 500
    return True


def _trace(request_id: str | None) -> str:
    """The id that Anthropic's support asks for."""
    return f", {request_id}" if request_id and re.fullmatch(r"[\w-]{1,64}", request_id) else ""
