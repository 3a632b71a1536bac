"""What models have cost today stands in one row, right whoever saves runs at the same time."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from sqlalchemy import text

from app.embedded.postgres import EmbeddedPostgres
from desk.platform.accounts import add_account
from desk.platform.database import Database
from desk.platform.encryption import Sealer
from desk.run import Stage, Usage
from tests.own_database import own_database
from tests.workers.left_open import POLICY, a_run, keep
from workers import record
from workers.insights import spending


def paid(dollars: float) -> tuple[Usage, ...]:
    return (Usage(Stage.DRAFT, "a-model", 900, 90, dollars=dollars),)


def spent(database: Database, account: str) -> float:
    with database.account(account) as tx:
        return spending.dollars_today(tx)


def test_the_days_runs_are_added_up_for_each_account(database: Database, account: str, other_account: str) -> None:
    assert spent(database, account) == 0
    for dollars in (0.5, 0.25):
        keep(database, account, a_run(usage=paid(dollars)))
    keep(database, account, a_run(usage=paid(8.0), at=datetime.now(UTC) - timedelta(days=1)))
    keep(database, account, a_run())
    assert spent(database, account) == 0.75
    assert spent(database, other_account) == 0


def test_runs_saved_at_once_are_all_counted(database: Database, account: str) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: keep(database, account, a_run(usage=paid(0.125))), range(40)))
    assert spent(database, account) == 5.0


def test_a_run_that_is_not_kept_costs_nothing(database: Database, account: str) -> None:
    with database.account(account) as tx:
        record.save_run(tx, replace(a_run(usage=paid(0.5)), account=account), POLICY)
        tx.connection.rollback()
    assert spent(database, account) == 0


def test_a_run_that_is_still_being_saved_holds_up_no_other(database: Database, account: str) -> None:
    keep(database, account, a_run(usage=paid(0.5)))
    with ThreadPoolExecutor(1) as pool, database.account(account) as tx:
        record.save_run(tx, replace(a_run(usage=paid(0.5)), account=account), POLICY)
        pool.submit(keep, database, account, a_run(usage=paid(0.5))).result(timeout=5)
    assert spent(database, account) == 1.5


def test_what_was_spent_before_there_was_the_row_is_in_it(bare_postgres: EmbeddedPostgres, sealer: Sealer) -> None:
    saved = text(
        "INSERT INTO runs (account_id, id, channel, ticket_id, message_id, action, confidence, dollars, input_tokens, "
        "output_tokens, milliseconds, policy_version, at, body) VALUES ('main', gen_random_uuid(), 'api', 't', 'm', "
        "'auto_reply', 1, :dollars, 1, 1, 1, 'v', now(), 'x')"
    )
    with own_database(bare_postgres) as own, own.open(sealer) as db:
        own.migrate("0007")
        add_account(db, "main")
        with db.account("main") as tx:
            tx.execute(saved, [{"dollars": 0.5}, {"dollars": 0.25}])
        own.migrate()
        assert spent(db, "main") == 0.75
        keep(db, "main", a_run(usage=paid(0.5)))
        assert spent(db, "main") == 1.25
