"""Redaction: what is personal goes, what only looks so stays, and the text can still be read."""

import time
from itertools import pairwise

import pytest

from desk.text.redaction import PersonalDataKind, find_personal_data, redact


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        ("Write to ada.example+shop@mail.example, please.", "Write to [email], please."),
        ("ada (at) mail (dot) example is mine", "[email] is mine"),
        ("Call +49 171 555 01 42 today", "Call [phone] today"),
        ("Tel.: (020) 7946 0018", "Tel.: [phone]"),
        ("Ring 020 7946 0018 ext. 12 after five", "Ring [phone] after five"),
        ("my number 555 0142 is new, call 555 0142", "my number 555 0142 is new, call [phone]"),
        ("Card 4111-1111-1111-1111 was charged", "Card [card] was charged"),
        ("IBAN de89 3704 0044 0532 0130 00 is closed", "IBAN [iban] is closed"),
        ("I log in from 93.184.216.34.", "I log in from [ip]."),
        ("I log in from 2a00:1450:4001:81b::200e now", "I log in from [ip] now"),
        ("My password is Summer-2026!", "My password is [secret]"),
        ("Passwort: geheim123", "Passwort: [secret]"),
        ("password = swordfish", "password = [secret]"),
        ("the key sk-live-1234567890abcdefghij leaks", "the key [secret] leaks"),
        ("Authorization: Bearer abcdefGHIJ0123456789klmn", "Authorization: Bearer [secret]"),
        ("open https://shop.example/reset?token=a8f7c6&x=1 now", "open [link] now"),
        ("see https://robin:pw@shop.example/x today", "see [link] today"),
        ("I live at 12 Garden Lane, London SW1A 1AA, behind it", "I live at [address], behind it"),
        ("Ich wohne in der Lindenstraße 12a, 10969 Berlin.", "Ich wohne in der [address]."),
        ("12 rue de la Paix, 75002 Paris", "[address]"),
        ("Calle Mayor 5, 28013 Madrid", "[address]"),
        ("Order no. 4711-2208-19 is late", "Order no. [number] is late"),
        ("Kundennummer: 88213377 steht da", "Kundennummer: [number] steht da"),
        ("Date of birth: 03/12/1985, born on 12 March 1985", "Date of birth: [date], born on [date]"),
        ("SSN 219-09-9999 is his", "SSN [number] is his"),
        ("Dear Mrs. Sample,\nthank you", "Dear Mrs. [name],\nthank you"),
        ("Hi Robin,\nthe reset works", "Hi [name],\nthe reset works"),
        ("Hello, my name is Robin Example and I wait", "Hello, my name is [name] and I wait"),
        ("Liebe Frau Müller-Beispiel,", "Liebe Frau [name],"),
    ],
)
def test_personal_data_becomes_a_word(text: str, redacted: str) -> None:
    assert redact(text) == redacted


@pytest.mark.parametrize(
    "text",
    [
        "Version 10.2.14.3 fixes error 0x80070005 and code 10060.",
        "It costs 1 234 567 or 1,299.00 EUR until 2026-03-02, 14:30:15.",
        "On 12/11/2025 and 12.11.2025 the limit was 250 000 messages a day.",
        "Between 2019-2024 we had 365 days, 24/7, at 9:00-17:00.",
        "Set the address to 192.168.178.1 or 127.0.0.1, the mask to 255.255.255.0, DNS 8.8.8.8.",
        "Choose a password of 12 letters. Your password is required. Password: optional",
        "Reset the password: click the link, then sign in again.",
        "Hi there,\nHello team,\nDear customer,\nthanks for writing.",
        "See https://docs.shop.example/articles/360012345678-how-to-reset-your-password?lang=en.",
        "Open Settings > Network at step 3, port 8443, 24 Hours a day.",
        "Request 3f2b8c1e-6a4d-4c8b-9a7e-5d2f1b3c4e6a failed with HTTP 503.",
        "Order the plan, account settings, invoice PDF, ticket closed.",
        "Call us between 9 and 17. We will ring you.",
        "Model WH-1000XM4 has ISBN 978-3-16-148410-0.",
        "The IP address is shown below, the MAC address: 00:1A:2B:3C:4D:5E.",
    ],
)
def test_ordinary_help_texts_stay_as_they_are(text: str) -> None:
    assert redact(text) == text


def test_known_names_go_whole_and_in_parts_but_ordinary_words_stay() -> None:
    text = "Will May wrote: I will pay in may. MAY, W. Robin van Dael and dael@x answered; ROBIN agrees."
    assert redact(text, ["Will May", "Robin van Dael"]) == (
        "[name] wrote: I will pay in may. [name], W. [name] and dael@x answered; [name] agrees."
    )


def test_an_office_that_signs_takes_no_ordinary_words_along() -> None:
    assert redact("The Acorn Support can help: ask Support or the Team.", ["Acorn Support", "The Team"]) == (
        "The [name] can help: ask Support or [name]."
    )


def test_a_name_in_an_address_or_a_mailbox_does_not_save_the_rest_of_it() -> None:
    text = "Robin.Example@mail.example lives at 12 Robin Lane, reach 020 7946 0018 there"
    assert redact(text, ["Robin Example"]) == "[email] lives at [address], reach [phone] there"
    assert redact("my address is 7 Elm Court, call +44 20 7946 0018 or 9 Oak") == (
        "my address is [address], call [phone][address]"
    )


def test_a_short_or_empty_name_takes_nothing() -> None:
    assert redact("Al is at home, so is J. and 123", ["Al", "", " ", "J", "123"]) == "Al is at home, so is J. and 123"


def test_a_card_number_needs_its_check_digit_unless_a_card_is_spoken_of() -> None:
    assert redact("the code 4111111111111112") == "the code 4111111111111112"
    assert redact("my credit card 4111111111111112") == "my credit card [card]"


def test_finds_do_not_overlap_and_are_in_order() -> None:
    found = find_personal_data("a@b.example, 93.184.216.34 and https://x.example/?token=1234 by a@b.example")
    assert [each.kind for each in found] == [
        PersonalDataKind.EMAIL,
        PersonalDataKind.IP,
        PersonalDataKind.LINK,
        PersonalDataKind.EMAIL,
    ]
    assert all(one.end <= other.start for one, other in pairwise(found))


@pytest.mark.parametrize("odd", ["", "\x00", "\ud800 a@b.example", "\u202ea@b.example", "م@مثال.إختبار", "[email]"])
def test_odd_texts_are_no_trouble(odd: str) -> None:
    assert "b.example" not in redact(odd)


@pytest.mark.parametrize(
    "piece",
    [
        "a",
        "1",
        "1 ",
        "1-",
        "a@",
        "a.",
        "@a.",
        "A1",
        ":",
        "f:",
        "https://a/",
        "password: ",
        "Street ",
        "12 A ",
        "Mr. A ",
        "+1(",
        "(1",
        "my address is 1 A ",
        "eyJ.",
        "A ",
        "-----BEGIN KEY-----",
        "order no 1",
        "Dear A ",
    ],
)
def test_hostile_texts_take_linear_time(piece: str) -> None:
    """Twenty times the text must not take four hundred times the time; bounded by a wide margin, not measured."""
    text = piece * (100_000 // len(piece))
    began = time.process_time()
    redact(text, ["Robin Example"])
    assert time.process_time() - began < 60
