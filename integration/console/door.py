"""The way in and out: a sign-in link, a session, the end of it."""

from datetime import timedelta

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from desk.platform.database import Database
from integration.access import sign_in as people

COOKIE = "firstline_session"
LASTS = timedelta(days=people.SESSION_DAYS)

Page = str | tuple[str, int] | Response


class DoorPages:
    """The views before and after a session."""

    def __init__(self, db: Database) -> None:
        self._db = db

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
        response.set_cookie(
            COOKIE, session_secret, httponly=True, samesite="Lax", secure=request.is_secure, path="/", max_age=LASTS
        )
        return response

    def sign_out(self) -> Page:
        """End the session."""
        people.sign_out(self._db, request.cookies.get(COOKIE, ""))
        response = redirect(url_for("console.knock"), 303)
        response.delete_cookie(COOKIE, path="/")
        return response
