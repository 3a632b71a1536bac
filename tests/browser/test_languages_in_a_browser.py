"""Pages in another language in a real browser: longer words fit, and the sidebar's scripts speak too."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, ViewportSize, expect

from desk.run import Action
from integration.access import sign_in
from integration.access.permissions import StaffRole
from tests.browser.test_pages_in_a_browser import (
    NARROW,
    WIDE,
    actor,
    address,
    browser,
    knowledge_pages,
    page,
)
from tests.integration.acted import Actor

__all__ = ["actor", "address", "browser", "page"]

pytestmark = [pytest.mark.tools, pytest.mark.loopback]


def enter(page: Page, actor: Actor, language: str) -> None:
    """Sign in, and choose a language at the foot of the page."""
    with actor.db.account(actor.account) as tx:
        sign_in.add_user(tx, "ada@firstline.example", StaffRole.ADMIN)
    page.goto("/sign-in/" + sign_in.new_sign_in_link(actor.db, actor.account, "ada@firstline.example"))
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("button", name=language, exact=True).click()


@pytest.mark.parametrize("size", [NARROW, WIDE], ids=["narrow", "wide"])
@pytest.mark.parametrize("language", ["Deutsch", "Français"])
def test_longer_words_make_no_page_wider_than_the_screen(
    page: Page, actor: Actor, size: ViewportSize, language: str, tmp_path: Path
) -> None:
    page.set_viewport_size(size)
    tickets = {action: actor.open() for action in (Action.AUTO_REPLY, Action.INTERNAL_NOTE, Action.ESCALATE)}
    for action, ticket in tickets.items():
        actor.finish(ticket, action)
    actor.park(actor.open(), "Permanent: x")
    enter(page, actor, language)
    stories = [f"tickets/api/{ticket.ticket_id}" for ticket in tickets.values()]
    lists = ["", "tickets", "review", "parked", "users", "connections", "audit", "proposals", "pause"]
    for path in (*(f"/console/{name}" for name in (*lists, *stories)), *knowledge_pages(actor)):
        page.goto(path)
        page.evaluate("for (const each of document.querySelectorAll('details')) each.open = true")
        too_wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        page.screenshot(path=tmp_path / f"{path.strip('/').replace('/', '-')[:40]}.png", full_page=True)
        assert too_wide <= 0, path


def test_a_choice_at_the_foot_stays_with_the_page(page: Page, actor: Actor) -> None:
    enter(page, actor, "Deutsch")
    page.get_by_role("link", name="Personen").click()
    page.get_by_role("button", name="English", exact=True).click()
    expect(page.get_by_role("heading", name="People")).to_be_visible()
    expect(page).to_have_url("/console/users")
