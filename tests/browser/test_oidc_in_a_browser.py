"""Signing in with the organisation's own account, by a click in a real browser. Needs Chromium."""

import re
import threading
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect
from werkzeug.serving import make_server

from desk.platform.database import Database
from integration.access.oidc.flow import RETURN_PATH, OidcSignIn
from integration.access.oidc.provider import OidcProvider
from tests.browser.test_pages_in_a_browser import WIDE, browser
from tests.integration.oidc.oidc_browser import ADA, invite
from tests.integration.paged import Queue, make_app
from tests.lookalikes.oidc_provider import CLIENT, SECRET, OidcProviderServer, oidc_provider

pytestmark = [pytest.mark.tools, pytest.mark.loopback]
__all__ = ["browser"]


@pytest.fixture
def provider() -> Iterator[OidcProviderServer]:
    with oidc_provider() as running:
        yield running


@pytest.fixture
def address(database: Database, account: str, provider: OidcProviderServer) -> Iterator[str]:
    """The pages, on another site than the provider's: `localhost` there is 127.0.0.1 here."""
    client = OidcProvider(provider.url, CLIENT, SECRET)
    oidc = OidcSignIn(database, account, client, "your desk account", lambda: home)
    server = make_server("127.0.0.1", 0, make_app(database, account, Queue(), oidc=oidc), threaded=True)
    home = f"http://localhost:{server.server_port}"
    provider.add_client(home + RETURN_PATH)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield home
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    """A tab that may go to the provider, and is told 401 and 403 on its way."""
    context = browser.new_context(base_url=address, viewport=WIDE)
    yield context.new_page()
    context.close()


def test_a_click_signs_in_and_leads_to_the_page_that_was_wanted(
    page: Page, address: str, database: Database, account: str
) -> None:
    invite(database, account, ADA)
    page.goto("/console/parked")
    expect(page.get_by_role("heading", level=1)).to_have_text("The console is for staff")
    page.get_by_role("link", name="Sign in with your desk account").click()
    expect(page).to_have_url(re.compile(re.escape(address) + "/console/parked$"))
    expect(page.get_by_role("button", name="Sign out")).to_be_attached()
    page.reload()
    expect(page).to_have_url(re.compile("/console/parked$"))


def test_who_is_not_invited_reads_why_and_may_begin_again(
    page: Page, address: str, database: Database, account: str
) -> None:
    page.goto("/sign-in")
    page.get_by_role("link", name="Sign in with your desk account").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("You are not signed in")
    expect(page.get_by_text("Ask an admin of this installation to invite you")).to_be_visible()
    invite(database, account, ADA)
    page.get_by_role("link", name="Sign in with your desk account").click()
    expect(page).to_have_url(re.compile("/console/$"))
