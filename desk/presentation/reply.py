"""A draft as people read it: plain text with `[n]` marks, and the numbered sources behind them. Built once, for
every channel and page."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC
from itertools import groupby

from desk.passage import Block, BlockKind, Hit, Passage
from desk.policy.policy import Policy
from desk.ports import Outgoing, Source
from desk.run import Draft, Statement
from desk.text.tokenizer import clean
from desk.ticket import Message

MOST_QUOTED = 80
"""Characters of a message by which a note names it."""
_NO_MARKS = str.maketrans("[]", "()")
MOST_RELATED = 300
"""Characters of a page for colleagues that its note quotes."""


def compose_reply(
    draft: Draft, hits: Sequence[Hit], policy: Policy, newest_message_id: str, language: str = "en"
) -> Outgoing:
    """The public reply: the draft, its sources, the signature and the policy's automatic line, as the customer's
    language has them."""
    sources = cited_pages(draft, hits)
    closing = [policy.signature_in(language), policy.automatic_line_in(language)]
    parts = [draft_text(draft, sources), source_list(sources), *closing]
    return Outgoing("\n\n".join(part for part in parts if part), sources, newest_message_id)


def compose_handover(
    policy: Policy, newest_message_id: str, language: str = "en", topics: Sequence[str] = ()
) -> Outgoing:
    """The public message that a person will answer, in the customer's language and fit for the topics touched."""
    text = f"{policy.handover_message(language, topics)}\n\n{policy.signature_in(language)}"
    return Outgoing(text, (), newest_message_id, escalated=True)


def compose_note(
    draft: Draft,
    hits: Sequence[Hit],
    explanation: str,
    *,
    related: Sequence[Hit] = (),
    escalated: bool = False,
    receipt: str | None = None,
) -> Outgoing:
    """The internal note: the draft where there is one, ready to copy, with its sources; then what colleagues alone may
    read of the matter, why it was not sent, and where the receipt is."""
    sources = cited_pages(draft, hits)
    receipt_line = f"The whole receipt: {receipt}" if receipt else ""
    parts = [draft_text(draft, sources), source_list(sources), related_list(related), explanation, receipt_line]
    text = "\n\n".join(part for part in parts if part)
    return Outgoing(text, sources, escalated=escalated, receipt=receipt)


def related_list(related: Sequence[Hit]) -> str:
    """Pages for colleagues, each with its address and its beginning."""
    lines = [_related_line(hit.passage) for hit in related]
    return "\n".join(["For colleagues only, do not copy:", *lines]) if lines else ""


def _related_line(passage: Passage) -> str:
    heading = " › ".join(dict.fromkeys((passage.title, *passage.headings)))
    text = " ".join(passage.text.split())
    beginning = text if len(text) <= MOST_RELATED else f"{text[:MOST_RELATED].rsplit(' ', 1)[0]} …"
    return f"- {heading}{f' ({passage.url})' if passage.url else ''}: {beginning}"


def name_message(note: Outgoing, message: Message) -> Outgoing:
    """The same note, which says first what it is about: other messages stand between."""
    words = " ".join(clean(message.body).translate(_NO_MARKS).split())
    quote = words if len(words) <= MOST_QUOTED else f"{words[:MOST_QUOTED].rstrip()}…"
    about = f"About the message of {message.at.astimezone(UTC):%Y-%m-%d %H:%M} UTC, “{quote}”:"
    return replace(note, text=f"{about}\n\n{note.text}")


def draft_text(draft: Draft, sources: Sequence[Source]) -> str:
    """The draft's statements in paragraphs and lists, each with the numbers of its sources."""
    numbers = {passage: source.number for source in sources for passage in (source.passage_id, *source.passages)}
    paragraphs = []
    for _, group in groupby(draft.statements, key=lambda statement: statement.group):
        paragraphs.append(_render_paragraph(list(group), numbers))
    return "\n\n".join(paragraphs)


def _render_paragraph(statements: list[Statement], numbers: dict[str, int]) -> str:
    kind = statements[0].kind
    marked_texts = [_add_marks(statement, numbers) for statement in statements]
    if kind is BlockKind.STEP:
        return "\n".join(_numbered(statements, marked_texts))
    if kind in (BlockKind.ITEM, BlockKind.ROW):
        return "\n".join(f"- {text}" for text in marked_texts)
    return "\n".join(marked_texts) if kind is BlockKind.CODE else " ".join(marked_texts)


def _numbered(statements: Sequence[Statement], marked_texts: Sequence[str]) -> Iterator[str]:
    """Steps with the numbers that they have on their page; what stands within a step is none."""
    number = 0
    for statement, text in zip(statements, marked_texts, strict=True):
        if statement.kind is BlockKind.STEP:
            number = statement.number or number + 1
        yield f"{number}. {text}" if statement.kind is BlockKind.STEP else f"   - {text}"


def _add_marks(statement: Statement, numbers: dict[str, int]) -> str:
    cited_numbers = dict.fromkeys(
        numbers[citation.passage_id] for citation in statement.citations if citation.passage_id in numbers
    )
    marks = "".join(f"[{number}]" for number in cited_numbers)
    separator = "\n" if statement.kind is BlockKind.CODE else " "
    return f"{statement.text}{separator}{marks}" if marks else statement.text


def cited_pages(draft: Draft, hits: Sequence[Hit]) -> tuple[Source, ...]:
    """The pages that the draft cites, in the order in which it first does."""
    passages = {hit.passage.id: hit.passage for hit in hits}
    pages: dict[str, dict[str, dict[int, None]]] = {}
    for citation in draft.citations:
        if passage := passages.get(citation.passage_id):
            quoted_blocks = pages.setdefault(passage.document_id, {}).setdefault(passage.id, {})
            quoted_blocks.update(dict.fromkeys(citation.blocks))
    return tuple(
        _build_source(number, [(passages[passage_id], blocks) for passage_id, blocks in cited_passages.items()])
        for number, cited_passages in enumerate(pages.values(), 1)
    )


def _build_source(number: int, cited_passages: Sequence[tuple[Passage, dict[int, None]]]) -> Source:
    passages = [passage for passage, _ in cited_passages]
    return Source(
        number=number,
        title=" › ".join(dict.fromkeys((passages[0].title, *_shared_headings(passages)))),
        url=_page_url(passages),
        quotes=tuple(quote for passage, blocks in cited_passages for quote in _block_texts(passage.blocks, blocks)),
        passage_id=passages[0].id,
        passages=tuple(passage.id for passage in passages),
    )


def _shared_headings(passages: Sequence[Passage]) -> Iterator[str]:
    """The headings under which all of them stand."""
    for level in zip(*(passage.headings for passage in passages), strict=False):
        if len(set(level)) > 1:
            return
        yield level[0]


def _page_url(passages: Sequence[Passage]) -> str | None:
    """Where the page is; the place on it, where they all stand at one."""
    urls = list(dict.fromkeys(passage.url for passage in passages))
    first_url = urls[0]
    return first_url.split("#", 1)[0] if first_url and len(urls) > 1 else first_url


def _block_texts(blocks: Sequence[Block], block_indexes: dict[int, None]) -> Iterator[str]:
    for index in sorted(block_indexes):
        if 0 <= index < len(blocks):
            yield blocks[index].text


def source_list(sources: Sequence[Source]) -> str:
    """The pages, one a line, with their numbers and addresses."""
    return "\n".join(
        f"[{source.number}] {source.title}" + (f" — {source.url}" if source.url else "") for source in sources
    )


def plain_text(draft: Draft) -> str:
    """The draft's statements in paragraphs and lists, without marks."""
    return draft_text(draft, ())
