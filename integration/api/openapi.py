"""The OpenAPI 3.1 document, made from the table of operations and the models of their bodies.

https://spec.openapis.org/oas/v3.1.0
"""

from http import HTTPStatus
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode, JsonSchemaValue, models_json_schema

from integration.access.idempotency import HEADER
from integration.access.permissions import PERMISSIONS, SCOPES
from integration.api.operations import OPERATIONS, Operation
from integration.api.response_models import ProblemOut
from integration.web.problems import CONTENT_TYPE

Json = dict[str, Any]
"""A piece of the document; OpenAPI decides what is in it."""

ABOUT = (
    "Tickets in, and what became of them out. Every request but `/health`, `/live` and `/ready` carries a bearer "
    "token, which belongs to one account; `firstline tokens create` makes one. Errors are problem documents (RFC 9457)."
)


class InOrder(GenerateJsonSchema):
    """Leaves everything in the order of the models; pydantic would sort even the examples."""

    def sort(self, value: JsonSchemaValue, parent_key: str | None = None) -> JsonSchemaValue:
        """As it came."""
        return value


def openapi_document(version: str, max_body_bytes: int) -> Json:
    """The whole document."""
    paths: dict[str, Json] = {}
    for operation in OPERATIONS:
        paths.setdefault(operation.path, {})[operation.method.lower()] = _operation_object(operation)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Firstline", "version": version, "description": _description(max_body_bytes)},
        "servers": [{"url": "/"}],
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "schemas": _component_schemas(),
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def _description(max_body_bytes: int) -> str:
    scopes = "; ".join(f"`{scope}`: {text}" for scope, text in SCOPES.items())
    return f"{ABOUT} A body has at most {max_body_bytes} bytes. Scopes: {scopes}."


def _operation_object(operation: Operation) -> Json:
    operation_object: Json = {
        "operationId": operation.name,
        "summary": operation.summary,
        "description": operation.description,
        "responses": _response_objects(operation),
    }
    if parameters := _parameter_objects(operation):
        operation_object["parameters"] = parameters
    if operation.takes:
        operation_object["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": _schema_ref(operation.takes)}},
        }
    # Since 3.1 the names behind a scheme are roles the caller needs, for any type of scheme.
    scope = PERMISSIONS[operation.act].scope if operation.act else None
    operation_object["security"] = [{"token": [scope]}] if scope else []
    return operation_object


def _path_id(name: str, description: str) -> Json:
    id_schema = {"type": "string", "format": "uuid"}
    return {"name": name, "in": "path", "required": True, "schema": id_schema, "description": description}


PATH_IDS = (_path_id("ticket_id", "The ticket."), _path_id("intervention_id", "The act."))
IDEMPOTENCY_KEY: Json = {
    "name": HEADER,
    "in": "header",
    "required": False,
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
    "description": (
        "Sent again within 24 hours with the same request, it gets the same answer and has no second effect."
    ),
}


def _parameter_objects(operation: Operation) -> list[Json]:
    of_path = [each for each in PATH_IDS if f"{{{each['name']}}}" in operation.path]
    return [*of_path, IDEMPOTENCY_KEY] if operation.takes else of_path


ACCEPTED_HEADERS: Json = {
    "Location": {"description": "Where what became of it is read.", "schema": {"type": "string"}},
    "Idempotency-Replayed": {
        "description": "`true` when the answer is that of an earlier request with this key.",
        "schema": {"type": "string", "enum": ["true"]},
    },
}


def _response_objects(operation: Operation) -> Json:
    success: Json = {
        "description": HTTPStatus(operation.status).phrase,
        "content": {"application/json": {"schema": _schema_ref(operation.gives)}},
    }
    if operation.takes:
        success["headers"] = ACCEPTED_HEADERS
    refusals = {**operation.refusals, 500: "A fault of ours; the log tells more under `instance`."}
    responses = {str(operation.status): success}
    return responses | {str(status): _refusal_object(status, text) for status, text in sorted(refusals.items())}


def _refusal_object(status: int, text: str) -> Json:
    response: Json = {"description": text, "content": {CONTENT_TYPE: {"schema": _schema_ref(ProblemOut)}}}
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        response["headers"] = {"Retry-After": {"description": "Seconds.", "schema": {"type": "integer"}}}
    if status == HTTPStatus.UNAUTHORIZED:
        response["headers"] = {"WWW-Authenticate": {"description": "RFC 6750.", "schema": {"type": "string"}}}
    return response


def _component_schemas() -> Json:
    request_models: list[tuple[type[BaseModel], JsonSchemaMode]] = [
        (operation.takes, "validation") for operation in OPERATIONS if operation.takes
    ]
    response_models: list[tuple[type[BaseModel], JsonSchemaMode]] = [
        (operation.gives, "serialization") for operation in OPERATIONS
    ]
    models = request_models + response_models + [(ProblemOut, "serialization")]
    unique_models = list(dict.fromkeys(models))
    _, definitions = models_json_schema(
        unique_models, ref_template="#/components/schemas/{model}", schema_generator=InOrder
    )
    return dict(definitions["$defs"])


def _schema_ref(model: type[BaseModel]) -> Json:
    return {"$ref": f"#/components/schemas/{model.__name__}"}
