"""Errors as the API answers them: RFC 9457 problem documents. None holds a stack trace, or a word of what was sent."""

import json
import math
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from http import HTTPStatus
from uuid import uuid4

import structlog
from flask import Blueprint, Response, request
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as AnyResponse

from desk.errors import Refused, Temporary
from desk.intervention import BadOrder

log = structlog.get_logger(__name__)

CONTENT_TYPE = "application/problem+json"
PLAIN = "about:blank"
"""RFC 9457, section 4.2.1: the problem is what its status says."""

INVALID = "urn:firstline:problem:invalid-fields"
KEY_REUSED = "urn:firstline:problem:idempotency-key-reused"
RETRY_AFTER = 5


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with one field. The field is empty where the body as a whole is wrong."""

    field: str
    message: str


class Invalid(Refused):
    """The body is JSON of another shape; `faults` say what, field by field."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__("the body does not have the documented shape; see errors", status=422)
        self.faults = tuple(faults)


class KeyReused(Refused):
    """The Idempotency-Key was sent before, with another request."""

    def __init__(self) -> None:
        super().__init__("this Idempotency-Key was used for another request; take a new key", status=422)


class Away(Temporary):
    """Something Firstline needs does not answer, or is not as it has to be; `faults` says what, and why."""

    def __init__(self, faults: Mapping[str, str]) -> None:
        super().__init__(f"not ready: {', '.join(faults)}", retry_after=RETRY_AFTER)
        self.faults = dict(faults)


def problem_response(status: int, detail: str, type_: str = PLAIN, **more: object) -> Response:
    """A problem document; `more` are extension members."""
    document = {"type": type_, "title": HTTPStatus(status).phrase, "status": status, "detail": detail, **more}
    return Response(json.dumps(document), status=status, content_type=CONTENT_TYPE)


def answer_errors(blueprint: Blueprint, say: Callable[[object], str] = str) -> None:
    """Have every error of this blueprint's views answered with a problem document. `say` says why something is refused;
    in English, unless a page shows it."""
    blueprint.register_error_handler(Refused, lambda error: _answer_refused(error, say(error.args[0])))
    blueprint.register_error_handler(Temporary, _answer_temporary)
    blueprint.register_error_handler(HTTPException, of_http)
    blueprint.register_error_handler(Exception, _answer_unexpected)


def of_http(error: HTTPException) -> AnyResponse:
    """What Flask refused by itself: no such address, wrong method. Redirects pass."""
    if error.code is None or error.code < 400:
        return error.get_response()
    response = problem_response(error.code, DETAILS.get(error.code, "the request could not be served"))
    for name, value in error.get_headers(request.environ):
        if name in ("Allow", "Retry-After"):
            response.headers[name] = value
    return response


DETAILS: Mapping[int, str] = {
    404: "there is nothing at this address",
    405: "this address does not take this method; see Allow",
}


def _answer_refused(error: Refused, detail: str) -> Response:
    if isinstance(error, Invalid):
        return problem_response(error.status, detail, INVALID, errors=[asdict(fault) for fault in error.faults])
    if isinstance(error, BadOrder):
        errors = [{"field": name, "message": message} for name, message in error.faults.items()]
        return problem_response(error.status, detail, INVALID, errors=errors)
    response = problem_response(error.status, detail, KEY_REUSED if isinstance(error, KeyReused) else PLAIN)
    if error.status == 401:
        # RFC 6750, section 3: the error code only where a token was sent.
        error_attribute = ', error="invalid_token"' if "Authorization" in request.headers else ""
        response.headers["WWW-Authenticate"] = f'Bearer realm="firstline"{error_attribute}'
    if error.status == 403:
        response.headers["WWW-Authenticate"] = 'Bearer realm="firstline", error="insufficient_scope"'
    return response


def _answer_temporary(error: Temporary) -> Response:
    log.warning("not served", path=request.path, why=str(error))
    faults = error.faults if isinstance(error, Away) else {}
    response = problem_response(
        503, "Firstline cannot do this at the moment; try again", away=list(faults), faults=faults
    )
    response.headers["Retry-After"] = str(math.ceil(error.retry_after or RETRY_AFTER))
    return response


def _answer_unexpected(error: Exception) -> Response:
    """The log gets the frames but not the error's own words, which may quote what a customer wrote."""
    instance = uuid4().urn
    frames = "".join(traceback.format_tb(error.__traceback__))
    log.error("an unexpected error", instance=instance, path=request.path, error=type(error).__name__, frames=frames)
    return problem_response(500, "an unexpected error; the log tells more under this instance", instance=instance)
