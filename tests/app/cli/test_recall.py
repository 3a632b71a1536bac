"""`firstline recall`, after an article was wrong: what was said is found, and each ticket gets one correction."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from app.bootstrap import make_dependencies
from app.database import make_database
from desk.platform.database import Database
from desk.platform.settings import Settings
from desk.ticket import Requester, new_id
from tests.app.conftest import Command, use
from workers import tickets
from workers.dependencies import Dependencies
from workers.processing.deliver import send_delivery
from workers.processing.process_item import process_item

QUESTION = "How long can a deleted board be restored?"
WRONG = "# Deleted boards\n\nA deleted board can be restored for 30 days, in Settings under Trash.\n"
RIGHT = "# Deleted boards\n\nA deleted board can be restored for 7 days, in Settings under Trash.\n"
SAID = "A deleted board can be restored for 30 days, in Settings under Trash."
POLICY = """
signature: The example team
automatic_line: This reply was written automatically.
handover: {message: "A colleague will look at your message during {hours}."}
categories:
  boards:
    {description: Boards, examples: [How do I restore a board, deleted board], level: auto, threshold: 0.3}
sensitive_topics:
"""
POLICY += "".join(f"  {t}: {{description: x, phrases: [{p}]}}\n" for t, p in {
    "legal": "my lawyer", "security": "data breach", "threat": "bomb threat", "self_harm": "end my life",
    "refund": "refund", "cancellation": "cancel my subscription"}.items())  # fmt: skip


@dataclass
class Office:
    """An installation with a folder of pages, a worker's steps and the command line."""

    firstline: Command
    db: Database
    tools: Dependencies
    folder: Path

    def write(self, name: str, body: str | None) -> None:
        """Put a page into the folder, or take it away, and index."""
        page = self.folder / name
        page.write_text(body) if body is not None else page.unlink()
        assert self.firstline("index", str(self.folder), "--name", "help").code == 0

    def ask(self, send: bool = True, question: str = QUESTION) -> str:
        """A customer asks; the worker thinks, and sends. The ticket's id."""
        with self.db.account("main") as tx:
            accepted = tickets.open_ticket(tx, tickets.NewTicket(Requester(new_id()), "Board", question))
        planned = process_item(self.tools, "main", accepted.item_id, "w1")
        if send:
            self.send(*planned)
        return accepted.ticket_id

    def send(self, *delivery_ids: str) -> None:
        """Send these deliveries, or all that wait."""
        with self.db.account("main") as tx:
            waiting = tx.execute(text("SELECT id::text FROM deliveries WHERE state = 'waiting'")).scalars().all()
        for delivery_id in delivery_ids or waiting:
            send_delivery(self.tools, "main", delivery_id, "w1")

    def notes(self, ticket_id: str) -> list[str]:
        """The internal notes on a ticket."""
        with self.db.account("main") as tx:
            ticket = tickets.read_ticket(tx, ticket_id)
        assert ticket is not None
        return [message.body for message in ticket.messages if not message.public]

    def recall(self, *arguments: str) -> dict[str, Any]:
        """The command's JSON."""
        said = self.firstline("recall", *arguments, "--json")
        assert said.code == 0, said.err
        found: dict[str, object] = json.loads(said.out)
        return found


@pytest.fixture
def office(migrated: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, firstline: Command) -> Iterator[Office]:
    (tmp_path / "policy.yaml").write_text(POLICY)
    settings = migrated.model_copy(update={"policy": tmp_path / "policy.yaml"})
    use(monkeypatch, settings)
    monkeypatch.setenv("FIRSTLINE_POLICY", str(settings.policy))
    db = make_database(settings)
    folder = tmp_path / "pages"
    folder.mkdir()
    office = Office(firstline, db, make_dependencies(settings, db), folder)
    office.write("boards.md", WRONG)
    yield office
    db.close()


def test_after_a_wrong_article_every_reply_is_found_and_each_ticket_gets_one_correction(office: Office) -> None:
    told = [office.ask(), office.ask()]
    office.write("boards.md", RIGHT)
    fine = office.ask()
    found = office.recall("--document", "boards.md")
    assert found["recall"] is None
    replies = found["replies"]
    assert isinstance(replies, list)
    versions = [reply["version"] for reply in replies]
    assert {reply["ticket_id"] for reply in replies} == {*told, fine}
    assert [reply["state"] for reply in replies] == ["sent"] * 3
    assert [reply["said"] for reply in replies[1:]] == [[SAID]] * 2
    assert found["document"]["version"] == versions[0] != versions[1] == versions[2]


def test_the_note_says_what_was_said_what_stood_there_and_what_stands_there_now(office: Office) -> None:
    ticket = office.ask()
    office.write("boards.md", RIGHT)
    said = office.firstline("recall", "--document", "Deleted boards", "--note", "It is 7 days, not 30.", "--yes")
    assert said.code == 0
    assert "notes on 1 ticket; 0 had theirs already" in said.out
    assert office.notes(ticket) == [], "the workers send it"
    office.send()
    (note,) = office.notes(ticket)
    assert "It is 7 days, not 30." in note
    assert "Told to the customer on 20" in note
    assert note.count(f"> {SAID}") == 2
    assert "The article now: changed" in note
    assert note.startswith("Thanks for writing."), "the proposal first, ready to copy"
    assert "restored for 7 days" in note


