"""Drafts and answers as the page lays them out, and as they go into Zendesk's composer. The page makes no HTML of its
own out of what people or documents wrote: it gets pieces of text."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from desk.passage import Hit
from desk.ports import Outgoing, Source
from desk.presentation.reply import source_list
from integration.web.prose import TextBlock, text_blocks, visible_text, web_link
from integration.zendesk.channel.comment_html import comment_html, plain_body

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class ShownText:
    """Text with `[n]` marks and its numbered sources."""

    text: str
    sources: Sequence[Source]
    hits: Sequence[Hit] = ()

    def as_json(self) -> Json:
        """Pieces for the page, `editable` for its text field, `plain` and `html` for the composer."""
        numbers = [source.number for source in self.sources]
        harmless = plain_body(self.text)
        return {
            "blocks": [_show_block(block) for block in text_blocks(self.text, numbers)],
            "sources": [_show_source(source, {hit.passage.id: hit for hit in self.hits}) for source in self.sources],
            "editable": visible_text(self.text),
            "plain": "\n\n".join(part for part in (harmless, plain_body(source_list(self.sources))) if part),
            "html": comment_html(Outgoing(harmless, tuple(self.sources))),
        }


def _show_block(block: TextBlock) -> Json:
    lines = [[{"text": span.text, "mark": span.mark} for span in line] for line in block.lines]
    return {"kind": block.kind, "start": block.start, "lines": lines}


def _show_source(source: Source, hits: Mapping[str, Hit]) -> Json:
    """`passages` are the whole of what was read; of an answer whose passages are not kept, what was quoted."""
    read = [hits[passage_id] for passage_id in source.passages if passage_id in hits]
    return {
        "number": source.number,
        "title": visible_text(source.title),
        "url": web_link(source.url),
        "quotes": [visible_text(quote) for quote in source.quotes],
        "passages": [_show_passage(hit) for hit in read],
    }


def _show_passage(hit: Hit) -> Json:
    return {"heading": visible_text(" › ".join(hit.passage.headings)), "text": visible_text(hit.passage.text)}
