"""`firstline feedback`: what agents made of drafts, and how surely replies settled their matters."""

from datetime import UTC, datetime, timedelta

import click

from app.cli.output import account_option, json_option, print_json, print_rows, say
from app.installation import open_installation
from desk.policy.policy import PolicyBook
from workers.insights.feedback_counts import FeedbackCounts, count_feedback


@click.command()
@click.option("--days", default=30, show_default=True, type=click.IntRange(1, 3650), help="How far back.")
@account_option
@json_option
def feedback(days: int, account: str | None, as_json: bool) -> None:
    """Count what agents made of drafts: sent as they were, edited or discarded, of all drafts on whose ticket an agent
    answered; and of the replies that were sent, those that the customer confirmed and those that are only assumed to
    have helped, by silence."""
    now = datetime.now(UTC)
    with open_installation(account) as (settings, db, account_id):
        assumed_days = PolicyBook(settings.policy).get(account_id).policy.resolution.assumed_days
        with db.account(account_id) as tx:
            counts = count_feedback(tx, now - timedelta(days=days), now, assumed_days)
    if as_json:
        print_json(counts)
    else:
        _print_counts(counts, days, assumed_days)


def _print_counts(counts: FeedbackCounts, days: int, assumed_days: int) -> None:
    drafts, replies = counts.drafts, counts.replies
    rows = [
        ("drafts sent as they were", drafts.as_is),
        ("drafts sent edited", drafts.edited),
        ("drafts discarded", drafts.discarded),
        ("replies sent, nothing heard yet", replies.sent),
        ("replies confirmed by the customer", replies.confirmed),
        (f"replies assumed to have helped ({assumed_days} days of silence)", replies.assumed),
        ("replies that did not help", replies.unresolved),
    ]
    print_rows(("what", "how many"), rows, empty="")
    say(f"In {days} days; agents answered on the tickets of {drafts.answered} drafts.")
