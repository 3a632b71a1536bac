"""The console's pages on documents and search, over a real index."""

import re
from dataclasses import replace
from uuid import uuid4

import pytest
import structlog
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import insert, update

from desk.errors import Temporary
from desk.passage import Citation, Hit
from desk.platform.database import Database
from desk.run import Action, Draft, Statement
from integration.access.permissions import StaffRole
from knowledge.index.catalogue import list_documents, list_passages
from knowledge.ingest.deletion_guard import HeldDeletion
from knowledge.ingest.index_source import index_source
from knowledge.ingest.sync import explain_held_back
from knowledge.sources.configured_sources import ConfiguredSource, record_success, save_source
from knowledge.tables import documents, sources
from tests.fakes import FakeEmbedder
from tests.integration.acted import Actor
from tests.integration.paged import Queue, csrf, make_app, signed_in
from tests.knowledge.conftest import ListSource, make_page

HOSTILE = '<script>alert("x")</script><img src=x onerror=alert(1)>'
EMBEDDER = FakeEmbedder(dimensions=384)
REFUNDS = "# Refunds\n\nA refund takes ten days.\n\n## Cards\n\n1. Open Billing.\n2. Choose Refund.\n"
PAGES = (
    make_page("refunds", REFUNDS, title="Refunds", url="https://help.example/refunds", collection="Billing"),
    make_page("fees", "| Plan | Fee |\n|---|---|\n| Small | 9 |\n| Large | 19 |\n", title="Fees"),
    make_page("erstattung", "Eine Erstattung dauert zehn Tage.", title="Erstattung", locale="de"),
    make_page("approval", "Only leads approve a refund above 500.", title="Approving refunds", audience="internal"),
)
NOWHERE = "00000000-0000-7000-8000-000000000000"


@pytest.fixture
def app(database: Database, account: str) -> Flask:
    return make_app(database, account, Queue())


@pytest.fixture
def viewer(app: Flask, database: Database, account: str) -> FlaskClient:
    return signed_in(app, database, account, StaffRole.VIEWER)


@pytest.fixture
def library(database: Database, account: str) -> dict[str, str]:
    """Four pages in the index; their ids by title."""
    return fill(database, account, *PAGES)


def fill(database: Database, account: str, *pages: object, name: str = "handbook") -> dict[str, str]:
    """Index these pages; the ids of all documents by title."""
    index_source(database, account, ListSource(*pages, name=name), EMBEDDER)  # type: ignore[arg-type]  # pages
    with database.account(account) as tx:
        return {document.title: document.id for document in list_documents(tx)}


def titles(page: str) -> list[str]:
    """The documents of a list, in order."""
    return re.findall(r'<td class="lead"><a href="/console/documents/[^"]+" dir="auto">([^<]*)</a>', page)


def found(page: str) -> list[tuple[str, str, str, str]]:
    """Rank, title, place by meaning and place by words of each row."""
    rows = re.findall(
        r'Rank </span>(\d+)</td>\s*<td class="lead"><a [^>]*>([^<]*)</a>.*?'
        r'class="place num">(\d+)</span>.*?class="place num">([\d–]+)</span>',
        page,
        re.DOTALL,
    )
    return [(rank, title, dense, lexical) for rank, title, dense, lexical in rows]


# --- Documents


def test_an_empty_library_says_how_to_fill_it(viewer: FlaskClient) -> None:
    for path in ("/console/documents", "/console/search", "/console/search?q=refund", "/console/gaps"):
        page = viewer.get(path)
        assert page.status_code == 200
        assert "firstline sources add" in page.text, path


