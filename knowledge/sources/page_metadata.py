"""A source whose pages carry what its row says of them: audience, locale, collection."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, replace

from desk.pages import DEFAULT_LOCALE, PUBLIC, Page, PageSource, Stamps, UnchangedPage, UnreadablePage
from knowledge.sources.configured_sources import ConfiguredSource


class SourceWithMetadata:
    """The pages of a source as its row wants them.

    Stamps are kept behind a mark of the row: with other settings or marks no page is taken for unchanged.
    """

    def __init__(self, source: PageSource, row: ConfiguredSource) -> None:
        self.name = row.name
        self._source = source
        self._defaults = row.defaults
        row_json = json.dumps(asdict(row), sort_keys=True)
        self._stamp_prefix = hashlib.sha256(row_json.encode()).hexdigest()[:8] + " "

    def count(self) -> int | None:
        """As the source counts."""
        return self._source.count()

    def pages(self, stamps: Stamps) -> Iterator[Page | UnchangedPage | UnreadablePage]:
        """The source's pages."""

        def own_stamp(page_id: str) -> str | None:
            stamp = stamps(page_id)
            return stamp.removeprefix(self._stamp_prefix) if stamp and stamp.startswith(self._stamp_prefix) else None

        for page in self._source.pages(own_stamp):
            yield self._with_metadata(page) if isinstance(page, Page) else page

    def _audience(self, page: Page) -> str:
        """A mark keeps public pages to fewer readers; what a page keeps to itself, no mark opens."""
        return self._defaults.audience or page.audience if page.audience == PUBLIC else page.audience

    def _with_metadata(self, page: Page) -> Page:
        return replace(
            page,
            audience=self._audience(page),
            locale=page.locale or self._defaults.locale or DEFAULT_LOCALE,
            collection=page.collection or self._defaults.collection,
            stamp=page.stamp and self._stamp_prefix + page.stamp,
        )
