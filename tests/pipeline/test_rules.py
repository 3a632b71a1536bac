"""The rules and the decision: each rule alone, and what the caps make of a level."""

from dataclasses import replace

import pytest

from desk.policy.policy import Policy
from desk.reasons import Limit, Reason
from desk.run import Action, Cap, Draft, Finding, Level, Sentiment, Urgency, WayOut
from tests.fakes import (
    a_citation,
    a_classification,
    a_draft,
    a_hit,
    a_message,
    a_passage,
    a_statement,
    a_ticket,
    default_policy,
)
from workers.pipeline.case import DecisionInput
from workers.pipeline.confidence import confidence
from workers.pipeline.decide import decide
from workers.pipeline.turns import Turns

PASSAGE = a_passage("Click Forgot password.")
HIT = a_hit(PASSAGE)
DRAFT = a_draft(a_statement("Click Forgot password.", a_citation(PASSAGE)))


def policy(level: Level = Level.AUTO, **fields: object) -> Policy:
    base = default_policy()
    category = base.categories["account_access"].model_copy(update={"level": level})
    return base.model_copy(update={"categories": {**base.categories, "account_access": category}, **fields})


def case(**fields: object) -> DecisionInput:
    """A case that nothing speaks against."""
    ticket = a_ticket()
    values: dict[str, object] = {
        "ticket": ticket,
        "message": ticket.messages[0],
        "text": ticket.messages[0].body,
        "classification": a_classification(),
        "hits": (HIT,),
        "draft": DRAFT,
        "findings": (),
        "policy": policy(),
        "confidence": 0.9,
        **fields,
    }
    return DecisionInput(**values)  # type: ignore[arg-type]  # test builder


@pytest.mark.parametrize(
    ("level", "action"),
    [(Level.AUTO, Action.AUTO_REPLY), (Level.DRAFT, Action.INTERNAL_NOTE), (Level.OBSERVE, Action.OBSERVE)],
)
def test_without_caps_the_level_decides(level: Level, action: Action) -> None:
    decision = decide(case(policy=policy(level)))
    assert (decision.action, decision.caps) == (action, ())


PERSON: dict[str, tuple[dict[str, object], Reason]] = {
    "wants a person": ({"classification": a_classification(wants_human=True)}, Reason.WANTS_HUMAN),
    "legal": ({"classification": a_classification(sensitive=("legal",))}, Reason.SENSITIVE_TOPIC),
    "refund": ({"classification": a_classification(sensitive=("refund",))}, Reason.SENSITIVE_TOPIC),
    "furious": ({"classification": a_classification(sentiment=Sentiment.VERY_NEGATIVE)}, Reason.VERY_NEGATIVE),
    "critical": ({"classification": a_classification(urgency=Urgency.CRITICAL)}, Reason.CRITICAL),
    "orders": ({"classification": a_classification(orders_machine=True)}, Reason.ORDERS_MACHINE),
    "language": ({"classification": a_classification(language="de")}, Reason.LANGUAGE_NOT_SERVED),
    "turns": ({"turns": Turns(on_ticket=8)}, Reason.TOO_MANY_TURNS),
    "turns lately": ({"turns": Turns(on_ticket_lately=5)}, Reason.TOO_MANY_TURNS),
    "turns with this customer": ({"turns": Turns(to_requester_lately=10)}, Reason.TOO_MANY_TURNS),
    "the same again": ({"texts": ("Why?",), "turns": Turns(answered=frozenset({"Why?"}))}, Reason.LOOP),
    "ours again": ({"turns": Turns(reply_fingerprints=frozenset({"Click Forgot password."}))}, Reason.LOOP),
    "refused": ({"refused": True}, Reason.MODEL_REFUSED),
    "declined": ({"draft": Draft((), "No.", WayOut.DECLINED)}, Reason.MODEL_REFUSED),
    "with people": ({"with_people": True}, Reason.WITH_PEOPLE),
    "empty": ({"text": " \n"}, Reason.NO_QUESTION),
    "nothing found": ({"draft": Draft((), "nothing"), "hits": ()}, Reason.NOTHING_FOUND),
    "contradiction seen by the model": (
        {"draft": Draft((), "Pages disagree about the fee.", WayOut.CONTRADICTION)},
        Reason.CONTRADICTION,
    ),
    "contradiction seen by the model that drafted": (
        {"draft": replace(DRAFT, hand_over="Pages disagree.", way_out=WayOut.CONTRADICTION)},
        Reason.CONTRADICTION,
    ),
    "only a person can do it": ({"draft": Draft((), "Money back.", WayOut.NEEDS_A_PERSON)}, Reason.HANDED_OVER),
    "not in the documents": ({"draft": Draft((), "No page.", WayOut.NOT_IN_DOCUMENTS)}, Reason.NOTHING_FOUND),
    "unhelped": ({"unhelped": True}, Reason.NOT_HELPED),
    "handed over": ({"draft": replace(DRAFT, hand_over="needs a look at the account")}, Reason.HANDED_OVER),
}
CITATION = a_citation(PASSAGE)
DRAFTED: dict[str, tuple[dict[str, object], Reason]] = {
    "no category": ({"classification": a_classification(category=None, confidence=0.0)}, Reason.UNKNOWN_CATEGORY),
    "unsure": ({"classification": a_classification(confidence=0.2)}, Reason.UNKNOWN_CATEGORY),
    "low confidence": ({"confidence": 0.69}, Reason.LOW_CONFIDENCE),
    "finding": ({"findings": (Finding("uncited", "x"),)}, Reason.FINDING),
    "overtaken again and again": ({"rethought": 3}, Reason.STALE_SOURCE),
    "stale": ({"outdated": (CITATION,)}, Reason.STALE_SOURCE),
    "long": ({"text": "word " * 400}, Reason.LONG_MESSAGE),
    "cut": ({"cut": True}, Reason.LONG_MESSAGE),
    "many questions": ({"classification": a_classification(questions=("a?",) * 4)}, Reason.MANY_QUESTIONS),
    "attachment": ({"message": a_message(attachments=1)}, Reason.ATTACHMENT_UNREAD),
    "paused": ({"paused": True}, Reason.PAUSED),
    "thanks": ({"text": "Great, thank you!"}, Reason.NO_QUESTION),
    "budget": ({"budget_spent": True}, Reason.BUDGET_SPENT),
    "model away": ({"model_away": "claude failed"}, Reason.WITHOUT_MODEL),
    "third party": ({"third_parties": 1}, Reason.THIRD_PARTY),
    "a question left": ({"open_questions": ("And on mobile?",)}, Reason.QUESTION_OPEN),
    "no room": (
        {"ticket": a_ticket("How?", via="x"), "draft": a_draft(a_statement("word " * 60, a_citation(PASSAGE)))},
        Reason.REPLY_TOO_LONG,
    ),
    "another ticket": ({"same_matter": "ticket 7"}, Reason.SAME_MATTER),
    "contradiction": (
        {"findings": (Finding("contradiction", "“20 files” (Uploads) against “30 files” (Limits)"),)},
        Reason.CONTRADICTION,
    ),
}


