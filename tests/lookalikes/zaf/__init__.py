"""A stand-in for what Zendesk puts around an app: the ticket's page with a composer, and the ZAF SDK, in a browser."""

import html
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

SDK = "https://static.zdassets.com/zendesk_app_framework_sdk/2.0/zaf_sdk.min.js"
HERE = Path(__file__).parent


def serve_zendesk(page: Page, zendesk: str, **words: Any) -> None:
    """Have this tab see Zendesk: `PAGE` (of the app), `TOKEN`, `TICKET`, and perhaps `WIDTH` and `SCHEME`."""
    text = (HERE / "host.html").read_text(encoding="utf-8")
    given = {"ORIGIN": zendesk, "WIDTH": 340, "SCHEME": "light", "TICKET": "null"} | words
    for name, value in given.items():
        text = text.replace(name, html.escape(str(value)))
    page.route(f"{zendesk}/agent/**", lambda route: route.fulfill(body=text, content_type="text/html"))
    page.route(SDK, lambda route: route.fulfill(path=HERE / "sdk.js", content_type="text/javascript"))
