"""A folder of files: Markdown and its dialects, reStructuredText, AsciiDoc, HTML, plain text, PDF, Word and others.

A text file may begin with front matter (YAML, TOML or JSON): `title`, `locale`, `audience`, `collection`, `url`, and
what its author says about whether it is published. The document's id is its path below the folder, with `/`; in an
archive, below the archive. Symbolic links that lead out of the folder are not followed, nor are links to folders. What
cannot be read, a file or a folder in it, and what is not published is reported, and stops nothing; files of other types
are counted by their endings.
"""

import errno
import os
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from stat import S_ISDIR

from pydantic import BaseModel, ConfigDict, Field, field_validator

from desk.errors import Permanent
from desk.pages import Page, Stamps, UnchangedPage, UnreadablePage
from desk.platform.database import Database
from knowledge.sources.files.archive import read_archive
from knowledge.sources.files.kinds import ARCHIVE, UNREAD_TYPE, is_page, suffix_of, unread_type
from knowledge.sources.files.page_file import PageFile, read_page_file
from knowledge.sources.files.site import DocsSite
from knowledge.sources.source_kind import SourceKind


class FolderSettings(BaseModel):
    """Which folder."""

    model_config = ConfigDict(extra="forbid")

    path: str = Field(min_length=1, description="the folder, with all folders in it")

    @field_validator("path")
    @classmethod
    def is_absolute(cls, path: str) -> str:
        """As it is known from everywhere."""
        return str(Path(path).expanduser().resolve())


class Folder:
    """The pages of a folder and the folders in it, sorted by path. Hidden files and folders are left out."""

    def __init__(self, path: Path, name: str | None = None) -> None:
        self.path = path
        self.name = name or f"folder:{path.resolve()}"

    def count(self) -> int:
        """How many files have a known ending."""
        return sum(isinstance(file, Path) and is_page(file.name) for file in _walk_files(self.root()))

    def pages(self, stamps: Stamps) -> Iterator[Page | UnchangedPage | UnreadablePage]:
        """Each file with a known ending. Raises Permanent when the folder is not there or cannot be listed."""
        root = self.root()
        site = DocsSite(root)
        for file in _walk_files(root):
            if isinstance(file, Path):
                yield from _read_file(root, file, stamps, site)
            else:
                yield file

    def root(self) -> Path:
        """The folder, if it is there. Raises Permanent."""
        root = self.path.resolve()
        if not root.is_dir():
            raise Permanent(f"{self.path} is not a folder")
        return root


def _open(db: Database, account: str, name: str, settings: FolderSettings) -> Folder:
    folder = Folder(Path(settings.path), name)
    folder.root()
    return folder


KIND = SourceKind(
    "a folder of Markdown, reStructuredText, AsciiDoc, HTML, text, PDF, Word and mail files, and zips",
    FolderSettings,
    "path",
    _open,
)


def _walk_files(root: Path) -> Iterator[Path | UnreadablePage]:
    """In order of their paths, a folder's files before its folders; one folder's names are held at a time."""
    pending_folders = [root]
    while pending_folders:
        folder = pending_folders.pop()
        try:
            entries = _list_folder(folder)
        except OSError as error:
            if folder == root:
                raise Permanent(f"{folder} cannot be listed: {error.strerror}") from error
            page_id = _page_id(root, folder)
            yield UnreadablePage(page_id, f"cannot be listed: {error.strerror}", beneath=f"{page_id}/")
            continue
        for entry in entries:
            if entry.is_symlink() and _is_link_loop(Path(entry.path)):
                yield UnreadablePage(_page_id(root, Path(entry.path)), "is a link that leads in a circle")
            elif not entry.is_dir(follow_symlinks=False) and not _is_link_to_folder(entry):
                yield Path(entry.path)
        pending_folders += [Path(entry.path) for entry in reversed(entries) if entry.is_dir(follow_symlinks=False)]


def _list_folder(folder: Path) -> list[os.DirEntry[str]]:
    """What stands in a folder, by name, without what is hidden. Raises OSError."""
    with os.scandir(folder) as entries:
        return sorted((entry for entry in entries if not entry.name.startswith(".")), key=lambda entry: entry.name)


def _is_link_to_folder(entry: os.DirEntry[str]) -> bool:
    return entry.is_symlink() and entry.is_dir()


def _is_link_loop(link: Path) -> bool:
    """Does a link lead to itself, or to a folder that it stands in?"""
    try:
        return S_ISDIR(link.stat().st_mode) and link.absolute().is_relative_to(link.resolve(strict=True))
    except (OSError, RuntimeError) as error:  # Python up to 3.12 raises a RuntimeError for a loop
        return isinstance(error, RuntimeError) or error.errno == errno.ELOOP


def _page_id(root: Path, path: Path) -> str:
    return path.relative_to(root).as_posix().encode("utf-8", "backslashreplace").decode()


def _read_file(
    root: Path, path: Path, stamps: Stamps, site: DocsSite
) -> Iterator[Page | UnchangedPage | UnreadablePage]:
    """A file as a page, an archive as the pages in it; or why it is not read."""
    page_id = _page_id(root, path)
    is_archive = suffix_of(path.name) == ARCHIVE
    if not is_archive and not is_page(path.name):
        if file_type := unread_type(path.name):
            yield UnreadablePage(page_id, UNREAD_TYPE, file_type=file_type)
    elif fault := _place_fault(root, path):
        yield UnreadablePage(page_id, fault)
    elif is_archive:
        yield from read_archive(path, page_id, stamps)
    else:
        read, stamp = partial(_read_content, path), partial(_file_stamp, path)
        yield read_page_file(PageFile(page_id, read, stamp, site.complete), stamps)


def _place_fault(root: Path, path: Path) -> str | None:
    try:
        if not path.resolve().is_relative_to(root):
            return "leads out of the folder"
        return None if path.is_file() else "is not a file"
    except (OSError, RuntimeError) as error:
        return getattr(error, "strerror", None) or "cannot be opened"


def _read_content(path: Path, max_bytes: int) -> bytes:
    with path.open("rb") as file:
        return file.read(max_bytes)


def _file_stamp(path: Path) -> str:
    file_stat = path.stat()
    return f"{file_stat.st_size}-{file_stat.st_mtime_ns}-{file_stat.st_ctime_ns}"
