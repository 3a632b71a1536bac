"""The sidebar's door and its acts: who comes in, what they see, and what each press does."""

import json
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from desk.errors import Temporary
from desk.intervention import Face, InterventionKind
from desk.passage import BlockKind, Citation
from desk.platform.database import Database
from desk.ports import ModelClassification, ModelDraft
from desk.presentation.reply import cited_pages, draft_text
from desk.run import Draft, Statement
from integration.access.permissions import StaffRole
from integration.zendesk.sidebar.shown_text import ShownText
from integration.zendesk.sidebar.stream import follow
from tests.fakes import a_hit
from tests.integration.zendesk_app.sidebar_house import Sidebar
from tests.integration.zendesk_app.signed import audience, signed_token
from tests.integration.zendesk_house import PASSAGE, QUESTION, SENTENCE, Desk, created
from tests.scripted_model import ScriptedModel
from workers.parties.waiting import probe_party

pytestmark = pytest.mark.loopback

KINDS = tuple(InterventionKind)
FILLED = {"text": "Please use the link.", "question": QUESTION, "comment": "No.", "value": "nothing_found"}


@pytest.fixture
def sidebar(cautious: Desk) -> Sidebar:
    return Sidebar(cautious)


# --- The door ---------------------------------------------------------------------------------------------------------


def test_without_a_token_nothing_is_shown_but_how_to_sign_urls(sidebar: Sidebar) -> None:
    answer = sidebar.client.get(sidebar.address)
    assert answer.status_code == 401
    assert "signedUrls" in answer.text
    assert "data-session" not in answer.text


def test_a_signed_token_opens_the_page_once(sidebar: Sidebar) -> None:
    token = sidebar.token()
    first, second = (sidebar.client.post(sidebar.address, data={"token": token}) for _ in range(2))
    assert (first.status_code, second.status_code) == (200, 401)
    assert "data-session" in first.text
    assert "opened once before" in second.text


def test_the_page_loads_nothing_from_elsewhere_but_zendesks_script_and_is_framed_by_zendesk_alone(
    sidebar: Sidebar,
) -> None:
    answer = sidebar.enter()
    policy = answer.headers["Content-Security-Policy"]
    assert "script-src 'self' https://static.zdassets.com;" in policy
    assert f"frame-ancestors {sidebar.desk.zendesk.url}" in policy
    assert "unsafe" not in policy
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize("name", ["nobody", "%00", "a%0Ab", "%F0%9F%98%80", "x" * 500], ids=range(5))
def test_an_account_that_there_is_not_lets_nobody_in(sidebar: Sidebar, name: str) -> None:
    assert sidebar.client.post(f"/zendesk/sidebar/{name}", data={"token": sidebar.token()}).status_code == 401
    headers = {"Authorization": f"Bearer {sidebar.bearer()}"}
    assert sidebar.client.get(f"/zendesk/sidebar/{name}/tickets/1", headers=headers).status_code == 401


def test_forged_expired_and_foreign_tokens_are_refused_in_words(sidebar: Sidebar) -> None:
    url = sidebar.desk.zendesk.url
    for changes in ({"key": "another app's"}, {"exp": 1}, {"aud": audience(url, "1")}, {"sub": None}):
        answer = sidebar.enter(**changes)
        assert answer.status_code == 401
        assert "data-session" not in answer.text
    assert sidebar.client.post(sidebar.address, data={"token": "<script>alert(1)</script>"}).status_code == 401
    assert sidebar.client.post(sidebar.address, data={}).status_code == 401
    assert sidebar.client.post(sidebar.address, data=b"\xff=\xff").status_code in (400, 401)


def test_the_token_of_one_installation_opens_no_other_account(sidebar: Sidebar, other_account: str) -> None:
    answer = sidebar.client.post(f"/zendesk/sidebar/{other_account}", data={"token": sidebar.token()})
    assert answer.status_code == 401
    assert "not connected" in answer.text


