"""The operations of the API: one table, from which the routes, the permissions and the OpenAPI document are made."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from pydantic import BaseModel

from integration.access.permissions import Permission
from integration.api.request_models import InterventionIn, NewMessageIn, NewTicketIn
from integration.api.response_models import HealthOut, InterventionOut, LiveOut, MessageTakenOut, ReadyOut, TicketOut

PREFIX = "/api/v1"


@dataclass(frozen=True, slots=True)
class Operation:
    """One method at one address. Without an `act` it is open to all; with `takes` it takes an Idempotency-Key."""

    name: str
    method: str
    path: str
    summary: str
    description: str
    act: Permission | None
    status: int
    gives: type[BaseModel]
    takes: type[BaseModel] | None = None
    refusals: Mapping[int, str] = field(default_factory=dict)

    @property
    def rule(self) -> str:
        """The path as Flask writes it."""
        return re.sub(r"\{(\w+)\}", r"<uuid:\1>", self.path)


NO_TICKET = "The account has no such ticket."
AWAY = "Firstline cannot do this at the moment: the database is away. Nothing has happened; try again."
READING = {401: "No token, or one that is unknown or revoked.", 403: "The token lacks the scope.", 503: AWAY}
WRITING = {
    **READING,
    400: "The body is not JSON in UTF-8, or the Idempotency-Key cannot be one.",
    413: "The body is too long.",
    415: "The body is not sent as application/json.",
    422: "The body has another shape; `errors` says what, field by field. Or the Idempotency-Key was used for another "
    "request.",
}

OPERATIONS: tuple[Operation, ...] = (
    Operation(
        name="open_ticket",
        method="POST",
        path=f"{PREFIX}/tickets",
        summary="Open a ticket",
        description="The ticket is kept before this answers; what becomes of it can be read at `Location`.",
        act=Permission.OPEN_TICKET,
        status=202,
        gives=TicketOut,
        takes=NewTicketIn,
        refusals=WRITING,
    ),
    Operation(
        name="read_ticket",
        method="GET",
        path=f"{PREFIX}/tickets/{{ticket_id}}",
        summary="Read a ticket",
        description="Its state and its messages, each with its sources. The scope `staff` also sees internal notes and "
        "receipts.",
        act=Permission.READ_ONE_TICKET,
        status=200,
        gives=TicketOut,
        refusals={**READING, 404: NO_TICKET},
    ),
    Operation(
        name="add_message",
        method="POST",
        path=f"{PREFIX}/tickets/{{ticket_id}}/messages",
        summary="Write a further message",
        description="Continues the conversation. A solved ticket opens again.",
        act=Permission.WRITE_AS_CUSTOMER,
        status=202,
        gives=MessageTakenOut,
        takes=NewMessageIn,
        refusals={**WRITING, 404: NO_TICKET, 409: "The ticket is closed; open a new one."},
    ),
    Operation(
        name="intervene",
        method="POST",
        path=f"{PREFIX}/tickets/{{ticket_id}}/interventions",
        summary="Act on a ticket as an agent",
        description="The act is kept before this answers, and carried out once however often it is sent with the same "
        "Idempotency-Key; what becomes of it can be read at `Location`. A reply reaches the customer in the agent's "
        "name, without the automatic line.",
        act=Permission.ACT_ON_TICKETS,
        status=202,
        gives=InterventionOut,
        takes=InterventionIn,
        refusals={**WRITING, 404: NO_TICKET, 409: "The Idempotency-Key was used for another act."},
    ),
    Operation(
        name="read_intervention",
        method="GET",
        path=f"{PREFIX}/interventions/{{intervention_id}}",
        summary="Read what became of an act",
        description="`working` and `leaving` change in a moment, `waiting` when a service is back.",
        act=Permission.ACT_ON_TICKETS,
        status=200,
        gives=InterventionOut,
        refusals={**READING, 404: "The account has no such act."},
    ),
    Operation(
        name="health",
        method="GET",
        path="/health",
        summary="What runs here",
        description="Version, uptime, installation, what it can be connected to. Looks at nothing else.",
        act=None,
        status=200,
        gives=HealthOut,
    ),
    Operation(
        name="live",
        method="GET",
        path="/live",
        summary="Is the process alive",
        description="200 while the process answers, whatever is away: for a probe that restarts what fails it.",
        act=None,
        status=200,
        gives=LiveOut,
    ),
    Operation(
        name="ready",
        method="GET",
        path="/ready",
        summary="Is all it needs there",
        description="Looks at the database, at whether its tables are those of this version, and at the broker: for a "
        "probe that sends requests elsewhere meanwhile.",
        act=None,
        status=200,
        gives=ReadyOut,
        refusals={503: "`away` names the checks that failed, `faults` says why."},
    ),
)
