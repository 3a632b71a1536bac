"""Who may read more than the public pages, and which part of the library is theirs: by what the helpdesk says of a
customer, never by what they write. Whoever is not known to belong reads what is public."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Annotated

from pydantic import Field, model_validator

from desk.policy.scope import StrictModel, TraitValues, is_one_of
from desk.ticket import Ticket

Audience = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]*$")]
INTERNAL = "internal"
"""The audience of colleagues; no customer is among them."""


class CustomerTraits(StrictModel):
    """What customers are known by at the helpdesk; each a list, of which one must fit."""

    organisation: TraitValues = ()
    tag: TraitValues = ()
    """A tag of the customer, not of the ticket: those are set by forms too."""
    segment: TraitValues = ()

    @model_validator(mode="after")
    def names_somebody(self) -> "CustomerTraits":
        """Without a trait everybody would fit."""
        if not (self.organisation or self.tag or self.segment):
            raise ValueError("names no organisation, tag or segment: everybody would be meant")
        return self

    def fit(self, ticket: Ticket) -> bool:
        """Has the ticket's requester every trait that is named?"""
        return all(self._met_by(ticket))

    def _met_by(self, ticket: Ticket) -> Iterator[bool]:
        if self.organisation:
            yield is_one_of(ticket.organisation, self.organisation)
        if self.tag:
            yield not {tag.lower() for tag in self.tag}.isdisjoint(map(str.lower, ticket.requester.tags))
        if self.segment:
            yield any(is_one_of(segment, self.segment) for segment in ticket.requester.segments)


class Readers(StrictModel):
    """Customers `when` this holds of them may read the pages of `audience` too."""

    audience: Audience
    when: CustomerTraits

    @model_validator(mode="after")
    def keeps_colleagues_pages(self) -> "Readers":
        """Nothing opens the pages of colleagues."""
        if self.audience == INTERNAL:
            raise ValueError("internal pages are never for customers")
        return self


def closed_to_others(ticket: Ticket) -> Ticket:
    """The ticket with nothing said of its requester that would open pages, where somebody else reads the reply too: a
    person in copy, or one who has written."""
    if not ticket.copied and not any(message.third_party for message in ticket.messages):
        return ticket
    requester = replace(ticket.requester, tags=(), segments=())
    return replace(ticket, requester=requester, organisation=None)
