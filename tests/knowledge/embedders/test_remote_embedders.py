"""What embedders elsewhere send, what they make of the answers, and what of answers that are none."""

import json
import math
import unicodedata
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tokenizers import Tokenizer, models, pre_tokenizers

from desk.errors import BadSetting, Permanent, Temporary
from desk.passage import REPEATED, Block, BlockKind
from desk.ports import Embedder
from desk.text.tokenizer import clean
from knowledge.embedders.openai_compatible import OpenAICompatible, Prefixes
from knowledge.embedders.voyage import Voyage
from knowledge.ingest.chunking import cut_sections
from knowledge.parsing.structure import Section
from knowledge.remote import json_http as wires
from knowledge.remote.embeddings_api import MOST_BYTES, MOST_DIMENSIONS
from knowledge.remote.json_http import JsonHttpClient
from knowledge.remote.token_budget import token_budget_for
from tests.lookalikes.embeddings import KEY, Embeddings

pytestmark = pytest.mark.loopback

Make = Callable[..., OpenAICompatible]
SECRET = "my order 4711 never came"


@pytest.fixture
def party() -> Iterator[Embeddings]:
    with Embeddings() as party:
        yield party


@pytest.fixture
def line(party: Embeddings) -> Iterator[Callable[..., JsonHttpClient]]:
    """Lines to the look-alike, closed at the end."""
    opened: list[JsonHttpClient] = []

    def make(path: str = "/v1/embeddings", key: str | None = KEY, seconds: float = 5.0) -> JsonHttpClient:
        opened.append(JsonHttpClient("the provider", party.url + path, key, seconds))
        return opened[-1]

    yield make
    for each in opened:
        each.close()


@pytest.fixture
def make(line: Callable[..., JsonHttpClient]) -> Make:
    def make(
        model: str = "look-16", dimensions: int | None = None, window: int = 512, **options: Any
    ) -> OpenAICompatible:
        return OpenAICompatible(line(), model, token_budget_for(window), dimensions, **options)

    return make


def test_questions_and_documents_are_sent_as_what_they_are(
    party: Embeddings, line: Callable[..., JsonHttpClient]
) -> None:
    voyage = Voyage(line("/voyage/v1/embeddings"), "look-16", token_budget_for(512))
    voyage.embed_documents(["Refunds take five days."])
    voyage.embed_query("How long does a refund take?")
    prefixes = Prefixes("query: ", "passage: ")
    other = OpenAICompatible(line(), "look-16", token_budget_for(512, None, prefixes.longer), None, prefixes)
    other.embed_documents(["Refunds take five days."])
    other.embed_query("How long?")
    assert [(each["meant"], each["texts"]) for each in party.effects("embedded")] == [
        ("document", ["Refunds take five days."]),
        ("query", ["How long does a refund take?"]),
        (None, ["passage: Refunds take five days."]),
        (None, ["query: How long?"]),
    ]


def test_many_texts_go_in_batches_by_number_and_by_size(party: Embeddings, make: Make) -> None:
    texts = [f"text {number}" for number in range(10)]
    together = make(most_texts=4).embed_documents(texts)
    assert [len(each["texts"]) for each in party.effects("embedded")] == [4, 4, 2]
    assert together == make().embed_documents(texts)
    party.reset()
    make(window=32_000).embed_documents(["word " * 5000] * 9)
    sizes = [sum(map(len, each["texts"])) for each in party.effects("embedded")]
    assert len(sizes) == 3
    assert max(sizes) <= MOST_BYTES


def test_the_size_of_the_vectors_is_asked_once_if_it_is_not_set(party: Embeddings, make: Make) -> None:
    unset = make("look-48")
    assert (unset.dimensions, unset.dimensions) == (48, 48)
    assert len(party.effects("embedded")) == 1
    told = make("look-48", 24)
    assert told.dimensions == 24
    assert len(told.embed_query("x")) == 24
    assert [each["size"] for each in party.effects("embedded")] == [48, 24]


def test_a_model_of_another_size_than_set_is_an_error_that_says_so(party: Embeddings, make: Make) -> None:
    party.fail(garble=json.dumps({"data": [{"index": 0, "embedding": [0.5] * 16}]}))
    with pytest.raises(Permanent, match="16 numbers for look-16, not 24: FIRSTLINE_EMBEDDER_DIMENSIONS"):
        make("look-16", 24).embed_query("x")
    with pytest.raises(Permanent, match="at most 4000 can be indexed"):
        make(f"look-{MOST_DIMENSIONS + 1}").embed_query("x")


