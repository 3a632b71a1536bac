"""The sidebar in a real browser, in a frame of a page as Zendesk's: each act by keyboard alone, and every state."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Browser, Frame, FrameLocator, Page, Route, expect, sync_playwright
from sqlalchemy import text
from werkzeug.serving import make_server

from tests.browser.test_pages_in_a_browser import CONTRAST, FLAGS, chromium
from tests.integration.conftest import cautious
from tests.integration.zendesk_app.sidebar_house import Sidebar
from tests.integration.zendesk_house import QUESTION, SENTENCE, Desk
from tests.lookalikes.zaf import SDK, serve_zendesk
from workers.interventions import Intervention

__all__ = ["cautious"]

expect.set_options(timeout=15_000)  # on a busy machine a look takes its time
pytestmark = [pytest.mark.tools, pytest.mark.loopback]


@dataclass
class Agent:
    """Somebody at a ticket, with the app open beside it."""

    sidebar: Sidebar
    page: Page
    address: str

    def open(self, ticket: int | None, token: str | None = None, **more: Any) -> FrameLocator:
        """Open the ticket; the app's frame."""
        zendesk = self.sidebar.desk.zendesk.url
        token = self.sidebar.token() if token is None else token
        words = {"PAGE": self.address + self.sidebar.address, "TOKEN": token, "TICKET": ticket or "null", **more}
        serve_zendesk(self.page, zendesk, **words)
        self.page.goto(f"{zendesk}/agent/tickets/{ticket}")
        return self.app

    @property
    def app(self) -> FrameLocator:
        """What is in the frame."""
        return self.page.frame_locator("iframe")

    def press(self, name: str) -> None:
        """A button, by keyboard alone."""
        self.app.get_by_role("button", name=name, exact=True).first.focus()
        self.page.keyboard.press("Enter")

    def unfold(self, name: str) -> None:
        """A part that is folded away, by keyboard alone."""
        self.app.locator("summary", has_text=name).first.focus()
        self.page.keyboard.press("Enter")

    def type(self, label: str, text: str) -> None:
        """Into a field, in place of what stands there."""
        self.app.get_by_label(label, exact=True).focus()
        self.page.keyboard.press("ControlOrMeta+a")
        self.page.keyboard.insert_text(text)

    def acts(self, ticket: int) -> list[Intervention]:
        """What came of it, once the newest has arrived."""
        return self.sidebar.acts(ticket)

    def see(self, words: str) -> None:
        """The page says so."""
        expect(self.app.locator("#acts")).to_contain_text(words)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One that lets a page which came from nowhere frame one of this machine's."""
    with sync_playwright() as playwright:
        flags = [*FLAGS, "--disable-features=LocalNetworkAccessChecks"]
        browser = playwright.chromium.launch(executable_path=chromium(), args=flags)
        yield browser
        browser.close()


@pytest.fixture
def sidebar(cautious: Desk) -> Sidebar:
    return Sidebar(cautious, sdk=SDK)


@pytest.fixture
def address(sidebar: Sidebar) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, sidebar.app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def agent(browser: Browser, sidebar: Sidebar, address: str) -> Iterator[Agent]:
    context = browser.new_context(viewport={"width": 420, "height": 900})
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("request", lambda asked: None if _is_known(asked.url, sidebar, address) else faults.append(asked.url))
    yield Agent(sidebar, page, address)
    context.close()
    assert faults == []


def _is_known(url: str, sidebar: Sidebar, address: str) -> bool:
    return url.startswith((address, sidebar.desk.zendesk.url, SDK))


def test_the_draft_is_read_with_its_citations_and_inserted(agent: Agent) -> None:
    app = agent.open(agent.sidebar.drafted())
    expect(app.locator("#draft")).to_contain_text(SENTENCE)
    expect(app.locator("#draft")).to_contain_text("founded")
    app.get_by_role("button", name="Source 1: Resetting").focus()
    agent.page.keyboard.press("Enter")
    expect(app.get_by_role("dialog")).to_contain_text(SENTENCE)
    agent.page.keyboard.press("Escape")
    expect(app.get_by_role("dialog")).to_have_count(0)
    expect(app.get_by_role("button", name="Source 1: Resetting")).to_be_focused()
    agent.press("Insert")
    composer = agent.page.get_by_role("textbox", name="Composer")
    expect(composer).to_contain_text(SENTENCE)
    expect(composer.get_by_role("link", name="Resetting")).to_have_attribute("href", "https://help.example/reset")
    assert agent.page.frames[1].evaluate("document.body.dataset.session") is None


