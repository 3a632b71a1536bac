"""What the sweeper calls for a table of rows that workers take (`workers/queue/leases.py`)."""

from migrations.rights import lookup

LEFT = "enqueued_at IS NULL OR enqueued_at < not_before OR enqueued_at < lease_until"
"""Nobody has handed it over since it could be taken (again)."""


FREE = "(state = 'waiting' AND not_before <= now() OR state = '{busy}' AND lease_until < now())"

MISSED = f"""WITH handed AS (
        SELECT id, missed_at, row_number() OVER (PARTITION BY queue ORDER BY enqueued_at DESC)
            > coalesce((held ->> queue)::bigint, 0) AS missing
        FROM {{table}} WHERE {FREE} AND NOT coalesce({LEFT}, false)),
    told AS (
        UPDATE {{table}} AS row SET missed_at = CASE WHEN missing THEN now() END FROM handed
        WHERE row.id = handed.id AND missing = (handed.missed_at IS NULL) RETURNING missing)
    SELECT count(*) FROM told WHERE missing"""

DUE = f"""WITH due AS (
        SELECT id FROM {{table}}
        WHERE state IN ('waiting', 'claimed', 'sending') AND ({LEFT} OR missed_at IS NOT NULL)
          AND {FREE} AND ({LEFT} OR missed_at < now() - again)
        ORDER BY queue <> 'urgent', {{born}} LIMIT most FOR UPDATE SKIP LOCKED),
    handed AS (
        UPDATE {{table}} AS row SET enqueued_at = now(), missed_at = NULL,
            queue = CASE row.queue WHEN 'answer' THEN 'again' ELSE row.queue END
        FROM due WHERE row.id = due.id RETURNING row.account_id, row.id, row.queue, row.{{born}} AS born)
    SELECT account_id, id, queue FROM handed ORDER BY queue <> 'urgent', born"""


def sweep_functions(table: str, name: str, busy: str, born: str) -> None:
    """A queue gives out first what it was given first, so what it still holds is what was handed over last; who is
    found behind that, and was not taken either, is missed."""
    lookup(f"firstline_missed_{name}(held jsonb)", "bigint", MISSED.format(table=table, busy=busy), "VOLATILE")
    lookup(
        f"firstline_due_{name}(most integer, again interval)",
        "TABLE (account_id text, id uuid, queue text)",
        DUE.format(table=table, busy=busy, born=born),
        "VOLATILE",
    )
