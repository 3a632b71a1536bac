"""A reply or note as the HTML of a Zendesk comment. Everything is escaped; only http and https become links.

Braces are written as entities: Zendesk fills in placeholders such as `{{ticket.comments}}` in what agents post, and a
document or a customer must not be able to have that done.
"""

import html
import re
from collections.abc import Mapping, Sequence

from desk.ports import Outgoing, Source
from integration.pages.prose import Piece, Span, pieces, web_link

_INDENT = re.compile(r"(?m)^ +|  +")


def reply_html(outgoing: Outgoing) -> str:
    """A public comment: the text with its marks as links, and the sources below the answer."""
    return _layout(outgoing, quotes=False)


def note_html(outgoing: Outgoing) -> str:
    """An internal comment: the same, and what each source says word for word."""
    return _layout(outgoing, quotes=True)


def escape(text: str) -> str:
    """Text that means itself, to a browser and to Zendesk."""
    return html.escape(text).replace("{", "&#123;").replace("}", "&#125;")


def _layout(outgoing: Outgoing, *, quotes: bool) -> str:
    links = {source.number: web_link(source.url) for source in outgoing.sources}
    shown = [_piece(piece, links) for piece in pieces(outgoing.text, list(links))]
    return "\n".join([*shown, *_sources(outgoing.sources, quotes=quotes)])


def _piece(piece: Piece, links: Mapping[int, str | None]) -> str:
    lines = [_line(line, links) for line in piece.lines]
    if piece.kind == "paragraph":
        return f"<p>{lines[0]}</p>"
    items = "".join(f"<li>{line}</li>" for line in lines)
    if piece.kind == "items":
        return f"<ul>{items}</ul>"
    start = f' start="{piece.start}"' if piece.start != 1 else ""
    return f"<ol{start}>{items}</ol>"


def _line(line: Sequence[Span], links: Mapping[int, str | None]) -> str:
    return "".join(_mark(span, links[span.mark]) if span.mark is not None else _text(span.text) for span in line)


def _mark(span: Span, link: str | None) -> str:
    return _link(link, span.text) if link else escape(span.text)


def _text(text: str) -> str:
    """Line breaks and indents as they are: code and commands are read by them."""
    kept = _INDENT.sub(lambda found: "\u00a0" * len(found.group()), text)
    return escape(kept.strip("\n")).replace("\n", "<br>")


def _link(url: str, text: str) -> str:
    return f'<a href="{escape(url)}" rel="noopener noreferrer">{escape(text)}</a>'


def _sources(sources: Sequence[Source], *, quotes: bool) -> list[str]:
    if not sources:
        return []
    items = "".join(f"<li>{_source(source, quotes=quotes)}</li>" for source in sources)
    return [f"<p><strong>Sources</strong></p><ul>{items}</ul>"]


def _source(source: Source, *, quotes: bool) -> str:
    link = web_link(source.url)
    title = _link(link, source.title) if link else escape(source.title)
    quoted = "".join(f"<br><em>{_text(quote)}</em>" for quote in source.quotes) if quotes else ""
    return f"[{source.number}] {title}{quoted}"
