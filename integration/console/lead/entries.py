"""Entries that were accepted: a lead changes or withdraws them. The old text is found no more from that moment on."""

from collections.abc import Callable
from uuid import UUID

import structlog
from flask import abort, g, redirect, request, url_for
from werkzeug.wrappers import Response

from desk.platform.database import Database, Transaction
from integration.access.sign_in import Staff
from integration.console.acts import actor_of
from integration.console.proposals import AUDIENCES, read_entries_now, read_entry
from integration.web.enqueue import Enqueue
from knowledge.ingest.written_entries import change_entry, withdraw_entry
from knowledge.sources.written_here import entries
from knowledge.sources.written_here.entries import EntryText, WrittenEntry
from workers.audit import AuditKind, record_audit
from workers.proposed_entries import withdraw_proposal

log = structlog.get_logger(__name__)

Page = str | tuple[str, int] | Response


class EntryPages:
    """The views; each returns a page or a redirect."""

    def __init__(self, db: Database, page: Callable[..., str], sync: Enqueue) -> None:
        self._db = db
        self._render_page = page
        self._sync = sync

    def entry(self, entry_id: UUID) -> Page:
        """One entry, to be changed or withdrawn."""
        with self._db.account(_current_staff().account) as tx:
            entry = entries.find_entry(tx, str(entry_id))
            return self._show(tx, entry, entry.text) if entry else _to_documents("entry-gone")

    def change_entry(self, entry_id: UUID) -> Page:
        """Change it; whoever comes second is shown what the first made of it, beside their own text."""
        staff, text, version = _current_staff(), read_entry(), _read_version()
        with self._db.account(staff.account) as tx:
            before = entries.find_entry(tx, str(entry_id))
            if before is None or not change_entry(tx, before.id, version, text, staff.email):
                return self._say_changed(tx, entry_id, text)
            detail = ", ".join(_changed_parts(before.text, text))
            record_audit(tx, actor_of(staff), AuditKind.EDIT_ENTRY, subject=text.question, detail=detail)
        log.info("entry changed", account=staff.account, entry=str(entry_id), by=staff.email)
        read_entries_now(self._sync, staff.account)
        return redirect(url_for("console.entry", entry_id=entry_id, done="entry-changed"), 303)

    def withdraw_entry(self, entry_id: UUID) -> Page:
        """Take it out of the knowledge."""
        staff, version = _current_staff(), _read_version()
        with self._db.account(staff.account) as tx:
            before = entries.find_entry(tx, str(entry_id))
            if before is None or not withdraw_entry(tx, before.id, version, staff.email):
                return self._say_changed(tx, entry_id)
            withdraw_proposal(tx, before.id)
            record_audit(tx, actor_of(staff), AuditKind.WITHDRAW_ENTRY, subject=before.question)
        log.info("entry withdrawn", account=staff.account, entry=str(entry_id), by=staff.email)
        return _to_documents("entry-withdrawn")

    def _say_changed(self, tx: Transaction, entry_id: UUID, text: EntryText | None = None) -> Page:
        """To whoever comes second: nothing was done, and nothing of theirs is lost."""
        entry = entries.find_entry(tx, str(entry_id))
        if entry is None:
            return _to_documents("entry-gone")
        return self._show(tx, entry, text or entry.text, overtaken=True), 409

    def _show(self, tx: Transaction, entry: WrittenEntry, text: EntryText, overtaken: bool = False) -> str:
        return self._render_page(tx, "entry", entry=entry, text=text, overtaken=overtaken, audiences=AUDIENCES)


def _changed_parts(before: EntryText, after: EntryText) -> list[str]:
    return [name for name in ("question", "answer", "audience") if getattr(before, name) != getattr(after, name)]


def _read_version() -> int:
    version = request.form.get("version", "")
    if not (version.isascii() and version.isdigit() and len(version) < 10):
        abort(400)
    return int(version)


def _to_documents(done: str) -> Response:
    return redirect(url_for("console.documents", source=entries.SOURCE, done=done), 303)


def _current_staff() -> Staff:
    staff: Staff = g.staff
    return staff