def test_the_list_says_from_where_for_whom_and_how_fresh(viewer: FlaskClient, library: dict[str, str]) -> None:
    page = viewer.get("/console/documents").text
    assert titles(page) == ["Approving refunds", "Erstattung", "Fees", "Refunds"]
    assert page.count('<span class="tag is-internal">internal</span>') == 1
    assert ">Billing</span>" in page
    assert "handbook" in page
    assert page.count('<span class="soft">never</span>') >= 4
    assert '<span class="num">4</span> documents' in page


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("title=REFUND", ["Approving refunds", "Refunds"]),
        ("title=%25", []),
        ("locale=de", ["Erstattung"]),
        ("audience=internal", ["Approving refunds"]),
        ("collection=Billing", ["Refunds"]),
        ("collection=-&locale=en&audience=public", ["Fees"]),
        ("source=handbook&title=fee", ["Fees"]),
        ("source=other", []),
        ("title=%00%ED%A0%80" + "x" * 5000, []),
        ("page=1999", []),
    ],
)
def test_the_list_filters(viewer: FlaskClient, library: dict[str, str], query: str, shown: list[str]) -> None:
    page = viewer.get(f"/console/documents?{query}")
    assert page.status_code == 200
    assert titles(page.text) == shown
    assert shown or "No document fits" in page.text


def test_ten_thousand_documents_have_pages_that_keep_the_filter(
    viewer: FlaskClient, database: Database, account: str
) -> None:
    row = {"account_id": account, "source": "bulk", "locale": "en", "audience": "public", "version": "v"}
    rows = [
        row | {"id": str(uuid4()), "external_id": str(n), "title": f"Page {n:05}", "fingerprint": b""}
        for n in range(10_000)
    ]
    with database.account(account) as tx:
        tx.execute(insert(documents), rows)
    first = viewer.get("/console/documents?title=page").text
    assert titles(first)[:2] == ["Page 00000", "Page 00001"]
    assert "10,000" in first
    assert "Page 1 of 200" in first
    (further,) = re.findall(r'href="([^"]+)" rel="next"', first)
    assert "title=page" in further
    assert titles(viewer.get(further.replace("&amp;", "&")).text)[0] == "Page 00050"
    last = viewer.get("/console/documents?page=200").text
    assert titles(last)[-1] == "Page 09999"
    assert 'rel="next"' not in last


def test_a_source_shows_how_its_last_reading_went(viewer: FlaskClient, database: Database, account: str) -> None:
    fill(database, account, *PAGES[:1])
    good = {"added": 3, "changed": 1, "unchanged": 40, "removed": 0, "passages": 9, "skipped": []}
    with database.account(account) as tx:
        for name, values in (
            ("handbook", {"synced_at": "2026-03-01T10:00:00Z", "tried_at": "2026-03-01T10:00:00Z", "report": good}),
            ("site", {"tried_at": "2026-03-02T10:00:00Z", "error": f"the site answered 500 {HOSTILE}"}),
            ("new", {}),
            ("odd", {"report": {"added": "many"}, "synced_at": "2026-03-01T10:00:00Z"}),
        ):
            tx.execute(insert(sources).values(account_id=account, name=name, kind="website", **values))
    page = viewer.get("/console/documents").text
    for shown in ("4 sources", "1 failed", "the site answered 500 &lt;script&gt;", "Not read yet", "2026-03-01 10:00"):
        assert shown in page, shown
    assert "to confirm" not in page.lower()
    assert '<span class="num">3</span> added, <span class="num">1</span> changed' in page
    assert "<script>alert" not in page


def test_a_source_says_which_files_it_did_not_read(viewer: FlaskClient, database: Database, account: str) -> None:
    types = {f".x{number:02}": 1 for number in range(13)} | {".xlsx": 1_200, ".<b>": 2}
    with database.account(account) as tx:
        save_source(tx, ConfiguredSource("harbour", "folder", {"path": "/x"}))
        record_success(tx, "harbour", {"added": 1, "unread_types": types})
    page = viewer.get("/console/documents").text
    assert "1,215 files not read: .xlsx (1,200), .&lt;b&gt; (2), .x00 (1)" in page
    assert ".x09 (1), other types (3)" in page


