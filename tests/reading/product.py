"""The product as the cases enter it: sources read, searched and asked, and tickets of the API, in one account."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from types import SimpleNamespace
from typing import Any, cast

from app.bootstrap import make_dependencies, source_kinds
from desk.conversation import newest_customer_message
from desk.passage import Hit, SearchScope
from desk.platform.database import Database
from desk.platform.settings import Settings
from desk.presentation.receipt import make_receipt
from desk.presentation.reply import compose_reply
from desk.ticket import Requester, Role, new_id
from integration.zendesk.api import models
from integration.zendesk.api.connection import ZendeskLine
from integration.zendesk.channel.fetch import compose_ticket
from knowledge.ingest import sync
from knowledge.sources import configured_sources
from knowledge.sources.configured_sources import ConfiguredSource
from workers import record, tickets
from workers.processing.dry_run import dry_run
from workers.processing.process_item import process_item
from workers.tickets import CHANNEL, Accepted, NewTicket

MOST_PASSAGES = 100
WITHOUT_MANNERS = {"private_network": True, "delay": 0}
"""For websites on this machine."""


@dataclass(frozen=True, slots=True)
class ShownPassage:
    """A passage as search shows it."""

    source: str
    page: str
    headings: tuple[str, ...]
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ReadMessage:
    """What was made of a customer's message."""

    wants_person: bool
    topics: str
    questions: tuple[str, ...]


class Product:
    """One account with its documents, and the local parts to classify, search and draft."""

    def __init__(self, db: Database, account: str) -> None:
        self._account = account
        self._deps = make_dependencies(Settings(), db)

    def read_source(self, name: str, kind: str, place: str) -> str:
        """Add a source and read it; what its report says."""
        place_field = source_kinds()[kind].place or ""
        manners = WITHOUT_MANNERS if kind == "website" else {}
        source = ConfiguredSource(name, kind, {place_field: place, **manners})
        with self._deps.db.account(self._account) as tx:
            configured_sources.save_source(tx, source)
        context = sync.SyncContext(self._deps.db, self._account, source_kinds(), self._deps.embedder)
        outcome = sync.sync_source(context, source)
        return str(asdict(outcome.report) if outcome.report else outcome.fault)

    def search(self, query: str, locale: str) -> list[ShownPassage]:
        """The passages, best first."""
        scope = SearchScope(frozenset({"public"}), locale)
        hits = self._deps.library.search(self._account, query, scope, limit=MOST_PASSAGES)
        return [_shown(hit) for hit in hits]

    def ask(self, question: str) -> str:
        """The reply to a question, or the draft of one."""
        run = dry_run(self._deps, self._account, question)
        policy = self._deps.policies.get(self._account).policy
        return compose_reply(run.draft, run.hits, policy, run.message_id, run.classification.language).text

    def take_ticket(self, subject: str, messages: Sequence[str]) -> ReadMessage:
        """Messages by the API, one after the other; what was made of the last one."""
        with self._deps.db.account(self._account) as tx:
            accepted = tickets.open_ticket(tx, NewTicket(Requester(new_id()), subject, messages[0]))
        self._work(accepted)
        for body in messages[1:]:
            with self._deps.db.account(self._account) as tx:
                self._work(tickets.add_message(tx, accepted.ticket_id, Role.CUSTOMER, body))
        with self._deps.db.account(self._account) as tx:
            run = record.last_run(tx, CHANNEL, accepted.ticket_id)
        assert run is not None
        receipt = make_receipt(run)
        signals = dict(receipt.signals)
        topics = signals["sensitive topics"]
        return ReadMessage(
            signals["wants a person"] == "yes", "" if topics == "none" else topics, tuple(receipt.questions)
        )

    def newest_message(self, given: dict[str, Any]) -> str:
        """What counts as the customer's newest message in a ticket of Zendesk's, with its audits."""
        config = SimpleNamespace(service_user_id="", base_url="https://x.zendesk.com")
        line = cast("ZendeskLine", SimpleNamespace(account="main", config=config))
        answer = models.TicketAnswer.model_validate({"ticket": given["ticket"], "users": given["users"]})
        page = models.AuditPage.model_validate({"audits": given["audits"], "users": given["users"]})
        message = newest_customer_message(compose_ticket(line, answer, [page]))
        return message.body if message else ""

    def _work(self, accepted: Accepted) -> None:
        process_item(self._deps, self._account, accepted.item_id, "cases")


def _shown(hit: Hit) -> ShownPassage:
    passage = hit.passage
    lines = tuple(line for block in passage.blocks for line in block.text.split("\n"))
    return ShownPassage(passage.source, passage.external_id, (passage.title, *passage.headings), lines)
