"""Who looks is proven: every way in which a token can be wrong, and what follows from one that is right."""

import base64
import json
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
from pydantic import ValidationError
from sqlalchemy import text

from desk.errors import Refused
from desk.platform.database import Database
from integration.access.embedded_sessions import EmbeddedStaff, find_session, open_session
from integration.access.permissions import StaffRole
from integration.connections import load_connection, save_connection
from integration.zendesk.api.connection import PARTY, ZendeskConnection
from integration.zendesk.sidebar.agents import remember_app
from integration.zendesk.sidebar.token import check_token
from tests.integration.zendesk_app.signed import INSTALLATION, audience, public_key, signed_token

URL = "https://acorn.zendesk.com"
CONFIG = ZendeskConnection(
    base_url=URL, email="a@acorn.example", api_token="t", app_public_key=public_key(), app_installation_id=INSTALLATION
)
MARIA = EmbeddedStaff("77", "Maria Lind", "maria@acorn.example", StaffRole.AGENT)


@pytest.mark.parametrize("sub", ["77", f"{URL}/api/v2/users/77.json", f"{URL}/api/v2/users/77"])
def test_a_good_token_names_its_user(sub: str) -> None:
    assert check_token(signed_token(URL, sub), CONFIG).user_id == "77"


def unsigned(algorithm: str, key: str = "") -> str:
    claims = jwt.decode(signed_token(URL, 77), options={"verify_signature": False})
    if algorithm == "none":
        return jwt.encode(claims, "", algorithm="none")
    header, payload = (
        base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()
        for part in ({"alg": algorithm, "typ": "JWT"}, claims)
    )
    return f"{header}.{payload}." + base64.urlsafe_b64encode(b"x" * 32).rstrip(b"=").decode()


BAD: dict[str, tuple[Callable[[], str], str]] = {
    "expired": (lambda: signed_token(URL, 77, exp=int(time.time()) - 60), "expired"),
    "another app's key": (lambda: signed_token(URL, 77, key="another app's"), "not signed"),
    "another installation": (lambda: signed_token(URL, 77, aud=audience(URL, "4712")), "another installation"),
    "another Zendesk": (lambda: signed_token(URL, 77, aud=audience("https://oak.zendesk.com")), "another installation"),
    "no audience": (lambda: signed_token(URL, 77, aud=None), "not signed"),
    "no end": (lambda: signed_token(URL, 77, exp=None), "not signed"),
    "no beginning": (lambda: signed_token(URL, 77, iat=None), "not signed"),
    "no user": (lambda: signed_token(URL, 77, sub=None), "not signed"),
    "not yet": (lambda: signed_token(URL, 77, nbf=int(time.time()) + 600), "not signed"),
    "from the future": (lambda: signed_token(URL, 77, iat=int(time.time()) + 600), "not signed"),
    "for ever": (lambda: signed_token(URL, 77, exp=10**18), "never ends"),
    "a name": (lambda: signed_token(URL, "admin"), "no user"),
    "a statement": (lambda: signed_token(URL, "77 OR 1=1"), "no user"),
    "a path": (lambda: signed_token(URL, "../77"), "no user"),
    "unsigned": (lambda: unsigned("none"), "not signed"),
    "signed with the public key": (lambda: unsigned("HS256"), "not signed"),
    "too long": (lambda: signed_token(URL, 77) + "x" * 9000, "too long"),
    "empty": (lambda: "", "not signed"),
    "no JSON": (lambda: "a.b.c", "not signed"),
    "half a letter": (lambda: "\ud800", "not signed"),
    "snow": (lambda: "☃" * 20, "not signed"),
}


@pytest.mark.parametrize("name", BAD)
def test_every_other_token_is_refused_and_the_reason_is_said(name: str) -> None:
    make_token, why = BAD[name]
    with pytest.raises(Refused, match=why) as refused:
        check_token(make_token(), CONFIG)
    assert refused.value.status == 401


def test_a_token_whose_claims_were_changed_is_refused() -> None:
    header, payload, signature = signed_token(URL, 77).split(".")
    claims = json.loads(base64.urlsafe_b64decode(payload + "=="))
    forged = base64.urlsafe_b64encode(json.dumps(claims | {"sub": "1"}).encode()).rstrip(b"=").decode()
    with pytest.raises(Refused, match="not signed"):
        check_token(f"{header}.{forged}.{signature}", CONFIG)


@pytest.mark.parametrize("missing", ["app_public_key", "app_installation_id"])
def test_without_key_or_installation_nobody_comes_in(missing: str) -> None:
    with pytest.raises(Refused, match="does not know"):
        check_token(signed_token(URL, 77), CONFIG.model_copy(update={missing: ""}))


