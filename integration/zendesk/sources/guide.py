"""Zendesk Guide as a source: each article in each language is a page.

One list of all articles per language (100 to a call, bodies and all; Zendesk offers no shorter one) says both what is
there and what has changed: an article whose times, readers and shelf are as at the last look is passed on as unchanged,
without a look at its body. The incremental export would not save that list: it does not tell of archived, unpublished
and hidden articles, and those have to leave the index in the same run.
https://developer.zendesk.com/api-reference/help_center/help-center-api/articles/

The list is sorted by the time of creation, which does not change while it is read.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from desk.errors import Permanent, Temporary
from desk.pages import Markup, Page, Stamps, UnchangedPage, UnreadablePage
from desk.platform.database import Database
from desk.text.tokenizer import clean
from integration.zendesk.api.client import Gone, translate_error
from integration.zendesk.api.connection import ZendeskLines, is_connected
from integration.zendesk.api.guide_models import (
    Categories,
    GuideArticle,
    GuideArticles,
    GuideEntry,
    Locales,
    Sections,
    Segment,
    Segments,
)
from knowledge.sources.source_kind import SourceKind

NAME = "zendesk-guide"
FRESH = timedelta(seconds=120)
"""Zendesk's times have whole seconds, and its clock is not ours: what changed so lately is read again the next time."""

SIGNED_IN = "signed_in"
INTERNAL = "internal"


class GuideSettings(BaseModel):
    """What is read of the help center."""

    model_config = ConfigDict(extra="forbid")

    locales: list[str] = Field(
        default=[], description="languages to read, such as en-us,de; all that are switched on if empty"
    )
    shelf: Literal["category", "section", "none"] = Field(default="category", description="what makes the collection")
    outdated: bool = Field(default=False, description="read translations that are marked as outdated as well")

    @field_validator("locales", mode="before")
    @classmethod
    def may_be_one_text(cls, value: Any) -> Any:
        """`en-us, de` as a list, in lower case as Zendesk has it."""
        entries = value.split(",") if isinstance(value, str) else value
        return [entry.strip().lower() for entry in entries if entry.strip()] if isinstance(entries, list) else entries


