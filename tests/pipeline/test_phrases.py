"""Phrases are found as whole words, by stem, with words between, without accents, and inside runs without spaces."""

import time

import pytest

from desk.text.phrase_matcher import PhraseMatch, Phrases


@pytest.mark.parametrize(
    ("phrase", "text"),
    [
        ("selbstmord*", "Selbstmordgedanken"),
        ("prawnik*", "Mój prawnikiem jest..."),
        ("rzecznik* praw", "do rzecznika praw"),
        ("rechtliche schritte", "RECHTLICHE SCHRITTE!"),
        ("kündigung", "Kuendigung"),
        ("kündigung", "Kundigung"),
        ("résilier", "RESILIER"),
        ("été piraté", "mon compte a ete pirate"),
        ("öldüreceğim", "oldurecegim"),
        ("dava açacağım", "DAVA AÇACAĞIM"),
        ("człowiek", "czlowiek"),
        ("avocat", "j'ai vu l'avocat"),
        ("avvocato", "chiamo un'altra volta dall'avvocato"),
        ("hack'len*", "hack’lendi"),
        ("mich ... umbringen", "Ich werde mich heute noch umbringen"),
        ("mich ... umbringen", "mich umbringen"),
        ("死にたい", "もう死にたいです"),
        ("死にたい", "もう死に\nたいです"),
        ("api律师", "找API律师"),
        ("ฆ่าตัวตาย", "ฉันอยากฆ่าตัวตายแล้ว"),
    ],
)
def test_a_phrase_is_found_however_it_is_written(phrase: str, text: str) -> None:
    assert Phrases([phrase]).find(text)


@pytest.mark.parametrize(
    ("phrase", "text"),
    [
        ("piraté", "Pirate Ltd is our client"),
        ("sąd", "a sad story"),
        ("ból", "bol"),
        ("sue", "sué mucho"),
        ("prawnik*", "oprawnik"),
        ("rechtliche schritte", "rechtliche und andere Schritte"),
        ("mich ... umbringen", "mich hat das heute schon fast umbringen"),
        ("mich ... umbringen", "umbringen mich"),
        ("suing", "pursuing"),
        ("死にたい", "死ぬほど好き"),
        ("が", "か"),
        ("*", "anything"),
        ("...", "anything"),
    ],
)
def test_what_only_looks_like_a_phrase_is_none(phrase: str, text: str) -> None:
    assert Phrases([phrase]).find(text) is None


def test_what_is_part_of_something_harmless_does_not_count_and_the_rest_does() -> None:
    found = Phrases(["bomb", "想死"], inflect=True, unless=["bath bomb", "想死你"])
    assert found.find("two bath bombs, please") is None
    assert found.find("我想死你了") is None
    assert found.find_all("no bath bomb but a bomb") == ["bomb"]
    assert found.find_all("我想死你了，真的想死") == ["想死"]


def test_a_match_says_at_which_word_it_stands() -> None:
    assert Phrases(["é bom", "最悪"]).matches("isto é bom e 今日は最悪だ") == [
        PhraseMatch(1, "é bom"),
        PhraseMatch(4, "最悪"),
    ]


@pytest.mark.parametrize("text", ["a " * 30_000, "a b " * 15_000, "死" * 60_000, "'" * 60_000, "l'a" * 20_000])
def test_hostile_texts_take_no_time(text: str) -> None:
    found = Phrases(["a ... b ... c", "a a a a a b", "a* a* a* c", "死死死い", "l'a b"], unless=["a b a c"])
    start = time.process_time()
    assert found.find(text) is None
    assert time.process_time() - start < 60  # of the processor: what grows with the square of its length takes hours
