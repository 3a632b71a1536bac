"""What is sent is true when it is sent: the real index and the real database, pages that change while a reply waits."""

import json
import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
import structlog
from sqlalchemy import text

from desk.delivery import DeliveryKind, DeliveryState
from desk.errors import Temporary
from desk.passage import Citation, Hit, SearchScope
from desk.platform.accounts import set_paused
from desk.platform.database import Database
from desk.policy.policy import Policy, PolicyBook
from desk.ports import ModelClassification, ModelDraft
from desk.reasons import Reason, Stop
from desk.run import Action, Classification, Draft, Run, Statement
from desk.ticket import ItemState, Requester, Ticket, TicketState
from knowledge.index import document, store
from knowledge.ingest import index_source, prepare
from knowledge.ingest.index_source import index_source as index
from knowledge.search.library import PostgresLibrary
from tests.integration.api_door import ApiDoor
from tests.integration.paged import Queue, make_app
from tests.knowledge.conftest import ListSource, WordEmbedder, make_page
from tests.workers.test_walk import POLICY, Meddled
from workers import record, tickets
from workers.dependencies import Dependencies
from workers.pipeline.rules import MOST_RETHOUGHT
from workers.processing.deliver import send_delivery
from workers.processing.process_item import process_item
from workers.queue import inbox, outbox
from workers.tickets import Accepted, NewTicket, TicketChannel

QUESTION = "For how many days are deleted boards kept in the trash?"
OLD = "Deleted boards are kept in the trash for 30 days."
NEW = "Deleted boards are kept in the trash for 7 days."
OTHER = make_page("other", "# Colours\n\nA label can have any colour of the palette.")


class Quoting:
    """A model that quotes the first sentence of the best passage that speaks of the trash, or hands over."""

    name = "quoting"
    prompts = "quoting"

    def __init__(self, category: str = "passwords") -> None:
        self.category = category
        self.shown: list[Hit] = []

    def classify(self, ticket: Ticket, text: str, policy: Policy) -> ModelClassification:
        return ModelClassification(self.category, 0.95, (text,))

    def draft(
        self,
        ticket: Ticket,
        classification: Classification,
        hits: Sequence[Hit],
        policy: Policy,
        instruction: str = "",
    ) -> ModelDraft:
        self.shown += hits
        for hit in hits:
            passage = hit.passage
            if "trash" in passage.text:
                citation = Citation(passage.document_id, passage.version, passage.id, (0,))
                block = passage.blocks[0]
                return ModelDraft(Draft((Statement(block.text, block.kind, 0, (citation,)),)))
        return ModelDraft(Draft((), hand_over="no page speaks of it"))


@dataclass
class Desk:
    """An account with an index of its own, and the steps of a worker."""

    tools: Dependencies
    account: str
    embedder: WordEmbedder = field(default_factory=WordEmbedder)

    def index(self, body: str | None = OLD, **values: str) -> None:
        """Put the article into the index, or take it out."""
        pages = [make_page("trash", f"# Trash\n\n{body}", **values)] if body else []
        index(self.tools.db, self.account, ListSource(OTHER, *pages), self.tools.embedder)

    def ask(self) -> Accepted:
        with self.tools.db.account(self.account) as tx:
            return tickets.open_ticket(tx, NewTicket(Requester("c1"), "Trash", QUESTION))

    def think(self, item_id: str) -> list[str]:
        return process_item(self.tools, self.account, item_id, "w1")

    def send(self, planned: Sequence[str]) -> list[str]:
        """Deliver; what is to be thought over again."""
        return [item for each in planned for item in send_delivery(self.tools, self.account, each, "w1")]

    def go_on(self, planned: Sequence[str]) -> None:
        """Send, and think again for as long as there is something to."""
        again = self.send(planned)
        while again:
            again = self.send(self.think(again.pop()))

    def public(self, ticket_id: str) -> list[str]:
        ticket = TicketChannel(self.tools.db).fetch(self.account, ticket_id)
        return [message.body for message in ticket.messages if message.public][1:]

    def notes(self, ticket_id: str) -> list[str]:
        ticket = TicketChannel(self.tools.db).fetch(self.account, ticket_id)
        return [message.body for message in ticket.messages if not message.public]

    def state(self, ticket_id: str) -> TicketState:
        with self.tools.db.account(self.account) as tx:
            line = record.get_ticket_line(tx, "api", ticket_id)
        assert line is not None
        return line.state

    def runs(self, ticket_id: str) -> list[Run]:
        with self.tools.db.account(self.account) as tx:
            return record.runs_of(tx, "api", ticket_id)

    def replies(self, ticket_id: str) -> list[tuple[DeliveryState, str | None]]:
        with self.tools.db.account(self.account) as tx:
            found = outbox.deliveries_of_ticket(tx, "api", ticket_id)
        return [(each.state, each.reason) for each in found if each.kind is DeliveryKind.REPLY]


