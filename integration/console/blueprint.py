"""The console's routes. Who may call which stands in `NEEDS`; `Console.admit` enforces it, and nothing else does."""

import hmac
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from flask import Blueprint, abort, g, redirect, render_template, request, url_for
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from desk.errors import Temporary
from desk.outcome import KINDS
from desk.platform.accounts import get_account
from desk.platform.database import Database, Transaction
from desk.text.tokenizer import clean
from desk.text.wording import Wording
from desk.ticket import TicketState, new_id
from integration.access import sign_in
from integration.access.oidc.flow import RETURN_PATH, OidcSignIn
from integration.access.permissions import Permission, is_allowed
from integration.access.sign_in import Staff
from integration.console.acts import ActPages, actor_of
from integration.console.connections import ConnectionPages
from integration.console.door import COOKIE, OIDC_PATH, DoorPages
from integration.console.knowledge import Embedders, KnowledgePages
from integration.console.lead.first_screen import look_at_beat, open_first_screen
from integration.console.lead.routes import LEAD_DONE, LEAD_NEEDS, lead_routes
from integration.console.proposals import ProposalPages
from integration.console.ticket_list import FOCUS_WORDS, find_tickets, read_query
from integration.console.ticket_story import tell_story
from integration.provider import Provider
from integration.web.enqueue import leave_to_sweeper
from integration.web.forms import read_form
from integration.web.layout import database_away, error_page, friendly_error, is_same_origin, protect_pages
from integration.web.receipt_bars import STOP_WORDS
from workers import attention, operations, overview
from workers.attention import Focus
from workers.parties import standing
from workers.queue import parked
from workers.queue.parked import ParkedFilter

Enqueue = Callable[[str, str], None]
"""Called with (account, item id) after the commit; may raise Temporary, and the sweeper picks the item up."""

Page = str | tuple[str, int] | Response

ALL, KEY = "all", re.compile(r"[0-9a-f]{32}")
"""What a form says of the reason whose parked items are meant."""

NEEDS: Mapping[str, Permission] = {
    "start": Permission.READ_TICKETS,
    "listing": Permission.READ_TICKETS,
    "story": Permission.READ_TICKETS,
    "parked": Permission.READ_TICKETS,
    "act": Permission.ACT_ON_TICKETS,
    "requeue": Permission.REQUEUE,
    "requeue_many": Permission.REQUEUE,
    "ask_pause": Permission.PAUSE,
    "pause": Permission.PAUSE,
    "documents": Permission.READ_KNOWLEDGE,
    "document": Permission.READ_KNOWLEDGE,
    "passage": Permission.READ_KNOWLEDGE,
    "search": Permission.READ_KNOWLEDGE,
    "gaps": Permission.READ_KNOWLEDGE,
    "sync_source": Permission.SYNC_SOURCES,
    "connections": Permission.MANAGE_CONNECTIONS,
    "connect": Permission.MANAGE_CONNECTIONS,
    "disconnect": Permission.MANAGE_CONNECTIONS,
    "switch_page": Permission.SWITCH_PAGES,
    "proposals": Permission.REVIEW_ENTRIES,
    "accept_proposal": Permission.REVIEW_ENTRIES,
    "reject_proposal": Permission.REVIEW_ENTRIES,
    "sign_out": Permission.READ_TICKETS,
    **LEAD_NEEDS,
}
"""What each route asks of a role; a route that stands neither here nor in `OPEN` is closed to all."""

OPEN = frozenset({"root", "knock", "sign_in", "redeem", "oidc_begin", "oidc_return"})
"""Routes before sign-in."""

DONE = {
    "requeued": ("is-good", Wording("Put back. It will be worked on again in a moment.")),
    "requeued-many": ("is-good", Wording("Put back. They will be worked on again, the oldest first.")),
    "not-parked": ("is-warn", Wording("No longer parked, so nothing was changed.")),
    "paused": ("is-good", Wording("Paused. Nothing public leaves until somebody resumes; drafts go on.")),
    "syncing": ("is-good", Wording("Asked for. The source is read in a moment; look again to see how it went.")),
    "not-syncing": (
        "is-warn",
        Wording("The queue did not answer. The source is read with the next round of all sources."),
    ),
    "page-off": ("is-good", Wording("Switched off. No answer rests on it from now on, also after the next sync.")),
    "page-on": ("is-good", Wording("Switched on again. It is searched from now on.")),
    "accepted": ("is-good", Wording("Accepted. It is searched as soon as it is read, in a moment.")),
    "rejected": ("is-good", Wording("Rejected. Nothing was added.")),
    "decided": ("is-warn", Wording("Somebody has decided about it already, so nothing was changed.")),
    "resumed": ("is-good", Wording("Resumed. Automatic replies may leave again.")),
    **LEAD_DONE,
}
"""What a page says after an act, by the word in its address."""

