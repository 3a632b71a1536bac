"""The tables of the work. `queue/inbox.py` (with `parked.py`), `tickets.py`, `record.py`, `insights/gaps.py`,
`queue/outbox.py`, `parties/standing.py`, `interventions.py` and `audit.py` each read and write their own."""

from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    Date,
    DateTime,
    Float,
    ForeignKey,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, UUID

from desk.platform.database import metadata

_now = func.now()


def _account() -> Column[str]:
    return Column("account_id", Text, ForeignKey("accounts.account_id"), nullable=False)


def _id() -> Column[str]:
    return Column("id", UUID(as_uuid=False), primary_key=True)


def _message() -> tuple[Column[Any], ...]:
    """The message of a ticket that a row is about."""
    return tuple(Column(name, Text, nullable=False) for name in ("channel", "ticket_id", "message_id"))


def _made_at(name: str) -> Column[Any]:
    return Column(name, DateTime(timezone=True), nullable=False, server_default=_now)


def _claim(queue: str) -> tuple[Column[Any], ...]:
    """The columns by which a worker takes a row: who, with which claim, until when; when to try next; to which queue
    and when it was handed, and since when it is missed there."""
    return (
        Column("state", Text, nullable=False),
        Column("attempts", Integer, nullable=False, server_default=text("0")),
        _made_at("not_before"),
        Column("queue", Text, nullable=False, server_default=queue),
        Column("enqueued_at", DateTime(timezone=True)),
        Column("missed_at", DateTime(timezone=True)),
        Column("claimed_by", Text),
        Column("claim_id", UUID(as_uuid=False)),
        Column("lease_until", DateTime(timezone=True)),
        Column("waits_for", Text, comment="the party that is away"),
        Column("waits_since", DateTime(timezone=True), comment="since when it was put off, for whatever reason"),
    )


