"""*Written here* as a source: each entry a page, its question the title."""

from collections.abc import Iterator

from pydantic import BaseModel, ConfigDict

from desk.pages import Markup, Page, Stamps, UnchangedPage, UnreadablePage
from desk.platform.database import Database
from knowledge.sources.source_kind import SourceKind
from knowledge.sources.written_here import entries
from knowledge.sources.written_here.entries import WrittenEntry


class WrittenHereSettings(BaseModel):
    """Nothing is asked for."""

    model_config = ConfigDict(extra="forbid")


class WrittenHere:
    """`desk.pages.PageSource` over the account's entries."""

    def __init__(self, db: Database, account: str, name: str = entries.SOURCE) -> None:
        self.name = name
        self.db = db
        self._account = account

    def count(self) -> int | None:
        """How many entries there are."""
        with self.db.account(self._account) as tx:
            return entries.count_entries(tx)

    def pages(self, stamps: Stamps) -> Iterator[Page | UnchangedPage | UnreadablePage]:
        """All entries, those that were changed since with their text."""
        with self.db.account(self._account) as tx:
            all_entries = entries.list_entries(tx)
        for entry in all_entries:
            stamp = entry.updated_at.isoformat()
            yield UnchangedPage(entry.id) if stamps(entry.id) == stamp else _page_of(entry, stamp)


def _page_of(entry: WrittenEntry, stamp: str) -> Page:
    return Page(
        entry.id,
        entry.answer,
        Markup.TEXT,
        title=" ".join(entry.question.split()),
        locale=entry.locale,
        audience=entry.audience,
        stamp=stamp,
    )


KIND = SourceKind(
    "entries that agents proposed and leads accepted",
    WrittenHereSettings,
    None,
    lambda db, account, name, settings: WrittenHere(db, account, name),
    kept_here=True,
)
