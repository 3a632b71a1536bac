"""The policies that ship, and what a policy file may not say."""

import pytest
import yaml

from desk.errors import BadSetting
from desk.policy.policy import parse_policy, policy_version
from desk.run import Level
from tests.fakes import ROOT, default_policy, demo_policy

DEFAULT = (ROOT / "desk" / "policy" / "default_policy.yaml").read_text(encoding="utf-8")


def test_every_category_of_the_shipped_policy_stands_at_draft() -> None:
    assert {category.level for category in default_policy().categories.values()} == {Level.DRAFT}


def test_the_demo_shows_both_draft_and_auto() -> None:
    assert {category.level for category in demo_policy().categories.values()} == {Level.DRAFT, Level.AUTO}


def test_the_shipped_policies_allow_neither_refund_nor_cancellation() -> None:
    assert default_policy().allow == demo_policy().allow == ()


def test_the_version_is_the_hash_of_the_text() -> None:
    assert parse_policy(DEFAULT).version == policy_version(DEFAULT)
    assert parse_policy(DEFAULT + "\n# edited\n").version != policy_version(DEFAULT)


def test_the_hand_over_message_names_the_business_hours() -> None:
    assert "Monday – Friday 09:00-17:00 (UTC)" in default_policy().handover_message()


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("here.\n      Our", "here within 2 hours.\n      Our", "handover.message: .*promises a time"),
        ("  self_harm:\n    desc", "  self_harming:\n    desc", "lacks self_harm"),
        ("level: draft", "level: always", "level"),
        ("timezone: UTC", "timezone: Atlantis", "IANA"),
        ("allow: []", "allow: [legal]", "allow"),
        ("max_turns: 8", "max_turn: 8", "max_turn"),
        ("ticket_replies: 5", "ticket_replies: 0", "limits.ticket_replies"),
        ("requester_minutes: 180", "requester_hours: 3", "limits.requester_hours"),
        ("without_model: draft", "without_model: observe", "without_model"),
        ("hours: 24", "hours: 0", "waiting.hours"),
        ("alerts: 5", "alerts: many", "incidents.alerts"),
        ("without_model: draft", "without_model: draft\nwithout_model: auto", "`without_model` stands here a second"),
        ("urgent_topics: [self_harm", "urgent_topics: [selfharm", "selfharm is none of the sensitive_topics"),
    ],
)
def test_a_faulty_policy_is_refused_by_name(old: str, new: str, told: str) -> None:
    assert old in DEFAULT
    with pytest.raises(BadSetting, match=told):
        parse_policy(DEFAULT.replace(old, new, 1))


def test_a_policy_that_says_nothing_of_limits_and_waiting_has_those_that_the_shipped_one_spells_out() -> None:
    names = ("without_model", "max_turns", "limits", "waiting", "incidents", "urgent_topics")
    shipped = yaml.safe_load(DEFAULT)
    silent = parse_policy(yaml.safe_dump({name: value for name, value in shipped.items() if name not in names}))
    spelt = silent.model_dump(mode="json", include=set(names))
    assert spelt == {name: shipped[name] for name in names}
