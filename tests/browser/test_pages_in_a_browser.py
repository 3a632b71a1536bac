"""The pages in a real browser: what no test client can see. Needs Chromium."""

import shutil
import threading
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect, sync_playwright
from sqlalchemy import insert
from werkzeug.serving import make_server

from app.bootstrap import PROVIDERS
from desk.platform.database import Database
from desk.reasons import Reason
from desk.run import Action, Stage
from desk.ticket import Role
from integration.access import sign_in
from integration.access.permissions import StaffRole
from integration.connections import save_connection
from integration.zendesk.api.connection import ZendeskConnection
from knowledge.index.catalogue import list_documents
from knowledge.ingest.index_source import index_source
from knowledge.tables import sources
from tests.fakes import FakeEmbedder
from tests.integration.acted import Actor
from tests.integration.paged import Queue, make_app
from tests.knowledge.conftest import ListSource, make_page
from tests.workers.left_open import a_run, keep
from workers import tickets
from workers.queue import inbox
from workers.tickets import CHANNEL, Accepted

pytestmark = [pytest.mark.tools, pytest.mark.loopback]

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
NARROW: ViewportSize = {"width": 360, "height": 740}
WIDE: ViewportSize = {"width": 1400, "height": 900}


def chromium() -> str:
    """Where the browser is."""
    program = shutil.which("chromium") or shutil.which("google-chrome")
    assert program, "these tests need Chromium on PATH"
    return program


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def actor(database: Database, account: str) -> Actor:
    return Actor(database, account)


