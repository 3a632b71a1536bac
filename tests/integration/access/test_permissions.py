"""The table of permissions: complete, in the right order, and asked by every door."""

from dataclasses import dataclass

import pytest

from desk.errors import Refused
from desk.platform.database import Database
from integration.access.permissions import PERMISSIONS, Grant, Permission, StaffRole, TokenScope, is_allowed, require
from integration.api.blueprint import ABOUT_ITSELF
from integration.api.operations import OPERATIONS
from integration.console.blueprint import NEEDS, OPEN
from tests.integration.api_door import ApiDoor


@dataclass(frozen=True)
class Somebody:
    grant: Grant


WITHOUT_TOKEN = {"health", "live", "ready"}


def test_every_act_stands_in_the_table_and_somebody_may_do_it() -> None:
    assert set(PERMISSIONS) == set(Permission)
    assert all(needs.role or needs.scope for needs in PERMISSIONS.values())


@pytest.mark.parametrize(
    ("role", "acts"),
    [
        (
            StaffRole.VIEWER,
            {
                Permission.READ_ONE_TICKET,
                Permission.READ_TICKETS,
                Permission.SEE_INTERNAL,
                Permission.SEE_RECEIPTS,
                Permission.READ_KNOWLEDGE,
            },
        ),
        (
            StaffRole.AGENT,
            {Permission.WRITE_AS_AGENT, Permission.REQUEUE, Permission.PAUSE, Permission.ACT_ON_TICKETS},
        ),
        (
            StaffRole.ADMIN,
            {
                Permission.MANAGE_USERS,
                Permission.MANAGE_TOKENS,
                Permission.MANAGE_CONNECTIONS,
                Permission.SYNC_SOURCES,
                Permission.SWITCH_PAGES,
                Permission.REVIEW_ENTRIES,
                Permission.READ_AUDIT,
            },
        ),
    ],
)
def test_each_role_adds_these_acts(role: StaffRole, acts: set[Permission]) -> None:
    ranks = list(StaffRole)
    below = {act for r in ranks[: ranks.index(role)] for act in Permission if is_allowed(Somebody(r), act)}
    assert {act for act in Permission if is_allowed(Somebody(role), act)} == below | acts
    assert not below & acts


def test_a_scope_gives_what_it_says_and_no_more() -> None:
    may = {scope: {act for act in Permission if is_allowed(Somebody(frozenset([scope])), act)} for scope in TokenScope}
    assert may == {
        TokenScope.WRITE: {Permission.OPEN_TICKET, Permission.WRITE_AS_CUSTOMER},
        TokenScope.READ: {Permission.READ_ONE_TICKET},
        TokenScope.STAFF: {Permission.WRITE_AS_AGENT, Permission.SEE_INTERNAL, Permission.SEE_RECEIPTS},
        TokenScope.ACT: {Permission.ACT_ON_TICKETS},
    }
    assert not any(is_allowed(Somebody(frozenset()), act) for act in Permission)


def test_no_token_manages_users_or_tokens() -> None:
    everything = Somebody(frozenset(TokenScope))
    assert not any(
        is_allowed(everything, act)
        for act in (Permission.MANAGE_USERS, Permission.MANAGE_TOKENS, Permission.PAUSE, Permission.REQUEUE)
    )


@pytest.mark.parametrize(
    ("who", "act", "said"),
    [
        (StaffRole.VIEWER, Permission.PAUSE, "agent"),
        (StaffRole.ADMIN, Permission.OPEN_TICKET, "token"),
        (frozenset([TokenScope.READ]), Permission.OPEN_TICKET, "tickets:write"),
        (frozenset(TokenScope), Permission.PAUSE, "staff"),
    ],
)
def test_a_refusal_says_what_it_takes(who: Grant, act: Permission, said: str) -> None:
    with pytest.raises(Refused, match=said) as refused:
        require(Somebody(who), act)
    assert refused.value.status == 403


def test_every_route_of_the_api_is_mapped_or_open_on_purpose(database: Database, account: str) -> None:
    app = ApiDoor(database, account).app
    served = {r.endpoint.removeprefix("api.") for r in app.url_map.iter_rules() if r.endpoint.startswith("api.")}
    guarded = {each.name for each in OPERATIONS if each.act}
    assert served == guarded | WITHOUT_TOKEN | ABOUT_ITSELF
    assert not guarded & (WITHOUT_TOKEN | ABOUT_ITSELF)


def test_a_route_that_nobody_mapped_is_refused(database: Database, account: str) -> None:
    door = ApiDoor(database, account)
    blueprint = door.app.blueprints["api"]
    door.app.add_url_rule("/api/v1/forgotten", "api.forgotten", lambda: "open to all")
    assert blueprint.name == "api"
    answer = door.get("/api/v1/forgotten")
    assert answer.status_code == 403
    assert "open to all" not in answer.text


def test_every_route_of_the_console_asks_for_an_act_or_is_open_on_purpose() -> None:
    assert not set(NEEDS) & OPEN
    assert set(NEEDS.values()) <= set(Permission)
    assert all(PERMISSIONS[act].role is not None for act in NEEDS.values())
