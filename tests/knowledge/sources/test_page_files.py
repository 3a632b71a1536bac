"""Files in all charsets and archives are read, or named with the reason why they are not."""

import zipfile
from pathlib import Path

import pytest

from desk.pages import Page, UnchangedPage, UnreadablePage
from desk.platform.database import Database
from knowledge.ingest.index_source import index_source
from knowledge.sources.files import archive
from knowledge.sources.files.decode import decode_text
from knowledge.sources.folder import Folder
from tests.knowledge.conftest import WordEmbedder
from tests.knowledge.written_files import pdf

TEXTS = {
    "cp1252": "Der Versand kostet 5 € und dauert höchstens drei Tage; für Händler gilt „netto“.",
    "latin-1": "Le délai est de trente jours à compter de la réception du colis.",
    "cp1250": "Dostawa kosztuje piętnaście złotych, a zwrot jest zawsze bezpłatny dla każdego.",
    "cp1251": "Стоимость доставки составляет триста рублей.",
    "cp1253": "Η αποστολή κοστίζει πέντε ευρώ.",
    "cp1254": "Kargo ücreti şimdi beş lira, iade ise her zaman ücretsizdir; ödeme sırasında görünür.",
    "shift_jis": "返金は三十日以内に行われます。送料は無料です。",
    "gb18030": "退款将在三十天内处理。",
    "euc_kr": "환불은 삼십일 이내에 처리됩니다.",
    "koi8_r": "Стоимость доставки составляет триста рублей.",
}


@pytest.mark.parametrize("charset", TEXTS)
def test_a_text_that_declares_no_charset_is_read(charset: str) -> None:
    assert decode_text(TEXTS[charset].encode(charset)) == TEXTS[charset]


@pytest.mark.parametrize("charset", [*TEXTS, "iso-2022-jp"])
def test_a_page_that_declares_its_charset_is_read_by_it(charset: str) -> None:
    text = TEXTS.get(charset, TEXTS["shift_jis"])
    for declaration in (
        f'<meta charset="{charset}">',
        f"<meta http-equiv=Content-Type content='text/html; charset={charset}'>",
        f'<?xml version="1.0" encoding="{charset}"?>',
    ):
        page = f"{declaration}<p>{text}</p>"
        assert decode_text(page.encode(charset), is_html=True) == page


