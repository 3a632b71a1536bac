"""The queue of drafts to review: one open beside what was asked, the others to walk to, and what was just done."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from flask import g, render_template, request

from desk.platform.database import Database, Transaction
from desk.ports import Source
from desk.presentation.reply import cited_pages
from desk.text.tokenizer import clean
from desk.ticket import new_id
from integration.access.sign_in import Staff
from integration.console.acts import actor_of
from integration.console.ticket_list import format_count
from integration.console.ticket_story import TicketStory, tell_story
from integration.web.conversation import ShownMessage
from integration.web.intervention_status import InterventionStatus, ShownIntervention, show_interventions
from workers import attention, interventions, tickets
from workers.attention import Focus
from workers.record import TicketLine

SHOWN = 50
RECENT_SECONDS = 45.0
RECENT = 5
RETURNED = frozenset({InterventionStatus.UNCONFIRMED, InterventionStatus.REFUSED, InterventionStatus.FAILED})
"""An act that brings a draft back into the queue: whoever opens it sees why."""


@dataclass(frozen=True, slots=True)
class RecentAct:
    """What somebody has just ordered, and on which ticket."""

    act: ShownIntervention
    channel: str
    ticket_id: str
    subject: str


@dataclass(frozen=True, slots=True)
class OpenDraft:
    """The draft that is looked at."""

    story: TicketStory
    sources: tuple[Source, ...]
    asked: tuple[ShownMessage, ...]
    """What the customer wrote since the last public answer; empty where the helpdesk keeps the messages."""
    why: tuple[str, ...]
    returned: ShownIntervention | None
    """The last act on it, where that came to nothing."""


@dataclass(frozen=True, slots=True)
class ReviewQueue:
    """Drafts by age, one of them open, with the addresses (`channel/id`) of its neighbours."""

    lines: tuple[TicketLine, ...]
    subjects: Mapping[str, str]
    count: str
    opened: OpenDraft | None
    before: str | None
    after: str | None

    @property
    def afterwards(self) -> str:
        """Where to go on once the open one is dealt with."""
        return self.after or self.before or ""


class ReviewPages:
    """The views; each returns a page."""

    def __init__(self, db: Database, page: Callable[..., str]) -> None:
        self._db = db
        self._render_page = page

    def review(self) -> str:
        """The queue, and one draft of it."""
        staff: Staff = g.staff
        with self._db.account(staff.account) as tx:
            queue = open_queue(tx, clean(request.args.get("item", "")))
            values = {"queue": queue, "recent": recent_acts(tx, staff), "new_press": new_id}
            return self._render_page(tx, "review", address=ticket_address, **values)

    def recent(self) -> str:
        """What this person has just done, as a part of the page that is looked at again and again."""
        staff: Staff = g.staff
        with self._db.account(staff.account) as tx:
            recent, here = recent_acts(tx, staff), clean(request.args.get("item", ""))
        return render_template("console/recent.html", recent=recent, here=here, staff=staff, new_press=new_id)


def ticket_address(line: TicketLine) -> str:
    """A ticket in an address of the queue."""
    return f"{line.channel}/{line.ticket_id}"


def open_queue(tx: Transaction, wanted: str) -> ReviewQueue:
    """The queue with the wanted draft open; the oldest where it is no longer in it."""
    lines = attention.oldest_in_focus(tx, Focus.DRAFTS, SHOWN)
    addresses = [ticket_address(line) for line in lines]
    place = addresses.index(wanted) if wanted in addresses else 0
    return ReviewQueue(
        lines=tuple(lines),
        subjects=tickets.ticket_subjects(tx, [line.ticket_id for line in lines]),
        count=format_count(attention.count_focus(tx, Focus.DRAFTS)),
        opened=_open_draft(tx, lines[place]) if lines else None,
        before=addresses[place - 1] if place > 0 else None,
        after=addresses[place + 1] if place + 1 < len(addresses) else None,
    )


def recent_acts(tx: Transaction, staff: Staff) -> tuple[RecentAct, ...]:
    """What this person ordered in the last moments, with its undo as long as that is possible."""
    acts = interventions.recent_interventions(tx, actor_of(staff).id, RECENT_SECONDS, RECENT)
    subjects = tickets.ticket_subjects(tx, [act.order.ticket_id for act in acts])
    return tuple(
        RecentAct(
            shown,
            shown.order.channel,
            shown.order.ticket_id,
            subjects.get(shown.order.ticket_id) or f"Ticket {shown.order.ticket_id}",
        )
        for shown in show_interventions(tx, acts)
    )


def _open_draft(tx: Transaction, line: TicketLine) -> OpenDraft | None:
    story = tell_story(tx, line.channel, line.ticket_id)
    if story is None:
        return None
    run = story.runs[-1] if story.runs else None
    last_act = story.acts[-1] if story.acts else None
    return OpenDraft(
        story=story,
        sources=cited_pages(run.draft, run.hits) if run else (),
        asked=_asked(story),
        why=attention.explain_waiting(tx, line, Focus.DRAFTS),
        returned=last_act if last_act and last_act.status in RETURNED else None,
    )


def _asked(story: TicketStory) -> tuple[ShownMessage, ...]:
    """The customer's messages since the last public answer."""
    open_messages: list[ShownMessage] = []
    for entry in story.entries:
        if entry.message and entry.message.kind == "customer":
            open_messages.append(entry.message)
        elif entry.message and entry.message.public:
            open_messages.clear()
    return tuple(open_messages)
