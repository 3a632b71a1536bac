"""A ticket's story: its messages, the runs over it with their receipts, and what became of each delivery."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from desk.conversation import last_word
from desk.delivery import Delivery, DeliveryKind, DeliveryState
from desk.feedback.feedback import draft_use
from desk.outcome import Outcome, outcome_of
from desk.platform.database import Transaction
from desk.ports import Source
from desk.presentation.feedback import RESOLUTIONS, describe_feedback
from desk.presentation.receipt import Receipt, make_receipt
from desk.presentation.reply import cited_pages, compose_note, draft_text
from desk.reasons import Stop
from desk.run import Run
from desk.text.redaction import redact
from desk.ticket import ItemState, Ticket
from integration.web.conversation import ShownMessage, shown_messages
from integration.web.intervention_status import ShownIntervention, show_interventions
from integration.web.receipt_bars import STOP_WORDS
from workers import interventions, own_record, record, ticket_control, tickets
from workers.insights.reply_resolutions import RunFeedback, read_run_feedback
from workers.queue import inbox, outbox
from workers.queue.inbox import InboxItem
from workers.queue.outbox import BY_A_PERSON
from workers.record import TicketLine
from workers.ticket_control import TicketClaim

SHOWN_ANYWAY = {DeliveryKind.REPLY, DeliveryKind.NOTE}
"""Deliveries whose message holds the draft; once one is sent, the draft need not be shown again."""


@dataclass(frozen=True, slots=True)
class TeachableReply:
    """What an agent sent instead of a draft, with the question that it answers: both without personal data."""

    run_id: str
    question: str
    answer: str


@dataclass(frozen=True, slots=True)
class StoryRun:
    """A run: its receipt, its deliveries, and the draft where no message shows it."""

    receipt: Receipt
    deliveries: tuple[Delivery, ...]
    outcome: Outcome
    draft: str
    sources: tuple[Source, ...]
    feedback: tuple[str, ...] = ()
    """What agents and customers did with it, a line each."""
    resolution: str = ""
    """How surely its reply settled the matter, in words."""
    teachable: TeachableReply | None = None


@dataclass(frozen=True, slots=True)
class StoryEntry:
    """One thing that happened; exactly one of message, run, stop and act is set."""

    at: datetime
    message: ShownMessage | None = None
    run: StoryRun | None = None
    stop: str | None = None
    confirmed: bool = False
    """The stop is the customer's thank-you."""
    act: ShownIntervention | None = None


@dataclass(frozen=True, slots=True)
class TicketStory:
    """Everything about one ticket. `ticket` is None where its channel keeps the messages."""

    line: TicketLine
    ticket: Ticket | None
    entries: tuple[StoryEntry, ...]
    items: tuple[InboxItem, ...]
    loose_deliveries: tuple[Delivery, ...]
    """Those that belong to no run, such as the note on a parked ticket."""
    runs: tuple[Run, ...] = ()
    seen: str | None = None
    """The last word of the conversation: what whoever answers now answers to."""
    claim: TicketClaim | None = None
    switched_off: bool = False

    @property
    def public_entries(self) -> tuple[StoryEntry, ...]:
        """What the customer can read of it."""
        return tuple(entry for entry in self.entries if entry.message and entry.message.public)

    @property
    def newest_run(self) -> str | None:
        """The run whose receipt is open at first."""
        return self.runs[-1].id if self.runs else None

    @property
    def drafted(self) -> Run | None:
        """The newest run that has a draft."""
        return next((run for run in reversed(self.runs) if run.draft.statements), None)

    @property
    def offers_draft(self) -> bool:
        """Is there a draft for what is open, which nobody has sent?"""
        run = self.drafted
        if run is None or any(act.sends(run.id) for act in self.acts):
            return False
        return self.seen is None or run.message_id == self.seen

    @property
    def draft(self) -> str:
        """The newest draft, as it would be sent."""
        run = self.drafted
        return draft_text(run.draft, cited_pages(run.draft, run.hits)) if run else ""

    @property
    def question(self) -> str:
        """What the customer asks, as the newest run has it."""
        return "\n".join(self.runs[-1].classification.questions) if self.runs else ""

    @property
    def acts(self) -> tuple[ShownIntervention, ...]:
        """What people did, in order."""
        return tuple(entry.act for entry in self.entries if entry.act)

    def is_taught(self, run_id: str) -> bool:
        """Was an entry proposed from what an agent sent instead of this draft?"""
        return any(act.teaches(run_id) for act in self.acts)

    @property
    def last_act(self) -> str | None:
        """The last thing that a person did."""
        return self.acts[-1].id if self.acts else None

    def is_moving(self, act_id: str | None) -> bool:
        """Will what became of this act change in a moment?"""
        return any(act.id == act_id and act.pending for act in self.acts)

    @property
    def parked(self) -> tuple[InboxItem, ...]:
        """What waits for somebody to put it back."""
        return tuple(item for item in self.items if item.state is ItemState.PARKED)


