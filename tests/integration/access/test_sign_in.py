"""Staff: a link works once, a session ends when it should, and nobody's secret is in the database."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from desk.errors import Refused
from desk.platform.database import Database
from integration.access import sign_in as staff
from integration.access.permissions import StaffRole

ADA = "ada@desk.example"


def invite(database: Database, account: str, role: StaffRole = StaffRole.AGENT, email: str = ADA) -> str:
    with database.account(account) as tx:
        staff.add_user(tx, email, role)
    return staff.new_sign_in_link(database, account, email)


def sign_in(database: Database, account: str, role: StaffRole = StaffRole.AGENT) -> str:
    cookie = staff.redeem(database, invite(database, account, role))
    assert cookie is not None
    return cookie


def age(database: Database, account: str, table: str, column: str, by: str) -> None:
    with database.account(account) as tx:
        tx.execute(text(f"UPDATE {table} SET {column} = {column} - interval '{by}'"))


def test_a_link_signs_in_once(database: Database, account: str) -> None:
    link = invite(database, account)
    cookie = staff.redeem(database, link)
    assert staff.redeem(database, link) is None
    who = staff.staff_of(database, cookie)
    assert who is not None
    assert (who.account, who.email, who.role) == (account, ADA, StaffRole.AGENT)


def test_a_link_opened_many_times_at_once_signs_in_once(database: Database, account: str) -> None:
    link, together = invite(database, account), threading.Barrier(4)

    def open_it(_: int) -> str | None:
        together.wait()
        return staff.redeem(database, link)

    with ThreadPoolExecutor(4) as pool:
        cookies = [cookie for cookie in pool.map(open_it, range(4)) if cookie]
    assert len(cookies) == 1


def test_a_link_ends_after_a_day(database: Database, account: str) -> None:
    link = invite(database, account)
    age(database, account, "sign_in_links", "expires_at", "24 hours 1 second")
    assert staff.redeem(database, link) is None


def test_a_new_link_takes_the_place_of_the_one_before(database: Database, account: str) -> None:
    first = invite(database, account)
    second = staff.new_sign_in_link(database, account, ADA)
    assert staff.redeem(database, first) is None
    assert staff.redeem(database, second) is not None


@pytest.mark.parametrize("wrong", ["", "x", "\x00", "ä", "\ud800", "x" * 100_000, "' OR true --"])
def test_what_is_no_secret_opens_nothing(database: Database, account: str, wrong: str) -> None:
    assert staff.redeem(database, wrong) is None
    assert staff.staff_of(database, wrong) is None
    staff.sign_out(database, wrong)


def test_a_link_is_no_cookie_and_a_cookie_no_link(database: Database, account: str) -> None:
    link = invite(database, account)
    assert staff.staff_of(database, link) is None
    cookie = staff.redeem(database, link)
    assert cookie
    assert staff.redeem(database, cookie) is None


def test_a_session_ends_after_two_weeks(database: Database, account: str) -> None:
    cookie = sign_in(database, account)
    age(database, account, "sessions", "created_at", "13 days 23 hours")
    assert staff.staff_of(database, cookie) is not None
    age(database, account, "sessions", "created_at", "2 hours")
    assert staff.staff_of(database, cookie) is None


def test_a_session_ends_when_nobody_uses_it_for_twelve_hours(database: Database, account: str) -> None:
    cookie = sign_in(database, account)
    for _ in range(3):
        age(database, account, "sessions", "seen_at", "11 hours")
        assert staff.staff_of(database, cookie) is not None
    age(database, account, "sessions", "seen_at", "12 hours 1 second")
    assert staff.staff_of(database, cookie) is None


def test_signing_out_ends_this_session_alone(database: Database, account: str) -> None:
    here, there = sign_in(database, account), sign_in(database, account)
    staff.sign_out(database, here)
    assert staff.staff_of(database, here) is None
    assert staff.staff_of(database, there) is not None


def test_who_is_shut_out_is_out_at_once(database: Database, account: str) -> None:
    cookie, link = sign_in(database, account), invite(database, account)
    with database.account(account) as tx:
        assert staff.disable_user(tx, ADA.upper())
        assert not staff.disable_user(tx, ADA)
    assert staff.staff_of(database, cookie) is None
    assert staff.redeem(database, link) is None
    with pytest.raises(Refused):
        staff.new_sign_in_link(database, account, ADA)


def test_a_disabled_user_is_refused_even_where_session_and_link_are_left(database: Database, account: str) -> None:
    cookie, link = sign_in(database, account), invite(database, account)
    with database.account(account) as tx:
        tx.execute(text("UPDATE users SET disabled_at = now()"))
    assert staff.staff_of(database, cookie) is None
    assert staff.redeem(database, link) is None


def test_adding_somebody_again_changes_the_role_of_open_sessions(database: Database, account: str) -> None:
    cookie = sign_in(database, account, StaffRole.ADMIN)
    with database.account(account) as tx:
        again = staff.add_user(tx, f" {ADA.upper()} ", StaffRole.VIEWER)
        assert [user.id for user in staff.list_users(tx)] == [again.id]
    who = staff.staff_of(database, cookie)
    assert who is not None
    assert who.role is StaffRole.VIEWER


@pytest.mark.parametrize(
    "wrong", ["", "ada", "@x.example", "a@", "a b@x.example", "a@b@c", "a@x\n.example", "<a@x.example>"]
)
def test_what_is_no_address_cannot_sign_in(database: Database, account: str, wrong: str) -> None:
    with database.account(account) as tx, pytest.raises(Refused) as refused:
        staff.add_user(tx, wrong, StaffRole.ADMIN)
    assert refused.value.status == 422


def test_nobody_gets_a_link_into_an_account_that_is_not_theirs(
    database: Database, account: str, other_account: str
) -> None:
    invite(database, account)
    with pytest.raises(Refused) as refused:
        staff.new_sign_in_link(database, other_account, ADA)
    assert refused.value.status == 404


def test_no_session_is_for_a_user_of_another_account(database: Database, account: str, other_account: str) -> None:
    with database.account(account) as tx:
        user = staff.add_user(tx, ADA, StaffRole.ADMIN)
    forged = "INSERT INTO sessions (account_id, hash, user_id) VALUES (:account, 'x', :user)"
    with database.account(other_account) as tx, pytest.raises(IntegrityError):
        tx.execute(text(forged), {"account": other_account, "user": user.id})


def test_no_secret_is_kept(database: Database, account: str) -> None:
    link = invite(database, account)
    cookie = staff.redeem(database, link)
    assert cookie
    who = staff.staff_of(database, cookie)
    assert who is not None
    with database.account(account) as tx:
        kept = [
            str(row) for table in ("sign_in_links", "sessions") for row in tx.execute(text(f"SELECT * FROM {table}"))
        ]
    assert len(kept) == 2
    assert not any(secret in row for row in kept for secret in (link, cookie, who.csrf))


def test_the_token_of_a_form_fits_its_own_session_alone(database: Database, account: str) -> None:
    one, two = (staff.staff_of(database, sign_in(database, account)) for _ in range(2))
    again = staff.staff_of(database, sign_in(database, account))
    assert one is not None
    assert two is not None
    assert again is not None
    assert len({one.csrf, two.csrf, again.csrf}) == 3
    assert one.session not in one.csrf


def test_what_is_over_is_deleted_and_what_lives_stays(database: Database, account: str, other_account: str) -> None:
    gone, left = invite(database, account), sign_in(database, other_account)
    age(database, account, "sign_in_links", "expires_at", "30 hours")
    assert staff.forget_sign_ins(database) >= 1
    assert staff.staff_of(database, left) is not None
    with database.account(account) as tx:
        assert tx.execute(text("SELECT count(*) FROM sign_in_links")).scalar_one() == 0
    assert staff.redeem(database, gone) is None
