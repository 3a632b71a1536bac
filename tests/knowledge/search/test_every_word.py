"""No text stands outside every vector: each word of a page is in what is embedded, within the embedder's window."""

import random

import pytest

from desk.pages import Markup, Page
from desk.ports import Embedder
from desk.text.tokenizer import words
from knowledge.embedders.minilm import MiniLM
from knowledge.ingest.prepare import prepare_page

MODEL = MiniLM(threads=1)


class Narrow(MiniLM):
    """The same tokens, and a window in which hardly a title fits."""

    window = 32


def table(rows: int, columns: int) -> str:
    head = "|" + "|".join(f"column{n}" for n in range(columns)) + "|\n" + "|---" * columns + "|\n"
    return head + "".join("|" + "|".join(f"r{n}c{m}" for m in range(columns)) + "|\n" for n in range(rows))


def letters(n: int) -> str:
    """A word of its own for each number."""
    return "".join(chr(ord("a") + int(digit)) for digit in str(n)) + "qu"


def random_page(seed: int) -> str:
    """Headings, paragraphs, lists, tables and code of random sizes, each word another."""
    draw = random.Random(seed)
    parts, n = [], 0
    for _ in range(draw.randint(5, 25)):
        line = " ".join(letters(n + m) for m in range(draw.choice([1, 3, 12, 80, 400])))
        n += 1000
        parts.append(
            draw.choice(["## {}", "{}.", "- {}", "1. {}", "> {}", "```\n{}\n```", "| {} |\n|---|\n| x |"]).format(line)
        )
    return "\n\n".join(parts)


PAGES = {
    "a line of 50,000 characters": " ".join(letters(n) for n in range(8_500))[:50_000],
    "a passage of 2,000 different words": " ".join(letters(n) for n in range(2_000)),
    "a table with many columns": table(30, 40),
    "a long table": table(500, 3),
    "code": "```\n" + "\n".join(f"    call_{letters(n)}(value_{n})  # note{n}" for n in range(800)) + "\n```",
    "Chinese without spaces": "退款将在三十天内处理。如有问题请联系客服中心。" * 200,
    "Thai without spaces": "การคืนเงินจะดำเนินการภายในสามสิบวัน" * 100,
    "Arabic": "تُسترد الأموال خلال ثلاثين يومًا من الشراء. " * 100,
    "an endless word": "k" * 30_000,
    "a long heading": "# " + " ".join(letters(n) for n in range(300)) + "\n\nshort",
    "headings eight deep": "\n\n".join(f"{'#' * min(n, 6)} {letters(n) * 20}\n\ntext{n}" for n in range(1, 9)),
    "a list of long items": "\n".join(f"- {' '.join(letters(n * 200 + m) for m in range(150))}" for n in range(8)),
    "emoji and symbols": "🦄🧜‍♀️ ∑∫≠ № ﷽ " * 400 + "end",
}


def check(body: str, embedder: Embedder, title: str = "Moorings and berths") -> None:
    ready = prepare_page(Page("p", body, Markup.MARKDOWN, title=title), embedder)
    assert ready
    for passage in ready.passages:
        assert embedder.count_tokens(passage.embedded) + 2 <= embedder.window
    shown = {word for passage in ready.passages for block in passage.blocks for word in words(block.text)}
    shown |= {word for passage in ready.passages for heading in passage.headings for word in words(heading)}
    joined = "".join("".join(passage.embedded.split()).casefold() for passage in ready.passages)
    embedded = {word for passage in ready.passages for word in words(passage.embedded)}
    missing = {word for word in shown - embedded if len(word) <= 40 and word not in joined}
    assert missing == set()
    asked = {word for word in words(body) if len(word) <= 40} - {"1"}  # the number of a step
    assert {word for word in asked - embedded if word not in joined} == set()


@pytest.mark.parametrize("name", PAGES)
def test_every_word_of_an_odd_page_is_in_a_vector(name: str) -> None:
    check(PAGES[name], MODEL)


@pytest.mark.parametrize("name", PAGES)
def test_every_word_is_in_a_vector_of_a_narrow_window_too(name: str) -> None:
    check(PAGES[name], Narrow(threads=1))


@pytest.mark.parametrize("seed", range(12))
def test_every_word_of_any_page_is_in_a_vector(seed: int) -> None:
    check(random_page(seed), MODEL, title=" ".join(letters(n) for n in range(seed * 6)) or "T")


def test_what_the_window_holds_is_read_to_its_last_word() -> None:
    """The count of tokens by which texts are cut is the one by which the model drops the rest."""
    ready = prepare_page(Page("p", PAGES["a passage of 2,000 different words"], Markup.MARKDOWN, title="T"), MODEL)
    assert ready
    fullest = max((passage.embedded for passage in ready.passages), key=MODEL.count_tokens)
    changed = fullest.rsplit(" ", 1)[0] + " zebra"
    assert MODEL.embed_query(fullest) != MODEL.embed_query(changed)