@pytest.fixture
def desk(database: Database, account: str, tmp_path: Path) -> Desk:
    (tmp_path / "policy.yaml").write_text(POLICY)
    embedder = WordEmbedder()
    tools = Dependencies(
        db=database,
        channels={"api": TicketChannel(database)},
        models=(Quoting(),),
        library=PostgresLibrary(database, embedder),
        policies=PolicyBook(tmp_path / "policy.yaml"),
        embedder=embedder,
        sync=lambda account, name=None: None,
        product_version="test",
        max_attempts=5,
    )
    desk = Desk(tools, account, embedder)
    desk.index()
    return desk


def test_an_article_that_stands_is_quoted(desk: Desk) -> None:
    asked = desk.ask()
    desk.go_on(desk.think(asked.item_id))
    (reply,) = desk.public(asked.ticket_id)
    assert OLD in reply


def test_an_article_that_changed_before_the_send_is_quoted_as_it_is_now(desk: Desk) -> None:
    asked = desk.ask()
    planned = desk.think(asked.item_id)
    desk.index(NEW)
    desk.go_on(planned)
    (reply,) = desk.public(asked.ticket_id)
    assert NEW in reply
    assert OLD not in reply
    assert desk.state(asked.ticket_id) is TicketState.ANSWERED


def test_an_article_that_was_deleted_before_the_send_is_not_quoted_and_a_person_answers(desk: Desk) -> None:
    asked = desk.ask()
    planned = desk.think(asked.item_id)
    desk.index(None)
    desk.go_on(planned)
    assert all("trash" not in body for body in desk.public(asked.ticket_id))
    assert desk.state(asked.ticket_id) is TicketState.ESCALATED
    assert desk.replies(asked.ticket_id) in ([], [(DeliveryState.WITHDRAWN, Stop.SOURCE_CHANGED)])


@pytest.mark.parametrize("audience", ["internal", "partners"])
def test_an_article_that_became_internal_before_the_send_is_not_quoted(desk: Desk, audience: str) -> None:
    asked = desk.ask()
    planned = desk.think(asked.item_id)
    desk.index(audience=audience)
    desk.go_on(planned)
    assert all("trash" not in body for body in desk.public(asked.ticket_id))
    for_agents = [note.partition("For colleagues only, do not copy:") for note in desk.notes(asked.ticket_id)]
    assert all("trash" not in draft for draft, _, _ in for_agents)
    assert any("trash" in related for _, _, related in for_agents) is (audience == "internal")
    assert desk.state(asked.ticket_id) is TicketState.ESCALATED


def test_an_article_that_moved_to_another_collection_is_found_anew_and_quoted(desk: Desk) -> None:
    asked = desk.ask()
    planned = desk.think(asked.item_id)
    desk.index(collection="boards")
    desk.go_on(planned)
    assert len(desk.public(asked.ticket_id)) == 1
    assert len(desk.runs(asked.ticket_id)) == 2


