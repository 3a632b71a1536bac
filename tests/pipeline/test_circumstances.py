"""A run keeps every fact that a rule reads: the decision comes out of what is stored alone, long after."""

import json
from dataclasses import replace

import pytest
from pydantic import TypeAdapter

from desk.policy.policy import Policy
from desk.reasons import Reason
from desk.run import Circumstances, Run
from tests.fakes import a_message, a_ticket
from tests.pipeline.test_rules import DRAFTED, PERSON, case
from tests.pipeline.test_run import run
from workers.pipeline.case import DecisionInput, circumstances_of
from workers.pipeline.decide import decide
from workers.pipeline.rules import RULES
from workers.pipeline.turns import Turns

STORED = TypeAdapter(Run)
CASES: dict[str, tuple[dict[str, object], Reason]] = {
    **PERSON,
    **DRAFTED,
    "asked by an agent": ({"for_agent": True}, Reason.ASKED_BY_AGENT),
}


def stored(made: DecisionInput) -> Run:
    """A run over this case, as it comes back from the database."""
    whole = replace(
        run(),
        classification=made.classification,
        hits=made.hits,
        draft=made.draft,
        findings=made.findings,
        decision=decide(made),
        circumstances=circumstances_of(made, made.classification),
    )
    return STORED.validate_json(STORED.dump_json(whole))


def replayed(kept: Run, policy: Policy) -> DecisionInput:
    """The case once more, out of the run and nothing else."""
    facts = kept.circumstances
    assert facts is not None
    message = a_message(_words_of(facts), attachments=facts.attachments)
    turns = Turns(
        facts.replies_on_ticket,
        facts.replies_on_ticket_lately,
        facts.replies_to_requester_lately,
        frozenset({"same"} if facts.message_repeated else ()),
        frozenset({"same"} if facts.reply_repeated else ()),
        facts.handovers_to_requester,
        fingerprint=lambda text: "same",
    )
    shared = set(Circumstances.__dataclass_fields__) & set(DecisionInput.__dataclass_fields__)
    return DecisionInput(
        ticket=a_ticket(message, via=facts.via),
        message=message,
        text=message.body,
        classification=kept.classification,
        hits=kept.hits,
        draft=kept.draft,
        findings=kept.findings,
        policy=policy,
        confidence=kept.decision.confidence,
        texts=(message.body,),
        turns=turns,
        **{name: getattr(facts, name) for name in shared},
    )


def _words_of(facts: Circumstances) -> str:
    return " ".join(["thanks" if facts.polite else "word"] * facts.word_count)


@pytest.mark.parametrize(("fields", "reason"), CASES.values(), ids=CASES)
def test_each_rule_says_the_same_of_what_is_stored(fields: dict[str, object], reason: Reason) -> None:
    made = case(**fields)
    kept = stored(made)
    again = decide(replayed(kept, made.policy))
    assert reason in {cap.reason for cap in again.caps}
    assert (again.action, [cap.reason for cap in again.caps]) == (
        kept.decision.action,
        [cap.reason for cap in kept.decision.caps],
    )


def test_what_nothing_speaks_against_is_answered_again() -> None:
    made = case()
    assert decide(replayed(stored(made), made.policy)) == decide(made)


def test_all_rules_are_tried_by_these_cases() -> None:
    tried = {cap.reason for fields, _ in CASES.values() for cap in decide(case(**fields)).caps}
    assert {Reason(rule.__name__) for rule in RULES if rule.__name__ in set(Reason)} <= tried


def test_what_was_heard_before_a_model_was_asked_is_kept() -> None:
    facts = run("I want to talk to a human. How do I reset my password?", paused=True, budget_spent=True).circumstances
    assert facts is not None
    assert (facts.paused, facts.budget_spent) == (True, True)
    assert facts.heard.wants_human
    assert facts.heard.category is None, "a category is the model's view"
    assert facts.assumed_days == 5


def test_a_run_of_before_they_were_kept_still_loads() -> None:
    older = json.loads(STORED.dump_json(run()))
    del older["circumstances"]
    assert STORED.validate_python(older).circumstances is None
