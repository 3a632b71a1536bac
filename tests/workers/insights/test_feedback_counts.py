"""What is counted of drafts and replies is what the tickets say one by one."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

from desk.feedback.feedback import draft_use
from desk.intervention import InterventionKind
from desk.platform.database import Database
from desk.policy.policy import PolicyBook
from tests.workers.interventions.acts import Desk
from tests.workers.talks import HOURS, SENTENCE, Talk, Town, a_town, policy_text
from workers import record
from workers.insights.feedback_counts import UNRESOLVED, ResolutionCounts, count_feedback
from workers.insights.reply_resolutions import read_run_feedback
from workers.insights.run_feedback import DraftUseCounts

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


def a_policy(tmp_path: Path) -> PolicyBook:
    path = tmp_path / "policy.yaml"
    path.write_text(policy_text(), encoding="utf-8")
    return PolicyBook(path)


def answered(town: Town) -> Talk:
    talk = town.talk()
    talk.customer(HOURS)
    talk.walk()
    return talk


def lived(town: Town) -> list[Talk]:
    """Tickets of all kinds; those of the second half were long ago."""
    talks = [answered(town) for _ in range(6)]
    for talk, says in zip(talks[1:], ("Thanks, that works!", "That did not help.", "And on Sundays?"), strict=False):
        talk.customer(says, at=datetime.now(UTC))
        talk.walk()
    for table, column in (("deliveries", "sent_at"), ("inbox_items", "received_at"), ("run_feedback", "at")):
        quoted = ", ".join(f"'{talk.ticket_id}'" for talk in talks[3:])
        talks[0].sql(f"UPDATE {table} SET {column} = {column} - interval '9 days' WHERE ticket_id IN ({quoted})")
    return talks


def test_the_sum_of_all_tickets(database: Database, account: str, tmp_path: Path) -> None:
    town = a_town(database, account, a_policy(tmp_path))
    talks = lived(town)
    drafting = Desk.of(a_town(database, account, PolicyBook(_drafts(tmp_path))))
    for text in (SENTENCE, SENTENCE.replace("nine", "ten"), "Somebody will call you tomorrow about all of that."):
        desk = drafting.opened()
        desk.act(InterventionKind.EDIT_AND_SEND, text=text, override=True)
        talks.append(Talk(town.tools, town.channel, town.alerts, account, desk.ticket_id))
    uses: Counter[str] = Counter()
    replies: Counter[str] = Counter()
    with database.account(account) as tx:
        counts = count_feedback(tx, LONG_AGO, datetime.now(UTC), assumed_days=5)
        for talk, channel in [(talk, "zendesk") for talk in talks[:6]] + [(talk, "api") for talk in talks[6:]]:
            runs = record.runs_of(tx, channel, talk.ticket_id)
            for found in read_run_feedback(tx, channel, talk.ticket_id, runs).values():
                uses.update([use.value] if (use := draft_use(found.feedback)) else [])
                denied = any(each.kind in ("not_helped", "reopened") for each in found.feedback)
                replies.update([found.resolution] if found.resolution else [UNRESOLVED] if denied else [])
        lately = count_feedback(tx, datetime.now(UTC) - timedelta(days=1), datetime.now(UTC), assumed_days=5)
    assert counts.drafts == DraftUseCounts(**uses) == DraftUseCounts(as_is=1, edited=1, discarded=1)
    assert counts.drafts.answered == 3
    assert counts.replies == ResolutionCounts(**replies)
    assert (counts.replies.confirmed, counts.replies.unresolved, counts.replies.assumed) == (1, 1, 2)
    assert lately.replies.assumed == 0


def _drafts(tmp_path: Path) -> Path:
    path = tmp_path / "drafts.yaml"
    path.write_text(policy_text().replace("level: auto", "level: draft"), encoding="utf-8")
    return path
