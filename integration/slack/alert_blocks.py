"""An alert as one Block Kit message. Whatever it holds, every limit of Slack's is kept; what is cut ends in "…".

Limits: docs.slack.dev/reference/block-kit. There is one more that is not written there: all texts of a message, as
escaped, plus about 100 characters a block may hold some 13,200 characters (`msg_blocks_too_long`, reported in
slackapi/bolt-js issue 2509). The parts below add up to less than 10,000. Lengths count as JavaScript counts them: an
emoji is two.

What customers, documents and the model wrote is escaped and `verbatim`: it mentions nobody and links nowhere. Only a
source's own address and the two buttons are links.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import urlsplit

from desk.ports import Alert, Source
from desk.text.tokenizer import clean

Block = dict[str, Any]

HEADER = 150
FIELD = 300
QUESTION = 1500
REASONS = 1200
NOTICE = 2900
"""Of what is known, where no ticket needs the room."""
DRAFT = 2500
SOURCES = 2000
SOURCE_TITLE = 150
URL = 3000
LINKED_URL = 700
"""Longer addresses of sources are not linked: half an address leads nowhere, and three would fill the part."""

_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_MASS_MENTION = re.compile(r"@(?=(?:here|channel|everyone|group)\b)", re.IGNORECASE)
_BLANK = re.compile(r"\n(?:[^\S\n]*\n)++")
_JOINERS = "\u200d\ufe0e\ufe0f"
_URL_ESCAPES = {ord(sign): f"%{ord(sign):02X}" for sign in "<>|\"'`\\^{} \t\n"}


def alert_blocks(alert: Alert) -> list[Block]:
    """The alert's blocks: header, who and what, question, reasons, draft, sources, links."""
    parts: list[Block] = [
        {"type": "header", "text": _plain_text(_header_text(alert.title))},
        {"type": "section", "fields": [_mrkdwn_text(field) for field in _ticket_fields(alert)]}
        if alert.ticket_id
        else {},
        _section_block("Question", _quote_lines(alert.question, QUESTION)),
        _section_block(
            "Reasons" if alert.ticket_id else "What is known",
            _bullet_list(alert.reasons, REASONS if alert.ticket_id else NOTICE),
        ),
        _section_block("Draft, not sent", _quote_lines(alert.draft, DRAFT)),
        _section_block("Sources", _source_list(alert.sources)),
        _button_block(alert),
        {"type": "context", "elements": [_mrkdwn_text(_origin_text(alert))]},
    ]
    return [part for part in parts if part]


def fallback_text(alert: Alert) -> str:
    """One line for notifications, and for where no blocks are shown."""
    if not alert.ticket_id:
        return " – ".join(escape(_one_line(part), 200) for part in (alert.title, *alert.reasons[:2]) if part)
    subject = escape(_one_line(alert.subject), 200) or "no subject"
    requester = escape(_one_line(alert.requester), 150)
    reason = escape(_one_line(alert.reasons[0]), 200) if alert.reasons else ""
    return " – ".join(part for part in (f"{escape(_one_line(alert.title), 150)}: {subject}", requester, reason) if part)


def priority_in_words(alert: Alert) -> str:
    """The alert as one text, for when Slack will not take the blocks."""
    links = (safe_url(alert.ticket_url, URL), safe_url(alert.console_url, URL))
    reasons = "" if alert.ticket_id else _bullet_list(alert.reasons, NOTICE)
    parts = (
        fallback_text(alert),
        reasons,
        _quote_lines(alert.question, QUESTION),
        *(f"<{_escaped_url(url)}>" for url in links if url),
    )
    return "\n".join(part for part in parts if part)


def escape(text: str, limit: int) -> str:
    """The text as mrkdwn that shows just this text, cut to so many UTF-16 units as escaped."""
    shortened = _MASS_MENTION.sub("@\u2060", clean(text[: limit * 4])).strip()
    was_cut = len(text) > limit * 4
    fitting_length = _fitting_length(shortened, limit)
    if fitting_length == len(shortened) and not was_cut:
        return _escape_entities(shortened)
    return _escape_entities(_cut_between_graphemes(shortened, _fitting_length(shortened, limit - 1))).rstrip() + "…"


def safe_url(url: str | None, limit: int) -> str | None:
    """The address if it is a plain http or https one that fits, percent-encoded where Slack's syntax needs it."""
    if not url or len(url) > limit:
        return None
    encoded = clean(url).strip().translate(_URL_ESCAPES)
    try:
        url_parts = urlsplit(encoded)
        is_safe = url_parts.scheme in ("http", "https") and bool(url_parts.hostname) and "@" not in url_parts.netloc
    except ValueError:
        return None
    return encoded if is_safe and _utf16_length(_escaped_url(encoded)) <= limit else None


