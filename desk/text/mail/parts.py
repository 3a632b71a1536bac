"""The parts of a mail as values: whose words each is, and whether we hold them already."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from desk.text.mail.forms import without_marks
from desk.text.tokenizer import words

FEW_WORDS = 20
"""Above a forwarded mail, so few words only pass it on: what is asked stands in the mail."""


class PartKind(StrEnum):
    """Whose words they are."""

    THEIRS = "theirs"
    """Newly written by whoever sent the mail."""
    PASTED = "pasted"
    """Put in by them: a log, a table, code."""
    QUOTE = "quote"
    """The mail that they answer, with the line that says who wrote it."""
    FORWARDED = "forwarded"
    """A mail that they pass on."""
    SIGNATURE = "signature"
    LEGAL = "legal"
    """What their company puts under every mail."""


OWN_KINDS = frozenset({PartKind.THEIRS, PartKind.PASTED})


@dataclass(frozen=True, slots=True)
class MailSpan:
    """Some lines of a mail. `by` says who wrote what is quoted or passed on, in the mail's own words; `held` spans
    repeat an earlier message of the ticket, so that they were heard when that came."""

    kind: PartKind
    text: str
    by: str = ""
    held: bool = False
    certain: bool = False
    """Marked lines below a line with a date and an address: nobody could take them for the sender's own words."""

    @property
    def own(self) -> bool:
        """Is it the sender's own?"""
        return self.kind in OWN_KINDS

    @property
    def unmarked(self) -> str:
        """A quote without its marks, anything else as it is."""
        return "\n".join(map(without_marks, self.text.split("\n"))) if self.kind is PartKind.QUOTE else self.text


@dataclass(frozen=True, slots=True)
class MailText:
    """A mail, parsed. The spans are all of it, in order."""

    spans: tuple[MailSpan, ...]

    @property
    def newest(self) -> str:
        """What was newly written; empty where there is nothing but quotes and a signature."""
        return self._joined(OWN_KINDS)

    @property
    def question(self) -> str:
        """What is asked: what was newly written, and a mail passed on with hardly a word above it."""
        newest = self.newest
        if len(words(newest)) > FEW_WORDS:
            return newest
        return self._joined(OWN_KINDS | {PartKind.FORWARDED})

    @property
    def heard(self) -> str:
        """All of it but what we hold already, what is quoted beyond doubt, and what companies put under every mail."""
        return _join(span.unmarked for span in self._unheld if not span.certain and span.kind is not PartKind.LEGAL)

    @property
    def quoted(self) -> str:
        """What is quoted beyond doubt, and that we do not hold: another's words, heard as such."""
        return _join(span.unmarked for span in self._unheld if span.certain)

    @property
    def legal(self) -> str:
        """What companies put under every mail: it speaks of the mail and not of the matter."""
        return self._joined({PartKind.LEGAL})

    @property
    def _unheld(self) -> Iterator[MailSpan]:
        return (span for span in self.spans if not span.held)

    def _joined(self, kinds: Collection[PartKind]) -> str:
        return _join(span.text for span in self.spans if span.kind in kinds)


def _join(texts: Iterable[str]) -> str:
    return "\n".join(texts).strip()
