"""The tables that the code knows are those that the migrations make."""

import pytest
from sqlalchemy import MetaData, create_engine, make_url

from desk.platform.database import driver_url
from integration.tables import api_tokens, idempotency_keys, sessions, sign_in_links, users

TABLES = (users, sign_in_links, sessions, api_tokens, idempotency_keys)


@pytest.fixture(scope="module")
def made(owner_url: str) -> MetaData:
    """The database as it is."""
    engine = create_engine(driver_url(owner_url))
    found = MetaData()
    found.reflect(engine, only=[table.name for table in TABLES])
    engine.dispose()
    return found


def test_columns_and_keys_are_the_same(made: MetaData) -> None:
    dialect = make_url("postgresql+psycopg://").get_dialect()()
    for table in TABLES:
        real = made.tables[table.name]
        for side in (table, real):
            assert "account_id" in side.columns
        assert {c.name: (c.nullable, c.type.compile(dialect), c.server_default is None) for c in table.columns} == {
            c.name: (c.nullable, c.type.compile(dialect), c.server_default is None) for c in real.columns
        }
        assert {c.name for c in table.primary_key} == {c.name for c in real.primary_key}
        assert {str(key.target_fullname) for key in table.foreign_keys} == {
            str(key.target_fullname) for key in real.foreign_keys
        }
