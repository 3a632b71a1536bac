"""`firstline feedback`, over a real database."""

import json
from datetime import UTC, datetime

from app.database import make_database
from desk.feedback.feedback import Change, DraftUse, Feedback, FeedbackKind
from desk.platform.settings import Settings
from desk.reasons import Reason
from tests.app.conftest import Command
from tests.fakes import FakeEmbedder
from tests.workers.left_open import a_run, keep
from workers.insights import run_feedback


def test_what_agents_made_of_drafts_is_counted(here: Settings, firstline: Command) -> None:
    db = make_database(here)
    now = datetime.now(UTC)
    for use in (DraftUse.AS_IS, DraftUse.EDITED, DraftUse.EDITED):
        run = a_run(Reason.NOTHING_FOUND, at=now)
        keep(db, "main", run, FakeEmbedder())
        told = Feedback(run.id, FeedbackKind.AGENT_REPLY, "m2", now, use, 0.9, (Change.FIGURE,))
        with db.account("main") as tx:
            run_feedback.add_feedback(tx, (run.channel, run.ticket_id), [told])
    db.close()
    said = firstline("feedback")
    assert said.code == 0, said.err
    assert "agents answered on the tickets of 3 drafts" in " ".join(said.out.split())
    found = json.loads(firstline("feedback", "--days", "7", "--json").out)
    assert found["drafts"] == {"as_is": 1, "edited": 2, "discarded": 0}
    assert found["replies"] == {"sent": 3, "confirmed": 0, "assumed": 0, "unresolved": 0}
