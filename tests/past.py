"""A long past: rows of tickets that were answered long ago, as many as wanted, made by Postgres itself."""

from sqlalchemy import Connection, text

TABLES = ("inbox_items", "deliveries", "runs", "run_citations", "ticket_states", "open_questions")
"""What grows with every ticket, whichever the channel."""

_ID = "lpad(to_hex(n), 32, '0')::uuid"
_AT = "now() - n * interval '20 seconds'"
_GIVEN = "account_id, id, channel, ticket_id, message_id"
_WHOSE = f":account, {_ID}, :channel, 't' || n, 'm' || n"
_ROWS = {
    "inbox_items": (
        f"{_GIVEN}, external_id, kind, leads, payload, state, outcome, received_at, enqueued_at, done_at",
        f"{_WHOSE}, 'e' || n, 'customer_message', true, :sealed, 'done', 'auto_reply', {_AT}, {_AT}, {_AT}",
    ),
    "deliveries": (
        f"{_GIVEN}, run_id, item_id, kind, key, state, outgoing, foreign_id, created_at, sent_at, requester",
        f"{_WHOSE}, {_ID}, {_ID}, 'reply', 'past ' || n, 'sent', :sealed, 'f' || n, {_AT}, "
        f"{_AT}, CASE WHEN n % 10 = 0 THEN :regular ELSE 'r' || n % 5000 END",
    ),
    "runs": (
        f"{_GIVEN}, action, category, confidence, dollars, input_tokens, output_tokens, milliseconds, "
        "policy_version, at, body, citations_kept",
        f"{_WHOSE}, 'auto_reply', 'other', 0.9, 0.01, 900, 90, 900, 'v', {_AT}, :sealed, true",
    ),
    "run_citations": (
        "account_id, run_id, passage_id, document_id, version, title, at",
        f":account, {_ID}, 'p' || n % 500, 'd' || n % 90, 'v', 'A page', {_AT}",
    ),
    "ticket_states": (
        "account_id, channel, ticket_id, state, category, requester_hashes, first_seen_at, updated_at",
        f":account, :channel, 't' || n, 'confirmed', 'other', "
        f"ARRAY[CASE WHEN n % 10 = 0 THEN :regular ELSE 'r' || n % 5000 END], {_AT}, {_AT}",
    ),
    "open_questions": (
        f"{_GIVEN}, run_id, language, reason, asked_at, question",
        f"{_WHOSE}, {_ID}, 'en', 'nothing_found', {_AT}, :sealed",
    ),
}


def make_past(
    superuser: Connection, account: str, tickets: int, *, channel: str, regular: str, sealed: bytes = b"sealed"
) -> None:
    """Give the account so many answered tickets, one every 20 seconds until now, each tenth by one `regular` requester
    (a keyed hash). `sealed` is what stands in all sealed columns."""
    superuser.execute(text("SET LOCAL session_replication_role = replica"))  # 600,000 looks at `accounts` take long
    given = {"account": account, "channel": channel, "tickets": tickets, "regular": regular, "sealed": sealed}
    for table in TABLES:
        columns, values = _ROWS[table]
        rows = f"INSERT INTO {table} ({columns}) SELECT {values} FROM generate_series(1, :tickets) AS n"
        superuser.execute(text(rows), given)
    superuser.execute(text(f"ANALYZE {', '.join(TABLES)}"))
