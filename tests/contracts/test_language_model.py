"""What every rung of the ladder keeps to: the local parts, a script, and Claude on its look-alike."""

from collections.abc import Callable, Iterator

import pytest

from desk.platform.model_prices import ModelPrices
from desk.ports import LanguageModel, ModelClassification, ModelDraft
from desk.run import Stage
from desk.ticket import Role
from tests.fakes import (
    FakeEmbedder,
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
from tests.lookalikes.claude import Claude as LookAlike
from tests.scripted_model import ScriptedModel
from workers.models.circuit_breaker import CircuitBreaker
from workers.models.claude.call import ModelSize
from workers.models.claude.model import AnthropicAccount, ClaudeModel
from workers.models.extractive.model import ExtractiveModel
from workers.pipeline.validate import validate

pytestmark = pytest.mark.loopback
POLICY = default_policy()
QUESTION = "How do I reset my forgotten password on the sign-in page?"
PASSAGE = a_passage(
    "To reset a forgotten password, click Forgot password on the sign-in page.", "Invoices are elsewhere."
)
HITS = [a_hit(PASSAGE, cosine=0.8, share=1.0)]


@pytest.fixture(scope="module")
def look() -> Iterator[LookAlike]:
    with LookAlike() as party:
        yield party


def claude(look: LookAlike) -> ClaudeModel:
    free = ModelPrices(0, 0, 0, 0)
    small, large = (ModelSize(f"claude-{name}", free, 1000, 5.0) for name in ("small", "large"))
    return ClaudeModel(AnthropicAccount("sk-x", look.url, CircuitBreaker(failures=10**6)), small, large)


def scripted(look: LookAlike) -> ScriptedModel:
    drafted = ModelDraft(a_draft(a_statement(PASSAGE.blocks[0].text, a_citation(PASSAGE))))
    return ScriptedModel(guesses=[ModelClassification("account_access", 0.9, (QUESTION,))], drafts=[drafted])


MAKERS: dict[str, Callable[[LookAlike], LanguageModel]] = {
    "extractive": lambda look: ExtractiveModel(FakeEmbedder()),
    "scripted": scripted,
    "claude": claude,
}


@pytest.fixture(params=MAKERS)
def model(request: pytest.FixtureRequest, look: LookAlike) -> Iterator[LanguageModel]:
    made = MAKERS[request.param](look)
    yield made
    if isinstance(made, ClaudeModel):
        made.close()


def test_it_has_a_name_and_a_version_for_the_receipt(model: LanguageModel) -> None:
    assert model.name
    assert model.prompts


def test_a_clear_question_has_a_category_of_the_policy_and_a_probability(model: LanguageModel) -> None:
    guess = model.classify(a_ticket(QUESTION), QUESTION, POLICY)
    assert guess.category in {*POLICY.categories, None}
    assert 0 <= guess.confidence <= 1
    assert guess.questions
    assert set(guess.sensitive) <= set(POLICY.sensitive_topics)
    assert all(used.stage is Stage.CLASSIFY for used in guess.usage)


def test_a_draft_quotes_what_was_found_and_passes_the_checks(model: LanguageModel) -> None:
    asked = a_classification(questions=(QUESTION,))
    drafted = model.draft(a_ticket(QUESTION), asked, HITS, POLICY)
    factual = [s for s in drafted.draft.statements if not s.courtesy]
    assert factual
    assert all(statement.citations for statement in factual)
    assert validate(a_ticket(QUESTION), drafted.draft, HITS, asked, POLICY) == ()
    assert all(used.stage is Stage.DRAFT for used in drafted.usage)


def test_what_the_passages_do_not_hold_is_handed_over(model: LanguageModel) -> None:
    if isinstance(model, ScriptedModel):
        model = ScriptedModel()
    text = "Do penguins migrate in winter?"
    far = [a_hit(PASSAGE, cosine=0.1, share=0.0)]
    drafted = model.draft(a_ticket(text), a_classification(questions=(text,)), far, POLICY)
    assert drafted.draft.hand_over
    assert not [s for s in drafted.draft.statements if not s.courtesy]


@pytest.mark.parametrize("text", ["", " \n", "\x00\ud800", "word " * 5000, "<script>x</script>", "\u202eאיך"])
def test_odd_text_is_no_error(model: LanguageModel, text: str) -> None:
    ticket = a_ticket(a_message("Before", id="m0"), a_message("Us", id="m1", role=Role.AGENT), a_message(text, id="m2"))
    guess = model.classify(ticket, text, POLICY)
    asked = a_classification(questions=guess.questions)
    assert isinstance(model.draft(ticket, asked, HITS, POLICY), ModelDraft)