@pytest.mark.parametrize("charset", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_wide_characters_and_byte_order_marks_are_no_text(charset: str) -> None:
    text = "# Fees\r\n\r\nThe fee is €5 for a whole week of shelter."
    assert decode_text(text.encode(charset)) == text


def test_a_wrong_declaration_is_not_believed() -> None:
    page = '<meta charset="utf-8"><p>Das kostet 5 € für jeden Tag im März.</p>'
    assert decode_text(page.encode("cp1252"), is_html=True) == page
    page = '<meta charset="no-such-charset"><p>Das kostet fünf Euro für jeden Tag im März.</p>'
    assert decode_text(page.encode("cp1252"), is_html=True) == page


def test_a_stray_zero_byte_is_no_text_and_costs_no_page() -> None:
    assert (
        decode_text(b"The fee is 5 \0 euros a day, and nothing else is ever charged." * 3).count("fee is 5  euros") == 3
    )


def zip_of(path: Path, files: dict[str, str | bytes]) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in files.items():
            made.writestr(name, content)


def read(root: Path) -> dict[str, str]:
    return {
        page.id: page.why if isinstance(page, UnreadablePage) else "read" for page in Folder(root).pages(lambda _: None)
    }


def test_the_pages_of_a_zip_are_read_by_the_same_rules(tmp_path: Path) -> None:
    zip_of(
        tmp_path / "export.zip",
        {
            "b/start.md": "# Start",
            "a.html": "<p>Hi",
            "fees.pdf": pdf("A berth costs 14 florins."),
            "_drafts/x.md": "Soon",
            "draft.md": "---\ndraft: true\n---\nSoon",
            "pic.png": b"\x89PNG",
            "sheet.xlsx": b"PK",
            "inner.zip": b"PK",
            "../up.md": "Up",
            "/etc/abs.md": "Abs",
            "__MACOSX/._a.html": "x",
            ".git/x.md": "x",
            "latin.txt": "Das kostet fünf Euro für jeden Tag.".encode("cp1252"),
        },
    )
    assert read(tmp_path) == {
        "export.zip/a.html": "read",
        "export.zip/b/start.md": "read",
        "export.zip/fees.pdf": "read",
        "export.zip/latin.txt": "read",
        "export.zip/_drafts/x.md": "is a draft: it lies in _drafts",
        "export.zip/draft.md": "is a draft",
        "export.zip/pic.png": "is of a type that is not read",
        "export.zip/sheet.xlsx": "is of a type that is not read",
        "export.zip/inner.zip": "is of a type that is not read",
        "export.zip/../up.md": "leads out of the archive",
        "export.zip//etc/abs.md": "leads out of the archive",
    }


def test_a_pdf_of_a_zip_is_not_read_again_while_it_is_the_same(tmp_path: Path) -> None:
    zip_of(tmp_path / "export.zip", {"fees.pdf": pdf("A berth costs 14 florins.")})
    [page] = Folder(tmp_path).pages(lambda _: None)
    assert isinstance(page, Page)
    assert list(Folder(tmp_path).pages(lambda _: page.stamp)) == [UnchangedPage("export.zip/fees.pdf")]


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 and no more", b"no zip at all"])
def test_a_broken_zip_is_named_and_its_neighbours_are_read(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.zip").write_bytes(content)
    (tmp_path / "b.md").write_text("fine")
    assert read(tmp_path) == {"a.zip": "is no zip archive, or a damaged one", "b.md": "read"}


def test_a_zip_that_unpacks_to_too_much_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    zip_of(tmp_path / "bomb.zip", {"bomb.txt": b"0" * 9_000_000, "good.md": "fine"})
    assert read(tmp_path) == {
        "bomb.zip/bomb.txt": "unpacks to 9,000,000 bytes, which is too much",
        "bomb.zip/good.md": "read",
    }
    monkeypatch.setattr(archive, "MOST_FILES", 1)
    assert read(tmp_path) == {"bomb.zip": "holds more than 1 files"}
    monkeypatch.setattr(archive, "MOST_FILES", 10)
    monkeypatch.setattr(archive, "MOST_UNPACKED", 1000)
    assert read(tmp_path) == {"bomb.zip": "unpacks to more than 1,000 bytes"}


@pytest.mark.parametrize(("count", "named"), [(4, 4), (9, 0)])
def test_a_few_files_that_are_not_read_are_named_and_many_are_counted(
    tmp_path: Path, database: Database, account: str, embedder: WordEmbedder, count: int, named: int
) -> None:
    (tmp_path / "a.md").write_text("A kite.")
    for number in range(count):
        (tmp_path / f"{number}.pages").write_bytes(b"x")
    report = index_source(database, account, Folder(tmp_path), embedder)
    assert report.unread_types == {".pages": count}
    assert [page.why for page in report.skipped] == ["is of a type that is not read"] * named


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("page.rst", "Lamps\n=====\n\n:audience: Partners\n:collection: lights\n\nThe lamp costs four coins.\n"),
        ("page.adoc", "= Lamps\n:audience: Partners\n:collection: lights\n\nThe lamp costs four coins.\n"),
    ],
)
def test_a_page_that_keeps_itself_to_some_readers_is_kept_to_them_in_every_format(
    tmp_path: Path, name: str, body: str
) -> None:
    (tmp_path / name).write_text(body, encoding="utf-8")
    [page] = Folder(tmp_path).pages(lambda _: None)
    assert isinstance(page, Page)
    assert (page.audience, page.collection) == ("partners", "lights")
