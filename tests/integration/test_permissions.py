"""The table of permissions: complete, in the right order, and asked by every door."""

from dataclasses import dataclass

import pytest

from desk.db import Database
from desk.errors import Refused
from integration.api.blueprint import ABOUT_ITSELF
from integration.api.operations import OPERATIONS
from integration.console.blueprint import NEEDS, OPEN
from integration.permissions import MAY, Act, Grant, Scope, StaffRole, allow, demand
from tests.integration.api_door import ApiDoor


@dataclass(frozen=True)
class Somebody:
    grant: Grant


WITHOUT_TOKEN = {"health", "live", "ready"}


def test_every_act_stands_in_the_table_and_somebody_may_do_it() -> None:
    assert set(MAY) == set(Act)
    assert all(needs.role or needs.scope for needs in MAY.values())


@pytest.mark.parametrize(
    ("role", "acts"),
    [
        (
            StaffRole.VIEWER,
            {Act.READ_ONE_TICKET, Act.READ_TICKETS, Act.SEE_INTERNAL, Act.SEE_RECEIPTS, Act.READ_KNOWLEDGE},
        ),
        (StaffRole.AGENT, {Act.WRITE_AS_AGENT, Act.REQUEUE, Act.PAUSE}),
        (StaffRole.ADMIN, {Act.MANAGE_USERS, Act.MANAGE_TOKENS, Act.SYNC_SOURCES}),
    ],
)
def test_each_role_adds_these_acts(role: StaffRole, acts: set[Act]) -> None:
    ranks = list(StaffRole)
    below = {act for r in ranks[: ranks.index(role)] for act in Act if allow(Somebody(r), act)}
    assert {act for act in Act if allow(Somebody(role), act)} == below | acts
    assert not below & acts


def test_a_scope_gives_what_it_says_and_no_more() -> None:
    may = {scope: {act for act in Act if allow(Somebody(frozenset([scope])), act)} for scope in Scope}
    assert may == {
        Scope.WRITE: {Act.OPEN_TICKET, Act.WRITE_AS_CUSTOMER},
        Scope.READ: {Act.READ_ONE_TICKET},
        Scope.STAFF: {Act.WRITE_AS_AGENT, Act.SEE_INTERNAL, Act.SEE_RECEIPTS},
    }
    assert not any(allow(Somebody(frozenset()), act) for act in Act)


def test_no_token_manages_users_or_tokens() -> None:
    everything = Somebody(frozenset(Scope))
    assert not any(allow(everything, act) for act in (Act.MANAGE_USERS, Act.MANAGE_TOKENS, Act.PAUSE, Act.REQUEUE))


@pytest.mark.parametrize(
    ("who", "act", "said"),
    [
        (StaffRole.VIEWER, Act.PAUSE, "agent"),
        (StaffRole.ADMIN, Act.OPEN_TICKET, "token"),
        (frozenset([Scope.READ]), Act.OPEN_TICKET, "tickets:write"),
        (frozenset(Scope), Act.PAUSE, "staff"),
    ],
)
def test_a_refusal_says_what_it_takes(who: Grant, act: Act, said: str) -> None:
    with pytest.raises(Refused, match=said) as refused:
        demand(Somebody(who), act)
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
    assert set(NEEDS.values()) <= set(Act)
    assert all(MAY[act].role is not None for act in NEEDS.values())
