"""PDF and Word files written by hand, of our own words."""

import io
import zipfile
import zlib
from collections.abc import Sequence
from html import escape
from typing import NamedTuple

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


class Ink(NamedTuple):
    """A line of a PDF's page: how far from the left and from the bottom, in points."""

    text: str
    x: int = 72
    y: int = 700
    size: int = 11
    bold: bool = False


class Rule(NamedTuple):
    """A line drawn on a PDF's page, from one place to another."""

    x: int
    y: int
    to_x: int
    to_y: int


def grid(columns: Sequence[int], lines: Sequence[int]) -> list[Rule]:
    """The rules of a table: the places of its columns' edges, and of its rows', the uppermost first."""
    across = [Rule(columns[0], y, columns[-1], y) for y in lines]
    return across + [Rule(x, lines[0], x, lines[-1]) for x in columns]


def pdf(*pages: str | Sequence[Ink | Rule], trailer: str = "", title: str = "", outline: Sequence[str] = ()) -> bytes:
    """A PDF of these pages; a text is a page of one line. `trailer`: more entries for the trailer."""
    drawn = [[Ink(page)] if isinstance(page, str) else page for page in pages]
    first = 6 + len(outline)
    kids = " ".join(f"{first + 2 * n} 0 R" for n in range(len(drawn)))
    objects = [
        "<< /Type /Catalog /Pages 2 0 R " + ("/Outlines 5 0 R >>" if outline else ">>"),
        f"<< /Type /Pages /Count {len(drawn)} /Kids [{kids}] >>",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica-Bold /Encoding /WinAnsiEncoding >>",
        f"<< /Type /Outlines /First 6 0 R /Last {5 + len(outline)} 0 R >>" if outline else "<< >>",
    ]
    for n, name in enumerate(outline):
        following = f"/Next {7 + n} 0 R" if n + 1 < len(outline) else ""
        objects.append(f"<< /Title ({name}) /Parent 5 0 R /Dest [{first} 0 R /Fit] {following} >>")
    for n, lines in enumerate(drawn):
        objects.append(
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] "
            f"/Resources << /Font << /F1 3 0 R /F2 4 0 R >> >> /Contents {first + 2 * n + 1} 0 R >>"
        )
        objects.append(_stream("\n".join(map(_drawn, lines))))
    if title:
        trailer += f" /Info << /Title ({title}) >>"
    return _file(objects, trailer)


def _drawn(line: Ink | Rule) -> str:
    if isinstance(line, Rule):
        return f"1 w {line.x} {line.y} m {line.to_x} {line.to_y} l S"
    text = line.text.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
    return f"BT /F{2 if line.bold else 1} {line.size} Tf {line.x} {line.y} Td ({text}) Tj ET"


def _stream(content: str) -> str:
    packed = zlib.compress(content.encode("cp1252")).hex() + ">"
    return f"<< /Length {len(packed)} /Filter [/ASCIIHexDecode /FlateDecode] >>\nstream\n{packed}\nendstream"


def _file(objects: Sequence[str], trailer: str) -> bytes:
    out = bytearray(b"%PDF-1.7\n")
    places = []
    for number, content in enumerate(objects, 1):
        places.append(len(out))
        out += f"{number} 0 obj\n{content}\nendobj\n".encode("cp1252")
    table = len(out)
    out += f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n".encode()
    out += b"".join(f"{place:010} 00000 n \n".encode() for place in places)
    out += f"trailer\n<< /Size {len(objects) + 1} /Root 1 0 R {trailer} >>\nstartxref\n{table}\n%%EOF\n".encode()
    return bytes(out)


def paragraph(text: str, style: str = "", properties: str = "", run: str = "") -> str:
    """A paragraph of one run."""
    named = f'<w:pStyle w:val="{style}"/>' if style else ""
    runs = f'<w:r><w:rPr>{run}</w:rPr><w:t xml:space="preserve">{escape(text)}</w:t></w:r>'
    return f"<w:p><w:pPr>{named}{properties}</w:pPr>{runs}</w:p>"


