"""The blueprint with the look of all pages (templates, style, script, font), and what every page's answer carries."""

from urllib.parse import urlsplit

import structlog
from flask import Blueprint, Request, Response, render_template, request
from werkzeug.exceptions import Forbidden, HTTPException
from werkzeug.wrappers import Response as AnyResponse

from desk.errors import Temporary
from desk.text.wording import Wording
from integration.web.forms import read_form
from integration.web.languages.pages import remember_language, teach_languages
from integration.web.prose import text_blocks, web_link
from integration.web.receipt_bars import receipt_bars

log = structlog.get_logger(__name__)

POLICY = "; ".join(
    (
        "default-src 'self'",
        "base-uri 'none'",
        "object-src 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
"""Nothing from another host, and no script or style written into a page."""


FAULTS = {
    400: (Wording("That could not be read"), Wording("It was cut off or damaged on its way. Please send it again.")),
    403: (
        Wording("This is not open to you"),
        Wording("Either your role does not allow it, or another site's page sent it."),
    ),
    404: (Wording("There is nothing here"), Wording("The address may have been cut short, or what it showed is gone.")),
    413: (Wording("That is too much text"), Wording("Please shorten it and send it again.")),
}

UNEXPECTED = (Wording("That did not work"), Wording("Please go back and try again."))


def make_pages(version: str) -> Blueprint:
    """The style, script, font and shared templates. Register it before the blueprints that use them."""
    pages = Blueprint("pages", __name__, template_folder="templates", static_folder="static", static_url_path="/look")
    for filter_ in (web_link, text_blocks, receipt_bars):
        pages.add_app_template_filter(filter_)
    teach_languages(pages)
    pages.add_url_rule("/language", "remember_language", _remember_language, methods=["POST"])
    pages.app_errorhandler(404)(_unknown_page)
    pages.record(lambda state: state.app.jinja_env.globals.update(firstline_version=version))
    return pages


def protect_pages(response: Response) -> Response:
    """For `after_request`: private, never cached, never framed, loads nothing from elsewhere.

    The referrer stays within the site. `no-referrer` would be stricter, but makes browsers send `Origin: null`.
    """
    response.headers["Content-Security-Policy"] = POLICY
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "same-origin"
    response.headers["Cache-Control"] = "no-store"
    return response


def is_same_origin(request: Request) -> bool:
    """False if a browser says that another site's page made it send this (Fetch Metadata, else `Origin`)."""
    fetch_site = request.headers.get("Sec-Fetch-Site")
    if fetch_site is not None:
        return fetch_site in ("same-origin", "none")
    origin = request.headers.get("Origin")
    return origin is None or urlsplit(origin).netloc == request.host


def error_page(status: int, title: str, text: str) -> Response:
    """A page that says kindly what went wrong."""
    return Response(render_template("pages/error.html", title=title, text=text), status=status)


def _remember_language() -> AnyResponse:
    """The choice at the foot of the pages; another site cannot make it."""
    if not is_same_origin(request):
        return _unknown_page(Forbidden())
    try:
        read_form()
        return remember_language()
    except HTTPException as error:
        return _unknown_page(error)


def _unknown_page(error: HTTPException) -> AnyResponse:
    """An address that is nobody's."""
    response = friendly_error(error)
    return protect_pages(response) if isinstance(response, Response) else response


def friendly_error(error: HTTPException) -> AnyResponse:
    """For `errorhandler(HTTPException)`: a page instead of the bare words; redirects pass."""
    if error.response is not None or error.code is None or error.code < 400:
        return error.get_response()
    title, text = FAULTS.get(error.code, UNEXPECTED)
    return error_page(error.code, title, text)


def database_away(error: Temporary) -> Response:
    """For `errorhandler(Temporary)`: the database did not answer in time."""
    log.warning("page not served", why=str(error))
    response = error_page(
        503,
        Wording("One moment, please"),
        Wording("Firstline cannot reach its database. Try again in a few seconds."),
    )
    response.headers["Retry-After"] = str(int(error.retry_after or 5))
    return response
