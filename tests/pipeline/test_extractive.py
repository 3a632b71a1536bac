"""The local rung: what it quotes, how it cites, and when it keeps silent. With an embedder that counts words."""

from desk.passage import REPEATED, Block, BlockKind, Hit
from desk.policy.texts import LANGUAGES
from desk.presentation.reply import plain_text
from desk.run import Classification, Draft
from tests.fakes import FakeEmbedder, a_classification, a_hit, a_passage, a_ticket, default_policy
from workers.models.extractive.model import COURTESIES, NO_ANSWER, ExtractiveModel, best_category, courtesy
from workers.models.extractive.questions import AnswerForm, content_stems, split_questions, wanted_answer_form
from workers.models.extractive.units import quotable_units

POLICY = default_policy()
STEPS = tuple(
    Block(text, BlockKind.STEP, 1)
    for text in ("Open the sign-in page.", "Click Forgot password.", "Reset your password.")
)
GUIDE = a_passage(
    Block("You can reset your password on the sign-in page:", BlockKind.SENTENCE, 0),
    *STEPS,
    title="Reset your password",
)


def asked(question: str) -> Classification:
    return a_classification(questions=(question,))


def drafted(question: str, *hits: Hit) -> Draft:
    return ExtractiveModel(FakeEmbedder()).draft(a_ticket(question), asked(question), hits, POLICY).draft


def said(draft: Draft) -> list[str]:
    return [statement.text for statement in draft.statements]


def test_a_list_is_quoted_whole_with_the_sentence_that_opens_it() -> None:
    draft = drafted("How do I reset my password?", a_hit(GUIDE))
    assert said(draft)[1:] == [block.text for block in GUIDE.blocks[:4]]
    assert [statement.kind for statement in draft.statements[2:]] == [BlockKind.STEP] * 3


def test_every_statement_but_the_courtesy_cites_the_block_it_quotes() -> None:
    draft = drafted("How do I reset my password?", a_hit(GUIDE))
    opening, *rest = draft.statements
    assert (opening.text, opening.courtesy) == (COURTESIES["en"], True)
    for statement in rest:
        (citation,) = statement.citations
        assert [GUIDE.blocks[place].text for place in citation.blocks] == [statement.text]


def test_it_opens_in_the_customers_language_or_in_the_accounts_first_one() -> None:
    policy = default_policy().model_copy(update={"languages": ("nl", "en")})
    assert courtesy("de", policy) == COURTESIES["de"]
    assert courtesy("pt-BR", policy) == COURTESIES["pt"]
    assert courtesy("fi", policy) == COURTESIES["nl"]
    assert courtesy("fi", policy.model_copy(update={"languages": ("fi",)})) == COURTESIES["en"]
    assert set(COURTESIES) == set(LANGUAGES)


def test_what_stands_in_one_list_stays_in_one_group() -> None:
    draft = drafted("How do I reset my password?", a_hit(GUIDE))
    assert len({statement.group for statement in draft.statements if statement.kind is BlockKind.STEP}) == 1


def test_it_keeps_silent_when_the_passages_are_far_from_the_question() -> None:
    draft = drafted("How do I reset my password?", a_hit(GUIDE, cosine=0.3, share=0.2))
    assert (draft.statements, draft.hand_over) == ((), NO_ANSWER)


def test_it_keeps_silent_when_no_sentence_answers_though_the_passage_seemed_near() -> None:
    draft = drafted("Which colours does the lamp have?", a_hit(GUIDE))
    assert (draft.statements, draft.hand_over) == ((), NO_ANSWER)


def test_it_hands_over_what_it_cannot_answer_and_keeps_what_it_can() -> None:
    classification = a_classification(questions=("How do I reset my password?", "Which colours does the lamp have?"))
    draft = ExtractiveModel(FakeEmbedder()).draft(a_ticket(), classification, [a_hit(GUIDE)], POLICY).draft
    assert draft.statements
    assert draft.hand_over == "1 of 2 questions not answered"


def test_the_same_thing_said_twice_is_quoted_once() -> None:
    text = "You can reset your password on the sign-in page at any time."
    one, two = a_passage(text, id="p1"), a_passage(text, id="p2", document_id="d2")
    assert said(drafted("How do I reset my password on the sign-in page?", a_hit(one), a_hit(two)))[1:] == [text]


def test_a_list_of_links_is_no_answer() -> None:
    links = a_passage(Block("Reset your password", BlockKind.ITEM, 0), headings=("Related pages",), title="Passwords")
    assert drafted("How do I reset my password?", a_hit(links)).statements == ()


def test_a_sentence_that_leans_on_the_one_before_brings_it_along() -> None:
    passage = a_passage("The reset link is sent by mail.", "It works once.", "Lamps are green.")
    (first, second, third) = quotable_units(a_hit(passage), 0)
    assert (first.blocks, second.blocks, third.blocks) == ((0,), (0, 1), (2,))


