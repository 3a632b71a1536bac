"""What an account's Zendesk calls by number and its policy by name: brands, groups, custom fields, custom statuses.

Each list is read when it is first needed, once per worker, and again after ten minutes; a name that is not in it has it
read again sooner, since somebody may just have made it.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from threading import Lock
from typing import Any, TypeVar

import structlog

from desk.errors import Permanent
from desk.policy.policy import Policy
from desk.policy.scope import case_folded
from desk.text.tokenizer import clean
from desk.ticket import TicketStatus
from integration.zendesk.api import models
from integration.zendesk.api.client import ZendeskClient
from integration.zendesk.api.connection import ZendeskLine
from integration.zendesk.channel.fetch import LookedUpNames

log = structlog.get_logger(__name__)

KEPT_SECONDS = 600.0
LOOK_AGAIN_SECONDS = 60.0
MOST_ACCOUNTS = 1000

V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class CustomField:
    """A custom field: `shown` gives what people see by what is stored."""

    id: str
    title: str
    shown: Mapping[str, str] = field(default_factory=dict)

    def stored(self, words: str) -> str:
        """What to store so that people see these words; what is stored already may be given as well."""
        wanted = case_folded(words)
        return next((value for value, name in self.shown.items() if case_folded(name) == wanted), words)


@dataclass(frozen=True, slots=True)
class WantedNames:
    """What the policy needs to know of every ticket by name. `statuses` says what custom statuses mean."""

    fields: tuple[str, ...] = ()
    statuses: Mapping[str, TicketStatus] = field(default_factory=dict)
    brands: bool = False


def names_wanted_by(policy: Policy) -> WantedNames:
    """What a policy needs to know. Ids of brands need no look-up."""
    brands = (*policy.scope.only.brand, *policy.scope.never.brand)
    statuses = {name: TicketStatus(status) for name, status in policy.statuses.items()}
    return WantedNames(policy.fields, statuses, any(not brand.isdecimal() for brand in brands))


class ZendeskNames:
    """The lists of all accounts, as far as they were needed."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lists: dict[tuple[ZendeskClient, str], tuple[float, object]] = {}
        self._lock = Lock()

    def known(self, line: ZendeskLine, ticket: models.ZendeskTicket, wanted: WantedNames) -> LookedUpNames:
        """What is wanted of a ticket. Asks for no list that nobody wants."""
        brand = self.brand(line, ticket.brand_id) if wanted.brands else ""
        status = case_folded(self.status(line, ticket.custom_status_id)) if wanted.statuses else ""
        means = {case_folded(name): status for name, status in wanted.statuses.items()}
        return LookedUpNames(tuple(self._values(line, ticket, wanted.fields)), brand, means.get(status))

    def _values(
        self, line: ZendeskLine, ticket: models.ZendeskTicket, names: Sequence[str]
    ) -> Iterator[tuple[str, str]]:
        values = {each.id: each.value for each in ticket.custom_fields or ()}
        for name in names:
            field = self.field(line, name)
            text = _in_words(values.get(field.id), field) if field else ""
            if text:
                yield name, text

    def brand(self, line: ZendeskLine, brand_id: str | None) -> str:
        """A brand's name; empty where it cannot be told."""
        return self._list(line, "brands", _brands).get(brand_id or "", "")

    def status(self, line: ZendeskLine, status_id: str | None) -> str:
        """A custom status's name; empty for none."""
        return self._list(line, "custom_statuses", _statuses).get(status_id or "", "")

    def field(self, line: ZendeskLine, name: str) -> CustomField | None:
        """The custom field of this title or id."""
        return self._find(line, "ticket_fields", _fields, name)

    def group(self, line: ZendeskLine, name: str) -> str | None:
        """The id of the group of this name or id."""
        return self._find(line, "groups", _groups, name)

    def _find(self, line: ZendeskLine, kind: str, read: Callable[[ZendeskClient], dict[str, V]], name: str) -> V | None:
        found = self._list(line, kind, read).get(case_folded(name))
        if found is None:
            found = self._list(line, kind, read, at_most=LOOK_AGAIN_SECONDS).get(case_folded(name))
        return found

    def _list(
        self, line: ZendeskLine, kind: str, read: Callable[[ZendeskClient], dict[str, V]], at_most: float = KEPT_SECONDS
    ) -> dict[str, V]:
        """A list that is at most so many seconds old. One that the token may not read is empty, and the log says so."""
        key = (line.client, kind)
        with self._lock:
            since, known = self._lists.get(key, (0.0, None))
        if known is None or self._clock() - since > at_most:
            try:
                known = read(line.client)
            except Permanent as error:
                log.warning("names not read", account=line.account, what=kind, why=str(error))
                known = {}
            with self._lock:
                if len(self._lists) >= MOST_ACCOUNTS:
                    self._lists.clear()
                self._lists[key] = (self._clock(), known)
        return known  # type: ignore[return-value]  # one reader for each kind


def _brands(client: ZendeskClient) -> dict[str, str]:
    pages = client.listed("brands.json", models.Brands)
    return {each.id: each.name or "" for page in pages for each in page.brands}


def _statuses(client: ZendeskClient) -> dict[str, str]:
    rows = client.show("custom_statuses.json", models.CustomStatuses).custom_statuses
    return {each.id: each.agent_label for each in rows}


def _groups(client: ZendeskClient) -> dict[str, str]:
    pages = client.listed("groups.json", models.Groups)
    rows = [each for page in pages for each in page.groups]
    return {each.id: each.id for each in rows} | {case_folded(each.name or ""): each.id for each in rows}


def _fields(client: ZendeskClient) -> dict[str, CustomField]:
    pages = client.listed("ticket_fields.json", models.TicketFields)
    rows = [_field(each) for page in pages for each in page.ticket_fields]
    return {each.id: each for each in rows} | {case_folded(each.title): each for each in rows}


def _field(row: models.TicketField) -> CustomField:
    return CustomField(row.id, row.title, {option.value: option.name for option in row.custom_field_options or ()})


def _in_words(value: Any, field: CustomField) -> str:
    """What people see in a field; empty where there is nothing."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    values = value if isinstance(value, list) else [value]
    return clean(", ".join(field.shown.get(str(each), str(each)) for each in values if each not in (None, "")))
