"""API tokens: shown once, kept as a hash, good for their scopes and their account, and dead when revoked."""

import pytest
from sqlalchemy import text

from desk.errors import Refused
from desk.platform.database import Database
from integration.access import api_tokens
from integration.access.permissions import TokenScope as Scope


def make(database: Database, account: str, *scopes: Scope, name: str = "shop") -> str:
    with database.account(account) as tx:
        return api_tokens.create_token(tx, name, scopes or (Scope.READ,))


def test_a_token_tells_its_account_and_scopes(database: Database, account: str, other_account: str) -> None:
    secret = make(database, account, Scope.READ, Scope.STAFF, Scope.READ)
    make(database, other_account, Scope.WRITE)
    caller = api_tokens.find_caller(database, f"bearer  {secret}")
    assert (caller.account, caller.scopes) == (account, frozenset({Scope.READ, Scope.STAFF}))


def test_a_token_is_long_random_and_recognisable(database: Database, account: str) -> None:
    one, two = make(database, account), make(database, account)
    assert one != two
    assert one.startswith("firstline_")
    assert len(one) == len("firstline_") + 43


def test_a_list_shows_tokens_without_their_secrets(database: Database, account: str, other_account: str) -> None:
    secret = make(database, account, Scope.READ, name="  the\x00 shop ")
    with database.account(account) as tx:
        (token,) = api_tokens.list_tokens(tx)
        kept = str(tx.execute(text("SELECT * FROM api_tokens")).one())
    assert (token.name, token.scopes, token.revoked_at) == ("the shop", (Scope.READ,), None)
    assert secret.removeprefix("firstline_") not in kept
    with database.account(other_account) as tx:
        assert api_tokens.list_tokens(tx) == []


def test_a_revoked_token_stays_listed_and_opens_nothing(database: Database, account: str, other_account: str) -> None:
    secret = make(database, account)
    with database.account(account) as tx:
        token_id = api_tokens.list_tokens(tx)[0].id
    with database.account(other_account) as tx:
        assert not api_tokens.revoke_token(tx, token_id)
    assert api_tokens.find_caller(database, f"Bearer {secret}").token_id == token_id
    with database.account(account) as tx:
        assert api_tokens.revoke_token(tx, token_id)
        assert not api_tokens.revoke_token(tx, token_id)
        assert api_tokens.list_tokens(tx)[0].revoked_at is not None
    with pytest.raises(Refused) as refused:
        api_tokens.find_caller(database, f"Bearer {secret}")
    assert refused.value.status == 401


@pytest.mark.parametrize("wrong", ["", "7", "not-an-id", "-" * 36, "\x00"])
def test_what_is_no_id_revokes_nothing(database: Database, account: str, wrong: str) -> None:
    make(database, account)
    with database.account(account) as tx:
        assert not api_tokens.revoke_token(tx, wrong)


@pytest.mark.parametrize("name", ["", "  ", "\x00", "x" * 101])
def test_a_token_needs_a_name(database: Database, account: str, name: str) -> None:
    with database.account(account) as tx, pytest.raises(Refused):
        api_tokens.create_token(tx, name, [Scope.READ])


def test_a_token_needs_a_scope(database: Database, account: str) -> None:
    with database.account(account) as tx, pytest.raises(Refused):
        api_tokens.create_token(tx, "shop", [])
