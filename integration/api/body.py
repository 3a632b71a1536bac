"""Reading a request's body: bytes, then UTF-8, then JSON, then the documented shape; each has its own refusal."""

import json
from typing import Any, NoReturn, TypeVar

from flask import Request
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails
from werkzeug.exceptions import HTTPException

from desk.errors import Refused
from desk.text import clean
from integration.problems import Fault, Invalid

Shape = TypeVar("Shape", bound=BaseModel)

MOST_FIELDS = 30
LONGEST_NAME = 40


def read_body(request: Request, shape: type[Shape], most: int) -> Shape:
    """The body as `shape`, its texts clean. Raises Refused: 400, 413 over `most` bytes, 415, and Invalid (422)."""
    if request.mimetype != "application/json":
        raise Refused("send the body as application/json", status=415)
    content = _json(_bytes(request, most))
    if not isinstance(content, dict):
        raise Invalid([Fault("", "must be a JSON object")])
    if len(content) > MOST_FIELDS:
        raise Invalid([Fault("", "has far more fields than there are")])
    try:
        return shape.model_validate({clean(name): _cleaned(value) for name, value in content.items()})
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False, include_input=False)
        raise Invalid([_fault(each) for each in found]) from error


def _bytes(request: Request, most: int) -> bytes:
    """One byte more than allowed is read: Werkzeug cuts a chunked body off at its limit without a word."""
    request.max_content_length = most + 1
    try:
        raw = request.get_data()
    except HTTPException as error:
        if error.code == 413:
            raise _too_long(most) from error
        raise Refused("the body broke off", status=400) from error
    if len(raw) > most:
        raise _too_long(most)
    return raw


def _too_long(most: int) -> Refused:
    return Refused(f"the body is longer than {most} bytes", status=413)


def _json(raw: bytes) -> Any:
    try:
        return json.loads(raw.decode("utf-8"), parse_constant=_no_constant)
    except UnicodeDecodeError as error:
        raise Refused("the body is not UTF-8", status=400) from error
    except (ValueError, RecursionError) as error:
        raise Refused("the body is not JSON", status=400) from error


def _no_constant(name: str) -> NoReturn:
    """Python reads NaN and Infinity, JSON does not have them."""
    raise ValueError(name)


def _cleaned(value: object) -> object:
    """No field holds anything nested, so what is deeper is refused by its shape."""
    return clean(value) if isinstance(value, str) else value


def _fault(error: ErrorDetails) -> Fault:
    field = ".".join(str(part) for part in error["loc"])[:LONGEST_NAME]
    return Fault(field, error["msg"].removeprefix("Value error, "))
