"""A folder of Markdown, HTML and plain text files.

A file may begin with front matter, YAML between two lines of `---`: `title`, `locale`, `audience`, `collection`,
`url`, and `draft: true` for a page that is not out yet. The document's id is its path below the folder, with `/`.
Symbolic links that lead out of the folder are not followed.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import yaml

from desk.errors import Permanent
from desk.ports import Markup, Page, Stamps, Unchanged, Unreadable
from desk.text import clean

MOST_BYTES = 10_000_000

_MARKUP = {
    ".md": Markup.MARKDOWN,
    ".markdown": Markup.MARKDOWN,
    ".html": Markup.HTML,
    ".htm": Markup.HTML,
    ".txt": Markup.TEXT,
}


class Folder:
    """The pages of a folder and the folders in it, sorted by path. Hidden files and folders are left out."""

    def __init__(self, path: Path, name: str | None = None) -> None:
        self.path = path
        self.name = name or f"folder:{path.resolve()}"

    def count(self) -> int:
        """How many files have a known ending."""
        return sum(1 for _ in _files(self._root()))

    def pages(self, stamps: Stamps) -> Iterator[Page | Unchanged | Unreadable]:
        """Each file with a known ending. Raises Permanent when the folder is not there or cannot be listed."""
        root = self._root()
        for path in _files(root):
            page_id = path.relative_to(root).as_posix().encode("utf-8", "replace").decode()
            try:
                if page := _read(root, path, page_id):
                    yield page
            except OSError as error:
                yield Unreadable(page_id, error.strerror or "cannot be opened")
            except ValueError as error:
                yield Unreadable(page_id, str(error))

    def _root(self) -> Path:
        root = self.path.resolve()
        if not root.is_dir():
            raise Permanent(f"{self.path} is not a folder")
        return root


def _files(root: Path) -> Iterator[Path]:
    """In order of their paths; one folder's names are held at a time."""

    def give_up(error: OSError) -> None:
        raise Permanent(f"{error.filename} cannot be listed: {error.strerror}") from error

    for folder, folders, names in os.walk(root, onerror=give_up):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            if Path(name).suffix.lower() in _MARKUP and not name.startswith("."):
                yield Path(folder, name)


def _read(root: Path, path: Path, page_id: str) -> Page | None:
    """None for a draft. Raises OSError, or ValueError that says what is wrong with the file."""
    if not path.resolve().is_relative_to(root):
        raise ValueError("leads out of the folder")
    if not path.is_file():
        raise ValueError("is not a file")
    with path.open("rb") as file:
        content = file.read(MOST_BYTES + 1)
    front, body = _front_matter(_decode(content))
    if front.get("draft") is True:
        return None
    return Page(
        id=page_id,
        body=body,
        markup=_MARKUP[path.suffix.lower()],
        title=_word(front, "title"),
        url=_word(front, "url"),
        locale=_word(front, "locale") or "en",
        audience=(_word(front, "audience") or "public").lower(),
        collection=_word(front, "collection") or "",
    )


def _decode(content: bytes) -> str:
    if len(content) > MOST_BYTES:
        raise ValueError(f"is larger than {MOST_BYTES:,} bytes")
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
    try:
        front = yaml.safe_load(clean("".join(lines[1:end])))
    except (yaml.YAMLError, RecursionError) as error:
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
