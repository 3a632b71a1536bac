"""A Zendesk ticket as Firstline sees it, and what becomes of every error on the way."""

import time

import pytest

from desk.errors import Blocked, Outage, Permanent, Temporary
from desk.party import Access
from desk.ticket import Priority, Role, TicketStatus
from integration.connections import delete_connection, load_connection
from integration.zendesk.api.connection import PARTY, ZendeskConnection
from integration.zendesk.api.rate_limits import quiet_for
from integration.zendesk.channel.history import comment_text
from integration.zendesk.setup.probe import ZendeskParty
from tests.integration.zendesk_house import Desk, a_delivery, an_answer, connection, wanted

pytestmark = pytest.mark.loopback


def blocked(desk: Desk) -> float:
    with desk.db.account(desk.account) as tx:
        known = load_connection(tx, PARTY, ZendeskConnection)
    assert known is not None
    return known.wait()


def test_a_ticket_comes_in_two_calls_with_people_comments_and_tags(desk: Desk) -> None:
    number = desk.zendesk.new_ticket(
        "Lost parcel", "Where is it?", "ada@example.org", name="Ada", tags=["vip"], priority="high", organization="Oak"
    )
    desk.zendesk.add_comment(number, "Still nothing")
    desk.zendesk.add_comment(number, "I look into it", "colleague", public=False)
    ticket = desk.channel.fetch(desk.account, str(number))
    assert len(desk.zendesk.requests) == 2
    assert (ticket.subject, ticket.status, ticket.priority) == ("Lost parcel", TicketStatus.OPEN, Priority.HIGH)
    assert (ticket.requester.name, ticket.requester.email) == ("Ada", "ada@example.org")
    assert ticket.requester.organisation == "Oak"
    assert (ticket.tags, ticket.assignee) == (("vip",), None)
    assert ticket.url == f"{desk.zendesk.url}/agent/tickets/{number}"
    assert [(m.role, m.public, m.body) for m in ticket.messages] == [
        (Role.CUSTOMER, True, "Where is it?"),
        (Role.CUSTOMER, True, "Still nothing"),
        (Role.AGENT, False, "I look into it"),
    ]
    assert [m.id for m in ticket.messages] == [str(c["id"]) for c in desk.zendesk.comments(number)]
    assert all(m.at.tzinfo and not m.automatic and m.delivery_id is None for m in ticket.messages)


def test_our_own_comment_is_known_by_its_mark_though_an_agent_owns_the_token(desk: Desk) -> None:
    number = desk.zendesk.new_ticket("Hello", "Where is it?")
    delivery = a_delivery(number)
    ticket = desk.channel.fetch(desk.account, str(number))
    foreign_id = desk.channel.reply(ticket, an_answer(), delivery, wanted(ticket))
    desk.zendesk.add_comment(number, "Typed by the same agent", "agent")
    ours, theirs = desk.channel.fetch(desk.account, str(number)).messages[1:]
    assert (ours.id, ours.role, ours.delivery_id) == (foreign_id, Role.ASSISTANT, delivery.id)
    assert (theirs.role, theirs.delivery_id) == (Role.AGENT, None)


@pytest.mark.parametrize(
    ("status", "seen"),
    [
        ("open", TicketStatus.OPEN),
        ("pending", TicketStatus.PENDING),
        ("hold", TicketStatus.PENDING),
        ("solved", TicketStatus.SOLVED),
        ("closed", TicketStatus.CLOSED),
    ],
)
def test_each_status_has_its_meaning(desk: Desk, status: str, seen: TicketStatus) -> None:
    number = desk.zendesk.new_ticket("Hello", "Where is it?")
    desk.zendesk.set_status(number, status)
    assert desk.channel.fetch(desk.account, str(number)).status is seen


def test_a_merged_ticket_is_closed_and_the_merges_own_comment_is_a_machines(desk: Desk) -> None:
    source, target = desk.zendesk.new_ticket("One", "Where?"), desk.zendesk.new_ticket("Two", "Where?")
    desk.zendesk.merge(source, target)
    assert desk.channel.fetch(desk.account, str(source)).status is TicketStatus.CLOSED
    assert desk.channel.fetch(desk.account, str(target)).messages[-1].automatic


