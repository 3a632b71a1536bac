"""The API on a Flask app of its own. Each answer is held against the OpenAPI document before a test sees it."""

import json
import re
from collections.abc import Callable, Iterable
from typing import Any

from flask import Flask
from jsonschema import Draft202012Validator
from werkzeug.test import TestResponse

from desk.platform.database import Database
from integration.access import api_tokens
from integration.access.permissions import TokenScope as Scope
from integration.api import make_api
from integration.api.openapi import openapi_document
from integration.api.views import StateViews
from integration.web.layout import make_pages
from tests.json_answers import json_of

DOCUMENT = openapi_document("0.0.test", 1_048_576)
QUESTION = {"customer_id": "c-7", "subject": "Invoices", "description": "Where do I find my invoices?"}
ALL = tuple(Scope)


def schema(name: str) -> Draft202012Validator:
    """What a named body must look like."""
    return Draft202012Validator(
        {"$ref": f"#/components/schemas/{name}", "components": DOCUMENT["components"]},
        format_checker=Draft202012Validator.FORMAT_CHECKER,
    )


class ApiDoor:
    """A client with a token, and what the API asked to enqueue."""

    def __init__(
        self, db: Database, account: str, scopes: Iterable[Scope] = ALL, *, token: str | None = None, **made: Any
    ) -> None:
        self.enqueued: list[tuple[str, str]] = []
        self.app = Flask("api-door")
        self.app.register_blueprint(make_pages("0.0.test"))
        checks: dict[str, Callable[[], None]] = made.pop("checks", {})
        enqueue = made.pop("enqueue", lambda *what: self.enqueued.append(what))
        state = StateViews("0.0.test", lambda: 12.34, checks, made.pop("installation", None))
        self.app.register_blueprint(make_api(db, enqueue, state, **made))
        self.token = token or self.new_token(db, account, scopes)

    @staticmethod
    def new_token(db: Database, account: str, scopes: Iterable[Scope]) -> str:
        with db.account(account) as tx:
            return api_tokens.create_token(tx, "test", scopes)

    def get(self, path: str, **how: Any) -> TestResponse:
        return self.send("GET", path, **how)

    def post(self, path: str, body: object = None, **how: Any) -> TestResponse:
        if body is not None:
            how |= {"data": json.dumps(body), "content_type": "application/json"}
        return self.send("POST", path, **how)

    def send(self, method: str, path: str, headers: dict[str, str] | None = None, **how: Any) -> TestResponse:
        sent = {"Authorization": f"Bearer {self.token}"} | (headers or {})
        answer = self.app.test_client().open(path, method=method, headers=sent, **how)
        self.check(method, path, answer)
        return answer

    def open(self, body: dict[str, object] | None = None, **how: Any) -> str:
        """A new ticket's id."""
        answer = self.post("/api/v1/tickets", QUESTION | (body or {}), **how)
        assert answer.status_code == 202, answer.text
        return str(json_of(answer)["id"])

    @staticmethod
    def check(method: str, path: str, answer: TestResponse) -> None:
        """Is this answer in the document, and has it the shape that stands there?"""
        for known, operations in DOCUMENT["paths"].items():
            fits = re.fullmatch(known.replace("{ticket_id}", "[0-9a-f-]{36}"), path)
            if fits and method.lower() in operations:
                described = operations[method.lower()]["responses"][str(answer.status_code)]["content"]
                kind = described[answer.mimetype]["schema"]["$ref"].rsplit("/", 1)[-1]
                schema(kind).validate(answer.json)
