"""Zendesk Guide as a source: what is published is found, what is not for customers never is."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from desk.errors import Blocked, FirstlineError, Permanent, Temporary
from desk.pages import Page, UnchangedPage, UnreadablePage
from desk.passage import SearchScope
from desk.platform.database import Database
from integration.connections import block_until, save_connection
from integration.zendesk.api.connection import PARTY
from integration.zendesk.api.guide_models import GuideArticle, Segment
from integration.zendesk.sources.guide import KIND, GuideSettings, GuideSource, audience_of
from knowledge.ingest.index_run import IndexReport
from knowledge.ingest.index_source import index_source
from knowledge.search.library import PostgresLibrary
from tests.fakes import FakeEmbedder
from tests.integration.zendesk_house import connection
from tests.lookalikes.zendesk import Zendesk

pytestmark = pytest.mark.loopback

LATER = timedelta(minutes=5)
RESET = "Click Forgot password on the sign-in page."


class Center:
    """A help center, its source, and an index of its own."""

    def __init__(self, db: Database, account: str, zendesk: Zendesk) -> None:
        self.db, self.account, self.zendesk = db, account, zendesk
        self.embedder = FakeEmbedder()

    def source(self, **settings: object) -> GuideSource:
        later = datetime.now(UTC) + LATER
        return GuideSource(self.db, self.account, settings=GuideSettings.model_validate(settings), now=lambda: later)

    def sync(self, **settings: object) -> IndexReport:
        return index_source(self.db, self.account, self.source(**settings), self.embedder)

    def pages(self, **settings: object) -> list[Page]:
        return [page for page in self.source(**settings).pages(lambda _: None) if isinstance(page, Page)]

    def found(self, words: str, *audiences: str, locale: str = "en", collection: str | None = None) -> list[str]:
        """The titles that a customer's search gives."""
        library = PostgresLibrary(self.db, self.embedder)
        collections = frozenset({collection}) if collection else None
        scope = SearchScope(frozenset(audiences or ("public",)), locale, collections)
        hits = library.search(self.account, words, scope, limit=10)
        return [hit.passage.title for hit in hits]

    def unblock(self) -> None:
        with self.db.account(self.account) as tx:
            save_connection(tx, PARTY, connection(self.zendesk))


@pytest.fixture
def center(database: Database, account: str) -> Iterator[Center]:
    with Zendesk() as zendesk:
        made = Center(database, account, zendesk)
        made.unblock()
        yield made


def test_a_published_article_is_found_after_one_sync(center: Center) -> None:
    article = center.zendesk.guide.publish(
        "Reset your password", f"<p>{RESET}</p>", section="Login", category="Account"
    )
    report = center.sync()
    assert (report.added, report.skipped) == (1, ())
    assert center.found("forgot password") == ["Reset your password"]
    [page] = center.pages()
    assert page.id == f"{article}:en-us"
    assert (page.url, page.locale) == (f"https://acorn.zendesk.example/hc/en-us/articles/{article}", "en-us")
    assert (page.audience, page.collection) == ("public", "Account")


@pytest.mark.parametrize("how", ["archived", "unpublished", "for staff", "for one group", "hidden from visitors"])
def test_what_customers_may_no_longer_read_is_gone_after_one_sync(center: Center, how: str) -> None:
    guide = center.zendesk.guide
    article = guide.publish("Reset your password", f"<p>{RESET}</p>")
    guide.publish("Other things", "<p>They are still there.</p>")
    center.sync()
    match how:
        case "archived":
            guide.archive(article)
        case "unpublished":
            guide.unpublish(article)
        case "for staff":
            guide.change(article, user_segment_id=guide.staff)
        case "for one group":
            guide.change(article, user_segment_id=guide.segment("Gold", tags=["gold"]))
        case _:
            guide.change(article, user_segment_id=guide.signed_in)
    center.sync()
    assert center.found("forgot password on the sign-in page") == ["Other things"]


def test_a_segment_that_becomes_staffs_takes_its_articles_along(center: Center) -> None:
    """The segment changes, and no article's time does."""
    guide = center.zendesk.guide
    segment = guide.segment("Testers")
    guide.publish("Reset your password", f"<p>{RESET}</p>", segment=segment)
    center.sync()
    assert center.found("password", "signed_in") == ["Reset your password"]
    guide.segments[segment]["user_type"] = "staff"
    center.sync()
    assert center.found("password", "public", "signed_in") == []
    assert center.found("password", "internal") == ["Reset your password"]


def test_a_draft_never_reaches_the_index(center: Center) -> None:
    draft = center.zendesk.guide.publish("Secret plans", "<p>Nothing is out yet.</p>", draft=True)
    report = center.sync()
    assert report.added == 0
    assert report.skipped == (UnreadablePage(f"{draft}:en-us", "is a draft", unpublished=True),)
    assert center.found("secret plans", "public", "internal", "signed_in") == []


