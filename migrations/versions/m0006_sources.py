"""Sources, what their pages are kept under, and which stamp they had."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, UUID

from migrations.rights import lookup, protect

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Make `sources`, with a row for each folder that was indexed before, and add columns to what it fills."""
    op.create_table(
        "sources",
        sa.Column("account_id", sa.Text, sa.ForeignKey("accounts.account_id"), primary_key=True),
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("settings", JSONB, nullable=False, server_default="{}"),
        sa.Column("audience", sa.Text),
        sa.Column("locale", sa.Text),
        sa.Column("collection", sa.Text, nullable=False, server_default=""),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
        sa.Column("tried_at", sa.DateTime(timezone=True)),
        sa.Column("synced_at", sa.DateTime(timezone=True)),
        sa.Column("error", sa.Text),
        sa.Column("report", JSONB),
    )
    op.add_column("documents", sa.Column("collection", sa.Text, nullable=False, server_default=""))
    op.add_column("documents", sa.Column("stamp", sa.Text))
    op.add_column("passages", sa.Column("collection", sa.Text, nullable=False, server_default=""))
    _known_folders()
    protect("sources")
    _wanted_sources()
    _citations()
    _gaps()
    _near_indexes()
    _active_embedder()


def _known_folders() -> None:
    """The owner is bound by row-level security too, so for this one statement it is let off."""
    op.execute("ALTER TABLE documents NO FORCE ROW LEVEL SECURITY")
    op.execute(
        "INSERT INTO sources (account_id, name, kind, settings, synced_at) "
        "SELECT account_id, source, 'folder', jsonb_build_object('path', substr(source, length('folder:') + 1)), "
        "max(seen_at) FROM documents WHERE source LIKE 'folder:%' GROUP BY account_id, source"
    )
    op.execute("ALTER TABLE documents FORCE ROW LEVEL SECURITY")


def _wanted_sources() -> None:
    """A source that was told of a change is read before its time (`knowledge/ingest/sync_requests.py`). Those of all
    accounts are given out, each not more than twice a minute, and not before `again` when nothing further was told."""
    for name in ("wanted_at", "asked_at"):
        op.add_column("sources", sa.Column(name, sa.DateTime(timezone=True)))
    lookup(
        "firstline_wanted_sources(again interval)",
        "TABLE (account_id text, name text)",
        "UPDATE sources AS source SET asked_at = now() "
        "WHERE source.wanted_at > now() - interval '1 day' "
        "AND coalesce(source.tried_at < source.wanted_at OR source.synced_at < source.tried_at, true) "
        "AND coalesce(source.asked_at < now() - least(again, CASE WHEN source.asked_at < source.wanted_at "
        "THEN interval '30 s' ELSE again END), true) RETURNING source.account_id, source.name",
        "VOLATILE",
    )


# --- Vector indexes, for libraries too large to be searched exactly --------------------------------------------------

INDEXED_SIZES = (256, 384, 512, 768, 1024, 1536, 2048, 2560, 3072)
"""One index per size of vector; those that hold no row cost nothing. Passages of another size are searched exactly."""

CANDIDATES = 200
"""Of a vector's place in its index. With pgvector's 64, groups of passages that are nearly the same become islands that
no search reaches: measured on 100,000, recall@10 is 0.93, with 200 it is 0.98, at the same cost of a search."""

LARGE = 5_000
"""knowledge.index.vector_index.EXACT_UP_TO, at the time."""


def _near_indexes() -> None:
    """Only rows marked `near` stand in the vector indexes: to insert there costs more than all the rest of a row."""
    for table in ("passages", "library_states"):
        op.add_column(table, sa.Column("near", sa.Boolean, nullable=False, server_default=sa.false()))
    for index in ("passages_vector_384", "passages_sparse", "passages_scope", "passages_document"):
        op.execute(f"DROP INDEX {index}")
    _mark_large_libraries()
    op.create_index("passages_document", "passages", ["document_id", "embedder", "recipe", "version"])
    op.create_index("passages_scope", "passages", ["account_id", "embedder", "language", "audience", "collection"])
    op.execute("CREATE INDEX passages_far ON passages (account_id, embedder) WHERE NOT near")
    for size in INDEXED_SIZES:
        op.execute(
            f"CREATE INDEX passages_near_{size} ON passages USING hnsw ((vector::halfvec({size})) halfvec_ip_ops) "
            f"WITH (ef_construction = {CANDIDATES}) WHERE near AND dimensions = {size}"
        )
    op.execute("CREATE INDEX passages_near_sparse ON passages USING hnsw (sparse sparsevec_ip_ops) WHERE near")


