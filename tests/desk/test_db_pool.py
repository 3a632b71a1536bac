"""Connections of the pool that Postgres has ended: nobody who begins a transaction notices."""

from contextlib import ExitStack

import psycopg
import pytest
from sqlalchemy import text

from app.embedded.postgres import LOGIN_ROLE, EmbeddedPostgres
from desk.errors import Temporary
from desk.platform.database import Database

END = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = %s"


def end_connections(postgres: EmbeddedPostgres) -> None:
    with psycopg.connect(postgres.superuser_url) as connection:
        connection.execute(END, (LOGIN_ROLE,))


@pytest.fixture
def pooled(postgres: EmbeddedPostgres, database: Database) -> Database:
    """Five connections lie in the pool."""
    own = Database(postgres.url, database.sealer)
    with ExitStack() as stack:
        for _ in range(5):
            stack.enter_context(own.across())
    return own


def test_transactions_go_on_after_all_connections_of_the_pool_have_died(
    postgres: EmbeddedPostgres, pooled: Database, account: str
) -> None:
    for _ in range(2):
        end_connections(postgres)
        with pooled.account(account) as tx, pooled.across() as connection:
            assert tx.execute(text("SELECT current_setting('firstline.account')")).scalar_one() == account
            assert connection.execute(text("SELECT 1")).scalar_one() == 1
    pooled.close()


def test_a_transaction_that_is_cut_off_is_not_begun_again(
    postgres: EmbeddedPostgres, pooled: Database, account: str
) -> None:
    begun = []

    def cut_off() -> None:
        with pooled.account(account) as tx:
            begun.append(tx)
            end_connections(postgres)
            tx.execute(text("SELECT 1"))

    with pytest.raises(Temporary, match=r"did not answer|broke"):
        cut_off()
    assert len(begun) == 1
    pooled.close()


def test_what_fails_is_rolled_back_and_what_ends_is_kept(database: Database, account: str) -> None:
    rename = text("UPDATE accounts SET title = :title")
    with database.account(account) as tx:
        tx.execute(rename, {"title": "kept"})

    def fail() -> None:
        with database.account(account) as tx:
            tx.execute(rename, {"title": "lost"})
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    with database.account(account) as tx:
        assert tx.execute(text("SELECT title FROM accounts")).scalar_one() == "kept"