def test_an_unchanged_article_is_not_read_again(center: Center) -> None:
    guide = center.zendesk.guide
    article = guide.publish("Reset your password", f"<p>{RESET}</p>")
    center.sync()
    known = {page.id: page.stamp for page in center.pages()}
    again = list(center.source().pages(known.get))
    assert again == [UnchangedPage(f"{article}:en-us")]
    assert center.sync().unchanged == 1
    guide.clock = lambda: datetime.now(UTC).timestamp() + 60
    guide.translate(article, "en-us", "Reset your password", "<p>Ask your administrator.</p>")
    assert center.sync().changed == 1


def test_what_changed_a_moment_ago_is_read_again_the_next_time(center: Center) -> None:
    """Two edits within one second have one time."""
    center.zendesk.guide.publish("Reset your password", f"<p>{RESET}</p>")
    now = GuideSource(center.db, center.account)
    assert [page.stamp for page in now.pages(lambda _: None) if isinstance(page, Page)] == [None]


def test_a_moved_article_changes_its_collection(center: Center) -> None:
    guide = center.zendesk.guide
    article = guide.publish("Reset your password", f"<p>{RESET}</p>", category="Account")
    guide.publish("Invoices", "<p>You get one a month.</p>", category="Billing", section="Invoices")
    center.sync()
    assert center.found("password", collection="Account") == ["Reset your password"]
    billing = next(each["id"] for each in guide.sections.values() if each["name"] == "Invoices")
    guide.change(article, section_id=billing)
    center.sync()
    assert center.found("password", collection="Account") == []
    assert "Reset your password" in center.found("password", collection="Billing")


def test_the_collection_can_be_the_section_or_nothing(center: Center) -> None:
    center.zendesk.guide.publish("Reset", f"<p>{RESET}</p>", category="Account", section="Login")
    assert [page.collection for page in center.pages(shelf="section")] == ["Login"]
    assert [page.collection for page in center.pages(shelf="none")] == [""]


def test_each_language_is_a_page_of_its_own(center: Center) -> None:
    guide = center.zendesk.guide
    guide.locales = ["en-us", "de"]
    article = guide.publish("Reset your password", f"<p>{RESET}</p>")
    guide.translate(article, "de", "Passwort zurücksetzen", "<p>Klicken Sie auf Passwort vergessen.</p>")
    guide.publish("Only English", "<p>There is no translation.</p>")
    assert center.sync().added == 3
    assert {page.id for page in center.pages() if page.locale == "de"} == {f"{article}:de"}
    assert center.found("Passwort vergessen", locale="de")[0] == "Passwort zurücksetzen"
    assert {page.locale for page in center.pages(locales="de")} == {"de"}
    guide.unpublish(article, "de")
    assert center.sync().removed == 1


def test_a_language_that_is_switched_off_leaves_the_index(center: Center) -> None:
    guide = center.zendesk.guide
    guide.locales = ["en-us", "de"]
    article = guide.publish("Reset your password", f"<p>{RESET}</p>")
    guide.translate(article, "de", "Passwort zurücksetzen", "<p>Klicken Sie hier.</p>")
    center.sync()
    guide.locales = ["en-us"]
    assert center.sync().removed == 1


def test_a_translation_behind_its_original_is_left_out_unless_wanted(center: Center) -> None:
    guide = center.zendesk.guide
    guide.locales = ["en-us", "de"]
    article = guide.publish("Reset your password", f"<p>{RESET}</p>")
    guide.translate(article, "de", "Passwort zurücksetzen", "<p>Rufen Sie uns an.</p>")
    guide.change(article, outdated_locales=["de"])
    assert [page.locale for page in center.pages()] == ["en-us"]
    assert [page.locale for page in center.pages(outdated=True)] == ["en-us", "de"]


def test_250_articles_are_read_in_pages_of_100(center: Center) -> None:
    for number in range(250):
        center.zendesk.guide.publish(f"Article {number}", f"<p>Number {number}.</p>", draft=number % 50 == 7)
    assert len(center.pages()) == 245
    asked = [each for each in center.zendesk.requests if each.path.endswith("/articles.json")]
    assert [each.query["page[size]"] for each in asked] == ["100"] * 3


def test_a_rate_limit_half_way_changes_nothing_and_stops_everybody(center: Center) -> None:
    """Of the articles archived meanwhile none is lost or gone before the list is whole."""
    guide = center.zendesk.guide
    numbers = [guide.publish(f"Article {number}", f"<p>Number {number} is here.</p>") for number in range(120)]
    center.sync()
    guide.archive(numbers[0])
    guide.change(numbers[1], user_segment_id=guide.staff)
    pages = center.source().pages(lambda _: None)
    next(pages)
    center.zendesk.fail(path=r"/articles\.json", status=429, headers={"Retry-After": "7"})
    with pytest.raises(Temporary) as caught:
        list(pages)
    assert caught.value.retry_after == 7
    center.zendesk.fail(path=r"/articles\.json", status=429, headers={"Retry-After": "7"})
    with pytest.raises(Temporary):
        center.sync()
    assert "Article 0" in center.found("Number 0 is here")
    center.unblock()
    assert center.sync().removed == 1