@pytest.fixture
def address(database: Database, account: str) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, make_app(database, account, Queue(), PROVIDERS), threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    """A tab that must not complain, nor ask any other host for anything."""
    context = browser.new_context(base_url=address, viewport=WIDE)
    page = context.new_page()
    faults: list[str] = []
    page.on("console", lambda line: faults.append(line.text) if line.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("request", lambda asked: None if asked.url.startswith(address) else faults.append(asked.url))
    yield page
    context.close()
    assert faults == []


def accepted(actor: Actor, page: Page) -> Accepted:
    """The ticket that the page shows."""
    ticket_id = page.url.split("/t/")[1].split("#")[0]
    with actor.db.account(actor.account) as tx:
        item = inbox.items_of_ticket(tx, CHANNEL, ticket_id)[-1]
    return Accepted(ticket_id, item.message_id or "", item.id)


def knowledge_pages(actor: Actor) -> list[str]:
    """The addresses of the pages on knowledge, with something long on each of them."""
    body = "# " + "Heading" * 20 + "\n\n" + "word" * 200 + "\n\n```\n" + "code " * 80 + "\n```\n"
    wide = make_page("w" * 300, body, title="Title" * 40, audience="a" * 60, collection="c" * 60)
    index_source(actor.db, actor.account, ListSource(wide, name="s" * 200), FakeEmbedder(dimensions=384))
    with actor.db.account(actor.account) as tx:
        tx.execute(insert(sources).values(account_id=actor.account, name="s" * 200, kind="website", error="e" * 500))
        (document,) = list_documents(tx)
    for number, reason in enumerate((Reason.NOTHING_FOUND, Reason.CONTRADICTION)):
        run = a_run(reason, questions=("Question" * 40,), message_id=str(number))
        keep(actor.db, actor.account, run, FakeEmbedder(dimensions=384))
    pages = ("documents", "documents?title=nothing", "search", "search?q=" + "word" * 100, "gaps", "gaps?days=365")
    return [f"/console/documents/{document.id}", *(f"/console/{page}" for page in pages)]


def test_a_ticket_is_written_watched_and_answered_without_a_reload(page: Page, actor: Actor) -> None:
    page.goto("/")
    page.get_by_label("Subject").fill("Refund")
    page.get_by_label("Message").fill("When does it come?")
    page.get_by_role("button", name="Send the message").click()
    expect(page.locator("[aria-current=step]")).to_contain_text("Classified")
    page.evaluate("window.stayed = true")
    ticket = accepted(actor, page)
    item = actor.claim(ticket, Stage.DRAFT)
    expect(page.locator("[aria-current=step]")).to_contain_text("Drafted")
    expect(page.get_by_role("status")).to_contain_text("Writing a draft")
    (reply,) = actor.decide(ticket, Action.AUTO_REPLY, item)
    actor.deliver(reply)
    expect(page.get_by_role("status")).to_have_text("Answered.")
    assert page.evaluate("window.stayed")
    page.get_by_role("button", name="Source 1").first.click()
    card = page.locator(".source-card:popover-open")
    expect(card).to_contain_text("Your bank shows it within 5 to 10 business days.")
    page.keyboard.press("Escape")
    expect(card).to_have_count(0)
    page.get_by_label("Continue the conversation").fill("And by transfer?")
    page.get_by_role("button", name="Send").click()
    expect(page.locator(".message.is-customer")).to_have_count(2)
    expect(page.locator("[aria-current=step]")).to_contain_text("Classified")


def test_a_citation_can_be_opened_by_keyboard_alone(page: Page, actor: Actor) -> None:
    ticket = actor.open()
    actor.finish(ticket, Action.AUTO_REPLY)
    page.goto(f"/t/{ticket.ticket_id}")
    page.get_by_role("button", name="Source 2").first.focus()
    page.keyboard.press("Enter")
    expect(page.locator(".source-card:popover-open")).to_contain_text("Open Settings > Billing.")


def test_what_a_reader_opened_survives_the_next_look(page: Page, actor: Actor) -> None:
    ticket = actor.open()
    actor.finish(ticket, Action.AUTO_REPLY)
    with actor.db.account(actor.account) as tx:
        follow_up = tickets.add_message(tx, ticket.ticket_id, Role.CUSTOMER, "One more thing")
    page.goto(f"/t/{ticket.ticket_id}")
    page.locator(".behind summary").click()
    expect(page.locator(".behind .receipt")).to_be_visible()
    actor.claim(follow_up, Stage.RETRIEVE)
    expect(page.locator("[aria-current=step]")).to_contain_text("Retrieved")
    expect(page.locator(".behind .receipt")).to_be_visible()


def test_without_script_the_page_still_arrives_at_the_answer(browser: Browser, address: str, actor: Actor) -> None:
    """Playwright's own switch leaves `noscript` unread, so a browser is started that knows no script at all."""
    ticket = actor.open()
    url = f"{address}/t/{ticket.ticket_id}"
    flags = [*FLAGS, "--blink-settings=scriptEnabled=false"]
    scriptless = browser.browser_type.launch(executable_path=chromium(), args=flags)
    page = scriptless.new_page()
    page.goto(url, wait_until="commit")
    actor.finish(ticket, Action.AUTO_REPLY)
    with page.expect_response(url, timeout=15_000) as reloaded:
        pass
    assert "Answered." in reloaded.value.text()
    scriptless.close()


def test_a_link_signs_in_and_a_parked_item_is_put_back(page: Page, actor: Actor) -> None:
    actor.park(actor.open("Stuck"), "Permanent: no such category")
    with actor.db.account(actor.account) as tx:
        sign_in.add_user(tx, "ada@firstline.example", StaffRole.AGENT)
    page.goto("/sign-in/" + sign_in.new_sign_in_link(actor.db, actor.account, "ada@firstline.example"))
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("link", name="Stuck").click()
    expect(page.get_by_text("Permanent: no such category")).to_be_visible()
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_text("Nothing is parked")).to_be_visible()
    page.get_by_role("link", name="Pause…").click()
    page.get_by_role("button", name="Pause now").click()
    expect(page.get_by_text("Automatic replies are paused")).to_be_visible()
    page.get_by_role("button", name="Resume").click()
    expect(page.get_by_text("Automatic replies are paused")).to_have_count(0)
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_text("The console is for staff")).to_be_visible()


