"""A failed statement says what failed, and not what it was given: that may be a customer's text."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from desk.platform.database import Database


def test_the_error_of_a_failed_statement_does_not_hold_its_values(database: Database, account: str) -> None:
    with pytest.raises(DBAPIError) as caught, database.account(account) as tx:
        tx.execute(text("SELECT 1 / 0, :word"), {"word": "magenta"})
    assert "division by zero" in str(caught.value)
    assert "magenta" not in str(caught.value)
