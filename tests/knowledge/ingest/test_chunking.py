"""Sections are cut into passages that the embedder reads whole."""

from desk.passage import Block, BlockKind
from knowledge.ingest.chunking import cut_sections
from knowledge.parsing.structure import Section


def count(text: str) -> int:
    return len(text.split())


def paragraph(group: int, *sentences: str) -> tuple[Block, ...]:
    return tuple(Block(text, BlockKind.SENTENCE, group) for text in sentences)


def listing(group: int, items: int) -> tuple[Block, ...]:
    return tuple(Block(f"item {n} of list", BlockKind.ITEM, group) for n in range(items))


def test_the_title_and_the_heading_path_are_embedded_with_the_text() -> None:
    (one,) = cut_sections("Refunds", [Section(("How", "By mail"), paragraph(0, "Write to us."))], count, 60)
    assert one.embedded == "Refunds > How > By mail\nWrite to us."
    assert one.headings == ("How", "By mail")


def test_no_passage_is_longer_than_the_window_and_no_word_is_lost() -> None:
    words = [f"w{n}" for n in range(1000)]
    blocks = paragraph(0, *(" ".join(words[n : n + 7]) + "." for n in range(0, 700, 7)), " ".join(words[700:]))
    passages = cut_sections("Title", [Section((), blocks)], count, 60)
    assert all(count(passage.embedded) + 2 <= 60 for passage in passages)
    assert {word.strip(".") for passage in passages for word in passage.embedded.split()} >= set(words)


def test_a_list_moves_on_whole_with_the_line_that_leads_to_it() -> None:
    blocks = (*paragraph(0, "a " * 30 + "end."), *paragraph(1, "Do this:"), *listing(2, 8))
    first, second = cut_sections("T", [Section((), blocks)], count, 60)
    assert [block.group for block in first.blocks] == [0]
    assert [block.group for block in second.blocks] == [1] + [2] * 8


def test_a_list_too_long_for_any_passage_is_cut_between_items() -> None:
    passages = cut_sections("T", [Section((), listing(0, 40))], count, 60)
    assert len(passages) == 3
    assert sum(len(passage.blocks) for passage in passages) == 40


def test_an_endless_word_is_shown_whole_and_embedded_in_parts() -> None:
    (passage,) = cut_sections("T", [Section((), paragraph(0, "Key " + "k" * 150))], count, 60)
    assert passage.blocks[0].text == "Key " + "k" * 150
    assert max(map(len, passage.embedded.split())) <= 40


def test_a_line_of_fifty_thousand_letters_is_in_some_vector() -> None:
    passages = cut_sections("T", [Section((), paragraph(0, "y" * 50_000))], count, 60)
    assert sum(passage.embedded.count("y") for passage in passages) == 50_000
    assert all(count(passage.embedded) + 2 <= 60 for passage in passages)


def test_a_title_too_long_to_repeat_is_a_block_of_its_own() -> None:
    title = " ".join(f"t{n}" for n in range(30))
    passages = cut_sections(title, [Section((), paragraph(0, "Text."))], count, 60)
    assert title in "\n".join(block.text for passage in passages for block in passage.blocks)
    assert all(count(passage.embedded) + 2 <= 60 for passage in passages)


def test_a_wide_window_does_not_make_wide_passages() -> None:
    blocks = paragraph(0, *("word " * 9 + "end." for _ in range(100)))
    assert all(count(p.embedded) <= 254 for p in cut_sections("T", [Section((), blocks)], count, 8000))


def test_nothing_gives_nothing() -> None:
    assert cut_sections("T", [], count, 60) == []


def test_cutting_the_same_twice_gives_the_same() -> None:
    sections = [Section(("H",), listing(0, 30))]
    assert cut_sections("T", sections, count, 60) == cut_sections("T", sections, count, 60)