def test_a_machines_comment_is_known_by_zendesks_flag(desk: Desk) -> None:
    number = desk.zendesk.new_ticket("Hello", "Where is it?")
    desk.zendesk.add_comment(number, "I am out of office until Monday")
    desk.zendesk.store.records[number].audits[-1]["metadata"]["flags"] = [4]
    assert [m.automatic for m in desk.channel.fetch(desk.account, str(number)).messages] == [False, True]


def test_three_hundred_comments_come_whole_and_in_order(desk: Desk) -> None:
    number = desk.zendesk.new_ticket("Hello", "comment 0")
    for place in range(1, 300):
        desk.zendesk.add_comment(number, f"comment {place}")
    bodies = [m.body for m in desk.channel.fetch(desk.account, str(number)).messages]
    assert bodies == [f"comment {place}" for place in range(300)]
    assert len(desk.zendesk.requests) == 1 + 4, "a full last page promises one more"


def test_a_requester_without_an_address_is_no_trouble(desk: Desk) -> None:
    number = desk.zendesk.new_ticket("Hello", "Where is it?", None)
    requester = desk.channel.fetch(desk.account, str(number)).requester
    assert requester.email is None
    assert requester.id


def test_a_comment_with_only_an_attachment_counts_it_and_has_no_text(desk: Desk) -> None:
    number = desk.zendesk.new_ticket("Hello", "", attachments=["photo.png", "log.txt"])
    [message] = desk.channel.fetch(desk.account, str(number)).messages
    assert (message.body, message.attachments) == ("", 2)


def test_a_suspended_requesters_ticket_stays_with_people(desk: Desk) -> None:
    number = desk.zendesk.new_ticket("Hello", "Where is it?", "mallory@example.org")
    desk.zendesk.suspend("mallory@example.org")
    assert "firstline_off" in desk.channel.fetch(desk.account, str(number)).tags


def test_hostile_text_comes_in_clean(desk: Desk) -> None:
    number = desk.zendesk.new_ticket("a\u202eb", "nul \x00 and \ud800 and \u202e rtl")
    ticket = desk.channel.fetch(desk.account, str(number))
    assert ticket.subject == "ab"
    assert ticket.messages[0].body == "nul  and \ufffd and  rtl"


def test_a_comment_that_has_only_html_is_read_as_text() -> None:
    assert comment_text("<p>One &amp; <b>two</b></p><br>three<script") == "One & two\n\nthree<script"


def test_a_ticket_of_the_tokens_own_user_is_nobodys_only_where_the_setting_says_so(desk: Desk) -> None:
    number = desk.zendesk.new_ticket("Hello", "Where is it?")
    desk.zendesk.assign(number, "agent")
    assert desk.channel.fetch(desk.account, str(number)).assignee == str(desk.zendesk.agent["id"])
    desk.connect(service_user_id=str(desk.zendesk.agent["id"]))
    assert desk.channel.fetch(desk.account, str(number)).assignee is None
    desk.zendesk.assign(number, "colleague")
    assert desk.channel.fetch(desk.account, str(number)).assignee == str(desk.zendesk.colleague["id"])


# --- Errors ----------------------------------------------------------------------------------------------------------


def test_a_ticket_that_was_deleted_is_gone_for_good(desk: Desk) -> None:
    number = desk.zendesk.new_ticket("Hello", "Where is it?")
    desk.zendesk.delete(number)
    with pytest.raises(Permanent, match="gone"):
        desk.channel.fetch(desk.account, str(number))


def test_a_revoked_token_says_what_to_do(desk: Desk) -> None:
    number = desk.zendesk.new_ticket("Hello", "Where is it?")
    desk.connect(api_token="revoked")
    with pytest.raises(Outage, match="connect again"):
        desk.channel.fetch(desk.account, str(number))
    desk.connect()
    assert desk.channel.fetch(desk.account, str(number)).subject == "Hello"


def test_an_account_without_zendesk_is_told_how_to_connect(desk: Desk) -> None:
    with desk.db.account(desk.account) as tx:
        delete_connection(tx, PARTY)
    with pytest.raises(Permanent, match="firstline connect zendesk"):
        desk.channel.fetch(desk.account, "7")


