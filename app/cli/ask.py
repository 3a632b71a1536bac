"""`firstline ask`: a dry run, with its receipt in the terminal."""

import click

from app.bootstrap import make_dependencies
from app.cli.output import account_option, json_option, out, print_json, print_rows, say
from app.installation import open_installation
from desk.ports import Outgoing
from desk.presentation.receipt import Receipt, make_receipt
from desk.presentation.reply import compose_reply
from desk.run import Action, Run
from desk.text.tokenizer import clean
from workers.processing.dry_run import dry_run


@click.command()
@click.argument("question")
@click.option("--subject", default="", help="The ticket's subject line.")
@account_option
@json_option
def ask(question: str, subject: str, account: str | None, as_json: bool) -> None:
    """Show what would become of a QUESTION, and why. A dry run: nothing is stored or sent."""
    run, reply = _run_dry(clean(question), clean(subject), account)
    if as_json:
        print_json({"receipt": make_receipt(run), "reply": reply})
        return
    print_receipt(make_receipt(run))
    if run.draft.statements:
        out.rule("Reply" if run.decision.action is Action.AUTO_REPLY else "Draft, for a person to look at")
        say(reply.text)


def _run_dry(question: str, subject: str, account: str | None) -> tuple[Run, Outgoing]:
    with open_installation(account) as (settings, db, account_id):
        deps = make_dependencies(settings, db)
        run = dry_run(deps, account_id, question, subject)
        policy, language = deps.policies.get(account_id).policy, run.classification.language
        return run, compose_reply(run.draft, run.hits, policy, run.message_id, language)


def print_receipt(receipt: Receipt) -> None:
    """The outcome, the reasons, and all that was read and spent."""
    say(f"{receipt.decided}   confidence {receipt.confidence:.2f}, level {receipt.level}", style="bold")
    say(f"category  {receipt.category} ({receipt.category_confidence:.2f})")
    say("signals   " + ", ".join(f"{name}: {value}" for name, value in receipt.signals))
    for reason in receipt.reasons:
        detail = f": {reason.detail}" if reason.detail else ""
        say(f"{'person' if reason.person else 'draft':<9} {reason.text}{detail}")
    if not receipt.reasons:
        say(f"level     The policy's level for this category is {receipt.level}")
    for finding in receipt.findings:
        say(f"finding   {finding.check}: {finding.detail}")
    _print_passages(receipt)
    for remark in receipt.remarks:
        say(f"remark    {remark}")
    say("time      " + ", ".join(f"{stage} {ms:.0f} ms" for stage, ms in receipt.times))
    tokens = f"{receipt.input_tokens} tokens in, {receipt.output_tokens} out"
    say(f"cost      ${receipt.dollars:.4f}, {tokens}, {receipt.milliseconds:.0f} ms in all")
    say("versions  " + ", ".join(f"{name} {value}" for name, value in receipt.versions))


def _print_passages(receipt: Receipt) -> None:
    rows = []
    for line in receipt.passages:
        location = f"{line.title} › {line.heading}" if line.heading else line.title
        scores = (f"{score:.2f}" for score in (line.cosine, line.lexical, line.share, line.fused))
        rows.append(("cited" if line.cited else "", location, *scores))
    print_rows(("", "passage", "cosine", "lexical", "share", "fused"), rows, empty="passages  none")
