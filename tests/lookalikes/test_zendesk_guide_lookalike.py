"""The help center of the look-alike, read by zenpy itself and told of by webhook."""

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest
import requests
from zenpy import Zenpy

from tests.lookalikes.zendesk import EMAIL, TOKEN, Zendesk, sign

pytestmark = pytest.mark.loopback


@pytest.fixture
def zendesk() -> Iterator[Zendesk]:
    with Zendesk() as party:
        yield party


def get(zendesk: Zendesk, path: str, **query: str) -> Any:
    answer = requests.get(f"{zendesk.url}/api/v2/{path}", query, auth=(f"{EMAIL}/token", TOKEN), timeout=5)
    return answer.json() if answer.ok else answer.status_code


def test_zenpy_reads_articles_sections_and_categories(zendesk: Zendesk) -> None:
    number = zendesk.guide.publish("Reset", "<p>Click.</p>", section="Login", category="Account")
    client = Zenpy(subdomain="127", domain=f"0.0.1:{zendesk.url.rsplit(':', 1)[1]}", email=EMAIL, token=TOKEN)
    center = client.help_center
    for api in (center.articles, center.sections, center.categories, center.user_segments):
        api.protocol = "http"
    [article] = list(center.articles())
    assert (article.id, article.title, article.draft, article.user_segment_id) == (number, "Reset", False, None)
    assert [section.name for section in center.sections()] == ["Login"]
    assert [category.name for category in center.categories()] == ["Account"]
    assert [segment.user_type for segment in center.user_segments()] == ["signed_in_users", "staff"]


def test_a_language_lists_what_is_translated_into_it_drafts_too(zendesk: Zendesk) -> None:
    guide = zendesk.guide
    guide.locales = ["en-us", "de"]
    number = guide.publish("Reset", "<p>Click.</p>")
    guide.publish("English", "<p>Only.</p>")
    guide.translate(number, "de", "Zurück", "<p>Klick.</p>", draft=True)
    listed = get(zendesk, "help_center/de/articles.json", **{"page[size]": "100"})
    assert [(each["title"], each["locale"], each["draft"]) for each in listed["articles"]] == [("Zurück", "de", True)]
    assert listed["meta"]["has_more"] is False
    assert get(zendesk, "help_center/fr/articles.json") == 404
    assert get(zendesk, f"help_center/de/articles/{number}.json")["article"]["outdated"] is False


def test_the_incremental_export_knows_nothing_of_what_was_archived(zendesk: Zendesk) -> None:
    number = zendesk.guide.publish("Reset", "<p>Click.</p>")
    assert get(zendesk, "help_center/incremental/articles.json", start_time="0")["count"] == 1
    zendesk.guide.archive(number)
    assert get(zendesk, "help_center/incremental/articles.json", start_time="0")["count"] == 0
    assert get(zendesk, f"help_center/articles/{number}.json") == 404


def test_search_finds_by_status_tags_and_time(zendesk: Zendesk) -> None:
    one, two = zendesk.new_ticket("One", "First?", tags=["a"]), zendesk.new_ticket("Two", "Second?", tags=["b"])
    zendesk.set_status(one, "solved")

    def search(query: str) -> Any:
        found = get(zendesk, "search/export.json", query=query, **{"filter[type]": "ticket"})
        return [each["id"] for each in found["results"]] if isinstance(found, dict) else found

    assert search("status:solved status:closed") == [one]
    assert search("tags:a tags:b") == [one, two]
    assert search("-tags:a") == [two]
    assert search("solved>2099-01-01") == []
    assert search("type:ticket") == 422


def test_publishing_is_told_by_a_signed_event_in_zendesks_shape(zendesk: Zendesk) -> None:
    heard: list[tuple[dict[str, str], bytes]] = []

    class Door(BaseHTTPRequestHandler):
        def do_POST(self) -> None:  # the library's name
            heard.append((dict(self.headers), self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(202)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        zendesk.connect_webhook(f"http://127.0.0.1:{server.server_address[1]}/", "s")
        number = zendesk.guide.publish("Reset", "<p>Click.</p>")
        assert zendesk.drain()
    finally:
        server.shutdown()
        server.server_close()
    [(headers, body)] = heard
    stamp = headers["X-Zendesk-Webhook-Signature-Timestamp"]
    assert headers["X-Zendesk-Webhook-Signature"] == sign("s", stamp, body)
    told = json.loads(body)
    assert (told["type"], told["subject"]) == ("zen:event-type:article.published", f"zen:article:{number}")
    assert told["detail"] == {"brand_id": "7001", "id": str(number), "user_id": "9000000000001"}
    assert (told["event"]["title"], told["event"]["locale"]) == ("Reset", "en-us")


def test_it_is_steered_by_http_too(zendesk: Zendesk) -> None:
    made = requests.post(f"{zendesk.url}/_guide/publish", json={"title": "A", "body": "<p>B</p>"}, timeout=5).json()
    assert zendesk.guide.articles[made["id"]]["translations"]["en-us"]["title"] == "A"
    assert requests.post(f"{zendesk.url}/_guide/archive", json={"article": made["id"]}, timeout=5).ok
    assert requests.post(f"{zendesk.url}/_guide/archive", json={"article": 5}, timeout=5).status_code == 400
    assert requests.post(f"{zendesk.url}/_guide/answer", json={}, timeout=5).status_code == 404
