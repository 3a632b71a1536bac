"""Which tickets the policy calls ours, and what its table sets on them."""

from datetime import UTC, datetime

import pytest

from desk.errors import BadSetting
from desk.policy.policy import Policy, parse_policy
from desk.policy.routing import route_ticket
from desk.policy.scope import EVERYWHERE, TicketScope
from desk.reasons import Limit, Reason
from desk.run import Action, Cap, Decision, Draft, Level, Run, Urgency, Versions
from desk.ticket import NO_LABELS, Labels, Named, Priority, Ticket
from tests.fakes import ROOT, a_classification, a_ticket

SHIPPED = (ROOT / "desk" / "policy" / "default_policy.yaml").read_text(encoding="utf-8")
TICKET = a_ticket(
    via="mail",
    brand=Named("7001", "Acorn"),
    group=Named("55", "Tier 2"),
    organisation=Named("9", "Oak & Sons"),
    tags=("vip", "eu"),
)


def ruled(**parts: str) -> Policy:
    """The shipped policy with these parts of it written otherwise."""
    text = SHIPPED
    for name, written in parts.items():
        start = text.index(f"\n{name}:") + 1
        end = text.index("\n\n", start)
        text = f"{text[:start]}{name}: {written}{text[end:]}"
    return parse_policy(text)


@pytest.mark.parametrize(
    ("scope", "ours"),
    [
        ({}, True),
        ({"only": {"brand": "acorn"}}, True),
        ({"only": {"brand": ["Birch", "Acorn"]}}, True),
        ({"only": {"brand": "7001"}}, True),
        ({"only": {"brand": 7001}}, True),
        ({"only": {"brand": "Birch"}}, False),
        ({"only": {"form": "Default"}}, False),
        ({"only": {"channel": ["email", "web"]}}, True),
        ({"only": {"channel": "chat"}}, False),
        ({"only": {"brand": "Acorn", "channel": "chat"}}, False),
        ({"only": {"tag": "VIP"}}, True),
        ({"only": {"organisation": "oak &  sons"}}, True),
        ({"never": {"group": "Tier 2"}}, False),
        ({"never": {"group": "Tier 1", "tag": "eu"}}, False),
        ({"never": {"organisation": "Birch"}}, True),
        ({"only": {"brand": "Acorn"}, "never": {"tag": "vip"}}, False),
    ],
)
def test_a_ticket_is_ours_with_every_trait_of_only_and_none_of_never(scope: dict[str, object], ours: bool) -> None:
    assert TicketScope.model_validate(scope).holds(TICKET) is ours


def test_the_shipped_policy_calls_every_ticket_ours_and_sets_nothing() -> None:
    policy = parse_policy(SHIPPED)
    assert policy.scope == EVERYWHERE
    assert policy.scope.holds(TICKET)
    assert route_ticket(a_run(), TICKET, policy) == NO_LABELS


def test_a_trait_that_is_misspelt_is_told_of() -> None:
    with pytest.raises(BadSetting, match=r"scope\.only\.brands"):
        ruled(scope="{only: {brands: Acorn}}")


def a_run(*reasons: Reason, **classified: object) -> Run:
    caps = tuple(Cap(Limit.PERSON, reason) for reason in reasons)
    return Run(
        id="r1",
        account="acme",
        channel="zendesk",
        ticket_id="t1",
        message_id="m1",
        classification=a_classification(**classified),
        hits=(),
        draft=Draft(()),
        findings=(),
        decision=Decision(Action.ESCALATE, Level.DRAFT, caps, 0.9),
        versions=Versions("p", "k", "m", "v"),
        usage=(),
        times=(),
        remarks=(),
        at=datetime(2026, 3, 2, tzinfo=UTC),
    )


TABLE = """
- when: {reason: wants_human}
  set: {priority: high, tags: person}
- when: {urgency: [high, critical]}
  set: {priority: urgent, group: Tier 2}
- when: {category: billing, field: {Plan: [gold, silver]}}
  set: {group: Finance, type: question, fields: {Reason: Billing}, tags: [billing, Money]}
- when: {topic: legal}
  set: {group: 4711, fields: {Reason: Legal, Level: 3}}
- set: {type: incident}
"""
PARTS = {"routing": TABLE.rstrip(), "fields": "[Plan]"}


@pytest.mark.parametrize(
    ("run", "fields", "labels"),
    [
        (a_run(), (), Labels(type="incident")),
        (a_run(urgency=Urgency.HIGH), (), Labels(Priority.URGENT, "Tier 2", "incident")),
        (
            a_run(Reason.WANTS_HUMAN, urgency=Urgency.CRITICAL),
            (),
            Labels(Priority.HIGH, "Tier 2", "incident", (), ("person",)),
        ),
        (a_run(category="billing"), (), Labels(type="incident")),
        (
            a_run(category="billing"),
            (("Plan", "Gold"),),
            Labels(None, "Finance", "question", (("Reason", "Billing"),), ("billing", "money")),
        ),
        (
            a_run(category="billing", sensitive=("legal",)),
            (("Plan", "Gold"),),
            Labels(None, "Finance", "question", (("Reason", "Billing"), ("Level", "3")), ("billing", "money")),
        ),
        (
            a_run(category=None, sensitive=("legal",)),
            (),
            Labels(None, "4711", "incident", (("Reason", "Legal"), ("Level", "3"))),
        ),
    ],
)
def test_for_each_thing_the_first_rule_that_fits_decides(
    run: Run, fields: tuple[tuple[str, str], ...], labels: Labels
) -> None:
    ticket = a_ticket(fields=fields)
    made = route_ticket(run, ticket, ruled(**PARTS))
    assert (made.priority, made.group, made.type, made.tags) == (
        *(labels.priority, labels.group),
        *(labels.type, labels.tags),
    )
    assert dict(made.fields) == dict(labels.fields)


@pytest.mark.parametrize(
    ("table", "fault"),
    [
        ("[{when: {category: bilings}, set: {type: problem}}]", "bilings is no category or topic"),
        ("[{when: {topic: law}, set: {type: problem}}]", "law is no category or topic"),
        ("[{when: {field: {Colour: red}}, set: {type: problem}}]", "add it to `fields`"),
        ("[{when: {reason: bored}, set: {type: problem}}]", "when.reason"),
        ("[{set: {priority: asap}}]", "set.priority"),
        ("[{set: {tags: 'two words'}}]", "set.tags"),
    ],
)
def test_a_rule_that_could_never_fit_is_refused(table: str, fault: str) -> None:
    with pytest.raises(BadSetting, match=fault):
        ruled(routing=table)


def test_a_ticket_without_any_trait_is_ours_unless_something_is_asked_of_it() -> None:
    bare: Ticket = a_ticket()
    assert TicketScope.model_validate({"never": {"tag": "vip", "channel": "chat", "brand": "Acorn"}}).holds(bare)
    assert not TicketScope.model_validate({"only": {"channel": "mail"}}).holds(bare)
