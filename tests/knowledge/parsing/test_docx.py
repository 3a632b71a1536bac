"""Word files: their structure survives, and nothing that is no text of theirs comes in."""

import zipfile
from pathlib import Path

import pytest

from desk.passage import BlockKind
from knowledge.parsing.files.docx import read
from knowledge.parsing.html import read_html
from tests.knowledge.written_files import document, docx, item, paragraph, table

STRANGE = '<w:outlineLvl w:val="x"/><w:numPr><w:ilvl w:val="-4"/><w:numId w:val="77"/></w:numPr>'
DOCTYPE = '<!DOCTYPE w [<!ENTITY secret SYSTEM "file:///etc/hostname">]>'


def sections(content: bytes) -> list[tuple[tuple[str, ...], list[str]]]:
    """Headings and the texts below them, as the index gets them."""
    found = read_html(read(content).html).sections
    return [(section.headings, [block.text for block in section.blocks]) for section in found]


def blocks(content: bytes) -> list[tuple[str, BlockKind]]:
    found = read_html(read(content).html).sections
    return [(block.text, block.kind) for section in found for block in section.blocks]


def test_headings_are_known_in_every_language_and_by_their_parents() -> None:
    content = docx(
        paragraph("Moorings", "Titel"),
        paragraph("Berths", "berschrift1"),
        "A berth costs 14 florins.",
        paragraph("In winter", "Eigene"),
        "Nine florins.",
        paragraph("Cranes", "Kapitel"),
        "One crane.",
    )
    assert read(content).title == "Moorings"
    assert sections(content) == [
        (("Berths",), ["A berth costs 14 florins."]),
        (("Berths", "In winter"), ["Nine florins."]),
        (("Cranes",), ["One crane."]),
    ]


def test_the_only_chapter_that_stands_first_is_the_title() -> None:
    content = docx(paragraph("Tides & gates", "berschrift1"), "High.", paragraph("Low", "berschrift2"), "Low.")
    assert read(content).title == "Tides & gates"
    assert sections(content) == [((), ["High."]), (("Low",), ["Low."])]


def test_of_several_chapters_none_is_the_title() -> None:
    properties = b'<p xmlns:dc="d"><dc:title> The  handbook </dc:title></p>'
    relations = (
        b'<Relationships><Relationship Id="a" Type="x/officeDocument" Target="word/document.xml"/>'
        b'<Relationship Id="b" Type="x/core-properties" Target="docProps/core.xml"/></Relationships>'
    )
    chapters = (paragraph("One", "berschrift1"), "First.", paragraph("Two", "berschrift1"), "Second.")
    assert read(docx(*chapters)).title is None
    titled = docx(*chapters, parts={"_rels/.rels": relations, "docProps/core.xml": properties})
    assert read(titled).title == "The handbook"
    assert sections(titled) == [(("One",), ["First."]), (("Two",), ["Second."])]


def test_lists_are_steps_or_items_and_may_nest() -> None:
    content = docx(
        item("Open the office.", 1),
        paragraph("Ask for a berth.", "Schritt"),
        item("By the pier", 1, 1),
        item("Pay.", 1),
        "Then:",
        item("Sign", 2),
        item("Moor", 2),
    )
    assert blocks(content) == [
        ("Open the office.", BlockKind.STEP),
        ("Ask for a berth. By the pier", BlockKind.STEP),
        ("Pay.", BlockKind.STEP),
        ("Then:", BlockKind.SENTENCE),
        ("Sign", BlockKind.ITEM),
        ("Moor", BlockKind.ITEM),
    ]


def test_rows_of_a_table_are_read_with_their_headers() -> None:
    assert blocks(docx(table(("Season", "Price"), ("Winter", "9 florins"), ("", "")))) == [
        ("Season: Winter; Price: 9 florins", BlockKind.ROW)
    ]


def test_a_table_without_a_header_makes_none_up() -> None:
    assert blocks(docx(table(("Monday", "Closed"), ("Tuesday", "9 to 5"), header=False))) == [
        ("Monday; Closed", BlockKind.ROW),
        ("Tuesday; 9 to 5", BlockKind.ROW),
    ]


def test_merged_cells_are_said_in_each_row_and_wide_ones_keep_the_columns() -> None:
    def cell(text: str, properties: str = "") -> str:
        return f"<w:tc><w:tcPr>{properties}</w:tcPr>{paragraph(text)}</w:tc>"

    rows = (
        "<w:tr><w:trPr><w:tblHeader/></w:trPr>" + cell("Pier") + cell("Day") + cell("Night") + "</w:tr>",
        "<w:tr>" + cell("North", '<w:vMerge w:val="restart"/>') + cell("5") + cell("9") + "</w:tr>",
        "<w:tr>" + cell("", "<w:vMerge/>") + cell("6", '<w:gridSpan w:val="2"/>') + "</w:tr>",
    )
    assert [text for text, _ in blocks(docx(f"<w:tbl>{''.join(rows)}</w:tbl>"))] == [
        "Pier: North; Day: 5; Night: 9",
        "Pier: North; Day: 6",
    ]


def test_a_frame_around_text_is_no_table() -> None:
    framed = f"<w:tbl><w:tr><w:tc>{paragraph('Mind the step.')}{item('Slowly', 2)}</w:tc></w:tr></w:tbl>"
    assert blocks(docx(framed)) == [("Mind the step.", BlockKind.SENTENCE), ("Slowly", BlockKind.ITEM)]


