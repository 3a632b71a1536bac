"""What a person copied from pages that are for colleagues alone: their note shows them, and a reply must not."""

from collections.abc import Iterable, Iterator

from desk.passage import Passage
from desk.policy.policy import Policy
from desk.run import Draft, Finding, Run
from desk.text.tokenizer import words
from desk.ticket import Ticket
from workers.pipeline.checks.groundedness import describe_closed_page
from workers.pipeline.retrieve import readable_audiences

FEWEST = 3
"""Sentences of fewer words stand everywhere."""
RUNNING = 8
"""So many words in a row are copied, though the sentence around them is another."""

WordRun = tuple[str, ...]


def find_copied(ticket: Ticket, draft: Draft, run: Run, policy: Policy) -> Iterator[Finding]:
    """The pages from which something stands in the draft word for word that no page says which this ticket's readers
    may read, nor anybody in the conversation."""
    audiences = readable_audiences(ticket, run.classification, policy)
    found = [hit.passage for hit in (*run.hits, *run.related)]
    conversation = [message.body for message in ticket.messages if message.public]
    readable = [*_texts(passage for passage in found if passage.audience in audiences), ticket.subject, *conversation]
    statements = [words(statement.text) for statement in draft.statements if not statement.courtesy]
    own_runs = {each for statement in statements for each in _runs(statement)}
    closed_runs = own_runs - _shared(own_runs, readable)
    for passage in found:
        if passage.audience not in audiences and _shared(closed_runs, _texts([passage])):
            yield describe_closed_page(passage)


def _texts(passages: Iterable[Passage]) -> Iterator[str]:
    return (block.text for passage in passages for block in passage.blocks)


def _runs(statement: list[str]) -> Iterator[WordRun]:
    """The statement's words if they are few, else every run of them."""
    size = min(len(statement), RUNNING)
    if size >= FEWEST:
        yield from _windows(statement, size)


def _shared(runs: set[WordRun], texts: Iterable[str]) -> set[WordRun]:
    """Those of the runs that stand in one of the texts."""
    sizes = {len(each) for each in runs}
    text_words = [words(text) for text in texts]
    return {each for text in text_words for size in sizes for each in _windows(text, size)} & runs


def _windows(text: list[str], size: int) -> Iterator[WordRun]:
    return (tuple(text[start : start + size]) for start in range(len(text) - size + 1))
