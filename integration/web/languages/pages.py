"""How a page speaks its reader's language: which one it is, and what templates can say in it.

Whatever a template prints, if it is a `Wording`, it is printed in the reader's language.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from flask import Blueprint, abort, g, has_request_context, redirect, request
from flask.blueprints import BlueprintSetupState
from jinja2 import pass_context
from werkzeug.wrappers import Response

from desk.text.wording import Wording
from integration.web.languages.code_words import word_of
from integration.web.languages.language import ENGLISH, Language, choose_language, offered_languages
from integration.web.prose import visible_text

COOKIE = "firstline_language"
YEAR = 365 * 24 * 3600


def page_language() -> Language:
    """The one this request is answered in: what the reader chose, else what their browser asks for, else English."""
    if not has_request_context():
        return ENGLISH
    if "language" not in g:
        wanted = (request.cookies.get(COOKIE, ""), *request.accept_languages.values())
        g.language = choose_language(wanted, offered_languages())
    language: Language = g.language
    return language


def speak_in(language: Language) -> None:
    """Answer this request in another one."""
    g.language = language


def sidebar_language(wanted: str | None) -> Language:
    """That of an agent as Zendesk says it, else the browser's."""
    return choose_language((wanted or "", *request.accept_languages.values()), offered_languages(in_sidebar=True))


def teach_languages(blueprint: Blueprint) -> None:
    """The templates of whichever app has this blueprint can say things."""
    blueprint.record(_teach)


def remember_language() -> Response:
    """For the small form at the foot of the pages: keep the choice, and go back."""
    chosen, back = request.form.get("language", ""), request.form.get("back", "/")
    if chosen not in {each.tag for each in offered_languages()}:
        abort(400)
    is_ours = back.startswith("/") and not back.startswith(("//", "/\\")) and back.isprintable()
    response = redirect(back if is_ours else "/", 303)
    response.set_cookie(COOKIE, chosen, max_age=YEAR, httponly=True, samesite="Lax", secure=request.is_secure, path="/")
    return response


def _teach(state: BlueprintSetupState) -> None:
    environment = state.app.jinja_env
    if "jinja2.ext.InternationalizationExtension" in environment.extensions:
        return
    environment.add_extension("jinja2.ext.i18n")
    environment.install_gettext_callables(_gettext, _ngettext, newstyle=True)  # type: ignore[attr-defined]
    environment.finalize = _finalize
    environment.filters.update({name: _of_context(filter_) for name, filter_ in FILTERS.items()})
    state.app.context_processor(
        lambda: {"language": page_language(), "languages": offered_languages(), "language_back": _page_to_see_again()}
    )


def _page_to_see_again() -> str:
    """The page itself, unless the view says another: an address may hold what must not stand on a page."""
    here = request.full_path if request.method == "GET" else "/"
    return str(g.get("language_back", here))


def _gettext(msgid: str) -> str:
    return page_language().catalogue.gettext(msgid)


def _ngettext(one: str, many: str, count: int) -> str:
    return page_language().catalogue.ngettext(one, many, count)


def _finalize(value: object) -> object:
    """What every template prints goes through here."""
    return page_language().say(value) if isinstance(value, Wording) else value


def _of_context(filter_: Callable[..., object]) -> Callable[..., object]:
    """Else Jinja would work out once and for all, in whoever's language, what stands there as a constant."""

    @pass_context
    def late(context: object, *values: Any, **options: Any) -> object:
        return filter_(*values, **options)

    return late


def _moment(at: datetime, seconds: bool = True) -> str:
    return page_language().moment(at, seconds=seconds)


FILTERS: dict[str, Callable[..., object]] = {
    "say": lambda text: page_language().say(text),
    "word": lambda code: page_language().say(word_of(code)),
    "capital": lambda text: page_language().begin(text),
    "visible_text": lambda text: visible_text(page_language().say(text)),
    "number": lambda number, digits=0: page_language().number(number, digits),
    "format_time": _moment,
    "format_dollars": lambda dollars: page_language().money(dollars),
}
"""What templates can do with values, as the reader's language has it."""
