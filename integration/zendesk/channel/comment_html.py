"""A reply or note as a Zendesk comment: HTML, or plain text where the customer's channel shows no other. In HTML
everything is escaped; only http and https become links.

Braces are written as entities, and in plain text kept apart: Zendesk fills in placeholders such as
`{{ticket.comments}}` in what agents post, and a document or a customer must not be able to have that done.
"""

import html
import re
from collections.abc import Mapping, Sequence
from typing import Any

from desk.ports import Outgoing, Source
from integration.web.prose import TextBlock, TextSpan, text_blocks, visible_text, web_link

_PLACEHOLDER = re.compile(r"\{(?=([{%]))\1")
_INDENT = re.compile(r"(?m)^ +|  +")


def comment_of(outgoing: Outgoing, *, public: bool) -> dict[str, Any]:
    """What to post."""
    body = {"body": plain_body(outgoing.text)} if outgoing.plain else {"html_body": comment_html(outgoing)}
    return {**body, "public": public}


def comment_html(outgoing: Outgoing) -> str:
    """The text with its marks as links; the sources stand where the text lists them, one line a page."""
    links = {source.number: web_link(source.url) for source in outgoing.sources}
    made = text_blocks(outgoing.text, list(links), keep_sources=True)
    if outgoing.sources and all(piece.kind != "sources" for piece in made):
        made = (*made, TextBlock("sources", ()))
    shown = (
        _sources(outgoing.sources) if piece.kind == "sources" else _piece(piece, links, outgoing.receipt)
        for piece in made
    )
    return "\n".join(shown)


def plain_body(text: str) -> str:
    """Plain text that Zendesk fills nothing into."""
    return _PLACEHOLDER.sub(lambda found: f"{{\u200b{found[1]}", visible_text(text))


def escape(text: str) -> str:
    """Text that means itself, to a browser and to Zendesk."""
    return html.escape(text).replace("{", "&#123;").replace("}", "&#125;")


def _piece(piece: TextBlock, links: Mapping[int, str | None], receipt: str | None) -> str:
    lines = [_line(line, links, receipt) for line in piece.lines]
    if piece.kind == "paragraph":
        return f"<p>{lines[0]}</p>"
    items = "".join(f"<li>{line}</li>" for line in lines)
    if piece.kind == "items":
        return f"<ul>{items}</ul>"
    start = f' start="{piece.start}"' if piece.start != 1 else ""
    return f"<ol{start}>{items}</ol>"


def _line(line: Sequence[TextSpan], links: Mapping[int, str | None], receipt: str | None) -> str:
    shown = (_mark(span, links[span.mark]) if span.mark is not None else _text(span.text) for span in line)
    made = "".join(shown)
    address = web_link(receipt)
    return made.replace(escape(address), _link(address, address)) if address else made


def _mark(span: TextSpan, link: str | None) -> str:
    return _link(link, span.text) if link else escape(span.text)


def _text(text: str) -> str:
    """Line breaks and indents as they are: code and commands are read by them."""
    kept = _INDENT.sub(lambda found: "\u00a0" * len(found.group()), text)
    return escape(kept.strip("\n")).replace("\n", "<br>")


def _link(url: str, text: str) -> str:
    return f'<a href="{escape(url)}" rel="noopener noreferrer">{escape(text)}</a>'


def _sources(sources: Sequence[Source]) -> str:
    items = "".join(f"<li>{_source(source)}</li>" for source in sources)
    return f"<p><strong>Sources</strong></p><ul>{items}</ul>"


def _source(source: Source) -> str:
    link = web_link(source.url)
    title = _link(link, source.title) if link else escape(source.title)
    return f"[{source.number}] {title}"
