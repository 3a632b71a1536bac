"""The tables of what was found out: about runs (`run_feedback.py`) and about pages (`library_scan.py`)."""

from sqlalchemy import Column, DateTime, Float, ForeignKey, LargeBinary, Table, Text, func, text
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

library_findings = Table(
    "library_findings",
    metadata,
    Column("account_id", Text, ForeignKey("accounts.account_id"), primary_key=True),
    Column("key", LargeBinary, primary_key=True, comment="hash of what is said, and by which documents"),
    Column("kind", Text, nullable=False),
    Column("about", Text, nullable=False),
    *(Column(f"{which}_document", UUID(as_uuid=False), nullable=False) for which in ("one", "other")),
    *(Column(f"{which}_passage", UUID(as_uuid=False), nullable=False) for which in ("one", "other")),
    *(Column(f"{which}_text", Text, nullable=False) for which in ("one", "other")),
    Column("found_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("dismissed_at", DateTime(timezone=True)),
    Column("dismissed_by", LargeBinary),
)
