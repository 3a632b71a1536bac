"""The page beside a Zendesk ticket: Zendesk posts a token that proves who looks, and gets the page with a session.

Everything after that comes with the session's bearer. No cookie is set or read, so no other site can act by a visitor.
"""

from functools import partial
from urllib.parse import urlsplit

from flask import Blueprint, Response, g, render_template, request
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as AnyResponse

from desk.errors import FirstlineError, Permanent, Refused
from desk.intervention import Face
from desk.platform.database import Database
from desk.platform.settings import Settings
from desk.text.tokenizer import clean
from desk.text.wording import Wording
from integration.access.embedded_sessions import EmbeddedStaff, find_session, open_session
from integration.access.permissions import Permission, require
from integration.web.enqueue import Enqueue, enqueue_quietly
from integration.web.forms import MAX_BODY_BYTES, read_form
from integration.web.languages.language import Language
from integration.web.languages.pages import sidebar_language, speak_in, teach_languages
from integration.web.problems import answer_errors
from integration.web.request_body import read_bytes
from integration.zendesk.api.connection import ZendeskConnection, ZendeskLines
from integration.zendesk.sidebar.agents import read_agent
from integration.zendesk.sidebar.orders import read_press
from integration.zendesk.sidebar.reach import TicketReach
from integration.zendesk.sidebar.stream import follow
from integration.zendesk.sidebar.ticket_view import actor_of, show_acts, show_ticket
from integration.zendesk.sidebar.token import check_token
from workers import interventions

ADDRESS = "/zendesk/sidebar"
UNPROVEN = Wording("Who you are was not proven")


def make_sidebar(db: Database, enqueue: Enqueue, settings: Settings) -> Blueprint:
    """The page for all accounts. `enqueue` is called with (account, intervention id) after the commit."""
    page, data = SidebarPage(db, settings.zendesk_app_sdk), SidebarData(db, enqueue)
    sidebar = Blueprint(
        "zendesk_sidebar",
        __name__,
        url_prefix=ADDRESS,
        template_folder="templates",
        static_folder="static",
        static_url_path="/files",
    )
    teach_languages(sidebar)
    sidebar.before_request(_speak_as_asked)
    sidebar.add_url_rule("/<account>", "unsigned", page.unsigned, methods=["GET"])
    sidebar.add_url_rule("/<account>", "enter", page.enter, methods=["POST"])
    sidebar.before_request(_refuse_odd_account)
    sidebar.register_error_handler(FirstlineError, _explain)
    sidebar.register_error_handler(HTTPException, _explain_http)
    sidebar.register_blueprint(_make_data(data))
    return sidebar


def _make_data(views: "SidebarData") -> Blueprint:
    data = Blueprint("data", __name__)
    for rule, name, view, method in (
        ("/<account>/tickets/<int:ticket_id>", "ticket", views.ticket, "GET"),
        ("/<account>/tickets/<int:ticket_id>/events", "events", views.events, "GET"),
        ("/<account>/tickets/<int:ticket_id>/acts", "act", views.act, "POST"),
    ):
        data.add_url_rule(rule, name, view, methods=[method])
    data.before_request(views.admit)
    answer_errors(data, lambda why: _asked_language().say(why))
    return data


class SidebarPage:
    """The page itself."""

    def __init__(self, db: Database, sdk: str) -> None:
        self._db = db
        self._lines = ZendeskLines(db)
        self._sdk = sdk

    def unsigned(self, account: str) -> Response:
        """Loaded without a token, so that nothing is proven: says what to do."""
        return _notice(401, UNPROVEN, "unsigned")

    def enter(self, account: str) -> Response:
        """Trade the token for a session. Raises Refused, and Temporary while Zendesk does not say who it is."""
        read_form()
        try:
            line = self._lines.open(account)
        except Permanent as error:
            raise Refused(Wording("this Firstline is not connected to your Zendesk"), status=401) from error
        user = check_token(request.form.get("token", ""), line.config)
        agent = read_agent(line.client, user.user_id)
        with self._db.account(account) as tx:
            secret = open_session(tx, user.proof, user.ends_at, agent.staff)
        if secret is None:
            raise Refused(Wording("this page was opened once before with the same token: reload the app"), status=401)
        speak_in(sidebar_language(agent.locale))
        return self._page(account, line.config, secret)

    def _page(self, account: str, config: ZendeskConnection, secret: str) -> Response:
        page = render_template("sidebar/page.html", account=account, secret=secret, sdk=self._sdk)
        return _protect(Response(page), framed_by=config.base_url, sdk=self._sdk)


