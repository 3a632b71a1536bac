"""A reply that a person edited, checked again against what the draft rests on.

Who edits need not cite: a sentence with `[n]` marks is held to those sources, any other to all that the draft had. What
is found is shown, and the person decides.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from desk.passage import Citation, Passage
from desk.policy.policy import Policy
from desk.policy.readers import closed_to_others
from desk.ports import Source
from desk.presentation.reply import cited_pages
from desk.run import Draft, Finding, Run, Statement
from desk.text.wording import Wording
from desk.ticket import Ticket
from workers.models.claude.statements import split_statements
from workers.pipeline.validate import validate
from workers.processing.interventions.copied_passages import find_copied

FOR_PEOPLE = frozenset(
    {
        "unfounded_figure",
        "unfounded_name",
        "turned_negation",
        "contradiction",
        "empty_promise",
        "internal_source",
        "leak",
        "leftover_template",
    }
)
"""Checks that help whoever edits; the others are about how a model writes, and about sentences that no source has: a
person may know more."""
_MARK = re.compile(r"\s?\[(\d{1,3})\]")


def check_edited(text: str, run: Run, ticket: Ticket, policy: Policy, author: str) -> tuple[Finding, ...]:
    """What the checks find in a person's text, as far as the run found something to hold it against."""
    draft, closed_ticket = _read_edited(text, run), closed_to_others(ticket)
    copied = find_copied(closed_ticket, draft, run, policy)
    if not run.hits:
        return tuple(copied)
    findings = validate(closed_ticket, draft, run.hits, run.classification, policy, author)
    helpful_findings = [finding for finding in findings if finding.check in FOR_PEOPLE]
    return tuple(dict.fromkeys((*_unknown_marks(text, run), *helpful_findings, *copied)))


def _unknown_marks(text: str, run: Run) -> Iterator[Finding]:
    """Marks that name no source of the draft: the customer would find nothing behind them."""
    known_numbers = {source.number for source in cited_pages(run.draft, run.hits)}
    for mark in dict.fromkeys(_MARK.findall(text)):
        if int(mark) not in known_numbers:
            yield Finding("unknown_citation", Wording("[%(mark)s] names none of the draft's sources", mark=mark))


def marked_sources(text: str, run: Run) -> tuple[Source, ...]:
    """The draft's sources that the text still refers to."""
    numbers = {int(mark) for mark in _MARK.findall(text)}
    return tuple(source for source in cited_pages(run.draft, run.hits) if source.number in numbers)


def _read_edited(text: str, run: Run) -> Draft:
    sources = {source.number: source for source in cited_pages(run.draft, run.hits)}
    passages = {hit.passage.id: hit.passage for hit in run.hits}
    known_ids = [citation.passage_id for citation in run.draft.citations] or list(passages)
    statements = (_cite(statement, sources, passages, known_ids) for statement in split_statements(text, ()))
    return Draft(tuple(statement for statement in statements if statement.text))


def _cite(
    statement: Statement, sources: dict[int, Source], passages: dict[str, Passage], known_ids: Sequence[str]
) -> Statement:
    """The statement without its marks, resting on what they name."""
    numbers = [int(mark) for mark in _MARK.findall(statement.text)]
    marked_ids = [each for number in numbers if number in sources for each in sources[number].passages]
    cited_ids = [] if statement.courtesy else dict.fromkeys(marked_ids or known_ids)
    citations = tuple(_whole(passages[passage_id]) for passage_id in cited_ids if passage_id in passages)
    return replace(statement, text=_MARK.sub("", statement.text), citations=citations)


def _whole(passage: Passage) -> Citation:
    return Citation(passage.document_id, passage.version, passage.id, tuple(range(len(passage.blocks))))
