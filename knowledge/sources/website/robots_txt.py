"""What a site asks of robots: robots.txt (RFC 9309), and the directives of a page or of its headers."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from protego import Protego

from desk.errors import Temporary
from knowledge.sources.website.http_fetch import AGENT, HttpResponse

MOST_BYTES = 500 * 1024
"""RFC 9309, section 2.5."""

LONGEST_WAIT = 10.0
"""Seconds of a Crawl-delay that are kept to."""

ROBOTS_NAMES = frozenset({"robots", AGENT.lower(), "googlebot", "bingbot"})
"""Whom directives speak to that we keep to: all, us, and the two that a site means when it names one to hide from."""

_VALUED = frozenset({"unavailable_after", "max-snippet", "max-image-preview", "max-video-preview"})
_AGENT_NAME = re.compile(r"([\w-]+)[ \t]*:")


class Robots:
    """The rules of a robots.txt for us."""

    def __init__(self, text: str = "") -> None:
        self._rules = Protego.parse(text)
        crawl_delay = self._rules.crawl_delay(AGENT) or 0.0
        self.delay = min(float(crawl_delay), LONGEST_WAIT) if crawl_delay > 0 else 0.0
        """Seconds between two requests."""

    @property
    def sitemaps(self) -> list[str]:
        """As they are written."""
        return list(self._rules.sitemaps)

    def allows(self, url: str) -> bool:
        """May we read it?"""
        return bool(self._rules.can_fetch(url, AGENT))


def read_robots(follow: Callable[[], HttpResponse | None]) -> Robots:
    """The rules by RFC 9309, section 2.3.1: where there is no such file (any 4xx, endless redirects: None), all may be
    read; where the site cannot say (5xx, no answer), nothing: Temporary. So with 429, as Google has it too."""
    response = follow()
    if response is None:
        return Robots()
    if response.status == 429 or response.status >= 500:
        raise Temporary(f"robots.txt cannot be read ({response.status})")
    return Robots(response.body.decode("utf-8-sig", "replace")) if response.status == 200 else Robots()


@dataclass(frozen=True, slots=True)
class Directives:
    """May the page be kept, and may its links be followed?"""

    index: bool = True
    follow: bool = True


def directives(meta: Iterable[str], headers: Iterable[str]) -> Directives:
    """Of `<meta name=robots>` contents and X-Robots-Tag headers; those for other robots do not count."""
    words = {word for content in meta for word in _directive_words(content)}
    words |= {word for header in headers for word in _words_for_us(header)}
    return Directives(not words & {"noindex", "none"}, not words & {"nofollow", "none"})


def _words_for_us(header: str) -> list[str]:
    """`otherbot: noindex, nofollow` speaks to another robot to its end; `unavailable_after: …` to nobody."""
    name = _AGENT_NAME.match(header.strip())
    if name is None or name[1].lower() in _VALUED:
        return _directive_words(header)
    return _directive_words(header.strip()[name.end() :]) if name[1].lower() in ROBOTS_NAMES else []


def _directive_words(content: str) -> list[str]:
    return [word for word in re.split(r"[,;\s]+", content.lower()) if word]
