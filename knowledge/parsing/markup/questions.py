"""Questions and their answers, as pages of them are written: bold lines, lists, and what schema.org says of them."""

import json
import re
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

from bs4.element import PageElement, Tag

from knowledge.parsing.markup.dom import (
    HEADING_LEVELS,
    brief_text,
    child_tags,
    find_first,
    id_and_classes,
    is_bold,
    raw_text,
    tags,
)
from knowledge.parsing.structure import LINE_BREAK, LONGEST_HEADING

MOST_PAIRS = 2_000
_MOST_PARTS = 200
_MARKS = ("?", "？", "؟", "?*")
_QUESTION_CLASS = re.compile(r"\b(?:faq|accordion)[\w-]*(?:question|title|header)\b|\bquestion\b")
_LETTERED = re.compile(r"(?:Q|F|P|D|В|问|問)\s?\d{0,3}\s?[.:：)]\s*(?=\S)")
_LETTERED_ANSWER = re.compile(r"^(?:A|R|О|答)\s?\d{0,3}\s?[.:：)]\s+")


def is_question(text: str) -> bool:
    """Does the text ask, and is it short enough for a heading?"""
    return text.endswith(_MARKS) and len(text) <= LONGEST_HEADING


def split_question(nodes: Sequence[PageElement]) -> tuple[str, Sequence[PageElement]]:
    """The bold question with which a paragraph begins, and what follows it; no question, and all of it."""
    place, texts = 0, list[str]()
    while place < len(nodes) and (is_bold(nodes[place]) or not raw_text(nodes[place])):
        if text := raw_text(nodes[place]):
            texts.append(text)
        elif texts and isinstance(nodes[place], Tag):
            break  # a line ends here
        place += 1
    question = " ".join(texts)
    return (question, nodes[place:]) if is_question(question) else ("", nodes)


def split_lettered(text: str) -> tuple[str, str]:
    """What "Q: ...?" asks, and the lines below it; no question, and any other text."""
    line, _, rest = text.partition(LINE_BREAK)
    line = " ".join(line.split())
    mark = _LETTERED.match(line)
    return (line[mark.end() :], rest) if mark and is_question(line) else ("", text)


def without_answer_letter(text: str) -> str:
    """The text without the "A:" before an answer."""
    return _LETTERED_ANSWER.sub("", text.lstrip(), count=1)


def is_question_element(tag: Tag) -> bool:
    """Is it an element whose class says that it is the question of a pair, as its text does?"""
    is_short = tag.name in ("div", "p", "span", "a") and _QUESTION_CLASS.search(id_and_classes(tag)) is not None
    return is_short and is_question(brief_text(tag))


def begins_with_question(item: Tag) -> bool:
    """Does an item of a list begin with a bold question?"""
    nodes = [node for node in item.children if raw_text(node)]
    if nodes and isinstance(nodes[0], Tag) and nodes[0].name in ("p", "div"):
        nodes = [node for node in nodes[0].children if raw_text(node)]
    return bool(nodes) and bool(split_question(nodes)[0])


def fold_marked_pairs(soup: Tag) -> None:
    """Microdata of schema.org: a question becomes what unfolds its answer."""
    marked = [tag for tag in tags(soup) if str(tag.get("itemtype", "")).endswith("schema.org/Question")]
    for question in marked[:MOST_PAIRS]:
        parts = [tag for tag in islice(tags(question), _MOST_PARTS) if tag.has_attr("itemprop")]
        name = next((tag for tag in parts if tag["itemprop"] == "name"), None)
        if name is None or question.name in ("li", "tr", "td", "dt", "dd"):
            continue
        answers = [tag for tag in parts if tag["itemprop"] in ("acceptedAnswer", "suggestedAnswer")]
        for tag in [question, *answers]:
            for hiding in ("hidden", "style", "aria-hidden"):
                tag.attrs.pop(hiding, None)
        heading = name.find_parent(tuple(HEADING_LEVELS)) or name
        heading.name, question.name = "summary", "details"


def described_pairs(soup: Tag) -> list[tuple[str, str]]:
    """The questions, with the HTML of their answers, of a page that describes itself as one of them (JSON-LD)."""
    scripts = [tag for tag in tags(soup) if tag.name == "script" and tag.get("type") == "application/ld+json"]
    pairs = [pair for script in scripts for pair in _pairs_of(script.get_text())]
    return pairs[:MOST_PAIRS]


def _pairs_of(script: str) -> Iterator[tuple[str, str]]:
    try:
        described = json.loads(script)
    except (ValueError, RecursionError):
        return
    for page in _listed(described):
        nodes = [page, *_listed(page.get("@graph"))] if isinstance(page, dict) else []
        for node in nodes:
            if isinstance(node, dict) and "FAQPage" in _listed(node.get("@type")):
                yield from _answered(_listed(node.get("mainEntity")))


def _answered(questions: Sequence[Any]) -> Iterator[tuple[str, str]]:
    for question in questions:
        if not isinstance(question, dict) or not isinstance(name := question.get("name"), str):
            continue
        answers = [a.get("text") for a in _listed(question.get("acceptedAnswer")) if isinstance(a, dict)]
        if text := "\n".join(answer for answer in answers if isinstance(answer, str)):
            yield " ".join(name.split())[:LONGEST_HEADING], text


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def is_list_of_sections(list_tag: Tag) -> bool:
    """Are the items of a list parts of the page, with headings of their own, or questions with their answers?"""
    items = list(child_tags(list_tag))
    if any(find_first(item, *HEADING_LEVELS, "details") for item in items):
        return True
    return len(items) > 1 and all(begins_with_question(item) for item in items if raw_text(item))
