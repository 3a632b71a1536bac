"""Solved tickets as a source: what a customer asked, and the last answer that a person gave in public.

Off until somebody adds it. One search finds the tickets (100 to a call, https://developer.zendesk.com/api-reference/
ticketing/ticket-management/search/#export-search-results); each that is new or has changed costs one call more for its
conversation, so a run reads no more than `READ_AT_ONCE` of them, unhurried, and leaves the rest to the next. Search is
asked rather than the incremental export, which knows no filter, wants an admin, and does not hold comments.

What is kept is redacted (`desk/text/redaction.py`) and is for colleagues unless the settings say otherwise: it was
written for one person, nobody has edited it for others, and no redaction is perfect.
"""

import time
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, field_validator

from desk.errors import Permanent, Temporary
from desk.pages import Markup, Page, Stamps, UnchangedPage, UnreadablePage
from desk.platform.database import Database
from desk.text import redaction
from desk.text.language import detect_language
from desk.text.mail.reader import parse_mail
from desk.text.redaction import redact
from desk.text.tokenizer import clean, words
from desk.ticket import Message, Role, Ticket
from integration.zendesk.api.client import Gone
from integration.zendesk.api.client import HistoryTooLong as TooLong
from integration.zendesk.api.connection import ZendeskLines, is_connected
from integration.zendesk.api.models import AuditPage, FoundTicket, FoundTickets, TicketAnswer, ZendeskUser
from integration.zendesk.channel.fetch import OFF_TAG, compose_ticket
from integration.zendesk.channel.update import TAGS
from knowledge.sources.source_kind import SourceKind

NAME = "solved-tickets"
READ_AT_ONCE = 900
"""With a run each hour 20,000 are read within a day."""
PAUSE = 0.5
"""Seconds between two conversations: the account's limit of calls is others' too, replies first of all."""
MOST_FOUND = 50_000
"""Tickets of a search. Its order is not ours to choose, so the newest are known only when all are read."""
DONE = ("solved", "closed")
MERGED_TAG = "closed_by_merge"
REPLIED_TAG = next(tag for kind, tag in TAGS.items() if kind == "reply")
LEAST_QUESTION = 3
LATER = "comes with the next run"
NO_ANSWER = "holds no answer by a person that could be kept"


class SolvedSettings(BaseModel):
    """Which solved tickets are read, and for whom."""

    model_config = ConfigDict(extra="forbid")

    since_days: int = Field(default=90, ge=1, le=1095, description="read tickets solved within so many days")
    most: int = Field(default=300, ge=1, le=20_000, description="read no more than so many, the newest")
    tags: list[str] = Field(default=[], description="only tickets with one of these tags")
    not_tags: list[str] = Field(default=[], description="no ticket with one of these tags")
    groups: list[str] = Field(default=[], description="only tickets of these groups, by id")
    not_groups: list[str] = Field(default=[], description="no ticket of these groups, by id")
    least_words: int = Field(default=15, ge=1, le=500, description="leave out answers shorter than so many words")
    for_customers: bool = Field(default=False, description="let replies to customers quote them")

    @field_validator("tags", "not_tags", "groups", "not_groups", mode="before")
    @classmethod
    def may_be_one_text(cls, value: Any) -> Any:
        """`refund, vip` as a list."""
        entries = value.split(",") if isinstance(value, str) else value
        return [str(entry).strip() for entry in entries if str(entry).strip()] if isinstance(entries, list) else entries

    @field_validator("tags", "not_tags", "groups", "not_groups")
    @classmethod
    def are_words(cls, terms: list[str]) -> list[str]:
        """They become terms of a search."""
        if invalid_term := next(
            (term for term in terms if any(letter in ' "\\' or not letter.isprintable() for letter in term)), None
        ):
            raise ValueError(f"{invalid_term!r} is no tag or group id")
        return terms