@pytest.mark.parametrize(
    "more",
    [
        {"role": "end-user"},
        {"role_type": 1},
        {"role_type": 3},
        {"only_private_comments": True},
        {"suspended": True},
        {"active": False},
    ],
    ids=str,
)
def test_whoever_may_not_write_to_customers_in_zendesk_is_not_let_in(sidebar: Sidebar, more: dict[str, Any]) -> None:
    answer = sidebar.enter(sidebar.person("lee@acorn.example", **more))
    assert answer.status_code == 403
    assert "data-session" not in answer.text


@pytest.mark.parametrize("restriction", ["assigned", "groups", "organization", "requested", "something new"])
def test_an_agent_who_sees_only_some_tickets_in_zendesk_sees_those_alone(sidebar: Sidebar, restriction: str) -> None:
    zendesk = sidebar.desk.zendesk
    theirs, others = sidebar.drafted(), sidebar.drafted()
    group, organization = zendesk.tier2["id"], zendesk.store.named(zendesk.store.organizations, "Acorn")["id"]
    more = {"ticket_restriction": restriction, "group_ids": [group], "organization_id": organization}
    lee = sidebar.person("lee@acorn.example", **more)
    own = {"assignee_id": lee["id"], "group_id": group, "organization_id": organization, "requester_id": lee["id"]}
    key = {"assigned": "assignee_id", "groups": "group_id", "organization": "organization_id"}.get(restriction)
    zendesk.store.records[theirs].ticket[key or "requester_id"] = own[key or "requester_id"]
    bearer = sidebar.bearer(lee)
    assert sidebar.get(theirs, bearer).status_code == (403 if restriction == "something new" else 200)
    assert sidebar.get(others, bearer).status_code == 403
    assert sidebar.press(others, bearer, "turn_off").status_code == 403
    assert sidebar.get(999_999, bearer).status_code == 403
    assert sidebar.acts(others) == []


@pytest.mark.parametrize(
    ("who", "status"),
    [
        ({"group": "Support"}, 403),
        ({"group": "Tier 2"}, 200),
        ({"group": "Support", "access": "within-groups-and-public-groups"}, 403),
        ({"group": "Support", "access": "all"}, 200),
        ({"group": "Support", "role": "admin"}, 200),
        ({"group": "Support", "custom_role_id": 404}, 403),
    ],
    ids=str,
)
def test_a_ticket_of_a_private_group_is_shown_to_those_alone_to_whom_zendesk_shows_it(
    sidebar: Sidebar, who: dict[str, Any], status: int
) -> None:
    zendesk, number, public = sidebar.desk.zendesk, sidebar.drafted(), sidebar.drafted()
    zendesk.tier2["is_public"] = False
    zendesk.store.records[number].ticket["group_id"] = zendesk.tier2["id"]
    zendesk.store.records[public].ticket["group_id"] = zendesk.support["id"]
    more: dict[str, Any] = {"group_ids": [zendesk.store.named(zendesk.store.groups, who.pop("group"))["id"]]}
    if access := who.pop("access", None):
        more["custom_role_id"] = zendesk.store.admin.custom_role("Advisor", access)
    bearer = sidebar.bearer(sidebar.person("lee@acorn.example", **more, **who))
    assert sidebar.get(number, bearer).status_code == status
    assert sidebar.press(number, bearer, "turn_off").status_code == (202 if status == 200 else status)
    assert sidebar.get(public, bearer).status_code == 200


def test_an_agent_of_whom_zendesk_does_not_tell_the_groups_is_not_let_in(sidebar: Sidebar) -> None:
    lee = sidebar.person("lee@acorn.example")
    sidebar.desk.zendesk.fail(status=403, path=r".*/users/\d+/groups.json", times=9)
    assert sidebar.enter(lee).status_code == 403


def test_a_user_whom_zendesk_does_not_know_is_not_let_in(sidebar: Sidebar) -> None:
    token = signed_token(sidebar.desk.zendesk.url, 999_999)
    assert sidebar.client.post(sidebar.address, data={"token": token}).status_code == 403


def test_while_zendesk_is_away_the_page_says_so_and_the_token_is_still_good(sidebar: Sidebar) -> None:
    token, zendesk = sidebar.token(), sidebar.desk.zendesk
    zendesk.fail(status=503, path=r".*/users/\d+.json", times=1)
    away = sidebar.client.post(sidebar.address, data={"token": token})
    assert away.status_code == 503
    assert "Nothing is lost" in away.text
    assert sidebar.client.post(sidebar.address, data={"token": token}).status_code == 200


