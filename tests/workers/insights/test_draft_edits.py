"""What an agent made of a draft is told right at its borders: 200 drafts with known edits."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from desk.feedback.feedback import Change, DraftComparison, DraftUse
from desk.passage import BlockKind, Hit
from desk.presentation.reply import cited_pages, draft_text, source_list
from desk.run import Draft
from tests.fakes import a_citation, a_hit, a_passage, a_statement, default_policy
from workers.insights.draft_edits import compare_draft, compare_texts

PRODUCTS = ["Atlas", "Borealis", "Cygnus", "Delphi"]
TEXTS = [
    "Open Settings in {product} and choose Billing.",
    "The change reaches {product} within {number} minutes.",
    "You can do this {number} times a day, and it is not charged.",
    "Read more at https://help.example/{slug} before you begin.",
    "Call +49 30 1234{number}00 if the button does not appear.",
    "Accounts of {product} are kept for {number} days after that.",
]
POLICY = default_policy()
AUTHOR = "Maria Lind"


@dataclass(frozen=True)
class Case:
    """A draft, and the text in which it is sent."""

    draft: Draft
    hits: tuple[Hit, ...]
    dice: random.Random

    @property
    def text(self) -> str:
        return draft_text(self.draft, cited_pages(self.draft, self.hits))

    @property
    def sources(self) -> str:
        return source_list(cited_pages(self.draft, self.hits))

    def compare(self, reply: str) -> DraftComparison:
        return compare_draft(self.draft, self.hits, reply, POLICY, AUTHOR)


def a_case(seed: int) -> Case:
    """Four sentences from two pages, now and then as a list, and with an opening courtesy."""
    dice = random.Random(seed)
    filled = [
        line.format(product=dice.choice(PRODUCTS), number=dice.randint(2, 48), slug=f"page-{dice.randint(10, 99)}")
        for line in dice.sample(TEXTS, 4)
    ]
    pages = [
        a_passage(*filled[:2], id="p1", document_id="d1", url="https://help.example/one"),
        a_passage(*filled[2:], id="p2", document_id="d2", title="Limits", url="https://help.example/two"),
    ]
    kind = dice.choice([BlockKind.SENTENCE, BlockKind.ITEM])
    cited = [(text, pages[index // 2], index % 2) for index, text in enumerate(filled)]
    statements = [a_statement(text, a_citation(page, block), kind=kind, group=1) for text, page, block in cited]
    opening = a_statement("Thanks for writing. This is what our help pages say:", courtesy=True)
    draft = Draft(tuple([opening, *statements] if dice.random() < 0.5 else statements))
    return Case(draft, tuple(map(a_hit, pages)), dice)


def swap(case: Case, old: str, new: str) -> str:
    assert old in case.text
    return case.text.replace(old, new, 1)


def changed_digit(case: Case) -> str:
    places = [place for place, sign in enumerate(case.text) if sign.isdigit() and case.text[place - 1] != "["]
    place = case.dice.choice(places)
    return f"{case.text[:place]}{(int(case.text[place]) + 1) % 10}{case.text[place + 1 :]}"


def added_not(case: Case) -> str:
    word = next(word for word in (" can ", " reaches ", " are ", " choose ", " Read ") if word in f" {case.text}")
    return f" {case.text}".replace(word, f"{word}not ", 1).strip()


def changed_name(case: Case) -> str:
    name = next(each for each in PRODUCTS if each in case.text)
    return swap(case, name, "Eridanus")


def changed_link(case: Case) -> str:
    if "https://help.example/page" in case.text:
        return swap(case, "https://help.example/page", "https://help.example/other")
    return f"{case.text}\n\n{case.sources.replace('help.example/one', 'help.example/elsewhere')}"


def hidden_in_greeting(case: Case) -> str:
    return f"Hello Kim, it costs 5 euros more.\n\n{case.text}"


def hidden_behind_the_signature(case: Case) -> str:
    return f"{case.text}\n\nKind regards,\nMaria Lind\nPS: it costs 5 euros more"


def other_text(case: Case) -> str:
    return "I have looked into your account myself and corrected what went wrong yesterday. Sorry about the trouble!"


AS_IS: list[Callable[[Case], str]] = [
    lambda case: case.text,
    lambda case: f"{case.text}\n\n{case.sources}",
    lambda case: f"Hi Kim,\n\n{case.text}",
    lambda case: f"Good morning Ms. Doe!\n{case.text}\n\nBest regards\nMaria Lind\nCustomer Care\n+49 30 123456",
    lambda case: f"{case.text}\n\nCheers, Maria",
    lambda case: f"{case.text}\n\n{POLICY.signature_in('de')}\n\n{POLICY.automatic_line_in('de')}",
    lambda case: f"  {case.text.replace(' ', '  ').replace('[1]', '').replace('[2]', '')}\n\n\n",
    lambda case: case.text.replace("\n- ", "\n• ").replace(" ", "\u00a0"),
    lambda case: case.text.replace("Thanks for writing. This is what our help pages say:", "Hello,").strip(),
    lambda case: f"{case.text}\n-- \nMaria Lind\nmaria@firstline.example",
]
EDITED: list[tuple[Callable[[Case], str], Change | None]] = [
    (changed_digit, None),
    (added_not, Change.NEGATION),
    (changed_name, Change.NAME),
    (changed_link, Change.LINK),
    (hidden_in_greeting, Change.FIGURE),
    (hidden_behind_the_signature, Change.FIGURE),
    (lambda case: f"{case.text} Let me know how it goes.", Change.WORDING),
    (lambda case: case.text.rstrip("].0123456789[ ") + "!", None),
]
CASES = [
    *((seed, make, DraftUse.AS_IS, None) for seed, make in enumerate(AS_IS * 9)),
    *((seed, make, DraftUse.EDITED, change) for seed, (make, change) in enumerate(EDITED * 11)),
    *((seed, other_text, DraftUse.DISCARDED, None) for seed in range(22)),
]


def test_there_are_two_hundred() -> None:
    assert len(CASES) == 200


@pytest.mark.parametrize(("seed", "make", "use", "change"), CASES)
def test_each_edit_is_told_right(seed: int, make: Callable[[Case], str], use: DraftUse, change: Change | None) -> None:
    case = a_case(seed)
    found = case.compare(make(case))
    assert found.use is use, (make(case), found)
    assert (found.similarity == 1.0) if use is DraftUse.AS_IS else change is None or change in found.changes


@pytest.mark.parametrize(
    ("kept", "use", "similarity"),
    [(59, DraftUse.DISCARDED, 0.59), (60, DraftUse.EDITED, 0.6), (61, DraftUse.EDITED, 0.61)],
)
def test_sixty_of_a_hundred_words_are_the_border(kept: int, use: DraftUse, similarity: float) -> None:
    """The ratio is 2·M / T: of two texts of a hundred words, M words stand in both."""
    draft = [f"word{place}" for place in range(100)]
    reply = [*draft[:kept], *(f"other{place}" for place in range(100 - kept))]
    found = compare_texts(" ".join(draft), " ".join(reply))
    assert (found.use, found.similarity) == (use, similarity)


def test_scripts_without_spaces_are_compared_by_character() -> None:
    found = compare_texts("予約はマイページから変更できます。", "予約はアプリから変更できます。")
    assert found.use is DraftUse.EDITED
    assert 0.6 < found.similarity < 1.0


def test_a_reply_of_nothing_but_a_greeting_discards_the_draft() -> None:
    assert a_case(1).compare("Hi Kim,\n\nKind regards,\nMaria Lind").use is DraftUse.DISCARDED


@pytest.mark.parametrize(
    "tail",
    [
        "Kind regards\nMaria\nWe refund everything you paid",
        "Kind regards\nOnly for members",
        "Kind regards\nOnly Members",
        "Mit freundlichen Grüßen\nNur Mitglieder",
        "Kind regards\nPay at https://other.example/pay",
        "Kind regards\nMaria Lind\nhttps://other.example",
        "Kind regards\nEverything is refunded",
        "Kind regards\nRefunds Guaranteed!",
        "以上\n全額返金します",
    ],
)
def test_what_is_added_below_the_closing_is_no_signature(tail: str) -> None:
    case = a_case(2)
    assert case.compare(f"{case.text}\n\n{tail}").use is DraftUse.EDITED


@pytest.mark.parametrize(
    "tail",
    [
        "Kind regards\nMaria Lind\nHead of Customer Care\nAcorn Supplies Ltd.\nmaria@acorn.example",
        "Best regards,\nYour support team",
        "Mit freundlichen Grüßen\nIhr Acorn-Team\nLeiterin Kundendienst",
        "Cordialement\nMaria Lind\nService client",
        "Kind regards\nM. van der Lind\nTel. +49 30 123456",
    ],
)
def test_names_titles_companies_and_contacts_below_the_closing_are_a_signature(tail: str) -> None:
    case = a_case(2)
    assert case.compare(f"{case.text}\n\n{tail}").use is DraftUse.AS_IS


def test_a_denial_behind_a_greeting_is_no_greeting() -> None:
    case = a_case(2)
    assert case.compare(f"Hi no refunds!\n{case.text}").use is DraftUse.EDITED


@pytest.mark.parametrize(
    ("draft", "reply"),
    [
        ("あ" * 20_000, "あい" * 10_000),
        ("a " * 10_000, "a " * 9_000 + "b"),
        ("not " * 5_000, "Best regards,\n" * 1_400),
    ],
)
def test_no_text_takes_long(draft: str, reply: str) -> None:
    case = a_case(3)
    start = time.perf_counter()
    case.compare(reply)
    compare_texts(draft, reply)
    assert time.perf_counter() - start < 5


def test_the_similarity_is_that_of_the_longest_common_subsequence() -> None:
    dice = random.Random(7)
    for _ in range(200):
        first, second = ([dice.choice("abcd") for _ in range(dice.randint(1, 12))] for _ in range(2))
        lengths = [[0] * (len(second) + 1) for _ in range(len(first) + 1)]
        for i, left in enumerate(first):
            for j, right in enumerate(second):
                longest = max(lengths[i][j + 1], lengths[i + 1][j])
                lengths[i + 1][j + 1] = lengths[i][j] + 1 if left == right else longest
        expected = 2 * lengths[-1][-1] / (len(first) + len(second))
        assert compare_texts(" ".join(first), " ".join(second)).similarity == round(expected, 4)
