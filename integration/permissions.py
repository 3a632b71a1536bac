"""Who may do what: one table, `MAY`, and one place that reads it, `allow`.

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


class Scope(StrEnum):
    """What a bearer token is good for. `STAFF` shows and does what support staff may, and customers must not."""

    WRITE = "tickets:write"
    READ = "tickets:read"
    STAFF = "staff"


class Act(StrEnum):
    """Everything that can be asked for at a door."""

    OPEN_TICKET = "open_ticket"
    WRITE_AS_CUSTOMER = "write_as_customer"
    WRITE_AS_AGENT = "write_as_agent"
    READ_ONE_TICKET = "read_one_ticket"
    READ_TICKETS = "read_tickets"
    SEE_INTERNAL = "see_internal"
    SEE_RECEIPTS = "see_receipts"
    READ_KNOWLEDGE = "read_knowledge"
    REQUEUE = "requeue"
    PAUSE = "pause"
    SYNC_SOURCES = "sync_sources"
    MANAGE_USERS = "manage_users"
    MANAGE_TOKENS = "manage_tokens"


@dataclass(frozen=True, slots=True)
class Needs:
    """The lowest role of a person, and the scope of a token; None where no such visitor may."""

    role: StaffRole | None = None
    scope: Scope | None = None


MAY: Mapping[Act, Needs] = {
    Act.OPEN_TICKET: Needs(scope=Scope.WRITE),
    Act.WRITE_AS_CUSTOMER: Needs(scope=Scope.WRITE),
    Act.WRITE_AS_AGENT: Needs(StaffRole.AGENT, Scope.STAFF),
    Act.READ_ONE_TICKET: Needs(StaffRole.VIEWER, Scope.READ),
    Act.READ_TICKETS: Needs(StaffRole.VIEWER),
    Act.SEE_INTERNAL: Needs(StaffRole.VIEWER, Scope.STAFF),
    Act.SEE_RECEIPTS: Needs(StaffRole.VIEWER, Scope.STAFF),
    Act.READ_KNOWLEDGE: Needs(StaffRole.VIEWER),
    Act.REQUEUE: Needs(StaffRole.AGENT),
    Act.PAUSE: Needs(StaffRole.AGENT),
    Act.SYNC_SOURCES: Needs(StaffRole.ADMIN),
    Act.MANAGE_USERS: Needs(StaffRole.ADMIN),
    Act.MANAGE_TOKENS: Needs(StaffRole.ADMIN),
}
"""Any agent may pause, and go on: stopping the machine must be easy."""

_RANK = {role: rank for rank, role in enumerate(StaffRole)}

Grant = StaffRole | frozenset[Scope]


class Visitor(Protocol):
    """Whoever came in: `integration.staff.Staff` holds a role, `integration.tokens.Caller` holds scopes."""

    @property
    def grant(self) -> Grant:
        """What the visitor holds."""
        ...


def allow(visitor: Visitor, act: Act) -> bool:
    """May this visitor do this?"""
    needs, grant = MAY[act], visitor.grant
    if isinstance(grant, StaffRole):
        return needs.role is not None and _RANK[grant] >= _RANK[needs.role]
    return needs.scope is not None and needs.scope in grant


def demand(visitor: Visitor, act: Act) -> None:
    """Raises Refused (403), saying what it takes, where `allow` says no."""
    if allow(visitor, act):
        return
    needs = MAY[act]
    if isinstance(visitor.grant, StaffRole):
        raise Refused(f"this needs the role {needs.role}" if needs.role else "this needs an API token", status=403)
    raise Refused(f"this needs a token with the scope {needs.scope}" if needs.scope else "staff only", status=403)
