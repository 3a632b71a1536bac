"""Sets of documents and questions are read as they come, and what is wrong with them is said."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from desk.errors import Refused
from desk.pages import Markup, Page
from knowledge.evaluation import question_set
from knowledge.evaluation.question_set import EvaluationCorpus, read_questions

KNOWN = frozenset({"a", "b"})


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    def to_file(*lines: object) -> Path:
        path = tmp_path / "lines.jsonl"
        raw = [line if isinstance(line, bytes) else json.dumps(line).encode() for line in lines]
        path.write_bytes(b"\n".join(raw))
        return path

    return to_file


def pages(corpus: EvaluationCorpus) -> list[Page]:
    found = list(corpus.pages(lambda page_id: None))
    assert all(isinstance(page, Page) for page in found)
    return [page for page in found if isinstance(page, Page)]


def test_a_document_is_read_with_all_that_it_says_of_itself(write: Callable[..., Path]) -> None:
    line = {"id": "a", "text": "# H\n\nx", "title": "T", "url": "https://docs.example/a", "locale": "de", "more": [1]}
    (page,) = pages(EvaluationCorpus(write(line)))
    assert page == Page("a", "# H\n\nx", Markup.MARKDOWN, "T", "https://docs.example/a", "de")


def test_other_usual_names_of_fields_are_understood(write: Callable[..., Path]) -> None:
    corpus = EvaluationCorpus(write({"_id": 7, "content": "Sails."}))
    assert corpus.ids == {"7"}
    questions, _ = read_questions(write({"query": "sails?", "relevant": {"7": 1, "8": 0}}), corpus.ids)
    assert questions[0].relevant == {"7"}


@pytest.mark.parametrize(
    ("text", "markup"),
    [
        ("# Sails\n\ntext", Markup.MARKDOWN),
        ("<p>Sails", Markup.HTML),
        ("<!DOCTYPE html><html>", Markup.HTML),
        ("Sails\n# a comment in code", Markup.TEXT),
        ("<your-domain> is yours", Markup.TEXT),
        ("#1 in sails", Markup.TEXT),
    ],
)
def test_the_markup_is_guessed_from_how_a_text_opens(write: Callable[..., Path], text: str, markup: Markup) -> None:
    assert pages(EvaluationCorpus(write({"id": "a", "text": text})))[0].markup is markup


def test_the_markup_that_a_document_names_is_believed(write: Callable[..., Path]) -> None:
    assert pages(EvaluationCorpus(write({"id": "a", "text": "# x", "markup": "text"})))[0].markup is Markup.TEXT


def test_a_repeated_id_is_left_out_and_reported(write: Callable[..., Path]) -> None:
    corpus = EvaluationCorpus(
        write({"id": "a", "text": "one"}, {"id": "b", "text": "two"}, {"id": "a", "text": "three"})
    )
    assert [page.body for page in pages(corpus)] == ["one", "two"]
    assert corpus.repeated == ["line 3: a stands on line 1 already"]
    assert corpus.count() == 2


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (b"{not json", "line 2: not JSON"),
        (b"[" * 100_000, "line 2: not JSON"),
        (b'"a word"', "line 2: not a JSON object"),
        (b'{"id": "\xff"}', "line 2: not UTF-8"),
        ({"text": "x"}, "line 2: the field 'id' is missing"),
        ({"id": "b"}, "line 2: the field 'text' is missing"),
        ({"id": "b", "text": None}, "line 2: the field 'text' is missing"),
        ({"id": "b", "text": ["x"]}, "line 2: the field 'text' is not a text"),
        ({"id": " \0", "text": "x"}, "line 2: the field 'id' is empty"),
        ({"id": "b", "text": "x", "markup": "rtf"}, "line 2: the field 'markup' is 'rtf', not one of markdown"),
    ],
)
def test_a_bad_document_is_named_by_its_line_and_field(write: Callable[..., Path], line: object, said: str) -> None:
    with pytest.raises(Refused, match=said):
        EvaluationCorpus(write({"id": "a", "text": "x"}, line))


def test_an_endless_line_is_refused_without_being_read_whole(
    write: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(question_set, "LONGEST_LINE", 100)
    with pytest.raises(Refused, match="longer than 100 bytes"):
        EvaluationCorpus(write({"id": "a", "text": "x" * 200}))


def test_an_empty_file_and_a_missing_one_are_refused(write: Callable[..., Path], tmp_path: Path) -> None:
    with pytest.raises(Refused, match="holds no documents"):
        EvaluationCorpus(write(b"\n \n"))
    with pytest.raises(Refused, match="No such file"):
        EvaluationCorpus(tmp_path / "none.jsonl")


def test_a_mark_at_the_beginning_and_odd_characters_do_no_harm(write: Callable[..., Path]) -> None:
    corpus = EvaluationCorpus(write(b'\xef\xbb\xbf{"id": "a\\u0000", "text": "x\\ud800"}'))
    assert corpus.ids == {"a"}


def test_questions_are_read_with_what_can_answer_them(write: Callable[..., Path]) -> None:
    file = write(
        {"id": "1", "text": " How? ", "relevant": ["a", "b"]}, {"text": "Wo?", "relevant": "b", "locale": "de"}
    )
    questions, left_out = read_questions(file, KNOWN)
    assert [(each.text, each.relevant, each.locale) for each in questions] == [
        ("How?", KNOWN, "en"),
        ("Wo?", frozenset({"b"}), "de"),
    ]
    assert left_out == []


def test_what_cannot_be_measured_is_left_out_and_reported(write: Callable[..., Path]) -> None:
    file = write(
        {"text": "", "relevant": ["a"]},
        {"text": "x", "relevant": []},
        {"text": "y", "relevant": ["z"]},
        {"text": "both", "relevant": ["a", "z"]},
    )
    questions, left_out = read_questions(file, KNOWN)
    assert [(each.text, each.relevant) for each in questions] == [("both", frozenset({"a"}))]
    assert left_out == [
        "line 1: the question is empty",
        "line 2: no document is named as relevant",
        "line 3: not in the corpus: z",
        "line 4: not in the corpus: z",
    ]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ({"relevant": ["a"]}, "line 1: the field 'text' is missing"),
        ({"text": "x"}, "line 1: the field 'relevant' is missing"),
        ({"text": "x", "relevant": [["a"]]}, "line 1: the field 'relevant' is not a list of ids"),
        ({"text": "x", "relevant": True}, "line 1: the field 'relevant' is not a list of ids"),
        ({"text": "x", "relevant": ["z"]}, r"no question that can be measured \(line 1: not in the corpus: z\)"),
        (b"", "no question that can be measured"),
    ],
)
def test_a_bad_question_is_named_by_its_line_and_field(write: Callable[..., Path], line: object, said: str) -> None:
    with pytest.raises(Refused, match=said):
        read_questions(write(line), KNOWN)
