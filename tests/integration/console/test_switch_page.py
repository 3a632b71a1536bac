"""A page is switched off in the console: by an admin, shown, written down, and not answered from."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from desk.passage import SearchScope
from desk.platform.database import Database
from integration.access.permissions import StaffRole
from knowledge.index.catalogue import list_documents
from knowledge.ingest.index_source import index_source
from knowledge.search.library import PostgresLibrary
from tests.fakes import FakeEmbedder
from tests.integration.paged import Queue, csrf, make_app, signed_in
from tests.knowledge.conftest import ListSource, make_page
from workers.audit import AuditFilter, list_audit

SCOPE = SearchScope(frozenset({"public"}), "en")


@pytest.fixture
def app(database: Database, account: str) -> Flask:
    return make_app(database, account, Queue())


@pytest.fixture
def document_id(database: Database, account: str) -> str:
    source = ListSource(make_page("refunds", "# Refunds\n\nRefunds take five days.", title="Refunds"))
    index_source(database, account, source, FakeEmbedder(dimensions=384))
    with database.account(account) as tx:
        return list_documents(tx)[0].id


def switch(client: FlaskClient, document_id: str, off: str = "yes") -> int:
    data = {"csrf": csrf(client), "off": off}
    return client.post(f"/console/documents/{document_id}/switch", data=data).status_code


def answers(database: Database, account: str) -> int:
    library = PostgresLibrary(database, FakeEmbedder(dimensions=384))
    return len(library.search(account, "How long do refunds take?", SCOPE, limit=5))


def test_off_it_is_not_answered_from_and_on_it_is_again(
    app: Flask, database: Database, account: str, document_id: str
) -> None:
    admin = signed_in(app, database, account)
    assert answers(database, account) == 1
    assert switch(admin, document_id) == 303
    assert answers(database, account) == 0
    assert "switched off" in admin.get("/console/documents").text
    page = admin.get(f"/console/documents/{document_id}").text
    assert 'by <span dir="auto">admin@firstline.example</span>' in page
    assert "Refunds take five days." in page
    assert switch(admin, document_id, off="no") == 303
    assert answers(database, account) == 1
    with database.account(account) as tx:
        lines = list(list_audit(tx, AuditFilter(), most=9))
    assert [(line.kind, line.subject) for line in lines[:2]] == [
        ("switch_on_page", "Refunds"), ("switch_off_page", "Refunds"),
    ]  # fmt: skip


@pytest.mark.parametrize("role", [StaffRole.VIEWER, StaffRole.AGENT])
def test_only_an_admin_may(app: Flask, database: Database, account: str, document_id: str, role: StaffRole) -> None:
    client = signed_in(app, database, account, role)
    assert switch(client, document_id) == 403
    assert answers(database, account) == 1
    assert "Switch this page off" not in client.get(f"/console/documents/{document_id}").text


def test_a_page_that_is_not_there_is_not_switched(app: Flask, database: Database, account: str) -> None:
    assert switch(signed_in(app, database, account), "00000000-0000-0000-0000-000000000000") == 404
