"""What the API gives. The OpenAPI document is made from these models and those of
`receipt_models.py` and `request_models.py`."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from desk.intervention import InterventionKind
from desk.ticket import Priority, Role, TicketState, TicketStatus
from integration.api.receipt_models import FindingOut, ReceiptOut
from integration.web.intervention_status import InterventionStatus

EXAMPLE_ID = "0197a1c0-5b1e-7c3a-9d42-2f6d1f0a7b11"
EXAMPLE_MESSAGE = "0197a1c0-5b1e-7c3a-9d42-6ac0de0a7b12"


class SourceOut(BaseModel):
    """A document that a reply rests on; `[1]` in the text is the source with the number 1."""

    number: int
    title: str
    url: str | None = Field(description="Where to read it, if it can be read on the web.")
    quotes: list[str] = Field(description="What the reply rests on, word for word.")


class MessageOut(BaseModel):
    """One message."""

    id: str = Field(json_schema_extra={"format": "uuid"})
    role: Role = Field(description="`assistant` is Firstline.")
    public: bool = Field(description="False for internal notes, which only the scope `staff` sees.")
    body: str
    at: datetime
    author: str | None = Field(None, description="The agent who wrote it, where that is known.")
    sources: list[SourceOut]


class TicketOut(BaseModel):
    """A ticket as it stands."""

    model_config = ConfigDict(
        title="Ticket",
        json_schema_extra={
            "examples": [
                {
                    "id": EXAMPLE_ID,
                    "state": "received",
                    "status": "open",
                    "priority": "normal",
                    "subject": "Moving a booking",
                    "customer_id": "customer-4711",
                    "customer_name": "Robin Example",
                    "customer_email": "robin@shop.example",
                    "created_at": "2026-03-02T09:30:00Z",
                    "updated_at": "2026-03-02T09:30:00Z",
                    "messages": [
                        {
                            "id": EXAMPLE_MESSAGE,
                            "role": "customer",
                            "public": True,
                            "body": "How can I move a booking to another day?",
                            "at": "2026-03-02T09:30:00Z",
                            "sources": [],
                        }
                    ],
                    "receipts": None,
                }
            ]
        },
    )

    id: str = Field(json_schema_extra={"format": "uuid"})
    state: TicketState = Field(description="What Firstline has done with the newest message.")
    status: TicketStatus = Field(description="`closed` takes no more messages.")
    priority: Priority
    subject: str
    customer_id: str
    customer_name: str | None
    customer_email: str | None
    created_at: datetime
    updated_at: datetime
    messages: list[MessageOut] = Field(description="In order of time.")
    receipts: list[ReceiptOut] | None = Field(description="For the scope `staff`, oldest first; null for all others.")


class MessageTakenOut(BaseModel):
    """The message that was taken in."""

    model_config = ConfigDict(
        title="MessageTaken",
        json_schema_extra={
            "examples": [
                {
                    "ticket_id": EXAMPLE_ID,
                    "message": {
                        "id": EXAMPLE_MESSAGE,
                        "role": "customer",
                        "public": True,
                        "body": "It is a booking for six people.",
                        "at": "2026-03-02T09:31:00Z",
                        "sources": [],
                    },
                }
            ]
        },
    )

    ticket_id: str = Field(json_schema_extra={"format": "uuid"})
    message: MessageOut


class InterventionOut(BaseModel):
    """An act of an agent, and what became of it."""

    model_config = ConfigDict(
        title="Intervention",
        json_schema_extra={
            "examples": [
                {
                    "id": EXAMPLE_ID,
                    "kind": "claim",
                    "agent": "Maria Lind",
                    "at": "2026-03-02T09:32:00Z",
                    "status": "done",
                    "message": "The ticket is yours.",
                    "findings": [],
                    "answer": "",
                    "sources": [],
                    "run_id": None,
                    "can_undo": False,
                }
            ]
        },
    )

    id: str = Field(json_schema_extra={"format": "uuid"})
    kind: InterventionKind
    agent: str
    at: datetime
    status: InterventionStatus = Field(
        description="`unconfirmed`: something was found; the same act with `override` does it all the same."
    )
    message: str = Field(description="What came back, in words.")
    findings: list[FindingOut]
    answer: str = Field(description="Another draft, or the answer to a question.")
    sources: list[SourceOut]
    run_id: str | None = Field(description="The run of another draft.")
    can_undo: bool


class HealthOut(BaseModel):
    """The web process answers."""

    model_config = ConfigDict(
        title="Health",
        json_schema_extra={
            "examples": [
                {
                    "status": "ok",
                    "version": "0.1.0",
                    "uptime_seconds": 86.2,
                    "installation": "5f0c2b9d41e87a36",
                    "provides": {"channels": ["api", "zendesk"], "alerts": ["slack"], "sources": ["folder", "website"]},
                }
            ]
        },
    )

    status: Literal["ok"]
    version: str
    uptime_seconds: float
    installation: str = Field(
        description="The same for all processes on one database, another one for every other; empty where that cannot "
        "be told."
    )
    provides: dict[str, list[str]] = Field(
        default={},
        description="The names of the channels, alerts, models, embedders and sources that there are.",
    )


class LiveOut(BaseModel):
    """The web process answers."""

    model_config = ConfigDict(title="Live", json_schema_extra={"examples": [{"status": "alive"}]})

    status: Literal["alive"]


class ReadyOut(BaseModel):
    """Everything that a ticket needs answers."""

    model_config = ConfigDict(
        title="Ready",
        json_schema_extra={"examples": [{"status": "ready", "checks": ["postgres", "migrations", "broker"]}]},
    )

    status: Literal["ready"]
    checks: list[str] = Field(description="What was asked, and answered.")


class FaultOut(BaseModel):
    """What is wrong with one field; the field is empty where the body as a whole is wrong."""

    field: str
    message: str


class ProblemOut(BaseModel):
    """An error, as RFC 9457 has it."""

    model_config = ConfigDict(
        title="Problem",
        json_schema_extra={
            "examples": [{"type": "about:blank", "title": "Not Found", "status": 404, "detail": "no such ticket"}]
        },
    )

    type: str = Field(description="`about:blank`, or the name of a problem that has members of its own.")
    title: str
    status: int
    detail: str
    instance: str = Field("", description="On a 500: the name under which the log tells more.")
    errors: list[FaultOut] = Field([], description="On a 422: field by field.")
    away: list[str] = Field([], description="On a 503 of `/ready`: which checks failed.")
    faults: dict[str, str] = Field({}, description="On a 503 of `/ready`: why, by the check's name.")
