"""What a lead's pages ask for: tickets that wait, replies of a day, who did what, and pages that are switched off."""

from alembic import op

from migrations.rights import ACCOUNT, NOW, ROW, create_table, lookup, protect

revision = "0014"
down_revision = "0013"

WAITING = "state IN ('escalated', 'noted', 'parked')"

AUDIT_LOG = f"""
    {ROW},
    at {NOW},
    actor_id text NOT NULL,
    who bytea,
    detail bytea,
    kind text NOT NULL,
    channel text,
    ticket_id text,
    subject text"""

SWITCHED_OFF_PAGES = f"""
    {ACCOUNT},
    source text,
    external_id text,
    switched_off_by text NOT NULL,
    switched_off_at {NOW},
    PRIMARY KEY (account_id, source, external_id)"""

REDEEM = """WITH used AS (
        UPDATE sign_in_links SET used_at = now()
        WHERE sign_in_links.hash = link AND used_at IS NULL AND expires_at > now()
          AND EXISTS (SELECT 1 FROM users WHERE users.id = user_id AND disabled_at IS NULL)
        RETURNING account_id, user_id),
    made AS (
        INSERT INTO sessions (account_id, hash, user_id) SELECT account_id, session, user_id FROM used
        RETURNING 1),
    noted AS (
        INSERT INTO audit_log (account_id, id, actor_id, kind)
        SELECT used.account_id, gen_random_uuid(), 'person:' || lower(users.email), 'sign_in'
        FROM used JOIN users ON users.id = used.user_id)
    SELECT EXISTS (SELECT 1 FROM made)"""
"""As before (`m0004_doors.py`), and the sign-in is written down with it."""


def upgrade() -> None:
    """Make the indexes of `workers/attention.py`, and of what somebody has just done, and the table
    `switched_off_pages` of `knowledge/tables.py`."""
    columns = "ticket_states (account_id, state, updated_at, ticket_id)"
    op.execute(f"CREATE INDEX ticket_states_waiting ON {columns} WHERE {WAITING}")
    op.execute("CREATE INDEX deliveries_replied ON deliveries (account_id, sent_at) WHERE kind = 'reply'")
    op.execute("CREATE INDEX interventions_actor ON interventions (account_id, actor_id, created_at)")
    create_table("switched_off_pages", SWITCHED_OFF_PAGES)
    _audit()


def _audit() -> None:
    """Make the table `audit_log` of `workers/tables.py`: the product may add lines and read them, and nothing else."""
    op.execute(f"CREATE TABLE audit_log ({AUDIT_LOG})")
    protect("audit_log", rights="SELECT, INSERT")
    for name, column in (("newest", ""), ("actor", "actor_id, "), ("kind", "kind, ")):
        op.execute(f"CREATE INDEX audit_log_{name} ON audit_log (account_id, {column}at DESC, id DESC)")
    op.execute("DROP FUNCTION firstline_redeem_link(text, text)")
    lookup("firstline_redeem_link(link text, session text)", "boolean", REDEEM, "VOLATILE")
