"""The page that shows the OpenAPI document to people, rendered here and loading nothing from elsewhere."""

import json
from dataclasses import dataclass
from functools import cached_property

from flask import Response, render_template, request

from integration.access.permissions import SCOPES
from integration.api.openapi import Json, openapi_document
from integration.web.layout import protect_pages

BRANCHES = ("anyOf", "oneOf")


@dataclass(frozen=True, slots=True)
class FieldLine:
    """One field of a body. `name` has dots for what is nested, `[]` for each of a list."""

    name: str
    type: str
    required: bool
    text: str


@dataclass(frozen=True, slots=True)
class OperationSection:
    """One operation, ready to lay out; `example_in` and `example_out` are JSON."""

    name: str
    method: str
    path: str
    summary: str
    text: str
    scope: str
    parameters: tuple[FieldLine, ...]
    takes: tuple[FieldLine, ...]
    example_in: str
    gives: tuple[FieldLine, ...]
    example_out: str
    statuses: tuple[tuple[str, str], ...]


class DocsPage:
    """The document and its page. Both are made at the first request, and kept."""

    def __init__(self, version: str, max_body_bytes: int) -> None:
        self._version = version
        self._max_body_bytes = max_body_bytes

    def document(self) -> Response:
        """`/api/v1/openapi.json`."""
        return Response(self._json, content_type="application/json")

    def page(self) -> Response:
        """`/api/docs`."""
        text = render_template(
            "api/docs.html",
            sections=self._sections,
            scopes=SCOPES,
            most=self._max_body_bytes,
            host=request.host_url.rstrip("/"),
        )
        return protect_pages(Response(text))

    @cached_property
    def _document(self) -> Json:
        return openapi_document(self._version, self._max_body_bytes)

    @cached_property
    def _json(self) -> str:
        return json.dumps(self._document, indent=1)

    @cached_property
    def _sections(self) -> tuple[OperationSection, ...]:
        return operation_sections(self._document)


def operation_sections(document: Json) -> tuple[OperationSection, ...]:
    """The operations of a document."""
    schemas = document["components"]["schemas"]
    return tuple(
        _build_section(schemas, method.upper(), path, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    )


def _build_section(schemas: Json, method: str, path: str, operation: Json) -> OperationSection:
    body = operation.get("requestBody")
    request_schema = schemas[_schema_name(body["content"]["application/json"]["schema"])] if body else {}
    success_status = next(status for status in operation["responses"] if status.startswith("2"))
    response_schema = schemas[
        _schema_name(operation["responses"][success_status]["content"]["application/json"]["schema"])
    ]
    return OperationSection(
        name=operation["operationId"],
        method=method,
        path=path,
        summary=operation["summary"],
        text=operation["description"],
        scope=", ".join(scope for requirement in operation["security"] for scope in requirement["token"]),
        parameters=tuple(_parameter_line(parameter) for parameter in operation.get("parameters", ())),
        takes=_field_lines(schemas, request_schema),
        example_in=_example_text(request_schema),
        gives=_field_lines(schemas, response_schema),
        example_out=_example_text(response_schema),
        statuses=tuple((status, answer["description"]) for status, answer in operation["responses"].items()),
    )


def _parameter_line(parameter: Json) -> FieldLine:
    name = parameter["name"] if parameter["in"] == "path" else f"{parameter['name']} (header)"
    return FieldLine(name, _type_text(parameter["schema"]), parameter["required"], parameter["description"])


def _field_lines(schemas: Json, schema: Json, prefix: str = "") -> tuple[FieldLine, ...]:
    field_lines: list[FieldLine] = []
    for name, field_schema in schema.get("properties", {}).items():
        non_null_schema = _strip_null(field_schema)
        nested_schema = _resolve_reference(schemas, non_null_schema.get("items", non_null_schema))
        list_suffix = "[]" if "items" in non_null_schema else ""
        null_suffix = "" if non_null_schema is field_schema else " or null"
        shown_type = f"{_type_text(_resolve_reference(schemas, non_null_schema))}{null_suffix}"
        is_required, text = name in schema.get("required", ()), field_schema.get("description", "")
        field_lines.append(FieldLine(prefix + name, shown_type, is_required, text))
        field_lines += _field_lines(schemas, nested_schema, f"{prefix}{name}{list_suffix}.")
    return tuple(field_lines)


def _strip_null(schema: Json) -> Json:
    """The one branch of `X or null` that says something."""
    branches = [branch for key in BRANCHES for branch in schema.get(key, ()) if branch.get("type") != "null"]
    return branches[0] if branches else schema


def _resolve_reference(schemas: Json, schema: Json) -> Json:
    resolved: Json = schemas[_schema_name(schema)] if "$ref" in schema else schema
    return resolved


def _type_text(schema: Json) -> str:
    if "enum" in schema:
        return " | ".join(schema["enum"])
    if "const" in schema:
        return str(schema["const"])
    limits = f", {schema['minLength']} to {schema['maxLength']:,} characters" if "minLength" in schema else ""
    return f"{schema.get('format') or schema.get('type', 'object')}{limits}"


def _example_text(schema: Json) -> str:
    return json.dumps(schema["examples"][0], indent=2, ensure_ascii=False) if "examples" in schema else ""


def _schema_name(schema: Json) -> str:
    return str(schema["$ref"]).rsplit("/", 1)[-1]
