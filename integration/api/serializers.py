"""What the API shows of a ticket: to staff all of it, to others what the customer may see."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from desk.delivery import Delivery
from desk.feedback.feedback import DraftUse, Feedback, draft_use
from desk.outcome import outcome_of
from desk.ports import Source
from desk.presentation.feedback import describe_feedback
from desk.presentation.receipt import describe_reason, make_receipt
from desk.run import Run
from desk.ticket import Message, Ticket, TicketState
from integration.api.receipt_models import (
    FeedbackOut,
    FindingOut,
    ModelCallOut,
    OutcomeOut,
    PassageOut,
    ReasonOut,
    ReceiptOut,
)
from integration.api.response_models import InterventionOut, MessageOut, SourceOut, TicketOut
from integration.web.intervention_status import ShownIntervention
from workers.insights.reply_resolutions import NO_FEEDBACK, RunFeedback
from workers.record import TicketLine

Sources = Mapping[str, Sequence[Source]]


def show_ticket(
    ticket: Ticket,
    line: TicketLine | None,
    sources: Sources,
    runs: Sequence[Run] | None,
    internal: bool,
    deliveries: Sequence[Delivery] = (),
    found: Mapping[str, RunFeedback] = MappingProxyType({}),
) -> TicketOut:
    """The ticket. `runs` is None for who may not see receipts; `deliveries` are what they led to, `found` what became
    of their drafts."""
    messages = [
        show_message(message, sources.get(message.id, ())) for message in ticket.messages if message.public or internal
    ]
    message_times = [message.at for message in ticket.messages]
    return TicketOut(
        id=ticket.id,
        state=line.state if line else TicketState.RECEIVED,
        status=ticket.status,
        priority=ticket.priority,
        subject=ticket.subject,
        customer_id=ticket.requester.id,
        customer_name=ticket.requester.name,
        customer_email=ticket.requester.email,
        created_at=message_times[0],
        updated_at=line.updated_at if line else message_times[-1],
        messages=messages,
        receipts=None
        if runs is None
        else [
            show_run(run, [each for each in deliveries if each.run_id == run.id], found.get(run.id, NO_FEEDBACK))
            for run in runs
        ],
    )


def show_message(message: Message, sources: Sequence[Source] = ()) -> MessageOut:
    """One message with what it rests on."""
    return MessageOut(
        id=message.id,
        role=message.role,
        public=message.public,
        body=message.body,
        at=message.at,
        author=message.author,
        sources=_show_sources(sources),
    )


def show_act(shown: ShownIntervention) -> InterventionOut:
    """An act of an agent, and what became of it."""
    return InterventionOut(
        id=shown.id,
        kind=shown.kind,
        agent=shown.who,
        at=shown.at,
        status=shown.status,
        message=shown.text,
        findings=[FindingOut(check=finding.check, detail=finding.detail) for finding in shown.findings],
        answer=shown.answer,
        sources=_show_sources(shown.sources),
        run_id=shown.run_id,
        can_undo=shown.can_undo,
    )


def show_run(run: Run, deliveries: Sequence[Delivery], found: RunFeedback = NO_FEEDBACK) -> ReceiptOut:
    """The receipt of a run, what came of it, and what agents and customers did with it."""
    receipt, outcome, use = make_receipt(run), outcome_of(deliveries), draft_use(found.feedback)
    call_fields = ("stage", "model", "input_tokens", "output_tokens", "dollars")
    return ReceiptOut(
        run_id=run.id,
        message_id=run.message_id,
        at=run.at,
        action=run.decision.action,
        decided=receipt.decided,
        happened=OutcomeOut(state=outcome.state, text=outcome.text, since=outcome.since),
        level=run.decision.level,
        confidence=receipt.confidence,
        category=receipt.category,
        category_confidence=receipt.category_confidence,
        signals=dict(receipt.signals),
        questions=list(receipt.questions),
        reasons=_show_reasons(run),
        passages=[PassageOut.model_validate(line, from_attributes=True) for line in receipt.passages],
        findings=[FindingOut(check=finding.check, detail=finding.detail) for finding in receipt.findings],
        versions=dict(receipt.versions),
        model_calls=[
            ModelCallOut.model_validate(dict(zip(call_fields, model_call, strict=True)))
            for model_call in receipt.models
        ],
        milliseconds=dict(receipt.times),
        dollars=receipt.dollars,
        remarks=list(receipt.remarks),
        draft_use=DraftUse(use.value) if use else None,
        resolution=found.resolution,
        feedback=[_show_feedback(each) for each in found.feedback],
    )


def _show_feedback(feedback: Feedback) -> FeedbackOut:
    return FeedbackOut(
        kind=feedback.kind,
        value=feedback.value,
        text=describe_feedback(feedback),
        similarity=feedback.similarity,
        changes=list(feedback.changes),
        comment=feedback.comment,
        at=feedback.at,
    )


def _show_sources(sources: Sequence[Source]) -> list[SourceOut]:
    return [
        SourceOut(number=source.number, title=source.title, url=source.url, quotes=list(source.quotes))
        for source in sources
    ]


def _show_reasons(run: Run) -> list[ReasonOut]:
    described = [(cap, describe_reason(cap)) for cap in run.decision.caps]
    return [ReasonOut(reason=c.reason, limit=c.limit, text=line.text, detail=line.detail) for c, line in described]
