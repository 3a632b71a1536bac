"""Contradictions: pairs of sentences that cannot both be true are caught, pairs that only look alike are not."""

import pytest

from desk.passage import Block, BlockKind, Passage
from desk.run import Finding
from tests.fakes import a_citation, a_classification, a_draft, a_hit, a_passage, a_statement, a_ticket, default_policy
from workers.pipeline.checks.contradictions import CHECK, MOST, find_contradictions
from workers.pipeline.checks.quantities import Quantity, quantities_disagree, read_quantities
from workers.pipeline.validate import validate

CONTRADICTING = [
    ("Refunds are issued within 14 days of purchase.", "Refunds are issued within 30 days of purchase."),
    ("A booking holds up to 20 files of any kind.", "A booking holds up to 30 files of any kind."),
    ("Backups of your workspace are made weekly.", "Backups of your workspace are made monthly."),
    ("Invoices go to the billing contact every week.", "Invoices go to the billing contact once a month."),
    ("You can change the owner of a workspace.", "You cannot change the owner of a workspace."),
    ("Exports keep comments and attachments.", "Exports don't keep comments and attachments."),
    (
        "The link to reset a password is valid for 60 minutes.",
        "The link in the mail to reset a password is valid for 24 hours.",
    ),
    ("Deleted boards can be restored for one month.", "Deleted boards can be restored for 90 days."),
    (
        "Cancellation is free of charge until 24 hours before the start.",
        "Cancellation is free of charge until 48 hours before the start.",
    ),
    ("Sign-in with a code is on by default for all.", "Sign-in with a code is off by default for all."),
    ("An extra seat costs $12 per month.", "An extra seat costs $15 per month."),
    ("Support answers within 2 business days.", "Support answers within 2 days."),
    ("You can cancel your booking without a fee.", "You can cancel your booking with a fee."),
    ("Uploaded files may be 1 GB in size at most.", "Uploaded files may be 250 MB in size at most."),
    ("Ten people can edit a page at once.", "Twenty people can edit a page at once."),
    ("We grant schools a discount of 20%.", "We give schools a discount of 25 %."),
    ("If a card is refused, we try it again after 3 days.", "When a card is refused, we try it again after 5 days."),
    ("A guest link expires after 7 days.", "Guest links expire after 14 days."),
    ("We accept PayPal.", "We do not accept PayPal."),
    ("Reports are refreshed hourly.", "Reports are refreshed once a day."),
    ("Your account is locked after 5 failed attempts.", "Accounts are locked after 10 failed attempts."),
    ("Phone support is open from 9:00 to 17:00.", "Phone support is open from 8:00 to 18:00."),
    ("You get your money back within 14 days after purchase.", "You get your money back within 30 days of purchase."),
    ("Die Testphase dauert 14 Tage ohne Kreditkarte.", "Die Testphase dauert 30 Tage ohne Kreditkarte."),
]
HARMLESS = [
    (
        "The Basic plan includes 5 users, email support and unlimited projects.",
        "The Pro plan includes 20 users, email support and unlimited projects.",
    ),
    ("Deleted boards can be restored for 30 days.", "Deleted boards can be restored for one month."),
    ("On Android the app needs 200 MB of free space.", "On iOS the app needs 350 MB of free space."),
    (
        "Exports of bookings are kept on our servers in Ireland for 30 days.",
        "Exports of invoices are kept on our servers in Ireland for 90 days.",
    ),
    ("Version 4.2 of the app adds a dark mode.", "Version 4.3 of the app adds a dark mode."),
    (
        "On 3 March 2026 the service was down for maintenance.",
        "On 9 May 2026 the service was down for maintenance.",
    ),
    (
        "Passwords must have at least 8 characters and a digit.",
        "Passwords must have at most 64 characters and a digit.",
    ),
    ("If you have an account, click Sign in at the top.", "If you don't have an account, click Sign in at the top."),
    ("For example, 5 extra seats cost $50 a month.", "For example, 10 extra seats cost $100 a month."),
    ("The first reminder comes after 3 days of silence.", "The second reminder comes after 7 days of silence."),
    ("The yearly subscription costs $120 and renews.", "The monthly subscription costs $12 and renews."),
    ("Error 403 means that the token lacks a right.", "Error 404 means that the token lacks a right."),
    ("Admins can delete messages of other people.", "Guests cannot delete messages of other people."),
    ("Links to Trello show up to 20 previews a page.", "Links to Asana show up to 50 previews a page."),
    ("It takes about 5 minutes to import the contacts.", "It takes about 10 minutes to import the contacts."),
    ("You can invite up to 5 guests.", "You can invite up to 5 guests, and remove them later."),
    ("Backups of files are kept for 30 days.", "Backups of boards and of all that is on them are kept for 60 days."),
    ("Did you wait for 5 minutes after the restart?", "Did you wait for 10 minutes after the restart?"),
    ("Files up to 20 MB can be sent.", "Files up to 20 MB cannot be sent if the box is full."),
    ("A seat costs $12 a month, billed to your card.", "A seat costs $120 a year, billed to your card."),
    ("Images may be up to 5 MB.", "Videos may be up to 500 MB."),
    ("In 2024 we answered 10,000 tickets.", "In 2025 we answered 25,000 tickets."),
    ("Text messages in the US cost $0.02 each.", "Text messages in Germany cost $0.09 each."),
    ("Do not share your token with others.", "You can share your board with others."),
    ("The mobile app syncs every 15 minutes.", "The desktop app syncs every 5 minutes."),
    (
        "When the toggle is on, customers can book without an account.",
        "When the toggle is off, customers cannot book without an account.",
    ),
]


