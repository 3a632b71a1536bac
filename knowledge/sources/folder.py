"""A folder of files: Markdown, HTML, plain text, PDF and Word.

A text file may begin with front matter, YAML between two lines of `---`: `title`, `locale`, `audience`, `collection`,
`url`, and `draft: true` for a page that is not out yet. The document's id is its path below the folder, with `/`.
Symbolic links that lead out of the folder are not followed, nor are links to folders. What cannot be read, a file or a
folder in it, is reported, and stops nothing.
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
        return sum(isinstance(found, Path) for found in _files(self.root()))

    def pages(self, stamps: Stamps) -> Iterator[Page | UnchangedPage | UnreadablePage]:
        """Each file with a known ending. Raises Permanent when the folder is not there or cannot be listed."""
        root = self.root()
        for found in _files(root):
            if page := _page(root, found, stamps) if isinstance(found, Path) else found:
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


def _files(root: Path) -> Iterator[Path | UnreadablePage]:
    """In order of their paths, a folder's files before its folders; one folder's names are held at a time."""
    waiting = [root]
    while waiting:
        folder = waiting.pop()
        try:
            entries = _entries(folder)
        except OSError as error:
            if folder == root:
                raise Permanent(f"{folder} cannot be listed: {error.strerror}") from error
            page_id = _id_of(root, folder)
            yield UnreadablePage(page_id, f"cannot be listed: {error.strerror}", beneath=f"{page_id}/")
            continue
        for entry in entries:
            if entry.is_symlink() and _is_circle(Path(entry.path)):
                yield UnreadablePage(_id_of(root, Path(entry.path)), "is a link that leads in a circle")
            elif _is_wanted(entry):
                yield Path(entry.path)
        waiting += [Path(entry.path) for entry in reversed(entries) if entry.is_dir(follow_symlinks=False)]


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    """What stands in a folder, by name, without what is hidden. Raises OSError."""
    with os.scandir(folder) as entries:
        return sorted((entry for entry in entries if not entry.name.startswith(".")), key=lambda entry: entry.name)


def _is_wanted(entry: os.DirEntry[str]) -> bool:
    """A file with a known ending; "~$" begins the name of the lock file that Word leaves beside a document."""
    ending = Path(entry.name).suffix.lower()
    known = ending in _MARKUP or ending in sandbox.READERS
    return known and not entry.name.startswith("~$") and not entry.is_dir(follow_symlinks=False)


def _is_circle(link: Path) -> bool:
    """Does a link lead to itself, or to a folder that it stands in?"""
    try:
        return S_ISDIR(link.stat().st_mode) and link.absolute().is_relative_to(link.resolve(strict=True))
    except (OSError, RuntimeError) as error:  # Python up to 3.12 raises a RuntimeError for a loop
        return isinstance(error, RuntimeError) or error.errno == errno.ELOOP


def _id_of(root: Path, path: Path) -> str:
    return path.relative_to(root).as_posix().encode("utf-8", "backslashreplace").decode()


def _page(root: Path, path: Path, stamps: Stamps) -> Page | UnchangedPage | UnreadablePage | None:
    """None for a draft."""
    page_id = _id_of(root, path)
    try:
        return _read(root, path, page_id, stamps)
    except OSError as error:
        return UnreadablePage(page_id, error.strerror or "cannot be opened")
    except (ValueError, RuntimeError) as error:
        return UnreadablePage(page_id, str(error))


def _read(root: Path, path: Path, page_id: str, stamps: Stamps) -> Page | UnchangedPage | None:
    """None for a draft. Raises OSError, or ValueError that says what is wrong with the file."""
    if not path.resolve().is_relative_to(root):
        raise ValueError("leads out of the folder")
    if not path.is_file():
        raise ValueError("is not a file")
    ending = path.suffix.lower()
    if ending in sandbox.READERS:
        return _read_confined(path, ending, page_id, stamps)
    front, body = _front_matter(_decode(_content(path, MOST_BYTES)))
    if front.get("draft") is True:
        return None
    return Page(
        id=page_id,
        body=body,
        markup=_MARKUP[ending],
        title=_word(front, "title"),
        url=_word(front, "url"),
        locale=_word(front, "locale") or "",
        audience=(_word(front, "audience") or "public").lower(),
        collection=_word(front, "collection") or "",
    )


def _read_confined(path: Path, ending: str, page_id: str, stamps: Stamps) -> Page | UnchangedPage:
    """PDF and Word take long to read, so that a file which has not been written since is left alone."""
    found = path.stat()
    stamp = f"{sandbox.RECIPE}-{found.st_size}-{found.st_mtime_ns}-{found.st_ctime_ns}"
    if stamps(page_id) == stamp:
        return UnchangedPage(page_id)
    read = sandbox.read_file(_content(path, MOST_BYTES_CONFINED), ending)
    return Page(page_id, read.html, Markup.HTML, title=read.title, stamp=stamp)


def _content(path: Path, most: int) -> bytes:
    with path.open("rb") as file:
        content = file.read(most + 1)
    if len(content) > most:
        raise ValueError(f"is larger than {most:,} bytes")
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


def _front_matter(text: str) -> tuple[dict[object, object], str]:
    lines = text.splitlines(keepends=True)
    if not lines or lines[0].rstrip() != "---":
        return {}, text
    end = next((place for place, line in enumerate(lines[1:], 1) if line.rstrip() in ("---", "...")), None)
    if end is None:
        return {}, text
    written = "".join(lines[1:end])
    if len(written) > MOST_FRONT:
        raise ValueError(f"has front matter of more than {MOST_FRONT:,} characters")
    try:
        front = yaml.load(clean(written), _Loader)  # noqa: S506  # a safe one
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise ValueError("has front matter that is not YAML") from error
    if not isinstance(front, dict):
        return {}, text
    return front, "".join(lines[end + 1 :])


def _word(front: dict[object, object], key: str) -> str | None:
    value = front.get(key)
    if value is None:
        return None
    if isinstance(value, (dict, list)):
        raise ValueError(f"has front matter whose {key} is not a single value")
    return " ".join(str(value).split()) or None
