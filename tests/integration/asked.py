"""Questions that no document answers, asked in tickets of our own channel."""

from datetime import UTC, datetime, timedelta

from desk.platform.database import Database
from desk.reasons import Limit, Reason
from desk.run import Action, Cap, Decision, Draft, Level
from tests.fakes import FakeEmbedder, a_classification
from tests.integration.acted import Actor
from workers.insights import gaps
from workers.insights.gaps import unanswered_questions
from workers.record import runs_of
from workers.tickets import CHANNEL

EMBEDDER = FakeEmbedder(dimensions=384)
CHEQUE = ("Can I pay by cheque?", "Can I pay my bill by cheque?", "Can we pay by cheque please?")


class Asker:
    """Has tickets end without an answer, days ago."""

    def __init__(self, database: Database, account: str) -> None:
        self.db = database
        self.account = account
        self.actor = Actor(database, account)

    def ask(
        self, *questions: str, days_ago: float = 1, requester: dict[str, str] | None = None, **changes: object
    ) -> str:
        """One ticket for each question; the id of the last."""
        for question in questions:
            ticket = self.actor.open(question[:60] or "-", question, **(requester or {}))
            values: dict[str, object] = {
                "classification": a_classification(questions=(question,)),
                "decision": decision(Reason.NOTHING_FOUND),
                "draft": Draft(()),
                "hits": (),
                "at": datetime.now(UTC) - timedelta(days=days_ago),
            }
            self.actor.finish(ticket, Action.ESCALATE, **(values | changes))
            with self.db.account(self.account) as tx:
                (run,) = runs_of(tx, CHANNEL, ticket.ticket_id)
            asked = unanswered_questions(run, EMBEDDER)
            with self.db.account(self.account) as tx:
                gaps.save_questions(tx, run, asked)
        return ticket.ticket_id


def decision(reason: Reason, detail: str = "") -> Decision:
    """An escalation for this reason."""
    return Decision(Action.ESCALATE, Level.AUTO, (Cap(Limit.PERSON, reason, detail),), 0.1)
