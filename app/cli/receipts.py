"""A receipt in the terminal."""

from rich import box
from rich.markup import escape
from rich.table import Table

from app.cli.output import out
from desk.receipt import Receipt


def print_receipt(receipt: Receipt) -> None:
    """The outcome, the reasons, and all that was read and spent."""
    out.print(f"[bold]{receipt.outcome}[/bold]   confidence {receipt.confidence:.2f}, level {receipt.level}")
    out.print(f"category  {receipt.category} ({receipt.category_confidence:.2f})")
    out.print("signals   " + ", ".join(f"{name}: {value}" for name, value in receipt.signals))
    for reason in receipt.reasons:
        detail = f": {reason.detail}" if reason.detail else ""
        out.print(f"{'person' if reason.person else 'draft':<9} {reason.text}{detail}", markup=False)
    for finding in receipt.findings:
        out.print(f"finding   {finding.check}: {finding.detail}", markup=False)
    _print_passages(receipt)
    for remark in receipt.remarks:
        out.print(f"remark    {remark}", markup=False)
    out.print("time      " + ", ".join(f"{stage} {ms:.0f} ms" for stage, ms in receipt.times))
    tokens = f"{receipt.input_tokens} tokens in, {receipt.output_tokens} out"
    out.print(f"cost      ${receipt.dollars:.4f}, {tokens}, {receipt.milliseconds:.0f} ms in all")
    out.print("versions  " + ", ".join(f"{name} {value}" for name, value in receipt.versions))


def _print_passages(receipt: Receipt) -> None:
    table = Table("", "passage", "cosine", "lexical", "share", "fused", box=box.SIMPLE_HEAD, pad_edge=False)
    for line in receipt.passages:
        place = f"{line.title} › {line.heading}" if line.heading else line.title
        scores = (f"{score:.2f}" for score in (line.cosine, line.lexical, line.share, line.fused))
        table.add_row("cited" if line.cited else "", escape(place), *scores)
    if receipt.passages:
        out.print(table)
