"""What documents said before: each version with the time it was valid, and the texts that are in the index no more."""

from alembic import op

from migrations.rights import ACCOUNT, NOW, ROW, create_table, without_row_security

revision = "0019"
down_revision = "0018"

SPARSE_DIMENSIONS = 1_000_000_000

DOCUMENT_VERSIONS = f"""
    {ROW},
    document_id uuid NOT NULL,
    source text NOT NULL,
    external_id text NOT NULL,
    version text NOT NULL,
    title text NOT NULL,
    url text,
    locale text NOT NULL,
    audience text NOT NULL,
    collection text NOT NULL DEFAULT '',
    text_hashes bytea[] NOT NULL,
    valid_from {NOW},
    valid_until timestamptz"""

PAST_TEXTS = f"""
    {ACCOUNT},
    id uuid NOT NULL,
    embedder text NOT NULL,
    content_hash bytea NOT NULL,
    headings text[] NOT NULL,
    blocks jsonb NOT NULL,
    vector halfvec NOT NULL,
    sparse sparsevec({SPARSE_DIMENSIONS}) NOT NULL,
    left_at {NOW},
    PRIMARY KEY (account_id, content_hash, embedder)"""

FIRST_VERSIONS = """
    INSERT INTO document_versions (account_id, id, document_id, source, external_id, version, title, url, locale,
                                   audience, collection, text_hashes, valid_from)
    SELECT document.account_id, gen_random_uuid(), document.id, document.source, document.external_id,
           document.version, document.title, document.url, document.locale, document.audience, document.collection,
           (SELECT array_agg(passage.content_hash ORDER BY passage.ordinal)
            FROM passages AS passage JOIN library_states AS library USING (account_id, embedder)
            WHERE library.active AND passage.document_id = document.id AND passage.version = document.version),
           document.updated_at
    FROM documents AS document
    WHERE EXISTS (SELECT FROM passages AS passage JOIN library_states AS library USING (account_id, embedder)
                  WHERE library.active AND passage.document_id = document.id AND passage.version = document.version)"""


def upgrade() -> None:
    """Make the tables, and take down what each document says now."""
    create_table("document_versions", DOCUMENT_VERSIONS)
    create_table("past_texts", PAST_TEXTS)
    op.execute(
        "CREATE UNIQUE INDEX document_versions_current ON document_versions (account_id, source, external_id) "
        "WHERE valid_until IS NULL"
    )
    op.execute("CREATE INDEX document_versions_time ON document_versions (account_id, valid_from)")
    op.execute("CREATE INDEX document_versions_document ON document_versions (document_id)")
    op.execute("CREATE INDEX past_texts_left ON past_texts (account_id, left_at)")
    with without_row_security("documents", "passages", "library_states", "document_versions"):
        op.execute(FIRST_VERSIONS)
