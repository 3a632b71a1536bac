"""Pages laid aside on disk, so that a corpus of any size needs little memory."""

import json
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from types import TracebackType

from desk.pages import Markup, Page


class PageBuffer:
    """First in, first out. The file has no name and goes with the process."""

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile("w+", encoding="ascii")  # noqa: SIM115  # closed by __exit__
        self.pages = self._read_pages()
        """What was added, each page once. Begin when all is added."""

    def __enter__(self) -> "PageBuffer":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def add(self, pages: Iterable[Page]) -> None:
        """Lay the pages aside. Raises OSError when the disk is full."""
        for page in pages:
            self._file.write(json.dumps(asdict(page)) + "\n")  # ASCII: a lone surrogate is written as an escape

    def _read_pages(self) -> Iterator[Page]:
        self._file.seek(0)
        while line := self._file.readline():
            fields = json.loads(line)
            yield Page(**fields | {"markup": Markup(fields["markup"])})
