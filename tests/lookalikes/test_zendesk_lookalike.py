"""The Zendesk look-alike, driven by the real zenpy: what it promises to whoever tests against it."""

from collections.abc import Iterator
from typing import Any

import pytest
import requests
from zenpy import Zenpy
from zenpy.lib.api import BaseApi
from zenpy.lib.api_objects import Comment, Ticket
from zenpy.lib.exception import APIException, RecordNotFoundException

from tests.lookalikes.zendesk import EMAIL, TOKEN, Zendesk

pytestmark = pytest.mark.loopback


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.25

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def zendesk(clock: Clock) -> Iterator[Zendesk]:
    with Zendesk(clock=clock) as party:
        yield party


@pytest.fixture
def client(zendesk: Zendesk) -> Iterator[Any]:
    with requests.Session() as session:
        yield zenpy_at(zendesk, session)


def zenpy_at(zendesk: Zendesk, session: requests.Session, token: str = TOKEN) -> Any:
    """zenpy on plain HTTP: the host is `subdomain.domain`, so "127" and "0.0.1:port" make one."""
    subdomain, _, domain = zendesk.url.removeprefix("http://").partition(".")
    client = Zenpy(
        subdomain=subdomain, domain=domain, email=EMAIL, token=token, session=session, timeout=5, disable_cache=True
    )
    for api in vars(client).values():
        if isinstance(api, BaseApi):
            api.protocol = "http"
    return client


def get(zendesk: Zendesk, path: str) -> Any:
    """A plain GET with the right token."""
    return requests.get(zendesk.url + path, auth=(f"{EMAIL}/token", TOKEN), timeout=5).json()


# --- Reading ---------------------------------------------------------------------------------------------------------


def test_zenpy_reads_a_ticket_with_its_people(zendesk: Zendesk, client: Any) -> None:
    number = zendesk.new_ticket("Lost parcel", "Where is it?", requester="ada@example.org", organization="Lovelace")
    ticket = client.tickets(id=number)
    assert (ticket.subject, ticket.status, ticket.requester.email) == ("Lost parcel", "new", "ada@example.org")
    assert ticket.organization.name == "Lovelace"
    assert ticket.updated_at == "2027-01-15T08:00:00Z"
    assert [comment.body for comment in client.tickets.comments(number)] == ["Where is it?"]
    told = get(zendesk, f"/api/v2/tickets/{number}.json?include=users,organizations,groups")
    assert [user["email"] for user in told["users"]] == ["ada@example.org"]
    assert [each["name"] for each in told["organizations"]] == ["Lovelace"]


def test_a_wrong_token_is_401_and_nobody_on_users_me(zendesk: Zendesk) -> None:
    number = zendesk.new_ticket("Hello", "Hello")
    with requests.Session() as session:
        stranger = zenpy_at(zendesk, session, token="stolen")
        with pytest.raises(APIException) as refusal:
            stranger.tickets(id=number)
        assert refusal.value.response.status_code == 401
        assert stranger.users.me().name == "Anonymous user"


def test_a_requester_may_have_no_address_and_a_user_be_suspended(zendesk: Zendesk, client: Any) -> None:
    number = zendesk.new_ticket("Chat", "Hello", requester=None, name="Visitor 7")
    zendesk.new_ticket("Spam", "Buy", requester="loud@example.org")
    zendesk.suspend("loud@example.org")
    requester = client.tickets(id=number).requester
    assert (requester.name, requester.email) == ("Visitor 7", None)
    assert client.users(id=zendesk.store.person("loud@example.org")["id"]).suspended is True


def test_three_hundred_comments_come_by_cursor_and_by_page(zendesk: Zendesk, client: Any) -> None:
    number = zendesk.new_ticket("Long", "message 0")
    for turn in range(1, 300):
        zendesk.add_comment(number, f"message {turn}")
    expected = [f"message {turn}" for turn in range(300)]
    assert [comment.body for comment in client.tickets.comments(number)] == expected
    assert len({audit.id for audit in client.tickets.audits(number)}) == 300
    page = get(zendesk, f"/api/v2/tickets/{number}/comments.json?page=3&per_page=100&include=users")
    assert [comment["body"] for comment in page["comments"]] == expected[200:]
    assert (page["count"], page["next_page"], len(page["users"])) == (300, None, 1)
    newest = get(zendesk, f"/api/v2/tickets/{number}/comments.json?sort=-created_at&page[size]=1")
    assert newest["comments"][0]["body"] == "message 299"


def test_a_full_last_page_promises_another_that_is_empty(zendesk: Zendesk) -> None:
    number = zendesk.new_ticket("Two", "one")
    zendesk.add_comment(number, "two")
    first = get(zendesk, f"/api/v2/tickets/{number}/audits.json?page[size]=2")
    assert (len(first["audits"]), first["meta"]["has_more"]) == (2, True)
    second = get(zendesk, first["links"]["next"].removeprefix(zendesk.url))
    assert (second["audits"], second["meta"]["has_more"]) == ([], False)


