"""Who may come in: invitations, roles, sessions. A link is shown once, on the page that made it."""

from collections.abc import Callable
from dataclasses import dataclass

from flask import abort, g, redirect, request, url_for
from werkzeug.wrappers import Response

from desk.errors import Refused
from desk.platform.database import Database, Transaction
from desk.text.tokenizer import clean
from desk.text.wording import Wording
from integration.access import people, sign_in
from integration.access.permissions import StaffRole
from integration.access.sign_in import Staff, StaffUser
from integration.console.acts import actor_of

Page = str | tuple[str, int] | Response

ROLE_WORDS = {
    StaffRole.VIEWER: Wording("Viewer: reads"),
    StaffRole.AGENT: Wording("Agent: reads and acts on tickets"),
    StaffRole.ADMIN: Wording("Admin: everything, people included"),
}


@dataclass(frozen=True, slots=True)
class NewLink:
    """A sign-in link that has just been made, and for whom."""

    email: str
    address: str
    hours: int = sign_in.LINK_HOURS


class PeoplePages:
    """The views; `blueprint.py` admits whoever comes in."""

    def __init__(self, db: Database, page: Callable[..., str]) -> None:
        self._db = db
        self._render_page = page

    def users(self) -> Page:
        """Who has access."""
        staff: Staff = g.staff
        with self._db.account(staff.account) as tx:
            return self._show(tx)

    def invite(self) -> Page:
        """Let somebody in, and show their link."""
        staff: Staff = g.staff
        email, role = clean(request.form.get("email", "")).strip(), _read_role()
        try:
            with self._db.account(staff.account) as tx:
                user, secret = people.invite(tx, actor_of(staff), email, role)
                return self._show(tx, link=_link(user, secret))
        except Refused as error:
            return self._say(error, email)

    def change_user(self, user_id: object) -> Page:
        """Change a role, make a new link, end sessions, or shut out."""
        staff: Staff = g.staff
        act = request.form.get("act", "")
        try:
            with self._db.account(staff.account) as tx:
                user = sign_in.get_user(tx, str(user_id)) or abort(404)
                if act == "link":
                    return self._show(tx, link=_link(user, people.make_new_link(tx, actor_of(staff), user)))
                done = _change(tx, staff, user, act)
        except Refused as error:
            return self._say(error)
        return redirect(url_for("console.users", done=done), 303)

    def _say(self, error: Refused, email: str = "") -> Page:
        """What was refused, on the same page."""
        staff: Staff = g.staff
        with self._db.account(staff.account) as tx:
            return self._show(tx, fault=error.args[0], typed=email), error.status

    def _show(self, tx: Transaction, link: NewLink | None = None, fault: str | None = None, typed: str = "") -> str:
        values = {"link": link, "fault": fault, "typed": typed, "roles": tuple(StaffRole), "role_words": ROLE_WORDS}
        return self._render_page(
            tx, "users", users=sign_in.list_users(tx), devices=sign_in.count_sessions(tx), **values
        )


def _change(tx: Transaction, staff: Staff, user: StaffUser, act: str) -> str:
    """Do it; the word of what was done."""
    actor = actor_of(staff)
    if act == "role":
        people.change_role(tx, actor, user, _read_role())
        return "role-changed"
    if act == "sessions":
        people.end_sessions(tx, actor, user)
        return "signed-out"
    if act != "disable":
        abort(400)
    people.disable(tx, actor, user)
    return "shut-out"


def _read_role() -> StaffRole:
    try:
        return StaffRole(request.form.get("role", ""))
    except ValueError:
        abort(400)


def _link(user: StaffUser, secret: str) -> NewLink:
    return NewLink(user.email, url_for("console.sign_in", token=secret, _external=True))
