"""The console's pages on outside parties: what is connected, connecting with progress, and taking it back.

A page that makes something is sent piece by piece, each finding as it comes. Whoever closes it cuts the work off there;
the next run goes on.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog
from flask import Response, abort, g, render_template, request, stream_with_context

from desk.errors import FirstlineError
from desk.health_check import HealthCheck, HealthState
from desk.platform.database import Database, Transaction
from desk.text.wording import Wording
from integration.access.sign_in import Staff
from integration.connecting import (
    Connected,
    ConnectionTarget,
    ConnectWishes,
    Disconnected,
    Progress,
    connect,
    disconnect,
)
from integration.connections import load_connection
from integration.introduction import Introduction
from integration.provider import ConnectOption, Provider
from integration.resources import Resource, list_resources
from integration.setup_steps import StepResult, StepState
from integration.web.languages.code_words import word_of

log = structlog.get_logger(__name__)

Framed = Callable[..., str]
"""Renders a page in the console's frame: the transaction, the page's name, its values."""

MARKER = "<!-- progress -->"
"""Where `progress.html` has its lines."""
GOOD = {StepState.MADE, StepState.THERE, StepState.CHANGED, StepState.REMOVED, StepState.GONE, HealthState.FINE}
BAD = {StepState.REFUSED, StepState.STOPPED, HealthState.WRONG, HealthState.STOPPED}


@dataclass(frozen=True, slots=True)
class PartyCard:
    """An outside service as the page shows it; `since` is None where it is not connected."""

    provider: Provider
    options: tuple[ConnectOption, ...]
    since: datetime | None
    address: str
    resources: tuple[Resource, ...]


@dataclass(frozen=True, slots=True)
class Line:
    """One line of progress. `tone`: good, warn or bad."""

    tone: str
    state: str
    text: str
    remedy: str = ""


class ConnectionPages:
    """The views; each returns a page. `base_url` gives where people reach us."""

    def __init__(self, db: Database, page: Framed, providers: Sequence[Provider], base_url: Callable[[], str]) -> None:
        self._db = db
        self._render_page = page
        self._providers = {provider.name: provider for provider in providers}
        self._base_url = base_url

    def connections(self) -> str:
        """What there is to connect, and what is connected."""
        return self._show("")

    def connect(self, party: str) -> Response | tuple[str, int]:
        """Connect with what the form gives; what is left empty stays as it was."""
        target = self._target(party)
        options = _page_options(target.provider, is_connected=target.known() is not None)
        values = {name: request.form.get(name, "").strip() for name in options}
        given_values = {name: value for name, value in values.items() if value}
        if fault := _fault(target, options, given_values):
            return self._show(fault), 400
        wishes = ConnectWishes(dry_run=request.form.get("dry_run") == "yes")
        log.info("connecting", account=target.account, party=party, by=_current_staff().email, dry_run=wishes.dry_run)
        title = (
            Wording("%(party)s: what would be made", party=target.provider.title)
            if wishes.dry_run
            else Wording("Connecting %(party)s", party=target.provider.title)
        )
        return self._stream(title, _lines(connect(target, given_values, wishes), wishes))

    def disconnect(self, party: str) -> Response:
        """Remove what was made there, and forget it."""
        target = self._target(party)
        log.info("disconnecting", account=target.account, party=party, by=_current_staff().email)
        return self._stream(
            Wording("Disconnecting %(party)s", party=target.provider.title), _lines(disconnect(target), ConnectWishes())
        )

    def _target(self, party: str) -> ConnectionTarget:
        if party not in self._providers:
            abort(404)
        return ConnectionTarget(self._db, _current_staff().account, self._providers[party], self._base_url())

    def _show(self, fault: str) -> str:
        with self._db.account(_current_staff().account) as tx:
            cards = [_read_card(tx, provider) for provider in self._providers.values()]
            return self._render_page(tx, "connections", cards=cards, fault=fault)

    def _stream(self, title: str, lines: Iterable[Line]) -> Response:
        with self._db.account(_current_staff().account) as tx:
            head, _, tail = self._render_page(tx, "progress", title=title).partition(MARKER)

        def pieces() -> Iterator[str]:
            yield head
            yield from (render_template("console/progress_line.html", line=line) for line in lines)
            yield tail

        headers = {"X-Accel-Buffering": "no"}  # a proxy that collects the page first would hide the progress
        return Response(stream_with_context(pieces()), mimetype="text/html", headers=headers)


def _read_card(tx: Transaction, provider: Provider) -> PartyCard:
    connection = load_connection(tx, provider.name, provider.connection)
    return PartyCard(
        provider,
        tuple(_page_options(provider, is_connected=connection is not None).values()),
        connection.updated_at if connection else None,
        str(getattr(connection.config, "base_url", "")) if connection else "",
        tuple(list_resources(tx, provider.name).values()),
    )


def _page_options(provider: Provider, *, is_connected: bool) -> dict[str, ConnectOption]:
    return {
        option.field: option for option in provider.options if option.on_page and not (option.fixed and is_connected)
    }


def _fault(target: ConnectionTarget, options: dict[str, ConnectOption], given_values: dict[str, str]) -> str:
    """What is wrong with a form, in words; nothing where it will do."""
    odd = [options[name].question for name, value in given_values.items() if not _is_taken(options[name], value)]
    if odd:
        return Wording("This cannot be right: %(fields)s.", fields=Wording.listed(odd))
    if target.known() is not None:
        return ""
    absent = [
        option.question
        for option in options.values()
        if (option.first or option.secret) and option.applies(given_values) and option.field not in given_values
    ]
    return Wording("The first time, this is needed: %(fields)s.", fields=Wording.listed(absent)) if absent else ""


def _is_taken(option: ConnectOption, value: str) -> bool:
    return bool(option.on_page and re.fullmatch(option.on_page, value))


def _lines(findings: Iterable[Progress | Connected | Disconnected], wishes: ConnectWishes) -> Iterator[Line]:
    """All of it as lines. What is raised is the last one."""
    try:
        for finding in findings:
            yield from _lines_of(finding, wishes)
    except FirstlineError as error:
        yield Line("bad", Wording("failed"), str(error))


def _lines_of(finding: Progress | Connected | Disconnected, wishes: ConnectWishes) -> Iterator[Line]:
    if isinstance(finding, Introduction):
        yield Line("good", Wording("met"), ", ".join(f"{name} {value}" for name, value in finding.who.items() if value))
        yield from (_line_of(check) for check in finding.checks)
    elif isinstance(finding, StepResult | HealthCheck):
        yield _line_of(finding)
    elif isinstance(finding, Connected):
        yield Line(
            "good",
            Wording("done"),
            Wording("Nothing was changed.") if wishes.dry_run else Wording("The connection is kept."),
        )
    elif finding.left:
        yield Line(
            "warn",
            Wording("done"),
            Wording("Disconnected. To be removed there by hand: %(what)s.", what=", ".join(finding.left)),
        )
    else:
        yield Line("good", Wording("done"), Wording("Disconnected."))


def _line_of(finding: StepResult | HealthCheck) -> Line:
    tone = "good" if finding.state in GOOD else "bad" if finding.state in BAD else "warn"
    return Line(tone, word_of(finding.state), f"{finding.name}: {finding.what}", finding.remedy)


def _current_staff() -> Staff:
    """Whoever `admit` let in."""
    staff: Staff = g.staff
    return staff