@pytest.mark.parametrize(
    "fault",
    [
        {"status": 503, "body": "{}"},
        {"cut": "before"},
        {"garble": '{"articles": [{"id": 1, "loc'},
        {"garble": '{"articles": [], "meta": {}}'},
        {"garble": '{"articles": []}'},
        {"garble": '{"articles": [], "meta": {"has_more": true, "after_cursor": null}}'},
        {"garble": '{"articles": [{"title": "which?"}], "meta": {"has_more": false}}'},
        {"garble": '{"articles": ["text"], "meta": {"has_more": false}}'},
    ],
)
def test_a_list_that_breaks_off_leaves_the_index_as_it_was(center: Center, fault: dict[str, object]) -> None:
    center.zendesk.guide.publish("Reset your password", f"<p>{RESET}</p>")
    center.sync()
    center.zendesk.fail(path=r"/articles\.json", **fault)
    with pytest.raises(Temporary):
        center.sync()
    assert center.found("forgot password") == ["Reset your password"]


def test_an_article_without_a_word_on_its_readers_is_not_read_and_its_neighbours_are(center: Center) -> None:
    """Were a missing segment taken for everyone, a change of Zendesk's would publish what is internal."""
    guide = center.zendesk.guide
    article, other = guide.publish("Reset", f"<p>{RESET}</p>"), guide.publish("Other", "<p>Other things.</p>")
    new = guide.publish("Third", "<p>A third.</p>")
    center.sync()
    for each in (article, new):
        del guide.articles[each]["user_segment_id"]
    guide.archive(other)
    report = center.sync()
    assert [page.id for page in report.skipped] == [f"{article}:en-us", f"{new}:en-us"]
    assert (report.removed, report.added) == (1, 0)


def test_a_help_center_that_names_no_language_is_not_taken_for_empty(center: Center) -> None:
    center.zendesk.guide.publish("Reset", f"<p>{RESET}</p>")
    center.sync()
    center.zendesk.fail(path="/locales", garble='{"locales": []}')
    with pytest.raises(Temporary):
        center.sync()


def test_a_pause_that_somebody_else_was_told_of_is_kept_between_pages(center: Center) -> None:
    for number in range(101):
        center.zendesk.guide.publish(f"Article {number}", "<p>Text.</p>")
    pages = center.source(shelf="none").pages(lambda _: None)
    next(pages)
    with center.db.account(center.account) as tx:
        block_until(tx, PARTY, 30)
    with pytest.raises(Blocked):
        list(pages)


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ({"path": "/help_center/", "status": 403, "body": '{"error": "Forbidden"}'}, "forbids"),
        ({"path": "/help_center/", "status": 404, "body": '{"error": "InvalidEndpoint"}'}, "no help center"),
        ({"path": "/help_center/", "status": 401, "body": '{"error": "Couldn\'t authenticate you"}'}, "token"),
    ],
)
def test_what_a_person_must_mend_is_said_clearly_and_deletes_nothing(
    center: Center, fault: dict[str, object], words: str
) -> None:
    center.zendesk.guide.publish("Reset your password", f"<p>{RESET}</p>")
    center.sync()
    center.zendesk.fail(**fault)
    with pytest.raises(FirstlineError, match=words):
        center.sync()
    assert center.found("forgot password") == ["Reset your password"]


def test_a_language_that_is_not_there_is_named(center: Center) -> None:
    with pytest.raises(Permanent, match="has no fr; it has en-us"):
        center.pages(locales=["fr"])


def test_an_account_without_zendesk_cannot_open_the_source(database: Database, other_account: str) -> None:
    with pytest.raises(Permanent, match="not connected"):
        KIND.open(database, other_account, "zendesk-guide", GuideSettings())


@pytest.mark.parametrize(
    ("segments", "audience"),
    [
        ([], "public"),
        (["staff"], "internal"),
        (["signed_in"], "signed_in"),
        (["gold"], "segment-3"),
        (["staff", "gold"], "segment-1-3"),
        (["gold", "signed_in"], "signed_in"),
        (["unknown"], "segment-9"),
    ],
)
def test_only_what_everybody_may_read_is_public(segments: list[str], audience: str) -> None:
    numbers = {"staff": "1", "signed_in": "2", "gold": "3", "unknown": "9"}
    known = {
        "1": Segment(id="1", user_type="staff"),
        "2": Segment(id="2", user_type="signed_in_users"),
        "3": Segment(id="3", user_type="signed_in_users", tags=["gold"]),
    }
    ids = [numbers[each] for each in segments]
    given = {"id": 1, "locale": "en-us", "draft": False, "updated_at": "2026-03-02T09:00:00Z"}
    article = GuideArticle.model_validate(
        {**given, "user_segment_id": ids[0] if ids else None, "user_segment_ids": ids}
    )
    assert audience_of(article, known) == audience


def test_hostile_bodies_are_pages_like_others(center: Center) -> None:
    bodies = ["", "<p>\x00\ud800 odd</p>".encode("utf-8", "replace").decode(), "<script>alert(1)</script>", "<p" * 5000]
    for place, body in enumerate(bodies):
        center.zendesk.guide.publish(f"Odd {place}\n\n\u202e", body)
    report = center.sync()
    assert len(center.pages()) == len(bodies)
    assert report.added + len(report.skipped) == len(bodies)