def test_every_provider_model_size_and_document_prefix_has_a_name_of_its_own(make: Make) -> None:
    kinds: list[Embedder] = [
        make(),
        make("look-32"),
        make("look-32", 16),
        make(prefixes=Prefixes("", "passage: ")),
        make(prefixes=Prefixes("", "doc: ")),
        Voyage(JsonHttpClient("x", "http://127.0.0.1"), "look-16", token_budget_for(512)),
    ]
    assert len({kind.name for kind in kinds}) == len(kinds)
    assert make().name == make(prefixes=Prefixes("query: ", "")).name == "openai:look-16"


@pytest.mark.parametrize(
    ("status", "body", "kind", "words"),
    [
        (401, "", Permanent, "refused the key"),
        (403, "", Permanent, "refused the key"),
        (402, "", Permanent, "no credit"),
        (404, "", Permanent, "no such address or model"),
        (307, "", Permanent, "another address"),
        (400, '{"error": {"code": "context_length_exceeded"}}', Permanent, r"\(400, context_length_exceeded\)"),
        (400, f'{{"error": {{"code": null, "type": "{SECRET}"}}}}', Permanent, r"refused the request \(400\)"),
        (422, f'{{"detail": [{{"input": "{SECRET}"}}]}}', Permanent, r"refused the request \(422\)"),
        (429, '{"error": {"code": "insufficient_quota"}}', Permanent, "no credit"),
        (429, "", Temporary, "enough requests"),
        (500, "<html>", Temporary, "trouble"),
        (503, "", Temporary, "trouble"),
    ],
)
def test_errors_say_what_is_wrong_and_never_what_was_sent(
    party: Embeddings, make: Make, status: int, body: str, kind: type[Exception], words: str
) -> None:
    party.fail(status=status, body=body)
    with pytest.raises(kind, match=words) as caught:
        make().embed_query(SECRET)
    assert SECRET not in str(caught.value)
    assert len(party.requests) == 0, "a fault is not retried here"


def test_a_wish_to_wait_is_passed_on(party: Embeddings, make: Make) -> None:
    party.fail(status=429, headers={"Retry-After": "7"})
    with pytest.raises(Temporary) as caught:
        make().embed_query("x")
    assert caught.value.retry_after == 7
    party.fail(status=429)
    with pytest.raises(Temporary) as caught:
        make().embed_query("x")
    assert caught.value.retry_after == 15, "where nothing is said"


@pytest.mark.parametrize("cut_at", ["before", "after"])
def test_a_cut_connection_is_temporary(party: Embeddings, make: Make, cut_at: str) -> None:
    party.fail(cut=cut_at)
    embedder = make()
    with pytest.raises(Temporary, match="could not be reached"):
        embedder.embed_query("x")
    assert embedder.embed_query("x") == embedder.embed_query("x")


def test_nobody_there_is_temporary(party: Embeddings, line: Callable[..., JsonHttpClient]) -> None:
    with Embeddings() as gone:
        url = gone.url
    wire = JsonHttpClient("the provider", url)
    with pytest.raises(Temporary, match="could not be reached"):
        OpenAICompatible(wire, "look-16", token_budget_for(512)).embed_query("x")
    wire.close()


def test_an_answer_that_takes_too_long_is_not_waited_for(
    party: Embeddings, line: Callable[..., JsonHttpClient]
) -> None:
    party.fail(slow=0.6)
    with pytest.raises(Temporary, match=r"within 0\.2 s"):
        OpenAICompatible(line(seconds=0.2), "look-16", token_budget_for(512)).embed_query("x")


def test_an_answer_without_end_is_not_read_on(party: Embeddings, make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wires, "MOST_ANSWER", 1000)
    party.fail(garble="x" * 5000)
    with pytest.raises(Permanent, match="more than 1,000 bytes"):
        make().embed_query("x")


@pytest.mark.parametrize(
    "answer",
    [
        "",
        "<html>",
        "[]",
        "null",
        "{}",
        '{"data": []}',
        '{"data": [{"index": 1, "embedding": [1]}, {"index": 2, "embedding": [1]}]}',
        '{"data": [{"index": 0, "embedding": [1]}]}',
        '{"data": [{"index": 0, "embedding": [1]}, {"index": 0, "embedding": [1]}]}',
        '{"data": [{"index": 0, "embedding": [1, NaN]}, {"index": 1, "embedding": [1, 2]}]}',
        '{"data": [{"index": 0, "embedding": [0, 0]}, {"index": 1, "embedding": [1, 2]}]}',
        '{"data": [{"index": 0, "embedding": []}, {"index": 1, "embedding": [1, 2]}]}',
        '{"data": [{"index": 0, "embedding": "AAAA"}, {"index": 1, "embedding": [1, 2]}]}',
        '{"data": [{"index": 0, "embedding": [[1], [2]]}, {"index": 1, "embedding": [1, 2]}]}',
        '{"data": [{"index": 0, "embedding": {"a": 1}}, {"index": 1, "embedding": [1, 2]}]}',
        '{"data": [{"index": [0], "embedding": [1]}, {"index": 1, "embedding": [1]}]}',
        "[" * 100_000,
    ],
)
def test_an_answer_that_is_no_list_of_vectors_is_not_taken(party: Embeddings, make: Make, answer: str) -> None:
    party.fail(garble=answer)
    with pytest.raises(Temporary, match=r"something|vector"):
        make().embed_documents(["one", "two"])