def test_two_copies_of_one_token_are_one_proof_also_where_it_has_no_id() -> None:
    token = signed_token(URL, 77, jti=None)
    other_spelling = token[:-1] + chr(ord(token[-1]) + 1)  # the last letter's low bits mean nothing
    proofs = {check_token(token, CONFIG).proof, check_token(token, CONFIG).proof}
    with suppress(Refused):
        proofs.add(check_token(other_spelling, CONFIG).proof)
    assert len(proofs) == 1
    assert check_token(signed_token(URL, 77, jti=None, nbf=1), CONFIG).proof not in proofs


@pytest.mark.parametrize("pem", ["nonsense", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----"])
def test_a_key_that_is_none_is_not_kept(pem: str) -> None:
    with pytest.raises(ValidationError, match="public key"):
        ZendeskConnection(base_url=URL, email="a@b", api_token="t", app_public_key=pem)


def test_a_key_may_be_typed_in_one_line() -> None:
    typed = public_key().replace("\n", "\\n")
    config = ZendeskConnection(base_url=URL, email="a@b", api_token="t", app_public_key=typed)
    assert config.app_public_key == public_key().strip()


def test_the_app_is_remembered_with_the_connection(database: Database, account: str) -> None:
    with database.account(account) as tx, pytest.raises(Refused, match="connect Zendesk first"):
        remember_app(tx, public_key(), INSTALLATION)
    with database.account(account) as tx:
        save_connection(tx, PARTY, CONFIG.model_copy(update={"app_public_key": "", "app_installation_id": ""}))
        remember_app(tx, public_key(), INSTALLATION)
        kept = load_connection(tx, PARTY, ZendeskConnection)
    assert kept is not None
    assert (kept.config.app_public_key, kept.config.app_installation_id) == (public_key().strip(), INSTALLATION)


# --- Sessions ---------------------------------------------------------------------------------------------------------

SOON = datetime.now(UTC) + timedelta(minutes=5)


def opened(database: Database, account: str, proof: str = "jti:1", ends_at: datetime = SOON) -> str | None:
    with database.account(account) as tx:
        return open_session(tx, proof, ends_at, MARIA)


def holder(database: Database, account: str, header: Any) -> EmbeddedStaff | None:
    with database.account(account) as tx:
        return find_session(tx, header)


def age(database: Database, account: str, column: str, interval: str) -> None:
    with database.account(account) as tx:
        tx.execute(text(f"UPDATE embedded_sessions SET {column} = now() - interval '{interval}'"))


def test_a_proof_opens_one_session_and_no_second(database: Database, account: str, other_account: str) -> None:
    secret = opened(database, account)
    assert secret is not None
    assert holder(database, account, f"Bearer {secret}") == MARIA
    assert opened(database, account) is None
    assert opened(database, account, "jti:2") is not None
    assert opened(database, other_account) is not None


def test_a_session_is_good_in_its_own_account_alone(database: Database, account: str, other_account: str) -> None:
    assert holder(database, other_account, f"Bearer {opened(database, account)}") is None


@pytest.mark.parametrize(("column", "interval"), [("seen_at", "31 minutes"), ("created_at", "241 minutes")])
def test_a_session_ends_when_idle_and_at_the_latest_after_four_hours(
    database: Database, account: str, column: str, interval: str
) -> None:
    secret = opened(database, account)
    age(database, account, column, interval)
    assert holder(database, account, f"Bearer {secret}") is None


def test_use_keeps_a_session_open(database: Database, account: str) -> None:
    secret = opened(database, account)
    for _ in range(3):
        age(database, account, "seen_at", "29 minutes")
        assert holder(database, account, f"bearer {secret}") == MARIA


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer x", "Basic abc", "Bearer " + "a" * 43, "Bearer \x00"])
def test_no_other_header_is_anybody(database: Database, account: str, header: str | None) -> None:
    opened(database, account)
    assert holder(database, account, header) is None


def test_a_used_proof_is_kept_for_as_long_as_its_token_could_come_again(database: Database, account: str) -> None:
    opened(database, account, "short")
    opened(database, account, "long", datetime.now(UTC) + timedelta(days=9))
    age(database, account, "created_at", "2 days")
    with database.account(account) as tx:
        soon = "proof_ends_at < now() + interval '1 day'"
        tx.execute(text(f"UPDATE embedded_sessions SET proof_ends_at = now() - interval '2 days' WHERE {soon}"))
    opened(database, account, "another")
    assert opened(database, account, "long") is None
    assert opened(database, account, "short") is not None