def test_where_the_composer_takes_no_html_plain_text_is_inserted(agent: Agent) -> None:
    app = agent.open(agent.sidebar.drafted())
    expect(app.locator("#draft")).to_contain_text(SENTENCE)
    agent.page.evaluate("window.refusesHtml = true")
    agent.press("Insert")
    expect(agent.page.get_by_role("textbox", name="Composer")).to_contain_text("[1] Resetting")


def test_a_draft_is_sent_by_one_press_and_can_be_taken_back(agent: Agent) -> None:
    number = agent.sidebar.drafted()
    agent.open(number)
    agent.press("Send")
    agent.see("Working on it.")
    agent.sidebar.carry_out()
    agent.see("On its way.")
    agent.press("Undo")
    agent.see("pressed “Undo”")
    agent.sidebar.carry_out()
    agent.see("Taken back. Nothing was sent.")
    agent.sidebar.leave()
    assert agent.sidebar.answers(number) == []
    agent.press("Send")
    agent.see("Working on it.")
    agent.sidebar.carry_out()
    agent.see("On its way.")
    agent.sidebar.leave()
    agent.see("Done. It is out.")
    (reply,) = agent.sidebar.answers(number)
    assert reply["author_id"] == agent.sidebar.person()["id"]
    expect(agent.app.get_by_role("button", name="Send", exact=True).first).to_be_disabled()


def test_an_edited_reply_is_checked_and_sent_by_one_more_press(agent: Agent) -> None:
    number = agent.sidebar.drafted()
    agent.open(number)
    agent.unfold("Edit and send")
    agent.type("Reply", "Click Forgot password within 14 days.")
    agent.page.keyboard.press("Tab")
    agent.page.keyboard.press("Enter")
    agent.see("Working on it.")
    agent.sidebar.carry_out()
    agent.see("Look at this first.")
    agent.press("Send all the same")
    agent.see("Working on it.")
    agent.sidebar.carry_out()
    agent.see("On its way.")
    agent.sidebar.leave()
    agent.see("Done. It is out.")
    (reply,) = agent.sidebar.answers(number)
    assert "within 14 days" in reply["plain_body"]


def test_what_somebody_types_outlives_whatever_happens_meanwhile(agent: Agent) -> None:
    number = agent.sidebar.drafted()
    agent.open(number)
    agent.unfold("Edit and send")
    agent.type("Reply", "Half a sent")
    bearer = agent.sidebar.bearer(agent.sidebar.person("tom@acorn.example"))
    agent.sidebar.press(number, bearer, "claim")
    agent.sidebar.carry_out()
    agent.see("Tom claimed the ticket")
    expect(agent.app.get_by_label("Reply", exact=True)).to_be_focused()
    expect(agent.app.get_by_label("Reply", exact=True)).to_have_value("Half a sent")


def test_a_text_that_the_customer_overtook_is_not_lost(agent: Agent) -> None:
    number = agent.sidebar.drafted()
    app = agent.open(number)
    agent.unfold("Edit and send")
    agent.type("Reply", "Please use the link.")
    agent.page.keyboard.press("Tab")
    agent.page.keyboard.press("Enter")
    agent.see("Working on it.")
    agent.sidebar.desk.zendesk.add_comment(number, "And on Sundays?")
    agent.sidebar.carry_out()
    agent.see("Look at this first.")
    agent.press("Edit this text again")
    expect(app.get_by_label("Reply", exact=True)).to_have_value("Please use the link.")
    agent.sidebar.desk.catch_up()
    agent.sidebar.desk.work()
    expect(app.locator("#form-edit")).to_contain_text("The conversation went on since you began to write.")
    expect(app.get_by_label("Reply", exact=True)).to_have_value("Please use the link.")
    agent.app.locator("#form-edit button[type=submit]").press("Enter")
    agent.see("Working on it.")
    agent.sidebar.carry_out()
    agent.see("On its way.")
    agent.sidebar.leave()
    agent.see("Done. It is out.")
    assert len(agent.sidebar.answers(number)) == 1


