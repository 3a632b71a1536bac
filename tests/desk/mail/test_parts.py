"""A mail parsed into its parts: whose words each is, in twelve languages, whatever mail program wrote around them."""

from collections.abc import Callable

import pytest

from desk.text.mail.parts import PartKind
from desk.text.mail.reader import parse_mail
from tests.desk.mail.languages import TONGUES, Tongue

QUOTED = "> One two three four.\n> Five six seven."
UNMARKED = "One two three four.\nFive six seven."


def kinds(mail: str) -> list[str]:
    """The kinds of the parts that hold any words, in order, one after another of a kind once."""
    found: list[str] = []
    for span in parse_mail(mail).spans:
        if span.text.strip() and found[-1:] != [span.kind]:
            found.append(span.kind)
    return found


COMPOSED: dict[str, tuple[Callable[[Tongue], str], Callable[[Tongue], str], list[str]]] = {
    "answer above a quote": (
        lambda t: f"{t.ask}\n\n{t.introduction}\n{QUOTED}", lambda t: t.ask, ["theirs", "quote"],
    ),
    "answer above a quote with an empty line": (
        lambda t: f"{t.ask}\n\n{t.introduction}\n\n{QUOTED}", lambda t: t.ask, ["theirs", "quote"],
    ),
    "answer above an unmarked quote": (
        lambda t: f"{t.ask}\n\n{t.introduction}\n\n{UNMARKED}", lambda t: t.ask, ["theirs", "quote"],
    ),
    "answer below": (
        lambda t: f"{t.introduction}\n{QUOTED}\n\n{t.ask}", lambda t: t.ask, ["quote", "theirs"],
    ),
    "answers between": (
        lambda t: f"{t.introduction}\n> One two?\n\n{t.ask}\n\n> Three?\n\n{t.ask}",
        lambda t: f"{t.ask}\n{t.ask}", ["quote", "theirs", "quote", "theirs"],
    ),
    "introduction without a date": (
        lambda t: f"{t.ask}\n\n{t.undated_by_mail}\n{QUOTED}", lambda t: t.ask, ["theirs", "quote"],
    ),
    "introduction behind marks": (
        lambda t: f"{t.ask}\n\n> {t.introduction}\n>\n{QUOTED}", lambda t: t.ask, ["theirs", "quote"],
    ),
    "folded introduction": (
        lambda t: f"{t.ask}\n\n{_folded(t.introduction)}\n{QUOTED}", lambda t: t.ask, ["theirs", "quote"],
    ),
    "block of headers": (
        lambda t: f"{t.ask}\n\n{t.header}\n\n{UNMARKED}", lambda t: t.ask, ["theirs", "quote"],
    ),
    "bold headers below a line": (
        lambda t: f"{t.ask}\n{'_' * 32}\n{_bold(t.header)}\n\n{UNMARKED}", lambda t: t.ask, ["theirs", "quote"],
    ),
    "answer below the original": (
        lambda t: f"{t.original}\n{t.header}\n\n{QUOTED}\n\n{t.ask}", lambda t: t.ask, ["quote", "theirs"],
    ),
    "mail of only a quote": (
        lambda t: f"{t.introduction}\n{QUOTED}", lambda t: "", ["quote"],
    ),
    "mail of only an original": (
        lambda t: f"{t.original}\n{t.header}\n\n{UNMARKED}", lambda t: "", ["quote"],
    ),
    "mail of only a signature": (
        lambda t: f"{t.closing}\nKim Berg\n+1 202-555-0100", lambda t: "", ["signature"],
    ),
    "signature": (
        lambda t: f"{t.ask}\n\n{t.closing}\nKim Berg\nAcme", lambda t: t.ask, ["theirs", "signature"],
    ),
    "postscript below the greeting": (
        lambda t: f"{t.ask}\n\n{t.closing}\nKim Berg\n\n{t.postscript}",
        lambda t: f"{t.ask}\n{t.postscript}", ["theirs", "signature", "theirs"],
    ),
    "postscript, then a quote": (
        lambda t: f"{t.ask}\n\n{t.closing}\nKim\n\n{t.postscript}\n\n{t.introduction}\n{QUOTED}",
        lambda t: f"{t.ask}\n{t.postscript}", ["theirs", "signature", "theirs", "quote"],
    ),
    "phone": (
        lambda t: f"{t.ask}\n\n{t.device}", lambda t: t.ask, ["theirs", "signature"],
    ),
    "legal footer": (
        lambda t: f"{t.ask}\n\n{t.closing}\nKim Berg\n\n{t.legal}", lambda t: t.ask, ["theirs", "signature", "legal"],
    ),
    "their own sentence ends as an introduction does": (
        lambda t: f"{t.told}\n{t.ask}", lambda t: f"{t.told}\n{t.ask}", ["theirs"],
    ),
    "their own sentence above an empty line": (
        lambda t: f"{t.told}\n\n{t.ask}", lambda t: f"{t.told}\n{t.ask}", ["theirs"],
    ),
    "a list with arrows": (
        lambda t: f"{t.ask}\n\n> {t.ask}\n-> {t.ask}", lambda t: f"{t.ask}\n> {t.ask}\n-> {t.ask}", ["theirs"],
    ),
    "a greeting before more of the matter": (
        lambda t: f"{t.closing}\n\n{t.told} {t.told} {t.ask}",
        lambda t: f"{t.closing}\n{t.told} {t.told} {t.ask}", ["theirs"],
    ),
}  # fmt: skip