@pytest.mark.parametrize(("fields", "reason"), PERSON.values(), ids=PERSON)
def test_a_person_is_asked_for_one_reason_alone(fields: dict[str, object], reason: Reason) -> None:
    decision = decide(case(**fields))
    assert decision.action is Action.ESCALATE
    assert [(cap.limit, cap.reason) for cap in decision.caps] == [(Limit.PERSON, reason)]


@pytest.mark.parametrize(("fields", "reason"), DRAFTED.values(), ids=DRAFTED)
def test_an_agent_looks_first_for_one_reason_alone(fields: dict[str, object], reason: Reason) -> None:
    decision = decide(case(**fields))
    assert decision.action is Action.INTERNAL_NOTE
    assert [(cap.limit, cap.reason) for cap in decision.caps] == [(Limit.DRAFT, reason)]


def test_every_reason_is_collected_not_only_the_first() -> None:
    angry = a_classification(wants_human=True, sensitive=("legal",), sentiment=Sentiment.VERY_NEGATIVE)
    reasons = [cap.reason for cap in decide(case(classification=angry, paused=True)).caps]
    assert reasons == [Reason.WANTS_HUMAN, Reason.SENSITIVE_TOPIC, Reason.VERY_NEGATIVE, Reason.PAUSED]


def test_a_draft_cap_does_not_raise_an_observed_category() -> None:
    assert decide(case(policy=policy(Level.OBSERVE), paused=True)).action is Action.OBSERVE


def test_a_person_is_asked_even_where_the_category_is_only_observed() -> None:
    asks = a_classification(wants_human=True)
    assert decide(case(policy=policy(Level.OBSERVE), classification=asks)).action is Action.ESCALATE


def test_a_policy_may_allow_refunds_but_never_the_law() -> None:
    both = a_classification(sensitive=("refund", "legal"))
    allowed = policy(allow=("refund",))
    assert decide(case(policy=allowed, classification=a_classification(sensitive=("refund",)))).caps == ()
    assert decide(case(policy=allowed, classification=both)).caps == (
        Cap(Limit.PERSON, Reason.SENSITIVE_TOPIC, "legal"),
    )


def test_confidence_is_high_for_a_near_passage_and_low_for_a_far_one() -> None:
    near = confidence(a_classification(), (a_hit(PASSAGE, 0.75, 1.0),), DRAFT, ())
    far = confidence(a_classification(), (a_hit(PASSAGE, 0.3, 0.2),), DRAFT, ())
    assert near > 0.9 > 0.3 > far


def test_confidence_falls_with_findings_and_with_sentences_that_cite_nothing() -> None:
    whole = confidence(a_classification(), (HIT,), DRAFT, ())
    half = a_draft(*DRAFT.statements, a_statement("And so on."))
    assert confidence(a_classification(), (HIT,), DRAFT, (Finding("x", "y"),)) < whole
    assert confidence(a_classification(), (HIT,), half, ()) == pytest.approx(whole / 2, abs=0.001)


def test_confidence_is_nothing_without_a_draft_or_when_the_model_hands_over() -> None:
    assert confidence(a_classification(), (HIT,), Draft(()), ()) == 0.0
    assert confidence(a_classification(), (HIT,), replace(DRAFT, hand_over="no"), ()) == 0.0


def test_confidence_does_not_look_at_the_fused_score() -> None:
    praised = replace(HIT, fused=1.0, lexical=1.0)
    scolded = replace(HIT, fused=0.0, lexical=0.0)
    assert confidence(a_classification(), (praised,), DRAFT, ()) == confidence(
        a_classification(), (scolded,), DRAFT, ()
    )


def test_a_page_left_unquoted_that_fits_better_costs_confidence() -> None:
    quoted = a_hit(PASSAGE, 0.75, 0.4)
    rival = a_hit(a_passage("Polls", id="rival", document_id="d9"), 0.7, 0.8)
    alone = confidence(a_classification(), (quoted,), DRAFT, ())
    assert confidence(a_classification(), (rival, quoted), DRAFT, ()) == pytest.approx(alone / 2, abs=0.001)