STORY_WORDS = {"kinds": KINDS, "stops": STOP_WORDS, "decided": overview.DECIDED}


def make_console(
    db: Database,
    enqueue: Enqueue,
    embedders: Embedders,
    sync: Enqueue,
    *,
    enqueue_act: Enqueue = leave_to_sweeper,
    providers: Sequence[Provider] = (),
    base_url: Callable[[], str] = lambda: "",
    oidc: OidcSignIn | None = None,
    at_root: bool = False,
) -> Blueprint:
    """The console for all accounts of the installation; staff see their own account alone.

    `sync` is called with (account, source) when somebody wants a source read at once, and may raise Temporary.
    `enqueue_act` is called like `enqueue`, with an intervention's id.
    `providers` are what may be connected, and `base_url` gives where people reach us. `oidc` is a second way in.
    `at_root` makes `/` lead here, for installations without the customer's form.

    Needs `integration.web.layout.make_pages` registered on the same app.
    """
    pages = Console(db, enqueue)
    acts = ActPages(db, enqueue_act)
    knowledge = KnowledgePages(db, pages.page, embedders, sync)
    connections = ConnectionPages(db, pages.page, providers, base_url)
    console = Blueprint("console", __name__, template_folder="templates")
    proposals = ProposalPages(db, pages.page, sync)
    door = DoorPages(db, oidc)
    console.context_processor(door.ways_in)
    views = _routes(pages, acts, knowledge, connections, proposals, door)
    for rule, name, view, method in (*views, *lead_routes(db, pages.page, sync)):
        console.add_url_rule(rule, name, view, methods=[method])
    if at_root:
        console.add_url_rule("/", "root", pages.root)
    console.before_request(read_form)
    console.before_request(pages.admit)
    console.after_request(protect_pages)
    console.register_error_handler(HTTPException, friendly_error)
    console.register_error_handler(Temporary, database_away)
    return console


def _routes(
    pages: "Console",
    acts: ActPages,
    knowledge: KnowledgePages,
    connections: ConnectionPages,
    proposals: ProposalPages,
    door: DoorPages,
) -> tuple[tuple[str, str, Callable[..., Any], str], ...]:
    return (
        ("/console/", "start", pages.start, "GET"),
        ("/console/tickets", "listing", pages.listing, "GET"),
        ("/console/tickets/<channel>/<path:ticket_id>", "story", pages.story, "GET"),
        ("/console/tickets/<channel>/<path:ticket_id>/acts", "act", acts.act, "POST"),
        ("/console/parked", "parked", pages.parked, "GET"),
        ("/console/items/<uuid:item_id>/requeue", "requeue", pages.requeue, "POST"),
        ("/console/parked/requeue", "requeue_many", pages.requeue_many, "POST"),
        ("/console/pause", "ask_pause", pages.ask_pause, "GET"),
        ("/console/pause", "pause", pages.pause, "POST"),
        ("/console/documents", "documents", knowledge.documents, "GET"),
        ("/console/documents/<uuid:document_id>", "document", knowledge.document, "GET"),
        ("/console/documents/<uuid:document_id>/switch", "switch_page", knowledge.switch_page, "POST"),
        ("/console/sources/sync", "sync_source", knowledge.sync_source, "POST"),
        ("/console/passages/<uuid:passage_id>", "passage", knowledge.passage, "GET"),
        ("/console/search", "search", knowledge.search, "GET"),
        ("/console/gaps", "gaps", knowledge.gaps, "GET"),
        ("/console/proposals", "proposals", proposals.proposals, "GET"),
        ("/console/proposals/<uuid:proposal_id>/accept", "accept_proposal", proposals.accept_proposal, "POST"),
        ("/console/proposals/<uuid:proposal_id>/reject", "reject_proposal", proposals.reject_proposal, "POST"),
        ("/console/connections", "connections", connections.connections, "GET"),
        ("/console/connections/<party>", "connect", connections.connect, "POST"),
        ("/console/connections/<party>/disconnect", "disconnect", connections.disconnect, "POST"),
        ("/sign-in", "knock", door.knock, "GET"),
        (OIDC_PATH, "oidc_begin", door.oidc_begin, "GET"),
        (RETURN_PATH, "oidc_return", door.oidc_return, "GET"),
        ("/sign-in/<token>", "sign_in", door.sign_in, "GET"),
        ("/sign-in/<token>", "redeem", door.redeem, "POST"),
        ("/sign-out", "sign_out", door.sign_out, "POST"),
    )


