"""Who may come in: invitations, roles, sessions, and that somebody is left who can let others in."""

import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask
from flask.testing import FlaskClient

from desk.errors import Refused
from desk.platform.database import Database
from integration.access import people, sign_in
from integration.access.permissions import StaffRole
from tests.integration.paged import Queue, csrf, make_app, signed_in
from workers.audit import COMMAND_LINE, AuditFilter, list_audit


@pytest.fixture
def app(database: Database, account: str) -> Flask:
    return make_app(database, account, Queue())


@pytest.fixture
def admin(app: Flask, database: Database, account: str) -> FlaskClient:
    return signed_in(app, database, account)


def invite(admin: FlaskClient, email: str = "Kim@Example.com", role: str = "agent") -> str:
    """The path of the link that the page shows."""
    page = admin.post("/console/users", data={"csrf": csrf(admin), "email": email, "role": role})
    assert page.status_code == 200
    found = re.search(r'value="http://localhost(/sign-in/[\w-]+)"', page.text)
    assert found is not None
    return found[1]


def user_id(database: Database, account: str, email: str) -> str:
    with database.account(account) as tx:
        return next(user.id for user in sign_in.list_users(tx) if user.email == email)


def change(admin: FlaskClient, user: str, act: str, **fields: str) -> int:
    return admin.post(f"/console/users/{user}", data={"csrf": csrf(admin), "act": act, **fields}).status_code


def kinds(database: Database, account: str) -> list[str]:
    with database.account(account) as tx:
        return [line.kind for line in list_audit(tx, AuditFilter(), most=50)][::-1]


def test_an_invitation_is_a_link_shown_once_that_lets_somebody_in(
    admin: FlaskClient, app: Flask, database: Database, account: str
) -> None:
    link = invite(admin)
    assert link not in admin.get("/console/users").text
    kim = app.test_client()
    assert kim.post(link).status_code == 303
    assert "kim@example.com" in kim.get("/console/").text
    assert kim.get("/console/users").status_code == 403
    assert app.test_client().post(link).status_code == 410
    assert kinds(database, account) == ["sign_in", "invite", "sign_in"]


def test_a_role_changes_at_once(admin: FlaskClient, app: Flask, database: Database, account: str) -> None:
    kim = signed_in(app, database, account, StaffRole.AGENT)
    user = user_id(database, account, "agent@firstline.example")
    assert kim.get("/console/review").status_code == 200
    assert change(admin, user, "role", role="viewer") == 303
    assert kim.get("/console/review").status_code == 403
    assert "change_role" in kinds(database, account)


def test_sessions_are_ended_and_a_new_link_lets_in_again(
    admin: FlaskClient, app: Flask, database: Database, account: str
) -> None:
    kim = signed_in(app, database, account, StaffRole.AGENT)
    user = user_id(database, account, "agent@firstline.example")
    assert change(admin, user, "sessions") == 303
    assert kim.get("/console/").status_code == 401
    assert change(admin, user, "link") == 200


def test_who_is_shut_out_is_out_at_once_and_can_be_let_in_again(
    admin: FlaskClient, app: Flask, database: Database, account: str
) -> None:
    kim = signed_in(app, database, account, StaffRole.AGENT)
    user = user_id(database, account, "agent@firstline.example")
    assert change(admin, user, "disable") == 303
    assert kim.get("/console/").status_code == 401
    assert app.test_client().post(invite(admin, "agent@firstline.example")).status_code == 303


@pytest.mark.parametrize(("act", "fields"), [("disable", {}), ("role", {"role": "viewer"})])
def test_the_last_admin_stays(
    admin: FlaskClient, database: Database, account: str, act: str, fields: dict[str, str]
) -> None:
    user = user_id(database, account, "admin@firstline.example")
    assert change(admin, user, act, **fields) == 409
    assert admin.get("/console/users").status_code == 200


def test_two_admins_who_remove_each_other_at_once_leave_one(database: Database, account: str) -> None:
    with database.account(account) as tx:
        admins = [sign_in.add_user(tx, f"{name}@firstline.example", StaffRole.ADMIN) for name in ("ada", "bob")]

    def remove(place: int) -> bool:
        with database.account(account) as tx:
            try:
                people.disable(tx, COMMAND_LINE, admins[place])
            except Refused:
                return False
        return True

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(remove, (0, 1))) == [False, True]


@pytest.mark.parametrize(
    ("data", "status"),
    [
        ({"email": "nonsense", "role": "agent"}, 422),
        ({"email": "admin@firstline.example", "role": "viewer"}, 409),
        ({"email": "kim@example.com", "role": "owner"}, 400),
    ],
)
def test_an_odd_invitation_is_refused_with_words(admin: FlaskClient, data: dict[str, str], status: int) -> None:
    assert admin.post("/console/users", data={"csrf": csrf(admin), **data}).status_code == status


def test_people_of_another_account_are_not_there(admin: FlaskClient, database: Database, other_account: str) -> None:
    with database.account(other_account) as tx:
        stranger = sign_in.add_user(tx, "kim@example.com", StaffRole.AGENT)
    assert change(admin, stranger.id, "disable") == 404
    assert change(admin, stranger.id, "explode") == 404


@pytest.mark.parametrize("role", [StaffRole.VIEWER, StaffRole.AGENT])
def test_only_admins_change_people(app: Flask, database: Database, account: str, role: StaffRole) -> None:
    client = signed_in(app, database, account, role)
    user = user_id(database, account, f"{role}@firstline.example")
    assert change(client, user, "role", role="admin") == 403
    data = {"csrf": csrf(client), "email": "x@example.com", "role": "admin"}
    assert client.post("/console/users", data=data).status_code == 403