class SolvedTicketsSource:
    """`desk.ports.PageSource` over the account's solved tickets. A page's id begins with the ticket's."""

    def __init__(
        self,
        db: Database,
        account: str,
        name: str = NAME,
        settings: SolvedSettings | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._sleep = sleep
        self.name = name
        self._account = account
        self._settings = settings or SolvedSettings()
        self._audience = "public" if self._settings.for_customers else "internal"
        self._lines = ZendeskLines(db)

    def count(self) -> int | None:
        """Not known before all are found."""
        return None

    def pages(self, stamps: Stamps) -> Iterator[Page | UnchangedPage | UnreadablePage]:
        """One page for each ticket with a usable answer. What is not read this time is named all the same, so that
        nothing of it is lost. Raises Permanent and Temporary when the tickets cannot be found."""
        changed_tickets: list[FoundTicket] = []
        new_tickets: list[FoundTicket] = []
        for ticket in self._search_tickets():
            known_stamp = stamps(self._page_id(ticket))
            if known_stamp == self._page_stamp(ticket):
                yield UnchangedPage(self._page_id(ticket))
            else:
                (new_tickets if known_stamp is None else changed_tickets).append(ticket)
        yield from self._read_tickets([*changed_tickets, *new_tickets])

    def _read_tickets(self, tickets: list[FoundTicket]) -> Iterator[Page | UnreadablePage]:
        for index, ticket in enumerate(tickets):
            if index == READ_AT_ONCE:
                yield from self._unread_pages(tickets[index:], LATER)
                return
            if index:
                self._sleep(PAUSE)
            try:
                yield self._build_page(ticket) or UnreadablePage(
                    self._page_id(ticket), NO_ANSWER, stamp=self._page_stamp(ticket)
                )
            except Permanent as error:
                yield UnreadablePage(self._page_id(ticket), str(error))
            except Temporary as error:
                yield from self._unread_pages(tickets[index:], f"{LATER}: {error}")
                return

    def _unread_pages(self, tickets: Iterable[FoundTicket], why: str) -> Iterator[UnreadablePage]:
        return (UnreadablePage(self._page_id(ticket), why) for ticket in tickets)

    def _page_id(self, ticket: FoundTicket) -> str:
        """For customers and for colleagues it is not the same page: when the setting changes, what was there for the
        others is gone in that run, and does not wait until the ticket's turn has come."""
        return f"{ticket.id}:public" if self._settings.for_customers else ticket.id

    def _page_stamp(self, ticket: FoundTicket) -> str:
        """The rules of redaction are in it: when they get better, all is redacted again."""
        return f"{ticket.updated_at}|{redaction.VERSION}|{self._settings.least_words}"

    def _search_tickets(self) -> list[FoundTicket]:
        """The newest that count, by what the list tells of them."""
        tickets: dict[str, FoundTicket] = {}
        query = {"query": self._search_query(), "filter[type]": "ticket"}
        for page in self._lines.listed(self._account, "search/export.json", FoundTickets, **query):
            tickets |= {ticket.id: ticket for ticket in page.results if self._qualifies(ticket)}
            if len(tickets) > MOST_FOUND:
                raise Permanent(f"more than {MOST_FOUND} solved tickets; choose fewer days, or tags or groups")
        newest = sorted(tickets.values(), key=lambda ticket: (ticket.updated_at, ticket.id), reverse=True)
        return newest[: self._settings.most]

    def _search_query(self) -> str:
        settings = self._settings
        since = (datetime.now(UTC) - timedelta(days=settings.since_days)).date().isoformat()
        terms = [*(f"status:{status}" for status in DONE), f"solved>={since}"]
        terms += [*(f"tags:{tag}" for tag in settings.tags), *(f"-tags:{tag}" for tag in settings.not_tags)]
        terms += [
            *(f"group:{group_id}" for group_id in settings.groups),
            *(f"-group:{group_id}" for group_id in settings.not_groups),
        ]
        return " ".join(terms)

    def _qualifies(self, ticket: FoundTicket) -> bool:
        """Search runs a few minutes behind, so what it was asked for is looked at again."""
        settings, tags = self._settings, set(ticket.tags)
        rating = (ticket.satisfaction_rating.score if ticket.satisfaction_rating else None) or ""
        return (
            ticket.status in DONE
            and not rating.startswith("bad")
            and not tags & {MERGED_TAG, OFF_TAG, *settings.not_tags}
            and (not settings.tags or bool(tags & set(settings.tags)))
            and (not settings.groups or ticket.group_id in settings.groups)
            and ticket.group_id not in settings.not_groups
        )

    def _build_page(self, solved_ticket: FoundTicket) -> Page | None:
        """None when nobody gave an answer worth keeping, or the ticket is gone."""
        line = self._lines.open(self._account)
        people: dict[str, ZendeskUser] = {}
        try:
            audit_pages = _collect_people(line.client.audits(solved_ticket.id), people)
            ticket = compose_ticket(line, TicketAnswer(ticket=solved_ticket), audit_pages)
        except (Gone, TooLong):
            return None
        exchange = exchange_in(ticket, self._settings.least_words)
        if exchange is None:
            return None
        names = [user.name for user in people.values() if user.name]
        title, question, answer = (redact(text, names) for text in (ticket.subject, *exchange))
        return Page(
            id=self._page_id(solved_ticket),
            body=f"{question}\n\n{answer}",
            markup=Markup.TEXT,
            title=" ".join(title.split()) or None,
            url=None if self._settings.for_customers else ticket.url,
            locale=detect_language(f"{question}\n{answer}"),
            audience=self._audience,
            stamp=self._page_stamp(solved_ticket),
        )


def exchange_in(ticket: Ticket, least_words: int) -> tuple[str, str] | None:
    """What the customer asked first, and the last answer of at least so many words that a person gave in public.

    None when there is no such pair: what Firstline wrote itself teaches it nothing, so if the last word is Firstline's,
    or its tag is there without its mark, there is no answer of a person's.
    """
    public_messages = [message for message in ticket.messages if message.public and not message.automatic]
    our_indexes = [index for index, message in enumerate(public_messages) if message.role is Role.ASSISTANT]
    if not our_indexes and REPLIED_TAG in ticket.tags:
        return None
    question = next((_written_text(message) for message in public_messages if message.role is Role.CUSTOMER), "")
    last_own = our_indexes[-1] if our_indexes else -1
    answers = [_written_text(message) for message in public_messages[last_own + 1 :] if message.role is Role.AGENT]
    answer = next((text for text in reversed(answers) if len(words(text)) >= least_words), None)
    if answer is None or len(words(question)) < LEAST_QUESTION:
        return None
    return question, answer


def _written_text(message: Message) -> str:
    return parse_mail(clean(message.body)).question


def _collect_people(pages: Iterable[AuditPage], people: dict[str, ZendeskUser]) -> Iterator[AuditPage]:
    """The history, and beside it who took part."""
    for page in pages:
        people |= {user.id: user for user in page.users}
        yield page


def _open_source(db: Database, account: str, name: str, settings: Any) -> SolvedTicketsSource:
    if not is_connected(db, account):
        raise Permanent("this account is not connected to Zendesk; run `firstline connect zendesk`")
    return SolvedTicketsSource(db, account, name, settings)


KIND = SourceKind(
    "solved tickets of the account's Zendesk, redacted",
    SolvedSettings,
    None,
    _open_source,
    frozenset({"for_customers"}),
)
"""For the table of sources, under `solved-tickets`."""