def test_items_bring_along_what_leads_to_them_wherever_their_list_was_cut() -> None:
    lead, caption = "These plans have no video.", "Prices of 2026"
    items = [Block(f"Plan {n}", BlockKind.ITEM, 3, (lead,)) for n in range(3)]
    (_, unit) = quotable_units(a_hit(a_passage(Block(lead, BlockKind.SENTENCE, REPEATED), *items)), 0)
    assert unit.blocks == (0, 1, 2, 3)
    rows = [Block(f"Code: {n}; Price: {n}", BlockKind.ROW, 0, (caption,)) for n in range(20)]
    units = quotable_units(a_hit(a_passage(Block(caption, BlockKind.SENTENCE, 1), *rows)), 0)
    assert [unit.blocks for unit in units] == [(0,), *((0, n + 1) for n in range(20))]


def test_steps_are_quoted_with_the_numbers_that_they_have_on_their_page() -> None:
    lead = "To reset your password:"
    steps = [Block(f"Press the button for the password {n}.", BlockKind.STEP, 3, (lead,), n) for n in (4, 5)]
    before = Block("Press the button for the password 3.", BlockKind.STEP, REPEATED, (lead,), 3)
    draft = drafted(
        "How do I reset my password?", a_hit(a_passage(Block(lead, BlockKind.SENTENCE, REPEATED), before, *steps))
    )
    assert [(s.text, s.number) for s in draft.statements if s.kind is BlockKind.STEP] == [
        (step.text, step.number) for step in steps
    ]
    assert "4. Press the button for the password 4." in plain_text(draft)


def test_rows_of_a_long_table_stand_alone_and_those_of_a_short_one_together() -> None:
    def table(size: int) -> list[tuple[int, ...]]:
        rows = [Block(f"Code: {n}; Meaning: {n}", BlockKind.ROW, 0) for n in range(size)]
        return [unit.blocks for unit in quotable_units(a_hit(a_passage(*rows)), 0)]

    assert table(3) == [(0, 1, 2)]
    assert table(20) == [(n,) for n in range(20)]


def test_a_text_like_a_categorys_examples_is_of_that_category() -> None:
    guess = ExtractiveModel(FakeEmbedder()).classify(a_ticket(), "I forgot my password and cannot sign in.", POLICY)
    assert guess.category == "account_access"
    assert guess.confidence > 0.8


def test_a_text_like_no_category_is_of_none() -> None:
    guess = ExtractiveModel(FakeEmbedder()).classify(a_ticket(), "Purple elephants dance quietly.", POLICY)
    assert (guess.category, guess.confidence) == (None, 0.0)


def test_the_examples_are_embedded_once_per_policy() -> None:
    embedder = FakeEmbedder()
    model = ExtractiveModel(embedder)
    model.classify(a_ticket(), "I forgot my password.", POLICY)
    first = len(embedder.embedded)
    model.classify(a_ticket(), "Where is my invoice?", POLICY)
    assert len(embedder.embedded) == first > 0


def test_probabilities_of_two_equal_categories_are_shared() -> None:
    name, probability = best_category({"a": 0.8, "b": 0.8})
    assert name == "a"
    assert 0.45 < probability < 0.5


def test_questions_are_told_apart_with_what_leads_up_to_each() -> None:
    text = "Hi!\nI forgot my password and no mail comes. What can I do? Also, how much is the Bench plan? Thanks"
    assert split_questions(text) == ("I forgot my password and no mail comes.", "Also, how much is the Bench plan?")


def test_the_subject_leads_up_to_the_first_question_unless_it_is_said_again() -> None:
    assert split_questions("It is red. Why?", "Broken lamp") == ("Broken lamp. It is red.",)
    assert split_questions("How do I reset my password?", "Password reset") == ("How do I reset my password?",)


def test_politeness_is_no_question() -> None:
    assert split_questions("Hello, can you help me? Thanks!") == ()


def test_words_are_compared_by_their_stems() -> None:
    assert content_stems("cancelled bookings") == content_stems("cancel booking")


def test_a_question_wishes_for_a_form_of_answer() -> None:
    assert [wanted_answer_form(text) for text in ("How do I pay?", "How much is it?", "Is it red?")] == [
        AnswerForm.STEPS,
        AnswerForm.PRICE,
        AnswerForm.ANY,
    ]


def test_no_hits_or_no_question_is_no_answer() -> None:
    model = ExtractiveModel(FakeEmbedder())
    assert model.draft(a_ticket(), asked("Why?"), [], POLICY).draft.hand_over == NO_ANSWER
    assert model.draft(a_ticket(), a_classification(questions=()), [a_hit(GUIDE)], POLICY).draft.hand_over == NO_ANSWER
    assert model.classify(a_ticket(), "", POLICY).category is None
