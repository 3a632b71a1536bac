"""A Word file: a zip archive of XML. Only the text's own parts are read: no headers, footers, comments, no pictures.

How much the parts unpack to is looked at before, and while they are unpacked; a document type declaration, which is
where entities would come from, is refused (ECMA-376 forbids it: part 2, 10.2.3).
"""

import io
import posixpath
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from xml.etree import ElementTree as ET  # what it is given has no document type declaration
from xml.parsers import expat

from knowledge.parsing.files.docx_blocks import DocxReader
from knowledge.parsing.files.docx_styles import DocxStyles, local_name, read_numbering, read_styles
from knowledge.parsing.files.extract import Extract, UnreadableFile, with_title

MOST_UNPACKED = 60_000_000
"""Bytes of one part."""

SUSPICIOUS = 5_000_000, 150
"""A part of more bytes than that, packed to so small a part, holds no text. Word's own XML packs to a tenth or so."""

_OLE_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_DAMAGE_ERRORS = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    NotImplementedError,
    RuntimeError,
    OSError,
    expat.ExpatError,
)


def read(content: bytes) -> Extract:
    """The file as HTML. Raises UnreadableFile that says what is wrong with it."""
    if content.startswith(_OLE_MAGIC):
        raise UnreadableFile("is protected by a password, or in the format of Word before 2007")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return _read_parts(_Archive(archive))
    except ET.ParseError as error:
        raise UnreadableFile("is damaged: its XML cannot be read") from error
    except _DAMAGE_ERRORS as error:
        raise UnreadableFile("is damaged, or no Word file") from error


@dataclass(frozen=True, slots=True)
class _Archive:
    archive: zipfile.ZipFile

    def open(self, name: str) -> bytes | None:
        """A part, if it is there. Raises UnreadableFile for one that is too large, or that declares a document type."""
        try:
            info = self.archive.getinfo(name)
        except KeyError:
            return None
        if info.flag_bits & 1:
            raise UnreadableFile("is protected by a password")
        min_size, ratio = SUSPICIOUS
        if info.file_size > MOST_UNPACKED or (
            info.file_size > min_size and info.file_size > ratio * info.compress_size
        ):
            raise UnreadableFile(f"unpacks to {info.file_size:,} bytes, which is too much")
        with self.archive.open(info) as part:
            content = part.read(MOST_UNPACKED + 1)
        _refuse_doctype(content)
        return content

    def tree(self, name: str) -> ET.Element | None:
        """A small part, parsed."""
        content = self.open(name)
        return None if content is None else ET.fromstring(content)  # noqa: S314  # see the module

    def related(self, name: str) -> dict[str, tuple[str, str]]:
        """What a part refers to, by id: the kind of relation, and the target, a part's name or an address."""
        folder, file = posixpath.split(name)
        relations_tree = self.tree(posixpath.join(folder, "_rels", f"{file}.rels"))
        relations: dict[str, tuple[str, str]] = {}
        for relation in relations_tree if relations_tree is not None else ():
            target = relation.get("Target", "")
            if relation.get("TargetMode") != "External":
                target = posixpath.normpath(posixpath.join("/", folder, target)).lstrip("/")
            relations[relation.get("Id", "")] = relation.get("Type", "").rpartition("/")[2], target
        return relations


def _read_parts(parts: _Archive) -> Extract:
    package_parts = dict(parts.related("").values())
    document_name = package_parts.get("officeDocument", "word/document.xml")
    document = parts.open(document_name)
    if document is None:
        raise UnreadableFile("is no Word file: there is no document in it")
    relations = parts.related(document_name)
    parts_by_kind = dict(relations.values())
    styles = DocxStyles(
        read_styles(parts.tree(parts_by_kind.get("styles", ""))),
        read_numbering(parts.tree(parts_by_kind.get("numbering", ""))),
    )
    reader = DocxReader(styles, {key: target for key, (kind, target) in relations.items() if kind == "hyperlink"})
    blocks = [block for element in _body_elements(document) for block in reader.blocks(element)]
    return with_title(blocks, _stated_title(parts.tree(package_parts.get("core-properties", ""))))


def _body_elements(document: bytes) -> Iterator[ET.Element]:
    """The elements of the body, one at a time, so that the tree of a long document never stands whole in memory."""
    path: list[ET.Element] = []
    for event, element in ET.iterparse(io.BytesIO(document), ("start", "end")):  # noqa: S314  # see the module
        if event == "start":
            path.append(element)
            continue
        path.pop()
        if len(path) == 2 and local_name(path[1]) == "body":
            yield element
            path[1].remove(element)


def _stated_title(properties: ET.Element | None) -> str | None:
    for child in properties if properties is not None else ():
        if local_name(child) == "title" and child.text:
            return " ".join(child.text.split()) or None
    return None


class _DoctypeFound(Exception):
    pass


class _RootFound(Exception):
    pass


def _refuse_doctype(content: bytes) -> None:
    """A declaration can only stand before the first element, so no more is looked at."""

    def on_doctype(*_: object) -> None:
        raise _DoctypeFound

    def on_root(*_: object) -> None:
        raise _RootFound

    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = on_doctype
    parser.StartElementHandler = on_root
    try:
        parser.Parse(content, True)
    except _RootFound:
        return
    except _DoctypeFound as error:
        raise UnreadableFile("declares a document type, which no Word file does") from error
