"""Local signals and a model's guess, merged: what either saw is seen, and the worse view counts."""

import math

import pytest

from desk.ports import ModelClassification
from desk.run import Sentiment, Urgency
from tests.fakes import default_policy
from workers.pipeline.classify import merge_classification, read_signals

POLICY = default_policy()


def test_the_subject_counts_for_the_signals() -> None:
    assert read_signals("See subject.", POLICY, subject="I will take legal action").sensitive == ("legal",)


def test_a_wish_for_a_person_seen_by_the_model_alone_is_kept() -> None:
    local = read_signals("Que alguien me atienda", POLICY)
    assert merge_classification(local, ModelClassification(None, 0.0, (), wants_human=True), POLICY).wants_human


def test_a_wish_for_a_person_that_the_model_missed_is_kept() -> None:
    local = read_signals("Let me talk to a human", POLICY)
    assert merge_classification(local, ModelClassification(None, 0.0, (), wants_human=False), POLICY).wants_human


def test_the_worse_view_of_mood_and_urgency_counts() -> None:
    local = read_signals("I am furious. No rush.", POLICY)
    guess = ModelClassification(None, 0.0, (), urgency=Urgency.HIGH, sentiment=Sentiment.NEUTRAL)
    seen = merge_classification(local, guess, POLICY)
    assert (seen.urgency, seen.sentiment) == (Urgency.HIGH, Sentiment.VERY_NEGATIVE)


def test_a_category_that_the_policy_does_not_have_is_none() -> None:
    assert (
        merge_classification(
            read_signals("x", POLICY), ModelClassification("admin_override", 0.99, ()), POLICY
        ).category
        is None
    )


def test_a_sensitive_topic_that_the_policy_does_not_have_is_dropped() -> None:
    guess = ModelClassification("billing", 0.9, (), sensitive=("legal", "weather"))
    assert merge_classification(read_signals("x", POLICY), guess, POLICY).sensitive == ("legal",)


@pytest.mark.parametrize(("told", "kept"), [(math.nan, 0.0), (math.inf, 0.0), (-1.0, 0.0), (7.0, 1.0), (0.5, 0.5)])
def test_a_models_number_is_kept_within_0_and_1(told: float, kept: float) -> None:
    assert (
        merge_classification(read_signals("x", POLICY), ModelClassification("billing", told, ()), POLICY).confidence
        == kept
    )


def test_the_text_is_its_own_question_where_the_model_found_none() -> None:
    assert merge_classification(
        read_signals("Where is it?", POLICY), ModelClassification("billing", 0.9, (" ",)), POLICY
    ).questions == ("Where is it?",)
