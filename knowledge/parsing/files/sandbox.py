"""Reads PDF, Word and other files in a process of its own, with limits on its time and memory, without our environment.

Their parsers are large, and meet files from anywhere: what hangs, eats memory or breaks the interpreter costs one file,
and nobody's secrets are in its reach.
"""

import importlib
import json
import os
import resource
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from knowledge.parsing.files.extract import Extract, UnreadableFile

_FILES, _FORMATS = "knowledge.parsing.files", "knowledge.parsing.formats"
READERS: Mapping[str, str] = {
    ".pdf": f"{_FILES}.pdf",
    ".docx": f"{_FILES}.docx",
    ".rtf": f"{_FORMATS}.rtf",
    ".eml": f"{_FORMATS}.mail_file",
    ".mht": f"{_FORMATS}.mail_file",
    ".mhtml": f"{_FORMATS}.mail_file",
    ".rst": f"{_FORMATS}.rst",
    ".adoc": f"{_FORMATS}.asciidoc",
    ".asciidoc": f"{_FORMATS}.asciidoc",
    ".csv": f"{_FORMATS}.csv_table",
}
"""By a file's ending: the module whose `read(content)` gives an Extract, or raises UnreadableFile that says why not."""

PLAIN_TEXT = frozenset({".rst", ".adoc", ".asciidoc", ".csv"})
"""Those whose readers are given UTF-8, whatever the file's charset is."""

RECIPE = 2
"""Raise it when a reader changes: all files are then read anew."""

SECONDS = 120.0
MEMORY = 1_500_000_000
"""Bytes of address space."""

_ROOT = Path(__file__).parents[3]
_KEPT_VARIABLES = ("PATH", "LD_LIBRARY_PATH", "LANG", "TZ")


def read_file(content: bytes, ending: str) -> Extract:
    """The file as HTML. Raises UnreadableFile that says what is wrong with it."""
    environment = {name: value for name in _KEPT_VARIABLES if (value := os.environ.get(name))}
    try:
        process = subprocess.run(  # noqa: S603  # our own module
            [sys.executable, "-P", "-B", "-m", "knowledge.parsing.files.sandbox", ending],
            input=content,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment | {"PYTHONPATH": str(_ROOT), "PYTHONWARNINGS": "ignore"},
            timeout=SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise UnreadableFile(f"takes more than {SECONDS:g} s to read") from error
    if process.returncode:
        raise UnreadableFile("is damaged: reading it broke off")
    result = json.loads(process.stdout)
    if why := result.get("why"):
        raise UnreadableFile(why)
    return Extract(result["title"], result["html"], result["metadata"])


def _resource_limits() -> Iterator[tuple[int, int]]:
    yield resource.RLIMIT_AS, MEMORY
    yield resource.RLIMIT_CPU, int(SECONDS)
    yield resource.RLIMIT_FSIZE, 0


def main() -> None:
    """The other process: a file on standard input, what it says as JSON on standard output."""
    for limit, maximum in _resource_limits():
        with suppress(ValueError, OSError):  # a system that does not know the limit, or has a lower one
            resource.setrlimit(limit, (maximum, maximum))
    json.dump(_read_to_json(sys.argv[1], sys.stdin.buffer.read()), sys.stdout)


def _read_to_json(ending: str, content: bytes) -> dict[str, object]:
    try:
        extract = importlib.import_module(READERS[ending]).read(content)
        return {"title": extract.title, "html": extract.html, "metadata": dict(extract.metadata)}
    except MemoryError:
        return {"why": f"needs more than {MEMORY:,} bytes of memory to read"}
    except UnreadableFile as error:
        return {"why": str(error)}
    except Exception:  # noqa: BLE001  # whatever a parser trips over is in the file
        return {"why": "is damaged"}


if __name__ == "__main__":
    main()
