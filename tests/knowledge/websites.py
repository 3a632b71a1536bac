"""A website source over the look-alike, that waits for nothing and remembers how long it would have waited."""

from typing import Any

from desk.pages import Page, Stamps, UnchangedPage, UnreadablePage
from knowledge.sources.website.source import Website, WebsiteSettings
from tests.lookalikes.website import Website as Site

Got = list[Page | UnchangedPage | UnreadablePage]


class Reader(Website):
    """`pauses` are the seconds that it would have waited."""

    def __init__(self, site: Site, start: str = "/", *, ways: dict[str, Any] | None = None, **settings: Any) -> None:
        self.pauses: list[float] = []
        address = start if "://" in start else site.url + start
        given = {"private_network": True, "delay": 0.0} | settings
        super().__init__(WebsiteSettings(start=address, **given), pause=self.pauses.append, **(ways or {}))
        self.root = site.url

    def read(self, stamps: Stamps = lambda _: None) -> Got:
        """All of it."""
        return list(self.pages(stamps))

    def paths(self, stamps: Stamps = lambda _: None) -> list[str]:
        """Of the pages that were given or are unchanged."""
        return [self.short(each.id) for each in self.read(stamps) if not isinstance(each, UnreadablePage)]

    def unread(self, stamps: Stamps = lambda _: None) -> dict[str, str]:
        """Why, by path."""
        return {self.short(each.id): each.why for each in self.read(stamps) if isinstance(each, UnreadablePage)}

    def short(self, page_id: str) -> str:
        """The path of a page."""
        return page_id.removeprefix(self.root)


def stamps_of(found: Got) -> Stamps:
    """As an index that holds these pages tells them."""
    return {page.id: page.stamp for page in found if isinstance(page, Page)}.get


def small(site: Site) -> Reader:
    """A start, a hub, and a page that only the hub leads to."""
    site.page("/", "Welcome.", "/hub", "/plain")
    site.page("/hub", "The hub.", "/leaf")
    site.page("/leaf", "Only the hub leads here.")
    site.page("/plain", "A plain page.", "/")
    return Reader(site)
