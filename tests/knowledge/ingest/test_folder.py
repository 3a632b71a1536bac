"""A folder of files as a source of pages."""

import os
from pathlib import Path

import pytest
from pydantic import ValidationError

from desk.errors import Permanent
from desk.pages import Markup, Page, UnchangedPage, UnreadablePage
from desk.platform.database import Database
from knowledge.index.catalogue import list_documents
from knowledge.ingest.index_source import index_source
from knowledge.sources.files import page_file
from knowledge.sources.folder import Folder, FolderSettings
from tests.knowledge.conftest import WordEmbedder
from tests.knowledge.written_files import docx, pdf


def no_stamps(page_id: str) -> None:
    """The index holds nothing."""


def write(root: Path, name: str, content: str | bytes) -> None:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)


def read(root: Path) -> dict[str, Page | UnreadablePage]:
    found: dict[str, Page | UnreadablePage] = {}
    for page in Folder(root).pages(no_stamps):
        assert not isinstance(page, UnchangedPage)
        found[page.id] = page
    return found


def why(found: Page | UnreadablePage) -> str:
    assert isinstance(found, UnreadablePage)
    return found.why


def test_pages_come_in_order_with_their_markup(tmp_path: Path) -> None:
    for name in ("b.md", "a/c.HTML", "a/b.htm", "z.txt", "logo.png", ".hidden.md", ".git/x.md"):
        write(tmp_path, name, "text")
    found = read(tmp_path)
    logo = found.pop("logo.png")
    assert isinstance(logo, UnreadablePage)
    assert logo.file_type == ".png"
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


def test_without_front_matter_a_page_is_public_and_says_no_language(tmp_path: Path) -> None:
    write(tmp_path, "a.md", "\ufeff# Hi")
    assert read(tmp_path)["a.md"] == Page("a.md", "# Hi", Markup.MARKDOWN)


def test_a_rule_at_the_top_is_no_front_matter(tmp_path: Path) -> None:
    write(tmp_path, "a.md", "---\nHello")
    page = read(tmp_path)["a.md"]
    assert isinstance(page, Page)
    assert page.body == "---\nHello"


def test_a_draft_is_not_a_page(tmp_path: Path) -> None:
    write(tmp_path, "a.md", "---\ndraft: true\n---\nSoon")
    found = read(tmp_path)["a.md"]
    assert found == UnreadablePage("a.md", "is a draft", unpublished=True)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"\x89PNG\r\n\0\0", "is binary"),
        (b"\x81\x8d\x8f\x90\x9d" * 5, "is not UTF-8, nor of a charset that it names (byte 0)"),
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
    monkeypatch.setattr(page_file, "MOST_BYTES", 10)
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


def test_names_that_are_no_text_are_told_apart(tmp_path: Path) -> None:
    for name in (b"caf\xe9.md", b"caf\xe8.md"):
        (tmp_path / os.fsdecode(name)).write_text("Coffee.")
    assert sorted(read(tmp_path)) == [r"caf\udce8.md", r"caf\udce9.md"]


def test_pdf_and_word_files_are_pages_with_a_stamp(tmp_path: Path) -> None:
    write(tmp_path, "fees.PDF", pdf("A berth costs 14 florins."))
    write(tmp_path, "rules.docx", docx("Moor by the pier."))
    write(tmp_path, "~$rules.docx", "whose Word has it open")
    found = read(tmp_path)
    assert list(found) == ["fees.PDF", "rules.docx"]
    stamps = {page.id: page.stamp for page in found.values() if isinstance(page, Page)}
    assert all(stamps.values())
    assert list(Folder(tmp_path).pages(stamps.get)) == [UnchangedPage("fees.PDF"), UnchangedPage("rules.docx")]
    write(tmp_path, "rules.docx", docx("Moor by the crane."))
    [_, rules] = Folder(tmp_path).pages(stamps.get)
    assert isinstance(rules, Page)
    assert "crane" in rules.body


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("a.pdf", b"%PDF-1.7\nbroken", "is damaged"),
        ("a.pdf", b"", "is no PDF"),
        ("a.docx", b"not a zip", "is damaged, or no Word file"),
        (
            "a.docx",
            docx(parts={"word/document.xml": b" " * 70_000_000}),
            "unpacks to 70,000,000 bytes, which is too much",
        ),
    ],
    ids=["pdf", "no-pdf", "docx", "bomb"],
)
def test_a_broken_pdf_or_word_file_is_reported_and_its_neighbours_are_read(
    tmp_path: Path, name: str, content: bytes, reason: str
) -> None:
    write(tmp_path, name, content)
    write(tmp_path, "good.md", "fine")
    found = read(tmp_path)
    assert why(found[name]) == reason
    assert isinstance(found["good.md"], Page)