def test_a_source_that_would_lose_most_of_its_pages_says_what_to_type(
    viewer: FlaskClient, database: Database, account: str
) -> None:
    held = {"added": 0, "changed": 0, "unchanged": 2, "removed": 0, "held": {"documents": 6, "of": 8}}
    read = {"synced_at": "2026-03-01T10:00:00Z", "tried_at": "2026-03-01T10:00:00Z", "report": held}
    with database.account(account) as tx:
        said = str(explain_held_back("shore", HeldDeletion(6, 8)))
        tx.execute(insert(sources).values(account_id=account, name="shore", kind="folder", error=said, **read))
    page = viewer.get("/console/documents").text
    assert "1 to confirm" in page
    assert "To confirm</span>" in page
    assert "6 of its 8 documents have gone from it at once" in page
    assert "firstline sources sync shore --confirm" in page
    assert "Failed" not in page


def test_a_document_shows_its_passages_with_their_headings(viewer: FlaskClient, library: dict[str, str]) -> None:
    page = viewer.get(f"/console/documents/{library['Refunds']}").text
    assert "A refund takes ten days." in page
    assert re.search(r"<ol><li dir=\"auto\">Open Billing.</li><li dir=\"auto\">Choose Refund.</li></ol>", page)
    assert 'href="https://help.example/refunds"' in page
    assert "No reply has cited it yet" in page
    table = viewer.get(f"/console/documents/{library['Fees']}").text
    assert '<ul class="table-rows">' in table