def item(text: str, list_id: int, depth: int = 0) -> str:
    """An item of list 1, which is numbered, or of list 2, which has bullets."""
    return paragraph(text, properties=f'<w:numPr><w:ilvl w:val="{depth}"/><w:numId w:val="{list_id}"/></w:numPr>')


def table(*rows: Sequence[str], header: bool = True) -> str:
    """A table whose first row is its header."""
    written = []
    for place, row in enumerate(rows):
        marked = "<w:trPr><w:tblHeader/></w:trPr>" if header and place == 0 else ""
        written.append(f"<w:tr>{marked}{''.join(f'<w:tc>{paragraph(cell)}</w:tc>' for cell in row)}</w:tr>")
    return f"<w:tbl><w:tblPr/>{''.join(written)}</w:tbl>"


def docx(*body: str, parts: dict[str, bytes] | None = None, left_out: Sequence[str] = ()) -> bytes:
    """A Word file of these elements; what is no element is a paragraph. `parts` come on top, or instead."""
    elements = "".join(each if each.startswith("<") else paragraph(each) for each in body)
    written = {
        "_rels/.rels": _relations(("officeDocument", "word/document.xml")),
        "word/_rels/document.xml.rels": _relations(
            ("styles", "styles.xml"), ("numbering", "numbering.xml"), ("hyperlink", "https://harbour.example/tides")
        ),
        "word/document.xml": document(f"<w:body>{elements}</w:body>"),
        "word/styles.xml": f'<w:styles xmlns:w="{W}">{"".join(_STYLES)}</w:styles>'.encode(),
        "word/numbering.xml": _NUMBERING.encode(),
    } | (parts or {})
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in written.items():
            if name not in left_out:
                archive.writestr(name, content)
    return out.getvalue()


def document(inner: str, before: str = "") -> bytes:
    """`word/document.xml`."""
    return f'<?xml version="1.0"?>{before}<w:document xmlns:w="{W}" xmlns:r="{R}">{inner}</w:document>'.encode()


def _relations(*targets: tuple[str, str]) -> bytes:
    outside = {"hyperlink": ' TargetMode="External"'}
    listed = "".join(
        f'<Relationship Id="r{n}" Type="{R}/{kind}" Target="{target}"{outside.get(kind, "")}/>'
        for n, (kind, target) in enumerate(targets)
    )
    return f'<Relationships xmlns="{PACKAGE}/relationships">{listed}</Relationships>'.encode()


def _style(style_id: str, name: str, more: str = "") -> str:
    return f'<w:style w:type="paragraph" w:styleId="{style_id}"><w:name w:val="{name}"/>{more}</w:style>'


# The ids are those of a German Word; the names are the same in all languages.
_STYLES = [
    _style("Titel", "Title"),
    _style("berschrift1", "heading 1"),
    _style("berschrift2", "heading 2", '<w:basedOn w:val="berschrift1"/>'),
    _style("Eigene", "House head", '<w:basedOn w:val="berschrift2"/>'),
    _style("Kapitel", "Chapter", '<w:pPr><w:outlineLvl w:val="0"/></w:pPr>'),
    _style("Verzeichnis1", "toc 1"),
    _style("Code", "HTML Preformatted"),
    _style("Schritt", "Step", '<w:pPr><w:numPr><w:numId w:val="1"/></w:numPr></w:pPr>'),
]

_NUMBERING = f"""<w:numbering xmlns:w="{W}">
<w:abstractNum w:abstractNumId="7"><w:lvl w:ilvl="0"><w:numFmt w:val="decimal"/></w:lvl>
<w:lvl w:ilvl="1"><w:numFmt w:val="lowerLetter"/></w:lvl></w:abstractNum>
<w:abstractNum w:abstractNumId="8"><w:lvl w:ilvl="0"><w:numFmt w:val="bullet"/></w:lvl>
<w:lvl w:ilvl="1"><w:numFmt w:val="bullet"/></w:lvl></w:abstractNum>
<w:num w:numId="1"><w:abstractNumId w:val="7"/></w:num>
<w:num w:numId="2"><w:abstractNumId w:val="8"/></w:num>
</w:numbering>"""
