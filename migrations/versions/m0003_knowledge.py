"""Documents, passages with their vectors, term counts and the state of each library."""

import sqlalchemy as sa
from alembic import op
from pgvector.sqlalchemy import HALFVEC, SPARSEVEC
from sqlalchemy.dialects.postgresql import ARRAY, BYTEA, JSONB, UUID

from migrations.rights import protect

revision = "0003"
down_revision = "0002"

SPARSE_DIMENSIONS = 1_000_000_000  # the most that pgvector knows; terms are hashed into it


def account(primary_key: bool = False) -> sa.Column[str]:
    """The column that row-level security reads."""
    return sa.Column(
        "account_id", sa.Text, sa.ForeignKey("accounts.account_id"), nullable=False, primary_key=primary_key
    )


def upgrade() -> None:
    """Make the tables of `knowledge/tables.py`."""
    _documents()
    _passages()
    _counts()
    for table in ("documents", "passages", "terms", "library_states"):
        protect(table)


def _documents() -> None:
    op.create_table(
        "documents",
        account(),
        sa.Column("id", UUID(as_uuid=False), primary_key=True),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("external_id", sa.Text, nullable=False),
        sa.Column("url", sa.Text),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("locale", sa.Text, nullable=False),
        sa.Column("audience", sa.Text, nullable=False),
        sa.Column("version", sa.Text, nullable=False),
        sa.Column("fingerprint", BYTEA, nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
        sa.UniqueConstraint("account_id", "source", "external_id"),
    )


def _passages() -> None:
    op.create_table(
        "passages",
        account(),
        sa.Column("id", UUID(as_uuid=False), primary_key=True),
        sa.Column(
            "document_id", UUID(as_uuid=False), sa.ForeignKey("documents.id", ondelete="CASCADE"), nullable=False
        ),
        sa.Column("version", sa.Text, nullable=False),
        sa.Column("ordinal", sa.Integer, nullable=False),
        sa.Column("headings", ARRAY(sa.Text), nullable=False),
        sa.Column("blocks", JSONB, nullable=False),
        sa.Column("language", sa.Text, nullable=False),
        sa.Column("audience", sa.Text, nullable=False),
        sa.Column("embedder", sa.Text, nullable=False),
        sa.Column("recipe", sa.SmallInteger, nullable=False),
        sa.Column("content_hash", BYTEA, nullable=False),
        sa.Column("dimensions", sa.SmallInteger, nullable=False),
        sa.Column("vector", HALFVEC(), nullable=False),
        sa.Column("sparse", SPARSEVEC(SPARSE_DIMENSIONS), nullable=False),
    )
    # An exact scan reads both vectors of every row: they stay in the row, the blocks move out of it.
    op.execute("ALTER TABLE passages ALTER COLUMN vector SET STORAGE MAIN, ALTER COLUMN sparse SET STORAGE MAIN")
    op.create_index("passages_document", "passages", ["document_id"])
    op.create_index("passages_scope", "passages", ["account_id", "embedder", "language", "audience"])
    op.create_index("passages_content", "passages", ["account_id", "embedder", "content_hash"])
    # One index per size of vector; an embedder of another size brings its own in a later migration.
    op.execute(
        "CREATE INDEX passages_vector_384 ON passages USING hnsw ((vector::halfvec(384)) halfvec_ip_ops) "
        "WHERE dimensions = 384"
    )
    op.execute("CREATE INDEX passages_sparse ON passages USING hnsw (sparse sparsevec_ip_ops)")


def _counts() -> None:
    op.create_table(
        "terms",
        account(primary_key=True),
        sa.Column("embedder", sa.Text, primary_key=True),
        sa.Column("dimension", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("passages", sa.Integer, nullable=False),
    )
    op.create_table(
        "library_states",
        account(primary_key=True),
        sa.Column("embedder", sa.Text, primary_key=True),
        sa.Column("passages", sa.Integer, nullable=False, server_default="0"),
        sa.Column("revision", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
    )