HTML = "<html><body><h1>502 Bad Gateway</h1></body></html>"


@pytest.mark.parametrize(
    "fault",
    [
        {"status": 500, "body": '{"error": "InternalError"}'},
        {"status": 502, "body": HTML, "headers": {"Content-Type": "text/html"}},
        {"status": 503, "body": ""},
        {"status": 408, "body": "{}"},
        {"cut": "before"},
        {"cut": "after"},
        {"garble": HTML},
        {"garble": '{"ticket": {"id": []}}'},
        {"garble": "[]"},
        {"status": 200, "body": "{}"},
        {"status": 200, "body": ""},
    ],
)
def test_trouble_on_the_other_side_is_tried_again_later_and_not_at_once(desk: Desk, fault: dict[str, object]) -> None:
    number = desk.zendesk.new_ticket("Hello", "Where is it?")
    desk.zendesk.fail(path="/tickets/", **fault)
    before = len(desk.zendesk.requests)
    with pytest.raises(Temporary):
        desk.channel.fetch(desk.account, str(number))
    assert len(desk.zendesk.requests) - before <= 1, "no retry of zenpy's or of requests' own"
    assert desk.channel.fetch(desk.account, str(number)).subject == "Hello"


@pytest.mark.parametrize(("status", "kind"), [(400, Permanent), (403, Permanent), (418, Permanent), (409, Temporary)])
def test_other_refusals_have_their_kind(desk: Desk, status: int, kind: type[Exception]) -> None:
    desk.zendesk.fail(path="/tickets/", status=status, body='{"error": "x"}')
    with pytest.raises(kind):
        desk.channel.fetch(desk.account, "7")


def test_nobody_listening_is_temporary(desk: Desk) -> None:
    desk.connect(base_url="http://127.0.0.1:9")
    with pytest.raises(Temporary):
        desk.channel.fetch(desk.account, "7")


def test_an_errors_words_hold_nothing_of_the_ticket_or_the_token(desk: Desk) -> None:
    desk.zendesk.fail(path="/tickets/", garble='{"ticket": {"id": 7, "subject": ["secret words"]}}')
    number = desk.zendesk.new_ticket("Hello", "Where is it?")
    with pytest.raises(Temporary) as caught:
        desk.channel.fetch(desk.account, str(number))
    assert "secret words" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert "zendesk-token" not in repr(connection(desk.zendesk))


def test_the_log_holds_nothing_that_anybody_wrote_not_even_at_debug(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    number = desk.zendesk.new_ticket("Subject Quux", "Body Quux")
    with caplog.at_level("DEBUG"):
        ticket = desk.channel.fetch(desk.account, str(number))
        desk.channel.reply(ticket, an_answer(ticket.messages[0].id), a_delivery(number), wanted(ticket))
    assert desk.replies(number) == 1
    assert "Quux" not in caplog.text
    assert "click on the link" not in caplog.text


@pytest.mark.parametrize("access", list(Access))
@pytest.mark.parametrize(
    "fault",
    [
        {"status": 503, "body": ""},
        {"status": 502, "body": HTML},
        {"status": 408, "body": "{}"},
        {"cut": "before"},
        {"status": 429, "body": "", "headers": {"Retry-After": "9", "x-rate-limit-remaining": "580"}},
        {"status": 401, "body": "{}"},
    ],
)
def test_a_probe_tells_that_zendesk_is_away(desk: Desk, fault: dict[str, object], access: Access) -> None:
    party = ZendeskParty(desk.db)
    party.probe(desk.account, access)
    before = len(desk.zendesk.journal)
    desk.zendesk.fail(**fault)
    with pytest.raises(Outage) as caught:
        party.probe(desk.account, access)
    assert (caught.value.party, caught.value.access) == (PARTY, access)
    assert caught.value.refused == (fault.get("status") == 401)
    assert len(desk.zendesk.journal) == before, "a probe changes nothing"


def test_a_probe_with_a_token_that_was_revoked_says_so(desk: Desk) -> None:
    desk.connect(api_token="revoked")
    for access in Access:
        with pytest.raises(Outage, match="connect again") as caught:
            ZendeskParty(desk.db).probe(desk.account, access)
        assert caught.value.refused


# --- Rate limits -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("header", "seconds"),
    [({"Retry-After": "7"}, 7.0), ({"Retry-After": "1.5"}, 1.5), ({"Retry-After": "0"}, 1.0), ({}, 60.0)],
)
def test_a_429_is_raised_at_once_with_what_zendesk_wishes(desk: Desk, header: dict[str, str], seconds: float) -> None:
    number = desk.zendesk.new_ticket("Hello", "Where is it?")
    desk.zendesk.fail(path="/tickets/", status=429, body='{"error": "APIRateLimitExceeded"}', headers=header)
    began = time.monotonic()
    with pytest.raises(Outage) as caught:
        desk.channel.fetch(desk.account, str(number))
    assert time.monotonic() - began < 1.0, "nobody slept in the client"
    assert caught.value.retry_after == seconds
    assert caught.value.untouched
    assert blocked(desk) == 0, "that the account is to wait is written down once, as an outage"


