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
    blocks = text_blocks(outgoing.text, list(links), keep_sources=True)
    if outgoing.sources and all(block.kind != "sources" for block in blocks):
        blocks = (*blocks, TextBlock("sources", ()))
    rendered_blocks = (
        _render_sources(outgoing.sources) if block.kind == "sources" else _render_block(block, links, outgoing.receipt)
        for block in blocks
    )
    return "\n".join(rendered_blocks)


def plain_body(text: str) -> str:
    """Plain text that Zendesk fills nothing into."""
    return _PLACEHOLDER.sub(lambda match: f"{{\u200b{match[1]}", visible_text(text))


def escape(text: str) -> str:
    """Text that means itself, to a browser and to Zendesk."""
    return html.escape(text).replace("{", "&#123;").replace("}", "&#125;")


def _render_block(block: TextBlock, links: Mapping[int, str | None], receipt: str | None) -> str:
    lines = [_render_line(line, links, receipt) for line in block.lines]
    if block.kind == "paragraph":
        return f"<p>{lines[0]}</p>"
    list_items = "".join(f"<li>{line}</li>" for line in lines)
    if block.kind == "items":
        return f"<ul>{list_items}</ul>"
    start_attribute = f' start="{block.start}"' if block.start != 1 else ""
    return f"<ol{start_attribute}>{list_items}</ol>"


def _render_line(line: Sequence[TextSpan], links: Mapping[int, str | None], receipt: str | None) -> str:
    rendered_spans = (
        _render_citation(span, links[span.mark]) if span.mark is not None else _render_text(span.text) for span in line
    )
    line_html = "".join(rendered_spans)
    receipt_url = web_link(receipt)
    return line_html.replace(escape(receipt_url), _render_link(receipt_url, receipt_url)) if receipt_url else line_html


def _render_citation(span: TextSpan, link: str | None) -> str:
    return _render_link(link, span.text) if link else escape(span.text)


def _render_text(text: str) -> str:
    """Line breaks and indents as they are: code and commands are read by them."""
    indented = _INDENT.sub(lambda match: "\u00a0" * len(match.group()), text)
    return escape(indented.strip("\n")).replace("\n", "<br>")


def _render_link(url: str, text: str) -> str:
    return f'<a href="{escape(url)}" rel="noopener noreferrer">{escape(text)}</a>'


def _render_sources(sources: Sequence[Source]) -> str:
    list_items = "".join(f"<li>{_render_source(source)}</li>" for source in sources)
    return f"<p><strong>Sources</strong></p><ul>{list_items}</ul>"


def _render_source(source: Source) -> str:
    link = web_link(source.url)
    title = _render_link(link, source.title) if link else escape(source.title)
    return f"[{source.number}] {title}"
