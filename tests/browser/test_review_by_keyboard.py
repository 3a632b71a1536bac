"""Fifty drafts walked, sent, edited and rejected by keyboard alone. Needs Chromium."""

import pytest
from playwright.sync_api import Browser, Page, expect

from desk.intervention import InterventionKind
from desk.run import Action
from integration.access import sign_in
from integration.access.permissions import StaffRole
from tests.browser.test_pages_in_a_browser import CONTRAST, NARROW, actor, address, browser, page
from tests.integration.acted import Actor
from workers import attention, interventions
from workers.attention import Focus
from workers.interventions import Intervention

pytestmark = [pytest.mark.tools, pytest.mark.loopback]
__all__ = ["actor", "address", "browser", "page"]

DRAFTS = 50


def lead(page: Page, actor: Actor) -> Page:
    """Signed in, at the queue."""
    with actor.db.account(actor.account) as tx:
        sign_in.add_user(tx, "lead@firstline.example", StaffRole.ADMIN)
    page.goto("/sign-in/" + sign_in.new_sign_in_link(actor.db, actor.account, "lead@firstline.example"))
    page.get_by_role("button", name="Sign in").click()
    page.goto("/console/review")
    return page


def acts(actor: Actor) -> list[Intervention]:
    with actor.db.account(actor.account) as tx:
        user = sign_in.list_users(tx)[0]
        return interventions.recent_interventions(tx, f"person:{user.email}", 3600, 1000)


def at(page: Page, number: int) -> None:
    """This draft is open, and keys are heard."""
    expect(page.locator("[data-keys=on] .queue [aria-current]")).to_have_text(f"Draft {number:02}")


def test_fifty_drafts_are_walked_and_dealt_with_by_keyboard_alone(page: Page, actor: Actor) -> None:
    for number in range(DRAFTS):
        actor.finish(actor.open(f"Draft {number:02}"), Action.INTERNAL_NOTE)
    lead(page, actor)
    for number in range(DRAFTS - 1):
        at(page, number)
        page.keyboard.press("j")
    at(page, DRAFTS - 1)
    for number in reversed(range(1, DRAFTS)):
        page.keyboard.press("k")
        at(page, number - 1)
    page.keyboard.press("s")
    at(page, 1)
    page.keyboard.press("e")
    expect(page.locator("#reply")).to_be_focused()
    page.keyboard.type(" jskr stay letters here.")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    at(page, 2)
    page.keyboard.press("r")
    expect(page.locator("#reason")).to_be_focused()
    page.keyboard.type("Wrong page")
    page.keyboard.press("Enter")
    for number in range(3, DRAFTS):
        at(page, number)
        page.keyboard.press("s")
    expect(page.get_by_text("Nothing to review")).to_be_visible()
    kinds = [act.order.kind for act in reversed(acts(actor))]
    sent = InterventionKind.SEND
    assert kinds == [sent, InterventionKind.EDIT_AND_SEND, InterventionKind.REJECT, *[sent] * (DRAFTS - 3)]
    assert len({act.order.ticket_id for act in acts(actor)}) == DRAFTS
    with actor.db.account(actor.account) as tx:
        assert attention.count_focus(tx, Focus.DRAFTS) == 0


def test_a_key_is_a_letter_while_somebody_writes_and_escape_ends_that(page: Page, actor: Actor) -> None:
    for number in range(2):
        actor.finish(actor.open(f"Draft {number:02}"), Action.INTERNAL_NOTE)
    lead(page, actor)
    at(page, 0)
    page.keyboard.press("r")
    page.keyboard.type("jsk")
    expect(page.locator("#reason")).to_have_value("jsk")
    page.keyboard.press("Escape")
    page.keyboard.press("j")
    at(page, 1)
    assert acts(actor) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_leads_pages_fit_narrow_screens_and_stand_out(
    browser: Browser, address: str, actor: Actor, scheme: str
) -> None:
    actor.finish(actor.open("Unbroken" * 25, "https://example.com/" + "a" * 600), Action.INTERNAL_NOTE)
    actor.finish(actor.open(), Action.ESCALATE)
    actor.park(actor.open("Stuck"), "Permanent: " + "x" * 400)
    context = browser.new_context(base_url=address, color_scheme=scheme, viewport=NARROW)  # type: ignore[arg-type]
    page = lead(context.new_page(), actor)
    for path in LEADS_PAGES:
        page.goto(path)
        page.evaluate("for (const each of document.querySelectorAll('details')) each.open = true")
        assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0, path
        assert page.evaluate(CONTRAST) == [], path
    context.close()


LEADS_PAGES = ("/console/", "/console/review", "/console/tickets?focus=drafts", "/console/audit", "/console/users")
