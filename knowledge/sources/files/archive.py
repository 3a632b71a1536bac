"""A zip archive as a folder of pages: its files are read from it one at a time, and nothing is unpacked on disk.

Names that lead out of it, and what unpacks to more than it may, are reported; an archive in it is not opened.
"""

import zipfile
import zlib
from collections.abc import Iterator
from functools import partial
from pathlib import Path, PurePosixPath

from desk.pages import Page, Stamps, UnchangedPage, UnreadablePage
from knowledge.sources.files.kinds import UNREAD_TYPE, is_page, unread_type
from knowledge.sources.files.page_file import MOST_BYTES_CONFINED, PageFile, read_page_file

MOST_FILES = 10_000
MOST_UNPACKED = 1_000_000_000
"""Bytes of all its files together, as its list says; each is held to its own limit when it is read."""

SUSPICIOUS = 5_000_000, 150
"""A file of more bytes than that, packed to so small a part, holds no text."""

_DAMAGE_ERRORS = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, UnicodeError)


def read_archive(path: Path, archive_id: str, stamps: Stamps) -> Iterator[Page | UnchangedPage | UnreadablePage]:
    """The pages of an archive, by the archive's name and theirs: `export.zip/guide/start.md`."""
    try:
        with zipfile.ZipFile(path) as archive:
            files = _files(archive)
            for info in files:
                yield from _read_entry(archive, info, f"{archive_id}/{info.filename}", stamps)
    except _DAMAGE_ERRORS as error:
        yield UnreadablePage(archive_id, _fault(error), beneath=f"{archive_id}/")
    except ValueError as error:
        yield UnreadablePage(archive_id, str(error), beneath=f"{archive_id}/")
    except OSError as error:
        yield UnreadablePage(archive_id, error.strerror or "cannot be opened", beneath=f"{archive_id}/")


def _fault(error: Exception) -> str:
    return "is no zip archive, or a damaged one" if not isinstance(error, NotImplementedError) else "is packed oddly"


def _files(archive: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    """Its files in the order of their names. Raises ValueError for too many, or too large a whole."""
    files = [info for info in archive.infolist() if not info.is_dir()]
    if len(files) > MOST_FILES:
        raise ValueError(f"holds more than {MOST_FILES:,} files")
    if sum(info.file_size for info in files) > MOST_UNPACKED:
        raise ValueError(f"unpacks to more than {MOST_UNPACKED:,} bytes")
    return sorted({info.filename: info for info in files}.values(), key=lambda info: info.filename)


def _read_entry(
    archive: zipfile.ZipFile, info: zipfile.ZipInfo, page_id: str, stamps: Stamps
) -> Iterator[Page | UnchangedPage | UnreadablePage]:
    path = PurePosixPath(info.filename)
    if path.is_absolute() or ".." in path.parts or "\\" in info.filename:
        yield UnreadablePage(page_id, "leads out of the archive")
    elif any(part.startswith((".", "__MACOSX")) for part in path.parts):
        return
    elif is_page(path.name):
        read = partial(_read_bytes, archive, info)
        yield read_page_file(PageFile(page_id, read, lambda: f"{info.CRC:08x}-{info.file_size}"), stamps)
    elif file_type := unread_type(path.name):
        yield UnreadablePage(page_id, UNREAD_TYPE, file_type=file_type)


def _read_bytes(archive: zipfile.ZipFile, info: zipfile.ZipInfo, max_bytes: int) -> bytes:
    """Raises ValueError that says what is wrong with the file."""
    min_size, ratio = SUSPICIOUS
    if info.flag_bits & 1:
        raise ValueError("is protected by a password")
    if info.file_size > MOST_BYTES_CONFINED or (
        info.file_size > min_size and info.file_size > ratio * info.compress_size
    ):
        raise ValueError(f"unpacks to {info.file_size:,} bytes, which is too much")
    try:
        with archive.open(info) as file:
            return file.read(max_bytes)
    except (*_DAMAGE_ERRORS, OSError) as error:
        raise ValueError("is damaged") from error
