"""A folder of files as a source of pages."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from desk.errors import Permanent
from desk.ports import Markup, Page, PageSource, Unreadable
from knowledge.sources import folder
from knowledge.sources.folder import Folder


def no_stamps(page_id: str) -> None:
    """The index holds nothing."""


def write(root: Path, name: str, content: str | bytes) -> None:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)


def read(root: Path) -> dict[str, Page | Unreadable]:
    return {page.id: page for page in Folder(root).pages(no_stamps)}


def why(found: Page | Unreadable) -> str:
    assert isinstance(found, Unreadable)
    return found.why


def test_pages_come_in_order_with_their_markup(tmp_path: Path) -> None:
    for name in ("b.md", "a/c.HTML", "a/b.htm", "z.txt", "logo.png", ".hidden.md", ".git/x.md"):
        write(tmp_path, name, "text")
    found = read(tmp_path)
    assert list(found) == ["b.md", "z.txt", "a/b.htm", "a/c.HTML"]
    assert [page.markup for page in found.values() if isinstance(page, Page)] == [
        Markup.MARKDOWN,
        Markup.TEXT,
        Markup.HTML,
        Markup.HTML,
    ]
    assert Folder(tmp_path).count() == 4


def test_front_matter_says_title_locale_audience_and_address(tmp_path: Path) -> None:
    front = "---\r\ntitle: Fees\r\nlocale: de-AT\r\naudience: Internal\r\nurl: https://a.example/f\r\n---\r\nBody"
    write(tmp_path, "a.md", front)
    assert read(tmp_path)["a.md"] == Page(
        "a.md", "Body", Markup.MARKDOWN, "Fees", "https://a.example/f", "de-AT", "internal"
    )


def test_without_front_matter_a_page_is_public_and_english(tmp_path: Path) -> None:
    write(tmp_path, "a.md", "\ufeff# Hi")
    assert read(tmp_path)["a.md"] == Page("a.md", "# Hi", Markup.MARKDOWN)


def test_a_rule_at_the_top_is_no_front_matter(tmp_path: Path) -> None:
    write(tmp_path, "a.md", "---\nHello")
    page = read(tmp_path)["a.md"]
    assert isinstance(page, Page)
    assert page.body == "---\nHello"


def test_a_draft_is_not_a_page(tmp_path: Path) -> None:
    write(tmp_path, "a.md", "---\ndraft: true\n---\nSoon")
    assert read(tmp_path) == {}


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"\x89PNG\r\n\0\0", "is binary"),
        (b"caf\xe9 latin", "is not UTF-8 (byte 3)"),
        (b"---\ntitle: [\n---\nx", "has front matter that is not YAML"),
        (b"---\ntitle: {a: 1}\n---\nx", "has front matter whose title is not a single value"),
    ],
    ids=["binary", "latin", "yaml", "mapping"],
)
def test_a_file_that_cannot_be_read_is_reported_and_its_neighbours_are_read(
    tmp_path: Path, content: bytes, reason: str
) -> None:
    write(tmp_path, "bad.md", content)
    write(tmp_path, "good.md", "fine")
    found = read(tmp_path)
    assert why(found["bad.md"]) == reason
    assert isinstance(found["good.md"], Page)


def test_a_file_too_large_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folder, "MOST_BYTES", 10)
    write(tmp_path, "big.md", "x" * 11)
    assert "larger" in why(read(tmp_path)["big.md"])


def test_utf_16_with_its_mark_is_read(tmp_path: Path) -> None:
    write(tmp_path, "a.txt", "Grüße".encode("utf-16"))
    page = read(tmp_path)["a.txt"]
    assert isinstance(page, Page)
    assert page.body == "Grüße"


def test_links_out_of_the_folder_are_not_followed(tmp_path: Path) -> None:
    write(tmp_path, "secret/key.md", "secret")
    root = tmp_path / "root"
    write(root, "a.md", "ok")
    (root / "out.md").symlink_to(tmp_path / "secret/key.md")
    (root / "all").symlink_to(tmp_path / "secret")
    (root / "gone.md").symlink_to(root / "nothing.md")
    (root / "same.md").symlink_to(root / "a.md")
    found = read(root)
    assert why(found.pop("out.md")) == "leads out of the folder"
    assert why(found.pop("gone.md")) == "is not a file"
    assert list(found) == ["a.md", "same.md"]


def test_a_folder_that_is_not_there_is_an_error_and_not_an_empty_source(tmp_path: Path) -> None:
    with pytest.raises(Permanent, match="not a folder"):
        list(Folder(tmp_path / "nowhere").pages(no_stamps))


@pytest.fixture(params=["folder", "list"])
def any_source(request: pytest.FixtureRequest, tmp_path: Path, source, page) -> Iterator[PageSource]:
    """Every source with three pages, one of them unreadable."""
    if request.param == "list":
        yield source(page("a", "one"), page("b", "two"), Unreadable("c", "broken"))
        return
    write(tmp_path, "a.md", "one")
    write(tmp_path, "b.html", "two")
    write(tmp_path, "c.md", b"\xff")
    yield Folder(tmp_path)


def test_a_source_has_a_name_and_counts_what_it_gives(any_source: PageSource) -> None:
    assert any_source.name
    assert any_source.count() in (None, 3)


def test_a_source_gives_each_page_once_and_the_same_every_time(any_source: PageSource) -> None:
    first, second = list(any_source.pages(no_stamps)), list(any_source.pages(no_stamps))
    assert first == second
    assert len({page.id for page in first}) == len(first) == 3
    assert sum(isinstance(page, Unreadable) for page in first) == 1