def tell_story(tx: Transaction, channel: str, ticket_id: str) -> TicketStory | None:
    """The story, or None if this account has no such ticket."""
    line = record.get_ticket_line(tx, channel, ticket_id)
    if line is None:
        return None
    ticket = tickets.read_ticket(tx, ticket_id)
    sources_by_message = tickets.ticket_sources(tx, ticket_id) if ticket else {}
    items = inbox.items_of_ticket(tx, channel, ticket_id)
    deliveries = outbox.deliveries_of_ticket(tx, channel, ticket_id)
    messages = shown_messages(ticket, sources_by_message, deliveries) if ticket else ()
    entries = [StoryEntry(message.at, message=message) for message in messages]
    runs = record.runs_of(tx, channel, ticket_id)
    found = read_run_feedback(tx, channel, ticket_id, runs)
    entries += [_run_entry(run, deliveries, found[run.id]) for run in runs]
    entries += [StoryEntry(act.at, act=act) for act in _shown_acts(tx, channel, ticket_id)]
    entries += _stop_entries(items)
    loose_deliveries = tuple(
        delivery for delivery in deliveries if delivery.run_id is None and not delivery.key.startswith(BY_A_PERSON)
    )
    return TicketStory(
        line=line,
        ticket=ticket,
        entries=tuple(sorted(entries, key=lambda entry: entry.at)),
        items=tuple(items),
        loose_deliveries=loose_deliveries,
        runs=tuple(runs),
        seen=_seen_message(tx, ticket),
        claim=ticket_control.get_claim(tx, channel, ticket_id),
        switched_off=ticket_control.is_switched_off(tx, channel, ticket_id),
    )


def _shown_acts(tx: Transaction, channel: str, ticket_id: str) -> list[ShownIntervention]:
    return show_interventions(tx, interventions.interventions_of_ticket(tx, channel, ticket_id))


def _seen_message(tx: Transaction, ticket: Ticket | None) -> str | None:
    """None where the helpdesk keeps the messages: the person has not seen them here."""
    if ticket is None:
        return None
    last = last_word(ticket, own_record.read_own_record(tx, ticket.channel, ticket.id))
    return last.id if last else None


def _run_entry(run: Run, deliveries: Iterable[Delivery], found: RunFeedback) -> StoryEntry:
    run_deliveries = tuple(delivery for delivery in deliveries if delivery.run_id == run.id)
    draft_was_sent = any(
        delivery.kind in SHOWN_ANYWAY and delivery.state is DeliveryState.SENT for delivery in run_deliveries
    )
    sources = compose_note(run.draft, run.hits, "").sources
    shown_draft = "" if draft_was_sent else draft_text(run.draft, sources)
    story_run = StoryRun(
        make_receipt(run),
        run_deliveries,
        outcome_of(run_deliveries),
        shown_draft,
        sources,
        feedback=tuple(map(describe_feedback, found.feedback)),
        resolution=RESOLUTIONS[found.resolution] if found.resolution else "",
        teachable=_teachable_reply(run, found),
    )
    return StoryEntry(run.at, run=story_run)


def _teachable_reply(run: Run, found: RunFeedback) -> TeachableReply | None:
    """The reply that came nearest to the draft, where an agent edited or discarded that."""
    use = draft_use(found.feedback)
    if use is None or not use.reply:
        return None
    return TeachableReply(run.id, redact("\n".join(run.classification.questions)), use.reply)


def _stop_entries(items: Sequence[InboxItem]) -> list[StoryEntry]:
    """Messages that a guard kept from an answer."""
    return [
        StoryEntry(item.received_at, stop=STOP_WORDS[item.outcome], confirmed=item.outcome == Stop.CONFIRMED)
        for item in items
        if item.state is ItemState.DONE and item.outcome in STOP_WORDS
    ]
