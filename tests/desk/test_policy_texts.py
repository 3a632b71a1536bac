"""What customers are told in their own language, by the topic that was touched, and what is said where a text is
missing."""

import re
from typing import Any

import pytest
import yaml

from desk.errors import BadSetting
from desk.policy.policy import Policy, parse_policy
from desk.policy.texts import HELPLINES, LANGUAGES, LanguageFallback
from desk.presentation.reply import compose_handover, compose_reply
from desk.run import Draft
from tests.fakes import ROOT, default_policy, demo_policy
from workers.pipeline.signals.human_request import asks_for_human

SHIPPED = (ROOT / "desk" / "policy" / "default_policy.yaml").read_text(encoding="utf-8")
CONTENT = yaml.safe_load(SHIPPED)
OLD_HANDOVER = {"message": "A person will answer. Our hours: {hours}.", "channels": ["api"]}


def a_policy(**changed: Any) -> Policy:
    """The shipped policy with other texts."""
    return parse_policy(yaml.dump({**CONTENT, **changed}, Dumper=yaml.CSafeDumper, allow_unicode=True))


def an_old_policy(**changed: Any) -> Policy:
    """As files were before texts had languages."""
    plain = {"signature": "Yours", "automatic_line": "Written automatically.", "handover": OLD_HANDOVER}
    return a_policy(**{**plain, **changed})


@pytest.mark.parametrize("policy", [default_policy(), demo_policy()], ids=["default", "demo"])
def test_the_shipped_policies_speak_all_languages_and_each_differently(policy: Policy) -> None:
    assert policy.fallbacks() == ()
    for said in (policy.automatic_line_in, policy.signature_in, policy.handover_message):
        assert len({said(language) for language in LANGUAGES}) == len(LANGUAGES)
    assert len({policy.handover_message(language, ("self_harm",)) for language in LANGUAGES}) == len(LANGUAGES)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("policy", [default_policy(), demo_policy()], ids=["default", "demo"])
def test_who_answers_the_word_that_the_automatic_line_names_reaches_a_person(policy: Policy, language: str) -> None:
    named = re.search(r"[\"„“«「](.+?)[\"“”»」]", policy.automatic_line_in(language).replace("« ", "«"))
    assert named, language
    word = named.group(1).strip()
    assert asks_for_human(word)
    assert asks_for_human(f"{word}!")
    assert asks_for_human(named.group())
    assert asks_for_human(word.upper())


def test_a_text_without_the_customers_language_falls_back_to_the_accounts_first() -> None:
    policy = a_policy(languages=["de", "en"], automatic_line={"de": "Automatisch.", "en": "Automatic."})
    assert policy.automatic_line_in("en") == "Automatic."
    assert policy.automatic_line_in("en-GB") == "Automatic."
    assert policy.automatic_line_in("tr") == "Automatisch."
    assert policy.automatic_line_in("und") == "Automatisch."


def test_an_old_file_stays_valid_and_its_hours_are_said_in_the_accounts_language() -> None:
    policy = an_old_policy(languages=["fr"])
    assert policy.automatic_line_in("ja") == "Written automatically."
    assert policy.handover_message("ja") == "A person will answer. Our hours: lundi – vendredi 09:00-17:00 (UTC)."


def test_who_may_be_in_danger_reads_of_a_helpline_and_never_of_office_hours() -> None:
    for policy in (default_policy(), demo_policy(), an_old_policy()):
        for language in LANGUAGES:
            told = policy.handover_message(language, ("legal", "self_harm"))
            helpline = policy.handover.helplines.get(language, HELPLINES[language])
            assert helpline in told.splitlines()[0]
            assert not re.search(r"\d\d:\d\d|\{", told)


def test_the_helpline_of_another_country_is_never_named() -> None:
    policy = an_old_policy(handover={**OLD_HANDOVER, "helplines": {"en": "988", "da": "70 201 201"}})
    assert "988" in policy.handover_message("en", ("self_harm",))
    assert "988" in policy.handover_message("en-US", ("self_harm",))
    assert "70 201 201" in policy.handover_message("da", ("self_harm",))
    assert HELPLINES["de"] in policy.handover_message("de", ("self_harm",))
    assert HELPLINES["en"] in policy.handover_message("fi", ("self_harm",))


