"""What the page shows of a ticket: where it stands, the newest draft with its reasons, and what people did."""

from collections.abc import Sequence
from typing import Any

from desk.delivery import Delivery, DeliveryKind, DeliveryState
from desk.intervention import Actor
from desk.outcome import outcome_of
from desk.platform.database import Transaction
from desk.presentation.receipt import make_receipt
from desk.presentation.reply import cited_pages, draft_text
from desk.run import Finding, Run
from desk.text.wording import Wording
from desk.ticket import ItemState
from integration.access.embedded_sessions import EmbeddedStaff
from integration.web.intervention_status import ShownIntervention, show_interventions
from integration.web.languages.code_words import word_of
from integration.web.languages.language import Language
from integration.web.progress import read_progress
from integration.web.prose import visible_text
from integration.zendesk.channel.fetch import CHANNEL
from integration.zendesk.sidebar.shown_text import ShownText
from workers import interventions, record, ticket_control
from workers.interventions import Intervention
from workers.queue import inbox, outbox

Json = dict[str, Any]
MOST_ACTS = 20
CONFIDENCE = ((0.75, Wording("Well founded")), (0.5, Wording("Partly founded")), (0.0, Wording("Weakly founded")))
"""From which confidence on it is called so; the number itself stands in the receipt."""

NO_DRAFT = Wording("The documents hold no answer to this.")


def actor_of(staff: EmbeddedStaff) -> Actor:
    """The agent as who acts, known in Zendesk by the id that was proved."""
    return Actor.of(staff.name, staff.email, f"zendesk:{staff.user_id}", staff.user_id)


def show_ticket(tx: Transaction, ticket_id: str, staff: EmbeddedStaff, language: Language) -> Json:
    """All that the page shows, in the reader's language. `moving`: something will change in a moment."""
    line = record.get_ticket_line(tx, CHANNEL, ticket_id)
    runs = record.runs_of(tx, CHANNEL, ticket_id)
    deliveries = outbox.deliveries_of_ticket(tx, CHANNEL, ticket_id)
    items = inbox.items_of_ticket(tx, CHANNEL, ticket_id)
    progress = read_progress(items, runs, deliveries)
    if line is None:
        why = language.say(progress.sentence) if items else ""
        return {"known": False, "why": why, "moving": progress.moving, "acts": []}
    acts = show_acts(tx, interventions.interventions_of_ticket(tx, CHANNEL, ticket_id)[-MOST_ACTS:], language)
    claim = ticket_control.get_claim(tx, CHANNEL, ticket_id)
    return {
        "known": True,
        "state": language.say(word_of(line.state)),
        "progress": {"sentence": language.say(progress.sentence), "tone": progress.tone},
        "parked": any(item.state is ItemState.PARKED for item in items),
        "switched_off": ticket_control.is_switched_off(tx, CHANNEL, ticket_id),
        "claim": {"name": visible_text(claim.name), "mine": claim.actor_id == actor_of(staff).id} if claim else None,
        "run": _show_run(runs[-1], deliveries, language) if runs else None,
        "acts": acts[::-1],
        "moving": progress.moving or any(act["pending"] for act in acts),
    }


def show_acts(tx: Transaction, acts: Sequence[Intervention], language: Language) -> list[Json]:
    """Acts as they stand, each with what it takes to press it once more."""
    return [_show_act(shown, language) for shown in show_interventions(tx, acts)]


def _show_act(shown: ShownIntervention, language: Language) -> Json:
    texts = ("text", "comment", "value", "question", "run_id", "seen_message_id")
    return {
        "id": shown.id,
        "kind": shown.kind.value,
        "who": visible_text(shown.who),
        "headline": language.say(shown.headline),
        "at": shown.at.isoformat(),
        "status": shown.status.value,
        "words": _said(language, shown.text),
        "pending": shown.pending,
        "can_undo": shown.can_undo,
        "findings": _show_findings(shown.findings, language),
        "answer": ShownText(shown.answer, shown.sources).as_json() if shown.answer else None,
        "order": {name: getattr(shown.order, name) for name in texts},
    }


def _show_run(run: Run, deliveries: Sequence[Delivery], language: Language) -> Json:
    receipt = make_receipt(run)
    words = next(words for least, words in CONFIDENCE if receipt.confidence >= least)
    sources = cited_pages(run.draft, run.hits)
    has_draft = bool(run.draft.statements)
    return {
        "run_id": run.id,
        "message_id": run.message_id,
        "decided": language.say(receipt.decided),
        "happened": _said(language, outcome_of([each for each in deliveries if each.run_id == run.id]).text),
        "answered": any(_is_reply_to(each, run.message_id) for each in deliveries),
        "confidence": language.say(words),
        "questions": [visible_text(question) for question in receipt.questions],
        "reasons": [
            [language.say(reason.text), _said(language, reason.detail), reason.person] for reason in receipt.reasons
        ],
        "findings": _show_findings(run.findings, language),
        "draft": ShownText(draft_text(run.draft, sources), sources, run.hits).as_json() if has_draft else None,
        "no_draft": _said(language, run.draft.hand_over or NO_DRAFT),
        "receipt": _receipt_lines(run, language),
    }


def _is_reply_to(delivery: Delivery, message_id: str) -> bool:
    is_reply = delivery.kind is DeliveryKind.REPLY and delivery.message_id == message_id
    return is_reply and delivery.state is DeliveryState.SENT


def _show_findings(findings: Sequence[Finding], language: Language) -> list[list[str]]:
    return [[language.begin(word_of(each.check)), _said(language, each.detail)] for each in findings]


def _said(language: Language, text: str) -> str:
    return visible_text(language.say(text))


def _receipt_lines(run: Run, language: Language) -> list[list[str]]:
    receipt = make_receipt(run)
    lines = [
        (Wording("Drafted"), f"{language.moment(run.at)} UTC"),
        (
            Wording("Category"),
            f"{language.say(word_of(receipt.category))}, {language.share(receipt.category_confidence)}",
        ),
        (Wording("Confidence"), language.number(receipt.confidence, 2)),
        *((language.begin(name), value) for name, value in receipt.signals),
        (Wording("Passages read"), language.number(len(receipt.passages))),
        (Wording("Models"), ", ".join(dict.fromkeys(model for _, model, *_ in receipt.models)) or Wording("none")),
        (Wording("Time"), f"{language.number(receipt.milliseconds)} ms"),
        (Wording("Cost"), language.money(receipt.dollars)),
        (Wording("Policy"), dict(receipt.versions)["policy"]),
        (Wording("Run"), receipt.run_id),
        *((Wording("Note"), remark) for remark in receipt.remarks),
    ]
    return [[language.say(name), _said(language, value)] for name, value in lines]