ACCOUNT = '{"error": "APIRateLimitExceeded", "description": "Number of allowed API requests per minute exceeded"}'
TICKET = "Rate limit for ticket updates exceeded, please wait before updating this ticket again"


@pytest.mark.parametrize(
    ("body", "remaining", "meant"),
    [
        (ACCOUNT, None, "account"),
        (ACCOUNT, "0", "account"),
        ("", "0", "account"),
        (TICKET, None, "ticket"),
        (TICKET, "580", "ticket"),
        ("", "580", "ticket"),
        ('{"error": "TooManyUpdates"}', "580", "ticket"),
        (ACCOUNT, "580", "unclear"),
        ("", None, "unclear"),
        ('["odd"]', "many", "unclear"),
    ],
)
def test_the_limit_of_one_ticket_is_told_from_that_of_the_account(
    desk: Desk, body: str, remaining: str | None, meant: str
) -> None:
    number = desk.zendesk.new_ticket("Hello", "Where is it?")
    headers = {"Retry-After": "93"} | ({"x-rate-limit-remaining": remaining} if remaining else {})
    desk.zendesk.fail(path="/tickets/", status=429, body=body, headers=headers)
    with pytest.raises(Temporary) as caught:
        desk.channel.fetch(desk.account, str(number))
    outage = caught.value if isinstance(caught.value, Outage) else None
    assert meant == ("ticket" if outage is None else "account" if outage.certain else "unclear")
    assert isinstance(caught.value, Blocked | Outage)
    assert desk.channel.fetch(desk.account, str(number)).subject == "Hello", "nobody else was silenced"


def test_a_minute_that_is_nearly_spent_is_left_to_others(desk: Desk) -> None:
    number = desk.zendesk.new_ticket("Hello", "Where is it?")
    desk.zendesk.limits(requests=40)
    for _ in range(19):
        desk.channel.fetch(desk.account, str(number))
    assert blocked(desk) == 0
    desk.channel.fetch(desk.account, str(number))
    assert 0 < blocked(desk) <= 60
    with pytest.raises(Temporary, match="pause"):
        desk.channel.fetch(desk.account, str(number))


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, 0.0),
        ({"x-rate-limit": "700", "x-rate-limit-remaining": "35"}, 0.0),
        ({"x-rate-limit": "700", "x-rate-limit-remaining": "34"}, 60.0),
        ({"x-rate-limit": "700", "x-rate-limit-remaining": "34", "ratelimit-reset": "12"}, 12.0),
        ({"x-rate-limit": "many", "x-rate-limit-remaining": "0"}, 0.0),
    ],
)
def test_the_headers_say_when_to_pause(headers: dict[str, str], seconds: float) -> None:
    assert quiet_for(headers) == seconds


@pytest.mark.parametrize(
    "url", ["http://acme.zendesk.com", "ftp://x", "https://a@b.example", "https://x.example/path", "x", "https://x y"]
)
def test_an_address_that_is_no_zendesk_is_refused(desk: Desk, url: str) -> None:
    with pytest.raises(ValueError, match="zendesk"):
        connection(desk.zendesk, base_url=url)
