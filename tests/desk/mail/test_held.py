"""What a mail quotes and we hold is known by its words, however it was wrapped, marked or laid out."""

import time

import pytest

from desk.text.mail.held import EarlierTexts, HeldText, HeldTexts
from desk.text.mail.reader import parse_mail
from desk.text.tokenizer import clean
from tests.desk.mail.languages import TONGUES

REPLY = (
    "You find every invoice under Billing, then History.\n\nClick **the number** of an invoice to read it: "
    "[Invoices](https://help.example/invoices)\n\nThis reply was written automatically. "
    'Answer "human" to reach a member of our team.\n\nKind regards,\nCustomer Support'
)
INTRODUCTION = "On Mon, 4 May 2026 at 10:12 AM, Help Desk <help@desk.example> wrote:"


def held(*texts: str, ours: bool = True) -> EarlierTexts:
    return HeldTexts([HeldText(text, ours) for text in texts]).before(len(texts))


def marked(text: str, mark: str = "> ") -> str:
    return "\n".join(f"{mark}{line}" for line in text.split("\n"))


def wrapped(text: str, width: int) -> str:
    """Broken anew after so many words, as mail programs do."""
    words = text.split()
    return "\n".join(" ".join(words[place : place + width]) for place in range(0, len(words), width))


LAID_OUT = {
    "as it was": marked(REPLY),
    "wrapped": marked(wrapped(REPLY, 9)),
    "wrapped narrowly": marked(wrapped(REPLY, 3)),
    "on one line": marked(" ".join(REPLY.split())),
    "marked twice": marked(REPLY, ">> "),
    "marked without a space": marked(REPLY, ">"),
    "without marks of emphasis": marked(REPLY.replace("**", "")),
    "with the address of the link alone": marked(REPLY.replace("[Invoices](", "Invoices <").replace(")", ">")),
    "in capitals": marked(REPLY.upper()),
    "with typographic quotes": marked(REPLY.replace('"human"', "“human”")),
    "with no-break spaces": marked(REPLY.replace(" ", "\xa0")),
    "with empty lines": marked(REPLY.replace("\n", "\n\n\n")),
    "the end alone": marked(REPLY.partition("\n\n")[2]),
}


@pytest.mark.parametrize("quote", LAID_OUT.values(), ids=LAID_OUT)
def test_our_own_reply_quoted_back_is_not_heard(quote: str) -> None:
    mail = parse_mail(f"It is not there.\n\n{INTRODUCTION}\n{quote}", held(REPLY))
    assert (mail.heard, mail.quoted) == ("It is not there.", "")
    assert all(span.held for span in mail.spans if span.kind == "quote")


@pytest.mark.parametrize("quote", LAID_OUT.values(), ids=LAID_OUT)
def test_without_an_introduction_marked_lines_are_a_quote_if_we_said_them(quote: str) -> None:
    assert parse_mail(f"{quote}\n\nIt is not there.", held(REPLY)).newest == "It is not there."


def test_a_quote_that_we_do_not_hold_is_heard() -> None:
    mail = parse_mail(f"See below.\n\n{INTRODUCTION}\n> I want to talk to a person.", held(REPLY))
    assert "talk to a person" in mail.quoted
    mail = parse_mail("See below.\n\nOn 4 May, 10:12, I wrote:\n> I want to talk to a person.", held(REPLY))
    assert "talk to a person" in mail.heard


def test_of_a_quote_with_new_words_in_it_only_the_lines_that_we_hold_are_not_heard() -> None:
    lines = marked(REPLY).split("\n")
    lines.insert(2, "> [I was there. Give me a person!]")
    mail = parse_mail("\n".join([INTRODUCTION, *lines]), held(REPLY))
    assert "Give me a person" in mail.quoted
    assert "Answer" not in mail.quoted
    lines[0] += " NO I WANT A HUMAN"
    assert "I WANT A HUMAN" in parse_mail("\n".join([INTRODUCTION, *lines]), held(REPLY)).quoted


def test_a_few_words_that_we_used_as_well_do_not_make_a_list_ours() -> None:
    mail = "What I did:\n> opened Billing\n> want to reach a member of our team"
    assert parse_mail(mail, held(REPLY)).newest == mail
    assert parse_mail(mail, held(REPLY)).heard == mail


def test_what_the_customer_copies_without_a_mark_is_theirs() -> None:
    mail = 'You say: Answer "human" to reach a member of our team.'
    assert parse_mail(mail, held(REPLY)).heard == mail


def test_what_the_customer_wrote_before_was_judged_then() -> None:
    earlier = held("I will call my lawyer if nothing happens until Friday.", ours=False)
    mail = parse_mail(f"Hello?\n\n{INTRODUCTION}\n> I will call my lawyer if nothing happens until Friday.", earlier)
    assert mail.heard == "Hello?"
    assert mail.quoted == ""


def test_a_message_holds_nothing_that_came_after_it() -> None:
    texts = HeldTexts([HeldText("Where?", ours=False), HeldText(REPLY, ours=True)])
    mail = f"{INTRODUCTION}\n{marked(REPLY)}"
    assert parse_mail(mail, texts.before(1)).quoted
    assert not parse_mail(mail, texts.before(2)).quoted


@pytest.mark.parametrize(
    "head", ["-----Original Message-----\n", "From: Help\nSent: Monday\nTo: me\nSubject: Re: x\n\n"]
)
def test_an_answer_below_an_unmarked_quote_is_found_where_the_quote_is_known(head: str) -> None:
    mail = f"{head}{REPLY}\n\nIt is not there. What now?"
    assert parse_mail(mail, held(REPLY)).newest == "It is not there. What now?"
    assert parse_mail(mail).newest == ""
    assert "What now?" in parse_mail(mail).heard