def test_without_a_session_nothing_is_told_or_done(sidebar: Sidebar, database: Database, other_account: str) -> None:
    number = sidebar.drafted()
    for bearer in ("", "x" * 43):
        assert sidebar.get(number, bearer).status_code == 401
        assert sidebar.press(number, bearer, "send", **sidebar.about(number)).status_code == 401
        headers = {"Authorization": f"Bearer {bearer}"}
        assert sidebar.client.get(f"{sidebar.address}/tickets/{number}/events", headers=headers).status_code == 401
    bearer = sidebar.bearer()
    stranger = sidebar.client.get(
        f"/zendesk/sidebar/{other_account}/tickets/{number}", headers={"Authorization": f"Bearer {bearer}"}
    )
    assert stranger.status_code == 401
    assert sidebar.acts(number) == []


# --- Role x act -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", [StaffRole.AGENT, StaffRole.ADMIN])
def test_agents_and_admins_may_do_every_act(sidebar: Sidebar, role: StaffRole) -> None:
    number = sidebar.drafted()
    bearer = sidebar.bearer(sidebar.person(f"{role}@acorn.example", role=role.value))
    about = sidebar.about(number) | {"target_id": str(UUID(int=7))}
    statuses = {kind: sidebar.press(number, bearer, kind, **about, **FILLED).status_code for kind in KINDS}
    assert statuses == dict.fromkeys(KINDS, 202)
    assert [act.order.kind for act in sidebar.acts(number)] == list(KINDS)
    assert {act.face for act in sidebar.acts(number)} == {Face.SIDEBAR}


# --- What is shown ----------------------------------------------------------------------------------------------------


def test_the_draft_is_shown_with_numbered_sources_reasons_and_receipt(sidebar: Sidebar) -> None:
    shown = sidebar.get(sidebar.drafted(), sidebar.bearer()).get_json()
    run = shown["run"]
    (block,) = run["draft"]["blocks"]
    assert [span["mark"] for span in block["lines"][0]] == [None, 1]
    (source,) = run["draft"]["sources"]
    assert (source["number"], source["url"]) == (1, PASSAGE.url)
    assert source["passages"][0]["text"] == SENTENCE
    assert run["confidence"].endswith("founded")
    assert dict(run["receipt"])["Category"].startswith("passwords")
    assert run["draft"]["html"].startswith("<p>Click Forgot password")
    assert not shown["moving"]


def test_a_ticket_that_firstline_never_saw_is_said_to_be_so(sidebar: Sidebar) -> None:
    number = sidebar.desk.zendesk.new_ticket("Hello", "Hi")
    bearer = sidebar.bearer()
    assert sidebar.get(number, bearer).get_json()["known"] is False
    assert sidebar.press(number, bearer, "turn_off").status_code == 404


def test_a_ticket_outside_the_policys_scope_has_no_draft_and_the_reason_is_said(sidebar: Sidebar) -> None:
    sidebar.desk.rule("\nscope: {never: {tag: [vip]}}\n")
    number = sidebar.desk.zendesk.new_ticket("Hello", QUESTION, tags=["vip"])
    assert sidebar.desk.post(created(number)) == 202
    sidebar.desk.work()
    shown = sidebar.get(number, sidebar.bearer()).get_json()
    assert not shown["known"]
    assert "policy" in shown["why"]


def test_twelve_thousand_characters_and_sixty_sources_are_shown_whole() -> None:
    passages = [replace(PASSAGE, id=f"p{n}", document_id=f"d{n}", title=f"Page {n}") for n in range(60)]
    statements = tuple(
        Statement("word " * 50, BlockKind.SENTENCE, n, (Citation(f"d{n}", "v1", f"p{n}", (0,)),)) for n in range(60)
    )
    draft, hits = Draft(statements), [a_hit(each, 0.8) for each in passages]
    sources = cited_pages(draft, hits)
    shown = ShownText(draft_text(draft, sources), sources, hits).as_json()
    assert len(shown["editable"]) > 12_000
    assert len(shown["blocks"]) == 60
    assert [source["number"] for source in shown["sources"]] == list(range(1, 61))
    assert all(source["passages"][0]["text"] == SENTENCE for source in shown["sources"])


