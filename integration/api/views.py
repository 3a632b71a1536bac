"""What each operation does."""

from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from uuid import UUID

import structlog
from flask import Response, g, request, url_for
from pydantic import BaseModel

from desk.errors import FirstlineError, Refused
from desk.platform.database import Database, Transaction
from desk.ticket import Requester, Role
from integration.access.api_tokens import ApiCaller
from integration.access.idempotency import HEADER, KeyedAnswer, StoredAnswer, Work, answer_once, read_key
from integration.access.permissions import Permission, is_allowed, require
from integration.api.request_models import NewMessageIn, NewTicketIn
from integration.api.response_models import HealthOut, LiveOut, MessageTakenOut, ReadyOut
from integration.api.serializers import show_message, show_ticket
from integration.api.validation import read_body
from integration.web.enqueue import Enqueue, enqueue_quietly
from integration.web.problems import Away
from workers import record, tickets
from workers.insights.reply_resolutions import read_run_feedback
from workers.queue import outbox
from workers.tickets import CHANNEL, NewTicket

log = structlog.get_logger(__name__)

Check = Callable[[], None]
"""Raises, whatever it is, when what it looks at is away or wrong; the words of our own errors are shown."""


def answer(status: int, payload: BaseModel | str) -> Response:
    """A JSON answer."""
    body = payload if isinstance(payload, str) else payload.model_dump_json()
    return Response(body, status=status, content_type="application/json")


class TicketViews:
    """Tickets and their messages."""

    def __init__(self, db: Database, enqueue: Enqueue, max_body_bytes: int) -> None:
        self._db = db
        self._enqueue = enqueue
        self._max_body_bytes = max_body_bytes

    def open_ticket(self) -> Response:
        """Take a ticket in."""
        body = read_body(request, NewTicketIn, self._max_body_bytes)

        def work(tx: Transaction) -> KeyedAnswer:
            requester = Requester(
                body.customer_id,
                body.customer_name,
                body.customer_email,
                body.customer_organisation or None,
                body.customer_tags,
            )
            new_ticket = NewTicket(requester, body.subject, body.description, body.priority, body.channel)
            accepted = tickets.open_ticket(tx, new_ticket)
            ticket = tickets.read_ticket(tx, accepted.ticket_id)
            assert ticket is not None, "it was made a moment ago"  # noqa: S101  # an invariant, not a check
            line = record.get_ticket_line(tx, CHANNEL, ticket.id)
            # A token that may read receipts finds none yet: null for all keeps the answer alike.
            ticket_out = show_ticket(ticket, line, {}, runs=None, internal=False)
            return KeyedAnswer(_accepted_answer(ticket_out, ticket.id), accepted.item_id)

        return self._answer_once(body, work)

    def read_ticket(self, ticket_id: UUID) -> Response:
        """Show a ticket."""
        caller = _current_caller()
        with self._db.account(caller.account) as tx:
            # The state first: a ticket shown as answered then has its answer among the messages.
            line = record.get_ticket_line(tx, CHANNEL, str(ticket_id))
            runs = record.runs_of(tx, CHANNEL, str(ticket_id)) if is_allowed(caller, Permission.SEE_RECEIPTS) else None
            ticket = tickets.read_ticket(tx, str(ticket_id))
            if ticket is None:
                raise Refused("no such ticket", status=404)
            sources = tickets.ticket_sources(tx, ticket.id)
            deliveries = outbox.deliveries_of_ticket(tx, CHANNEL, ticket.id) if runs else ()
            found = read_run_feedback(tx, CHANNEL, ticket.id, runs) if runs else {}
        sees_internal = is_allowed(caller, Permission.SEE_INTERNAL)
        return answer(HTTPStatus.OK, show_ticket(ticket, line, sources, runs, sees_internal, deliveries, found))

    def add_message(self, ticket_id: UUID) -> Response:
        """Take a further message in."""
        body = read_body(request, NewMessageIn, self._max_body_bytes)
        if Role(body.role) is Role.AGENT:
            require(_current_caller(), Permission.WRITE_AS_AGENT)

        def work(tx: Transaction) -> KeyedAnswer:
            accepted = tickets.add_message(tx, str(ticket_id), Role(body.role), body.body, public=body.public)
            ticket = tickets.read_ticket(tx, accepted.ticket_id)
            message = ticket.message(accepted.message_id) if ticket else None
            assert message is not None, "it was added a moment ago"  # noqa: S101  # an invariant, not a check
            message_out = MessageTakenOut(ticket_id=accepted.ticket_id, message=show_message(message))
            return KeyedAnswer(_accepted_answer(message_out, accepted.ticket_id), accepted.item_id)

        return self._answer_once(body, work)

    def _answer_once(self, body: BaseModel, work: Work) -> Response:
        """Do the work once for each Idempotency-Key, commit, then enqueue."""
        caller, key = _current_caller(), read_key(request.headers.get(HEADER))
        request_text = f"{request.method} {request.path}\n{body.model_dump_json()}"
        with self._db.account(caller.account) as tx:
            keyed_answer = answer_once(tx, caller.token_id, key, request_text, work) if key else work(tx)
        if keyed_answer.item_id:
            enqueue_quietly(self._enqueue, caller.account, keyed_answer.item_id)
        response = answer(keyed_answer.answer.status, keyed_answer.answer.body)
        response.headers["Location"] = keyed_answer.answer.location
        if keyed_answer.item_id is None:
            response.headers["Idempotency-Replayed"] = "true"
        return response


class StateViews:
    """How the installation is. `uptime` gives seconds; `checks` are asked in turn, by the name that `away` shows;
    `installation` is the same for all processes on one database, and None where that cannot be told."""

    def __init__(
        self,
        version: str,
        uptime: Callable[[], float],
        checks: Mapping[str, Check],
        installation: str | None = None,
        provides: Mapping[str, Sequence[str]] | None = None,
    ) -> None:
        self.version = version
        self._uptime = uptime
        self._checks = checks
        self._installation = installation
        self._provides = {name: list(each) for name, each in (provides or {}).items()}

    def health(self) -> Response:
        """The process is alive, and which it is."""
        seconds = round(self._uptime(), 1)
        health_out = HealthOut(
            status="ok",
            version=self.version,
            uptime_seconds=seconds,
            installation=self._installation or "",
            provides=self._provides,
        )
        return answer(HTTPStatus.OK, health_out)

    def live(self) -> Response:
        """The process answers: nothing else is looked at, lest a database that is away has it killed."""
        return answer(HTTPStatus.OK, LiveOut(status="alive"))

    def ready(self) -> Response:
        """All that a ticket needs answers. Raises Away (503)."""
        faults = {name: why for name, check in self._checks.items() if (why := _check_fault(name, check))}
        if faults:
            raise Away(faults)
        return answer(HTTPStatus.OK, ReadyOut(status="ready", checks=list(self._checks)))


def _check_fault(name: str, check: Check) -> str | None:
    try:
        check()
    except FirstlineError as error:
        log.warning("not ready", away=name, why=str(error))
        return str(error)
    except Exception as error:  # noqa: BLE001  # each client library has errors of its own, and all mean "away"
        log.warning("not ready", away=name, why=type(error).__name__)
        return "does not answer"
    return None


def _accepted_answer(body: BaseModel, ticket_id: str) -> StoredAnswer:
    return StoredAnswer(HTTPStatus.ACCEPTED, body.model_dump_json(), url_for("api.read_ticket", ticket_id=ticket_id))


def _current_caller() -> ApiCaller:
    """Whom `blueprint.admit` let in."""
    caller: ApiCaller = g.caller
    return caller
