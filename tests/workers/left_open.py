"""Runs that left a question open, and how they are kept."""

from dataclasses import replace
from datetime import UTC, datetime

from desk.platform.database import Database
from desk.policy.policy import PolicyFile
from desk.ports import Embedder
from desk.reasons import Limit, Reason
from desk.run import Action, Cap, Decision, Draft, Level, Run, Versions
from desk.ticket import new_id
from tests.fakes import FakeEmbedder, a_classification, default_policy
from workers import record
from workers.insights import gaps

EMBEDDER = FakeEmbedder()
POLICY = PolicyFile(default_policy(), "a policy")


def a_run(*reasons: Reason, questions: tuple[str, ...] = ("Can I pay by cheque?",), **fields: object) -> Run:
    """A run with caps of these reasons."""
    caps = tuple(Cap(Limit.PERSON, reason) for reason in reasons)
    run = Run(
        id=new_id(),
        account="acme",
        channel="api",
        ticket_id="t1",
        message_id="m1",
        classification=a_classification(questions=questions),
        hits=(),
        draft=Draft(()),
        findings=(),
        decision=Decision(Action.ESCALATE, Level.AUTO, caps, 0.2),
        versions=Versions("p", "k", "x", "test"),
        usage=(),
        times=(),
        remarks=(),
        at=datetime.now(UTC),
    )
    return replace(run, **fields)  # type: ignore[arg-type]  # test builder


def keep(database: Database, account: str, run: Run, embedder: Embedder = EMBEDDER) -> Run:
    """Save a run as the walk does."""
    run = replace(run, account=account)
    asked = gaps.unanswered_questions(run, embedder)
    with database.account(account) as tx:
        record.save_run(tx, run, POLICY)
        gaps.save_questions(tx, run, asked)
    return run
