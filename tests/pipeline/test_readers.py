"""Whom the policy opens pages to, and where in the library a ticket is looked up: by what the helpdesk says of the
customer, never by what they write."""

from dataclasses import replace
from typing import Any

import pytest

from desk.errors import BadSetting
from desk.passage import Hit, SearchScope
from desk.policy.policy import Policy, parse_policy
from desk.policy.readers import closed_to_others
from desk.presentation.reply import compose_note
from desk.run import Draft
from desk.ticket import Named, Requester, Ticket
from tests.fakes import FakeLibrary, a_classification, a_hit, a_message, a_passage, a_ticket
from tests.workers.talks import policy_text
from workers.pipeline.retrieve import find_related, readable_audiences, retrieve, search_scopes

PARTNERS = "[{audience: partners, when: {organisation: [Acorn], tag: [partner]}}]"
QUESTION = "How do I reset my password on the new website?"


def opened(readers: str = PARTNERS, brands: str = "{}", collections: str = "") -> Policy:
    text = policy_text(readers=readers, brands=brands)
    if collections:
        first = "    level: auto\n    threshold: 0.7\n"
        text = text.replace(first, f"{first}    collections: {collections}\n", 1)
    return parse_policy(text)


def by(organisation: str | None = None, *tags: str, **fields: Any) -> Ticket:
    named = Named("7", organisation) if organisation else None
    return a_ticket(QUESTION, requester=Requester("c1", tags=tags), organisation=named, **fields)


@pytest.mark.parametrize(
    ("ticket", "opens"),
    [
        (by("Acorn", "partner"), True),
        (by(" ACORN ", "Partner"), True),
        (by("Acorn"), False),
        (by(None, "partner"), False),
        (by("Acorn", tags=("partner",)), False),
        (by(), False),
    ],
    ids=["both", "in other letters", "no tag", "no organisation", "a tag of the ticket", "unknown"],
)
def test_pages_are_open_to_whom_the_helpdesk_knows_by_every_trait_that_is_named(ticket: Ticket, opens: bool) -> None:
    audiences = readable_audiences(ticket, a_classification(), opened())
    assert audiences == ({"public", "partners"} if opens else {"public"})


def test_a_user_segment_opens_its_pages() -> None:
    policy = opened("[{audience: segment-9, when: {segment: [9, Gold]}}]")
    for segment in (Named("9"), Named("8", "gold")):
        ticket = replace(by(), requester=Requester("c1", segments=(segment,)))
        assert "segment-9" in readable_audiences(ticket, a_classification(), policy)
    assert readable_audiences(by(), a_classification(), policy) == {"public"}


@pytest.mark.parametrize(
    "ticket",
    [
        by("Acorn", "partner", copied=True),
        replace(by("Acorn", "partner"), messages=(a_message("Hi", third_party=True), a_message(QUESTION, id="m2"))),
    ],
    ids=["somebody in copy", "somebody who wrote"],
)
def test_where_others_read_along_nothing_more_is_open(ticket: Ticket) -> None:
    assert readable_audiences(closed_to_others(ticket), a_classification(), opened()) == {"public"}


@pytest.mark.parametrize(
    ("readers", "fault"),
    [
        ("[{audience: internal, when: {tag: [a]}}]", "internal pages are never for customers"),
        ("[{audience: partners, when: {}}]", "everybody would be meant"),
        ("[{audience: Partners, when: {tag: [a]}}]", "readers.0.audience"),
    ],
)
def test_a_policy_that_would_open_too_much_is_refused(readers: str, fault: str) -> None:
    with pytest.raises(BadSetting, match=fault):
        opened(readers)


class Shelves(FakeLibrary):
    """A library with one fitting passage for each collection. Remembers where it was looked."""

    def __init__(self, *collections: str) -> None:
        super().__init__([a_hit(a_passage("x", id=name), cosine=0.7) for name in collections])

    def search(self, account: str, query: str, scope: SearchScope, *, limit: int) -> list[Hit]:
        hits = super().search(account, query, scope, limit=limit)
        return [hit for hit in hits if scope.collections is None or hit.passage.id in scope.collections]


PAGE = a_passage("Give them a voucher.", id="in", audience="internal", title="Late parcels", url="https://w.example/7")
COLLEAGUES = a_hit(PAGE, cosine=0.7)


def test_what_colleagues_alone_may_read_is_found_for_their_note_and_stands_in_no_draft() -> None:
    library = FakeLibrary([COLLEAGUES, a_hit(a_passage("Parcels take a day.", id="out"), cosine=0.7)])
    (related,) = find_related(by(), "m1", a_classification(questions=(QUESTION,)), library)
    assert related.passage.id == "in"
    note = compose_note(Draft(()), (), "Handed to a person.", related=[related]).text
    told = "For colleagues only, do not copy:\n- Late parcels (https://w.example/7): Give them a voucher."
    assert note == f"{told}\n\nHanded to a person."
    assert all(hit.passage.id != "in" for hit in retrieve(by(), "m1", BILLING, library, opened()).hits)


def test_what_has_nothing_to_do_with_the_question_is_not_told_to_colleagues() -> None:
    far = replace(COLLEAGUES, cosine=0.2, share=0.0)
    assert find_related(by(), "m1", a_classification(questions=(QUESTION,)), FakeLibrary([far])) == ()


BILLING = a_classification(category="billing", questions=(QUESTION,))


def test_a_categorys_collections_are_looked_through_first() -> None:
    library = Shelves("invoices", "garden")
    found = retrieve(by(), "m1", BILLING, library, opened(collections="[invoices]"))
    assert [hit.passage.id for hit in found.hits] == ["invoices"]
    assert (len(library.searches), found.remarks) == (1, ())


def test_where_nothing_fits_there_everything_is_searched_and_the_receipt_says_so() -> None:
    found = retrieve(by(), "m1", BILLING, Shelves("garden"), opened(collections="[invoices]"))
    assert [hit.passage.id for hit in found.hits] == ["garden"]
    assert found.remarks == ("Nothing that fits was found in invoices: all other pages were searched too.",)


def test_a_brands_ticket_is_told_of_that_brands_pages_alone() -> None:
    policy = opened(brands="{Oak: [oak, shared], Elm: [elm]}", collections="[elm, oak]")
    ticket = by(brand=Named("1", "Oak"))
    asked = [scope.collections for scope in search_scopes(ticket, BILLING, policy)]
    assert asked == [frozenset({"oak"}), frozenset({"oak", "shared"})]
    found = retrieve(ticket, "m1", BILLING, Shelves("elm", "shared"), policy)
    assert [hit.passage.id for hit in found.hits] == ["shared"]
    assert not retrieve(ticket, "m1", BILLING, Shelves("elm"), policy).hits


def test_without_collections_everything_is_searched_once() -> None:
    assert [scope.collections for scope in search_scopes(by(), BILLING, opened())] == [None]