def test_what_goes_into_the_composer_commands_neither_browser_nor_zendesk(cautious: Desk) -> None:
    text = "<img src=x onerror=alert(1)> {{ticket.comments}} \u202egnp.exe"
    statement = Statement(text, BlockKind.SENTENCE, 0, (Citation("d1", "v1", "p1", (0,)),))
    model = ScriptedModel([ModelClassification("passwords", 0.95, (QUESTION,))], [ModelDraft(Draft((statement,)))])
    cautious.tools = replace(cautious.tools, models=(model,))
    sidebar = Sidebar(cautious)
    draft = sidebar.get(sidebar.drafted("<b>Subject</b>"), sidebar.bearer()).get_json()["run"]["draft"]
    assert "<img" not in draft["html"]
    assert "{{" not in draft["html"].replace("&#123;", "{")
    assert "{{" not in draft["plain"]
    assert "\u202e" not in json.dumps(draft, ensure_ascii=False)


# --- What is done -----------------------------------------------------------------------------------------------------


def test_a_press_sends_one_reply_in_the_agents_name_however_often_it_arrives(sidebar: Sidebar) -> None:
    number = sidebar.drafted()
    maria = sidebar.person()
    bearer = sidebar.bearer(maria)
    for _ in range(3):
        answer = sidebar.press(number, bearer, "send", press="one", **sidebar.about(number))
        assert answer.status_code == 202
    sidebar.carry_out()
    assert sidebar.answers(number) == []
    assert sidebar.get(number, bearer).get_json()["acts"][0]["can_undo"]
    sidebar.leave()
    (reply,) = sidebar.answers(number)
    assert reply["author_id"] == maria["id"]
    shown = sidebar.get(number, bearer).get_json()
    assert shown["run"]["answered"]
    assert shown["acts"][0]["words"] == "Done. It is out."


def test_two_agents_send_and_the_second_is_told_who_was_first(sidebar: Sidebar) -> None:
    number = sidebar.drafted()
    bearers = [sidebar.bearer(sidebar.person(f"{name}@acorn.example")) for name in ("maria", "tom")]
    for bearer in bearers:
        sidebar.press(number, bearer, "send", **sidebar.about(number))
    sidebar.carry_out()
    sidebar.leave()
    assert len(sidebar.answers(number)) == 1
    second = sidebar.get(number, bearers[1]).get_json()["acts"][0]
    assert (second["status"], second["words"]) == (
        "refused",
        "Maria has sent a reply to this already. Nothing more was sent.",
    )


def test_a_reply_that_the_customer_overtook_does_not_leave(sidebar: Sidebar) -> None:
    number = sidebar.drafted()
    bearer = sidebar.bearer()
    sidebar.press(number, bearer, "edit_and_send", text="Use the link.", **sidebar.about(number))
    sidebar.carry_out()
    sidebar.desk.zendesk.add_comment(number, "And on Sundays?")
    sidebar.leave()
    assert sidebar.answers(number) == []
    assert "wrote again" in sidebar.get(number, bearer).get_json()["acts"][0]["words"]


def test_while_zendesk_is_away_a_press_waits_and_says_so_and_then_leaves(sidebar: Sidebar) -> None:
    number = sidebar.drafted()
    bearer = sidebar.bearer()
    act_id = sidebar.press(number, bearer, "send", **sidebar.about(number)).get_json()["id"]
    sidebar.desk.zendesk.fail(status=503, times=100)
    sidebar.carry_out()
    act = sidebar.get(number, bearer).get_json()["acts"][0]
    assert (act["status"], act["pending"]) == ("waiting", False)
    assert act["words"].startswith("Waits for Zendesk, which is away.")
    sidebar.desk.zendesk.faults.clear()
    with sidebar.desk.db.account(sidebar.desk.account) as tx:
        tx.execute(text("UPDATE parties SET next_probe_at = now()"))
    probe_party(sidebar.desk.tools, sidebar.desk.account, "zendesk")
    sidebar.queue.items.append((sidebar.desk.account, act_id))
    sidebar.carry_out()
    sidebar.leave()
    assert len(sidebar.answers(number)) == 1


