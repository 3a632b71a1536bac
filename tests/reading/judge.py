"""Whether what the product made of a case is right; knows nothing of how the product is built."""

import re
from collections.abc import Callable, Sequence
from typing import Any

from tests.reading.case import Case, flat, whole
from tests.reading.product import ShownPassage

FOUND_WITHIN = 3


def find_faults(case: Case) -> list[str]:
    """What falls short of `right`, in words; nothing if all is right."""
    return [fault for name, wanted in case.right.items() for fault in CHECKS[name](case, wanted)]


def _contains(text: str, words: Sequence[str], what: str) -> list[str]:
    return [f"{what} lacks {word!r}" for word in words if flat(word) not in text]


def _lacks(text: str, words: Sequence[str], what: str) -> list[str]:
    return [f"{what} holds {word!r}" for word in words if flat(word) in text]


def _matches(case: Case, patterns: Sequence[str]) -> list[str]:
    return [f"the indexed text has nothing like {each}" for each in patterns if not re.search(each, case.text())]


def _together(wanted: Sequence[Sequence[str]], pieces: Sequence[str], what: str) -> list[str]:
    return [
        f"no {what} holds {' + '.join(map(repr, words))}"
        for words in wanted
        if not any(all(flat(word) in piece for word in words) for piece in pieces)
    ]


def _belongs(case: Case, wanted: dict[str, Any]) -> list[str]:
    faults = []
    for value, label in wanted["values"].items():
        owners = {each for passage in case.own for each in _owners(passage, flat(value), wanted["labels"])}
        if owners != {label}:
            found = " and ".join(sorted(owners)) or "nothing, it is lost"
            faults.append(f"{value!r} reads as of {found}, not of {label}")
    return faults


def _owners(passage: ShownPassage, value: str, labels: Sequence[str]) -> list[str]:
    """For each place where the value stands, the label it reads as belonging to: the last one before it."""
    found = []
    before = flat(" ".join(passage.headings[1:]))
    for line in map(flat, passage.lines):
        for place in re.finditer(re.escape(value) + r"(?!\d)", line):
            start = line[: place.start()]
            near = start if any(label in start for label in labels) else f"{before} {start}"
            last = max(labels, key=near.rfind)
            after = [label for label in labels if label in line]
            found.append(last if last in near else after[0] if after else "nobody")
        before += f" {line}"
    return found


def _lead(case: Case, wanted: dict[str, Any]) -> list[str]:
    faults = []
    for item in wanted["items"]:
        texts = [whole(passage) for passage in case.own if item in whole(passage)]
        if not texts:
            faults.append(f"{item!r} is lost")
        elif not all(wanted["words"] in text for text in texts):
            faults.append(f"{item!r} stands without {wanted['words']!r}")
    return faults


def _found(case: Case, page: str) -> list[str]:
    within = case.right.get("found_within", FOUND_WITHIN)
    pages = list(dict.fromkeys((passage.source, passage.page) for passage in case.passages))
    rank = pages.index((case.source, page)) + 1 if (case.source, page) in pages else None
    if rank and rank <= within:
        return []
    return [f"{page} comes as number {rank}, after {pages[0][1]}" if rank else f"{page} is not found"]


def _indexed(case: Case, wanted: dict[str, bool]) -> list[str]:
    return [
        f"{page} is {'not ' if into else ''}in the index"
        for page, into in wanted.items()
        if case.holds(page) is not into
    ]


def _reported(case: Case, pages: Sequence[str]) -> list[str]:
    return [f"{page} is neither read nor named" for page in pages if not case.holds(page) and page not in case.told]


def _pages_with(case: Case, wanted: dict[str, Any]) -> list[str]:
    pages = {passage.page for passage in case.own if flat(wanted["words"]) in whole(passage)}
    return [] if 0 < len(pages) <= wanted["most"] else [f"{len(pages)} pages hold {wanted['words']!r}"]


def _human(case: Case, wanted: bool) -> list[str]:
    heard = case.message.wants_person
    return [] if heard is wanted else [f"asks for a person: {'yes' if heard else 'no'}"]


def _questions(case: Case) -> str:
    return flat(" ".join(case.message.questions))


def _lines(case: Case) -> list[str]:
    return [flat(line) for passage in case.own for line in passage.lines]


CHECKS: dict[str, Callable[[Case, Any], list[str]]] = {
    "human_request": _human,
    "topics_include": lambda c, w: _contains(c.message.topics, w, f"the topics ({c.message.topics or 'none'})"),
    "topics_exclude": lambda c, w: _lacks(c.message.topics, w, "the list of topics"),
    "question_includes": lambda c, w: _contains(_questions(c), w, "what is read as asked"),
    "question_excludes": lambda c, w: _lacks(_questions(c), w, "what is read as asked"),
    "newest_must_contain": lambda c, w: _contains(flat(c.newest), w, "the newest message"),
    "newest_must_not_contain": lambda c, w: _lacks(flat(c.newest), w, "the newest message"),
    "text_must_contain": lambda c, w: _contains(c.text(), w, "the indexed text"),
    "text_must_not_contain": lambda c, w: _lacks(c.text(), w, "the indexed text"),
    "text_must_match": _matches,
    "line_must_hold_together": lambda c, w: _together(w, _lines(c), "line"),
    "passage_must_hold_together": lambda c, w: _together(w, [whole(each) for each in c.own], "passage"),
    "value_belongs_to": _belongs,
    "lead": _lead,
    "found": _found,
    "found_within": lambda c, w: [],  # read by `found`
    "indexed": _indexed,
    "indexed_or_reported": _reported,
    "pages_with": _pages_with,
    "answer_must_contain": lambda c, w: _contains(flat(c.answer), w, "the answer"),
    "answer_must_not_contain": lambda c, w: _lacks(flat(c.answer), w, "the answer"),
}
