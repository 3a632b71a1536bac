"""The sources that `test_sources.py` holds to the contract, each over an outside that the tests steer."""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from shutil import rmtree
from typing import NoReturn

from sqlalchemy import text

from desk.errors import Temporary
from desk.pages import Markup, Page, PageSource, Stamps, UnchangedPage, UnreadablePage
from desk.platform.database import Database
from desk.ticket import new_id
from integration.connections import save_connection
from integration.zendesk.api.connection import PARTY, ZendeskConnection
from integration.zendesk.sources.guide import GuideSource
from integration.zendesk.sources.solved_tickets import SolvedSettings, SolvedTicketsSource
from knowledge.sources.folder import Folder
from knowledge.sources.written_here import entries
from knowledge.sources.written_here.entries import EntryText
from knowledge.sources.written_here.source import WrittenHere
from tests.knowledge.conftest import ListSource
from tests.knowledge.websites import Reader
from tests.knowledge.written_files import docx, pdf
from tests.lookalikes.website import Website
from tests.lookalikes.zendesk import EMAIL, TOKEN, Zendesk


@dataclass(frozen=True, slots=True)
class Stage:
    """A source over an outside that the tests steer.

    At first it has three pages that can be read, whose texts hold the words "first", "second" and "third", and, where
    `leaves_out`, a draft with the word "draft". Each of the acts below is done to that outside; `spoil_third` is None
    where that cannot happen to this kind of source.
    """

    source: PageSource
    change_second: Callable[[], None]
    """The second page says "altered" instead of "second"."""
    remove_third: Callable[[], None]
    """The third page is gone."""
    spoil_third: Callable[[], None] | None
    """The third page is still there, and cannot be read."""
    break_off: Callable[[], AbstractContextManager[None]]
    """While it lasts, the source cannot be read to its end."""
    empty: Callable[[], None]
    """Nothing is there any more: all is deleted, or not mounted, or answered with nothing."""
    has_stamps: bool
    """Its pages have stamps, and what has not changed since its stamp is not read again."""
    leaves_out: bool = True


class _Pages(ListSource):
    """A list that keeps to its stamps, as a source that asks a server does."""

    def pages(self, stamps: Stamps) -> Iterator[Page | UnchangedPage | UnreadablePage]:
        for item in super().pages(stamps):
            known = isinstance(item, Page) and item.stamp and stamps(item.id) == item.stamp
            yield UnchangedPage(item.id) if known else item


def _page(page_id: str, body: str, stamp: str) -> Page:
    return Page(page_id, body, Markup.MARKDOWN, stamp=stamp)


def of_a_list(database: Database, account: str, tmp_path: Path) -> Iterator[Stage]:
    """The fake that other tests use."""
    source = _Pages(*(_page(word[0], f"The {word} page.", "v1") for word in ("first", "second", "third")))
    first, second, third = source.items

    def put(*items: object) -> Callable[[], None]:
        return lambda: setattr(source, "items", items)

    @contextmanager
    def break_off() -> Iterator[None]:
        before = source.items
        source.items = (first, Temporary("away"), *before[1:])
        yield
        source.items = before

    yield Stage(
        source,
        change_second=put(first, _page("s", "The altered page.", "v2"), third),
        remove_third=put(first, second),
        spoil_third=put(first, second, UnreadablePage("t", "is spoilt")),
        break_off=break_off,
        empty=put(),
        has_stamps=True,
        leaves_out=False,
    )


def of_a_folder(database: Database, account: str, tmp_path: Path) -> Iterator[Stage]:
    """Text files."""
    root = tmp_path / "pages"
    (root / "deeper").mkdir(parents=True)
    (root / "first.md").write_text("# One\n\nThe first page.")
    (root / "second.html").write_text("<h1>Two</h1><p>The second page.</p>")
    (root / "deeper/third.txt").write_text("The third page.")
    (root / "soon.md").write_text("---\ndraft: true\n---\nThe draft page.")

    yield Stage(
        Folder(root),
        change_second=_write(root / "second.html", b"<h1>Two</h1><p>The altered page.</p>"),
        remove_third=(root / "deeper/third.txt").unlink,
        spoil_third=_write(root / "deeper/third.txt", bytes(range(128, 256))),
        break_off=lambda: _away(root),
        empty=lambda: _clear(root),
        has_stamps=False,
    )


def of_a_folder_of_files(database: Database, account: str, tmp_path: Path) -> Iterator[Stage]:
    """PDF and Word files, which have stamps."""
    root = tmp_path / "files"
    root.mkdir()
    (root / "first.pdf").write_bytes(pdf("The first page."))
    (root / "second.docx").write_bytes(docx("The second page."))
    (root / "third.pdf").write_bytes(pdf("The third page."))
    yield Stage(
        Folder(root),
        change_second=_write(root / "second.docx", docx("The altered page.")),
        remove_third=(root / "third.pdf").unlink,
        spoil_third=_write(root / "third.pdf", b"%PDF-1.7\nnothing"),
        break_off=lambda: _away(root),
        empty=lambda: _clear(root),
        has_stamps=True,
        leaves_out=False,
    )


def _clear(root: Path) -> None:
    rmtree(root)
    root.mkdir()


@contextmanager
def _away(root: Path) -> Iterator[None]:
    root.rename(root.with_name("elsewhere"))
    yield
    root.with_name("elsewhere").rename(root)


def _write(path: Path, content: bytes) -> Callable[[], None]:
    def act() -> None:
        path.write_bytes(content)

    return act