inbox_items = Table(
    "inbox_items",
    metadata,
    _account(),
    _id(),
    Column("channel", Text, nullable=False),
    Column("external_id", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("ticket_id", Text, nullable=False),
    Column("message_id", Text),
    Column("leads", Boolean, nullable=False, server_default=text("false")),
    Column("payload", LargeBinary, nullable=False),
    _made_at("received_at"),
    *_claim("answer"),
    Column("stage", Text),
    Column("outcome", Text),
    Column("error", Text),
    Column("done_at", DateTime(timezone=True)),
    Column("rethought", Integer, nullable=False, server_default=text("0")),
    Column("parked_at", DateTime(timezone=True), comment="null for what was parked before this was kept"),
    UniqueConstraint("account_id", "channel", "external_id"),
)

tickets = Table(
    "tickets",
    metadata,
    _account(),
    _id(),
    *(Column(name, Text, nullable=False) for name in ("via", "status", "priority")),
    *(Column(name, LargeBinary, nullable=False) for name in ("requester", "subject")),
    Column("tags", ARRAY(Text), nullable=False, server_default=text("'{}'")),
    Column("assignee", Text),
    _made_at("created_at"),
)

messages = Table(
    "messages",
    metadata,
    _account(),
    _id(),
    Column("ticket_id", UUID(as_uuid=False), ForeignKey("tickets.id"), nullable=False),
    Column("position", Integer, nullable=False),
    Column("role", Text, nullable=False),
    Column("public", Boolean, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("sources", LargeBinary),
    Column("delivery_id", UUID(as_uuid=False)),
    _made_at("at"),
    Column("status_before", Text, comment="the ticket's, where this message changed it"),
    Column("author", LargeBinary, comment="the agent's name, where a person of ours wrote it"),
    UniqueConstraint("ticket_id", "position"),
    UniqueConstraint("account_id", "delivery_id"),
)

ticket_states = Table(
    "ticket_states",
    metadata,
    Column("account_id", Text, ForeignKey("accounts.account_id"), primary_key=True),
    Column("channel", Text, primary_key=True),
    Column("ticket_id", Text, primary_key=True),
    Column("state", Text, nullable=False),
    Column("category", Text),
    Column("requester", LargeBinary),
    Column("requester_hashes", ARRAY(Text), comment="of the id, then of the address"),
    _made_at("first_seen_at"),
    _made_at("updated_at"),
    Column("claimed_by", Text, comment="an actor's id"),
    Column("claimed_name", LargeBinary),
    Column("claimed_at", DateTime(timezone=True)),
    Column("switched_off", Boolean, nullable=False, server_default=text("false"), comment="by a person, for good"),
)

runs = Table(
    "runs",
    metadata,
    _account(),
    _id(),
    *_message(),
    Column("action", Text, nullable=False),
    Column("category", Text),
    Column("confidence", Float, nullable=False),
    Column("dollars", Float, nullable=False),
    Column("input_tokens", Integer, nullable=False),
    Column("output_tokens", Integer, nullable=False),
    Column("milliseconds", Float, nullable=False),
    Column("policy_version", Text, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("citations_kept", Boolean, nullable=False, server_default=text("false")),
)

daily_spend = Table(
    "daily_spend",
    metadata,
    Column("account_id", Text, ForeignKey("accounts.account_id"), primary_key=True),
    Column("day", Date, primary_key=True, comment="in UTC"),
    Column("dollars", Float, nullable=False, comment="of its runs; a trigger adds each as it commits"),
)

run_citations = Table(
    "run_citations",
    metadata,
    Column("account_id", Text, ForeignKey("accounts.account_id"), primary_key=True),
    Column("run_id", UUID(as_uuid=False), ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True),
    Column("passage_id", Text, primary_key=True),
    Column("document_id", Text, nullable=False),
    Column("version", Text, nullable=False),
    Column("source", Text, nullable=False, server_default=""),
    Column("external_id", Text, nullable=False, server_default=""),
    Column("title", Text, nullable=False),
    Column("url", Text),
    Column("at", DateTime(timezone=True), nullable=False, comment="when the run was"),
)

policies = Table(
    "policies",
    metadata,
    Column("account_id", Text, ForeignKey("accounts.account_id"), primary_key=True),
    Column("version", Text, primary_key=True),
    Column("text", Text, nullable=False),
    _made_at("first_used_at"),
)

deliveries = Table(
    "deliveries",
    metadata,
    _account(),
    _id(),
    *_message(),
    Column("run_id", UUID(as_uuid=False)),
    Column("item_id", UUID(as_uuid=False)),
    Column("kind", Text, nullable=False),
    Column("key", Text, nullable=False),
    *_claim("deliver"),
    Column("outgoing", LargeBinary, nullable=False),
    Column("foreign_id", Text),
    Column("reason", Text),
    _made_at("created_at"),
    Column("sent_at", DateTime(timezone=True)),
    Column("requester", Text, comment="keyed hash of whom a public message goes to"),
    Column("answers", ARRAY(Text), nullable=False, server_default=text("'{}'"), comment="hashes of the texts answered"),
    Column("says", Text, comment="keyed hash of what an automatic reply says"),
    Column("revision", Integer, nullable=False, server_default=text("0"), comment="of an alert that was added to"),
    Column("told_at", DateTime(timezone=True), comment="of an alert that waits: when a note told it instead"),
    UniqueConstraint("account_id", "key"),
)

interventions = Table(
    "interventions",
    metadata,
    _account(),
    _id(),
    Column("face", Text, nullable=False),
    Column("external_id", Text, nullable=False, comment="the face's own id of the act, hashed"),
    *(Column(name, Text, nullable=False) for name in ("kind", "channel", "ticket_id", "actor_id")),
    Column("actor", LargeBinary, nullable=False),
    Column("body", LargeBinary, nullable=False),
    *_claim("act"),
    Column("status", Text, comment="how it ended"),
    Column("result", LargeBinary),
    Column("error", Text),
    _made_at("created_at"),
    Column("done_at", DateTime(timezone=True)),
    UniqueConstraint("account_id", "face", "external_id"),
)

proposed_entries = Table(
    "proposed_entries",
    metadata,
    _account(),
    _id(),
    Column("channel", Text, nullable=False),
    Column("ticket_id", Text, nullable=False),
    *(Column(name, LargeBinary, nullable=False) for name in ("question", "answer", "proposed_by")),
    Column("state", Text, nullable=False, server_default="proposed"),
    _made_at("created_at"),
    Column("decided_by", LargeBinary),
    Column("decided_at", DateTime(timezone=True)),
    Column("entry_id", UUID(as_uuid=False), comment="what an accepted one became in the knowledge"),
)

audit_log = Table(
    "audit_log",
    metadata,
    _account(),
    _id(),
    _made_at("at"),
    Column("actor_id", Text, nullable=False),
    *(Column(name, LargeBinary) for name in ("who", "detail")),
    Column("kind", Text, nullable=False),
    *(Column(name, Text) for name in ("channel", "ticket_id", "subject")),
)

open_questions = Table(
    "open_questions",
    metadata,
    _account(),
    _id(),
    Column("run_id", UUID(as_uuid=False), ForeignKey("runs.id", ondelete="CASCADE"), nullable=False),
    *_message(),
    Column("category", Text),
    Column("language", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("asked_at", DateTime(timezone=True), nullable=False),
    Column("question", LargeBinary, nullable=False),
    Column("embedder", Text, comment="whose vector it has; null for none yet"),
    Column("vector", LargeBinary, comment="sealed too: it tells nearly as much as the text"),
    Column("proposal_id", UUID(as_uuid=False), comment="the proposed entry that answers it"),
)

disagreements = Table(
    "disagreements",
    metadata,
    _account(),
    _id(),
    Column("run_id", UUID(as_uuid=False), ForeignKey("runs.id", ondelete="CASCADE"), nullable=False),
    *_message(),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("documents", ARRAY(Text), nullable=False),
    Column("told", LargeBinary, nullable=False),
)

parties = Table(
    "parties",
    metadata,
    Column("account_id", Text, ForeignKey("accounts.account_id"), primary_key=True),
    Column("party", Text, primary_key=True),
    Column("access", Text, primary_key=True),
    Column("state", Text, nullable=False),
    _made_at("since"),
    Column("reason", Text),
    Column("failures", Integer, nullable=False, server_default=text("0"), comment="probes that failed since"),
    Column("next_probe_at", DateTime(timezone=True)),
    Column("probe_until", DateTime(timezone=True), comment="somebody is asking it just now, until then at the latest"),
    Column("told_at", DateTime(timezone=True), comment="when people were told that work waits"),
    Column("told_late_at", DateTime(timezone=True), comment="when they were told of each that waits too long"),
)