def test_what_a_reader_does_not_see_is_left_out() -> None:
    content = docx(
        paragraph("Contents 3", "Verzeichnis1"),
        paragraph("Hidden.", run="<w:vanish/>"),
        "<w:p><w:del><w:r><w:delText>Deleted.</w:delText></w:r></w:del><w:ins><w:r><w:t>Added.</w:t></w:r></w:ins></w:p>",
        "<w:p><w:r><w:instrText>PAGE \\* MERGEFORMAT</w:instrText></w:r><w:r><w:t>Shown.</w:t></w:r></w:p>",
        paragraph("Not hidden.", run='<w:vanish w:val="0"/>'),
    )
    assert [text for text, _ in blocks(content)] == ["Added.", "Shown.", "Not hidden."]


def test_links_content_controls_boxes_and_code_are_read() -> None:
    box = f"<w:txbxContent>{paragraph('Boxed.')}</w:txbxContent>"
    twice = f"<mc:AlternateContent xmlns:mc='m'><mc:Choice>{box}</mc:Choice>"
    twice += f"<mc:Fallback>{box}</mc:Fallback></mc:AlternateContent>"
    content = docx(
        '<w:p><w:r><w:t>See </w:t></w:r><w:hyperlink r:id="r2"><w:r><w:t>tides</w:t></w:r></w:hyperlink></w:p>',
        f"<w:sdt><w:sdtContent>{paragraph('Controlled <b>&.')}</w:sdtContent></w:sdt>",
        f"<w:p><w:r>{twice}</w:r></w:p>",
        paragraph("if tide:", "Code"),
        paragraph("    moor()", "Code"),
    )
    assert [text for text, _ in blocks(content)] == [
        "See tides (https://harbour.example/tides)",
        "Controlled <b>&.",
        "Boxed.",
        "if tide:\n    moor()",
    ]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "is damaged, or no Word file"),
        (b"PK\3\4 and nothing", "is damaged, or no Word file"),
        (docx("Text.")[:700], "is damaged, or no Word file"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "is protected by a password, or in the format of"),
        (docx(left_out=["word/document.xml"]), "is no Word file: there is no document in it"),
        (docx(parts={"word/document.xml": b"<w:document>"}), "is damaged: its XML cannot be read"),
        (docx(parts={"word/document.xml": b""}), "is damaged"),
        (docx(parts={"word/styles.xml": b"\xff\xfe<"}), "is damaged"),
        (docx(parts={"word/document.xml": document("<w:body/>", DOCTYPE)}), "declares a document type"),
        (docx(parts={"word/document.xml": document("<w:body/>", DOCTYPE).decode().encode("utf-16")}), "declares a doc"),
        (docx(parts={"word/styles.xml": DOCTYPE.encode() + b"<w/>"}), "declares a document type"),
        (docx(parts={"word/document.xml": b" " * 70_000_000}), "unpacks to 70,000,000 bytes, which is too much"),
        (docx(parts={"word/document.xml": document("<w:body>" + " " * 9_000_000 + "</w:body>")}), "which is too much"),
    ],
    ids=["empty", "zip", "cut", "password", "no-document", "xml", "no-xml", "styles", "entity", "entity-16",
         "styles-entity", "bomb", "ratio"],
)  # fmt: skip
def test_what_is_no_word_file_is_refused_with_its_reason(content: bytes, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        read(content)


def test_a_size_that_lies_unpacks_no_further(tmp_path: Path) -> None:
    content = bytearray(docx(parts={"word/document.xml": document("<w:body>" + "<w:p/>" * 200_000 + "</w:body>")}))
    with zipfile.ZipFile(path := _written(tmp_path, bytes(content))) as archive:
        true_size = archive.getinfo("word/document.xml").file_size
    content = bytearray(bytes(content).replace(true_size.to_bytes(4, "little"), (1000).to_bytes(4, "little")))
    assert path.stat().st_size == len(content)
    with pytest.raises(ValueError, match="is damaged"):
        read(bytes(content))


def _written(tmp_path: Path, content: bytes) -> Path:
    path = tmp_path / "a.docx"
    path.write_bytes(content)
    return path


def test_a_file_with_an_encrypted_part_is_refused() -> None:
    content = bytearray(docx("Text."))
    at = content.index(b"PK\1\2", content.index(b"word/document.xml"))
    while content[at + 46 : at + 46 + len("word/document.xml")] != b"word/document.xml":
        at = content.index(b"PK\1\2", at + 4)
    content[at + 8] |= 1
    with pytest.raises(ValueError, match="is protected by a password"):
        read(bytes(content))


def test_odd_numbers_styles_in_a_circle_and_deep_nesting_do_no_harm() -> None:
    styles = document(
        '<w:style w:styleId="a"><w:name w:val="A"/><w:basedOn w:val="b"/></w:style>'
        '<w:style w:styleId="b"><w:name w:val="B"/><w:basedOn w:val="a"/></w:style>'
    )
    odd = paragraph("Odd.", "a", STRANGE)
    deep = paragraph("Deep.", properties='<w:numPr><w:ilvl w:val="8"/><w:numId w:val="1"/></w:numPr>')
    content = docx(
        odd, deep, deep, item("Next.", 2), "<w:tbl/>", "<w:tbl><w:tr/></w:tbl>", parts={"word/styles.xml": styles}
    )
    assert [text for text, _ in blocks(content)] == ["Odd. Deep.; Deep.", "Next."]