def of_zendesk_guide(database: Database, account: str, tmp_path: Path) -> Iterator[Stage]:
    """Articles of a help center."""
    with _zendesk(database, account) as zendesk:
        guide = zendesk.guide
        words = ("first", "second", "third")
        _, second, third = (guide.publish(f"Article {word}", f"<p>The {word} article.</p>") for word in words)
        guide.publish("Soon", "<p>The draft article.</p>", draft=True)

        def change_second() -> None:
            guide.clock = lambda: time.time() + 10  # times have whole seconds
            guide.translate(second, "en-us", "Article altered", "<p>The altered article.</p>")

        yield Stage(
            GuideSource(database, account, now=lambda: datetime.now(UTC) + timedelta(minutes=5)),
            change_second=change_second,
            remove_third=lambda: guide.archive(third),
            spoil_third=lambda: guide.articles[third].pop("user_segment_id") and None,
            break_off=lambda: _trouble(zendesk, r"/articles\.json"),
            empty=guide.articles.clear,
            has_stamps=True,
        )


def of_solved_tickets(database: Database, account: str, tmp_path: Path) -> Iterator[Stage]:
    """What colleagues answered to customers."""
    with _zendesk(database, account) as zendesk:

        def answer(word: str, status: str) -> int:
            number = zendesk.new_ticket("A question", "How does that work, please?", f"{word}@mail.example")
            zendesk.add_comment(number, f"This is the {word} answer of ours.", "colleague", status=status)
            return number

        first, second, third = (answer(word, status="solved") for word in ("first", "second", "third"))
        answer("draft", status="open")

        def change(number: int, words: str) -> None:
            zendesk.store.clock = lambda: time.time() + 10  # times have whole seconds
            zendesk.add_comment(number, words, "colleague", status="solved")

        def spoil_third() -> None:
            change(third, "This is another answer of ours.")
            zendesk.fail(path=f"/{third}/audits", status=403, body="{}")

        def empty() -> None:
            for number in (first, second, third):
                zendesk.delete(number)

        yield Stage(
            SolvedTicketsSource(
                database,
                account,
                settings=SolvedSettings(least_words=3, for_customers=True),
                sleep=lambda seconds: None,
            ),
            change_second=lambda: change(second, "This is the altered answer of ours."),
            remove_third=lambda: zendesk.delete(third),
            spoil_third=spoil_third,
            break_off=lambda: _trouble(zendesk, "/search/export"),
            empty=empty,
            has_stamps=True,
        )


def of_a_website(database: Database, account: str, tmp_path: Path) -> Iterator[Stage]:
    """Pages that a start leads to, itself the first."""
    with Website() as site:
        site.page("/", "The first page.", "/second", "/soon")
        site.page("/second", "The second page.", "/third")
        site.page("/third", "The third page.")
        site.page("/soon", "The draft page.", head='<meta name="robots" content="noindex">')

        @contextmanager
        def break_off() -> Iterator[None]:
            site.fail(path="/robots.txt", status=503, times=1000)
            yield
            site.faults.clear()

        yield Stage(
            Reader(site),
            change_second=lambda: site.page("/second", "The altered page.", "/third"),
            remove_third=lambda: site.remove("/third"),
            spoil_third=lambda: site.put("/third", "", 500),
            break_off=break_off,
            empty=lambda: site.put("/", "<html><body></body></html>"),
            has_stamps=True,
        )


class _DatabaseAway(Database):
    def __init__(self) -> None:
        """Nothing is there."""

    def account(self, *named: object) -> NoReturn:
        raise Temporary("the database is away")


def of_entries_written_here(database: Database, account: str, tmp_path: Path) -> Iterator[Stage]:
    """What leads accepted."""
    with database.account(account) as tx:
        for word in ("first", "second", "third"):
            entries.add_entry(tx, new_id(), EntryText(f"What is {word}?", f"The {word} entry.", "public"))
    source = WrittenHere(database, account)

    def run(statement: str) -> Callable[[], None]:
        def act() -> None:
            with database.account(account) as tx:
                tx.execute(text(statement))

        return act

    @contextmanager
    def break_off() -> Iterator[None]:
        before, source.db = source.db, _DatabaseAway()
        yield
        source.db = before

    yield Stage(
        source,
        change_second=run(
            "UPDATE written_entries SET answer = 'The altered entry.', updated_at = now() WHERE answer LIKE '%second%'"
        ),
        remove_third=run("DELETE FROM written_entries WHERE answer LIKE '%third%'"),
        spoil_third=None,
        break_off=break_off,
        empty=run("DELETE FROM written_entries"),
        has_stamps=True,
        leaves_out=False,
    )


@contextmanager
def _zendesk(database: Database, account: str) -> Iterator[Zendesk]:
    with Zendesk() as zendesk:
        with database.account(account) as tx:
            save_connection(tx, PARTY, ZendeskConnection(base_url=zendesk.url, email=EMAIL, api_token=TOKEN))
        yield zendesk


@contextmanager
def _trouble(zendesk: Zendesk, path: str) -> Iterator[None]:
    zendesk.fail(path=path, status=503, body="{}", times=1000)
    yield
    zendesk.faults.clear()


Make = Callable[[Database, str, Path], Iterator[Stage]]

STAGES: dict[str, Make] = {
    "list": of_a_list,
    "folder": of_a_folder,
    "files": of_a_folder_of_files,
    "zendesk-guide": of_zendesk_guide,
    "solved-tickets": of_solved_tickets,
    "website": of_a_website,
    "written-here": of_entries_written_here,
}
"""By the name in the test's id. What stands after a stage's `yield` clears up."""
