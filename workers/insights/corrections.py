"""Corrections after an article was wrong: an internal note on each ticket that was told so, once per recall.

A note is planned like any delivery, under the key `recall:<id>:<channel>:<ticket>`, and sent by the workers. Nothing
goes to the customer: an agent reads what was said and what the documents say now, and writes.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from desk.delivery import DeliveryKind, DeliveryState
from desk.platform.database import Transaction
from desk.ports import Outgoing
from desk.presentation.reply import compose_note
from desk.run import Run
from workers import record
from workers.insights.recalls import ORDER, DocumentUse
from workers.queue import outbox
from workers.queue.outbox import PlannedDelivery

AskAgain = Callable[[str], Run]
"""What would become of a question now: a dry run, of which nothing is kept."""

WRONG = "The article that this reply rests on was wrong."
"""What a note says where the person who recalls says nothing else."""
UNCHANGED = "The article still says what it said, so there is no proposal: correct it, then recall once more."
NO_ANSWER = "The documents as they are now hold no answer to this question, so there is no proposal."
NOT_ASKED = "The question could not be asked again, so there is no proposal."
_SHOWN = 1000


@dataclass(frozen=True, slots=True)
class Recall:
    """What is recalled, and what is to be said of it. `key` stands for the document whatever becomes of its ids,
    `version` is the one it has now, None when it is gone."""

    key: str
    title: str
    document_ids: tuple[str, ...]
    version: str | None
    passage_id: str | None = None
    note: str = WRONG

    @property
    def id(self) -> str:
        """The same for the same recall of the same state of things, so that doing it twice does nothing twice."""
        parts = (self.key, self.version or "gone", self.passage_id or "", self.note)
        return hashlib.sha256("\0".join(parts).encode("utf-8", "replace")).hexdigest()[:12]

    @property
    def order(self) -> str:
        """How the keys of its notes begin."""
        return f"{ORDER}{self.id}"


@dataclass(frozen=True, slots=True)
class Affected:
    """A ticket with the drafts on it that rest on the document, newest first."""

    channel: str
    ticket_id: str
    uses: tuple[DocumentUse, ...]


def affected_tickets(uses: Sequence[DocumentUse]) -> list[Affected]:
    """The tickets on which something stands, or may stand, that rests on the document; the newest first."""
    tickets: dict[tuple[str, str], list[DocumentUse]] = {}
    for use in uses:
        if use.stands:
            tickets.setdefault((use.channel, use.ticket_id), []).append(use)
    return [Affected(channel, ticket_id, tuple(ticket_uses)) for (channel, ticket_id), ticket_uses in tickets.items()]


def existing_note(tx: Transaction, recall: Recall, ticket: Affected) -> DeliveryState | None:
    """What became of the ticket's note if this recall has left one before; None where one is to be left."""
    return outbox.ordered_state(tx, recall.order, ticket.channel, ticket.ticket_id)


def read_runs(tx: Transaction, ticket: Affected) -> dict[str, Run]:
    """The runs behind the ticket's uses by their ids, newest first."""
    return {use.run_id: run for use in ticket.uses if (run := record.get_run(tx, use.run_id))}


def write_correction(recall: Recall, ticket: Affected, runs: Mapping[str, Run], ask: AskAgain | None) -> Outgoing:
    """The note. Asks the newest question again, so no transaction may be open; raises as `ask` does. Without `ask`,
    and where the run knows no question, there is no proposal."""
    use_texts = [_describe_use(use, runs[use.run_id]) for use in ticket.uses if use.run_id in runs]
    opening = f"Firstline: recall {recall.id} of “{recall.title}”. {recall.note}"
    parts = [opening, *use_texts, _current_state(recall, ticket)]
    questions = next((run.classification.questions for run in runs.values()), ())
    if ask is None or not questions:
        return Outgoing("\n\n".join([*parts, NOT_ASKED]))
    proposal = ask("\n".join(questions))
    if no_proposal := _no_proposal_reason(proposal, recall, ticket):
        return Outgoing("\n\n".join([*parts, no_proposal]))
    heading = f"Proposed from the documents as they are now, not sent (confidence {proposal.decision.confidence:.2f})."
    return compose_note(proposal.draft, proposal.hits, "\n\n".join([*parts, heading]))


def plan_note(tx: Transaction, recall: Recall, ticket: Affected, note: Outgoing, message_id: str) -> list[str]:
    """Write the note into the outbox; its delivery id, to enqueue after the commit, or nothing if it stands there."""
    planned = PlannedDelivery(ticket.channel, ticket.ticket_id, message_id, DeliveryKind.NOTE, note, order=recall.order)
    return outbox.plan_deliveries(tx, [planned], None, None)


def _describe_use(use: DocumentUse, run: Run) -> str:
    date_text = f"{use.sent_at or use.at:%Y-%m-%d %H:%M} UTC"
    opening = f"Told to the customer on {date_text}:" if use.sent_at else f"Planned for the customer ({use.state}):"
    if use.kind is DeliveryKind.NOTE:
        opening = f"Left here as a draft on {date_text}:"
    quoted_sentences = "\n".join(f"> {sentence}" for sentence in use.citing_sentences)
    return f"{opening}\n{quoted_sentences}\n\nThe article then (version {use.version}):\n{_quote_passages(use, run)}"


def _quote_passages(use: DocumentUse, run: Run) -> str:
    """The cited blocks as they stood."""
    passages = {hit.passage.id: hit.passage for hit in run.hits}
    lines = [
        passages[citation.passage_id].blocks[block_index].text
        for citation in run.draft.citations
        if citation.passage_id in use.passage_ids and citation.passage_id in passages
        for block_index in citation.blocks
        if 0 <= block_index < len(passages[citation.passage_id].blocks)
    ]
    text = "\n".join(f"> {line}" for line in dict.fromkeys(lines))
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def _current_state(recall: Recall, ticket: Affected) -> str:
    if recall.version is None:
        return "The article is gone now."
    if all(use.version == recall.version for use in ticket.uses):
        return f"The article now: unchanged (version {recall.version})."
    return f"The article now: changed (version {recall.version})."


def _no_proposal_reason(proposal: Run, recall: Recall, ticket: Affected) -> str | None:
    """Why a new draft is no proposal: it says nothing, or rests on what is recalled as it was."""
    if not any(not statement.courtesy for statement in proposal.draft.statements):
        return NO_ANSWER
    recalled_versions = {use.version for use in ticket.uses}
    citations = proposal.draft.citations
    return (
        UNCHANGED
        if any(c.document_id in recall.document_ids and c.version in recalled_versions for c in citations)
        else None
    )
