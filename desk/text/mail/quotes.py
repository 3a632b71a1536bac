"""Which lines of a mail are quoted or passed on, by the forms of mail programs."""

from collections.abc import Sequence
from dataclasses import dataclass

from desk.text.mail import forms
from desk.text.mail.parts import PartKind

_NEAR = 3


@dataclass(slots=True)
class MailLine:
    """A line on its way to a part. `head` lines say who wrote what follows; `bare` ones are marked as quotes, but
    nothing says of whom: they may be a list. `introduces` counts the lines from here that may introduce a quote without
    marks."""

    text: str
    kind: PartKind = PartKind.THEIRS
    by: str = ""
    head: bool = False
    header: bool = False
    bare: bool = False
    marked: bool = False
    certain: bool = False
    introduces: int = 0
    held: bool = False


class QuoteReader:
    """Reads the lines from above, once. Whose lines are is kept apart for those that are marked and those that are
    not."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._texts = texts
        self._plain, self._marked = PartKind.THEIRS, PartKind.THEIRS
        self._by, self._is_quoting, self._is_certain = "", False, False
        self._lines: list[MailLine] = []

    def read(self) -> list[MailLine]:
        """All lines, each with whose it is."""
        while len(self._lines) < len(self._texts):
            number = len(self._lines)
            if length := self._title_length(number) or self._header_length(number):
                self._add_head(number, length, is_header=True)
            elif length := self._introduction_length(number):
                self._add_head(number, length, is_header=False)
            else:
                self._add_line(number)
        return self._lines

    def _add_head(self, number: int, length: int, *, is_header: bool) -> None:
        for text in self._texts[number : number + length]:
            line = self._line(text, self._marked)
            line.head, line.header = True, is_header
            self._lines.append(line)

    def _title_length(self, number: int) -> int:
        """Of a line such as "Original message" with the headers below it."""
        is_forwarded = forms.is_forwarded_mail(self._texts, number)
        is_quoted = forms.is_reply_above(self._texts[number]) or forms.is_quoted_mail(self._texts, number)
        if not is_forwarded and not is_quoted:
            return 0
        below = next((n for n in range(number + 1, len(self._texts)) if self._texts[n].strip(" \t>")), number)
        length = forms.header_length(self._texts, below) if below - number <= _NEAR else 0
        end = below + length if length else number + 1
        self._begin(PartKind.FORWARDED if is_forwarded else PartKind.QUOTE, number, end)
        return end - number

    def _header_length(self, number: int) -> int:
        length = forms.header_length(self._texts, number)
        if length:
            is_answer = forms.is_answer(self._texts[number : number + length])
            self._begin(PartKind.QUOTE if is_answer else PartKind.FORWARDED, number, number + length)
        return length

    def _introduction_length(self, number: int) -> int:
        length = forms.introduction_length(self._texts, number)
        if length:
            self._begin(PartKind.QUOTE, number, number + length)
            self._introduce(self._texts[number : number + length], is_marked=self._plain is PartKind.THEIRS)
        return length

    def _introduce(self, texts: Sequence[str], *, is_marked: bool) -> None:
        self._by = " ".join(text.strip() for text in texts)
        self._is_certain = is_marked and forms.is_certain(self._by)

    def _begin(self, kind: PartKind, number: int, end: int) -> None:
        """Where the lines below are marked, those that are not are the writer's own again."""
        is_inside = forms.is_marked(self._texts[number])
        kind = PartKind.QUOTE if is_inside and self._is_quoting else kind
        is_marked = forms.next_is_marked(self._texts, end) and (kind is PartKind.QUOTE or is_inside)
        self._marked, self._plain = kind, PartKind.THEIRS if is_marked else kind
        self._by, self._is_quoting, self._is_certain = forms.sender_of(self._texts[number:end]), True, False

    def _add_line(self, number: int) -> None:
        text = self._texts[number]
        if not forms.is_marked(text):
            line = self._line(text, self._plain)
            line.introduces = forms.dated_length(self._texts, number)
            self._lines.append(line)
            return
        if not self._is_quoting:
            self._begin_inside(number)
        line = self._line(text, self._marked, marked=True)
        line.bare = not self._is_quoting
        self._lines.append(line)

    def _begin_inside(self, number: int) -> None:
        """Who wrote may be said behind the marks, too."""
        inside = [forms.without_marks(text) for text in self._texts[number : number + _NEAR]]
        if length := forms.introduction_length(inside, 0, is_quoted=True):
            self._is_quoting, self._marked = True, PartKind.QUOTE
            self._introduce(inside[:length], is_marked=True)

    def _line(self, text: str, kind: PartKind, *, marked: bool = False) -> MailLine:
        if kind is PartKind.THEIRS:
            return MailLine(text, marked=marked)
        return MailLine(text, kind, self._by, marked=marked, certain=self._is_certain)
