"""`firstline gaps`: what customers ask and no document answers."""

import math
import re
from collections.abc import Sequence
from datetime import timedelta

import click

from app.active_embedder import active_embedder
from app.cli.output import account_option, json_option, print_json, print_rows, say
from app.installation import open_installation
from desk.errors import Refused
from integration.console.disputes import Dispute
from integration.console.gaps import Gap, GapOrder, GapSurvey, survey_gaps

DAYS = {"d": 1, "w": 7, "m": 30}
MOST_DAYS = 3650
BARS = "▁▂▃▄▅▆▇█"


@click.command()
@click.option("--since", default="30d", show_default=True, help="How far back: days, weeks or months, as 30d, 8w, 3m.")
@click.option(
    "--order",
    type=click.Choice([order.value for order in GapOrder]),
    default="size",
    show_default=True,
    help="What first.",
)
@click.option("--most", default=20, show_default=True, type=click.IntRange(1, 5_000), help="How many groups.")
@account_option
@json_option
def gaps(since: str, order: str, most: int, account: str | None, as_json: bool) -> None:
    """List the questions that no document answers, those that mean the same together, with the nearest article and the
    trend against as long a time before; and the sources that disagree."""
    period = _parse_period(since)
    with open_installation(account) as (settings, db, account_id):
        embedder = active_embedder(settings, db)(account_id)
        survey = survey_gaps(db, account_id, embedder, period, order=GapOrder(order), most=most, seconds=math.inf)
    if as_json:
        print_json(survey)
    else:
        _print_survey(survey, since)


def _parse_period(raw_period: str) -> timedelta:
    """Raises Refused for what is no span of time."""
    match = re.fullmatch(r"([0-9]{1,4})([dwm])", raw_period.strip().lower())
    days = int(match[1]) * DAYS[match[2]] if match else 0
    if not 0 < days <= MOST_DAYS:
        raise Refused(
            f"--since {raw_period}: a number of days, weeks or months is wanted, such as 30d, 8w or 3m", status=422
        )
    return timedelta(days=days)


def _print_survey(survey: GapSurvey, since: str) -> None:
    rows = [_gap_row(gap) for gap in survey.gaps]
    columns = ("asked", "before", "trend", "last asked", "for example", "nearest article", "entry")
    print_rows(columns, rows, empty=f"No open questions in {since}.")
    if rows:
        say(f"Questions: {survey.questions}, in groups: {survey.clusters}; {survey.before} in as long a time before.")
    if survey.waiting:
        say(f"{survey.waiting} more are not sorted in: they have no vector yet, or are beyond the newest 5,000.")
    if survey.disputes:
        _print_disputes(survey.disputes)


def _print_disputes(disputes: Sequence[Dispute]) -> None:
    say("")
    say("Sources that disagree", style="bold")
    rows = [
        (" / ".join(document.title for document in dispute.known) or dispute.told, dispute.times, dispute.last_at)
        for dispute in disputes
    ]
    print_rows(("documents", "times", "last"), rows, empty="")


def _gap_row(gap: Gap) -> tuple[object, ...]:
    nearest_article = f"{gap.nearest.title} ({gap.nearest.cosine:.2f})" if gap.nearest else "none"
    example = gap.examples[0].question if gap.examples else ""
    return gap.size, gap.before, _trend_bars(gap.trend), gap.last_asked, example, nearest_article, _taught_text(gap)


def _taught_text(gap: Gap) -> str:
    """How far an entry that people wrote closes it."""
    taught = gap.taught
    if taught.closed:
        return "taught"
    return "proposed" if taught.proposed else f"{taught.accepted} taught" if taught.accepted else ""


def _trend_bars(trend: tuple[int, ...]) -> str:
    """The trend as blocks, the newest 13 at the most: a quarter of a year of weeks."""
    recent = trend[-13:]
    highest = max(*recent, 1) if recent else 1
    return "".join(BARS[round(count / highest * (len(BARS) - 1))] for count in recent)
