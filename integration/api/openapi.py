"""The OpenAPI 3.1 document, made from the table of operations and the models of their bodies.

https://spec.openapis.org/oas/v3.1.0
"""

from http import HTTPStatus
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode, JsonSchemaValue, models_json_schema

from integration.access.idempotency import HEADER
from integration.access.permissions import PERMISSIONS, TokenScope
from integration.api.operations import OPERATIONS, Operation
from integration.api.response_models import ProblemOut
from integration.web.problems import CONTENT_TYPE

Json = dict[str, Any]
"""A piece of the document; OpenAPI decides what is in it."""

ABOUT = (
    "Tickets in, and what became of them out. Every request but `/health`, `/live` and `/ready` carries a bearer "
    "token, which belongs to one account; `firstline tokens create` makes one. Errors are problem documents (RFC 9457)."
)
SCOPES = {
    TokenScope.WRITE: "open tickets and write as the customer",
    TokenScope.READ: "read tickets as the customer sees them",
    TokenScope.STAFF: "see internal notes and receipts, and write as an agent; beside one of the others",
}


class InOrder(GenerateJsonSchema):
    """Leaves everything in the order of the models; pydantic would sort even the examples."""

    def sort(self, value: JsonSchemaValue, parent_key: str | None = None) -> JsonSchemaValue:
        """As it came."""
        return value


def openapi_document(version: str, max_body_bytes: int) -> Json:
    """The whole document."""
    paths: dict[str, Json] = {}
    for operation in OPERATIONS:
        paths.setdefault(operation.path, {})[operation.method.lower()] = _operation(operation)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Firstline", "version": version, "description": _about(max_body_bytes)},
        "servers": [{"url": "/"}],
        "security": [{"token": []}],
        "paths": paths,
        "components": {"schemas": _schemas(), "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}}},
    }


def _about(max_body_bytes: int) -> str:
    scopes = "; ".join(f"`{scope}`: {text}" for scope, text in SCOPES.items())
    return f"{ABOUT} A body has at most {max_body_bytes} bytes. Scopes: {scopes}."


def _operation(operation: Operation) -> Json:
    made: Json = {
        "operationId": operation.name,
        "summary": operation.summary,
        "description": operation.description,
        "responses": _responses(operation),
    }
    if parameters := _parameters(operation):
        made["parameters"] = parameters
    if operation.takes:
        made["requestBody"] = {"required": True, "content": {"application/json": {"schema": _ref(operation.takes)}}}
    # Since 3.1 the names behind a scheme are roles the caller needs, for any type of scheme.
    scope = PERMISSIONS[operation.act].scope if operation.act else None
    made["security"] = [{"token": [scope]}] if scope else []
    return made


def _parameters(operation: Operation) -> list[Json]:
    found: list[Json] = []
    if "{ticket_id}" in operation.path:
        id_ = {"type": "string", "format": "uuid"}
        found.append({"name": "ticket_id", "in": "path", "required": True, "schema": id_, "description": "The ticket."})
    if operation.takes:
        key = {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"}
        about = "Sent again within 24 hours with the same request, it gets the same answer and has no second effect."
        found.append({"name": HEADER, "in": "header", "required": False, "schema": key, "description": about})
    return found


def _responses(operation: Operation) -> Json:
    good: Json = {
        "description": HTTPStatus(operation.status).phrase,
        "content": {"application/json": {"schema": _ref(operation.gives)}},
    }
    if operation.takes:
        good["headers"] = {
            "Location": {"description": "Where the ticket is read.", "schema": {"type": "string"}},
            "Idempotency-Replayed": {
                "description": "`true` when the answer is that of an earlier request with this key.",
                "schema": {"type": "string", "enum": ["true"]},
            },
        }
    refusals = {**operation.refusals, 500: "A fault of ours; the log tells more under `instance`."}
    found = {str(operation.status): good}
    return found | {str(status): _refusal(status, text) for status, text in sorted(refusals.items())}


def _refusal(status: int, text: str) -> Json:
    made: Json = {"description": text, "content": {CONTENT_TYPE: {"schema": _ref(ProblemOut)}}}
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        made["headers"] = {"Retry-After": {"description": "Seconds.", "schema": {"type": "integer"}}}
    if status == HTTPStatus.UNAUTHORIZED:
        made["headers"] = {"WWW-Authenticate": {"description": "RFC 6750.", "schema": {"type": "string"}}}
    return made


def _schemas() -> Json:
    incoming: list[tuple[type[BaseModel], JsonSchemaMode]] = [
        (each.takes, "validation") for each in OPERATIONS if each.takes
    ]
    given: list[tuple[type[BaseModel], JsonSchemaMode]] = [(each.gives, "serialization") for each in OPERATIONS]
    models = incoming + given + [(ProblemOut, "serialization")]
    once = list(dict.fromkeys(models))
    _, made = models_json_schema(once, ref_template="#/components/schemas/{model}", schema_generator=InOrder)
    return dict(made["$defs"])


def _ref(model: type[BaseModel]) -> Json:
    return {"$ref": f"#/components/schemas/{model.__name__}"}