def _folded(introduction: str) -> str:
    """Broken beside the address, as mail programs do."""
    place = introduction.index("<")
    if not any(map(str.isdigit, introduction[:place])):
        place = introduction.index(">") + 1
    return f"{introduction[:place].rstrip()}\n{introduction[place:]}"


def _bold(header: str) -> str:
    return "\n".join(f"*{line.replace(':', ':*', 1)}" for line in header.split("\n"))


def flat(text: str) -> list[str]:
    """The lines that hold anything."""
    return [line.strip() for line in text.split("\n") if line.strip()]


@pytest.mark.parametrize("language", TONGUES)
@pytest.mark.parametrize(("mail", "newest", "parts"), COMPOSED.values(), ids=COMPOSED)
def test_what_is_theirs_is_told_from_what_mail_programs_add(
    mail: Callable[[Tongue], str], newest: Callable[[Tongue], str], parts: list[str], language: str
) -> None:
    tongue = TONGUES[language]
    assert kinds(mail(tongue)) == parts
    assert flat(parse_mail(mail(tongue)).newest) == flat(newest(tongue))


@pytest.mark.parametrize("language", TONGUES)
def test_of_a_mail_passed_on_with_hardly_a_word_the_mail_is_what_is_asked(language: str) -> None:
    tongue = TONGUES[language]
    parsed = parse_mail(f"FYI\n\n{tongue.forwarded}\n\n{tongue.ask}")
    assert [span.kind for span in parsed.spans] == ["theirs", "forwarded"]
    assert parsed.spans[-1].by == "Kim <kim@post.example>"
    assert tongue.ask in parsed.question
    assert parsed.newest == "FYI"


@pytest.mark.parametrize("language", TONGUES)
def test_headers_that_answer_nothing_pass_a_mail_on_as_well(language: str) -> None:
    tongue = TONGUES[language]
    head, _, subject = tongue.header.rpartition("\n")
    parsed = parse_mail(f"FYI\n\n{head}\n{subject.partition(':')[0]}: x\n\n{tongue.ask}")
    assert [span.kind for span in parsed.spans] == ["theirs", "forwarded"]
    assert tongue.ask in parsed.question


def test_with_a_question_of_their_own_above_it_a_mail_passed_on_is_not_asked() -> None:
    own = (
        "Can you tell me whether the mail below is really from you? It asks me for my password on a page I do not know."
    )
    parsed = parse_mail(f"{own}\n\n{TONGUES['en'].forwarded}\n\nYour mailbox is full.")
    assert parsed.question == own
    assert "Your mailbox is full." in parsed.heard


@pytest.mark.parametrize("language", TONGUES)
def test_headers_alone_above_a_mail_that_answers_nothing_pass_it_on(language: str) -> None:
    tongue = TONGUES[language]
    head = tongue.header.rpartition("\n")[0] + "\n" + tongue.header.rpartition("\n")[2].partition(":")[0] + ": x"
    assert kinds(f"{head}\n\n{tongue.ask}") == ["forwarded"]
    assert tongue.ask in parse_mail(f"{head}\n\n{tongue.ask}").question


THEIRS = {
    "an itinerary": "From: Graz\nTo: Oslo\nDate: 3 June\nTwo seats, please.",
    "a rule between parts": "Serial: 4\n--\nIt broke on the second day, and nobody answers.\n--\nPlease call me back.",
    "stars between parts": "First part.\n****\nSecond part.",
    "a long line": f"First part.\n{'_' * 30}\nSecond part.",
    "a table": "These:\n\n| up to 100 | online |\n| > 100 | a person |\n\nYours",
    "a table of bars and marks": "| > 5 | yes |\n|> 6 | no |",
    "more than": "We need\n> 100 seats\nand a person to talk to.",
    "a prompt": ">>> import desk\n>>> desk.run()\nNothing happens.",
    "a date and a colon": "What I did on 3 May 2026:\n> opened the settings\n> pressed Export",
    "a colon after a time": "At 10:15 this happened:\n> it went dark",
    "an address and a colon": "I wrote to help@desk.example three times and asked:\nwhere is my parcel?",
    "said, not written": "On 3 May 2026 your colleague said to me:\nit comes tomorrow.",
    "original message as words": "The original message was that it is free.",
    "forwarded as words": "Forwarded message from my bank, they say you took the money twice.",
    "thanks in between": "Thanks,\nbut how do I change the name on the invoices of last year, and who may?\nAnn?",
    "sent from, in a sentence": "Sent from my desk it works, but from my phone it does not work at all.",
    "confidential, in a sentence": "Please keep this confidential: your technician used my password.",
    "a note that begins small": "Not working: the second lamp.",
    "a question below thanks": "Thank you\nAnd when does it come?",
}


