"""What a draft is checked against: the passages it may cite, and what the customer said."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from desk.passage import Block, Citation, Hit, Passage
from desk.policy.policy import Policy
from desk.run import Classification, Draft, Statement
from desk.text.tokenizer import words
from desk.ticket import Role, Ticket
from workers.pipeline.retrieve import readable_audiences


@dataclass(frozen=True, slots=True)
class Evidence:
    """A draft with all it may rest on. `said` is what the customer wrote and the names the ticket knows them by;
    `audiences` are those whose pages they may read."""

    draft: Draft
    passages: Mapping[str, Passage]
    said: str
    classification: Classification
    policy: Policy
    audiences: frozenset[str]

    def passage(self, citation: Citation) -> Passage | None:
        """The cited passage, if it is among the hits in that very version."""
        candidate = self.passages.get(citation.passage_id)
        is_same_version = candidate and (candidate.document_id, candidate.version) == (
            citation.document_id,
            citation.version,
        )
        return candidate if is_same_version else None

    def blocks(self, statement: Statement) -> tuple[Block, ...]:
        """All blocks the statement cites that exist."""
        return tuple(
            passage.blocks[index]
            for citation in statement.citations
            if (passage := self.passage(citation))
            for index in citation.blocks
            if 0 <= index < len(passage.blocks)
        )

    def cited_text(self, statement: Statement) -> str:
        """The statement's cited blocks with what they lean on, and the headings above them."""
        headings = [" ".join((p.title, *p.headings)) for c in statement.citations if (p := self.passage(c))]
        texts = [text for block in self.blocks(statement) for text in (*block.leads, block.text)]
        return "\n".join([*texts, *headings])

    def grounds(self, statement: Statement) -> str:
        """The text a statement may draw on: its cited blocks, the headings above them, and the customer's words."""
        return f"{self.cited_text(statement)}\n{self.said}"

    def quotes(self, statement: Statement) -> bool:
        """Whether the statement stands word for word in a block it cites."""
        statement_words = words(statement.text)
        return bool(statement_words) and any(
            _contains(words(block.text), statement_words) for block in self.blocks(statement)
        )


def gather_evidence(
    ticket: Ticket, draft: Draft, hits: Sequence[Hit], classification: Classification, policy: Policy, author: str = ""
) -> Evidence:
    """The evidence for a draft on this ticket. `author`: the person who wrote it, who may name themselves."""
    customer_texts = [m.body for m in ticket.messages if m.role is Role.CUSTOMER and m.public]
    customer_words = "\n".join([ticket.subject, ticket.requester.name or "", author, *customer_texts])
    audiences = readable_audiences(ticket, classification, policy)
    passages = {hit.passage.id: hit.passage for hit in hits}
    return Evidence(draft, passages, customer_words, classification, policy, audiences)


def _contains(text: Sequence[str], part: Sequence[str]) -> bool:
    size = len(part)
    return any(text[start : start + size] == part for start in range(len(text) - size + 1) if text[start] == part[0])


def quote_statement(statement: Statement) -> str:
    """The statement's beginning, in quotation marks, for a finding."""
    return f"“{statement.text[:80]}…”" if len(statement.text) > 80 else f"“{statement.text}”"
