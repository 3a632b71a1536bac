"""reStructuredText, AsciiDoc, Rich Text, mails and tables are read as their authors meant them."""

import time

import pytest

from desk.pages import Markup
from knowledge.parsing.files.extract import Extract, UnreadableFile
from knowledge.parsing.formats import asciidoc, csv_table, mail_file, rst, rtf
from knowledge.parsing.parse import parse_page


def read(extract: Extract) -> list[tuple[str, str]]:
    """Each text with the label above it."""
    sections = parse_page(extract.html, Markup.HTML).sections
    return [
        (section.headings[-1] if section.headings else "", block.text)
        for section in sections
        for block in section.blocks
    ]


RST = [
    (".. |fee| replace:: €14\n\nIt costs |fee|.", [("", "It costs €14.")]),
    ("It costs |fee|.", [("", "It costs |fee|.")]),
    (
        "See :ref:`the map <map>`, :doc:`fees` and `us <https://a.example>`_.",
        [("", "See the map, fees and us (https://a.example).")],
    ),
    ("Press :menuselection:`File --> Save`.", [("", "Press File > Save.")]),
    (
        ".. list-table:: Fees\n   :header-rows: 1\n\n   * - Plan\n     - Fee\n   * - Solo\n     - €9",
        [("", "Fees"), ("", "Plan: Solo; Fee: €9")],
    ),
    ('.. csv-table::\n   :header: "Plan", "Fee"\n\n   "Solo", "€9"', [("", "Plan: Solo; Fee: €9")]),
    (".. csv-table::\n   :file: /etc/passwd\n\nGo.", [("", "Go.")]),
    (".. include:: /etc/passwd\n\nGo.", [("", "Go.")]),
    (".. raw:: html\n\n   <p>Secret</p>\n\nGo.", [("", "Go.")]),
    (".. only:: staff\n\n   It is shut.", [("Only for staff", "It is shut.")]),
    (".. only:: html\n\n   It is shut.", [("", "It is shut.")]),
    (".. versionadded:: 2.0\n   A crane.", [("New in version 2.0", "A crane.")]),
    (".. code-block:: bash\n   :caption: a.sh\n\n   ls -l", [("", "ls -l")]),
    (".. unknown-box::\n\n   It is kept.", [("", "It is kept.")]),
    ("- pegs\n- rope\n\n#. First\n#. Second", [("", "pegs"), ("", "rope"), ("", "First"), ("", "Second")]),
    ("Berth\n  A place.", [("", "Berth: A place.")]),
]

ASCIIDOC = [
    (":fee: €14\n\nIt costs {fee}.", [("", "It costs €14.")]),
    ("It costs {fee}.", [("", "It costs {fee}.")]),
    (
        "See xref:a.adoc[the map] and https://a.example[us] or <<fees,the fees>>.",
        [("", "See the map and us (https://a.example) or the fees.")],
    ),
    (
        "Press kbd:[Ctrl+S] or menu:File[Save] in *bold* and `mono`.",
        [("", "Press Ctrl+S or File > Save in bold and mono.")],
    ),
    (
        '.Fees\n[cols="1,1",options="header"]\n|===\n|Plan |Fee\n\n|Solo\n|€9\n|===',
        [("", "Fees"), ("", "Plan: Solo; Fee: €9")],
    ),
    ("|===\n|Plan |Fee\n\n|Solo |€9\n|===", [("", "Plan: Solo; Fee: €9")]),
    ('[format="csv",options="header"]\n|===\nPlan,Fee\nSolo,€9\n|===', [("", "Plan: Solo; Fee: €9")]),
    ("ifdef::staff[]\nIt is shut.\nendif::[]\nGo.", [("If staff", "It is shut."), ("", "Go.")]),
    ("ifndef::staff[It is open.]", [("If not staff", "It is open.")]),
    (":staff:\n\nifdef::staff[]\nIt is shut.\nendif::[]\nifndef::staff[Secret.]", [("", "It is shut.")]),
    ("////\nSecret\n////\nGo.\n// Secret", [("", "Go.")]),
    ("++++\n<p>Secret</p>\n++++\n\nGo.", [("", "Go.")]),
    ("[source,bash]\n----\nls {x}\n----", [("", "ls {x}")]),
    ("* pegs\n** small\n* rope\n\nGo.", [("", "pegs: small"), ("", "rope"), ("", "Go.")]),
    (". First\n+\nMore.\n. Second", [("", "First More."), ("", "Second")]),
    ("Berth:: A place.\nPier::\n  A bridge.", [("", "Berth: A place."), ("", "Pier: A bridge.")]),
    ("WARNING: It is *shut*.", [("", "It is shut.")]),
    ("It is shut.footnote:[On Sundays.]", [("", "It is shut."), ("", "(On Sundays.)")]),
]


