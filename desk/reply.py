"""A draft as people read it: plain text with `[n]` marks, and the numbered sources behind them. Built once, for
every channel and page."""

from collections.abc import Iterator, Sequence
from itertools import groupby

from desk.passage import Block, BlockKind, Hit
from desk.policy import Policy
from desk.ports import Outgoing, Source
from desk.run import Draft, Statement


def compose_reply(
    draft: Draft, hits: Sequence[Hit], policy: Policy, newest_message_id: str, language: str = "en"
) -> Outgoing:
    """The public reply: the draft, its sources, the signature and the policy's automatic line, as the customer's
    language has them."""
    sources = _sources(draft, hits)
    closing = [policy.signature_in(language), policy.automatic_line_in(language)]
    parts = [draft_text(draft, sources), _source_list(sources), *closing]
    return Outgoing("\n\n".join(part for part in parts if part), sources, newest_message_id)


def compose_handover(
    policy: Policy, newest_message_id: str, language: str = "en", topics: Sequence[str] = ()
) -> Outgoing:
    """The public message that a person will answer, in the customer's language and fit for the topics touched."""
    text = f"{policy.handover_message(language, topics)}\n\n{policy.signature_in(language)}"
    return Outgoing(text, (), newest_message_id, escalated=True)


def compose_note(draft: Draft, hits: Sequence[Hit], explanation: str, *, escalated: bool = False) -> Outgoing:
    """The internal note: why it was not sent, and the draft with its sources where there is one."""
    sources = _sources(draft, hits)
    text = draft_text(draft, sources)
    parts = [explanation, "Draft:" if text else "", text, _source_list(sources)]
    return Outgoing("\n\n".join(part for part in parts if part), sources, escalated=escalated)


def draft_text(draft: Draft, sources: Sequence[Source]) -> str:
    """The draft's statements in paragraphs and lists, each with the numbers of its sources."""
    numbers = {source.passage_id: source.number for source in sources}
    paragraphs = []
    for _, group in groupby(draft.statements, key=lambda statement: statement.group):
        paragraphs.append(_paragraph(list(group), numbers))
    return "\n\n".join(paragraphs)


def _paragraph(statements: list[Statement], numbers: dict[str, int]) -> str:
    kind = statements[0].kind
    marked = [_marked(statement, numbers) for statement in statements]
    if kind is BlockKind.STEP:
        return "\n".join(f"{place}. {text}" for place, text in enumerate(marked, 1))
    if kind in (BlockKind.ITEM, BlockKind.ROW):
        return "\n".join(f"- {text}" for text in marked)
    return "\n".join(marked) if kind is BlockKind.CODE else " ".join(marked)


def _marked(statement: Statement, numbers: dict[str, int]) -> str:
    cited = dict.fromkeys(numbers[c.passage_id] for c in statement.citations if c.passage_id in numbers)
    marks = "".join(f"[{number}]" for number in cited)
    gap = "\n" if statement.kind is BlockKind.CODE else " "
    return f"{statement.text}{gap}{marks}" if marks else statement.text


def _sources(draft: Draft, hits: Sequence[Hit]) -> tuple[Source, ...]:
    passages = {hit.passage.id: hit.passage for hit in hits}
    quoted: dict[str, dict[int, None]] = {}
    for citation in draft.citations:
        quoted.setdefault(citation.passage_id, {}).update(dict.fromkeys(citation.blocks))
    return tuple(
        Source(
            number=number,
            title=" › ".join(dict.fromkeys((passages[passage_id].title, *passages[passage_id].headings))),
            url=passages[passage_id].url,
            quotes=tuple(_quotes(passages[passage_id].blocks, blocks)),
            passage_id=passage_id,
        )
        for number, (passage_id, blocks) in enumerate(
            ((key, value) for key, value in quoted.items() if key in passages), 1
        )
    )


def _quotes(blocks: Sequence[Block], wanted: dict[int, None]) -> Iterator[str]:
    for place in sorted(wanted):
        if 0 <= place < len(blocks):
            yield blocks[place].text


def _source_list(sources: Sequence[Source]) -> str:
    return "\n".join(f"[{s.number}] {s.title}" + (f" — {s.url}" if s.url else "") for s in sources)