@dataclass(slots=True)
class _Shelves:
    """Names of categories and sections. The first language that names one does so for all."""

    categories: dict[str, str] = field(default_factory=dict)
    sections: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Name and category of each."""

    def collection(self, article: GuideArticle, by: str) -> str:
        """What the article is kept under; empty where it stands on no shelf that is known."""
        section, category = self.sections.get(article.section_id or "", ("", ""))
        return {"section": section, "category": self.categories.get(category, "")}.get(by, "")


class GuideSource:
    """`desk.ports.PageSource` over the help center of the account's Zendesk. `now` is the clock."""

    def __init__(
        self,
        db: Database,
        account: str,
        name: str = NAME,
        settings: GuideSettings | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.name = name
        self._account = account
        self._settings = settings or GuideSettings()
        self._lines = ZendeskLines(db)
        self._clock = now

    def count(self) -> int | None:
        """Not known before all is read: drafts are in the list."""
        return None

    def pages(self, stamps: Stamps) -> Iterator[Page | UnchangedPage | UnreadablePage]:
        """All that is published, in each language. Raises Permanent when the token's user may not read it, or there is
        no help center; Temporary when Zendesk gives trouble before the end."""
        with _explain_missing():
            segment_pages = self._list_pages("user_segments", Segments)
            segments = {segment.id: segment for page in segment_pages for segment in page.user_segments}
            shelves = _Shelves()
            for locale in self._locales_to_read():
                if self._settings.shelf != "none":
                    self._load_shelves(locale, shelves)
                for article in self._published_articles(locale):
                    if isinstance(article, GuideArticle):
                        yield self._build_page(article, shelves, segments, stamps)
                    else:
                        yield article

    def _locales_to_read(self) -> list[str]:
        """Those to read, the help center's own first."""
        response = self._lines.open(self._account).client.show("help_center/locales.json", Locales)
        available = sorted({code.lower() for code in response.locales})
        if not available:
            raise Temporary("the help center names no language")
        if missing := sorted(set(self._settings.locales) - set(available)):
            raise Permanent(f"the help center has no {', '.join(missing)}; it has {', '.join(available)}")
        default_locale = (response.default_locale or "").lower()
        return sorted(self._settings.locales or available, key=lambda locale: (locale != default_locale, locale))

    def _load_shelves(self, locale: str, shelves: _Shelves) -> None:
        for page in self._list_pages(f"{locale}/categories", Categories):
            for category in page.categories:
                shelves.categories.setdefault(category.id, _one_line(category.name))
        for page in self._list_pages(f"{locale}/sections", Sections):
            for section in page.sections:
                shelves.sections.setdefault(section.id, (_one_line(section.name), section.category_id or ""))

    def _published_articles(self, locale: str) -> Iterator[GuideArticle | UnreadablePage]:
        """Each article of the language once; a draft, and a translation that is behind its original, as what it is."""
        seen_ids: set[str] = set()
        for page in self._list_pages(f"{locale}/articles", GuideArticles, sort_by="created_at", sort_order="asc"):
            for entry in page.articles:
                article = _parse_article(entry, locale)
                if article.id in seen_ids or (isinstance(article, GuideArticle) and article.locale.lower() != locale):
                    continue
                seen_ids.add(article.id)
                yield (isinstance(article, GuideArticle) and self._unpublished(article, locale)) or article

    def _unpublished(self, article: GuideArticle, locale: str) -> UnreadablePage | None:
        """The article as one that is not for readers, with the reason; None where it is for them."""
        is_outdated = locale in {outdated_locale.lower() for outdated_locale in article.outdated_locales or ()}
        if article.draft:
            return UnreadablePage(f"{article.id}:{locale}", "is a draft", unpublished=True)
        if is_outdated and not self._settings.outdated:
            return UnreadablePage(f"{article.id}:{locale}", "is a translation behind its original", unpublished=True)
        return None

    def _build_page(
        self, article: GuideArticle, shelves: _Shelves, segments: Mapping[str, Segment], stamps: Stamps
    ) -> Page | UnchangedPage:
        page_id = f"{article.id}:{article.locale.lower()}"
        audience = audience_of(article, segments)
        collection = shelves.collection(article, self._settings.shelf)
        stamp = _article_stamp(article, audience, collection, self._clock())
        if stamp and stamps(page_id) == stamp:
            return UnchangedPage(page_id)
        return Page(
            id=page_id,
            body=article.body or "",
            markup=Markup.HTML,
            title=_one_line(article.title) or None,
            url=article.html_url,
            locale=article.locale.lower(),
            audience=audience,
            collection=collection,
            stamp=stamp,
        )

    def _list_pages(self, path: str, shape: Any, **query: str) -> Iterator[Any]:
        return self._lines.listed(self._account, f"help_center/{path}.json", shape, **query)


def _parse_article(payload: dict[str, Any], locale: str) -> GuideArticle | UnreadablePage:
    """Raises Temporary for an entry that does not even say which article it is."""
    with translate_error():
        entry = GuideEntry.model_validate(payload)
    try:
        return GuideArticle.model_validate(payload)
    except ValidationError:
        return UnreadablePage(f"{entry.id}:{locale}", "is of a shape that is not understood")


def audience_of(article: GuideArticle, segments: Mapping[str, Segment]) -> str:
    """`public` only for what a visitor who has not signed in can read; a segment that is not known is never public.

    Staff alone: `internal`. All who sign in: `signed_in`. Any other circle is an audience of its own, by its number:
    whoever writes to support is not known to belong to it.
    """
    if not article.segments:
        return "public"
    article_segments = [segments.get(segment_id) for segment_id in article.segments]
    if all(segment and segment.user_type == "staff" for segment in article_segments):
        return INTERNAL
    if any(segment and segment.is_everyone for segment in article_segments):
        return SIGNED_IN
    return "-".join(["segment", *sorted(article.segments)])


def _article_stamp(article: GuideArticle, audience: str, collection: str, now: datetime) -> str | None:
    """The readers and the shelf are in it: a segment or a section can change without its articles."""
    times = [article.updated_at, article.edited_at or article.updated_at]
    if max(times) > now - FRESH:
        return None
    return "|".join([*(time.isoformat() for time in times), audience, collection])


def _one_line(text: str | None) -> str:
    return " ".join(clean(text or "").split())


@contextmanager
def _explain_missing() -> Iterator[None]:
    try:
        yield
    except Gone as error:
        raise Permanent("this Zendesk has no help center at its address (404), or it is not activated") from error


def _open_source(db: Database, account: str, name: str, settings: Any) -> GuideSource:
    if not is_connected(db, account):
        raise Permanent("this account is not connected to Zendesk; run `firstline connect zendesk`")
    return GuideSource(db, account, name, settings)


KIND = SourceKind("the articles of the account's Zendesk help center", GuideSettings, None, _open_source)
"""For the table of sources, under `zendesk-guide`."""