@pytest.mark.parametrize("language", TONGUES)
def test_below_a_line_that_may_introduce_a_quote_unmarked_lines_are_ours_if_we_said_them(language: str) -> None:
    tongue = TONGUES[language]
    introduction = tongue.introduction.translate(str.maketrans("", "", "<>()"))
    mail = parse_mail(f"{tongue.ask}\n\n{introduction}\n\n{REPLY}\n\n{tongue.postscript}", held(REPLY))
    assert mail.heard.split() == f"{tongue.ask} {introduction} {tongue.postscript}".split()
    assert mail.newest.split() == f"{tongue.ask} {tongue.postscript}".split()
    assert introduction in parse_mail(f"{tongue.ask}\n\n{introduction}\n\n{tongue.postscript}", held(REPLY)).newest


@pytest.mark.parametrize("mark", ["> ", ""])
@pytest.mark.parametrize(
    "own",
    [
        "On 3 May 2026 I asked for a human and you wrote:",
        "It is 3 May 2026, I asked for a human\nand at 10:12 you wrote:",
        "My mail of 3 May 2026 asked for a human\nso you wrote:",
    ],
)
def test_their_own_words_above_a_quote_of_ours_are_heard(own: str, mark: str) -> None:
    assert "asked for a human" in parse_mail(f"{own}\n{marked(REPLY, mark)}", held(REPLY)).heard


def test_our_own_words_passed_back_are_no_question() -> None:
    mail = parse_mail(f"Why?\n\n{TONGUES['en'].forwarded}\n\n{REPLY}", held(REPLY))
    assert (mail.question, mail.heard) == ("Why?", "Why?")


def test_the_subject_in_the_headers_above_our_words_was_judged_with_the_ticket() -> None:
    head = "From: Help Desk <help@desk.example>\nSent: Monday\nTo: Kim\nSubject: RE: My lawyer"
    mail = parse_mail(f"Thanks, and now?\n\n{head}\n\n{REPLY}\n\nOther words.", held(REPLY))
    assert mail.heard.split() == ["Thanks,", "and", "now?", "Other", "words."]
    assert "My lawyer" in parse_mail(f"{head}\n\nOther words.", held(REPLY)).heard


def test_languages_without_spaces_are_compared_too() -> None:
    reply = "請求書は設定の「支払い」からご覧いただけます。\n担当者とお話しになりたい場合は「担当者」とご返信ください。"
    mail = f"ありません。\n\n2026年5月4日(月) 10:12 サポート <help@desk.example>:\n{marked(wrapped_by(reply, 9))}"
    assert parse_mail(mail, held(reply)).quoted == ""
    other = "ありません。\n\n2026年5月4日(月) 10:12 サポート <help@desk.example>:\n> 担当者と話したいです。"
    assert "話したい" in parse_mail(other, held(reply)).quoted


def wrapped_by(text: str, width: int) -> str:
    text = text.replace("\n", "")
    return "\n".join(text[place : place + width] for place in range(0, len(text), width))


def test_a_signature_that_was_judged_with_an_earlier_message_is_not_heard_again() -> None:
    first, second = "Hello.\n\nRegards,\nKim\nLawyer", "And now?\n\nRegards,\nKim\nLawyer"
    assert "Lawyer" in parse_mail(second).heard
    assert "Lawyer" not in parse_mail(second, held(first, ours=False)).heard


HOSTILE = {
    "levels": "\n".join(">" * depth + " word" for depth in range(1, 345)) + "\n" + ">" * 4000 + " word",
    "one deep line": "> " * 30_000,
    "introductions": f"{INTRODUCTION}\n" * 800,
    "colons": "4 May 2026 wrote:\n" * 3000,
    "headers": "From: a@b.example\n" * 3000,
    "header lines": "From: a\n" + "To: b\n" * 10_000,
    "titles": "-----Original Message-----\n" * 2000,
    "underscores": "_" * 60_000,
    "dashes": "--\n" * 20_000,
    "thanks": "thanks\n" * 8000,
    "postscripts": "Thanks\nPS: x\n" * 4000,
    "legal": "This message is confidential. " * 2000,
    "legal paragraphs": "This message is confidential.\n\n" * 2000,
    "bars": "|" * 60_000,
    "tabs": "\t" * 60_000,
    "blanks": " \n" * 30_000,
    "words": "word " * 12_000,
    "addresses": "<a@b.example " * 4000,
    "brackets": "[mailto:" * 7000,
    "utf-7": "+AGgAdQBtAGEAbg-" * 3700,
    "bidi": "\u202e\u2066>\u2069" * 15_000,
    "marks": "\u200f> \u200e" * 10_000,
}


@pytest.mark.parametrize("mail", HOSTILE.values(), ids=HOSTILE)
def test_hostile_mail_is_parsed_in_bounded_time_and_nothing_of_it_is_lost(mail: str) -> None:
    safe = clean(mail[:60_000])
    started = time.process_time()
    parsed = parse_mail(safe, held(safe, REPLY))
    assert time.process_time() - started < 5
    assert "\n".join(span.text for span in parsed.spans) == safe


def test_a_thousand_long_messages_are_compared_within_bounds() -> None:
    texts = [
        HeldText("\n".join(f"Line {n} of message {m} says this and that." for n in range(100)), ours=True)
        for m in range(1000)
    ]
    started = time.process_time()
    mail = parse_mail(f"{INTRODUCTION}\n{marked(texts[-1].text)}", HeldTexts(texts).before(1000))
    assert time.process_time() - started < 5
    assert mail.quoted == ""
