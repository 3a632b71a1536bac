"""The OpenAPI document tells the whole API and nothing else, and its page shows all of it without a foreign host."""

import re
from html.parser import HTMLParser
from typing import Any

import pytest
from flask import Flask
from jsonschema import Draft202012Validator

from desk.platform.database import Database
from integration.access.permissions import PERMISSIONS
from integration.access.permissions import TokenScope as Scope
from integration.api.blueprint import ABOUT_ITSELF
from integration.api.docs_page import operation_sections
from integration.api.operations import OPERATIONS
from tests.integration.api_door import DOCUMENT, QUESTION, ApiDoor, schema

SCHEMAS: dict[str, Any] = DOCUMENT["components"]["schemas"]


@pytest.fixture
def door(database: Database, account: str) -> ApiDoor:
    return ApiDoor(database, account)


def routes(app: Flask) -> set[tuple[str, str]]:
    """(method, path) of each route of the API."""
    ours = [rule for rule in app.url_map.iter_rules() if rule.endpoint.startswith("api.")]
    return {
        (method, re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule))
        for rule in ours
        if rule.endpoint.removeprefix("api.") not in ABOUT_ITSELF
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }


def test_every_route_is_in_the_document_and_nothing_else(door: ApiDoor) -> None:
    described = {(method.upper(), path) for path, methods in DOCUMENT["paths"].items() for method in methods}
    assert described == routes(door.app)


def test_it_says_which_version_of_openapi_it_is_and_is_served_to_all(door: ApiDoor) -> None:
    answer = door.get("/api/v1/openapi.json", headers={"Authorization": ""})
    assert answer.json == DOCUMENT
    assert DOCUMENT["openapi"].startswith("3.1.")


def test_every_schema_is_a_json_schema_and_every_reference_leads_somewhere() -> None:
    def references(part: object) -> list[str]:
        if isinstance(part, dict):
            own = [part["$ref"]] if "$ref" in part else []
            return own + [found for value in part.values() for found in references(value)]
        return [found for each in part for found in references(each)] if isinstance(part, list) else []

    for each in SCHEMAS.values():
        Draft202012Validator.check_schema(each)
    found = references(DOCUMENT)
    assert found
    assert {name.removeprefix("#/components/schemas/") for name in found} <= set(SCHEMAS)


def test_every_example_fits_its_schema() -> None:
    shown = {name: each["examples"] for name, each in SCHEMAS.items() if "examples" in each}
    for name, examples in shown.items():
        for example in examples:
            schema(name).validate(example)
    bodies = {model.__name__ for each in OPERATIONS for model in (each.takes, each.gives) if model}
    assert bodies <= set(shown)


def test_every_example_of_a_body_is_taken(door: ApiDoor) -> None:
    ticket = door.open()
    for each in OPERATIONS:
        if each.takes:
            example = SCHEMAS[each.takes.__name__]["examples"][0]
            assert door.post(each.path.format(ticket_id=ticket), example).status_code == each.status


def test_the_document_refuses_what_the_api_refuses() -> None:
    for wrong in (
        {"subject": ""},
        {"subject": " "},
        {"priority": "asap"},
        {"unknown": 1},
        {"description": "x" * 100_001},
    ):
        assert not schema("NewTicketIn").is_valid(QUESTION | wrong), wrong
    assert schema("NewTicketIn").is_valid(QUESTION)


def test_each_operation_names_the_scope_that_is_asked_for() -> None:
    named = {
        scope
        for methods in DOCUMENT["paths"].values()
        for o in methods.values()
        for s in o["security"]
        for scope in s["token"]
    }
    assert named == {Scope.READ, Scope.WRITE, Scope.ACT}
    for each in OPERATIONS:
        needed = DOCUMENT["paths"][each.path][each.method.lower()]["security"]
        assert needed == ([{"token": [PERMISSIONS[each.act].scope]}] if each.act else [])


def test_every_refusal_of_a_tokened_operation_is_described() -> None:
    for each in OPERATIONS:
        if each.act:
            assert {"401", "403", "500", "503"} <= set(DOCUMENT["paths"][each.path][each.method.lower()]["responses"])


class Loads(HTMLParser):
    """Collects what a page makes the browser load, and its inline styles and scripts."""

    def __init__(self) -> None:
        super().__init__()
        self.loaded: list[str] = []
        self.inline: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag in {"script", "img", "iframe", "link", "source"}:
            self.loaded.append(given.get("src") or given.get("href") or "inline")
        self.inline += [name for name in given if name == "style" or name.startswith("on")]


def test_the_page_shows_every_operation_and_field(door: ApiDoor) -> None:
    page = door.get("/api/docs", headers={"Authorization": ""})
    assert page.status_code == 200
    for each in OPERATIONS:
        assert f'id="{each.name}"' in page.text
        assert each.path in page.text
    for line in (line for section in operation_sections(DOCUMENT) for line in (*section.takes, *section.gives)):
        assert f"<code>{line.name}</code>" in page.text


def test_nested_fields_are_shown_by_their_path() -> None:
    gives = {line.name for line in next(s for s in operation_sections(DOCUMENT) if s.name == "read_ticket").gives}
    assert {"messages", "messages[].sources[].url", "receipts[].reasons[].reason"} <= gives


def test_the_page_loads_nothing_from_another_host(door: ApiDoor) -> None:
    page = door.get("/api/docs")
    seen = Loads()
    seen.feed(page.text)
    assert seen.loaded
    assert all(address.startswith("/") and not address.startswith("//") for address in seen.loaded)
    assert seen.inline == []
    assert "default-src 'self'" in page.headers["Content-Security-Policy"]
    for address in seen.loaded:
        assert door.get(address, buffered=True).status_code == 200
    assert "http" not in door.get("/api/look/docs.css", buffered=True).text


def test_a_forged_host_cannot_write_markup_into_the_page(door: ApiDoor) -> None:
    page = door.get("/api/docs", headers={"Host": 'x"><script>alert(1)</script>'})
    assert "<script>alert" not in page.text
