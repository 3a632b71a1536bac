"""What the sidebar offers in each state: only what can be done, where it can be seen."""

import json
from typing import Any

import pytest
from playwright.sync_api import Route, expect

from tests.browser.test_sidebar_in_a_browser import (
    Agent,
    accessibility_faults,
    address,
    agent,
    browser,
    cautious,
    sidebar,
)
from tests.integration.zendesk_house import SENTENCE

__all__ = ["address", "agent", "browser", "cautious", "sidebar"]

pytestmark = [pytest.mark.tools, pytest.mark.loopback]


def show(agent: Agent, number: int, **changed: Any) -> None:
    """The ticket as if it stood otherwise."""
    view = agent.sidebar.get(number, agent.sidebar.bearer()).get_json() | changed
    event = f"event: ticket\ndata: {json.dumps(view)}\n\n"

    def answer(route: Route) -> None:
        route.fulfill(status=200, content_type="text/event-stream", body=event)

    agent.page.route("**/events", answer)
    agent.open(number)


def run_of(agent: Agent, number: int) -> dict[str, Any]:
    run: dict[str, Any] = agent.sidebar.get(number, agent.sidebar.bearer()).get_json()["run"]
    return run


def test_a_draft_cannot_be_sent_twice_while_it_is_on_its_way(agent: Agent) -> None:
    app = agent.open(agent.sidebar.drafted())
    send = app.locator('[data-key="send"]')
    expect(send).to_be_enabled()
    agent.press("Send")
    agent.see("Working on it.")
    expect(send).to_be_disabled()
    agent.sidebar.carry_out()
    agent.see("On its way.")
    expect(send).to_be_disabled()
    agent.press("Undo")
    agent.see("pressed “Undo”")
    agent.sidebar.carry_out()
    agent.see("Taken back. Nothing was sent.")
    expect(send).to_be_enabled()


def test_what_a_colleague_claimed_is_released_by_two_presses(agent: Agent) -> None:
    number = agent.sidebar.drafted()
    bearer = agent.sidebar.bearer(agent.sidebar.person("tom@acorn.example"))
    agent.sidebar.press(number, bearer, "claim")
    agent.sidebar.carry_out()
    app = agent.open(number)
    expect(app.locator("#head")).to_contain_text("Tom has claimed this ticket.")
    agent.press("Release")
    agent.see("pressed “Release”")
    agent.sidebar.carry_out()
    agent.see("Press once more to release it all the same.")
    agent.press("Do it all the same")
    agent.see("Working on it.")
    agent.sidebar.carry_out()
    agent.see("The ticket is free again.")
    expect(app.locator("#head")).not_to_contain_text("has claimed")


def test_where_there_is_no_draft_a_reply_is_written_and_not_edited(agent: Agent) -> None:
    number = agent.sidebar.drafted()
    show(agent, number, run=run_of(agent, number) | {"draft": None})
    expect(agent.app.locator("#form-edit summary")).to_have_text("Write a reply")
    agent.page.unroute_all()
    agent.open(number)
    expect(agent.app.locator("#form-edit summary")).to_have_text("Edit and send")


def test_a_passage_opens_beside_what_was_pressed_however_high_the_frame_is(agent: Agent) -> None:
    agent.page.set_viewport_size({"width": 420, "height": 2000})
    app = agent.open(agent.sidebar.drafted())
    mark = app.get_by_role("button", name="Source 1: Resetting")
    place = mark.bounding_box()
    mark.click()
    dialog = app.get_by_role("dialog").bounding_box()
    assert place is not None
    assert dialog is not None
    assert abs(dialog["y"] - place["y"]) < 20


def test_under_a_draft_of_12_000_characters_the_buttons_stay_in_sight(agent: Agent) -> None:
    number = agent.sidebar.drafted()
    run = run_of(agent, number)
    line = [{"text": "A sentence of some length. " * 20, "mark": None}]
    blocks = [{"kind": "text", "start": 1, "lines": [line]} for _ in range(24)]
    show(agent, number, run=run | {"draft": run["draft"] | {"blocks": blocks, "plain": "x" * 12_000}})
    send = agent.app.locator('[data-key="send"]').bounding_box()
    assert send is not None
    assert send["y"] < 900
    agent.app.get_by_role("group", name="Text").focus()
    agent.page.keyboard.press("End")
    assert accessibility_faults(agent.page.frames[1]) == []


def test_a_ticket_that_cannot_be_shown_says_so_once(agent: Agent) -> None:
    agent.page.route("**/events", lambda route: route.fulfill(status=503, body="{}"))
    app = agent.open(agent.sidebar.drafted())
    expect(app.get_by_role("heading")).to_have_text("The ticket cannot be shown just now")
    expect(app.get_by_text("It is tried again by itself.")).to_have_count(2)  # on the page, and for who cannot see it
    expect(app.locator("#banner")).to_be_hidden()
    agent.page.unroute_all()
    expect(app.locator("#draft")).to_contain_text(SENTENCE)


def test_while_the_ticket_is_loading_nothing_is_amiss(agent: Agent) -> None:
    agent.page.route("**/events", lambda route: None)
    app = agent.open(agent.sidebar.drafted())
    expect(app.locator("#loading")).to_be_visible()
    assert accessibility_faults(agent.page.frames[1]) == []