def test_a_pdf_too_large_is_not_even_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page_file, "MOST_BYTES_CONFINED", 100)
    write(tmp_path, "a.pdf", pdf("Text."))
    assert why(read(tmp_path)["a.pdf"]) == "is larger than 100 bytes"


def test_the_settings_of_a_folder_say_where_it_is_from_everywhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "pages").mkdir()
    monkeypatch.chdir(tmp_path)
    assert FolderSettings(path="pages").path == FolderSettings(path=str(tmp_path / "pages")).path == f"{tmp_path}/pages"
    for settings in ({}, {"path": ""}, {"path": "x", "depth": 3}):
        with pytest.raises(ValidationError):
            FolderSettings.model_validate(settings)


def test_1500_tiny_pages_and_odd_ones_between_them_are_indexed(
    tmp_path: Path, database: Database, account: str, embedder: WordEmbedder
) -> None:
    for number in range(1500):
        write(tmp_path, f"{number % 7}/p{number}.txt", f"Berth {number}.")
    write(tmp_path, "3/empty.md", "")
    write(tmp_path, "3/binary.md", bytes(range(256)))
    write(tmp_path, "3/latin.md", b"\x81\x8d\x8f\x90\x9d" * 5)
    write(tmp_path, "3/megabyte.md", "A berth by the pier. " * 50_000)
    write(tmp_path, "3/line.md", "x" * 50_000)
    embedder.window = 256
    report = index_source(database, account, Folder(tmp_path), embedder)
    assert report.added == 1502
    assert {page.id: page.why for page in report.skipped} == {
        "3/empty.md": "has no text",
        "3/binary.md": "is binary",
        "3/latin.md": "is not UTF-8, nor of a charset that it names (byte 0)",
    }
    assert index_source(database, account, Folder(tmp_path), embedder).unchanged == 1502


# --- one broken thing


def test_links_in_a_circle_are_reported_and_nothing_is_read_without_end(tmp_path: Path) -> None:
    write(tmp_path, "a.md", "ok")
    write(tmp_path, "deep/er/b.md", "ok")
    (tmp_path / "deep/er/top").symlink_to(tmp_path)
    (tmp_path / "deep/up.d").symlink_to("..", target_is_directory=True)
    (tmp_path / "self.md").symlink_to("self.md")
    (tmp_path / "one").symlink_to("two")
    (tmp_path / "two").symlink_to("one")
    found = read(tmp_path)
    circles = {name for name, page in found.items() if why_of(page) == "is a link that leads in a circle"}
    assert circles == {"deep/er/top", "deep/up.d", "self.md", "one", "two"}
    assert set(found) - circles == {"a.md", "deep/er/b.md"}


def why_of(page: object) -> str:
    return page.why if isinstance(page, UnreadablePage) else ""


def deny(monkeypatch: pytest.MonkeyPatch, call: str, name: str) -> None:
    """As it is for who may not read it; the tests may run as root, whom nothing is denied."""
    real = getattr(os, call)

    def denied(path: object, *rest: object, **named: object) -> object:
        if Path(os.fspath(path)).name == name:  # type: ignore[call-overload]
            raise PermissionError(13, "Permission denied", str(path))
        return real(path, *rest, **named)

    monkeypatch.setattr(os, call, denied)


