"""Pages of Zendesk's lists, by cursor and by number."""

import base64
import json
from typing import Any

from tests.lookalikes.stage import Request
from tests.lookalikes.zendesk_shapes import Json, Refusal

MOST_PAGE = 100


def here(request: Request) -> str:
    """The address that was asked, without its query."""
    return f"http://{request.headers.get('host', '')}{request.path}"


def cursor_of(at: int) -> str:
    """An opaque cursor for a place."""
    return base64.urlsafe_b64encode(json.dumps({"at": at}).encode()).decode()


def place_of(text: str) -> int:
    """The place a cursor stands for; 400 when it is none of ours."""
    try:
        return int(json.loads(base64.urlsafe_b64decode(text))["at"])
    except (ValueError, KeyError, TypeError) as error:
        raise Refusal(400, {"error": "InvalidCursor", "description": "cursor is not valid"}) from error


def cursor_page(request: Request, name: str, rows: list[Any]) -> Json:
    """One page by `page[size]` and `page[after]`, with `meta` and `links`."""
    size = max(1, min(int(request.query.get("page[size]") or MOST_PAGE), MOST_PAGE))
    after = request.query.get("page[after]")
    start = place_of(after) if after else 0
    page = rows[start : start + size]
    more = len(page) == size  # as Zendesk does: a full last page promises another one, which is empty
    end = cursor_of(start + len(page)) if page else None
    kept = "&".join(f"{key}={value}" for key, value in request.query.items() if not key.startswith("page["))
    link = f"{here(request)}?{kept}{'&' if kept else ''}page[size]={size}&page[after]={end}"
    meta = {"has_more": more, "after_cursor": end, "before_cursor": (page and cursor_of(start)) or None}
    return {name: page, "meta": meta, "links": {"next": link if more else None, "prev": None}}


def offset_page(request: Request, name: str, rows: list[Any]) -> Json:
    """One page by `page` and `per_page`, with `count` and `next_page`."""
    size = max(1, min(int(request.query.get("per_page") or MOST_PAGE), MOST_PAGE))
    turn = max(1, int(request.query.get("page") or 1))
    page = rows[(turn - 1) * size : turn * size]
    kept = "&".join(f"{key}={value}" for key, value in request.query.items() if key != "page")
    link = f"{here(request)}?{kept}{'&' if kept else ''}page="
    more = turn * size < len(rows)
    pages = {"next_page": f"{link}{turn + 1}" if more else None}
    return {name: page, "count": len(rows), **pages, "previous_page": f"{link}{turn - 1}" if turn > 1 else None}
