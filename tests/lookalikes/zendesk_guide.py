"""The help center of a Zendesk account: articles with translations on shelves, who may read them, and their events.

What Zendesk does and one may forget: a list of articles in one language has only those translated into it, drafts too
when the token belongs to an agent; `outdated` is always false, `outdated_locales` tells; an archived article is in no
list, the incremental export included; nothing but publishing and unpublishing is told by webhook, neither an edit nor
a move nor the archive.
"""

import itertools
import re
import threading
from collections.abc import Callable
from typing import Any

from tests.lookalikes.stage import Answer, Request
from tests.lookalikes.zendesk_hooks import VERSION, Postman, Webhook, ulid
from tests.lookalikes.zendesk_pages import cursor_page, here, offset_page
from tests.lookalikes.zendesk_shapes import Json, Refusal, iso, not_found

EVENT = "zen:event-type:article."
BRAND = "7001"
MOST_EXPORT = 1000


class Guide:
    """One help center. `post` takes the JSON of an event; ids are ints; `clock` gives Unix seconds."""

    def __init__(self, clock: Callable[[], float], lock: threading.RLock, post: Callable[[str, Json], None]) -> None:
        self.clock = clock
        self.lock = lock
        self.post = post
        self.locales = ["en-us"]
        self.agent_may_manage = True
        """Without it the lists of user segments answer 403."""
        self.articles: dict[int, Json] = {}
        self.sections: dict[int, Json] = {}
        self.categories: dict[int, Json] = {}
        self.segments: dict[int, Json] = {}
        self._ids = itertools.count(360_000_000_001, 20)
        self.signed_in = self.segment("Signed-in users", built_in=True)
        self.staff = self.segment("Agents and managers", "staff", built_in=True)

    # --- What people do ---------------------------------------------------------------------------------------------

    def segment(self, name: str, user_type: str = "signed_in_users", **more: Any) -> int:
        """A user segment; its id. `more` are its conditions: `tags`, `organization_ids`, `group_ids`."""
        with self.lock:
            number = next(self._ids)
            none: Json = {"group_ids": [], "organization_ids": [], "tags": [], "or_tags": [], "added_user_ids": []}
            times = {"created_at": iso(self.clock()), "updated_at": iso(self.clock())}
            made = {"id": number, "name": name, "user_type": user_type, "built_in": False, **none, **times, **more}
            self.segments[number] = made
            return number

    def publish(
        self,
        title: str,
        body: str,
        *,
        locale: str = "en-us",
        section: str = "Account",
        category: str = "General",
        segment: int | list[int] | None = None,
        draft: bool = False,
    ) -> int:
        """A new article, as a draft or for all to see; its id."""
        with self.lock:
            number, now = next(self._ids), iso(self.clock())
            several = segment if isinstance(segment, list) else []
            self.articles[number] = {
                "id": number,
                "source_locale": locale,
                "section_id": self._section(section, category),
                "user_segment_id": several[0] if several else segment,
                "user_segment_ids": several,
                "created_at": now,
                "updated_at": now,
                "outdated_locales": [],
                "translations": {},
            }
            self.translate(number, locale, title, body, draft=draft)
            return number

    def translate(self, article: int, locale: str, title: str, body: str, *, draft: bool = False) -> None:
        """Write it in a language, anew or again."""
        with self.lock:
            found, now = self.articles[article], iso(self.clock())
            before = found["translations"].get(locale)
            found["translations"][locale] = {"title": title, "body": body, "draft": draft, "edited_at": now}
            found["updated_at"] = now
            if not draft and (before is None or before["draft"]):
                self._tell(article, "published", locale)

    def unpublish(self, article: int, locale: str = "en-us") -> None:
        """Make it a draft again."""
        with self.lock:
            self.articles[article]["translations"][locale]["draft"] = True
            self.articles[article]["updated_at"] = iso(self.clock())
            self._tell(article, "unpublished", locale)

    def change(self, article: int, **fields: Any) -> None:
        """Other readers (`user_segment_id`), another shelf (`section_id`), `outdated_locales`: no event tells."""
        with self.lock:
            self.articles[article] |= {**fields, "updated_at": iso(self.clock())}

    def archive(self, article: int) -> None:
        """Take it away: no event tells."""
        with self.lock:
            del self.articles[article]

    def _section(self, name: str, category: str) -> int:
        shelf = next((each["id"] for each in self.categories.values() if each["name"] == category), None)
        if shelf is None:
            shelf = next(self._ids)
            self.categories[shelf] = {"id": shelf, "name": category, "locale": "en-us", "outdated": False}
        for each in self.sections.values():
            if (each["name"], each["category_id"]) == (name, shelf):
                return int(each["id"])
        number = next(self._ids)
        made = {"id": number, "name": name, "category_id": shelf, "parent_section_id": None, "locale": "en-us"}
        self.sections[number] = made
        return number

    def _tell(self, article: int, kind: str, locale: str) -> None:
        found = self.articles[article]
        section = self.sections[found["section_id"]]
        event = {"author_id": "9000000000001", "locale": locale, "title": found["translations"][locale]["title"]}
        event |= {"section_id": str(section["id"]), "category_id": str(section["category_id"])}
        self.post(kind, article_event(article, kind, event if kind == "published" else {}, self.clock()))

    # --- What its API answers ---------------------------------------------------------------------------------------

    def answer(self, request: Request) -> Answer:
        """GET below `/api/v2/help_center/`. Called with the lock held and the token checked."""
        path = request.path.removeprefix("/api/v2/help_center/").removesuffix(".json")
        if path == "locales":
            return Answer(body={"locales": self.locales, "default_locale": self.locales[0]})
        if path == "user_segments":
            if not self.agent_may_manage:
                raise Refusal(403, {"error": "Forbidden", "description": "You do not have access to this page."})
            return self._page(request, "user_segments", list(self.segments.values()))
        if found := re.fullmatch(r"users/(\d+)/user_segments", path):
            members = [each for each in self.segments.values() if int(found[1]) in each["added_user_ids"]]
            return self._page(request, "user_segments", members)
        if path == "incremental/articles":
            return self._export(request)
        if found := re.fullmatch(r"(?:([a-z-]{2,7})/)?(articles|sections|categories)(?:/(\d+))?", path):
            return self._shelved(request, *found.groups())
        raise not_found()

    def _shelved(self, request: Request, locale: str | None, name: str, number: str | None) -> Answer:
        if locale and locale not in self.locales:
            raise not_found()
        if name != "articles":
            return self._page(request, name, list(getattr(self, name).values()))
        if number:
            shown = self._shown(int(number), locale) if int(number) in self.articles else None
            if shown is None:
                raise not_found()
            return Answer(body={"article": shown})
        rows = [shown for each in self.articles if (shown := self._shown(each, locale))]
        by = request.query.get("sort_by", "position")
        rows.sort(key=lambda row: str(row.get(by, "")), reverse=request.query.get("sort_order") == "desc")
        return self._page(request, "articles", rows)

    def _shown(self, number: int, locale: str | None) -> Json | None:
        """The article as it is shown in a language; None where it has none."""
        found = self.articles[number]
        shown = locale or found["source_locale"]
        words = found["translations"].get(shown)
        if words is None:
            return None
        url = f"https://acorn.zendesk.example/hc/{shown}/articles/{number}"
        fixed: Json = {"author_id": 9_000_000_000_001, "comments_disabled": False, "promoted": False, "position": 0}
        fixed |= {"vote_sum": 0, "vote_count": 0, "permission_group_id": 5, "content_tag_ids": [], "label_names": []}
        told = {**fixed, **{name: value for name, value in found.items() if name != "translations"}, **words}
        return {**told, "name": words["title"], "html_url": url, "locale": shown, "outdated": False}

    def _export(self, request: Request) -> Answer:
        since = int(request.query.get("start_time") or 0)
        rows = [row for each in self.articles if (row := self._shown(each, None)) and row["updated_at"] >= iso(since)]
        rows = sorted(rows, key=lambda row: str(row["updated_at"]))[:MOST_EXPORT]
        end = max((row["updated_at"] for row in rows), default=None)
        told = {"count": len(rows), "next_page": None if not rows else here(request), "end_time": end}
        return Answer(body={"articles": rows, **told})

    def _page(self, request: Request, name: str, rows: list[Any]) -> Answer:
        by_cursor = any(key.startswith("page[") for key in request.query)
        return Answer(body=(cursor_page if by_cursor else offset_page)(request, name, rows))


def article_event(article: int, kind: str, event: Json, at: float) -> Json:
    """An article's event without its account, in the shape of schema 2022-11-06."""
    detail = {"brand_id": BRAND, "id": str(article), "user_id": "9000000000001"}
    told: Json = {"detail": detail, "event": event, "id": ulid(at), "subject": f"zen:article:{article}"}
    return {**told, "time": f"{iso(at)[:-1]}.000000001Z", "type": EVENT + kind, "zendesk_event_version": VERSION}


def announce(postman: Postman, webhooks: list[Webhook], account: int, kind: str, event: Json) -> None:
    """Send an article's event to those who asked for it."""
    for webhook in webhooks:
        if f"article.{kind}" in webhook.kinds and webhook.trigger is None and not webhook.off:
            postman.take(webhook, account, {"account_id": account, **event}, int(event["detail"]["id"]))
