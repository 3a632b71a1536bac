"""What a customer or a page says arrives as it was meant: small inputs, each with what is right (`README.md`)."""

import json
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.server import ThreadingHTTPServer
from pathlib import Path

import pytest

from desk.platform.database import Database
from tests.reading.case import Case, Site
from tests.reading.judge import find_faults
from tests.reading.product import Product, ShownPassage

pytestmark = pytest.mark.loopback

CASES = {path.parent.name: Case(path.parent) for path in sorted((Path(__file__).parent / "cases").glob("*/case.json"))}
DOCUMENTS = ("document", "search", "site")


def test_every_case_is_right(database: Database, account: str) -> None:
    product = Product(database, account)
    documents = [case for case in CASES.values() if case.about["enter"] in DOCUMENTS]
    with ExitStack() as sites:
        for case in documents:
            read(product, case, sites)
    for case in documents:
        look_up(product, case)
    for case in CASES.values():
        hear(product, case)
    faults = {name: found for name, case in CASES.items() if (found := find_faults(case))}
    assert not faults, "\n".join(f"{name}: {'; '.join(found)}" for name, found in faults.items())


def read(product: Product, case: Case, sites: ExitStack) -> None:
    """All documents stand in one index."""
    if case.about["enter"] == "site":
        case.root = sites.enter_context(served(case.folder))
        case.told = product.read_source(case.source, "website", case.root + case.about["start"])
    else:
        case.told = product.read_source(case.source, "folder", str(case.folder))


def look_up(product: Product, case: Case) -> None:
    """By what is asked, and by the words of each page that must, or must not, be there."""
    question = str(case.about["ask"])
    case.passages = product.search(question, case.locale)
    keep_own(case, case.passages)
    for page in case.right.get("indexed", {}):
        if not case.holds(page):
            keep_own(case, product.search(case.words_of(page), case.locale))
    if any(name.startswith("answer_") for name in case.right):
        case.answer = product.ask(question)


def keep_own(case: Case, passages: list[ShownPassage]) -> None:
    """What belongs to the case itself."""
    case.own += [each for each in passages if each.source == case.source and each not in case.own]


def hear(product: Product, case: Case) -> None:
    """What comes as a message."""
    if case.about["enter"] == "mail_text":
        case.message = product.take_ticket("Question", [(case.folder / "input.txt").read_text("utf-8")])
    elif case.about["enter"] == "api_message":
        given = json.loads((case.folder / "input.json").read_text("utf-8"))
        case.message = product.take_ticket(given["subject"], given["messages"])
    elif case.about["enter"] == "helpdesk_ticket":
        case.newest = product.newest_message(json.loads((case.folder / "input.json").read_text("utf-8")))


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """A case's site, on a port of its own."""
    rules_file = folder / "site.json"
    rules = json.loads(rules_file.read_text("utf-8")) if rules_file.exists() else {}
    handler = type("Handler", (Site,), {"folder": folder / "site", "rules": rules})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