def test_a_long_document_has_pages_and_a_passage_leads_to_its_own(
    viewer: FlaskClient, database: Database, account: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("integration.console.documents.PASSAGES_PER_PAGE", 2)
    body = "\n\n".join(f"# Part {n}\n\n" + f"Sentence of part {n} stands here. " * 40 for n in range(5))
    ids = fill(database, account, make_page("long", body, title="Long"))
    with database.account(account) as tx:
        passages = list_passages(tx, ids["Long"], EMBEDDER.name, 100)
    answer = viewer.get(f"/console/passages/{passages[4].id}")
    assert answer.status_code == 302
    assert answer.location == f"/console/documents/{ids['Long']}?page=3#p-{passages[4].id}"
    page = viewer.get(answer.location).text
    assert f'id="p-{passages[4].id}"' in page
    assert "Passage 5<" in page
    assert passages[0].id not in page
    assert "There is no such page" in viewer.get(f"/console/documents/{ids['Long']}?page=99").text


@pytest.mark.parametrize("path", [f"documents/{NOWHERE}", f"passages/{NOWHERE}", "documents/x", "passages/%00"])
def test_what_is_not_in_the_index_is_not_found(viewer: FlaskClient, path: str) -> None:
    assert viewer.get(f"/console/{path}").status_code == 404


def test_a_document_lists_the_replies_that_cite_it(
    viewer: FlaskClient, database: Database, account: str, library: dict[str, str]
) -> None:
    actor = Actor(database, account)
    with database.account(account) as tx:
        (passage, *_) = list_passages(tx, library["Refunds"], EMBEDDER.name, 5)
    said = Statement(
        "A refund takes ten days.",
        passage.blocks[0].kind,
        0,
        (Citation(passage.document_id, passage.version, passage.id, (0,)),),
    )
    answered, noted = actor.open("Refund?"), actor.open("Refund!")
    for ticket, action in ((answered, Action.AUTO_REPLY), (noted, Action.INTERNAL_NOTE)):
        actor.finish(ticket, action, hits=(Hit(passage, 0.8, 1.0, 1.0, 0.9),), draft=Draft((said,)))
    assert (
        '<span class="num">1</span> reply, <span class="num">2</span> drafts' in viewer.get("/console/documents").text
    )
    page = viewer.get(f"/console/documents/{library['Refunds']}").text
    assert f"/console/tickets/api/{answered.ticket_id}" in page
    assert f"/console/tickets/api/{noted.ticket_id}" in page
    assert "public reply, sent" in page
    assert page.count("<blockquote") == 2
    story = viewer.get(f"/console/tickets/api/{answered.ticket_id}").text
    assert f'href="/console/passages/{passage.id}"' in story


def test_hostile_and_right_to_left_documents_are_shown_as_text(
    viewer: FlaskClient, database: Database, account: str
) -> None:
    evil = make_page(
        HOSTILE, f"{HOSTILE} refund", title=HOSTILE, url="javascript:alert(1)", audience=HOSTILE, collection=HOSTILE
    )
    arabic = make_page("ar", "# كيف أسترد المال\n\nيستغرق رد الأموال عشرة أيام.", title="استرداد الأموال", locale="ar")
    fill(database, account, evil, arabic, name=HOSTILE)
    with database.account(account) as tx:
        ids = {document.locale: document.id for document in list_documents(tx)}
    pages = [f"/console/documents/{ids['en']}", "/console/documents", "/console/search?q=refund"]
    for path in pages:
        page = viewer.get(path)
        assert page.status_code == 200
        assert "&lt;script&gt;" in page.text
        assert "<script>alert" not in page.text
        assert "<img src=x" not in page.text
        assert 'href="javascript:' not in page.text
    assert '<h1 class="subject" dir="auto">استرداد الأموال</h1>' in viewer.get(f"/console/documents/{ids['ar']}").text


def test_staff_see_no_document_of_another_account(viewer: FlaskClient, database: Database, other_account: str) -> None:
    ids = fill(database, other_account, make_page("secret", "Secret of the other.", title="Secret"))
    assert "Secret" not in viewer.get("/console/documents").text
    assert "Secret" not in viewer.get("/console/search?q=secret").text
    assert viewer.get(f"/console/documents/{ids['Secret']}").status_code == 404


def test_who_may_not_see_internal_documents_meets_none(
    viewer: FlaskClient, database: Database, account: str, library: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every role may, today: the table of permissions decides, so it is changed here."""
    from integration.access import permissions

    changed = dict(permissions.PERMISSIONS) | {
        permissions.Permission.SEE_INTERNAL: permissions.Requirement(StaffRole.ADMIN)
    }
    monkeypatch.setattr(permissions, "PERMISSIONS", changed)
    assert titles(viewer.get("/console/documents").text) == ["Erstattung", "Fees", "Refunds"]
    for path in ("documents", "search?q=approve+a+refund", "search?q=approve+a+refund&audience=internal", "gaps"):
        page = viewer.get(f"/console/{path}").text
        assert "Approving" not in page, path
        assert ">internal<" not in page, path
    assert viewer.get(f"/console/documents/{library['Approving refunds']}").status_code == 404
    with database.account(account) as tx:
        (passage,) = list_passages(tx, library["Approving refunds"], EMBEDDER.name, 5)
    assert viewer.get(f"/console/passages/{passage.id}", follow_redirects=True).status_code == 404


# --- Search


def test_a_search_shows_both_halves_beside_what_became_of_them(viewer: FlaskClient, library: dict[str, str]) -> None:
    page = viewer.get("/console/search?q=how+many+days+takes+a+refund").text
    rows = found(page)
    assert [rank for rank, *_ in rows] == [str(n) for n in range(1, len(rows) + 1)]
    assert rows[0][1:] == ("Refunds", "1", "1")
    assert ("Fees", "–") in [(title, lexical) for _, title, _, lexical in rows]
    assert "Erstattung" not in page.split("</form>")[1], "another language"
    assert "/console/passages/" in page


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("q=refund&audience=internal", {"Approving refunds"}),
        ("q=refund&collection=Billing", {"Refunds"}),
        ("q=refund&collection=-", {"Fees", "Approving refunds"}),
        ("q=erstattung&locale=de", {"Erstattung"}),
        ("q=refund&audience=nobody", set()),
    ],
)
def test_a_search_filters(viewer: FlaskClient, library: dict[str, str], query: str, shown: set[str]) -> None:
    page = viewer.get(f"/console/search?{query}").text
    assert {title for _, title, *_ in found(page)} == shown
    assert shown or "Nothing was found" in page


@pytest.mark.parametrize("query", ["q=%00%ED%A0%80", "q=" + "word+" * 5000, "q=%3F%3F%3F", "q=🙂&locale=%2F%2F", "q=+"])
def test_an_odd_search_is_no_error(viewer: FlaskClient, library: dict[str, str], query: str) -> None:
    assert viewer.get(f"/console/search?{query}").status_code == 200


def test_a_search_leaves_no_trace_of_the_question(viewer: FlaskClient, library: dict[str, str]) -> None:
    with structlog.testing.capture_logs() as lines:
        viewer.get("/console/search?q=refund+for+Ada+Sample")
    assert "Sample" not in repr(lines)


def test_an_embedder_that_is_away_is_said_and_breaks_nothing(
    app: Flask, viewer: FlaskClient, library: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(self: FakeEmbedder, text: str) -> list[float]:
        raise Temporary("the embedder did not answer")

    monkeypatch.setattr(FakeEmbedder, "embed_query", away)
    page = viewer.get("/console/search?q=refund")
    assert page.status_code == 200
    assert "could not be searched: the embedder did not answer" in page.text
    assert viewer.get("/console/gaps").status_code == 200


def test_a_document_of_an_older_version_is_marked_where_a_reply_used_it(
    viewer: FlaskClient, database: Database, account: str, library: dict[str, str]
) -> None:
    actor = Actor(database, account)
    with database.account(account) as tx:
        (passage, *_) = list_passages(tx, library["Refunds"], EMBEDDER.name, 5)
    passage = replace(passage, version="older")
    said = Statement(
        "It took two days.", passage.blocks[0].kind, 0, (Citation(passage.document_id, "older", passage.id, (0,)),)
    )
    actor.finish(actor.open(), Action.AUTO_REPLY, hits=(Hit(passage, 0.8, 1.0, 1.0, 0.9),), draft=Draft((said,)))
    assert "older version" in viewer.get(f"/console/documents/{library['Refunds']}").text


def test_a_change_of_the_text_is_seen_by_its_date(
    viewer: FlaskClient, database: Database, account: str, library: dict[str, str]
) -> None:
    with database.account(account) as tx:
        long_ago = update(documents).where(documents.c.id == library["Fees"]).values(updated_at="2020-02-03T04:05:00Z")
        tx.execute(long_ago)
    assert "2020-02-03 04:05" in viewer.get("/console/documents?title=Fees").text


# --- Reading a source now


@pytest.fixture
def queue() -> Queue:
    return Queue()


@pytest.fixture
def admin(database: Database, account: str, queue: Queue) -> FlaskClient:
    with database.account(account) as tx:
        tx.execute(insert(sources).values(account_id=account, name="site", kind="website"))
    return signed_in(make_app(database, account, queue), database, account)


def test_an_admin_has_a_source_read_at_once(admin: FlaskClient, queue: Queue, account: str) -> None:
    assert "Sync now" in admin.get("/console/documents").text
    sent = {"csrf": csrf(admin), "name": "site"}
    answer = admin.post("/console/sources/sync", data=sent, follow_redirects=True)
    assert "Asked for." in answer.text
    assert queue.items == [(account, "site")]


def test_a_lost_broker_is_said(admin: FlaskClient, queue: Queue) -> None:
    queue.away = True
    sent = {"csrf": csrf(admin), "name": "site"}
    assert "The queue did not answer" in admin.post("/console/sources/sync", data=sent, follow_redirects=True).text


@pytest.mark.parametrize("name", ["", "other", "\x00", "x" * 3000])
def test_only_a_source_that_is_there_can_be_read(admin: FlaskClient, queue: Queue, name: str) -> None:
    assert admin.post("/console/sources/sync", data={"csrf": csrf(admin), "name": name}).status_code == 404
    assert queue.items == []


def test_nobody_but_an_admin_and_their_own_page_asks_for_it(
    admin: FlaskClient, viewer: FlaskClient, queue: Queue
) -> None:
    assert admin.post("/console/sources/sync", data={"name": "site"}).status_code == 403
    assert viewer.post("/console/sources/sync", data={"csrf": csrf(viewer), "name": "site"}).status_code == 403
    assert "Sync now" not in viewer.get("/console/documents").text
    assert queue.items == []
