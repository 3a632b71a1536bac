"""The Help Center's answers as far as they are read (`/api/v2/help_center/`).

What decides who may read an article has no default here: an answer without it is of another shape, and is not read.
"""

from typing import Any

from pydantic import AwareDatetime, Field

from integration.zendesk.api.models import ListPage, Shape


class Locales(Shape):
    """The languages that the help center has switched on."""

    locales: list[str]
    default_locale: str | None = None


class Segment(Shape):
    """Who may read: `user_type` is `signed_in_users` or `staff`; conditions may follow."""

    id: str
    user_type: str
    organization_ids: list[str] | None = None
    tags: list[str] | None = None
    or_tags: list[str] | None = None

    @property
    def is_everyone(self) -> bool:
        """All who have signed in, without a condition."""
        return self.user_type == "signed_in_users" and not (self.organization_ids or self.tags or self.or_tags)


class Segments(ListPage):
    """Some user segments."""

    user_segments: list[Segment]


class GuideCategory(Shape):
    """The upper shelf of articles."""

    id: str
    name: str | None = None


class Categories(ListPage):
    """Some categories."""

    categories: list[GuideCategory]


class GuideSection(Shape):
    """The lower shelf of articles."""

    id: str
    name: str | None = None
    category_id: str | None = None


class Sections(ListPage):
    """Some sections."""

    sections: list[GuideSection]


class GuideArticle(Shape):
    """An article in one language. `draft` is that language's; `edited_at` too."""

    id: str
    locale: str
    title: str | None = None
    body: str | None = None
    draft: bool
    section_id: str | None = None
    html_url: str | None = None
    updated_at: AwareDatetime
    edited_at: AwareDatetime | None = None
    user_segment_id: str | None
    user_segment_ids: list[str] | None = None
    outdated_locales: list[str] | None = Field(default_factory=list)

    @property
    def segments(self) -> frozenset[str]:
        """The user segments that may read it; empty when everybody may."""
        return frozenset({*([self.user_segment_id] if self.user_segment_id else []), *(self.user_segment_ids or ())})


class GuideEntry(Shape):
    """The least that an entry of the list must say."""

    id: str


class GuideArticles(ListPage):
    """Some articles, each to be read by itself: one of another shape is no reason to lose its neighbours."""

    articles: list[dict[str, Any]]


class ChangedArticle(Shape):
    """When an article was changed."""

    updated_at: AwareDatetime | None = None


class ChangedArticles(Shape):
    """The first of those that were changed since a time."""

    articles: list[ChangedArticle]
