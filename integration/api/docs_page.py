"""The page that shows the OpenAPI document to people, rendered here and loading nothing from elsewhere."""

import json
from dataclasses import dataclass
from functools import cached_property

from flask import Response, render_template, request

from integration.api.openapi import SCOPES, Json, openapi_document
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
        self._most = max_body_bytes

    def document(self) -> Response:
        """`/api/v1/openapi.json`."""
        return Response(self._json, content_type="application/json")

    def page(self) -> Response:
        """`/api/docs`."""
        text = render_template(
            "api/docs.html", sections=self._sections, scopes=SCOPES, most=self._most, host=request.host_url.rstrip("/")
        )
        return protect_pages(Response(text))

    @cached_property
    def _document(self) -> Json:
        return openapi_document(self._version, self._most)

    @cached_property
    def _json(self) -> str:
        return json.dumps(self._document, indent=1)

    @cached_property
    def _sections(self) -> tuple[OperationSection, ...]:
        return operation_sections(self._document)


def operation_sections(made: Json) -> tuple[OperationSection, ...]:
    """The operations of a document."""
    schemas = made["components"]["schemas"]
    return tuple(
        _section(schemas, method.upper(), path, operation)
        for path, methods in made["paths"].items()
        for method, operation in methods.items()
    )


def _section(schemas: Json, method: str, path: str, operation: Json) -> OperationSection:
    body = operation.get("requestBody")
    taken = schemas[_name(body["content"]["application/json"]["schema"])] if body else {}
    good = next(status for status in operation["responses"] if status.startswith("2"))
    given = schemas[_name(operation["responses"][good]["content"]["application/json"]["schema"])]
    return OperationSection(
        name=operation["operationId"],
        method=method,
        path=path,
        summary=operation["summary"],
        text=operation["description"],
        scope=", ".join(scope for need in operation["security"] for scope in need["token"]),
        parameters=tuple(_parameter(each) for each in operation.get("parameters", ())),
        takes=_lines(schemas, taken),
        example_in=_example(taken),
        gives=_lines(schemas, given),
        example_out=_example(given),
        statuses=tuple((status, answer["description"]) for status, answer in operation["responses"].items()),
    )


def _parameter(parameter: Json) -> FieldLine:
    name = parameter["name"] if parameter["in"] == "path" else f"{parameter['name']} (header)"
    return FieldLine(name, _type(parameter["schema"]), parameter["required"], parameter["description"])


def _lines(schemas: Json, schema: Json, prefix: str = "") -> tuple[FieldLine, ...]:
    found: list[FieldLine] = []
    for name, each in schema.get("properties", {}).items():
        plain = _not_null(each)
        inside = _resolve(schemas, plain.get("items", plain))
        listed = "[]" if "items" in plain else ""
        shown = _type(_resolve(schemas, plain)) + (" or null" if plain is not each else "")
        found.append(FieldLine(prefix + name, shown, name in schema.get("required", ()), each.get("description", "")))
        found += _lines(schemas, inside, f"{prefix}{name}{listed}.")
    return tuple(found)


def _not_null(schema: Json) -> Json:
    """The one branch of `X or null` that says something."""
    branches = [b for key in BRANCHES for b in schema.get(key, ()) if b.get("type") != "null"]
    return branches[0] if branches else schema


def _resolve(schemas: Json, schema: Json) -> Json:
    found: Json = schemas[_name(schema)] if "$ref" in schema else schema
    return found


def _type(schema: Json) -> str:
    if "enum" in schema:
        return " | ".join(schema["enum"])
    if "const" in schema:
        return str(schema["const"])
    limits = f", {schema['minLength']} to {schema['maxLength']:,} characters" if "minLength" in schema else ""
    return f"{schema.get('format') or schema.get('type', 'object')}{limits}"


def _example(schema: Json) -> str:
    return json.dumps(schema["examples"][0], indent=2, ensure_ascii=False) if "examples" in schema else ""


def _name(schema: Json) -> str:
    return str(schema["$ref"]).rsplit("/", 1)[-1]
