"""The webhook door: what comes in, what is refused, and that nothing comes in twice."""

import re
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask

from desk.errors import Temporary
from desk.platform.database import Database
from desk.platform.encryption import Sealer
from desk.ticket import EventKind
from integration.access.signatures import is_fresh, is_signed
from integration.webhooks import make_webhooks
from integration.zendesk.inbound import ZendeskInbound
from tests.fakes import ROOT
from tests.integration.zendesk_house import (
    OLD_SECRET,
    QUESTION,
    SECRET,
    Desk,
    commented,
    created,
    event,
)
from tests.lookalikes.zendesk import ACCOUNT_ID, sign
from tests.lookalikes.zendesk_hooks import KINDS, envelope, fill

pytestmark = pytest.mark.loopback

STAMP = "%Y-%m-%dT%H:%M:%SZ"
TRIGGER = {"firstline": "1", "event": "customer_message", "ticket_id": "7", "updated_at": "2026-03-02T09:00:00Z"}


def kinds(desk: Desk, ticket: int) -> list[tuple[EventKind, str | None]]:
    return [(item.kind, item.message_id) for item in desk.items(ticket)]


def test_a_new_tickets_event_is_stored_and_enqueued_and_asks_nobody(desk: Desk) -> None:
    assert desk.post(created(7)) == 202
    assert kinds(desk, 7) == [(EventKind.CUSTOMER_MESSAGE, None)]
    assert desk.enqueued == [desk.items(7)[0].id]
    assert desk.zendesk.requests == []


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        ({}, EventKind.CUSTOMER_MESSAGE),
        ({"staff": True}, EventKind.AGENT_MESSAGE),
        ({"public": False}, EventKind.TICKET_CHANGED),
        ({"public": False, "staff": True}, EventKind.TICKET_CHANGED),
    ],
)
def test_a_comment_means_what_its_author_and_its_visibility_say(
    desk: Desk, given: dict[str, bool], kind: EventKind
) -> None:
    assert desk.post(commented(7, 501, **given)) == 202
    assert kinds(desk, 7) == [(kind, "501")]


def test_a_comment_whose_ids_are_numbers_is_understood(desk: Desk) -> None:
    content = commented(7, 501)
    content["event"]["comment"]["id"] = 501
    content["detail"]["id"] = 7
    assert desk.post(content) == 202
    assert kinds(desk, 7) == [(EventKind.CUSTOMER_MESSAGE, "501")]


def test_a_new_ticket_that_only_agents_see_is_no_customers_message(desk: Desk) -> None:
    content = created(7)
    content["detail"]["is_public"] = False
    assert desk.post(content) == 202
    assert kinds(desk, 7) == [(EventKind.TICKET_CHANGED, None)]


@pytest.mark.parametrize(
    "name", ["status_changed", "group_assignment_changed", "tags_changed", "merged", "soft_deleted"]
)
def test_changes_of_a_ticket_are_stored(desk: Desk, name: str) -> None:
    assert desk.post(event(f"ticket.{name}", 7, {"current": "SOLVED", "previous": "OPEN"})) == 202
    assert kinds(desk, 7) == [(EventKind.TICKET_CHANGED, None)]


def test_a_change_of_the_assignee_is_worked_on(desk: Desk) -> None:
    assert desk.post(event("ticket.agent_assignment_changed", 7, {})) == 202
    assert kinds(desk, 7) == [(EventKind.ASSIGNED, None)]


def test_a_rating_is_stored(desk: Desk) -> None:
    assert desk.post(event("ticket.csat_received", 7, {"satisfaction_score": {"score": "good"}})) == 202
    assert kinds(desk, 7) == [(EventKind.RATING, None)]


@pytest.mark.parametrize(
    "name", ["ticket.subject_changed", "ticket.something_new", "user.created", "article.vote_created"]
)
def test_an_event_of_no_use_or_of_an_unknown_type_is_taken_and_forgotten(desk: Desk, name: str) -> None:
    assert desk.post(event(name, 7, {})) == 200
    assert desk.items(7) == []


def test_a_replayed_event_has_no_second_effect(desk: Desk) -> None:
    content = created(7)
    assert [desk.post(content) for _ in range(3)] == [202, 202, 202]
    assert len(desk.items(7)) == len(desk.enqueued) == 1


