"""A folder of files: Markdown, HTML, plain text, PDF and Word.

A text file may begin with front matter, YAML between two lines of `---`: `title`, `locale`, `audience`, `collection`,
`url`, and `draft: true` for a page that is not out yet. The document's id is its path below the folder, with `/`.
Symbolic links that lead out of the folder are not followed, nor are links to folders. What cannot be read, a file or a
folder in it, is reported, and stops nothing; files of other types are counted by their endings.
"""

import errno
import os
from collections.abc import Iterator
from pathlib import Path
from stat import S_ISDIR

import yaml
from pydantic import BaseModel, ConfigDict, Field, field_validator

from desk.errors import Permanent
from desk.pages import Markup, Page, Stamps, UnchangedPage, UnreadablePage
from desk.platform.database import Database
from desk.text.tokenizer import clean
from knowledge.parsing.files import sandbox
from knowledge.sources.source_kind import SourceKind

MOST_BYTES = 10_000_000
MOST_BYTES_CONFINED = 50_000_000
MOST_FRONT = 20_000
"""Characters. YAML is slow to read."""

LONGEST_TYPE = 20
"""Characters of an ending that are told."""
_LEFT_BY_SYSTEMS = frozenset({"Thumbs.db", "desktop.ini", "Icon\r"})

_MARKUP = {
    ".md": Markup.MARKDOWN,
    ".markdown": Markup.MARKDOWN,
    ".html": Markup.HTML,
    ".htm": Markup.HTML,
    ".txt": Markup.TEXT,
}


class _Loader(yaml.SafeLoader):
    """Without merge keys (`<<`), whose few lines can unfold without end: they are an error."""

    def flatten_mapping(self, node: yaml.MappingNode) -> None:
        """Leaves the keys as they are."""


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
        return sum(isinstance(file, Path) for file in _walk_files(self.root()))

    def pages(self, stamps: Stamps) -> Iterator[Page | UnchangedPage | UnreadablePage]:
        """Each file with a known ending. Raises Permanent when the folder is not there or cannot be listed."""
        root = self.root()
        for file in _walk_files(root):
            if page := _read_page(root, file, stamps) if isinstance(file, Path) else file:
                yield page

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


KIND = SourceKind("a folder of Markdown, HTML, text, PDF and Word files", FolderSettings, "path", _open)


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
            elif _is_page_file(entry):
                yield Path(entry.path)
            elif file_type := _unread_type(entry):
                yield UnreadablePage(
                    _page_id(root, Path(entry.path)), "is of a type that is not read", file_type=file_type
                )
        pending_folders += [Path(entry.path) for entry in reversed(entries) if entry.is_dir(follow_symlinks=False)]


def _list_folder(folder: Path) -> list[os.DirEntry[str]]:
    """What stands in a folder, by name, without what is hidden. Raises OSError."""
    with os.scandir(folder) as entries:
        return sorted((entry for entry in entries if not entry.name.startswith(".")), key=lambda entry: entry.name)


def _is_page_file(entry: os.DirEntry[str]) -> bool:
    """A file with a known ending; "~$" begins the name of the lock file that Word leaves beside a document."""
    suffix = Path(entry.name).suffix.lower()
    is_readable = suffix in _MARKUP or suffix in sandbox.READERS
    return is_readable and not entry.name.startswith("~$") and not entry.is_dir(follow_symlinks=False)


def _unread_type(entry: os.DirEntry[str]) -> str:
    """What kind of file it is that is not read; empty for a folder, and for what no person put there."""
    if not entry.is_file() or entry.name.startswith("~$") or entry.name in _LEFT_BY_SYSTEMS:
        return ""
    return clean(Path(entry.name).suffix.lower())[:LONGEST_TYPE] or "no ending"


def _is_link_loop(link: Path) -> bool:
    """Does a link lead to itself, or to a folder that it stands in?"""
    try:
        return S_ISDIR(link.stat().st_mode) and link.absolute().is_relative_to(link.resolve(strict=True))
    except (OSError, RuntimeError) as error:  # Python up to 3.12 raises a RuntimeError for a loop
        return isinstance(error, RuntimeError) or error.errno == errno.ELOOP


