"""The console's pages on knowledge: documents, search and gaps. `blueprint.py` admits whoever comes in."""

from collections.abc import Callable
from datetime import timedelta

import structlog
from flask import abort, g, redirect, request, url_for
from werkzeug.wrappers import Response

from desk.errors import FirstlineError, Temporary
from desk.outcome import KINDS
from desk.platform.database import Database, Transaction
from desk.ports import Embedder
from desk.text.tokenizer import clean
from desk.ticket import new_id
from integration.access.permissions import Permission, is_allowed
from integration.access.sign_in import Staff
from integration.console.acts import actor_of
from integration.console.documents import find_documents, open_document, page_number_of, read_document_query
from integration.console.gaps import GapOrder, survey_gaps
from integration.console.library_scan import read_scan
from integration.console.search import read_search_query, run_search
from integration.console.ticket_list import read_page_number
from knowledge.index.catalogue import get_documents, list_documents, page_of_passage
from knowledge.index.switched_off import switch_off, switch_on
from knowledge.sources.configured_sources import find_source as get_registered
from workers.audit import AuditKind, record_audit

log = structlog.get_logger(__name__)

Embedders = Callable[[str], Embedder]
"""Gives the embedder that an account's library is searched with, by the account's id."""

Framed = Callable[..., str]
"""Renders a page in the console's frame: the transaction, the page's name, its values."""

PERIODS = (7, 30, 90, 365)
USUAL = 30
INTERNAL = frozenset({"internal"})


class KnowledgePages:
    """The views; each returns a page or a redirect."""

    def __init__(self, db: Database, page: Framed, embedders: Embedders, sync: Callable[[str, str], None]) -> None:
        self._db = db
        self._render_page = page
        self._embedders = embedders
        self._sync = sync

    def documents(self) -> str:
        """What there is to quote from: sources, and the documents they gave."""
        query = read_document_query(request.args, _hidden_audiences())
        with self._db.account(_current_staff().account) as tx:
            return self._render_page(tx, "documents", asked=query, found=find_documents(tx, query))

    def document(self, document_id: object) -> str:
        """One document: where it comes from, its passages, what cites it."""
        embedder, page = self._embedder(), read_page_number(request.args.get("page", ""))
        with self._db.account(_current_staff().account) as tx:
            view = open_document(tx, str(document_id), page, embedder.name, _hidden_audiences())
            if view is None:
                abort(404)
            return self._render_page(tx, "document", view=view, kinds=KINDS)

    def switch_page(self, document_id: object) -> Response:
        """Switch a document off, or on again, from this moment on."""
        staff, turn_off = _current_staff(), request.form.get("off") == "yes"
        with self._db.account(staff.account) as tx:
            document = get_documents(tx, [str(document_id)]).get(str(document_id))
            if document is None or document.audience in _hidden_audiences():
                abort(404)
            changed = switch_off(tx, document.id, staff.email) if turn_off else switch_on(tx, document.id)
            if changed:
                kind = AuditKind.SWITCH_OFF_PAGE if turn_off else AuditKind.SWITCH_ON_PAGE
                record_audit(tx, actor_of(staff), kind, subject=document.title or document.external_id)
        done = "page-off" if turn_off else "page-on"
        return redirect(url_for("console.document", document_id=document_id, done=done), 303)

    def sync_source(self) -> Response:
        """Have a source read at once."""
        staff, name = _current_staff(), clean(request.form.get("name", ""))
        with self._db.account(staff.account) as tx:
            if get_registered(tx, name) is None:
                abort(404)
            record_audit(tx, actor_of(staff), AuditKind.SYNC_SOURCE, subject=name)
        log.info("sync asked for", account=staff.account, source=name, by=staff.email)
        try:
            self._sync(staff.account, name)
        except Temporary as error:
            log.warning("sync not enqueued", account=staff.account, source=name, why=str(error))
            return redirect(url_for("console.documents", done="not-syncing"), 303)
        return redirect(url_for("console.documents", done="syncing"), 303)

    def passage(self, passage_id: object) -> Response:
        """To the place of a passage in its document, wherever that is by now."""
        with self._db.account(_current_staff().account) as tx:
            location = page_of_passage(tx, str(passage_id))
        if location is None:
            abort(404)
        document_id, ordinal = location
        page, anchor = page_number_of(ordinal), f"p-{passage_id}"
        return redirect(
            url_for("console.document", document_id=document_id, page=page if page > 1 else None, _anchor=anchor)
        )

    def search(self) -> str:
        """Meaning, words and both together, side by side."""
        query, results, error_text = read_search_query(request.args), None, None
        try:
            results = run_search(self._db, _current_staff().account, self._embedder(), query, _hidden_audiences())
        except FirstlineError as error:  # an embedder elsewhere; were it the database, the next line would say so
            error_text = str(error)
        with self._db.account(_current_staff().account) as tx:
            return self._render_page(tx, "search", asked=query, found=results, fault=error_text)

    def gaps(self) -> str:
        """What customers ask and no document answers."""
        order = GapOrder(raw_value) if (raw_value := request.args.get("order", "")) in set(GapOrder) else GapOrder.SIZE
        days = int(raw_value) if (raw_value := request.args.get("days", "")) in map(str, PERIODS) else USUAL
        account, hidden = _current_staff().account, _hidden_audiences()
        survey = survey_gaps(self._db, account, self._embedder(), timedelta(days=days), order=order, hidden=hidden)
        choices = {"order": order, "orders": tuple(GapOrder), "days": days, "periods": PERIODS}
        with self._db.account(account) as tx:
            scanned = read_scan(tx, hidden)
            return self._render_page(
                tx, "gaps", found=survey, scanned=scanned, empty=_is_empty(tx), new_press=new_id, **choices
            )

    def _embedder(self) -> Embedder:
        return self._embedders(_current_staff().account)


def _is_empty(tx: Transaction) -> bool:
    """Is there no document at all yet?"""
    return not list_documents(tx, limit=1)


def _current_staff() -> Staff:
    staff: Staff = g.staff
    return staff


def _hidden_audiences() -> frozenset[str]:
    """The audiences whose documents this reader may not see."""
    return frozenset() if is_allowed(_current_staff(), Permission.SEE_INTERNAL) else INTERNAL