# --- Writing ---------------------------------------------------------------------------------------------------------


def test_a_reply_and_a_note_stand_in_the_conversation(zendesk: Zendesk, client: Any) -> None:
    number = zendesk.new_ticket("Lost parcel", "Where is it?")
    client.tickets.update(Ticket(id=number, comment=Comment(html_body="<p>On its <b>way</b></p>", public=True)))
    client.tickets.update(Ticket(id=number, comment=Comment(body="Customer waits", public=False), status="pending"))
    assert [reply["body"] for reply in zendesk.public_replies(number)] == ["On its way"]
    assert [note["body"] for note in zendesk.notes(number)] == ["Customer waits"]
    assert [line.split(": ", 1)[1] for line in zendesk.timeline(number)] == [
        'public comment "Where is it?"',
        'public comment "On its way"',
        'private comment "Customer waits"',
        "status: new -> pending",
    ]


def test_metadata_is_found_again_under_custom_in_the_audit_alone(zendesk: Zendesk, client: Any) -> None:
    number = zendesk.new_ticket("Lost parcel", "Where is it?")
    client.tickets.update(Ticket(id=number, comment=Comment(body="Here"), metadata={"mark": "d-1"}))
    client.tickets.update(Ticket(id=number, comment=Comment(body="There"), metadata={"custom": {"mark": "d-2"}}))
    zendesk.api.unwraps_custom = True
    client.tickets.update(Ticket(id=number, comment=Comment(body="Anywhere"), metadata={"custom": {"mark": "d-3"}}))
    audits = get(zendesk, f"/api/v2/tickets/{number}/audits.json")["audits"]
    kept = [audit["metadata"]["custom"] for audit in audits]
    assert kept == [{}, {"mark": "d-1"}, {"custom": {"mark": "d-2"}}, {"mark": "d-3"}]
    assert all(comment["metadata"]["custom"] == {} for comment in zendesk.comments(number))


def test_safe_update_sees_a_clash_but_not_within_the_second(zendesk: Zendesk, client: Any, clock: Clock) -> None:
    number = zendesk.new_ticket("Lost parcel", "Where is it?")
    seen = client.tickets(id=number).updated_at
    zendesk.add_comment(number, "Hello?")
    answer = Ticket(id=number, comment=Comment(body="Here"), safe_update=True, updated_stamp=seen)
    client.tickets.update(answer)
    clock.now += 1
    zendesk.add_comment(number, "Too late")
    with pytest.raises(APIException) as clash:
        client.tickets.update(Ticket(id=number, status="solved", safe_update=True, updated_stamp=seen))
    assert clash.value.response.status_code == 409
    assert clash.value.response.json()["error"] == "UpdateConflict"
    assert len(zendesk.public_replies(number)) == 1
    assert zendesk.ticket(number)["status"] == "new"


def test_closed_locked_and_deleted_tickets_refuse(zendesk: Zendesk, client: Any) -> None:
    number = zendesk.new_ticket("Lost parcel", "Where is it?")
    zendesk.lock_ticket(number)
    for status in (409, 200):
        answer = requests.put(
            f"{zendesk.url}/api/v2/tickets/{number}.json",
            json={"ticket": {"priority": "high"}},
            auth=(f"{EMAIL}/token", TOKEN),
            timeout=5,
        )
        assert answer.status_code == status
    zendesk.set_status(number, "closed")
    with pytest.raises(APIException, match="closed prevents ticket update") as closed:
        client.tickets.update(Ticket(id=number, comment=Comment(body="Here")))
    assert closed.value.response.status_code == 422
    zendesk.delete(number)
    with pytest.raises(RecordNotFoundException):
        client.tickets(id=number)


def test_the_tags_endpoint_adds_and_an_update_replaces(zendesk: Zendesk, client: Any) -> None:
    number = zendesk.new_ticket("Lost parcel", "Where is it?", tags=["VIP"])
    client.tickets.add_tags(number, ["firstline_replied"])
    assert zendesk.ticket(number)["tags"] == ["firstline_replied", "vip"]
    client.tickets.delete_tags(number, ["vip"])
    assert zendesk.ticket(number)["tags"] == ["firstline_replied"]
    client.tickets.update(Ticket(id=number, tags=["other"]))
    assert zendesk.ticket(number)["tags"] == ["other"]


def test_zendesk_changes_more_than_was_asked(zendesk: Zendesk, client: Any) -> None:
    number = zendesk.new_ticket("Lost parcel", "Where is it?")
    client.tickets.update(Ticket(id=number, status="solved"))
    assert zendesk.ticket(number)["assignee_id"] == zendesk.agent["id"]
    zendesk.add_comment(number, "Still not here")
    assert zendesk.ticket(number)["status"] == "open"
    zendesk.assign(number, None)
    other = zendesk.new_ticket("Another", "One")
    zendesk.assign(other, "colleague")
    assert [zendesk.ticket(each)["status"] for each in (number, other)] == ["open", "open"]