class Console:
    """The views; each returns a page or a redirect."""

    def __init__(self, db: Database, enqueue: Enqueue) -> None:
        self._db = db
        self._enqueue = enqueue

    def admit(self) -> Page | None:
        """Before every request: who is it, may they do this, and did their own page send it."""
        if request.method == "POST" and not is_same_origin(request):
            abort(403)
        endpoint = (request.endpoint or "").removeprefix("console.")
        if endpoint in OPEN:
            return None
        staff = sign_in.staff_of(self._db, request.cookies.get(COOKIE, ""))
        if staff is None:
            return render_template("console/knock.html"), 401
        if endpoint not in NEEDS or not is_allowed(staff, NEEDS[endpoint]):
            abort(403)
        if request.method == "POST" and not _is_same_token(request.form.get("csrf", ""), staff.csrf):
            return error_page(
                403,
                Wording("Please try again"),
                Wording("This page was open for too long. Go back, reload and repeat."),
            )
        g.staff = staff
        return None

    def root(self) -> Page:
        """To the first page."""
        return redirect(url_for("console.start"))

    def start(self) -> Page:
        """What needs a person, what happened today, what is wrong."""
        beat = look_at_beat(self._db)
        with self._db.account(_current_staff().account) as tx:
            return self.page(tx, "first", screen=open_first_screen(tx, beat))

    def listing(self) -> Page:
        """Tickets by state, category, day, id and requester."""
        query = read_query(request.args)
        with self._db.account(_current_staff().account) as tx:
            ticket_page = find_tickets(tx, query)
            values = {"states": tuple(TicketState), "focus_words": FOCUS_WORDS}
            return self.page(tx, "listing", asked=query, found=ticket_page, **values)

    def story(self, channel: str, ticket_id: str) -> Page:
        """One ticket with all that happened to it."""
        if clean(channel + ticket_id) != channel + ticket_id:
            abort(404)
        with self._db.account(_current_staff().account) as tx:
            story = tell_story(tx, channel, ticket_id)
            if story is None:
                abort(404)
            pressed = request.args.get("act")
            values = {"story": story, "pressed": pressed, "moving": story.is_moving(pressed), **STORY_WORDS}
            as_customer = request.args.get("view") == "customer"
            return self.page(tx, "story", new_press=new_id, as_customer=as_customer, **values)

    def parked(self) -> Page:
        """What could not be worked on, by reason."""
        with self._db.account(_current_staff().account) as tx:
            groups = parked.group_parked(tx)
            return self.page(tx, "parked", groups=groups, all_parked=parked.count_parked(tx, ParkedFilter()).count)

    def requeue(self, item_id: object) -> Page:
        """Put a parked item back."""
        return self._requeue_parked(ParkedFilter(item_id=str(item_id)), "requeued")

    def requeue_many(self) -> Page:
        """Put back all parked items of a reason, or all."""
        reason_key = request.form.get("key", "")
        if reason_key != ALL and not KEY.fullmatch(reason_key):
            abort(400)
        return self._requeue_parked(ParkedFilter(key=None if reason_key == ALL else reason_key), "requeued-many")

    def ask_pause(self) -> Page:
        """Says what pausing or resuming means, and asks."""
        with self._db.account(_current_staff().account) as tx:
            return self.page(tx, "pause")

    def pause(self) -> Page:
        """Pause or resume."""
        staff, paused = _current_staff(), request.form.get("paused") == "yes"
        with self._db.account(staff.account) as tx:
            operations.set_paused(tx, paused, by=actor_of(staff))
        return redirect(url_for("console.listing", done="paused" if paused else "resumed"), 303)

    def page(self, tx: Transaction, name: str, **values: object) -> str:
        """A page in the console's frame."""
        return render_template(
            f"console/{name}.html",
            staff=_current_staff(),
            may=lambda route: is_allowed(_current_staff(), NEEDS[route]),
            account=get_account(tx),
            parked_count=attention.count_focus(tx, Focus.PARKED),
            away=standing.parties_away(tx),
            done=DONE.get(request.args.get("done", "")),
            here=name,
            home=url_for("console.start"),
            **values,
        )

    def _requeue_parked(self, parked_filter: ParkedFilter, done_key: str) -> Page:
        staff = _current_staff()
        requeued = operations.requeue(self._db, staff.account, parked_filter, self._enqueue, by=actor_of(staff))
        return redirect(url_for("console.parked", done=done_key if requeued.count else "not-parked"), 303)


def _current_staff() -> Staff:
    """Whoever `admit` let in."""
    staff: Staff = g.staff
    return staff


def _is_same_token(sent_token: str, expected_token: str) -> bool:
    return hmac.compare_digest(sent_token.encode("utf-8", "replace"), expected_token.encode())
