"""The routes of the customer's pages. Whoever knows a ticket's id may read it and write to it: the id is the key."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

import structlog
from flask import Blueprint, abort, redirect, render_template, request, url_for
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as AnyResponse

from desk.errors import Refused, Temporary
from desk.platform.database import Database
from desk.presentation.receipt import Receipt, make_receipt
from desk.text.tokenizer import clean
from desk.text.wording import Wording
from desk.ticket import Priority, Role, Ticket, TicketStatus
from integration.form.examples import ENDS, ExampleTicket
from integration.form.fields import MOST, TicketForm, form_faults, message_fault, read_ticket_form
from integration.web.conversation import ShownMessage, notes_last, shown_messages
from integration.web.forms import read_form
from integration.web.layout import database_away, friendly_error, is_same_origin, protect_pages
from integration.web.progress import Progress, read_progress
from workers import record, tickets
from workers.queue import inbox, outbox
from workers.tickets import CHANNEL, Accepted, NewTicket

log = structlog.get_logger(__name__)

Enqueue = Callable[[str, str], None]
"""Called with (account, item id) after the commit; may raise Temporary, and the sweeper picks the item up."""

Page = str | tuple[str, int] | AnyResponse


@dataclass(frozen=True, slots=True)
class TicketView:
    """A ticket as its page shows it."""

    ticket: Ticket
    messages: tuple[ShownMessage, ...]
    progress: Progress
    receipts: tuple[Receipt, ...]

    @property
    def closed(self) -> bool:
        """True if it takes no more messages."""
        return self.ticket.status is TicketStatus.CLOSED


ABOUT = Wording("The help centre is that of Slotwren, an imaginary booking app.")


def make_form(db: Database, enqueue: Enqueue, account: str, examples: Sequence[ExampleTicket] = ()) -> Blueprint:
    """The customer's pages for one account. Register it in the demo only: anybody may write here.

    Needs `integration.web.layout.make_pages` registered on the same app.
    """
    pages = CustomerPages(db, enqueue, account, tuple(examples))
    form = Blueprint("form", __name__, template_folder="templates")
    form.add_url_rule("/", "write", pages.write)
    form.add_url_rule("/", "send", pages.send, methods=["POST"])
    form.add_url_rule("/examples/<int:number>", "example", pages.example, methods=["POST"])
    form.add_url_rule("/t/<uuid:ticket_id>", "ticket", pages.ticket)
    form.add_url_rule("/t/<uuid:ticket_id>", "follow_up", pages.follow_up, methods=["POST"])
    form.add_url_rule("/t/<uuid:ticket_id>/live", "live", pages.live)
    form.before_request(_require_same_origin)
    form.before_request(read_form)
    form.after_request(protect_pages)
    form.register_error_handler(HTTPException, friendly_error)
    form.register_error_handler(Temporary, database_away)
    return form


class CustomerPages:
    """The views; each returns a page or a redirect."""

    def __init__(self, db: Database, enqueue: Enqueue, account: str, examples: tuple[ExampleTicket, ...]) -> None:
        self._db = db
        self._enqueue = enqueue
        self._account = account
        self._examples = examples

    def write(self) -> Page:
        """The empty form and the examples."""
        return self._render_form(TicketForm(), {})

    def send(self) -> Page:
        """Open a ticket, or show the form again with what was typed and what is wrong with it."""
        ticket_form = read_ticket_form(request.form)
        if faults := form_faults(ticket_form):
            return self._render_form(ticket_form, faults), 422
        return self._open_ticket(ticket_form.ticket)

    def example(self, number: int) -> Page:
        """Open a ticket from an example."""
        if not 0 <= number < len(self._examples):
            abort(404)
        example_ticket = self._examples[number]
        return self._open_ticket(
            NewTicket(TicketForm().ticket.requester, example_ticket.subject, example_ticket.description, via="form")
        )

    def ticket(self, ticket_id: UUID) -> Page:
        """A ticket's page."""
        return self._render_ticket(self._load_view(str(ticket_id)))

    def live(self, ticket_id: UUID) -> Page:
        """The part of a ticket's page that changes, for the script to fetch."""
        return render_template("form/live.html", view=self._load_view(str(ticket_id)))

    def follow_up(self, ticket_id: UUID) -> Page:
        """Go on with the conversation."""
        view, text = self._load_view(str(ticket_id)), clean(request.form.get("message", ""))
        if fault := message_fault(text):
            return self._render_ticket(view, text, fault), 422
        try:
            with self._db.account(self._account) as tx:
                accepted = tickets.add_message(tx, view.ticket.id, Role.CUSTOMER, text)
        except Refused:
            fault = "This ticket was closed meanwhile. Copy your text, if you like, and open a new one."
            return self._render_ticket(self._load_view(str(ticket_id)), text, fault), 409
        return self._enqueue_and_redirect(accepted)

    def _open_ticket(self, new_ticket: NewTicket) -> Page:
        with self._db.account(self._account) as tx:
            accepted = tickets.open_ticket(tx, new_ticket)
        return self._enqueue_and_redirect(accepted)

    def _enqueue_and_redirect(self, accepted: Accepted) -> Page:
        try:
            self._enqueue(self._account, accepted.item_id)
        except Temporary as error:
            log.warning(
                "not enqueued; the sweeper will", account=self._account, ticket=accepted.ticket_id, why=str(error)
            )
        return redirect(url_for("form.ticket", ticket_id=accepted.ticket_id, _anchor="now"), 303)

    def _render_form(self, ticket_form: TicketForm, faults: dict[str, str]) -> str:
        return render_template(
            "form/write.html",
            written=ticket_form,
            faults=faults,
            examples=self._examples,
            ends=ENDS,
            about=ABOUT,
            priorities=tuple(Priority),
            most=MOST,
        )

    def _render_ticket(self, view: TicketView, text: str = "", fault: str | None = None) -> str:
        return render_template("form/ticket.html", view=view, text=text, fault=fault, most=MOST["message"])

    def _load_view(self, ticket_id: str) -> TicketView:
        with self._db.account(self._account) as tx:
            ticket = tickets.read_ticket(tx, ticket_id)
            if ticket is None:
                abort(404)
            sources_by_message = tickets.ticket_sources(tx, ticket_id)
            items = inbox.items_of_ticket(tx, CHANNEL, ticket_id)
            runs = record.runs_of(tx, CHANNEL, ticket_id)
            deliveries = outbox.deliveries_of_ticket(tx, CHANNEL, ticket_id)
        return TicketView(
            ticket=ticket,
            messages=notes_last(shown_messages(ticket, sources_by_message, deliveries)),
            progress=read_progress(items, runs, deliveries),
            receipts=tuple(make_receipt(run) for run in reversed(runs)),
        )


def _require_same_origin() -> None:
    """These pages know nobody: no cookie, so nothing that another site's page could misuse. This keeps it from
    filling the inbox through its visitors all the same."""
    if request.method == "POST" and not is_same_origin(request):
        abort(403)
