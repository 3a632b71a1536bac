"""Entries that agents proposed: a lead edits, accepts or rejects them. What is accepted is searched at once."""

from collections.abc import Callable, Sequence
from uuid import UUID

import structlog
from flask import abort, g, redirect, request, url_for
from werkzeug.wrappers import Response

from desk.errors import Temporary
from desk.pages import PUBLIC
from desk.platform.database import Database, Transaction
from desk.text.tokenizer import clean
from desk.text.wording import Wording
from desk.ticket import new_id
from integration.access.sign_in import Staff
from integration.console.acts import actor_of
from integration.web.enqueue import Enqueue
from knowledge.ingest.sync_requests import request_sync
from knowledge.sources.written_here import entries
from knowledge.sources.written_here.entries import EntryText
from workers import proposed_entries, record
from workers.audit import AuditKind, record_audit
from workers.proposed_entries import ProposalState, ProposedEntry

log = structlog.get_logger(__name__)

AUDIENCES = {"public": Wording("Customers may be quoted it"), "internal": Wording("For colleagues alone")}
MOST_QUESTION, MOST_ANSWER = 500, 20_000


class ProposalPages:
    """The views; each returns a page or a redirect."""

    def __init__(self, db: Database, page: Callable[..., str], sync: Enqueue) -> None:
        self._db = db
        self._render_page = page
        self._sync = sync

    def proposals(self) -> str:
        """What waits for a lead."""
        with self._db.account(_current_staff().account) as tx:
            found = proposed_entries.list_proposed(tx)
            closed = {each.id: _closed_audiences(tx, each) for each in found}
            return self._render_page(tx, "proposals", proposals=found, audiences=AUDIENCES, closed=closed)

    def accept_proposal(self, proposal_id: UUID) -> Response:
        """Take an entry into the knowledge, as the lead left it."""
        staff, text = _current_staff(), read_entry()
        with self._db.account(staff.account) as tx:
            accepted = _accept(tx, str(proposal_id), text, staff)
        if not accepted:
            return redirect(url_for("console.proposals", done="decided"), 303)
        log.info("entry accepted", account=staff.account, proposal=str(proposal_id), by=staff.email)
        read_entries_now(self._sync, staff.account)
        return redirect(url_for("console.proposals", done="accepted"), 303)

    def reject_proposal(self, proposal_id: UUID) -> Response:
        """Leave it out."""
        staff = _current_staff()
        with self._db.account(staff.account) as tx:
            rejected = proposed_entries.decide_proposal(tx, str(proposal_id), ProposalState.REJECTED, staff.email)
            if rejected:
                record_audit(tx, actor_of(staff), AuditKind.REJECT_ENTRY, subject=str(proposal_id))
        return redirect(url_for("console.proposals", done="rejected" if rejected else "decided"), 303)


def _closed_audiences(tx: Transaction, proposal: ProposedEntry) -> Sequence[str]:
    """Whose pages, beside the public ones, the drafts of its ticket rest on: what was taught may be theirs."""
    runs = record.runs_of(tx, proposal.channel, proposal.ticket_id)
    cited = {(run.id, citation.passage_id) for run in runs for citation in run.draft.citations}
    hits = ((run.id, hit.passage) for run in runs for hit in run.hits)
    return sorted({passage.audience for run_id, passage in hits if (run_id, passage.id) in cited} - {PUBLIC})


def read_entries_now(sync: Enqueue, account: str) -> None:
    """Have the source read; its mark brings it in step if the broker is away."""
    try:
        sync(account, entries.SOURCE)
    except Temporary as error:
        log.warning("sync not enqueued", account=account, why=str(error))


def _accept(tx: Transaction, proposal_id: str, text: EntryText, staff: Staff) -> bool:
    """False where somebody has decided already."""
    entry_id = new_id()
    if not proposed_entries.decide_proposal(tx, proposal_id, ProposalState.ACCEPTED, staff.email, entry_id):
        return False
    entries.add_entry(tx, entry_id, text)
    record_audit(tx, actor_of(staff), AuditKind.ACCEPT_ENTRY, subject=text.question)
    request_sync(tx, entries.KIND)
    return True


def read_entry() -> EntryText:
    """An entry as a form gives it; 400 where something is missing."""
    question, answer = (clean(request.form.get(name, "")).strip() for name in ("question", "answer"))
    audience = request.form.get("audience", "")
    is_whole = 0 < len(question) <= MOST_QUESTION and 0 < len(answer) <= MOST_ANSWER
    if not is_whole or audience not in AUDIENCES:
        abort(400, description="An entry needs a question, an answer and an audience.")
    return EntryText(question, answer, audience)


def _current_staff() -> Staff:
    staff: Staff = g.staff
    return staff