def _page_id(root: Path, path: Path) -> str:
    return path.relative_to(root).as_posix().encode("utf-8", "backslashreplace").decode()


def _read_page(root: Path, path: Path, stamps: Stamps) -> Page | UnchangedPage | UnreadablePage | None:
    """None for a draft."""
    page_id = _page_id(root, path)
    try:
        return _read_file(root, path, page_id, stamps)
    except OSError as error:
        return UnreadablePage(page_id, error.strerror or "cannot be opened")
    except (ValueError, RuntimeError) as error:
        return UnreadablePage(page_id, str(error))


def _read_file(root: Path, path: Path, page_id: str, stamps: Stamps) -> Page | UnchangedPage | None:
    """None for a draft. Raises OSError, or ValueError that says what is wrong with the file."""
    if not path.resolve().is_relative_to(root):
        raise ValueError("leads out of the folder")
    if not path.is_file():
        raise ValueError("is not a file")
    suffix = path.suffix.lower()
    if suffix in sandbox.READERS:
        return _read_in_sandbox(path, suffix, page_id, stamps)
    front_matter, body = _split_front_matter(_decode(_read_content(path, MOST_BYTES)))
    if front_matter.get("draft") is True:
        return None
    return Page(
        id=page_id,
        body=body,
        markup=_MARKUP[suffix],
        title=_text_field(front_matter, "title"),
        url=_text_field(front_matter, "url"),
        locale=_text_field(front_matter, "locale") or "",
        audience=(_text_field(front_matter, "audience") or "public").lower(),
        collection=_text_field(front_matter, "collection") or "",
    )


def _read_in_sandbox(path: Path, suffix: str, page_id: str, stamps: Stamps) -> Page | UnchangedPage:
    """PDF and Word take long to read, so that a file which has not been written since is left alone."""
    file_stat = path.stat()
    stamp = f"{sandbox.RECIPE}-{file_stat.st_size}-{file_stat.st_mtime_ns}-{file_stat.st_ctime_ns}"
    if stamps(page_id) == stamp:
        return UnchangedPage(page_id)
    extract = sandbox.read_file(_read_content(path, MOST_BYTES_CONFINED), suffix)
    return Page(page_id, extract.html, Markup.HTML, title=extract.title, stamp=stamp)


def _read_content(path: Path, max_bytes: int) -> bytes:
    with path.open("rb") as file:
        content = file.read(max_bytes + 1)
    if len(content) > max_bytes:
        raise ValueError(f"is larger than {max_bytes:,} bytes")
    return content


def _decode(content: bytes) -> str:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        encoding = "utf-16"
    elif b"\0" in content:
        raise ValueError("is binary")
    else:
        encoding = "utf-8-sig"
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        raise ValueError(f"is not UTF-8 (byte {error.start:,})") from error


def _split_front_matter(text: str) -> tuple[dict[object, object], str]:
    lines = text.splitlines(keepends=True)
    if not lines or lines[0].rstrip() != "---":
        return {}, text
    end = next((number for number, line in enumerate(lines[1:], 1) if line.rstrip() in ("---", "...")), None)
    if end is None:
        return {}, text
    yaml_text = "".join(lines[1:end])
    if len(yaml_text) > MOST_FRONT:
        raise ValueError(f"has front matter of more than {MOST_FRONT:,} characters")
    try:
        front_matter = yaml.load(clean(yaml_text), _Loader)  # noqa: S506  # a safe one
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise ValueError("has front matter that is not YAML") from error
    if not isinstance(front_matter, dict):
        return {}, text
    return front_matter, "".join(lines[end + 1 :])


def _text_field(front_matter: dict[object, object], key: str) -> str | None:
    value = front_matter.get(key)
    if value is None:
        return None
    if isinstance(value, (dict, list)):
        raise ValueError(f"has front matter whose {key} is not a single value")
    return " ".join(str(value).split()) or None