def test_an_update_that_changes_nothing_leaves_no_audit(zendesk: Zendesk, client: Any, clock: Clock) -> None:
    number = zendesk.new_ticket("Lost parcel", "Where is it?")
    clock.now += 5
    client.tickets.update(Ticket(id=number, status="new", metadata={"mark": "lost"}))
    assert len(zendesk.store.records[number].audits) == 1
    assert zendesk.ticket(number)["updated_at"] == "2027-01-15T08:00:00Z"


def test_zenpy_creates_a_ticket(zendesk: Zendesk, client: Any) -> None:
    made = client.tickets.create(Ticket(subject="By phone", comment=Comment(body="Called"), tags=["phone"]))
    assert zendesk.ticket(made.ticket.id)["submitter_id"] == zendesk.agent["id"]
    assert zendesk.comments(made.ticket.id)[0]["body"] == "Called"


@pytest.mark.parametrize("body", [b"", b"no json", b"[]", b'{"ticket": 3}', b'{"ticket": {"status": "mad"}}'])
def test_a_bad_body_is_refused(zendesk: Zendesk, body: bytes) -> None:
    number = zendesk.new_ticket("Lost parcel", "\x00 \ud800 <script>\u202e")
    url = f"{zendesk.url}/api/v2/tickets/{number}.json"
    answer = requests.put(url, data=body, auth=(f"{EMAIL}/token", TOKEN), timeout=5)
    assert answer.status_code in (400, 422)


# --- Export ----------------------------------------------------------------------------------------------------------


def test_the_export_by_cursor_tells_each_change_once(zendesk: Zendesk, client: Any, clock: Clock) -> None:
    first, second = (zendesk.new_ticket(f"Ticket {turn}", "Hello") for turn in (1, 2))
    page = get(zendesk, f"/api/v2/incremental/tickets/cursor.json?start_time={int(clock.now) - 300}&include=users")
    assert [ticket["id"] for ticket in page["tickets"]] == [first, second]
    assert page["end_of_stream"] is True
    assert page["users"][0]["email"] == "robin@example.org"
    zendesk.add_comment(first, "Hello?")
    zendesk.delete(second)
    rows = list(client.tickets.incremental(cursor=page["after_cursor"]))
    assert [(row.id, row.status) for row in rows] == [(first, "new"), (second, "deleted")]
    assert [row.id for row in client.tickets.incremental(start_time=0, paginate_by_time=True)] == [first, second]


def test_the_export_refuses_the_last_minute_and_may_hold_it_back(zendesk: Zendesk, clock: Clock) -> None:
    zendesk.new_ticket("Lost parcel", "Where is it?")
    zendesk.limits(export_lag=60, exports=3)
    path = "/api/v2/incremental/tickets/cursor.json?start_time="
    assert get(zendesk, f"{path}{int(clock.now) - 30}")["error"] == "StartTimeTooRecent"
    empty = get(zendesk, f"{path}0")
    assert (empty["tickets"], empty["after_cursor"]) == ([], None)
    clock.now += 60
    assert [len(get(zendesk, f"{path}0").get("tickets", [])) for _ in range(4)] == [1, 1, 1, 0]


# --- Limits and faults -----------------------------------------------------------------------------------------------


def test_a_spent_limit_is_429_until_the_next_minute(zendesk: Zendesk, clock: Clock) -> None:
    number = zendesk.new_ticket("Lost parcel", "Where is it?")
    zendesk.limits(requests=2)
    url, auth = f"{zendesk.url}/api/v2/tickets/{number}.json", (f"{EMAIL}/token", TOKEN)
    answers = [requests.get(url, auth=auth, timeout=5) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert [answer.headers["x-rate-limit-remaining"] for answer in answers] == ["1", "0", "0"]
    assert answers[2].headers["Retry-After"] == str(60 - int(clock.now % 60))
    clock.now += 60
    assert requests.get(url, auth=auth, timeout=5).status_code == 200


def test_faults_make_what_zenpy_stumbles_over(zendesk: Zendesk, client: Any) -> None:
    number = zendesk.new_ticket("Lost parcel", "Where is it?")
    zendesk.fail(status=429, body="{}", headers={})
    with pytest.raises(APIException):
        client.tickets(id=number)
    zendesk.fail(status=429, headers={"Retry-After": "1.5"})
    with pytest.raises(ValueError, match=r"1\.5"):
        client.tickets(id=number)
    zendesk.fail(status=502, body="<html>Bad Gateway</html>", headers={"Content-Type": "text/html"})
    with pytest.raises(requests.HTTPError):
        client.tickets(id=number)
    zendesk.fail(method="PUT", cut="after")
    with pytest.raises(requests.ConnectionError):
        client.tickets.update(Ticket(id=number, comment=Comment(body="Here")))
    assert len(zendesk.public_replies(number)) == 1