@pytest.mark.parametrize("size", [NARROW, WIDE], ids=["narrow", "wide"])
def test_no_page_is_wider_than_the_screen(page: Page, actor: Actor, size: ViewportSize) -> None:
    page.set_viewport_size(size)
    ticket = actor.open("Unbroken" * 25, "https://example.com/" + "a" * 600, name="N" * 100)
    actor.finish(ticket, Action.ESCALATE)
    actor.park(actor.open(), "Permanent: " + "x" * 400)
    with actor.db.account(actor.account) as tx:
        sign_in.add_user(tx, "ada@firstline.example", StaffRole.ADMIN)
    page.goto("/sign-in/" + sign_in.new_sign_in_link(actor.db, actor.account, "ada@firstline.example"))
    page.get_by_role("button", name="Sign in").click()
    names = ("tickets", f"tickets/api/{ticket.ticket_id}", "parked", "users", "connections")
    console = [f"/console/{name}" for name in names]
    for path in ("/", f"/t/{ticket.ticket_id}", *console, *knowledge_pages(actor)):
        page.goto(path)
        page.evaluate("for (const each of document.querySelectorAll('details')) each.open = true")
        too_wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert too_wide <= 0, path


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_stands_out_from_its_ground(browser: Browser, address: str, actor: Actor, scheme: str) -> None:
    """WCAG 2.2 AA, success criterion 1.4.3: 4.5 to 1, measured on what the browser computed."""
    ticket = actor.open()
    actor.finish(ticket, Action.ESCALATE)
    context = browser.new_context(base_url=address, color_scheme=scheme)  # type: ignore[arg-type]  # one of its words
    page = context.new_page()
    with actor.db.account(actor.account) as tx:
        sign_in.add_user(tx, "ada@firstline.example", StaffRole.ADMIN)
    page.goto("/sign-in/" + sign_in.new_sign_in_link(actor.db, actor.account, "ada@firstline.example"))
    page.get_by_role("button", name="Sign in").click()
    for path in ("/", f"/t/{ticket.ticket_id}", "/sign-in/x", "/console/connections", *knowledge_pages(actor)):
        page.goto(path)
        page.evaluate("for (const each of document.querySelectorAll('details')) each.open = true")
        assert page.evaluate(CONTRAST) == [], path
    context.close()


CONTRAST = """() => {
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const rgba = (color) => { canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = color; canvas.fillRect(0, 0, 1, 1);
    return Array.from(canvas.getImageData(0, 0, 1, 1).data); };
  const over = (top, ground) => top.slice(0, 3).map((v, i) => v * top[3] / 255 + ground[i] * (1 - top[3] / 255));
  const ground = (element) => { const chain = [];
    for (let at = element; at; at = at.parentElement) chain.unshift(rgba(getComputedStyle(at).backgroundColor));
    return chain.reduce((below, each) => over(each, below), [255, 255, 255]); };
  const light = (rgb) => rgb.map((v) => v / 255).map((v) => v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [.2126, .7152, .0722][i], 0);
  const faint = new Set();
  for (const element of document.body.querySelectorAll("*")) {
    const text = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
    if (!text || element.closest("svg, noscript") || !element.checkVisibility()) continue;
    const below = ground(element);
    const pair = [light(over(rgba(getComputedStyle(element).color), below)), light(below)].sort((a, b) => b - a);
    const ratio = (pair[0] + .05) / (pair[1] + .05);
    if (ratio < 4.5) faint.add(`${element.tagName}.${element.className} ${ratio.toFixed(2)}`);
  }
  return [...faint];
}"""


def test_connecting_shows_its_lines_and_leads_back(page: Page, actor: Actor) -> None:
    with actor.db.account(actor.account) as tx:
        config = ZendeskConnection(base_url="http://127.0.0.1:9", email="ada@example.org", api_token="t")
        save_connection(tx, "zendesk", config)
        sign_in.add_user(tx, "ada@firstline.example", StaffRole.ADMIN)
    page.goto("/sign-in/" + sign_in.new_sign_in_link(actor.db, actor.account, "ada@firstline.example"))
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("link", name="Connections").click()
    page.get_by_text("Connect again, or with another token").click()
    page.get_by_role("button", name="Connect again").click()
    expect(page.get_by_role("listitem")).to_contain_text("no answer from Zendesk")
    page.get_by_role("link", name="Back to the connections").click()
    page.get_by_text("Disconnect…").click()
    page.get_by_role("button", name="Yes, disconnect Zendesk").click()
    expect(page.get_by_role("listitem").last).to_contain_text("stopped")