def test_an_article_that_was_only_cut_anew_is_still_current(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = desk.ask()
    planned = desk.think(asked.item_id)
    before = passage_ids(desk)
    for module in (prepare, store, index_source):
        if hasattr(module, "CHUNKING_VERSION"):
            monkeypatch.setattr(module, "CHUNKING_VERSION", document.CHUNKING_VERSION + 1)
    desk.index()
    assert not before & passage_ids(desk), "every passage has another id"
    desk.go_on(planned)
    assert len(desk.public(asked.ticket_id)) == len(desk.runs(asked.ticket_id)) == 1


def test_an_article_that_is_indexed_by_a_second_embedder_too_is_still_current(desk: Desk) -> None:
    class Second(WordEmbedder):
        name = "second"

    asked = desk.ask()
    planned = desk.think(asked.item_id)
    index(desk.tools.db, desk.account, ListSource(OTHER, make_page("trash", f"# Trash\n\n{OLD}")), Second())
    desk.go_on(planned)
    assert len(desk.public(asked.ticket_id)) == len(desk.runs(asked.ticket_id)) == 1


def test_an_article_whose_address_alone_changed_is_still_current(desk: Desk) -> None:
    asked = desk.ask()
    planned = desk.think(asked.item_id)
    desk.index(url="https://help.example/bin")
    desk.go_on(planned)
    assert len(desk.public(asked.ticket_id)) == len(desk.runs(asked.ticket_id)) == 1


def test_an_article_that_changes_again_and_again_ends_as_a_note(desk: Desk) -> None:
    asked = desk.ask()
    todo, rounds = [asked.item_id], 0
    while todo:
        planned = desk.think(todo.pop())
        rounds += 1
        assert rounds < 20
        desk.index(f"Deleted boards are kept in the trash for {rounds + 40} days.")
        todo += desk.send(planned)
    assert rounds == MOST_RETHOUGHT + 1
    assert desk.public(asked.ticket_id) == []
    assert desk.state(asked.ticket_id) is TicketState.NOTED
    (note,) = desk.notes(asked.ticket_id)
    assert "A source has changed since: overtaken 3 times before it was sent" in note
    last = desk.runs(asked.ticket_id)[-1]
    assert [cap.reason for cap in last.decision.caps] == [Reason.STALE_SOURCE]
    with desk.tools.db.account(desk.account) as tx:
        item = inbox.get_item(tx, asked.item_id)
    assert item is not None
    assert item.state is ItemState.DONE


def test_a_reply_that_waits_while_paused_does_not_leave_after_its_article_is_gone(desk: Desk) -> None:
    asked = desk.ask()
    planned = desk.think(asked.item_id)
    pause(desk, True)
    desk.index(None)
    desk.go_on(planned)
    pause(desk, False)
    desk.go_on(planned)
    assert all("trash" not in body for body in desk.public(asked.ticket_id))
    assert desk.replies(asked.ticket_id) == [(DeliveryState.WITHDRAWN, Stop.PAUSED)]
    assert desk.state(asked.ticket_id) is TicketState.ESCALATED


def test_a_reply_that_waits_for_its_channel_does_not_leave_after_its_article_is_gone(desk: Desk) -> None:
    asked = desk.ask()
    planned = desk.think(asked.item_id)
    away = Desk(replace(desk.tools, channels={"api": Meddled(TicketChannel(desk.tools.db), before=be_away)}),
                desk.account)  # fmt: skip
    assert away.send(planned) == []
    assert desk.replies(asked.ticket_id)[0][0] is DeliveryState.WAITING
    desk.index(None)
    with desk.tools.db.account(desk.account) as tx:
        tx.execute(text("UPDATE deliveries SET not_before = now()"))
    desk.go_on(planned)
    assert all("trash" not in body for body in desk.public(asked.ticket_id))
    assert desk.state(asked.ticket_id) is TicketState.ESCALATED


def test_a_reply_that_a_crash_left_half_sent_is_looked_for_before_its_source_is(desk: Desk) -> None:
    """It is out already: that the article is gone since makes it no less so."""
    asked = desk.ask()
    planned = desk.think(asked.item_id)
    lost = Desk(replace(desk.tools, channels={"api": Meddled(TicketChannel(desk.tools.db), after=be_away)}),
                desk.account)  # fmt: skip
    lost.send(planned)
    desk.index(None)
    with desk.tools.db.account(desk.account) as tx:
        tx.execute(text("UPDATE deliveries SET not_before = now()"))
    desk.go_on(planned)
    assert len(desk.public(asked.ticket_id)) == 1
    assert desk.replies(asked.ticket_id) == [(DeliveryState.SENT, None)]


# --- What customers may not see --------------------------------------------------------------------------------------

SECRET = "Deleted boards are kept in the trash of server heron for 90 days."  # a sentence


@pytest.fixture
def lines() -> Iterator[list[str]]:
    """Every line of every log while the test runs."""
    found: list[str] = []

    class Kept(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            found.append(self.format(record))

    root, handler = logging.getLogger(), Kept(level=logging.DEBUG)
    level, settings = root.level, structlog.get_config()
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)

    def keep(_: object, method: str, event: structlog.typing.EventDict) -> str:
        found.append(json.dumps(event, default=str))
        raise structlog.DropEvent

    structlog.configure(processors=[structlog.contextvars.merge_contextvars, keep], cache_logger_on_first_use=False)
    yield found
    structlog.configure(**settings)
    root.removeHandler(handler)
    root.setLevel(level)


@pytest.mark.parametrize("audience", ["internal", "partners"])
def test_what_customers_may_not_see_is_in_no_reply_citation_page_answer_or_log(
    desk: Desk, audience: str, lines: list[str]
) -> None:
    hidden = make_page("heron", f"# Server heron\n\n{SECRET}", audience=audience, url="https://help.example/heron")
    public = make_page("trash", f"# Trash\n\n{OLD}", url="https://help.example/trash")
    index(desk.tools.db, desk.account, ListSource(OTHER, hidden, public), desk.tools.embedder)
    asked = desk.ask()
    desk.go_on(desk.think(asked.item_id))
    assert OLD in desk.public(asked.ticket_id)[0]
    (run,) = desk.runs(asked.ticket_id)
    assert run.decision.action is Action.AUTO_REPLY
    assert [hit.passage.audience for hit in run.hits] == ["public"] * len(run.hits)
    with desk.tools.db.account(desk.account) as tx:
        quoted = [
            quote
            for sources in tickets.ticket_sources(tx, asked.ticket_id).values()
            for s in sources
            for quote in s.quotes
        ]
    assert quoted == [OLD]
    door = ApiDoor(desk.tools.db, desk.account)
    answer = door.get(f"/api/v1/tickets/{asked.ticket_id}").text
    page = make_app(desk.tools.db, desk.account, Queue()).test_client().get(f"/t/{asked.ticket_id}").text
    assert OLD in answer
    assert OLD in page
    assert lines
    for shown in (*desk.public(asked.ticket_id), answer, page, *lines):
        assert "heron" not in shown
    assert OLD not in "".join(lines)


def test_a_draft_on_an_internal_page_is_not_sent_even_if_search_had_let_it_through(desk: Desk) -> None:
    class Leaky(PostgresLibrary):
        """Looks everywhere."""

        def search(self, account: str, query: str, scope: SearchScope, *, limit: int) -> list[Hit]:
            everywhere = replace(scope, audiences=frozenset({"public", "internal", "partners"}))
            return super().search(account, query, everywhere, limit=limit)

    for audience in ("internal", "partners"):
        desk.index(SECRET, audience=audience)
        leaky = Desk(replace(desk.tools, library=Leaky(desk.tools.db, desk.tools.embedder)), desk.account)
        asked = desk.ask()
        leaky.go_on(leaky.think(asked.item_id))
        assert desk.public(asked.ticket_id) == []
        (run,) = desk.runs(asked.ticket_id)
        assert "internal_source" in {finding.check for finding in run.findings}


def test_a_category_of_an_audience_of_its_own_reads_its_pages_and_no_other_category_does(
    desk: Desk, tmp_path: Path
) -> None:
    desk.index(SECRET, audience="partners")
    (tmp_path / "policy.yaml").write_text(POLICY.replace("level: auto", "level: auto, audience: partners"))
    asked = desk.ask()
    desk.go_on(desk.think(asked.item_id))
    assert SECRET in desk.public(asked.ticket_id)[0]
    (tmp_path / "policy.yaml").write_text(POLICY)
    desk.tools.policies.get(desk.account)
    again = desk.ask()
    desk.go_on(desk.think(again.item_id))
    assert all("heron" not in body for body in desk.public(again.ticket_id))


def pause(desk: Desk, paused: bool) -> None:
    with desk.tools.db.account(desk.account) as tx:
        set_paused(tx, paused, "test")


def passage_ids(desk: Desk) -> set[str]:
    with desk.tools.db.account(desk.account) as tx:
        return set(tx.execute(text("SELECT id::text FROM passages")).scalars())


def be_away(ticket: Ticket) -> None:
    raise Temporary("no route to host")
