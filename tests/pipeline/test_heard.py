"""What must never be missed is heard in every language that ships, without a model; and near misses are none."""

from functools import cache

import pytest
import yaml

from desk.policy.texts import LANGUAGES
from tests.fakes import ROOT, default_policy, demo_policy
from workers.pipeline.signals.human_request import asks_for_human
from workers.pipeline.signals.sensitive_topics import sensitive_topics

KINDS = ("self_harm", "threat", "legal", "security")
TOPICS = default_policy().sensitive_topics


@cache
def sentences(language: str) -> dict[str, list[str]]:
    text = (ROOT / "tests" / "pipeline" / "heard" / f"{language}.yaml").read_text(encoding="utf-8")
    return {kind: [str(each) for each in listed] for kind, listed in yaml.safe_load(text).items()}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_what_must_never_be_missed_is_heard(language: str, kind: str) -> None:
    listed = sentences(language)[kind]
    assert len(listed) >= 8
    assert [each for each in listed if kind not in sensitive_topics(each, TOPICS)] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_who_asks_for_a_person_is_heard(language: str) -> None:
    listed = sentences(language)["person"]
    assert len(listed) >= 8
    assert [each for each in listed if not asks_for_human(each)] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_near_miss_is_not_heard(language: str) -> None:
    listed = sentences(language)["none"]
    assert len(listed) >= 10
    assert [each for each in listed if sensitive_topics(each, TOPICS) or asks_for_human(each)] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_one_language_is_not_taken_for_a_danger_in_another(language: str) -> None:
    """ "Bom dia" is no bomb: what is said of one kind is heard as self-harm or threat only where it is."""
    heard = {kind: sentences(language)[kind] for kind in ("legal", "security", "person")}
    wrong = {"self_harm", "threat"}
    assert [each for listed in heard.values() for each in listed if wrong & set(sensitive_topics(each, TOPICS))] == []


def test_both_policies_that_ship_hear_the_same() -> None:
    assert demo_policy().sensitive_topics == TOPICS
