"""Reading a request's body in the documented shape; what comes before stands in `integration/web/request_body.py`."""

from typing import TypeVar

from flask import Request
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from desk.errors import Refused
from desk.text.tokenizer import clean
from integration.web.problems import Fault, Invalid
from integration.web.request_body import read_bytes, read_json

Shape = TypeVar("Shape", bound=BaseModel)

MOST_FIELDS = 30
LONGEST_NAME = 40


def read_body(request: Request, shape: type[Shape], max_bytes: int) -> Shape:
    """The body as `shape`, its texts clean. Raises Refused: 400, 413 over `max_bytes` bytes, 415, and Invalid (422)."""
    if request.mimetype != "application/json":
        raise Refused("send the body as application/json", status=415)
    payload = read_json(read_bytes(request, max_bytes))
    if not isinstance(payload, dict):
        raise Invalid([Fault("", "must be a JSON object")])
    if len(payload) > MOST_FIELDS:
        raise Invalid([Fault("", "has far more fields than there are")])
    try:
        return shape.model_validate({clean(name): _clean_value(value) for name, value in payload.items()})
    except ValidationError as error:
        errors = error.errors(include_url=False, include_context=False, include_input=False)
        raise Invalid([_build_fault(detail) for detail in errors]) from error


def _clean_value(value: object) -> object:
    """No field holds anything nested, so what is deeper is refused by its shape."""
    return clean(value) if isinstance(value, str) else value


def _build_fault(error: ErrorDetails) -> Fault:
    field = ".".join(str(part) for part in error["loc"])[:LONGEST_NAME]
    return Fault(field, error["msg"].removeprefix("Value error, "))