def told(one: str | Block, other: str | Block, **fields: object) -> list[Finding]:
    """What the checks say of a draft that quotes the one while the other was found too."""
    cited = a_passage(one, title="Refunds and fees")
    rival = a_passage(other, **{"id": "p2", "document_id": "d2", "title": "Frequent questions", **fields})
    draft = a_draft(a_statement(cited.text, a_citation(cited)))
    found = validate(a_ticket(), draft, [a_hit(cited), a_hit(rival)], a_classification(), default_policy())
    return [finding for finding in found if finding.check == CHECK]


@pytest.mark.parametrize(("one", "other"), CONTRADICTING)
def test_a_contradiction_is_caught_whichever_side_is_cited_and_both_sources_are_named(one: str, other: str) -> None:
    for cited, rival in ((one, other), (other, one)):
        (finding,) = told(cited, rival)
        assert finding.detail.startswith(f"“{cited}” (Refunds and fees) against “{rival}” (Frequent questions)")


@pytest.mark.parametrize(("one", "other"), HARMLESS)
def test_a_harmless_pair_is_let_go_whichever_side_is_cited(one: str, other: str) -> None:
    assert told(one, other) == told(other, one) == []


@pytest.mark.parametrize("kind", [BlockKind.ROW, BlockKind.CODE])
def test_rows_of_tables_and_code_contradict_nothing(kind: BlockKind) -> None:
    one, other = (Block(f"Plan: seats in all; users who may sign in: {n}.", kind, 0) for n in (5, 20))
    assert told(one, other) == []


def test_list_items_and_steps_are_claims_like_sentences() -> None:
    one, other = (Block(f"Wait for {n} minutes until the import has ended.", BlockKind.STEP, 0) for n in (5, 20))
    assert len(told(one, other)) == 1


def test_sections_on_different_plans_contradict_nothing() -> None:
    one = a_passage("You can invite up to 5 guests to a board.", headings=("Basic",))
    other = a_passage("You can invite up to 20 guests to a board.", id="p2", headings=("Enterprise",))
    assert find_contradictions([one, other], [a_citation(one)]) == ()


def test_passages_that_are_not_cited_may_disagree_among_themselves() -> None:
    cited = a_passage("Open Settings to see all invoices.", id="p0", document_id="d0")
    one, other = (a_passage(text, id=text, document_id=text) for text in CONTRADICTING[0])
    assert find_contradictions([cited, one, other], [a_citation(cited)]) == ()


def test_a_pair_is_told_once_and_a_flood_is_cut() -> None:
    one = a_passage(CONTRADICTING[0][0])
    same = [a_passage(CONTRADICTING[0][1], id=f"s{n}", document_id=f"d{n}") for n in "abc"]
    assert len(find_contradictions([one, *same], [a_citation(one)])) == 1
    cited = a_passage(*(one for one, _ in CONTRADICTING))
    rival = a_passage(*(other for _, other in CONTRADICTING), id="p2", document_id="d2")
    assert len(find_contradictions([cited, rival], [a_citation(cited, *range(len(CONTRADICTING)))])) == MOST


@pytest.mark.parametrize(
    "text", ["", " ", "\x00", "\ud800", "5", "not", "not " * 4000, "1 " * 4000, "مرحبا 5 أيام", "$" * 500, "a" * 60_000]
)
def test_odd_texts_contradict_nothing_and_break_nothing(text: str) -> None:
    assert told("Refunds are issued within 14 days.", text) == told(text, "Refunds are issued within 14 days.") == []


@pytest.mark.parametrize(
    ("one", "other"),
    [("30 days", "one month"), ("1 year", "12 months"), ("60 minutes", "an hour"), ("every week", "weekly"),
     ("1,000 rows", "1000 rows"), ("$12", "12 USD"), ("1 GB", "1000 MB"), ("50 %", "50 percent"), ("five", "5"),
     ("twice a day", "every 12 hours"), ("on 5 May 2026", "on 6 June 2027"), ("step 2", "step 3"), ("a few", "many")],
)  # fmt: skip
def test_quantities_in_different_words_agree(one: str, other: str) -> None:
    assert quantities_disagree(read_quantities(one).quantities, read_quantities(other).quantities) is None


@pytest.mark.parametrize(
    ("one", "other", "about"),
    [("30 days", "6 weeks", "time"), ("2 days", "2 working days", "time"), ("weekly", "every month", "how often"),
     ("$12", "$13", "usd"), ("€12 per month", "€15 a month", "eur a month"), ("5 users", "6 users", "number"),
     ("10 %", "12 percent", "percent"), ("20 MB", "2 GB", "size"), ("once a day", "twice a day", "how often")],
)  # fmt: skip
def test_quantities_that_differ_disagree(one: str, other: str, about: str) -> None:
    assert quantities_disagree(read_quantities(one).quantities, read_quantities(other).quantities) == about


def test_quantities_of_different_kinds_do_not_compare() -> None:
    assert read_quantities("20 MB in 3 days").quantities == {Quantity("size", 20_000.0), Quantity("time", 3.0)}
    assert quantities_disagree(read_quantities("20 MB").quantities, read_quantities("3 days").quantities) is None
    assert (
        quantities_disagree(read_quantities("$12 a month").quantities, read_quantities("$120 a year").quantities)
        is None
    )


def test_a_version_of_a_passage_found_twice_contradicts_nothing() -> None:
    passage: Passage = a_passage(*CONTRADICTING[0])
    assert find_contradictions([passage], [a_citation(passage, 0)]) == ()