@pytest.mark.parametrize("mail", THEIRS.values(), ids=THEIRS)
def test_what_people_write_themselves_stays_theirs(mail: str) -> None:
    assert flat(parse_mail(mail).newest) == flat(mail)


CUT = {
    "helpdesk": "##- Please type your reply above this line -##\nOld words",
    "helpdesk, of a line": "--- Reply above this line ---\nOld words",
    "apple": "> On 4 May 2026, at 10:12, Help Desk <help@desk.example> wrote:\n> \n> Old words",
    "no space before wrote": "On Tue, Sep 25, 2012 at 8:59 AM, Help Desk\n<help@desk.example>wrote:\n\n> Old words",
    "address in brackets": "On 4.5.2026 10:12, Help [mailto:help@desk.example] wrote:\nOld words",
    "folded twice": "On Dec 16, 2026, at 12:47 PM, Help Desk\n<help@desk.example>\nwrote:\n\n> Old words",
    "narrow space": "On Mon, May 4, 2026 at 10:12\u202fAM Help Desk <help@desk.example> wrote:\n> Old words",
    "marks turned round": "\u200eOn 4 May 2026 at 10:12, Help <help@desk.example> wrote:\n\u200e> Old words",
    "full-width colon": "2026年5月4日 10:12 客服 <help@desk.example>：\n> Old words",
    "norwegian": "4. mai 2026 kl. 10:12 skrev Hjelp <hjelp@desk.example>:\n> Old words",
    "danish": "Den 4. maj 2026 kl. 10.12 skrev Hjælp <hjaelp@desk.example>:\n> Old words",
    "finnish": "ma 4. toukok. 2026 klo 10.12 Tuki (tuki@desk.example) kirjoitti:\n> Old words",
    "hungarian": "Segítség <segit@desk.example> ezt írta (időpont: 2026. máj. 4., H, 10:12):\n> Old words",
    "russian": "пн, 4 мая 2026 г. в 10:12, Помощь <help@desk.example>:\n> Old words",
    "headers without an address": "From: Help\nSent: Monday\nTo: me\nSubject: Re: it\n\nOld words",
    "headers far apart": "From: Help <help@desk.example>\n\nSent: Monday\n\nTo: me\n\nSubject: it\n\nOld words",
    "yahoo": "On Monday, May 4, 2026 at 10:12:13 AM GMT+2, Help <help@desk.example> wrote:\n\n Old words",
}


@pytest.mark.parametrize("quote", CUT.values(), ids=CUT)
def test_quoted_mail_is_no_part_of_what_was_newly_written(quote: str) -> None:
    parsed = parse_mail(f"My new words.\n\n{quote}")
    assert parsed.newest == "My new words."
    assert "Old words" in parsed.heard + parsed.quoted


SIGNATURES = [
    "-- \nAnn\nAcme",
    "—\nAnn",
    "Best regards,\nAnn\n+1 202-555-0100",
    "Thanks!\nAnn",
    "Sent from my iPhone",
    "Mit freundlichen Grüßen\nAnn",
    "Kind regards,\nAnn\n\nSent from my iPad",
]


@pytest.mark.parametrize("signature", SIGNATURES)
def test_a_signature_is_no_part_of_what_was_newly_written(signature: str) -> None:
    assert parse_mail(f"Where is my invoice?\n\n{signature}").newest == "Where is my invoice?"


@pytest.mark.parametrize("signature", SIGNATURES)
def test_a_signature_alone_leaves_nothing_and_is_heard(signature: str) -> None:
    assert parse_mail(signature).newest == ""
    assert flat(parse_mail(signature).heard) == flat(signature)


def test_a_wish_below_thanks_is_heard_though_it_looks_like_a_name() -> None:
    assert "A real person please" in parse_mail("It broke.\n\nThanks\nA real person please").heard


PASTED = {
    "log": "2026-05-04 10:12:01 ERROR no disk\n2026-05-04 10:12:02 ERROR gave up",
    "fence": "```\nlet x = 1\n```",
    "table": "| plan | seats |\n|---|---|\n| Orchard | 9 |",
    "trace": 'Traceback (most recent call last):\n  File "a.py", line 1',
    "columns": "plan\tseats\tprice\nOrchard\t9\t4",
    "json": '{\n"code": 4012,\n}',
}


@pytest.mark.parametrize("pasted", PASTED.values(), ids=PASTED)
def test_what_was_pasted_is_marked_and_still_theirs(pasted: str) -> None:
    parsed = parse_mail(f"It says:\n\n{pasted}\n\nWhat now?")
    assert PartKind.PASTED in [span.kind for span in parsed.spans]
    assert flat(parsed.newest) == flat(f"It says:\n{pasted}\nWhat now?")
