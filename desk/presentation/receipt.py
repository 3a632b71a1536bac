"""The receipt: a run turned into values ready to show. Console, note, card, sidebar and CLI only lay them out."""

from dataclasses import dataclass

from desk.passage import Hit
from desk.reasons import REASONS, Limit
from desk.run import Action, Cap, Finding, Run, Sentiment, Urgency
from desk.text.wording import Wording

ACTIONS = {
    Action.AUTO_REPLY: Wording("Answered automatically"),
    Action.INTERNAL_NOTE: Wording("Left as an internal note"),
    Action.ESCALATE: Wording("Handed to a person"),
    Action.OBSERVE: Wording("Observed only"),
    Action.IGNORE: Wording("Nothing to do"),
}

UNKNOWN = Wording("unknown")
"""Where no category fits."""
_URGENCIES = {
    Urgency.LOW: Wording("low"),
    Urgency.NORMAL: Wording("normal"),
    Urgency.HIGH: Wording("high"),
    Urgency.CRITICAL: Wording("critical"),
}
_SENTIMENTS = {
    Sentiment.POSITIVE: Wording("positive"),
    Sentiment.NEUTRAL: Wording("neutral"),
    Sentiment.NEGATIVE: Wording("negative"),
    Sentiment.VERY_NEGATIVE: Wording("very negative"),
}


@dataclass(frozen=True, slots=True)
class ReasonLine:
    """One cap in prose. `person` is True where it sends the ticket to a person."""

    text: str
    detail: str
    person: bool


@dataclass(frozen=True, slots=True)
class PassageLine:
    """One passage that was read. Scores as on `desk.passage.Hit`; `cited` says if the draft rests on it."""

    title: str
    heading: str
    url: str | None
    passage_id: str
    cosine: float
    lexical: float
    share: float
    fused: float
    cited: bool


@dataclass(frozen=True, slots=True)
class Receipt:
    """A run as people see it. Confidences are 0 to 1, times milliseconds, money US dollars."""

    run_id: str
    at: str
    decided: str
    action: Action
    level: str
    confidence: float
    category: str
    category_confidence: float
    signals: tuple[tuple[str, str], ...]
    questions: tuple[str, ...]
    reasons: tuple[ReasonLine, ...]
    passages: tuple[PassageLine, ...]
    findings: tuple[Finding, ...]
    versions: tuple[tuple[str, str], ...]
    models: tuple[tuple[str, str, int, int, float], ...]
    """(stage, model, input tokens, output tokens, dollars) per model call."""
    times: tuple[tuple[str, float], ...]
    remarks: tuple[str, ...]
    dollars: float
    input_tokens: int
    output_tokens: int
    milliseconds: float


def make_receipt(run: Run) -> Receipt:
    """Lay out a run for reading."""
    cited_ids = {citation.passage_id for citation in run.draft.citations}
    classification = run.classification
    return Receipt(
        run_id=run.id,
        at=run.at.strftime("%Y-%m-%d %H:%M:%S UTC"),
        decided=ACTIONS[run.decision.action],
        action=run.decision.action,
        level=run.decision.level,
        confidence=run.decision.confidence,
        category=classification.category or UNKNOWN,
        category_confidence=classification.confidence,
        signals=_signals(run),
        questions=classification.questions,
        reasons=tuple(describe_reason(cap) for cap in run.decision.caps),
        passages=tuple(_passage_line(hit, cited_ids) for hit in run.hits),
        findings=run.findings,
        versions=tuple((name, getattr(run.versions, name)) for name in ("policy", "knowledge", "prompts", "product")),
        models=tuple(
            (usage.stage, usage.model, usage.input_tokens, usage.output_tokens, usage.dollars) for usage in run.usage
        ),
        times=tuple((stage_time.stage, stage_time.milliseconds) for stage_time in run.times),
        remarks=run.remarks,
        dollars=run.dollars,
        input_tokens=sum(usage.input_tokens for usage in run.usage),
        output_tokens=sum(usage.output_tokens for usage in run.usage),
        milliseconds=sum(stage_time.milliseconds for stage_time in run.times),
    )


def describe_reason(cap: Cap) -> ReasonLine:
    """One cap in prose."""
    return ReasonLine(REASONS[cap.reason].agents, cap.detail, cap.limit is Limit.PERSON)


def explain_decision(run: Run) -> str:
    """The few lines that close an internal note: what was decided, and each reason."""
    receipt = make_receipt(run)
    lines = [
        f"Firstline: {receipt.decided.lower()} (confidence {receipt.confidence:.2f}, category {receipt.category})."
    ]
    lines += [f"- {reason.text}{f': {reason.detail}' if reason.detail else ''}" for reason in receipt.reasons]
    if not receipt.reasons:
        lines.append(f"- The policy's level for this category is `{receipt.level}`")
    return "\n".join([*lines, "", _receipt_line(receipt)])


def _receipt_line(receipt: Receipt) -> str:
    passages_read = f"{len(receipt.passages)} passages read in {receipt.milliseconds:.0f} ms"
    tokens = f"{receipt.input_tokens + receipt.output_tokens} tokens, ${receipt.dollars:.4f}"
    return f"Receipt: {passages_read}, {tokens}, policy {dict(receipt.versions)['policy']}, run {receipt.run_id}"


def _signals(run: Run) -> tuple[tuple[str, str], ...]:
    classification = run.classification
    return (
        (Wording("language"), classification.language),
        (Wording("urgency"), _URGENCIES[classification.urgency]),
        (Wording("sentiment"), _SENTIMENTS[classification.sentiment]),
        (Wording("wants a person"), _yes_or_no(classification.wants_human)),
        (Wording("sensitive topics"), ", ".join(classification.sensitive).replace("_", " ") or Wording("none")),
        (Wording("orders the machine"), _yes_or_no(classification.orders_machine)),
    )


def _yes_or_no(truth: bool) -> Wording:
    return Wording("yes") if truth else Wording("no")


def _passage_line(hit: Hit, cited_ids: set[str]) -> PassageLine:
    return PassageLine(
        title=hit.passage.title,
        heading=" › ".join(hit.passage.headings),
        url=hit.passage.url,
        passage_id=hit.passage.id,
        cosine=hit.cosine,
        lexical=hit.lexical,
        share=hit.share,
        fused=hit.fused,
        cited=hit.passage.id in cited_ids,
    )