def test_vectors_of_any_length_are_made_unit(party: Embeddings, make: Make) -> None:
    party.fail(garble=json.dumps({"data": [{"index": 0, "embedding": [3.0, 4.0]}]}))
    assert make().embed_query("x") == [0.6, 0.8]


def test_a_key_that_cannot_stand_in_a_header_is_an_error_not_a_crash(line: Callable[..., JsonHttpClient]) -> None:
    with pytest.raises(Permanent, match="cannot be used"):
        OpenAICompatible(line(key="schlüssel"), "look-16", token_budget_for(512)).embed_query("x")


@pytest.mark.parametrize("address", ["http://[::1", "http://", "ftp://127.0.0.1/x"])
def test_an_address_that_is_none_is_an_error_not_a_crash(address: str) -> None:
    wire = JsonHttpClient("the provider", address)
    with pytest.raises((Permanent, Temporary), match="the provider"):
        OpenAICompatible(wire, "look-16", token_budget_for(512)).embed_query("x")
    wire.close()


TEXTS = {
    "english": "Refunds are paid to the card that was charged, within five working days of our approval. " * 40,
    "chinese": "退款将在我们批准后的五个工作日内支付到您所使用的银行卡。" * 60,
    "emoji": "🦄🔥👩‍👩‍👧‍👦" * 300,
    "ligatures": "ﷺ ﬃ " * 300,
    "one word of ligatures": "ﷺﬃ" * 300,
    "digits": "4711-0815-2342 " * 200,
}


@pytest.mark.parametrize("window", [128, 512, 8192])
@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_passages_fit_the_window_even_at_one_token_a_byte(text: str, window: int) -> None:
    """The worst tokenizer there can be reads each byte of the normalised text, and the prefix, as a token."""
    prefix = "passage: "
    by = token_budget_for(window, None, prefix)
    blocks = tuple(Block(sentence, BlockKind.SENTENCE, 0) for sentence in (text, text[:50], text[:50]))
    passages = cut_sections("A title", [Section(("Heading",), blocks)], by.count, by.window)
    for passage in passages:
        read = unicodedata.normalize("NFKC", prefix + passage.embedded)
        assert len(read.encode()) + 2 <= window
        assert by.cut(passage.embedded) == passage.embedded
    kept = "".join(block.text for passage in passages for block in passage.blocks if block.group != REPEATED)
    assert "".join(kept.split()).count("".join(text.split())) == 1, "nothing is outside the passages"


def test_with_a_large_window_english_passages_are_as_long_as_with_the_right_tokenizer() -> None:
    by = token_budget_for(8192)
    sentence = "Refunds are paid to the card that was charged, within five working days of our approval."
    assert math.isclose(by.count(sentence), 18, rel_tol=0.3), "18 tokens, by cl100k_base"


@pytest.mark.parametrize("text", [*TEXTS.values(), "", "\ud800" * 9000, "\0"], ids=range(len(TEXTS) + 3))
def test_texts_are_cut_to_what_is_read_for_certain(text: str) -> None:
    by = token_budget_for(128)
    short = by.cut(text)
    assert clean(text).startswith(clean(short))
    assert len(unicodedata.normalize("NFKC", short).encode(errors="replace")) <= 124
    assert short or not clean(text)


@pytest.fixture
def words_tokenizer(tmp_path: Path) -> Path:
    """One token a word; its file says that texts are cut after 5 and filled up to 5, as such files do."""
    tokenizer = Tokenizer(models.WordLevel({"word": 0, "[UNK]": 1}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    tokenizer.enable_truncation(5)
    tokenizer.enable_padding(length=5)
    tokenizer.save(str(tmp_path / "tokenizer.json"))
    return tmp_path / "tokenizer.json"


def test_a_tokenizer_counts_to_the_end_whatever_its_file_says_of_cutting(words_tokenizer: Path) -> None:
    by = token_budget_for(130, words_tokenizer, "query: ")
    assert [by.count("word " * n) for n in (0, 1, 100)] == [1, 2, 101], "one is for a line break"
    assert by.window == 127
    assert by.cut("word " * 500).split() == ["word"] * 125


def test_a_file_that_is_no_tokenizer_is_named(tmp_path: Path) -> None:
    for path in (tmp_path / "missing.json", tmp_path):
        with pytest.raises(BadSetting, match="FIRSTLINE_EMBEDDER_TOKENIZER"):
            token_budget_for(512, path)