def test_another_draft_is_asked_for_and_the_knowledge_is_asked(agent: Agent) -> None:
    number = agent.sidebar.drafted()
    agent.open(number)
    agent.unfold("Draft again")
    agent.type("What should be different", "Shorter, please")
    agent.page.keyboard.press("Tab")
    agent.page.keyboard.press("Enter")
    agent.see("pressed “Draft again”")
    agent.sidebar.carry_out()
    agent.see("Drafted")
    assert [act.order.comment for act in agent.acts(number)] == ["Shorter, please"]
    agent.unfold("Ask the knowledge")
    agent.type("Question", QUESTION)
    agent.page.keyboard.press("Tab")
    agent.page.keyboard.press("Enter")
    agent.see("pressed “Ask the knowledge”")
    agent.sidebar.carry_out()
    expect(agent.app.locator(".answer")).to_contain_text(SENTENCE)
    agent.press("Insert the answer")
    expect(agent.page.get_by_role("textbox", name="Composer")).to_contain_text(SENTENCE)


def test_thumbs_teaching_claiming_and_turning_off(agent: Agent) -> None:
    number = agent.sidebar.drafted()
    app = agent.open(number)
    agent.press("The draft is good")
    agent.see("pressed “Rate the draft”: Thumbs up")
    agent.press("The draft is bad")
    agent.type("Reason", "It misses the point")
    agent.page.keyboard.press("Tab")
    agent.page.keyboard.press("Enter")
    agent.see("pressed “Rate the draft”: Thumbs down")
    agent.unfold("Teach")
    agent.type("Question that customers ask", QUESTION)
    agent.type("Answer", "By the link on the sign-in page.")
    agent.page.keyboard.press("Tab")
    agent.page.keyboard.press("Enter")
    agent.see("pressed “Teach”")
    agent.press("Claim")
    agent.see("pressed “Claim”")
    agent.press("Turn off here")
    agent.see("pressed “Turn off here”")
    agent.sidebar.carry_out()
    expect(app.locator("#head")).to_contain_text("Firstline is turned off for this ticket.")
    expect(app.locator("#head")).to_contain_text("You have claimed this ticket.")
    agent.press("Turn on here")
    agent.see("pressed “Turn on here”")
    agent.press("Release")
    agent.see("pressed “Release”")
    agent.sidebar.carry_out()
    expect(app.locator("#head")).not_to_contain_text("turned off")
    kinds = ["rate", "rate", "teach", "claim", "turn_off", "turn_on", "release"]
    assert [act.order.kind for act in agent.acts(number)] == kinds
    assert agent.sidebar.answers(number) == []


def test_where_events_do_not_arrive_the_page_asks_again_and_again(agent: Agent) -> None:
    number = agent.sidebar.drafted()
    agent.page.route("**/events", lambda route: route.fulfill(status=404, body="{}"))
    agent.open(number)
    agent.press("Claim")
    agent.see("pressed “Claim”")
    agent.sidebar.carry_out()
    agent.see("The ticket is yours.")


def test_a_press_that_is_lost_on_its_way_is_sent_again_and_counts_once(agent: Agent) -> None:
    number = agent.sidebar.drafted()
    lost: list[str] = []

    def lose(route: Route) -> None:
        lost.append(route.request.post_data or "")
        route.fetch()  # it arrives, and its answer does not
        route.abort("connectionreset")

    agent.open(number)
    agent.page.route("**/acts", lose, times=1)
    agent.press("Claim")
    expect(agent.app.get_by_role("alert")).to_contain_text("Nothing is lost")
    agent.see("pressed “Claim”")
    expect(agent.app.get_by_role("alert")).to_be_hidden()
    assert len(lost) == 1
    assert len(agent.acts(number)) == 1


def test_what_is_written_right_to_left_stands_so(agent: Agent) -> None:
    number = agent.sidebar.drafted("<b>مرحبا</b>")
    app = agent.open(number)
    agent.unfold("Ask the knowledge")
    agent.type("Question", "كيف أعيد تعيين كلمة المرور؟")
    assert app.get_by_label("Question", exact=True).evaluate("e => getComputedStyle(e).direction") == "rtl"


