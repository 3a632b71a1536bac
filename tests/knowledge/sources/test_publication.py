"""What its author keeps from readers is not read, whichever words he uses; all else is."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from desk.pages import Page, UnreadablePage
from desk.platform.database import Database
from knowledge.index.catalogue import list_documents
from knowledge.ingest.index_source import index_source
from knowledge.sources.files.front_matter import split_front_matter
from knowledge.sources.files.publication import unpublished_flag, unpublished_meta, unpublished_path
from knowledge.sources.folder import Folder
from tests.knowledge.conftest import WordEmbedder

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)

KEPT_BACK = {
    "draft: true": "draft",
    "draft: 'true'": "draft",
    "Draft: yes": "draft",
    "isDraft: true": "draft",
    "published: false": "not published",
    "publish: no": "not published",
    "unlisted: true": "unlisted",
    "listed: false": "unlisted",
    "hidden: true": "hidden",
    "visible: false": "hidden",
    "noindex: true": "noindex",
    "robots: noindex, nofollow": "noindex",
    "seo:\n  noindex: true": "noindex",
    "seo:\n  robots: none": "noindex",
    "head:\n  - - meta\n    - name: robots\n      content: noindex": "noindex",
    "head:\n  - tag: meta\n    attrs:\n      name: robots\n      content: noindex": "noindex",
    "search:\n  exclude: true": "search",
    "search: false": "search",
    "search_exclude: true": "search",
    "pagefind: false": "search",
    "archived: true": "archived",
    "internal: true": "internal",
    "visibility: internal": "internal",
    "visibility: Private": "Private",
    "status: draft": "draft",
    "status: In Review": "In Review",
    "public: false": "not public",
    "groups: [staff]": "groups",
    "headless: true": "headless",
    "build:\n  render: never": "not rendered",
    "publishDate: 2026-06-02": "2026-06-02",
    "publish_date: '2026-06-01T13:00:00+00:00'": "2026-06-01",
    "date: 2027-01-01": "2027-01-01",
    "expiryDate: 2026-05-31": "2026-05-31",
    "expires: 2026-06-01T11:00:00Z": "2026-06-01",
}

READ = (
    "title: Draft beer",
    "draft: false",
    "published: true",
    "published: 2020-01-01",
    "unlisted: false",
    "status: new",
    "status: deprecated",
    "visibility: public",
    "search:\n  boost: 2",
    "search:\n  exclude: false",
    "sitemap: false",
    "nav_exclude: true",
    "date: 2026-05-01",
    "date: soon",
    "publishDate: 2026-06-01",
    "expiryDate: 2026-12-31",
    "robots: index, follow",
    "hide: [toc]",
    "groups: []",
    "audience: internal\nvisibility: internal",
    "search: &a\n  search: *a",
)


def reason(front_matter: str) -> str | None:
    return unpublished_flag(split_front_matter(f"---\n{front_matter}\n---\n")[0], NOW)


@pytest.mark.parametrize("front_matter", KEPT_BACK)
def test_a_page_that_is_not_for_readers_is_known_by_its_front_matter(front_matter: str) -> None:
    assert KEPT_BACK[front_matter] in (reason(front_matter) or "")


@pytest.mark.parametrize("front_matter", READ)
def test_a_page_whose_front_matter_keeps_nothing_back_is_read(front_matter: str) -> None:
    assert reason(front_matter) is None


@pytest.mark.parametrize(
    "text",
    [
        "+++\ntitle = 'Kite'\ndraft = true\n+++\nText",
        '{\n  "title": "Kite",\n  "draft": true\n}\n\nText',
        ';;;\n"draft": true\n;;;\nText',
        "---\r\ndraft: true\r\n---\r\nText",
        "---\ndraft: true\n...\nText",
    ],
)
def test_front_matter_is_yaml_toml_or_json(text: str) -> None:
    front_matter, body = split_front_matter(text)
    assert unpublished_flag(front_matter, NOW) == "is a draft"
    assert body == "Text"


def test_braces_and_rules_above_a_text_are_no_front_matter() -> None:
    for text in ("{\nnot json", "+++\nnever closed", "{ a } text", "---\n- a list\n---\nText"):
        assert split_front_matter(text) == ({}, text)


@pytest.mark.parametrize(
    ("path", "word"),
    [
        ("_drafts/kite.md", "draft"),
        ("blog/_drafts/kite.md", "draft"),
        ("drafts/kite.html", "draft"),
        ("_archive/kite.md", "archived"),
        ("_internal/kite.md", "internal"),
        ("kite.draft.md", "draft"),
        ("guides/_shared-steps.mdx", "part of other pages"),
    ],
)
def test_a_page_that_is_not_for_readers_is_known_by_its_place(path: str, word: str) -> None:
    assert word in (unpublished_path(path) or "")


@pytest.mark.parametrize("path", ["_index.md", "docs/_index.md", "_posts/2020-01-01-kite.md", "drafting.md", "a/b.mdx"])
def test_other_places_are_published(path: str) -> None:
    assert unpublished_path(path) is None


@pytest.mark.parametrize(
    ("html", "kept_back"),
    [
        ('<meta name="robots" content="noindex">', True),
        ("<META content='noindex, follow' name='robots'>", True),
        ("<meta name=robots content=none>", True),
        ('<meta name="robots" content="index, follow">', False),
        ('<meta name="description" content="What noindex means">', False),
        ("<p>Write noindex into robots.</p>", False),
    ],
)
def test_a_page_that_robots_may_not_keep_is_not_read(html: str, kept_back: bool) -> None:
    assert (unpublished_meta(html) is not None) is kept_back


def test_pages_that_become_unpublished_leave_the_index_at_once_however_many_and_are_named(
    tmp_path: Path, database: Database, account: str, embedder: WordEmbedder
) -> None:
    for number in range(8):
        (tmp_path / f"p{number}.md").write_text(f"A kite of kind {number}.")
    assert index_source(database, account, Folder(tmp_path), embedder).added == 8
    for number in range(7):
        (tmp_path / f"p{number}.md").write_text(f"---\ndraft: true\n---\nA kite of kind {number}.")
    report = index_source(database, account, Folder(tmp_path), embedder)
    assert (report.removed, report.held, report.unchanged) == (7, None, 1)
    assert {(page.id, page.why) for page in report.skipped} == {(f"p{n}.md", "is a draft") for n in range(7)}
    with database.account(account) as tx:
        assert [each.external_id for each in list_documents(tx)] == ["p7.md"]


def test_what_is_unpublished_leaves_even_while_other_deletions_are_held(
    tmp_path: Path, database: Database, account: str, embedder: WordEmbedder
) -> None:
    for number in range(12):
        (tmp_path / f"p{number}.md").write_text(f"A kite of kind {number}.")
    index_source(database, account, Folder(tmp_path), embedder)
    (tmp_path / "p0.md").write_text("---\npublished: false\n---\nA kite.")
    for number in range(1, 11):
        (tmp_path / f"p{number}.md").unlink()
    report = index_source(database, account, Folder(tmp_path), embedder)
    assert report.removed == 1
    assert report.held is not None
    with database.account(account) as tx:
        assert "p0.md" not in {each.external_id for each in list_documents(tx)}


def test_a_page_is_read_again_when_it_is_published(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("---\ndraft: true\n---\nText.")
    assert list(Folder(tmp_path).pages(lambda _: None)) == [UnreadablePage("a.md", "is a draft", unpublished=True)]
    (tmp_path / "a.md").write_text("---\ndraft: false\n---\nText.")
    [page] = Folder(tmp_path).pages(lambda _: None)
    assert isinstance(page, Page)
