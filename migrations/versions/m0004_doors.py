"""Staff, sign-in links, sessions, API tokens and idempotency keys, with the look-ups before an account is known."""

from alembic import op

from migrations.rights import ACCOUNT, NOW, ROW, create_table, lookup

revision = "0004"
down_revision = "0003"

OF_A_USER = "FOREIGN KEY (account_id, user_id) REFERENCES users (account_id, id) ON DELETE CASCADE"
"""Foreign keys do not look at row-level security, so the account is part of the key."""

TABLES = {
    "users": f"""
        {ROW},
        email text NOT NULL,
        role text NOT NULL,
        created_at {NOW},
        disabled_at timestamptz,
        UNIQUE (account_id, email),
        UNIQUE (account_id, id)""",
    "sign_in_links": f"""
        {ACCOUNT},
        hash text PRIMARY KEY,
        user_id uuid NOT NULL,
        expires_at timestamptz NOT NULL,
        used_at timestamptz,
        {OF_A_USER}""",
    "sessions": f"""
        {ACCOUNT},
        hash text PRIMARY KEY,
        user_id uuid NOT NULL,
        created_at {NOW},
        seen_at {NOW},
        {OF_A_USER}""",
    "api_tokens": f"""
        {ROW},
        name text NOT NULL,
        hash text NOT NULL UNIQUE,
        scopes text[] NOT NULL,
        created_at {NOW},
        revoked_at timestamptz,
        UNIQUE (account_id, id)""",
    "idempotency_keys": f"""
        {ACCOUNT},
        token_id uuid,
        key text,
        request text NOT NULL,
        answer bytea,
        created_at {NOW},
        PRIMARY KEY (token_id, key),
        FOREIGN KEY (account_id, token_id) REFERENCES api_tokens (account_id, id) ON DELETE CASCADE""",
}

LOOKUPS = {
    "firstline_redeem_link(link text, session text)": (
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
    ),
    "firstline_session(session text, longest interval, idle interval)": (
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
    ),
    "firstline_forget_sign_ins(longest interval, idle interval)": (
        "bigint",
        """WITH links AS (DELETE FROM sign_in_links WHERE expires_at < now() RETURNING 1),
           signs AS (DELETE FROM sessions WHERE created_at < now() - longest OR seen_at < now() - idle RETURNING 1)
           SELECT (SELECT count(*) FROM links) + (SELECT count(*) FROM signs)""",
    ),
    "firstline_forget_answers(age interval)": (
        "bigint",
        """WITH gone AS (DELETE FROM idempotency_keys WHERE created_at < now() - age RETURNING 1)
           SELECT count(*) FROM gone""",
    ),
}
"""Those of staff take the hash of a secret; who does not know the secret learns nothing."""

BY_HASH = "SELECT t.account_id, t.id, t.scopes FROM api_tokens AS t WHERE t.hash = token AND t.revoked_at IS NULL"


def upgrade() -> None:
    """Make the tables of `integration/tables.py`."""
    for table, columns in TABLES.items():
        create_table(table, columns)
    for table in ("sign_in_links", "sessions"):
        op.create_index(f"{table}_user", table, ["account_id", "user_id"])
    op.create_index("idempotency_keys_age", "idempotency_keys", ["created_at"])
    for signature, (returns, body) in LOOKUPS.items():
        lookup(signature, returns, body, "VOLATILE")
    lookup("firstline_token(token text)", "TABLE (account text, id uuid, scopes text[])", BY_HASH)
