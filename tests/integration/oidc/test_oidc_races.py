"""Two at once: one attempt is used up once, and one user is bound to one person."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import pytest

from desk.errors import Refused
from desk.platform.database import Database
from integration.access import people, sign_in
from integration.access.oidc.attempts import OidcAttempt, keep_attempt, use_up_attempt
from integration.access.oidc.identities import recognise
from integration.access.oidc.provider import VouchedPerson
from tests.integration.oidc.oidc_browser import ADA
from workers.audit import COMMAND_LINE

T = TypeVar("T")
BROWSER = "b" * 43
ISSUER = "https://login.example"


def at_once(*acts: Callable[[], T]) -> list[T]:
    """What comes of them when all begin in the same moment."""
    together = threading.Barrier(len(acts))

    def begin(act: Callable[[], T]) -> T:
        together.wait()
        return act()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(begin, acts))


def test_what_comes_back_twice_at_once_is_used_up_once(database: Database, account: str) -> None:
    with database.account(account) as tx:
        keep_attempt(tx, BROWSER, "state", OidcAttempt("nonce", "verifier", "/console/"))

    def come_back() -> OidcAttempt | None:
        with database.account(account) as tx:
            return use_up_attempt(tx, BROWSER, "state")

    found = at_once(*[come_back] * 4)
    assert [attempt for attempt in found if attempt] == [OidcAttempt("nonce", "verifier", "/console/")]


@pytest.mark.usefixtures("ada")
@pytest.mark.parametrize("subjects", [("one", "two", "three", "four"), ("one", "one", "one", "one")])
def test_of_all_who_have_an_address_at_once_one_is_bound(
    database: Database, account: str, subjects: tuple[str, ...]
) -> None:
    def come_in(subject: str) -> str | None:
        with database.account(account) as tx:
            try:
                return recognise(tx, VouchedPerson(ISSUER, subject, ADA, email_verified=True)).email
            except Refused:
                return None

    let_in = at_once(*[lambda subject=subject: come_in(subject) for subject in subjects])
    assert let_in.count(ADA) == subjects.count(subjects[0])


@pytest.mark.usefixtures("ada")
def test_who_is_removed_while_signing_in_holds_no_session(database: Database, account: str) -> None:
    def come_in() -> bool:
        with database.account(account) as tx:
            try:
                sign_in.open_session(tx, recognise(tx, VouchedPerson(ISSUER, "one", ADA, email_verified=True)))
            except Refused:
                return False
            return True

    def remove() -> bool:
        with database.account(account) as tx:
            return people.shut_out(tx, COMMAND_LINE, ADA)

    at_once(come_in, remove, come_in)
    with database.account(account) as tx:
        assert sign_in.count_sessions(tx) == {}
