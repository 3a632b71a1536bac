"""Staff, sign-in links, sessions, API tokens and idempotency keys, with the look-ups before an account is known."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, UUID

from migrations.rights import lookup, protect

revision = "0004"
down_revision = "0003"


def account() -> sa.Column[str]:
    """The column that row-level security reads."""
    return sa.Column("account_id", sa.Text, sa.ForeignKey("accounts.account_id"), nullable=False)


def stamp(name: str, *, made: bool = False, required: bool = False) -> sa.Column[object]:
    """A moment; one that is `made` defaults to now."""
    default = sa.func.now() if made else None
    return sa.Column(name, sa.DateTime(timezone=True), nullable=not (made or required), server_default=default)


def of_same_account(column: str, table: str) -> sa.ForeignKeyConstraint:
    """Foreign keys do not look at row-level security, so the account is part of the key."""
    theirs = [f"{table}.account_id", f"{table}.id"]
    return sa.ForeignKeyConstraint(["account_id", column], theirs, ondelete="CASCADE")


def upgrade() -> None:
    """Make the tables of `integration/tables.py`."""
    _staff()
    _tokens()
    for table in ("users", "sign_in_links", "sessions", "api_tokens", "idempotency_keys"):
        protect(table)
    _staff_lookups()
    _token_lookups()


def _staff() -> None:
    op.create_table(
        "users",
        account(),
        sa.Column("id", UUID(as_uuid=False), primary_key=True),
        sa.Column("email", sa.Text, nullable=False),
        sa.Column("role", sa.Text, nullable=False),
        stamp("created_at", made=True),
        stamp("disabled_at"),
        sa.UniqueConstraint("account_id", "email"),
        sa.UniqueConstraint("account_id", "id"),
    )
    op.create_table(
        "sign_in_links",
        account(),
        sa.Column("hash", sa.Text, primary_key=True),
        sa.Column("user_id", UUID(as_uuid=False), nullable=False),
        stamp("expires_at", required=True),
        stamp("used_at"),
        of_same_account("user_id", "users"),
    )
    op.create_table(
        "sessions",
        account(),
        sa.Column("hash", sa.Text, primary_key=True),
        sa.Column("user_id", UUID(as_uuid=False), nullable=False),
        stamp("created_at", made=True),
        stamp("seen_at", made=True),
        of_same_account("user_id", "users"),
    )
    op.create_index("sign_in_links_user", "sign_in_links", ["account_id", "user_id"])
    op.create_index("sessions_user", "sessions", ["account_id", "user_id"])


def _tokens() -> None:
    op.create_table(
        "api_tokens",
        account(),
        sa.Column("id", UUID(as_uuid=False), primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("hash", sa.Text, nullable=False, unique=True),
        sa.Column("scopes", ARRAY(sa.Text), nullable=False),
        stamp("created_at", made=True),
        stamp("revoked_at"),
        sa.UniqueConstraint("account_id", "id"),
    )
    op.create_table(
        "idempotency_keys",
        account(),
        sa.Column("token_id", UUID(as_uuid=False), primary_key=True),
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("request", sa.Text, nullable=False),
        sa.Column("answer", sa.LargeBinary),
        stamp("created_at", made=True),
        of_same_account("token_id", "api_tokens"),
    )
    op.create_index("idempotency_keys_age", "idempotency_keys", ["created_at"])


def _staff_lookups() -> None:
    """Each takes the hash of a secret; who does not know the secret learns nothing."""
    lookup(
        "firstline_redeem_link(link text, session text)",
        "boolean",
        """WITH used AS (
               UPDATE sign_in_links SET used_at = now()
               WHERE sign_in_links.hash = link AND used_at IS NULL AND expires_at > now()
                 AND EXISTS (SELECT 1 FROM users WHERE users.id = user_id AND disabled_at IS NULL)
               RETURNING account_id, user_id),
           made AS (
               INSERT INTO sessions (account_id, hash, user_id) SELECT account_id, session, user_id FROM used
               RETURNING 1)
           SELECT EXISTS (SELECT 1 FROM made)""",
        volatility="VOLATILE",
    )
    lookup(
        "firstline_session(session text, longest interval, idle interval)",
        "TABLE (account text, user_id uuid, email text, role text)",
        """WITH alive AS (
               SELECT sessions.hash, sessions.account_id, sessions.seen_at, users.id, users.email, users.role
               FROM sessions JOIN users ON users.id = sessions.user_id
               WHERE sessions.hash = session AND users.disabled_at IS NULL
                 AND sessions.created_at > now() - longest AND sessions.seen_at > now() - idle),
           seen AS (
               UPDATE sessions SET seen_at = now() FROM alive
               WHERE sessions.hash = alive.hash AND alive.seen_at < now() - interval '1 minute')
           SELECT alive.account_id, alive.id, alive.email, alive.role FROM alive""",
        volatility="VOLATILE",
    )
    lookup(
        "firstline_forget_sign_ins(longest interval, idle interval)",
        "bigint",
        """WITH links AS (DELETE FROM sign_in_links WHERE expires_at < now() RETURNING 1),
           signs AS (DELETE FROM sessions WHERE created_at < now() - longest OR seen_at < now() - idle RETURNING 1)
           SELECT (SELECT count(*) FROM links) + (SELECT count(*) FROM signs)""",
        volatility="VOLATILE",
    )


def _token_lookups() -> None:
    lookup(
        "firstline_token(token text)",
        "TABLE (account text, id uuid, scopes text[])",
        "SELECT t.account_id, t.id, t.scopes FROM api_tokens AS t WHERE t.hash = token AND t.revoked_at IS NULL",
    )
    lookup(
        "firstline_forget_answers(age interval)",
        "bigint",
        """WITH gone AS (DELETE FROM idempotency_keys WHERE created_at < now() - age RETURNING 1)
           SELECT count(*) FROM gone""",
        volatility="VOLATILE",
    )