def test_a_folder_that_may_not_be_listed_is_reported_and_keeps_what_is_known_of_it(
    tmp_path: Path, database: Database, account: str, embedder: WordEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a.md", "shut/b.md", "shut/er/c.md", "shut.md", "shutters/d.md"):
        write(tmp_path, name, f"Text of {name}.")
    assert index_source(database, account, Folder(tmp_path), embedder).added == 5
    deny(monkeypatch, "scandir", "shut")
    (tmp_path / "shutters/d.md").unlink()
    report = index_source(database, account, Folder(tmp_path), embedder)
    assert [(page.id, page.why) for page in report.skipped] == [("shut", "cannot be listed: Permission denied")]
    assert (report.unchanged, report.removed) == (2, 1)
    with database.account(account) as tx:
        assert {each.external_id for each in list_documents(tx)} == {"a.md", "shut.md", "shut/b.md", "shut/er/c.md"}


def test_a_folder_of_which_nothing_can_be_listed_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, "a.md", "ok")
    deny(monkeypatch, "scandir", tmp_path.name)
    with pytest.raises(Permanent, match="cannot be listed: Permission denied"):
        read(tmp_path)


def test_a_file_that_may_not_be_read_or_is_gone_meanwhile_is_reported_and_its_neighbours_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a.md", "gone.md", "shut.md", "z.md"):
        write(tmp_path, name, "ok")
    real = Path.open

    def opened(path: Path, *rest: object, **named: object) -> object:
        if path.name == "shut.md":
            raise PermissionError(13, "Permission denied")
        if path.name == "gone.md":
            path.unlink()
        return real(path, *rest, **named)  # type: ignore[call-overload]

    monkeypatch.setattr(Path, "open", opened)
    found = read(tmp_path)
    assert {name: page.why for name, page in found.items() if isinstance(page, UnreadablePage)} == {
        "gone.md": "No such file or directory",
        "shut.md": "Permission denied",
    }
    assert {name for name, page in found.items() if isinstance(page, Page)} == {"a.md", "z.md"}


@pytest.mark.parametrize(
    ("front", "reason"),
    [
        ("title: " + "x" * 30_000, "has front matter of more than 20,000 characters"),
        ("a: &a {x: 1}\n" + "".join(f"b{n}: &b{n} {{<<: [*a, *a]}}\n" for n in range(20)), "not YAML"),
        ("date: 2024-13-45", "not YAML"),
        ("title: " + "[" * 5000, "not YAML"),
    ],
    ids=["long", "merge", "date", "deep"],
)
def test_front_matter_that_cannot_be_read_costs_its_page_alone(tmp_path: Path, front: str, reason: str) -> None:
    write(tmp_path, "bad.md", f"---\n{front}\n---\nText.")
    write(tmp_path, "good.md", "fine")
    found = read(tmp_path)
    assert reason in why(found["bad.md"])
    assert isinstance(found["good.md"], Page)


def test_front_matter_that_no_database_takes_is_cleaned(
    tmp_path: Path, database: Database, account: str, embedder: WordEmbedder
) -> None:
    write(tmp_path, "a.md", '---\ntitle: "a\\0b"\nurl: "https://a.example/\\0x"\nlocale: "e\\0n"\n---\nText.')
    write(tmp_path, "b.md", '---\ncollection: "c\\ud800"\n---\nText.')
    write(tmp_path, "good.md", "fine")
    report = index_source(database, account, Folder(tmp_path), embedder)
    assert report.added + len(report.skipped) == 3
    with database.account(account) as tx:
        found = {each.external_id: each for each in list_documents(tx)}
    assert (found["a.md"].url, found["a.md"].locale) == ("https://a.example/x", "en")
    assert "good.md" in found