class SidebarData:
    """What the page asks for and sends, as JSON."""

    def __init__(self, db: Database, enqueue: Enqueue) -> None:
        self._db = db
        self._enqueue = enqueue
        self._reach = TicketReach(ZendeskLines(db))

    def admit(self) -> None:
        """Before every request. Raises Refused: 401 without a session, 403 for a ticket that they do not see."""
        with self._db.account(_account()) as tx:
            staff = find_session(tx, request.headers.get("Authorization"))
        if staff is None:
            raise Refused(Wording("this session is over: reload the app"), status=401)
        g.staff = staff
        require(staff, Permission.ACT_ON_TICKETS if request.method == "POST" else Permission.READ_TICKETS)
        self._reach.check(_account(), staff, str((request.view_args or {}).get("ticket_id", "")))

    def ticket(self, account: str, ticket_id: int) -> dict[str, object]:
        """The ticket as it stands."""
        return self._look(account, str(ticket_id), g.staff, _asked_language())

    def events(self, account: str, ticket_id: int) -> Response:
        """The same whenever it changes."""
        stream = follow(partial(self._look, account, str(ticket_id), g.staff, _asked_language()))
        return Response(stream, content_type="text/event-stream", headers={"X-Accel-Buffering": "no"})

    def act(self, account: str, ticket_id: int) -> tuple[dict[str, object], int]:
        """Take an act in. Raises Refused: 404 for a ticket that Firstline never saw."""
        press = read_press(read_bytes(request, MAX_BODY_BYTES))
        with self._db.account(account) as tx:
            actor, order = actor_of(g.staff), press.order(str(ticket_id))
            act = interventions.add_intervention(tx, Face.SIDEBAR, press.press, actor, order)
            (shown,) = show_acts(tx, [act], _asked_language())
        enqueue_quietly(self._enqueue, account, act.id)
        return shown, 202

    def _look(self, account: str, ticket_id: str, staff: EmbeddedStaff, language: Language) -> dict[str, object]:
        with self._db.account(account) as tx:
            return show_ticket(tx, ticket_id, staff, language)


def _asked_language() -> Language:
    """The page asks in the language that it was given; another one would change words alone."""
    return sidebar_language(None)


def _speak_as_asked() -> None:
    speak_in(_asked_language())


def _account() -> str:
    return str((request.view_args or {}).get("account", ""))


def _refuse_odd_account() -> None:
    """An account's name has no control characters, and the database takes none."""
    if clean(_account()) != _account():
        raise Refused(Wording("there is no such account"), status=401)


def _explain(error: FirstlineError) -> Response:
    """A page that says kindly why there is none."""
    if not isinstance(error, Refused):
        return _notice(503, Wording("Zendesk or the database does not answer"), "away")
    title = Wording("You are not let in") if error.status == 403 else UNPROVEN
    return _notice(error.status, title, "refused", error.args[0])


def _explain_http(error: HTTPException) -> AnyResponse:
    if error.code is None or error.code < 400:
        return error.get_response()
    return _notice(error.code, Wording("That could not be read"), "refused", error.name)


def _notice(status: int, title: str, case: str, reason: str = "") -> Response:
    page = render_template("sidebar/notice.html", title=title, case=case, reason=reason)
    return _protect(Response(page, status=status), framed_by="*")  # it tells nothing, and has nothing to press


def _protect(response: Response, framed_by: str, sdk: str = "") -> Response:
    """Framed by the account's Zendesk; nothing from another host but the script that Zendesk requires."""
    sdk_parts = urlsplit(sdk)
    script = f"'self' {sdk_parts.scheme}://{sdk_parts.netloc}" if sdk else "'none'"
    own = "; ".join(f"{kind}-src 'self'" for kind in ("style", "img", "font", "connect"))
    rest = "base-uri 'none'; form-action 'none'"
    response.headers["Content-Security-Policy"] = (
        f"default-src 'none'; script-src {script}; {own}; {rest}; frame-ancestors {framed_by}"
    )
    response.headers["Cache-Control"] = "no-store"
    return response