# --- States -----------------------------------------------------------------------------------------------------------


def test_every_state_says_what_is_the_matter(agent: Agent) -> None:
    sidebar = agent.sidebar
    expect(agent.open(None).get_by_role("heading")).to_have_text("A new ticket")
    unseen = sidebar.desk.zendesk.new_ticket("Hello", "Hi")
    expect(agent.open(unseen).get_by_role("heading")).to_have_text("Nothing here yet")
    light = sidebar.token(sidebar.person("lee@acorn.example", role_type=1))
    expect(agent.open(unseen, light).get_by_role("heading")).to_have_text("You are not let in")
    expect(agent.open(unseen, "forged").get_by_role("heading")).to_have_text("Who you are was not proven")


def test_a_session_that_is_over_says_how_to_come_back(agent: Agent) -> None:
    number = agent.sidebar.drafted()
    app = agent.open(number)
    expect(app.locator("#draft")).to_contain_text(SENTENCE)
    with agent.sidebar.desk.db.account(agent.sidebar.desk.account) as tx:
        tx.execute(text("UPDATE embedded_sessions SET created_at = now() - interval '5 hours'"))
    signed_out = app.get_by_role("heading", name="You were signed out")
    for _ in range(3):  # a key that comes while the page draws itself is lost
        if not signed_out.count():
            agent.press("Claim")
            agent.page.wait_for_timeout(2000)
    expect(signed_out).to_be_visible()


def test_offline_is_said_and_passes(agent: Agent) -> None:
    app = agent.open(agent.sidebar.drafted())
    expect(app.locator("#draft")).to_contain_text(SENTENCE)
    agent.page.context.set_offline(True)
    expect(app.get_by_role("alert")).to_contain_text("You are offline")
    agent.page.context.set_offline(False)
    expect(app.get_by_role("alert")).to_be_hidden()


def accessibility_faults(frame: Frame) -> list[str]:
    """What axe-core finds."""
    frame.evaluate(AXE_SCRIPT)
    found = frame.evaluate("axe.run(document, { resultTypes: ['violations'] })")
    return [f"{each['id']}: {[node['html'] for node in each['nodes']]}" for each in found["violations"]]


def test_axe_finds_nothing_in_any_state(agent: Agent) -> None:
    sidebar = agent.sidebar
    number = sidebar.drafted()
    app = agent.open(number)
    agent.press("Send")
    agent.see("Working on it.")
    sidebar.carry_out()
    agent.see("On its way.")
    assert accessibility_faults(agent.page.frames[1]) == []
    agent.page.frames[1].evaluate("for (const each of document.querySelectorAll('details')) each.open = true")
    assert accessibility_faults(agent.page.frames[1]) == []
    app.get_by_role("button", name="Source 1: Resetting").click()
    expect(app.get_by_role("dialog")).to_be_visible()
    assert accessibility_faults(agent.page.frames[1]) == []
    for ticket, token in ((sidebar.desk.zendesk.new_ticket("Hello", "Hi"), None), (number, "forged")):
        expect(agent.open(ticket, token).get_by_role("heading")).to_be_visible()
        assert accessibility_faults(agent.page.frames[1]) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [280, 340, 720])
def test_nothing_is_cut_off_or_faint(agent: Agent, scheme: str, width: int, tmp_path: Path) -> None:
    number = agent.sidebar.drafted()
    agent.page.set_viewport_size({"width": max(420, width + 20), "height": 1600})
    app = agent.open(number, WIDTH=width, SCHEME=scheme)
    agent.press("Claim")
    agent.see("pressed “Claim”")
    frame = agent.page.frames[1]
    frame.evaluate("for (const each of document.querySelectorAll('details')) each.open = true")
    assert frame.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0
    assert frame.evaluate(CONTRAST) == []
    assert frame.evaluate("document.documentElement.dataset.scheme") == scheme
    agent.page.screenshot(path=tmp_path / f"sidebar-{width}-{scheme}.png", full_page=True)
    expect(app.locator("#draft")).to_be_visible()