def test_of_several_topics_the_most_urgent_is_answered() -> None:
    topics = {"legal": "Of law. {hours}", "threat": "Of threats.", "security": {"en": "Of breaches."}}
    policy = an_old_policy(handover={**OLD_HANDOVER, "topics": topics}, urgent_topics=["security", "threat"])
    assert policy.handover_message("en", ("legal", "threat", "security")) == "Of breaches."
    assert policy.handover_message("en", ("legal", "threat")) == "Of threats."
    assert policy.handover_message("en", ("refund", "legal")) == "Of law. Monday – Friday 09:00-17:00 (UTC)"
    assert "helpline" in policy.handover_message("en", ("security", "self_harm"))
    assert policy.handover_message("en", ("refund",)) == policy.handover_message("en")


def test_replies_and_hand_overs_close_in_the_customers_language() -> None:
    policy = default_policy()
    reply = compose_reply(Draft(()), (), policy, "m1", "de").text
    assert reply == f"{policy.signature_in('de')}\n\n{policy.automatic_line_in('de')}"
    handover = compose_handover(policy, "m1", "pl", ("self_harm",)).text
    assert handover == f"{policy.handover_message('pl', ('self_harm',))}\n\n{policy.signature_in('pl')}"


def test_the_fallbacks_are_known_by_text_and_language() -> None:
    line = dict.fromkeys(("en", "de", "fr", "es", "it", "pt", "nl", "pl", "sv", "tr"), "Automatic.")
    policy = a_policy(languages=["en", "da"], automatic_line=line)
    assert LanguageFallback("automatic_line", ("da", "ja", "zh"), "en") in policy.fallbacks()
    assert LanguageFallback("handover.helplines", ("da",), None) in policy.fallbacks()
    plain = {each.text: each for each in an_old_policy().fallbacks()}
    assert plain["handover.message"] == LanguageFallback("handover.message", LANGUAGES[1:], "en")
    assert "signature" not in plain


def test_a_bare_no_is_norwegian_and_not_false() -> None:
    text = SHIPPED.replace("languages: [en]", "languages: [en, no]", 1)
    policy = parse_policy(text.replace("automatic_line:\n", "automatic_line:\n  no: Skrevet automatisk.\n", 1))
    assert policy.languages == ("en", "no")
    assert policy.automatic_line_in("no") == "Skrevet automatisk."


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"topics": {"self_harm": {"en": "We are here {hours}."}}}, "self_harm.en: names office hours"),
        ({"topics": {"self_harm": "We are here 9:00-17:00."}}, "self_harm: names office hours"),
        (
            {"topics": {"self_harm": {"en": "We call.", "fr": "Réponse sous 24 heures."}}},
            "self_harm.fr: promises a time",
        ),
        ({"topics": {"legal": "Dear {name}"}}, "legal: {name} is unknown"),
        ({"topics": {"law": "Of law."}}, "handover.topics: law is none of the sensitive_topics"),
        ({"topics": {"legal": {"fr": "Bonjour"}}}, "no text in en, .*: handover.topics.legal"),
        ({"message": {"en": "Thanks.", "zh": "我们会在24小时内回复。"}}, "zh: promises a time .*24小时内"),
        ({"message": {"deu": "Danke."}}, "handover.message.deu"),
        ({"message": {}}, "handover.message: .*at least 1"),
        ({"message": {"de": "Danke."}}, "no text in en, .*: handover.message"),
        ({"message": {"en": ""}}, "handover.message.en: .*at least 1"),
        ({"helplines": {"en": "988 {hours}"}}, "{hours} is not filled in here"),
    ],
)
def test_a_faulty_text_is_refused_by_its_place(changed: dict[str, Any], told: str) -> None:
    with pytest.raises(BadSetting, match=told):
        an_old_policy(handover={**OLD_HANDOVER, **changed})
