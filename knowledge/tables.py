"""The tables of the library. `index/store.py` writes them; `search/hybrid.py` and `index/catalogue.py` read them.

Passages, term counts and the state are kept per embedder, so that a second embedder can be filled beside the first.
"""

from pgvector.sqlalchemy import HALFVEC, SPARSEVEC
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Double,
    ForeignKey,
    Index,
    Integer,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    false,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, BYTEA, JSONB, UUID

from desk.platform.database import metadata

SPARSE_DIMENSIONS = 1_000_000_000

sources = Table(
    "sources",
    metadata,
    Column("account_id", Text, ForeignKey("accounts.account_id"), primary_key=True),
    Column("name", Text, primary_key=True),
    Column("kind", Text, nullable=False, comment="a word of app.bootstrap.SOURCES"),
    Column("settings", JSONB, nullable=False, server_default="{}", comment="what its kind asks for; no secrets"),
    Column("audience", Text, comment="of pages that are public"),
    Column("locale", Text, comment="of pages that do not say it"),
    Column("collection", Text, nullable=False, server_default="", comment="of pages that do not say it"),
    Column("added_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("tried_at", DateTime(timezone=True), comment="when it was last read, or should have been"),
    Column("synced_at", DateTime(timezone=True), comment="when it was last read to its end"),
    Column("error", Text, comment="why it was not"),
    Column("report", JSONB, comment="the figures of the last whole run"),
    Column("wanted_at", DateTime(timezone=True), comment="when something told that it has changed"),
    Column("asked_at", DateTime(timezone=True), comment="when a worker was last asked to read it for that"),
)

written_entries = Table(
    "written_entries",
    metadata,
    Column("account_id", Text, ForeignKey("accounts.account_id"), nullable=False),
    Column("id", UUID(as_uuid=False), primary_key=True),
    Column("question", Text, nullable=False),
    Column("answer", Text, nullable=False),
    Column("audience", Text, nullable=False),
    Column("locale", Text, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("updated_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("version", Integer, nullable=False, server_default="1", comment="counts the changes"),
    Column("changed_by", Text, comment="the address of who changed it last; null while nobody has"),
)

documents = Table(
    "documents",
    metadata,
    Column("account_id", Text, ForeignKey("accounts.account_id"), nullable=False),
    Column("id", UUID(as_uuid=False), primary_key=True),
    Column("source", Text, nullable=False),
    Column("external_id", Text, nullable=False),
    Column("url", Text),
    Column("title", Text, nullable=False),
    Column("locale", Text, nullable=False),
    Column("audience", Text, nullable=False),
    Column("collection", Text, nullable=False, server_default=""),
    Column("stamp", Text, comment="what the source calls this version"),
    Column("version", Text, nullable=False, comment="hash of title, audience, locale and text"),
    Column("fingerprint", BYTEA, nullable=False, comment="hash of the page as its source gave it"),
    Column("updated_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("seen_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    UniqueConstraint("account_id", "source", "external_id"),
)

switched_off_pages = Table(
    "switched_off_pages",
    metadata,
    Column("account_id", Text, ForeignKey("accounts.account_id"), primary_key=True),
    Column("source", Text, primary_key=True),
    Column("external_id", Text, primary_key=True),
    Column("switched_off_by", Text, nullable=False),
    Column("switched_off_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
)

passed_over_pages = Table(
    "passed_over_pages",
    metadata,
    Column("account_id", Text, ForeignKey("accounts.account_id"), primary_key=True),
    Column("source", Text, primary_key=True),
    Column("external_id", Text, primary_key=True),
    Column("stamp", Text, nullable=False, comment="what the source called the version that held nothing"),
    Column("seen_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
)

passages = Table(
    "passages",
    metadata,
    Column("account_id", Text, ForeignKey("accounts.account_id"), nullable=False),
    Column("id", UUID(as_uuid=False), primary_key=True),
    Column("document_id", UUID(as_uuid=False), ForeignKey("documents.id", ondelete="CASCADE"), nullable=False),
    Column("version", Text, nullable=False),
    Column("ordinal", Integer, nullable=False),
    Column("headings", ARRAY(Text), nullable=False),
    Column("blocks", JSONB, nullable=False),
    Column("language", Text, nullable=False, comment="the first part of the locale"),
    Column("audience", Text, nullable=False),
    Column("collection", Text, nullable=False, server_default=""),
    Column("embedder", Text, nullable=False),
    Column(
        "recipe", SmallInteger, nullable=False, comment="knowledge.ingest.index_source.RECIPE that cut and weighed it"
    ),
    Column("content_hash", BYTEA, nullable=False, comment="hash of the embedded text"),
    Column("dimensions", SmallInteger, nullable=False),
    Column("vector", HALFVEC(), nullable=False),
    Column("sparse", SPARSEVEC(SPARSE_DIMENSIONS), nullable=False),
    Column("near", Boolean, nullable=False, server_default=false(), comment="stands in the vector indexes"),
)

document_versions = Table(
    "document_versions",
    metadata,
    Column("account_id", Text, ForeignKey("accounts.account_id"), nullable=False),
    Column("id", UUID(as_uuid=False), primary_key=True),
    Column("document_id", UUID(as_uuid=False), nullable=False, comment="may be gone"),
    Column("source", Text, nullable=False),
    Column("external_id", Text, nullable=False),
    Column("version", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("url", Text),
    Column("locale", Text, nullable=False),
    Column("audience", Text, nullable=False),
    Column("collection", Text, nullable=False, server_default=""),
    Column("text_hashes", ARRAY(BYTEA), nullable=False, comment="content_hash of its passages, in order"),
    Column("valid_from", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("valid_until", DateTime(timezone=True), comment="null: it says so now"),
)

past_texts = Table(
    "past_texts",
    metadata,
    Column("account_id", Text, ForeignKey("accounts.account_id"), primary_key=True),
    Column("id", UUID(as_uuid=False), nullable=False, comment="of the passage that it was"),
    Column("embedder", Text, primary_key=True),
    Column("content_hash", BYTEA, primary_key=True),
    Column("headings", ARRAY(Text), nullable=False),
    Column("blocks", JSONB, nullable=False),
    Column("vector", HALFVEC(), nullable=False),
    Column("sparse", SPARSEVEC(SPARSE_DIMENSIONS), nullable=False),
    Column("left_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
)

terms = Table(
    "terms",
    metadata,
    Column("account_id", Text, ForeignKey("accounts.account_id"), primary_key=True),
    Column("embedder", Text, primary_key=True),
    Column("dimension", Integer, primary_key=True, autoincrement=False),
    Column("passages", Integer, nullable=False, comment="how many passages hold the term"),
)

library_states = Table(
    "library_states",
    metadata,
    Column("account_id", Text, ForeignKey("accounts.account_id"), primary_key=True),
    Column("embedder", Text, primary_key=True),
    Column("passages", Integer, nullable=False, server_default=text("0")),
    Column("revision", BigInteger, nullable=False, server_default=text("0")),
    Column("changed_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("near", Boolean, nullable=False, server_default=false(), comment="all its passages are"),
    Column("dimensions", SmallInteger, comment="of its vectors"),
    Column("active", Boolean, nullable=False, server_default=false(), comment="the one that is searched"),
    Column("stretch", Double, nullable=False, server_default=text("1"), comment="of distances, see scale.py"),
    Column("retired_at", DateTime(timezone=True), comment="since when it is no longer wanted"),
)
Index("library_states_active", library_states.c.account_id, unique=True, postgresql_where=library_states.c.active)
