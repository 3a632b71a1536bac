"""Documents, passages with their vectors, term counts and the state of each library."""

from alembic import op

from migrations.rights import ACCOUNT, NOW, ROW, create_table

revision = "0003"
down_revision = "0002"

SPARSE_DIMENSIONS = 1_000_000_000  # the most that pgvector knows; terms are hashed into it

TABLES = {
    "documents": f"""
        {ROW},
        source text NOT NULL,
        external_id text NOT NULL,
        url text,
        title text NOT NULL,
        locale text NOT NULL,
        audience text NOT NULL,
        version text NOT NULL,
        fingerprint bytea NOT NULL,
        updated_at {NOW},
        seen_at {NOW},
        UNIQUE (account_id, source, external_id)""",
    "passages": f"""
        {ROW},
        document_id uuid NOT NULL REFERENCES documents (id) ON DELETE CASCADE,
        version text NOT NULL,
        ordinal integer NOT NULL,
        headings text[] NOT NULL,
        blocks jsonb NOT NULL,
        language text NOT NULL,
        audience text NOT NULL,
        embedder text NOT NULL,
        recipe smallint NOT NULL,
        content_hash bytea NOT NULL,
        dimensions smallint NOT NULL,
        vector halfvec NOT NULL,
        sparse sparsevec({SPARSE_DIMENSIONS}) NOT NULL""",
    "terms": f"""
        {ACCOUNT},
        embedder text,
        dimension integer,
        passages integer NOT NULL,
        PRIMARY KEY (account_id, embedder, dimension)""",
    "library_states": f"""
        {ACCOUNT},
        embedder text,
        passages integer NOT NULL DEFAULT 0,
        revision bigint NOT NULL DEFAULT 0,
        changed_at {NOW},
        PRIMARY KEY (account_id, embedder)""",
}

INDEXES = (
    "passages_document ON passages (document_id)",
    "passages_scope ON passages (account_id, embedder, language, audience)",
    "passages_content ON passages (account_id, embedder, content_hash)",
    "passages_vector_384 ON passages USING hnsw ((vector::halfvec(384)) halfvec_ip_ops) WHERE dimensions = 384",
    "passages_sparse ON passages USING hnsw (sparse sparsevec_ip_ops)",
)
"""Of vectors one index per size; an embedder of another size brings its own in a later migration."""


def upgrade() -> None:
    """Make the tables of `knowledge/tables.py`."""
    for table, columns in TABLES.items():
        create_table(table, columns)
    # An exact scan reads both vectors of every row: they stay in the row, the blocks move out of it.
    op.execute("ALTER TABLE passages ALTER COLUMN vector SET STORAGE MAIN, ALTER COLUMN sparse SET STORAGE MAIN")
    for index in INDEXES:
        op.execute(f"CREATE INDEX {index}")