def test_the_same_recall_twice_leaves_no_second_note_and_takes_in_what_came_since(office: Office) -> None:
    first = office.ask()
    assert office.recall("--document", "boards.md", "--leave-notes", "--yes")["notes"] == {
        "planned": 1,
        "there_already": 0,
    }
    office.send()
    second = office.ask()
    assert office.recall("--document", "boards.md", "--leave-notes", "--yes")["notes"] == {
        "planned": 1,
        "there_already": 1,
    }
    office.send()
    assert [len(office.notes(ticket)) for ticket in (first, second)] == [1, 1]
    assert "still says what it said" in office.notes(first)[0]


def test_a_note_that_failed_is_left_by_the_next_run_of_the_same_recall(office: Office) -> None:
    ticket = office.ask()
    office.recall("--document", "boards.md", "--leave-notes", "--yes")
    with office.db.account("main") as tx:
        tx.execute(text("UPDATE deliveries SET state = 'failed' WHERE key LIKE 'recall:%'"))
    assert office.recall("--document", "boards.md", "--leave-notes", "--yes")["notes"] == {
        "planned": 1,
        "there_already": 0,
    }
    office.send()
    assert len(office.notes(ticket)) == 1


def test_a_document_that_is_gone_is_found_by_the_names_it_had(office: Office) -> None:
    ticket = office.ask()
    office.write("other.md", "# Other\n\nSomething else entirely.\n")
    office.write("boards.md", None)
    for name in ("boards.md", "Deleted boards", "deleted BOARDS"):
        said = office.firstline("recall", "--document", name, "--leave-notes", "--yes")
        assert said.code == 0, said.err
    assert "gone from the index" in said.out
    assert SAID in said.out
    office.send()
    (note,) = office.notes(ticket)
    assert "The article is gone now." in note
    assert "hold no answer" in note


def test_a_document_that_came_back_is_one_with_the_one_that_was_gone(office: Office) -> None:
    first = office.ask()
    office.write("other.md", "# Other\n\nSomething else entirely.\n")
    office.write("boards.md", None)
    office.write("boards.md", RIGHT.replace("# Deleted boards", "# Trash"))
    second = office.ask()
    for name in ("boards.md", "Deleted boards", "Trash"):
        found = office.recall("--document", name)
        assert len(found["document"]["ids"]) == 2, name
        assert {reply["ticket_id"] for reply in found["replies"]} == {first, second}


def test_a_name_of_several_documents_is_refused_with_a_list(office: Office) -> None:
    office.write("again.md", WRONG)
    said = office.firstline("recall", "--document", "Deleted boards")
    assert said.code == 2
    assert "boards.md" in said.err
    assert "again.md" in said.err
    assert office.firstline("recall", "--document", "again.md").code == 0


def test_by_passage_and_since_less_is_listed(office: Office) -> None:
    ticket = office.ask()
    (reply,) = office.recall("--document", "boards.md", "--since", "2020-01-01")["replies"]
    (passage,) = reply["passage_ids"]
    assert [r["ticket_id"] for r in office.recall("--passage", passage)["replies"]] == [ticket]
    assert office.recall("--document", "boards.md", "--passage", "none-such")["replies"] == []
    assert office.recall("--document", "boards.md", "--since", "2999-01-01T12:00")["replies"] == []


def test_what_was_never_sent_is_listed_and_needs_no_correction(office: Office) -> None:
    ticket = office.ask(send=False)
    office.write("boards.md", RIGHT)
    office.send()
    found = office.recall("--document", "boards.md", "--leave-notes", "--yes")
    assert [reply["state"] for reply in found["replies"]] == ["withdrawn"]
    assert found["notes"] == {"planned": 0, "there_already": 0}
    assert office.notes(ticket) == []


def test_runs_of_before_citations_were_kept_are_caught_up_on_at_the_first_recall(office: Office) -> None:
    ticket = office.ask()
    with office.db.account("main") as tx:
        tx.execute(text("DELETE FROM run_citations"))
        tx.execute(text("UPDATE runs SET citations_kept = false"))
    for _ in range(2):
        found = office.recall("--document", "boards.md")
        assert [reply["ticket_id"] for reply in found["replies"]] == [ticket]


@pytest.mark.parametrize(
    ("arguments", "code", "why"),
    [
        ((), 2, "--document or --passage"),
        (("--document", "boards.md", "--leave-notes", "--json"), 2, "--yes"),
        (("--document", "nowhere.md"), 1, "no document 'nowhere.md'"),
        (("--passage", "nowhere"), 1, "no passage 'nowhere'"),
        (("--document", "\x00\ud800"), 1, "no document"),
        (("--document", "x" * 5000), 1, "no document"),
        (("--document", "boards.md", "--since", "yesterday"), 2, "yesterday"),
        (("--document", "boards.md", "--account", "nobody"), 1, "no account"),
    ],
)
def test_odd_wishes_are_refused_in_plain_words(
    shared: Settings,
    monkeypatch: pytest.MonkeyPatch,
    firstline: Command,
    arguments: tuple[str, ...],
    code: int,
    why: str,
) -> None:
    use(monkeypatch, shared)
    said = firstline("recall", *arguments)
    assert said.code == code, said.err
    assert why in said.err


def test_without_yes_it_asks_with_the_count_and_no_is_no(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    ticket = office.ask()
    asked: list[str] = []
    monkeypatch.setattr("click.confirm", lambda question: asked.append(question))
    said = office.firstline("recall", "--document", "boards.md", "--leave-notes")
    assert (said.code, asked) == (1, ["Leave an internal note on 1 ticket?"])
    office.send()
    assert office.notes(ticket) == []
