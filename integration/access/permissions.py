"""Who may do what: one table, `PERMISSIONS`, and one place that reads it, `is_allowed`.

The console maps each of its routes to an act, the API each of its operations; what is mapped to nothing is refused.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from desk.errors import Refused


class StaffRole(StrEnum):
    """What a signed-in person is, lowest first; each may do all that those before it may."""

    VIEWER = "viewer"
    AGENT = "agent"
    ADMIN = "admin"


class TokenScope(StrEnum):
    """What a bearer token is good for. `STAFF` shows and does what support staff may, and customers must not; `ACT`
    does what an agent does by pressing: send a draft, claim, close."""

    WRITE = "tickets:write"
    READ = "tickets:read"
    STAFF = "staff"
    ACT = "tickets:act"


SCOPES: Mapping[TokenScope, str] = {
    TokenScope.WRITE: "open tickets and write as the customer",
    TokenScope.READ: "read tickets as the customer sees them",
    TokenScope.STAFF: "see internal notes and receipts, and write as an agent; beside one of the others",
    TokenScope.ACT: "act on tickets as an agent: send a draft, claim, ask, close",
}
"""What each is good for, in words."""


class Permission(StrEnum):
    """Everything that can be asked for at a door."""

    OPEN_TICKET = "open_ticket"
    WRITE_AS_CUSTOMER = "write_as_customer"
    WRITE_AS_AGENT = "write_as_agent"
    READ_ONE_TICKET = "read_one_ticket"
    READ_TICKETS = "read_tickets"
    SEE_INTERNAL = "see_internal"
    SEE_RECEIPTS = "see_receipts"
    ACT_ON_TICKETS = "act_on_tickets"
    READ_KNOWLEDGE = "read_knowledge"
    REQUEUE = "requeue"
    PAUSE = "pause"
    SYNC_SOURCES = "sync_sources"
    SWITCH_PAGES = "switch_pages"
    REVIEW_ENTRIES = "review_entries"
    MANAGE_USERS = "manage_users"
    READ_AUDIT = "read_audit"
    MANAGE_TOKENS = "manage_tokens"
    MANAGE_CONNECTIONS = "manage_connections"


@dataclass(frozen=True, slots=True)
class Requirement:
    """The lowest role of a person, and the scope of a token; None where no such visitor may."""

    role: StaffRole | None = None
    scope: TokenScope | None = None


PERMISSIONS: Mapping[Permission, Requirement] = {
    Permission.OPEN_TICKET: Requirement(scope=TokenScope.WRITE),
    Permission.WRITE_AS_CUSTOMER: Requirement(scope=TokenScope.WRITE),
    Permission.WRITE_AS_AGENT: Requirement(StaffRole.AGENT, TokenScope.STAFF),
    Permission.READ_ONE_TICKET: Requirement(StaffRole.VIEWER, TokenScope.READ),
    Permission.READ_TICKETS: Requirement(StaffRole.VIEWER),
    Permission.SEE_INTERNAL: Requirement(StaffRole.VIEWER, TokenScope.STAFF),
    Permission.SEE_RECEIPTS: Requirement(StaffRole.VIEWER, TokenScope.STAFF),
    Permission.ACT_ON_TICKETS: Requirement(StaffRole.AGENT, TokenScope.ACT),
    Permission.READ_KNOWLEDGE: Requirement(StaffRole.VIEWER),
    Permission.REQUEUE: Requirement(StaffRole.AGENT),
    Permission.PAUSE: Requirement(StaffRole.AGENT),
    Permission.SYNC_SOURCES: Requirement(StaffRole.ADMIN),
    Permission.SWITCH_PAGES: Requirement(StaffRole.ADMIN),
    Permission.REVIEW_ENTRIES: Requirement(StaffRole.ADMIN),
    Permission.MANAGE_USERS: Requirement(StaffRole.ADMIN),
    Permission.READ_AUDIT: Requirement(StaffRole.ADMIN),
    Permission.MANAGE_TOKENS: Requirement(StaffRole.ADMIN),
    Permission.MANAGE_CONNECTIONS: Requirement(StaffRole.ADMIN),
}
"""Any agent may pause, and go on: stopping the machine must be easy."""

_RANK = {role: rank for rank, role in enumerate(StaffRole)}

Grant = StaffRole | frozenset[TokenScope]


class Visitor(Protocol):
    """Whoever came in: `integration.access.sign_in.Staff` holds a role, `integration.access.api_tokens.ApiCaller`
    holds scopes."""

    @property
    def grant(self) -> Grant:
        """What the visitor holds."""
        ...


def is_allowed(visitor: Visitor, act: Permission) -> bool:
    """May this visitor do this?"""
    requirement, grant = PERMISSIONS[act], visitor.grant
    if isinstance(grant, StaffRole):
        return requirement.role is not None and _RANK[grant] >= _RANK[requirement.role]
    return requirement.scope is not None and requirement.scope in grant


def require(visitor: Visitor, act: Permission) -> None:
    """Raises Refused (403), saying what it takes, where `is_allowed` says no."""
    if is_allowed(visitor, act):
        return
    requirement = PERMISSIONS[act]
    if isinstance(visitor.grant, StaffRole):
        raise Refused(
            f"this needs the role {requirement.role}" if requirement.role else "this needs an API token", status=403
        )
    raise Refused(
        f"this needs a token with the scope {requirement.scope}" if requirement.scope else "staff only", status=403
    )
