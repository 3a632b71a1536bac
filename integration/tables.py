"""The tables of the doors: who may come in, and what was answered under an Idempotency-Key.

`sign_in.py`, `oidc/`, `embedded_sessions.py`, `api_tokens.py` and `idempotency.py` in `access/` each read and write
their own.
Of every secret only a hash is kept.
"""

from sqlalchemy import (
    Column,
    DateTime,
    ForeignKey,
    ForeignKeyConstraint,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    func,
)
from sqlalchemy.dialects.postgresql import ARRAY, UUID

from desk.platform.database import metadata

_now = func.now()


def _account_column() -> Column[str]:
    return Column("account_id", Text, ForeignKey("accounts.account_id"), nullable=False)


def _user_foreign_key() -> ForeignKeyConstraint:
    """A user of the same account: foreign keys alone do not look at row-level security."""
    return ForeignKeyConstraint(["account_id", "user_id"], ["users.account_id", "users.id"], ondelete="CASCADE")


users = Table(
    "users",
    metadata,
    _account_column(),
    Column("id", UUID(as_uuid=False), primary_key=True),
    Column("email", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=_now),
    Column("disabled_at", DateTime(timezone=True)),
    UniqueConstraint("account_id", "email"),
    UniqueConstraint("account_id", "id"),
)

sign_in_links = Table(
    "sign_in_links",
    metadata,
    _account_column(),
    Column("hash", Text, primary_key=True),
    Column("user_id", UUID(as_uuid=False), nullable=False),
    Column("expires_at", DateTime(timezone=True), nullable=False),
    Column("used_at", DateTime(timezone=True)),
    _user_foreign_key(),
)

sessions = Table(
    "sessions",
    metadata,
    _account_column(),
    Column("hash", Text, primary_key=True),
    Column("user_id", UUID(as_uuid=False), nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=_now),
    Column("seen_at", DateTime(timezone=True), nullable=False, server_default=_now),
    _user_foreign_key(),
)

oidc_attempts = Table(
    "oidc_attempts",
    metadata,
    _account_column(),
    Column("state", Text, primary_key=True, comment="hash of what comes back with the browser"),
    Column("browser", Text, nullable=False, comment="hash of the cookie of the browser that began"),
    Column("kept", LargeBinary, nullable=False, comment="sealed JSON: nonce, code verifier, where to go afterwards"),
    Column("ends_at", DateTime(timezone=True), nullable=False),
)

oidc_identities = Table(
    "oidc_identities",
    metadata,
    _account_column(),
    Column("issuer", Text, primary_key=True),
    Column("subject", Text, primary_key=True, comment="the provider's own name for the person"),
    Column("user_id", UUID(as_uuid=False), nullable=False),
    Column("bound_at", DateTime(timezone=True), nullable=False, server_default=_now),
    UniqueConstraint("account_id", "issuer", "user_id"),
    _user_foreign_key(),
)

embedded_sessions = Table(
    "embedded_sessions",
    metadata,
    _account_column(),
    Column("proof", Text, primary_key=True, comment="keyed hash of what opened it; kept so that it opens no other"),
    Column("hash", Text, nullable=False, unique=True),
    Column("person", LargeBinary, nullable=False, comment="sealed JSON: who it is in the other product"),
    Column("proof_ends_at", DateTime(timezone=True), nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=_now),
    Column("seen_at", DateTime(timezone=True), nullable=False, server_default=_now),
)

api_tokens = Table(
    "api_tokens",
    metadata,
    _account_column(),
    Column("id", UUID(as_uuid=False), primary_key=True),
    Column("name", Text, nullable=False),
    Column("hash", Text, nullable=False, unique=True),
    Column("scopes", ARRAY(Text), nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=_now),
    Column("revoked_at", DateTime(timezone=True)),
    UniqueConstraint("account_id", "id"),
)

connections = Table(
    "connections",
    metadata,
    Column("account_id", Text, ForeignKey("accounts.account_id"), primary_key=True),
    Column("party", Text, primary_key=True),
    Column("config", LargeBinary, nullable=False, comment="sealed JSON: addresses, tokens, secrets"),
    Column("cursor", Text, comment="how far catch-up has read"),
    Column("blocked_until", DateTime(timezone=True), comment="the party asked for quiet until then"),
    Column("updated_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
)

connection_resources = Table(
    "connection_resources",
    metadata,
    Column("account_id", Text, ForeignKey("accounts.account_id"), primary_key=True),
    Column("party", Text, primary_key=True),
    Column("kind", Text, primary_key=True, comment="which step of the set-up made it"),
    Column("foreign_id", Text, nullable=False, comment="the party's own id of it"),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=_now),
)

idempotency_keys = Table(
    "idempotency_keys",
    metadata,
    _account_column(),
    Column("token_id", UUID(as_uuid=False), primary_key=True),
    Column("key", Text, primary_key=True, comment="keyed hash of the header"),
    Column("request", Text, nullable=False, comment="keyed hash of method, path and content"),
    Column("answer", LargeBinary, comment="status, body and address; set before the row can be seen"),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=_now),
    ForeignKeyConstraint(["account_id", "token_id"], ["api_tokens.account_id", "api_tokens.id"], ondelete="CASCADE"),
)
