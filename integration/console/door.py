"""The way in and out: a sign-in link or the organisation's own account, a session, the end of it."""

from datetime import timedelta

from flask import abort, g, redirect, render_template, request, url_for
from werkzeug.urls import iri_to_uri
from werkzeug.wrappers import Response

from desk.errors import Refused
from desk.platform.database import Database
from integration.access import sign_in as people
from integration.access.oidc.attempts import LASTS as ATTEMPT_LASTS
from integration.access.oidc.attempts import browser_secret
from integration.access.oidc.flow import OidcSignIn

COOKIE = "firstline_session"
OIDC_COOKIE, OIDC_PATH = "firstline_oidc", "/sign-in/oidc"
LASTS = timedelta(days=people.SESSION_DAYS)

Page = str | tuple[str, int] | Response


class DoorPages:
    """The views before and after a session. Without `oidc` there are links alone."""

    def __init__(self, db: Database, oidc: OidcSignIn | None = None) -> None:
        self._db = db
        self._oidc = oidc

    def ways_in(self) -> dict[str, str | None]:
        """For templates: the name of the other way in, if there is one, and the page to go on to by it."""
        is_page = request.method == "GET" and request.path.startswith("/console/")
        wanted = iri_to_uri(request.full_path) if is_page else None
        return {"oidc": self._oidc.name if self._oidc else None, "wanted": wanted}

    def knock(self) -> Page:
        """How to sign in."""
        return render_template("console/knock.html")

    def sign_in(self, token: str) -> Page:
        """A button. The link itself does nothing, so that a mail scanner's or chat's preview cannot use it up."""
        return render_template("console/sign_in.html", token=token)

    def redeem(self, token: str) -> Page:
        """Trade the link for a session."""
        session_secret = people.redeem(self._db, token)
        if session_secret is None:
            return render_template("console/knock.html", used=True), 410
        response = redirect(url_for("console.start"), 303)
        _set_cookie(response, COOKIE, session_secret, "/", LASTS)
        return response

    def oidc_begin(self) -> Page:
        """To the provider."""
        if self._oidc is None:
            abort(404)
        browser = browser_secret(request.cookies.get(OIDC_COOKIE))
        try:
            response = redirect(self._oidc.begin(browser, request.args.get("then")), 303)
        except Refused as error:
            return _not_signed_in(error)
        _set_cookie(response, OIDC_COOKIE, browser, OIDC_PATH, ATTEMPT_LASTS)
        return response

    def oidc_return(self) -> Page:
        """Back from the provider: trade what it says for a session."""
        if self._oidc is None:
            abort(404)
        g.language_back = url_for("console.knock")  # no page repeats what the provider's answer holds
        try:
            session_secret, then = self._oidc.finish(request.cookies.get(OIDC_COOKIE), request.args.to_dict())
        except Refused as error:
            return _not_signed_in(error)
        response = redirect(then, 303)
        _set_cookie(response, COOKIE, session_secret, "/", LASTS)
        return response

    def sign_out(self) -> Page:
        """End the session."""
        people.sign_out(self._db, request.cookies.get(COOKIE, ""))
        response = redirect(url_for("console.knock"), 303)
        response.delete_cookie(COOKIE, path="/")
        return response


def _set_cookie(response: Response, name: str, value: str, path: str, lasts: timedelta) -> None:
    """Closed to scripts. Lax: it comes along when another site's page leads here, as a provider's does."""
    response.set_cookie(name, value, httponly=True, samesite="Lax", secure=request.is_secure, path=path, max_age=lasts)


def _not_signed_in(error: Refused) -> Page:
    return render_template("console/knock.html", trouble=error.args[0]), error.status
