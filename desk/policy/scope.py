"""Which tickets are ours, what of a ticket is read, and what is set on it: the parts of the policy that speak of how a
helpdesk is set up. Names are those that people see there; ids will do too."""

from collections.abc import Collection, Iterator
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from desk.reasons import Reason
from desk.run import Urgency
from desk.ticket import Named, Priority, Ticket

Word = Annotated[str, Field(min_length=1, max_length=255)]
TicketType = Literal["question", "incident", "problem", "task"]
ALIASES = {
    "email": "mail",
    "twitter": "x",
    "messaging": "chat",
    "native_messaging": "chat",
    "phone": "voice",
    "form": "web",
}
"""What else a channel may be called."""


def _as_list(value: object) -> object:
    """One word is a list of one."""
    return [value] if isinstance(value, (str, int)) and not isinstance(value, bool) else value


def _as_text(value: object) -> object:
    """Ids may be written as numbers."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


TraitValues = Annotated[tuple[Annotated[Word, BeforeValidator(_as_text)], ...], BeforeValidator(_as_list)]


class StrictModel(BaseModel):
    """No unknown key passes."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class TicketTraits(StrictModel):
    """What tickets are known by; each a list, of which one must fit."""

    brand: TraitValues = ()
    group: TraitValues = ()
    form: TraitValues = ()
    channel: TraitValues = ()
    tag: TraitValues = ()
    organisation: TraitValues = ()

    def met_by(self, ticket: Ticket) -> Iterator[bool]:
        """For each trait that is named: has the ticket one of these?"""
        named_traits = (
            (self.brand, ticket.brand),
            (self.group, ticket.group),
            (self.form, ticket.form),
            (self.organisation, ticket.organisation),
        )
        yield from (is_one_of(entry, accepted) for accepted, entry in named_traits if accepted)
        if self.channel:
            yield _canonical_channel(ticket.via) in map(_canonical_channel, self.channel)
        if self.tag:
            yield not {tag.lower() for tag in self.tag}.isdisjoint(ticket.tags)


class TicketScope(StrictModel):
    """A ticket is ours if it has every trait of `only` and none of `never`."""

    only: TicketTraits = TicketTraits()
    never: TicketTraits = TicketTraits()

    def holds(self, ticket: Ticket) -> bool:
        """Is it ours? All others are observed by nobody."""
        return all(self.only.met_by(ticket)) and not any(self.never.met_by(ticket))


EVERYWHERE = TicketScope()


class RoutingCondition(StrictModel):
    """Conditions of a routing rule: each that is named must hold, by one of what it lists."""

    category: TraitValues = ()
    urgency: Annotated[tuple[Urgency, ...], BeforeValidator(_as_list)] = ()
    reason: Annotated[tuple[Reason, ...], BeforeValidator(_as_list)] = ()
    topic: TraitValues = ()
    field: dict[Word, TraitValues] = Field(default_factory=dict)


class RoutingAction(StrictModel):
    """What a routing rule sets."""

    priority: Priority | None = None
    group: Annotated[Word, BeforeValidator(_as_text)] | None = None
    type: TicketType | None = None
    fields: dict[Word, Annotated[Word, BeforeValidator(_as_text)]] = Field(default_factory=dict)
    tags: Annotated[tuple[Annotated[str, Field(pattern=r"^\S{1,100}$")], ...], BeforeValidator(_as_list)] = ()


class Routing(StrictModel):
    """One line of the table: `when` this, `set` that. For each thing to set the first rule that fits counts; tags add
    up."""

    when: RoutingCondition = RoutingCondition()
    set: RoutingAction


def unknown_names(routing: Collection[Routing], categories: Collection[str], topics: Collection[str]) -> list[str]:
    """Categories and topics of the table that the policy does not have: such a rule would never fit."""
    unknown_categories = [name for rule in routing for name in rule.when.category if name not in categories]
    return unknown_categories + [name for rule in routing for name in rule.when.topic if name not in topics]


def is_one_of(entry: Named | None, accepted: Collection[str]) -> bool:
    """Is it one of these, by id or by name?"""
    names = {case_folded(name) for name in accepted}
    return entry is not None and (entry.id in accepted or (bool(entry.name) and case_folded(entry.name) in names))


def _canonical_channel(name: str) -> str:
    folded = case_folded(name)
    return ALIASES.get(folded, folded)


def case_folded(name: str) -> str:
    """A name as it is compared."""
    return " ".join(name.split()).casefold()
