"""Which replies rest on which documents: written with each run, read without opening more than is asked for."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text

from desk.delivery import DeliveryKind, DeliveryState
from desk.passage import Passage
from desk.platform.database import Database, Transaction
from desk.policy.policy import PolicyFile
from desk.ports import Outgoing
from desk.run import Action, Decision, Draft, Level, Run, Versions
from desk.ticket import new_id
from tests.fakes import NOW, a_citation, a_classification, a_hit, a_passage, a_statement, default_policy
from workers import record
from workers.insights import corrections, recalls
from workers.insights.corrections import NOT_ASKED, Recall
from workers.queue import outbox
from workers.queue.outbox import PlannedDelivery

BOARDS = a_passage(
    "Boards are kept for 30 days.", "So are cards.", title="Trash", source="help", external_id="trash.md"
)
SEATS = a_passage("A seat costs $12.", id="p2", document_id="d2", title="Seats", source="help", external_id="seats.md")


def a_run(account: str, *passages: Passage, ticket_id: str = "t1", days: int = 0) -> Run:
    """A run whose draft cites the first block of each passage."""
    return Run(
        id=new_id(),
        account=account,
        channel="api",
        ticket_id=ticket_id,
        message_id=f"m-{ticket_id}",
        classification=a_classification(questions=()),
        hits=(a_hit(BOARDS), a_hit(SEATS)),
        draft=Draft(tuple(a_statement(p.blocks[0].text, a_citation(p)) for p in passages)),
        findings=(),
        decision=Decision(Action.AUTO_REPLY, Level.AUTO, (), 0.9),
        versions=Versions("p", "k", "none", "test"),
        usage=(),
        times=(),
        remarks=(),
        at=NOW + timedelta(days=days),
    )


def keep(tx: Transaction, run: Run, state: DeliveryState = DeliveryState.SENT) -> None:
    """Save the run and a reply of it that came to this."""
    record.save_run(tx, run, PolicyFile(default_policy(), "text"))
    planned = PlannedDelivery(run.channel, run.ticket_id, run.message_id, DeliveryKind.REPLY, Outgoing("x"))
    (delivery_id,) = outbox.plan_deliveries(tx, [planned], run.id, None)
    tx.execute(text("UPDATE deliveries SET state = :state WHERE id = :id"), {"state": state, "id": delivery_id})


def test_every_use_of_a_document_is_found_newest_first_with_what_it_said(database: Database, account: str) -> None:
    with database.account(account) as tx:
        keep(tx, a_run(account, BOARDS, SEATS, ticket_id="t1"))
        keep(tx, a_run(account, SEATS, ticket_id="t2", days=1))
        keep(tx, a_run(account, BOARDS, ticket_id="t3", days=2), DeliveryState.WITHDRAWN)
        uses = recalls.document_uses(tx, ["d1"])
        assert [(use.ticket_id, use.citing_sentences, use.state) for use in uses] == [
            ("t3", (BOARDS.blocks[0].text,), DeliveryState.WITHDRAWN),
            ("t1", (BOARDS.blocks[0].text,), DeliveryState.SENT),
        ]
        assert [use.ticket_id for use in recalls.document_uses(tx, ["d1"], since=NOW + timedelta(days=1))] == ["t3"]
        assert [use.ticket_id for use in recalls.document_uses(tx, ["d1", "d2"], most=2)] == ["t3", "t2"]
        assert [use.ticket_id for use in recalls.document_uses(tx, ["d1", "d2"], passage_id="p2")] == ["t2", "t1"]
        assert recalls.document_uses(tx, ["nobody's"]) == recalls.document_uses(tx, []) == []


def test_what_was_found_and_not_cited_is_no_use(database: Database, account: str) -> None:
    with database.account(account) as tx:
        keep(tx, a_run(account, BOARDS))
        assert recalls.document_uses(tx, ["d2"]) == []


def test_a_run_that_led_to_no_reply_and_no_note_is_no_use(database: Database, account: str) -> None:
    with database.account(account) as tx:
        record.save_run(tx, a_run(account, BOARDS), PolicyFile(default_policy(), "text"))
        assert recalls.document_uses(tx, ["d1"]) == []
        assert recalls.citation_counts(tx) == {}


def test_the_numbers_per_document_tell_drafts_from_replies_that_are_out(database: Database, account: str) -> None:
    with database.account(account) as tx:
        keep(tx, a_run(account, BOARDS, SEATS, ticket_id="t1"))
        keep(tx, a_run(account, BOARDS, ticket_id="t2", days=3), DeliveryState.WITHDRAWN)
        found = recalls.citation_counts(tx)
        assert {key: (each.drafts, each.replies) for key, each in found.items()} == {"d1": (2, 1), "d2": (1, 1)}
        assert found["d1"].last_at == NOW + timedelta(days=3)
        assert set(recalls.citation_counts(tx, ["d2", "d9"])) == {"d2"}
        assert set(recalls.citation_counts(tx, since=NOW + timedelta(days=1))) == {"d1"}


@pytest.mark.parametrize("name", ["d1", "trash.md", "https://help.example/passwords", "trash"])
def test_a_cited_document_is_found_by_each_of_its_names(database: Database, account: str, name: str) -> None:
    with database.account(account) as tx:
        keep(tx, a_run(account, BOARDS))
        assert [document.title for document in recalls.cited_documents(tx, name)] == ["Trash"]


def test_a_document_is_named_as_it_was_called_last(database: Database, account: str) -> None:
    renamed = replace(a_run(account, ticket_id="t2", days=1), draft=a_run(account, BOARDS).draft)
    renamed = replace(renamed, hits=(a_hit(replace(BOARDS, title="Bin")),))
    with database.account(account) as tx:
        keep(tx, renamed)
        keep(tx, a_run(account, BOARDS))
        assert [document.title for document in recalls.cited_documents(tx, "trash.md")] == ["Bin"]


def test_nobody_sees_another_accounts_uses(database: Database, account: str, other_account: str) -> None:
    with database.account(account) as tx:
        keep(tx, a_run(account, BOARDS))
    with database.account(other_account) as tx:
        assert recalls.document_uses(tx, ["d1"]) == []
        assert recalls.cited_documents(tx, "trash.md") == []
        assert recalls.citation_counts(tx) == {}
        assert record.count_older_runs(tx) == 0


def test_run_and_citations_are_kept_together_or_not_at_all(database: Database, account: str) -> None:
    def lose_the_claim() -> None:
        with database.account(account) as tx:
            keep(tx, a_run(account, BOARDS))
            raise LookupError

    with pytest.raises(LookupError):
        lose_the_claim()
    with database.account(account) as tx:
        assert tx.execute(text("SELECT count(*) FROM run_citations")).scalar_one() == 0


def test_older_runs_are_caught_up_on_in_steps_and_once(database: Database, account: str) -> None:
    with database.account(account) as tx:
        for number in range(5):
            keep(tx, a_run(account, BOARDS, ticket_id=f"t{number}"))
        tx.execute(text("DELETE FROM run_citations"))
        tx.execute(text("UPDATE runs SET citations_kept = false"))
        assert record.count_older_runs(tx) == 5
        assert [record.keep_older_citations(tx, 3) for _ in range(3)] == [3, 2, 0]
        assert len(recalls.document_uses(tx, ["d1"])) == 5


def test_a_ticket_gets_one_note_of_a_recall_whoever_plans_it(database: Database, account: str) -> None:
    recall = Recall("help trash.md", "Trash", ("d1",), "v2")
    with database.account(account) as tx:
        keep(tx, a_run(account, BOARDS))
        keep(tx, replace(a_run(account, BOARDS, days=1), message_id="m2"))
    planned = []
    for _ in range(2):
        with database.account(account) as tx:
            (ticket,) = corrections.affected_tickets(recalls.document_uses(tx, ["d1"]))
            note = corrections.write_correction(recall, ticket, corrections.read_runs(tx, ticket), None)
            planned += corrections.plan_note(tx, recall, ticket, note, "m1")
    assert len(planned) == 1
    assert note.text.count(f"> {BOARDS.blocks[0].text}") == 4, "both replies, each with its passage"
    assert NOT_ASKED in note.text
    with database.account(account) as tx:
        assert corrections.existing_note(tx, recall, ticket) is DeliveryState.WAITING
        assert len(recalls.document_uses(tx, ["d1"])) == 2, "a correction is no use"


def test_another_note_or_another_version_is_another_recall() -> None:
    recall = Recall("help trash.md", "Trash", ("d1",), "v2")
    assert recall.id == replace(recall, title="Bin", document_ids=("d1", "d7")).id
    others = [replace(recall, note="Other."), replace(recall, version=None), replace(recall, passage_id="p1")]
    assert len({recall.id, *(other.id for other in others)}) == 4
