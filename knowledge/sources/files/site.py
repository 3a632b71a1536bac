"""What the pages of a folder share: the values that its site's settings give to variables, and the snippets that pages
include. Nothing outside the folder is read.
"""

import json
import re
import tomllib
from collections.abc import Callable, Iterator
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Any

import yaml

from desk.text.tokenizer import clean
from knowledge.parsing.dialects.code import substitute_in_prose
from knowledge.parsing.dialects.variables import fill_variables, flatten
from knowledge.sources.files.decode import decode_text
from knowledge.sources.files.front_matter import FrontMatter, split_front_matter
from knowledge.sources.files.publication import unpublished_flag

MOST_SETTINGS = 500_000
MOST_SNIPPET = 500_000
"""Bytes."""

MOST_INCLUDED = 200
DEEPEST_INCLUDE = 4
MOST_CHARACTERS = 2_000_000

_PAGE_SCOPES = (
    "", "page.", "page.meta.", "frontmatter.", "frontMatter.", "$frontmatter.", "props.", "metadata.", "meta.",
    ".Params.", ".Page.Params.",
)  # fmt: skip
_SETTINGS: dict[str, tuple[str, tuple[str, ...]]] = {
    "_config.yml": ("", ("site.",)),
    "_config.yaml": ("", ("site.",)),
    "mkdocs.yml": ("extra", ("", "extra.", "config.extra.")),
    "mkdocs.yaml": ("extra", ("", "extra.", "config.extra.")),
    "docs.json": ("variables", ("", "variables.")),
    "mint.json": ("variables", ("", "variables.")),
    "hugo.toml": ("params", ("", ".Site.Params.", "site.Params.")),
    "hugo.yaml": ("params", ("", ".Site.Params.", "site.Params.")),
    "config.toml": ("params", ("", ".Site.Params.", "site.Params.")),
    ".gitbook/vars.yaml": ("", ("space.vars.", "vars.")),
}
"""By the name of a file: the part of it that holds values, and by which names a page asks for them."""

_SNIPPET_FOLDERS = (
    "",
    "snippets",
    "_snippets",
    "_includes",
    "includes",
    "partials",
    "_partials",
    "docs",
    "layouts/partials",
)
_SNIPPET_SUFFIXES = frozenset({".md", ".mdx", ".markdown", ".txt", ".html"})
_INCLUDE = re.compile(
    r"""^(?P<indent>[ \t]*)(?:-{1,3}8<-{1,3}[ \t]+(?P<snip>["'][^"'\n]+["'])|\{!(?P<bang>[^!\n]+)!\}"""
    r"""|\{%-?\s*include(?:-markdown|_relative|_cached)?\s+(?P<liquid>["']?[\w./ -]+?\.\w+["']?)(?:\s[^%\n]*)?-?%\}"""
    r"""|<Snippet\s+file=(?P<mint>["'][^"'\n]+["'])\s*/>|<!--\s*@include:\s*(?P<vite>[^\s{>]+)[^\n>]*-->"""
    r"""|\[!INCLUDE\s*\[[^\]\n]*\]\((?P<learn>[^)\n]+)\)\]|<(?P<component>[A-Z]\w*)\s*/>)[ \t]*$""",
    re.M,
)
_IMPORT = re.compile(r"""^import\s+(\w+)\s+from\s+["']([^"'\n]+\.mdx?)["']""", re.M)


class _Loader(yaml.SafeLoader):
    """Settings hold tags of Python's, whose values are not needed."""


_Loader.add_multi_constructor("", lambda loader, suffix, node: None)


class DocsSite:
    """The folder of one site's pages."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def complete(self, markdown: str, page_id: str, front_matter: FrontMatter) -> str:
        """The text with what it includes, and with the variables whose values are known."""
        included = self._include(markdown, PurePosixPath(page_id).parent, _Budget(), 0)
        own = {scope + name: value for name, value in flatten(front_matter) for scope in _PAGE_SCOPES}
        return fill_variables(included, self._values | own)

    @cached_property
    def _values(self) -> dict[str, str]:
        values: dict[str, str] = {}
        for name, (part, scopes) in _SETTINGS.items():
            settings = self._settings(self._root / name)
            chosen = settings.get(part, {}) if part and isinstance(settings, dict) else settings
            values |= {scope + path: value for path, value in flatten(chosen) for scope in scopes}
        for file in sorted(self._root.glob("_data/*.y*ml"))[:50]:
            values |= dict(flatten(self._settings(file), f"site.data.{file.stem}"))
        return values

    def _settings(self, path: Path) -> Any:
        text = self._read(path, MOST_SETTINGS)
        try:
            if path.suffix == ".json":
                return json.loads(text or "{}")
            return tomllib.loads(text or "") if path.suffix == ".toml" else yaml.load(text or "", _Loader)  # noqa: S506
        except (ValueError, yaml.YAMLError, RecursionError):
            return {}

    def _read(self, path: Path, max_bytes: int) -> str | None:
        try:
            if not path.resolve().is_relative_to(self._root.resolve()) or not path.is_file():
                return None
            with path.open("rb") as file:
                return clean(decode_text(file.read(max_bytes)))
        except (OSError, ValueError, RuntimeError):
            return None

    def _include(self, markdown: str, folder: PurePosixPath, budget: "_Budget", depth: int) -> str:
        if depth >= DEEPEST_INCLUDE or not _INCLUDE.search(markdown):
            return markdown
        imports = dict(_IMPORT.findall(markdown))

        def insert(match: re.Match[str]) -> str:
            name = imports.get(match["component"] or "") or next(
                (match[kind] for kind in ("snip", "bang", "liquid", "mint", "vite", "learn") if match[kind]), ""
            )
            found = self._snippet(name.strip(" \"'"), folder) if name and budget.has_more() else None
            if found is None:
                return match[0]
            text = self._include(found[0], found[1], budget, depth + 1)
            return budget.spend("\n".join(match["indent"] + line for line in text.split("\n")))

        return substitute_in_prose(_INCLUDE, insert, markdown)

    def _snippet(self, name: str, folder: PurePosixPath) -> tuple[str, PurePosixPath] | None:
        """The text of a snippet, and the folder that it lies in."""
        for path in _candidates(name.removeprefix("@site").partition(":")[0], folder):
            if path.suffix in _SNIPPET_SUFFIXES and (text := self._read(self._root / path, MOST_SNIPPET)) is not None:
                try:
                    front_matter, body = split_front_matter(text)
                except ValueError:
                    return None
                return None if unpublished_flag(front_matter) else (body.strip("\n"), path.parent)
        return None


class _Budget:
    """How much a page may still include."""

    def __init__(self) -> None:
        self._files, self._characters = MOST_INCLUDED, MOST_CHARACTERS

    def has_more(self) -> bool:
        return self._files > 0 and self._characters > 0

    def spend(self, text: str) -> str:
        self._files -= 1
        self._characters -= len(text)
        return text


def _candidates(name: str, folder: PurePosixPath) -> Iterator[PurePosixPath]:
    if not name.startswith("/"):
        yield folder / name
    for place in _SNIPPET_FOLDERS:
        yield PurePosixPath(place) / name.lstrip("/")


Complete = Callable[[str, str, FrontMatter], str]
"""Completes a page's text: by its id, and its front matter."""