@pytest.mark.parametrize(("text", "expected"), RST)
def test_restructured_text_is_read(text: str, expected: list[tuple[str, str]]) -> None:
    assert read(rst.read(text.encode())) == expected


@pytest.mark.parametrize(("text", "expected"), ASCIIDOC)
def test_asciidoc_is_read(text: str, expected: list[tuple[str, str]]) -> None:
    assert read(asciidoc.read(text.encode())) == expected


def test_a_footnote_of_restructured_text_is_text() -> None:
    assert "On Sundays." in [text for _, text in read(rst.read(b"It is shut. [1]_\n\n.. [1] On Sundays."))]


def test_their_titles_and_flags_are_known() -> None:
    page = rst.read(b":orphan:\n:status: draft\n\nFees\n====\n\nText.\n")
    assert (page.title, page.metadata["status"]) == ("Fees", "draft")
    page = asciidoc.read(b"= Fees\n:page-draft: true\n\nText.\n")
    assert (page.title, page.metadata["draft"]) == ("Fees", "true")


RICH = rb"{\rtf1\ansi\ansicpg1252{\fonttbl{\f0 Arial;}}{\info{\title Piano}}{\*\generator Secret;}\f0"


def test_rich_text_is_read() -> None:
    body = rb"\b Tuning\b0\par The caf\'e9 costs \u8364?5.\par \trowd\intbl Plan\cell Fee\cell\row"
    body += rb"\intbl Solo\cell 9\cell\row\pard End.\par}"
    page = rtf.read(RICH + body)
    assert page.title == "Piano"
    words = [text for _, text in read(page)]
    assert words[:2] == ["Tuning", "The café costs €5."]
    assert words[-1] == "End."
    assert any("Solo" in text and "9" in text for text in words)


MAIL = b"From: a@x.example\r\nSubject: =?utf-8?q?Tin_pi=C3=A1no?=\r\nMIME-Version: 1.0\r\n"


@pytest.mark.parametrize(
    ("rest", "expected"),
    [
        (b"Content-Type: text/plain; charset=iso-8859-1\r\n\r\nThe caf\xe9.\r\n\r\nTwo.\r\n", ["The café.", "Two."]),
        (b"Content-Type: text/plain; charset=no-such\r\n\r\nThe pier.\r\n", ["The pier."]),
        (
            b"Content-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n"
            b"PHA+VGhlIHBpZXIuPC9wPg==\r\n",
            ["The pier."],
        ),
        (
            b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n"
            b"Content-Type: text/plain\r\n\r\nThe pier.\r\n--b\r\n"
            b"Content-Type: text/plain\r\nContent-Disposition: attachment; filename=x.txt\r\n\r\nSecret.\r\n--b--\r\n",
            ["The pier."],
        ),
        (
            b"Content-Type: multipart/alternative; boundary=b\r\n\r\n--b\r\n"
            b"Content-Type: text/plain\r\n\r\nPlain.\r\n--b\r\n"
            b"Content-Type: text/html\r\n\r\n<p>Rich.</p>\r\n--b--\r\n",
            ["Rich."],
        ),
    ],
)
def test_a_mail_is_read_without_its_attachments_and_its_subject_is_the_title(rest: bytes, expected: list[str]) -> None:
    page = mail_file.read(MAIL + rest)
    assert page.title == "Tin piáno"
    assert [text for _, text in read(page)] == expected


def test_a_table_of_values_names_its_columns() -> None:
    assert read(csv_table.read(b'Plan,Fee\nSolo,"9, or ""less"""\n\nTeam,20\n')) == [
        ("", 'Plan: Solo; Fee: 9, or "less"'),
        ("", "Plan: Team; Fee: 20"),
    ]


@pytest.mark.parametrize(
    ("reader", "content"),
    [
        (rtf.read, b"no rich text"),
        (mail_file.read, b""),
        (mail_file.read, MAIL + b"Content-Type: image/png\r\n\r\nx"),
        (csv_table.read, b"a\n" * 6000),
    ],
)
def test_what_is_none_of_them_is_refused_with_a_reason(reader: object, content: bytes) -> None:
    with pytest.raises(UnreadableFile, match=r"is |has "):
        reader(content)  # type: ignore[operator]


PIECES = (
    "* a\n",
    "** a\n*** b\n",
    "====\n",
    "[a]\n",
    "a:: b\n",
    "`a` ",
    "*a _b ",
    "|===\n",
    "ifdef::a[]\n",
    "{a} ",
    "footnote:[",
    "<<a,",
    "^a",
)


@pytest.mark.parametrize("piece", PIECES)
def test_a_long_asciidoc_page_is_read_within_bounds(piece: str) -> None:
    began = time.process_time()
    asciidoc.read((piece * 400_000)[:400_000].encode())
    assert time.process_time() - began < 30