def test_the_same_event_three_times_at_once_is_stored_once(desk: Desk) -> None:
    content, answers = commented(7, 501), list[int]()
    threads = [threading.Thread(target=lambda: answers.append(desk.post(content))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert answers == [202, 202, 202]
    assert len(desk.items(7)) == len(desk.enqueued) == 1


def test_a_triggers_body_is_one_event_by_its_invocation(desk: Desk) -> None:
    first, second = ({"X-Zendesk-Webhook-Invocation-Id": f"01JF{each * 22}"} for each in "AB")
    assert [desk.post(TRIGGER, headers=first), desk.post(TRIGGER, headers=first)] == [202, 202]
    assert kinds(desk, 7) == [(EventKind.CUSTOMER_MESSAGE, None)]
    assert desk.post(TRIGGER, headers=second) == 202
    assert len(desk.items(7)) == 2


def test_a_triggers_body_without_an_invocation_is_told_apart_by_what_it_says(desk: Desk) -> None:
    later = {**TRIGGER, "updated_at": "2026-03-02T09:05:00Z"}
    assert [desk.post(each) for each in (TRIGGER, TRIGGER, later)] == [202, 202, 202]
    assert len(desk.items(7)) == 2


@pytest.mark.parametrize(
    "change",
    [{"event": "sing"}, {"ticket_id": "seven"}, {"ticket_id": None}, {"firstline": "2"}, {"ticket_id": "9" * 30}],
)
def test_a_triggers_body_that_is_not_the_template_is_refused(desk: Desk, change: dict[str, str]) -> None:
    assert desk.post({**TRIGGER, **change}) == 400


def test_what_is_not_signed_or_signed_by_somebody_else_is_refused(desk: Desk) -> None:
    content = created(7)
    assert desk.post(content, secret="not it") == 401
    assert desk.post(content, headers={"X-Zendesk-Webhook-Signature": ""}) == 401
    assert desk.post(content, headers={"X-Zendesk-Webhook-Signature": "Zürich ✓".encode().decode("latin-1")}) == 401
    assert desk.web.post(f"/webhooks/zendesk/{desk.account}", json=content).status_code == 401
    assert desk.items(7) == []


def test_a_body_or_a_time_that_was_changed_does_not_fit_the_signature(desk: Desk) -> None:
    now = datetime.now(UTC)
    body, stamp, later = b'{"a": 1}', now.strftime(STAMP), (now + timedelta(minutes=1)).strftime(STAMP)
    good = sign(SECRET, stamp, body)
    assert is_signed(stamp.encode() + body, good, [SECRET])
    assert not is_signed(stamp.encode() + body + b" ", good, [SECRET])
    assert not is_signed(body + stamp.encode(), good, [SECRET])
    assert desk.post(created(7), stamp=stamp, headers={"X-Zendesk-Webhook-Signature-Timestamp": later}) == 401


@pytest.mark.parametrize("minutes", [-6, 6, -600])
def test_a_stale_or_future_call_is_refused_though_well_signed(desk: Desk, minutes: int) -> None:
    stamp = (datetime.now(UTC) + timedelta(minutes=minutes)).strftime(STAMP)
    assert desk.post(created(7), stamp=stamp) == 401


@pytest.mark.parametrize("stamp", ["", "yesterday", "2026-03-02T09:00:00", "9999999999999", "\u0661" * 10])
def test_a_time_that_is_none_is_not_fresh(stamp: str) -> None:
    assert not is_fresh(stamp, datetime.now(UTC))


def test_the_old_secret_works_while_secrets_are_changed(desk: Desk) -> None:
    assert desk.post(created(7), secret=OLD_SECRET) == 202
    desk.connect(webhook_secrets=[SECRET])
    assert desk.post(created(8), secret=OLD_SECRET) == 401


def test_without_any_secret_nothing_comes_in_not_even_signed_by_nothing(desk: Desk) -> None:
    for secrets in ([], [""]):
        desk.connect(webhook_secrets=secrets)
        assert desk.post(created(7), secret="") == 401


def test_an_unknown_account_is_answered_like_a_wrong_signature(desk: Desk, other_account: str) -> None:
    def answer(account: str) -> bytes:
        response = desk.web.post(f"/webhooks/zendesk/{account}", json=created(7))
        assert response.status_code == 401
        return bytes(response.data)

    assert len({answer(name) for name in (desk.account, other_account, "nobody", "No%20Slug", "%00", "x" * 500)}) == 1


def test_one_accounts_secret_opens_no_other_account(desk: Desk, other_account: str) -> None:
    assert desk.post(created(7), account=other_account) == 401


def test_another_zendesk_accounts_event_is_refused(desk: Desk) -> None:
    assert desk.post(created(7, account_id=4711)) == 400
    assert desk.post(TRIGGER, headers={"X-Zendesk-Account-Id": "4711"}) == 400
    assert desk.items(7) == []


@pytest.mark.parametrize(
    "body",
    [b"", b"hello", b"[]", b"7", b"null", b"{}", b"\xff\xfe", b'{"a":' * 5000, b'"\\ud800"', b'{"type": NaN}', b"\0"],
)
def test_what_is_no_event_is_refused(desk: Desk, body: bytes) -> None:
    assert desk.post(body) == 400


@pytest.mark.parametrize(
    "change",
    [
        {"zendesk_event_version": "2031-01-01"},
        {"zendesk_event_version": None},
        {"type": "message.created"},
        {"type": None},
        {"subject": "zen:ticket:8"},
        {"subject": None},
        {"detail": {"id": "seven"}},
        {"detail": None},
        {"id": ""},
        {"id": "a\u0000b"},
        {"id": "x" * 5000},
        {"event": "comment"},
    ],
)
def test_what_zendesk_cannot_have_sent_is_refused(desk: Desk, change: dict[str, object]) -> None:
    assert desk.post(created(7, **change)) == 400
    assert desk.items(7) == []


@pytest.mark.parametrize("comment", [None, {}, {"id": "501"}, {"id": [1], "is_public": True, "author": {}}])
def test_a_comment_of_another_shape_is_refused(desk: Desk, comment: object) -> None:
    assert desk.post(event("ticket.comment_added", 7, {"comment": comment})) == 400


def test_a_huge_body_is_refused_before_anything_else(desk: Desk) -> None:
    assert desk.post(b"x" * 1_048_577) == 413
    assert desk.post(b" " * 1_000_000) == 400


def test_a_broker_that_is_away_loses_nothing(desk: Desk) -> None:
    def away(account: str, item_id: str) -> None:
        raise Temporary("the broker did not answer")

    app = Flask("test")
    app.register_blueprint(make_webhooks(desk.db, away, [ZendeskInbound()]))
    assert replace(desk, web=app.test_client()).post(created(7)) == 202
    assert len(desk.items(7)) == 1


def test_without_postgres_zendesk_is_asked_to_come_again_soon(sealer: Sealer, tmp_path: Path) -> None:
    gone = Database(f"postgresql:///x?host={tmp_path}", sealer)
    app = Flask("test")
    app.register_blueprint(make_webhooks(gone, lambda *_: None, [ZendeskInbound()]))
    response = app.test_client().post("/webhooks/zendesk/acme", json=created(7))
    gone.close()
    assert response.status_code == 503
    assert 0 < int(response.headers["Retry-After"]) < 60


def test_only_post_is_taken(desk: Desk) -> None:
    assert desk.web.get(f"/webhooks/zendesk/{desk.account}").status_code == 405
    assert desk.web.post(f"/webhooks/nobody/{desk.account}").status_code == 404


def test_the_documented_trigger_body_is_taken_as_zendesk_fills_it_in(desk: Desk) -> None:
    guide = (ROOT / "docs" / "zendesk.md").read_text(encoding="utf-8")
    [template] = re.findall(r"```json\n(.*?)```", guide, re.DOTALL)
    number = desk.zendesk.new_ticket("Password", QUESTION)
    body = fill(template, desk.zendesk.store.records[number], desk.zendesk.agent)
    assert desk.post(body) == 202
    assert kinds(desk, number) == [(EventKind.CUSTOMER_MESSAGE, None)]


def test_the_look_alikes_own_webhooks_are_understood(desk: Desk) -> None:
    number = desk.zendesk.new_ticket("Password", QUESTION)
    desk.zendesk.add_comment(number, "On it", "colleague")
    record, agent = desk.zendesk.store.records[number], desk.zendesk.agent
    for name in KINDS:
        what = {"comment": desk.zendesk.store._said(record.comments[-1])["comment"]} if name == "comment_added" else {}
        assert desk.post(envelope(ACCOUNT_ID, record, agent, name, what, 1_772_442_000.25)) in (200, 202), name
    assert (EventKind.AGENT_MESSAGE, str(record.comments[-1]["id"])) in kinds(desk, number)
