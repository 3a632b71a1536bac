"""What a customer newly wrote in a message: without the mail they answered and without their signature.

A first, solid form: quote marks, the customary lines that introduce a quote, signature marks and closing lines, in the
languages of the lexicon. All of it works line by line on the first 400 characters of a line, so it is linear.
"""

import re

from desk.text.lexicon import any_of, phrases

_READ_LENGTH = 400
_QUOTED = re.compile(r"[ \t]{0,8}(?:>|\|[ \t]{0,3}>)")
_SEPARATOR = re.compile(
    rf"\s{{0,8}}(?:[-_*=]{{2,}}\s{{0,3}}{any_of('quoted_mail')}|##-\s{{0,3}}{any_of('reply_above')}|_{{20,}}\s{{0,8}}$)",
    re.IGNORECASE,
)


def _introduction(phrase: str) -> str:
    """A pattern of "on ... wrote": in the middle and before it stands who or when, behind it perhaps who."""
    phrase = re.sub(r" \.\.\.$", r"\\b.{0,200}", phrase)
    return re.sub(r"^\.\.\. ", r".{4,380}\\b", phrase).replace(" ... ", r"\b.{4,380}\b")


_INTRODUCTION = re.compile(
    rf"\s{{0,8}}(?:{'|'.join(map(_introduction, phrases('wrote')))})\s{{0,3}}:\s{{0,8}}$", re.IGNORECASE
)
_FROM = re.compile(rf"\s{{0,8}}\*?{any_of('mail_from')}\s?:\*?\s", re.IGNORECASE)
_SENT = re.compile(rf"\s{{0,8}}\*?{any_of('mail_header')}\s?:\*?\s", re.IGNORECASE)
_DEVICE = re.compile(rf"\s{{0,8}}{any_of('device_signature')}", re.IGNORECASE)
_CLOSING = re.compile(rf"\s{{0,8}}{any_of('mail_closing')}\s{{0,3}}[,.!;]{{0,3}}\s{{0,8}}$", re.IGNORECASE)
_NAME_LINES = 6
_NAME_LENGTH = 70


def strip_quotes_and_signature(text: str) -> str:
    """What the customer newly wrote: no quoted mail, no signature. Empty if that is all there was."""
    lines = _without_quotes(text.split("\n"))
    return "\n".join(_without_signature(lines)).strip()


def _without_quotes(lines: list[str]) -> list[str]:
    kept_lines: list[str] = []
    number = 0
    while number < len(lines):
        quote_length = _quote_length(lines, number)
        if not quote_length:
            kept_lines.append(lines[number])
        number += quote_length or 1
    return kept_lines


def _quote_length(lines: list[str], number: int) -> int:
    """How many lines from here are not the customer's: a quoted one, the introduction of a quote, or all the rest."""
    beginning = lines[number][:_READ_LENGTH]
    if _QUOTED.match(beginning):
        return 1
    introduction_length = _introduction_length(lines, number)
    is_end = (
        _SEPARATOR.match(beginning)
        or _is_header(lines, number)
        or (introduction_length and not _quote_follows(lines, number + introduction_length))
    )
    return len(lines) - number if is_end else introduction_length


def _introduction_length(lines: list[str], number: int) -> int:
    """How many lines from here say who wrote the mail quoted below: 0, 1, or 2 where the line was folded."""
    first_line = lines[number][:_READ_LENGTH].strip()
    if not first_line:
        return 0
    if first_line.endswith(":") and _INTRODUCTION.match(first_line):
        return 1
    second_line = lines[number + 1][:_READ_LENGTH].strip() if number + 1 < len(lines) else ""
    is_folded = (
        second_line.endswith(":")
        and not first_line.endswith((".", "!", "?"))
        and _INTRODUCTION.match(f"{first_line} {second_line}"[:_READ_LENGTH])
    )
    return 2 if is_folded else 0


def _quote_follows(lines: list[str], number: int) -> bool:
    """Whether the next line with text is marked as a quote; then words below it may be an answer."""
    next_line = next((line for line in lines[number : number + 4] if line.strip()), "")
    return bool(_QUOTED.match(next_line[:_READ_LENGTH]))


def _is_header(lines: list[str], number: int) -> bool:
    """A block of From:, Sent:, To: as Outlook puts above what it quotes."""
    if not _FROM.match(lines[number][:_READ_LENGTH]):
        return False
    return sum(bool(_SENT.match(line[:_READ_LENGTH])) for line in lines[number + 1 : number + 6]) >= 2


def _without_signature(lines: list[str]) -> list[str]:
    for number, line in enumerate(lines):
        beginning = line[:_READ_LENGTH]
        if beginning.rstrip() in {"--", "—"} or _DEVICE.match(beginning) or _is_closing(lines, number):
            return lines[:number]
    return lines


def _is_closing(lines: list[str], number: int) -> bool:
    """A closing line with nothing but a few short lines (names, titles, numbers) after it."""
    if not _CLOSING.match(lines[number][:_READ_LENGTH]):
        return False
    following_lines = [line.strip() for line in lines[number + 1 : number + 40] if line.strip()]
    all_short = all(len(line) <= _NAME_LENGTH and not line.endswith("?") for line in following_lines)
    return len(following_lines) <= _NAME_LINES and all_short
