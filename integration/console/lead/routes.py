"""The routes of a lead's pages, what each asks of a role, and what the pages say after an act."""

from collections.abc import Callable, Mapping
from typing import Any

from desk.platform.database import Database
from desk.text.wording import Wording
from integration.access.permissions import Permission
from integration.console.lead.audit import AuditPages
from integration.console.lead.entries import EntryPages
from integration.console.lead.people import PeoplePages
from integration.console.lead.review import ReviewPages
from integration.web.enqueue import Enqueue

Route = tuple[str, str, Callable[..., Any], str]
"""Rule, name, view, method."""

LEAD_NEEDS: Mapping[str, Permission] = {
    "review": Permission.ACT_ON_TICKETS,
    "recent_acts": Permission.ACT_ON_TICKETS,
    "audit": Permission.READ_AUDIT,
    "export_audit": Permission.READ_AUDIT,
    "entry": Permission.REVIEW_ENTRIES,
    "change_entry": Permission.REVIEW_ENTRIES,
    "withdraw_entry": Permission.REVIEW_ENTRIES,
    "users": Permission.MANAGE_USERS,
    "invite": Permission.MANAGE_USERS,
    "change_user": Permission.MANAGE_USERS,
}

LEAD_DONE = {
    "entry-changed": ("is-good", Wording("Changed. The old text is found no more, the new one in a moment.")),
    "entry-withdrawn": ("is-good", Wording("Withdrawn. No answer rests on it from now on.")),
    "entry-gone": ("is-warn", Wording("Somebody has withdrawn this entry, so nothing was changed.")),
    "role-changed": ("is-good", Wording("The role is changed, from this moment on.")),
    "shut-out": ("is-good", Wording("Shut out at once, from every device.")),
    "signed-out": ("is-good", Wording("Signed out from every device. They may sign in again with a new link.")),
}


def lead_routes(db: Database, page: Callable[..., str], sync: Enqueue) -> tuple[Route, ...]:
    """`page` renders in the console's frame, `sync` has a source read."""
    review, audit, people = ReviewPages(db, page), AuditPages(db, page), PeoplePages(db, page)
    entries = EntryPages(db, page, sync)
    return (
        ("/console/review", "review", review.review, "GET"),
        ("/console/review/recent", "recent_acts", review.recent, "GET"),
        ("/console/audit", "audit", audit.audit, "GET"),
        ("/console/audit.csv", "export_audit", audit.export, "GET"),
        ("/console/entries/<uuid:entry_id>", "entry", entries.entry, "GET"),
        ("/console/entries/<uuid:entry_id>", "change_entry", entries.change_entry, "POST"),
        ("/console/entries/<uuid:entry_id>/withdraw", "withdraw_entry", entries.withdraw_entry, "POST"),
        ("/console/users", "users", people.users, "GET"),
        ("/console/users", "invite", people.invite, "POST"),
        ("/console/users/<uuid:user_id>", "change_user", people.change_user, "POST"),
    )
