"""Documents and questions to measure search by, as lines of JSON.

A document: `id`, `text`, and if it has them `title`, `url`, `locale` and `markup` (text, markdown, html). A question:
`text`, `relevant` (ids of documents, any one of which is right), and if it has it `locale`. Other usual names of these
fields are understood. Everything is read line by line: a corpus of any size needs little memory.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from desk.errors import Refused
from desk.pages import Markup, Page, Stamps, UnchangedPage, UnreadablePage
from desk.text.tokenizer import clean

LONGEST_LINE = 64_000_000
"""Bytes."""

_NAMES: Mapping[str, tuple[str, ...]] = {
    "id": ("id", "_id", "doc_id", "document_id", "docid", "query_id", "qid"),
    "text": ("text", "content", "contents", "body", "question", "query"),
    "relevant": ("relevant", "relevant_ids", "relevant_docs", "positive_ids", "qrels"),
}
_HEADING = re.compile(r"\s*#{1,6} \S")
_TAG = re.compile(r"\s*<(?:!doctype|html|body|main|article|div|p|h[1-6]|ul|ol|table)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class EvaluationQuestion:
    """What is asked, and the ids of the documents that answer it: any one is right."""

    text: str
    relevant: frozenset[str]
    locale: str


@dataclass(frozen=True, slots=True)
class _Line:
    """One object of a file, and where it stands, for what is said of it."""

    file: Path
    number: int
    fields: Mapping[str, Any]

    def error(self, why: str) -> Refused:
        """What to raise."""
        return Refused(f"{self.file}, line {self.number}: {why}")

    def get(self, name: str) -> Any:
        """The field under one of its names; None if there is none."""
        names = _NAMES.get(name, (name,))
        return next((self.fields[key] for key in names if self.fields.get(key) is not None), None)

    def text_field(self, name: str) -> str | None:
        """A field that is a text or a number."""
        value = self.get(name)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            raise self.error(f"the field {name!r} is not a text")
        return clean(str(value)).strip()

    def required_text(self, name: str) -> str:
        """The same, and missing is wrong."""
        value = self.text_field(name)
        if value is None:
            raise self.error(f"the field {name!r} is missing")
        return value


class EvaluationCorpus:
    """The documents of a file, as a source (desk.ports.PageSource). Raises Refused, at once, for a file that cannot be
    read, a line that is no JSON object, a field that is missing or odd; a second document of an id is left out."""

    name = "corpus"

    def __init__(self, file: Path, locale: str = "en") -> None:
        self._file = file
        self._locale = locale
        self.repeated: list[str] = []
        """What was left out, and why."""
        self.ids = self._read_ids()

    def count(self) -> int:
        """How many documents there are."""
        return len(self.ids)

    def pages(self, stamps: Stamps) -> Iterator[Page | UnchangedPage | UnreadablePage]:
        """Each document."""
        remaining_ids = set(self.ids)
        for line in _read_lines(self._file):
            page = _page_from_line(line, self._locale)
            if page.id in remaining_ids:
                remaining_ids.remove(page.id)
                yield page

    def _read_ids(self) -> frozenset[str]:
        line_by_id: dict[str, int] = {}
        for line in _read_lines(self._file):
            page = _page_from_line(line, self._locale)
            if (first_line := line_by_id.setdefault(page.id, line.number)) != line.number:
                self.repeated.append(f"line {line.number}: {page.id} stands on line {first_line} already")
        if not line_by_id:
            raise Refused(f"{self._file} holds no documents")
        return frozenset(line_by_id)


def read_questions(
    file: Path, corpus_ids: frozenset[str], locale: str = "en"
) -> tuple[list[EvaluationQuestion], list[str]]:
    """The questions that can be measured on these documents, and what was left out of them and why. Raises Refused as
    `Corpus` does, and when none is left."""
    questions: list[EvaluationQuestion] = []
    skipped: list[str] = []
    for line in _read_lines(file):
        text, relevant = line.required_text("text"), _relevant_ids(line)
        unknown = sorted(relevant - corpus_ids)
        if unknown:
            skipped.append(f"line {line.number}: not in the corpus: {', '.join(unknown)}")
        if not text:
            skipped.append(f"line {line.number}: the question is empty")
        elif not relevant:
            skipped.append(f"line {line.number}: no document is named as relevant")
        elif relevant & corpus_ids:
            questions.append(EvaluationQuestion(text, relevant & corpus_ids, line.text_field("locale") or locale))
    if not questions:
        reason = f" ({skipped[0]})" if skipped else ""
        raise Refused(f"{file} holds no question that can be measured{reason}")
    return questions, skipped


def _page_from_line(line: _Line, locale: str) -> Page:
    page_id, body = line.required_text("id"), line.required_text("text")
    if not page_id:
        raise line.error("the field 'id' is empty")
    markup = line.text_field("markup")
    if markup is not None and markup not in set(Markup):
        raise line.error(f"the field 'markup' is {markup[:20]!r}, not one of {', '.join(Markup)}")
    return Page(
        id=page_id,
        body=body,
        markup=Markup(markup) if markup else _guess_markup(body),
        title=line.text_field("title") or None,
        url=line.text_field("url") or None,
        locale=line.text_field("locale") or locale,
    )


def _guess_markup(body: str) -> Markup:
    """A text that opens with a Markdown heading or an HTML element is read as such, any other as it stands."""
    if _HEADING.match(body):
        return Markup.MARKDOWN
    return Markup.HTML if _TAG.match(body) else Markup.TEXT


def _relevant_ids(line: _Line) -> frozenset[str]:
    """A list of ids, one id, or an object from ids to how relevant they are, where 0 is not."""
    relevant = line.get("relevant")
    if relevant is None:
        raise line.error("the field 'relevant' is missing")
    if isinstance(relevant, dict):
        relevant = [document_id for document_id, grade in relevant.items() if grade]
    ids = relevant if isinstance(relevant, list) else [relevant]
    if any(isinstance(document_id, bool) or not isinstance(document_id, str | int) for document_id in ids):
        raise line.error("the field 'relevant' is not a list of ids")
    return frozenset(clean(str(document_id)).strip() for document_id in ids)


def _read_lines(file: Path) -> Iterator[_Line]:
    """Each line that is not blank. Raises Refused that says which line is wrong, and how."""
    try:
        with file.open("rb") as stream:
            number = 0
            while raw := stream.readline(LONGEST_LINE + 1):
                number += 1
                if raw.strip():
                    yield _Line(file, number, _parse_object(raw, _Line(file, number, {})))
    except OSError as error:
        raise Refused(f"{file}: {error.strerror or error}") from error


def _parse_object(raw: bytes, line: _Line) -> dict[str, Any]:
    if len(raw) > LONGEST_LINE:
        raise line.error(f"longer than {LONGEST_LINE:,} bytes")
    try:
        value = json.loads(raw.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise line.error(f"not UTF-8 (byte {error.start:,})") from error
    except (ValueError, RecursionError) as error:
        raise line.error("not JSON") from error
    if not isinstance(value, dict):
        raise line.error("not a JSON object")
    return value
