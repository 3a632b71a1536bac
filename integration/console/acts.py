"""People's acts in the console: each form carries the id of its page's press, so that it is carried out once."""

from flask import abort, g, redirect, request, url_for
from werkzeug.wrappers import Response

from desk.errors import Refused
from desk.intervention import Actor, Face, InterventionKind, Order, undo_seconds
from desk.platform.database import Database
from desk.text.tokenizer import clean
from integration.access.sign_in import Staff
from integration.web.enqueue import Enqueue, enqueue_quietly
from workers import interventions

REVIEW = "review"
"""What a form says that goes on with the queue of drafts afterwards."""
FIELDS = ("text", "comment", "value", "question")


class ActPages:
    """The one view by which people act."""

    def __init__(self, db: Database, enqueue: Enqueue) -> None:
        self._db = db
        self._enqueue = enqueue

    def act(self, channel: str, ticket_id: str) -> Response:
        """Take an act in, and show the ticket with what becomes of it."""
        staff: Staff = g.staff
        order, press_id = _read_order(channel, ticket_id), request.form.get("press", "")
        if not press_id:
            abort(400)
        try:
            with self._db.account(staff.account) as tx:
                act = interventions.add_intervention(tx, Face.CONSOLE, press_id, actor_of(staff), order)
        except Refused as error:
            abort(404 if error.status == 404 else 400, description=str(error))
        enqueue_quietly(self._enqueue, staff.account, act.id)
        if request.form.get("back") == REVIEW:
            return redirect(url_for("console.review", item=request.form.get("next") or None), 303)
        return redirect(url_for("console.story", channel=channel, ticket_id=ticket_id, act=act.id), 303)


def actor_of(staff: Staff) -> Actor:
    """A signed-in person as who acts."""
    return Actor.of(display_name(staff.email), staff.email, f"user:{staff.user_id}")


def display_name(email: str) -> str:
    """What to call a person of whom only the address is known: `maria.lind@...` is Maria Lind."""
    name = email.partition("@")[0].partition("+")[0].replace(".", " ").replace("_", " ").strip()
    return name.title() or email


def _read_order(channel: str, ticket_id: str) -> Order:
    form = request.form
    try:
        kind = InterventionKind(form.get("kind", ""))
    except ValueError:
        abort(400)
    texts = {name: clean(form.get(name, "")).strip() for name in FIELDS}
    return Order(
        kind,
        channel,
        ticket_id,
        question_ids=tuple(form.get("question_ids", "").split()),
        run_id=form.get("run_id") or None,
        seen_message_id=form.get("seen") or None,
        target_id=form.get("target") or None,
        override=form.get("override") == "yes",
        delay_seconds=undo_seconds(kind),
        **texts,
    )
