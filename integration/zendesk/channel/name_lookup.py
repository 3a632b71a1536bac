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
from desk.ticket import Named, TicketStatus
from integration.zendesk.api import models
from integration.zendesk.api.client import ZendeskClient
from integration.zendesk.api.connection import ZendeskLine
from integration.zendesk.channel.fetch import LookedUpNames

log = structlog.get_logger(__name__)

KEPT_SECONDS = 600.0
LOOK_AGAIN_SECONDS = 60.0
MOST_ACCOUNTS = 1000
STAFF_ROLES = ("agent", "admin")

V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class CustomField:
    """A custom field: `shown` gives what people see by what is stored."""

    id: str
    title: str
    shown: Mapping[str, str] = field(default_factory=dict)

    def stored(self, words: str) -> str:
        """What to store so that people see these words; what is stored already may be given as well."""
        folded_label = case_folded(words)
        return next(
            (stored_value for stored_value, label in self.shown.items() if case_folded(label) == folded_label), words
        )


@dataclass(frozen=True, slots=True)
class WantedNames:
    """What the policy needs to know of every ticket by name. `statuses` says what custom statuses mean."""

    fields: tuple[str, ...] = ()
    statuses: Mapping[str, TicketStatus] = field(default_factory=dict)
    brands: bool = False
    segments: bool = False


def names_wanted_by(policy: Policy) -> WantedNames:
    """What a policy needs to know. Ids of brands need no look-up."""
    brands = (*policy.scope.only.brand, *policy.scope.never.brand, *policy.brands)
    segments = any(readers.when.segment for readers in policy.readers)
    statuses = {name: TicketStatus(status) for name, status in policy.statuses.items()}
    return WantedNames(policy.fields, statuses, any(not brand.isdecimal() for brand in brands), segments)


class ZendeskNames:
    """The lists of all accounts, as far as they were needed."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._cache: dict[tuple[ZendeskClient, str], tuple[float, object]] = {}
        self._lock = Lock()

    def known(self, line: ZendeskLine, ticket: models.ZendeskTicket, wanted: WantedNames) -> LookedUpNames:
        """What is wanted of a ticket. Asks for no list that nobody wants."""
        brand = self.brand(line, ticket.brand_id) if wanted.brands else ""
        status = case_folded(self.status(line, ticket.custom_status_id)) if wanted.statuses else ""
        status_by_name = {case_folded(name): status for name, status in wanted.statuses.items()}
        segments = self.segments(line, ticket.requester_id) if wanted.segments else ()
        fields = tuple(self._field_values(line, ticket, wanted.fields))
        return LookedUpNames(fields, brand, status_by_name.get(status), segments)

    def _field_values(
        self, line: ZendeskLine, ticket: models.ZendeskTicket, names: Sequence[str]
    ) -> Iterator[tuple[str, str]]:
        values = {custom_field.id: custom_field.value for custom_field in ticket.custom_fields or ()}
        for name in names:
            field = self.field(line, name)
            text = _display_text(values.get(field.id), field) if field else ""
            if text:
                yield name, text

    def brand(self, line: ZendeskLine, brand_id: str | None) -> str:
        """A brand's name; empty where it cannot be told."""
        return self._cached_list(line, "brands", _load_brands).get(brand_id or "", "")

    def status(self, line: ZendeskLine, status_id: str | None) -> str:
        """A custom status's name; empty for none."""
        return self._cached_list(line, "custom_statuses", _load_statuses).get(status_id or "", "")

    def segments(self, line: ZendeskLine, user_id: str) -> tuple[Named, ...]:
        """The circles of readers that somebody belongs to; none where that cannot be told."""
        path = f"help_center/users/{user_id}/user_segments"
        names = self._cached_list(line, path, lambda client: _load_segments(client, path))
        return tuple(Named(segment_id, name) for segment_id, name in names.items())

    def field(self, line: ZendeskLine, name: str) -> CustomField | None:
        """The custom field of this title or id."""
        return self._find_by_name(line, "ticket_fields", _load_fields, name)

    def group(self, line: ZendeskLine, name: str) -> str | None:
        """The id of the group of this name or id."""
        return self._find_by_name(line, "groups", _load_groups, name)

    def agent(self, line: ZendeskLine, email: str) -> str | None:
        """The id of the agent or admin with this address."""
        return self._find_by_name(line, "agents", _load_agents, email)

    def _find_by_name(
        self, line: ZendeskLine, kind: str, load: Callable[[ZendeskClient], dict[str, V]], name: str
    ) -> V | None:
        match = self._cached_list(line, kind, load).get(case_folded(name))
        if match is None:
            match = self._cached_list(line, kind, load, max_age=LOOK_AGAIN_SECONDS).get(case_folded(name))
        return match

    def _cached_list(
        self, line: ZendeskLine, kind: str, load: Callable[[ZendeskClient], dict[str, V]], max_age: float = KEPT_SECONDS
    ) -> dict[str, V]:
        """A list that is at most so many seconds old. One that the token may not read is empty, and the log says so."""
        key = (line.client, kind)
        with self._lock:
            loaded_at, entries = self._cache.get(key, (0.0, None))
        if entries is None or self._clock() - loaded_at > max_age:
            try:
                entries = load(line.client)
            except Permanent as error:
                log.warning("names not read", account=line.account, what=kind, why=str(error))
                entries = {}
            with self._lock:
                if len(self._cache) >= MOST_ACCOUNTS:
                    self._cache.clear()
                self._cache[key] = (self._clock(), entries)
        return entries  # type: ignore[return-value]  # one reader for each kind


def _load_agents(client: ZendeskClient) -> dict[str, str]:
    pages = (page for role in STAFF_ROLES for page in client.listed("users.json", models.Users, role=role))
    return {case_folded(user.email): user.id for page in pages for user in page.users if user.email}


def _load_brands(client: ZendeskClient) -> dict[str, str]:
    pages = client.listed("brands.json", models.Brands)
    return {brand.id: brand.name or "" for page in pages for brand in page.brands}


def _load_segments(client: ZendeskClient, path: str) -> dict[str, str]:
    pages = client.listed(f"{path}.json", models.UserSegments)
    return {row.id: clean(row.name or "") for page in pages for row in page.user_segments}


def _load_statuses(client: ZendeskClient) -> dict[str, str]:
    rows = client.show("custom_statuses.json", models.CustomStatuses).custom_statuses
    return {status.id: status.agent_label for status in rows}


def _load_groups(client: ZendeskClient) -> dict[str, str]:
    pages = client.listed("groups.json", models.Groups)
    rows = [group for page in pages for group in page.groups]
    return {group.id: group.id for group in rows} | {case_folded(group.name or ""): group.id for group in rows}


def _load_fields(client: ZendeskClient) -> dict[str, CustomField]:
    pages = client.listed("ticket_fields.json", models.TicketFields)
    rows = [_custom_field(field) for page in pages for field in page.ticket_fields]
    return {field.id: field for field in rows} | {case_folded(field.title): field for field in rows}


def _custom_field(row: models.TicketField) -> CustomField:
    return CustomField(row.id, row.title, {option.value: option.name for option in row.custom_field_options or ()})


def _display_text(value: Any, field: CustomField) -> str:
    """What people see in a field; empty where there is nothing."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    values = value if isinstance(value, list) else [value]
    return clean(", ".join(field.shown.get(str(item), str(item)) for item in values if item not in (None, "")))