def _mark_large_libraries() -> None:
    for table in ("passages", "library_states"):
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
    op.execute(f"UPDATE library_states SET near = true WHERE passages > {LARGE}")
    op.execute(
        "UPDATE passages SET near = true FROM library_states AS state "
        "WHERE state.account_id = passages.account_id AND state.embedder = passages.embedder AND state.near"
    )
    for table in ("passages", "library_states"):
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")


# --- What the documents do not answer --------------------------------------------------------------------------------


def _gaps() -> None:
    """Questions that were left open, and documents that disagreed, by run (`workers/insights/gaps.py`)."""

    def about() -> tuple[sa.Column[Any], ...]:
        return (
            sa.Column("account_id", sa.Text, sa.ForeignKey("accounts.account_id"), nullable=False),
            sa.Column("id", UUID(as_uuid=False), primary_key=True),
            sa.Column("run_id", UUID(as_uuid=False), sa.ForeignKey("runs.id", ondelete="CASCADE"), nullable=False),
            sa.Column("channel", sa.Text, nullable=False),
            sa.Column("ticket_id", sa.Text, nullable=False),
            sa.Column("message_id", sa.Text, nullable=False),
        )

    op.create_table(
        "open_questions",
        *about(),
        sa.Column("category", sa.Text),
        sa.Column("language", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("question", sa.LargeBinary, nullable=False),
        sa.Column("embedder", sa.Text),
        sa.Column("vector", sa.LargeBinary),
    )
    op.create_table(
        "disagreements",
        *about(),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("documents", ARRAY(sa.Text), nullable=False),
        sa.Column("told", sa.LargeBinary, nullable=False),
    )
    for table, moment in (("open_questions", "asked_at"), ("disagreements", "at")):
        op.create_index(f"{table}_newest", table, ["account_id", moment])
        op.create_index(f"{table}_message", table, ["account_id", "channel", "message_id"])
        protect(table)


# --- What replies rest on --------------------------------------------------------------------------------------------


def _citations() -> None:
    """Which run cited what, so that replies are found by document. What older runs cited stands sealed in them, out of
    SQL's reach: `citations_kept` says whose is written down already, and `workers/insights/recalls.py` does the
    rest."""
    op.create_table(
        "run_citations",
        sa.Column("account_id", sa.Text, sa.ForeignKey("accounts.account_id"), primary_key=True),
        sa.Column("run_id", UUID(as_uuid=False), sa.ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("passage_id", sa.Text, primary_key=True),
        sa.Column("document_id", sa.Text, nullable=False),
        sa.Column("version", sa.Text, nullable=False),
        sa.Column("source", sa.Text, nullable=False, server_default=""),
        sa.Column("external_id", sa.Text, nullable=False, server_default=""),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("url", sa.Text),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("run_citations_document", "run_citations", ["account_id", "document_id", "at"])
    op.add_column("runs", sa.Column("citations_kept", sa.Boolean, nullable=False, server_default="false"))
    op.execute("CREATE INDEX runs_citations_unkept ON runs (account_id, at) WHERE NOT citations_kept")
    op.add_column("inbox_items", sa.Column("rethought", sa.Integer, nullable=False, server_default="0"))
    protect("run_citations")


# --- Which embedder is searched with, while another is filled beside it ----------------------------------------------


def _active_embedder() -> None:
    """Of an account's libraries the largest was the one that was searched."""
    op.add_column("library_states", sa.Column("dimensions", sa.SmallInteger))
    op.add_column("library_states", sa.Column("active", sa.Boolean, nullable=False, server_default=sa.false()))
    op.add_column("library_states", sa.Column("retired_at", sa.DateTime(timezone=True)))
    op.add_column("library_states", sa.Column("stretch", sa.Double, nullable=False, server_default="1"))
    for table in ("passages", "library_states"):
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
    op.execute(
        "UPDATE library_states AS state SET dimensions = (SELECT dimensions FROM passages AS passage "
        "WHERE passage.account_id = state.account_id AND passage.embedder = state.embedder LIMIT 1)"
    )
    op.execute(
        "UPDATE library_states AS state SET active = true FROM (SELECT DISTINCT ON (account_id) account_id, embedder "
        "FROM library_states ORDER BY account_id, passages DESC, embedder) AS largest "
        "WHERE largest.account_id = state.account_id AND largest.embedder = state.embedder"
    )
    for table in ("passages", "library_states"):
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    op.execute("CREATE UNIQUE INDEX library_states_active ON library_states (account_id) WHERE active")