def test_what_was_found_in_an_edited_reply_takes_one_more_press(sidebar: Sidebar) -> None:
    number = sidebar.drafted()
    bearer = sidebar.bearer()
    edited = {"text": "Click Forgot password within 14 days.", **sidebar.about(number)}
    sidebar.press(number, bearer, "edit_and_send", **edited)
    sidebar.carry_out()
    act = sidebar.get(number, bearer).get_json()["acts"][0]
    assert act["status"] == "unconfirmed"
    assert act["findings"]
    sidebar.press(number, bearer, "edit_and_send", override=True, **{**act["order"], **edited})
    sidebar.carry_out()
    sidebar.leave()
    assert len(sidebar.answers(number)) == 1


def test_asking_the_knowledge_gives_an_answer_with_its_sources_for_the_composer(sidebar: Sidebar) -> None:
    number = sidebar.drafted()
    bearer = sidebar.bearer()
    sidebar.press(number, bearer, "ask", question=QUESTION)
    sidebar.carry_out()
    answer = sidebar.get(number, bearer).get_json()["acts"][0]["answer"]
    assert SENTENCE in answer["plain"]
    assert answer["sources"][0]["quotes"] == [SENTENCE]
    assert sidebar.answers(number) == []


@pytest.mark.parametrize(("value", "status"), [("up", "done"), ("down", "done"), ("splendid", "refused")])
def test_a_thumb_is_kept_with_its_reason(sidebar: Sidebar, value: str, status: str) -> None:
    number = sidebar.drafted()
    bearer = sidebar.bearer()
    sidebar.press(number, bearer, "rate", value=value, comment="Too long", **sidebar.about(number))
    sidebar.carry_out()
    (act,) = sidebar.get(number, bearer).get_json()["acts"]
    assert (act["status"], act["order"]["comment"]) == (status, "Too long")


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"[1]", 422),
        (b'{"press": "1", "kind": "explode"}', 422),
        (b'{"press": "", "kind": "claim"}', 422),
        (b'{"kind": "claim"}', 422),
        (b'{"press": "1", "kind": "claim", "actor": "me"}', 422),
        (b'{"press": "1", "kind": "ask", "question": "  "}', 422),
        (b'{"press": "1", "kind": "ask", "question": "' + b"x" * 20_001 + b'"}', 422),
    ],
    ids=range(8),
)
def test_a_press_that_no_page_of_ours_sends_does_nothing(sidebar: Sidebar, body: bytes, status: int) -> None:
    number = sidebar.drafted()
    headers = {"Authorization": f"Bearer {sidebar.bearer()}"}
    answer = sidebar.client.post(f"{sidebar.address}/tickets/{number}/acts", data=body, headers=headers)
    assert answer.status_code == status
    assert answer.content_type == "application/problem+json"
    assert sidebar.acts(number) == []


# --- The stream -------------------------------------------------------------------------------------------------------


def test_the_stream_tells_what_changed_and_nothing_twice() -> None:
    views = iter([{"moving": True, "n": 1}, {"moving": True, "n": 1}, {"moving": False, "n": 2}])
    waits: list[float] = []

    def look() -> dict[str, Any]:
        try:
            return next(views)
        except StopIteration:
            raise Temporary("the database is away") from None

    events = list(follow(look, sleep=waits.append))
    assert [event.partition("\n")[0] for event in events] == [
        *("event: ticket", ": nothing new", "event: ticket", "event: away"),
    ]
    assert waits[0] < waits[-1]


def test_the_stream_is_not_kept_back_by_proxies(sidebar: Sidebar) -> None:
    number = sidebar.drafted()
    headers = {"Authorization": f"Bearer {sidebar.bearer()}"}
    answer = sidebar.client.get(f"{sidebar.address}/tickets/{number}/events", headers=headers)
    assert (answer.mimetype, answer.headers["X-Accel-Buffering"]) == ("text/event-stream", "no")
    first = next(answer.iter_encoded()).decode()
    assert json.loads(first.split("data: ")[1])["known"]
    answer.close()
