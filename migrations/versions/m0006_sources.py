"""Sources, what their pages are kept under, and which stamp they had."""

from alembic import op

from migrations.rights import ACCOUNT, MESSAGE, NOW, ROW, add_columns, create_table, lookup, without_row_security

revision = "0006"
down_revision = "0005"

SOURCES = f"""
    {ACCOUNT},
    name text,
    kind text NOT NULL,
    settings jsonb NOT NULL DEFAULT '{{}}',
    audience text,
    locale text,
    collection text NOT NULL DEFAULT '',
    added_at {NOW},
    tried_at timestamptz,
    synced_at timestamptz,
    error text,
    report jsonb,
    PRIMARY KEY (account_id, name)"""

WANTED = """UPDATE sources AS source SET asked_at = now()
    WHERE source.wanted_at > now() - interval '1 day'
    AND coalesce(source.tried_at < source.wanted_at OR source.synced_at < source.tried_at, true)
    AND coalesce(source.asked_at < now() - least(again, CASE WHEN source.asked_at < source.wanted_at
    THEN interval '30 s' ELSE again END), true) RETURNING source.account_id, source.name"""
"""A source that was told of a change is read before its time (`knowledge/ingest/sync_requests.py`). Those of all
accounts are given out, each not more than twice a minute, and not before `again` when nothing further was told."""


def upgrade() -> None:
    """Make `sources`, with a row for each folder that was indexed before, and add columns to what it fills."""
    create_table("sources", SOURCES)
    add_columns("documents", "collection text NOT NULL DEFAULT ''", "stamp text")
    add_columns("passages", "collection text NOT NULL DEFAULT ''")
    _known_folders()
    add_columns("sources", "wanted_at timestamptz", "asked_at timestamptz")
    returns = "TABLE (account_id text, name text)"
    lookup("firstline_wanted_sources(again interval)", returns, WANTED, "VOLATILE")
    _citations()
    _gaps()
    _near_indexes()
    _active_embedder()


def _known_folders() -> None:
    with without_row_security("documents"):
        op.execute(
            "INSERT INTO sources (account_id, name, kind, settings, synced_at) "
            "SELECT account_id, source, 'folder', jsonb_build_object('path', substr(source, length('folder:') + 1)), "
            "max(seen_at) FROM documents WHERE source LIKE 'folder:%' GROUP BY account_id, source"
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
        add_columns(table, "near boolean NOT NULL DEFAULT false")
    op.execute("DROP INDEX passages_vector_384, passages_sparse, passages_scope, passages_document")
    _mark_large_libraries()
    op.create_index("passages_document", "passages", ["document_id", "embedder", "recipe", "version"])
    op.create_index("passages_scope", "passages", ["account_id", "embedder", "language", "audience", "collection"])
    op.execute("CREATE INDEX passages_far ON passages (account_id, embedder) WHERE NOT near")
    for size in INDEXED_SIZES:
        columns = f"hnsw ((vector::halfvec({size})) halfvec_ip_ops) WITH (ef_construction = {CANDIDATES})"
        condition = f"near AND dimensions = {size}"
        op.execute(f"CREATE INDEX passages_near_{size} ON passages USING {columns} WHERE {condition}")
    op.execute("CREATE INDEX passages_near_sparse ON passages USING hnsw (sparse sparsevec_ip_ops) WHERE near")


def _mark_large_libraries() -> None:
    with without_row_security("passages", "library_states"):
        op.execute(f"UPDATE library_states SET near = true WHERE passages > {LARGE}")
        op.execute(
            "UPDATE passages SET near = true FROM library_states AS state "
            "WHERE state.account_id = passages.account_id AND state.embedder = passages.embedder AND state.near"
        )


# --- What the documents do not answer --------------------------------------------------------------------------------

OF_A_RUN = f"""
    {ROW},
    run_id uuid NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    {MESSAGE}"""

OPEN_QUESTIONS = f"""{OF_A_RUN},
    category text,
    language text NOT NULL,
    reason text NOT NULL,
    asked_at timestamptz NOT NULL,
    question bytea NOT NULL,
    embedder text,
    vector bytea"""

DISAGREEMENTS = f"""{OF_A_RUN},
    at timestamptz NOT NULL,
    documents text[] NOT NULL,
    told bytea NOT NULL"""


def _gaps() -> None:
    """Questions that were left open, and documents that disagreed, by run (`workers/insights/gaps.py`)."""
    for table, columns, moment in (
        ("open_questions", OPEN_QUESTIONS, "asked_at"),
        ("disagreements", DISAGREEMENTS, "at"),
    ):
        create_table(table, columns)
        op.create_index(f"{table}_newest", table, ["account_id", moment])
        op.create_index(f"{table}_message", table, ["account_id", "channel", "message_id"])


# --- What replies rest on --------------------------------------------------------------------------------------------

RUN_CITATIONS = f"""
    {ACCOUNT},
    run_id uuid REFERENCES runs (id) ON DELETE CASCADE,
    passage_id text,
    document_id text NOT NULL,
    version text NOT NULL,
    source text NOT NULL DEFAULT '',
    external_id text NOT NULL DEFAULT '',
    title text NOT NULL,
    url text,
    at timestamptz NOT NULL,
    PRIMARY KEY (account_id, run_id, passage_id)"""


def _citations() -> None:
    """Which run cited what, so that replies are found by document. What older runs cited stands sealed in them, out of
    SQL's reach: `citations_kept` says whose is written down already, and `workers/insights/recalls.py` does the
    rest."""
    create_table("run_citations", RUN_CITATIONS)
    op.create_index("run_citations_document", "run_citations", ["account_id", "document_id", "at"])
    add_columns("runs", "citations_kept boolean NOT NULL DEFAULT false")
    op.execute("CREATE INDEX runs_citations_unkept ON runs (account_id, at) WHERE NOT citations_kept")
    add_columns("inbox_items", "rethought integer NOT NULL DEFAULT 0")


# --- Which embedder is searched with, while another is filled beside it ----------------------------------------------

LIBRARY_COLUMNS = (
    "dimensions smallint",
    "active boolean NOT NULL DEFAULT false",
    "retired_at timestamptz",
    "stretch double precision NOT NULL DEFAULT 1",
)


def _active_embedder() -> None:
    """Of an account's libraries the largest was the one that was searched."""
    add_columns("library_states", *LIBRARY_COLUMNS)
    with without_row_security("passages", "library_states"):
        op.execute(
            "UPDATE library_states AS state SET dimensions = (SELECT dimensions FROM passages AS passage "
            "WHERE passage.account_id = state.account_id AND passage.embedder = state.embedder LIMIT 1)"
        )
        op.execute(
            "UPDATE library_states AS state SET active = true FROM (SELECT DISTINCT ON (account_id) account_id, "
            "embedder FROM library_states ORDER BY account_id, passages DESC, embedder) AS largest "
            "WHERE largest.account_id = state.account_id AND largest.embedder = state.embedder"
        )
    op.execute("CREATE UNIQUE INDEX library_states_active ON library_states (account_id) WHERE active")
