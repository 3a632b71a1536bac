"""`firstline knowledge eval` and `scan`: how well questions find their documents, and which of them disagree."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import click

from app.bootstrap import make_dependencies, make_embedder
from app.cli.output import account_option, json_option, mutter, print_json, print_rows, progress_bar, say
from app.embedded.scratch_database import ACCOUNT, scratch_database
from app.installation import open_installation
from desk.platform.settings import read_settings
from knowledge.evaluation.metrics import METRICS, Interval, Scores, bootstrap_interval, compare_halves, score_questions
from knowledge.evaluation.question_set import EvaluationCorpus, EvaluationQuestion, read_questions
from knowledge.evaluation.trial import FUSED, HALVES, Orders, run_trial
from knowledge.index.catalogue import get_documents
from knowledge.ingest.index_run import IndexReport
from knowledge.ingest.index_source import index_source
from workers.insights.library_scan import MOST_FINDINGS, FindingKind, list_findings
from workers.tasks import scan_account

SHOWN = 5
"""Lines of what was left out."""

FILE = click.Path(path_type=Path, dir_okay=False, exists=True)

ScoresBy = Mapping[str, Mapping[str, Scores]]
"""By half and metric, the score of each question."""


@click.group()
def knowledge() -> None:
    """Measure how well questions find their documents, and look which of them disagree."""


@knowledge.command("scan")
@account_option
@json_option
def scan(account: str | None, as_json: bool) -> None:
    """Look which pages contradict or double one another, as each night does, and list them."""
    with open_installation(account) as (settings, db, account_id):
        scan_account(make_dependencies(settings, db), account_id)
        with db.account(account_id) as tx:
            findings = list_findings(tx, MOST_FINDINGS)
            documents = get_documents(tx, {each for finding in findings for each in finding.documents})
    if as_json:
        print_json(findings)
        return
    for finding in findings:
        titles = [documents[each].title if each in documents else each for each in finding.documents]
        say(f"{finding.kind}{f' ({finding.about})' if finding.about else ''}: {' | '.join(titles)}", style="bold")
        for text in finding.texts[: 1 if finding.kind is FindingKind.DOUBLE else 2]:
            say(f"  {text[:300]}")
    if not findings:
        say("No two pages contradict or double one another, as far as can be seen without a model.")


@knowledge.command("eval")
@click.option("--corpus", "corpus_file", type=FILE, required=True, help="Documents, one JSON object a line.")
@click.option("--queries", "queries_file", type=FILE, required=True, help="Questions, one JSON object a line.")
@click.option("--limit", type=click.IntRange(1), help="Ask only the first so many questions.")
@click.option("--locale", default="en", show_default=True, help="Of documents and questions that do not say it.")
@json_option
def evaluate(corpus_file: Path, queries_file: Path, limit: int | None, locale: str, as_json: bool) -> None:
    """Index a corpus, put questions to it, and say how well the right documents are found.

    A document has "id" and "text", and may have "title", "url", "locale" and "markup" (text, markdown or html). A
    question has "text" and "relevant", the ids of documents any one of which is right. R@1 and R@5 are the shares of
    questions with a right document among the first one or five; MRR and nDCG look at the first ten. All this happens
    in a database of the command's own: the real index is not touched.
    """
    corpus = EvaluationCorpus(corpus_file, locale)
    questions, left_out = read_questions(queries_file, corpus.ids, locale)
    questions = questions[:limit]
    report, orders = _run_evaluation(corpus, questions, as_json)
    _warn_left_out("documents", [*corpus.repeated, *(f"{page.id}: {page.why}" for page in report.skipped)])
    _warn_left_out("questions", left_out)
    relevant = [question.relevant for question in questions]
    scores = {half: score_questions(order, relevant) for half, order in orders.items()}
    if as_json:
        print_json({half: _intervals(scores_by_metric) for half, scores_by_metric in scores.items()})
        return
    _print_scores(scores)
    say(f"{len(questions)} questions, {report.added} documents, {report.passages} passages, indexed in "
        f"{report.seconds:.0f} s. In brackets the 95 % interval of 2,000 bootstrap samples.")  # fmt: skip


def _intervals(scores_by_metric: Mapping[str, Scores]) -> dict[str, Interval]:
    return {name: bootstrap_interval(scores) for name, scores in scores_by_metric.items()}


def _run_evaluation(
    corpus: EvaluationCorpus, questions: Sequence[EvaluationQuestion], quiet: bool
) -> tuple[IndexReport, Orders]:
    embedder = make_embedder(read_settings())
    with scratch_database() as db:
        with progress_bar("indexing", quiet=quiet) as on_page:
            report = index_source(db, ACCOUNT, corpus, embedder, on_page)
        with progress_bar("asking", quiet=quiet) as on_step:
            orders = run_trial(db, ACCOUNT, embedder, questions, lambda done: on_step(done, len(questions), ""))
    return report, orders


def _warn_left_out(what: str, left_out: Sequence[str]) -> None:
    """Say on standard error what was not measured."""
    if not left_out:
        return
    mutter(f"left out or incomplete, {what}: {len(left_out)}")
    for line in left_out[:SHOWN]:
        mutter(f"  {line}")
    if len(left_out) > SHOWN:
        mutter(f"  and {len(left_out) - SHOWN} more")


def _print_scores(scores: ScoresBy) -> None:
    """One row for each half and for both together, then how much fusing gains."""
    rows = [(half, *(_interval_text(bootstrap_interval(by[name])) for name in METRICS)) for half, by in scores.items()]
    differences = [
        compare_halves(scores[FUSED][name], {half: scores[half][name] for half in HALVES}) for name in METRICS
    ]
    rows.append(
        (
            "fused - better half",
            *(f"{_interval_text(difference, '+')} {better_half}" for better_half, difference in differences),
        )
    )
    print_rows(("", *(name.upper().replace("NDCG", "nDCG") for name in METRICS)), rows, empty="")


def _interval_text(figure: Interval, sign: str = "") -> str:
    return f"{figure.value:{sign}.3f} [{figure.low:{sign}.3f}, {figure.high:{sign}.3f}]"
