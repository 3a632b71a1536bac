"""The table of what was found out about runs; `run_feedback.py` reads and writes it."""

from sqlalchemy import Column, DateTime, Float, ForeignKey, LargeBinary, Table, Text, text
from sqlalchemy.dialects.postgresql import ARRAY, UUID

from desk.platform.database import metadata

run_feedback = Table(
    "run_feedback",
    metadata,
    Column("account_id", Text, ForeignKey("accounts.account_id"), primary_key=True),
    Column("run_id", UUID(as_uuid=False), ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("source_id", Text, primary_key=True, comment="the message, act or event that told it"),
    Column("channel", Text, nullable=False),
    Column("ticket_id", Text, nullable=False),
    Column("value", Text, nullable=False, server_default=""),
    Column("similarity", Float, comment="of a draft and what an agent sent"),
    Column("changes", ARRAY(Text), nullable=False, server_default=text("'{}'")),
    Column("comment", LargeBinary),
    Column("reply", LargeBinary, comment="what an agent sent instead, without personal data"),
    Column("at", DateTime(timezone=True), nullable=False),
)