def _ticket_fields(alert: Alert) -> Iterator[str]:
    yield f"*Customer*\n{escape(_one_line(alert.requester), FIELD) or 'unknown'}"
    yield f"*Subject*\n{escape(_one_line(alert.subject), FIELD) or 'none'}"


def _header_text(title: str) -> str:
    """A header holds 150 characters of plain text."""
    one_line_title = _one_line(clean(title))
    return (
        one_line_title
        if _utf16_length(one_line_title) <= HEADER
        else one_line_title[: _fitting_length(one_line_title, HEADER - 1)] + "…"
    )


def _origin_text(alert: Alert) -> str:
    if not alert.ticket_id:
        return escape(alert.account, 80) or "Firstline"
    return (
        f"{escape(alert.account, 80)} · {escape(alert.channel, 40)} · ticket {escape(_one_line(alert.ticket_id), 80)}"
    )


def _section_block(title: str, text: str) -> Block:
    """A titled part, or nothing where there is nothing to show."""
    return {"type": "section", "text": _mrkdwn_text(f"*{title}*\n{text}")} if text else {}


def _quote_lines(text: str, limit: int) -> str:
    """Each line marked as a quote, so that others' words cannot look like a part of ours. Of several blank lines one
    stays; there may be a line for every four characters, since their marks count too."""
    lines = _BLANK.sub("\n\n", clean(text[: limit * 4]).strip()).split("\n")
    kept_lines = lines[: limit // 4]
    was_cut = len(kept_lines) < len(lines) or len(text) > limit * 4
    quoted_text = escape("\n".join([*kept_lines, "…"] if was_cut else kept_lines), limit - 2 * len(kept_lines) - 2)
    return "\n".join(f"> {line}".rstrip() for line in quoted_text.split("\n")) if quoted_text else ""


def _bullet_list(lines: Sequence[str], limit: int) -> str:
    """A bullet a line, as many as fit."""
    return _join_within((f"• {escape(_one_line(line), 300)}" for line in lines if line.strip()), limit, len(lines))


def _source_list(sources: Sequence[Source]) -> str:
    return _join_within((_source_line(source) for source in sources), SOURCES, len(sources))


def _source_line(source: Source) -> str:
    title = escape(_one_line(source.title), SOURCE_TITLE) or "untitled"
    url = safe_url(source.url, LINKED_URL)
    return f"[{source.number}] " + (f"<{_escaped_url(url)}|{title}>" if url else title)


def _join_within(lines: Iterator[str], limit: int, total: int) -> str:
    """Lines until the limit; a last one says how many were left out."""
    kept_lines: list[str] = []
    used = 0
    for line in lines:
        used += _utf16_length(line) + 1
        if used > limit - 30:
            return "\n".join([*kept_lines, f"… and {total - len(kept_lines)} more"])
        kept_lines.append(line)
    return "\n".join(kept_lines)


def _button_block(alert: Alert) -> Block:
    links = (("Open the ticket", "open_ticket", alert.ticket_url), ("Open in Firstline", "open_run", alert.console_url))
    elements = [
        {"type": "button", "text": _plain_text(text), "action_id": f"firstline_{name}", "url": url}
        for text, name, link in links
        if (url := safe_url(link, URL))
    ]
    return {"type": "actions", "elements": elements} if elements else {}


def _plain_text(text: str) -> Block:
    return {"type": "plain_text", "text": text, "emoji": False}


def _mrkdwn_text(text: str) -> Block:
    return {"type": "mrkdwn", "text": text, "verbatim": True}


def _one_line(text: str) -> str:
    return " ".join(text[:5000].split())


def _escape_entities(text: str) -> str:
    return "".join(_ENTITIES.get(sign, sign) for sign in text)


def _escaped_url(url: str) -> str:
    return url.replace("&", "&amp;")


def _utf16_length(text: str) -> int:
    return len(text.encode("utf-16-le", "replace")) // 2


def _fitting_length(text: str, limit: int) -> int:
    """How many characters of a text have room, as escaped."""
    used = 0
    for index, sign in enumerate(text):
        used += len(_ENTITIES.get(sign, sign)) + (ord(sign) > 0xFFFF)
        if used > limit:
            return index
    return len(text)


def _cut_between_graphemes(text: str, end: int) -> str:
    """The first `end` characters, fewer where that would part a letter from its marks or an emoji from its pieces."""
    start = max(0, end - 40)
    while (
        end > start
        and end < len(text)
        and (unicodedata.combining(text[end]) or text[end] in _JOINERS or text[end - 1] == "\u200d")
    ):
        end -= 1
    return text[:end]
