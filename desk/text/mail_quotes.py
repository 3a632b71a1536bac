"""What a customer newly wrote in a message: without the mail they answered and without their signature.

A first, solid form: quote marks, the customary lines that introduce a quote in nine languages, signature marks and
closing lines. All of it works line by line on the first 400 characters of a line, so it is linear.
"""

import re

_READ_LENGTH = 400
_QUOTED = re.compile(r"[ \t]{0,8}(?:>|\|[ \t]{0,3}>)")
_SEPARATOR = re.compile(
    r"\s{0,8}(?:[-_*=]{2,}\s{0,3}(?:original message|original appointment|forwarded message|ursprüngliche nachricht"
    r"|weitergeleitete nachricht|message d'origine|message transféré|mensaje original|mensaje reenviado"
    r"|messaggio originale|oorspronkelijk bericht|mensagem original|ursprungligt meddelande|wiadomość oryginalna"
    r"|please (?:reply|type your reply) above this line)|##-\s{0,3}please type your reply above this line"
    r"|_{20,}\s{0,8}$)",
    re.IGNORECASE,
)
_INTRODUCTION = re.compile(
    r"\s{0,8}(?:on\b.{4,380}\bwrote|am\b.{4,380}\bschrieb\b.{0,200}|le\b.{4,380}\ba écrit|el\b.{4,380}\bescribió"
    r"|il\b.{4,380}\bha scritto|op\b.{4,380}\bschreef\b.{0,200}|em\b.{4,380}\bescreveu|den\b.{4,380}\bskrev\b.{0,200}"
    r"|(?:w dniu|dnia)\b.{4,380}\bnapisał\(?a?\)?|.{4,380}\b(?:пишет|написал)\(?а?\)?)\s{0,3}:\s{0,8}$",
    re.IGNORECASE,
)
_FROM = re.compile(r"\s{0,8}\*?(?:from|von|de|da|van|från|od|от)\s?:\*?\s", re.IGNORECASE)
_SENT = re.compile(
    r"\s{0,8}\*?(?:sent|date|gesendet|datum|envoyé|enviado|data|inviato|verzonden|skickat|wysłano|to|an|à|para|"
    r"subject|betreff|objet|asunto|oggetto)\s?:\*?\s",
    re.IGNORECASE,
)
_DEVICE = re.compile(
    r"\s{0,8}(?:sent (?:from|with|via) (?:my\b|outlook|mail\b|proton|yahoo|gmail|samsung|the\b)|get outlook for"
    r"|(?:von|vom) mein\w{0,3} \w{2,20}.{0,20}gesendet|gesendet (?:von|mit)|envoyé (?:de|depuis)|enviado (?:desde"
    r"|do|de)"
    r"|inviato da|verzonden vanaf|skickat från|wysłane z|отправлено с)",
    re.IGNORECASE,
)
_CLOSING = re.compile(
    r"\s{0,8}(?:(?:(?:with|many|my)\s)?(?:best|kind|kindest|warm|warmest|friendly)?\s?regards|best(?: wishes)?|cheers"
    r"|(?:yours )?(?:sincerely|faithfully|truly)(?: yours)?|many thanks|thanks(?: (?:a lot|again|in advance|so much))?"
    r"|thank you(?: (?:very much|so much|again|in advance))?|thx|ta|br|kr|respectfully|take care|all the best"
    r"|mit (?:freundlichen|besten|lieben) grü(?:ß|ss)en|(?:freundliche|viele|beste|liebe|schöne) grü(?:ß|ss)e"
    r"|mfg|lg|vg|danke(?: (?:schön|im voraus|vorab))?|(?:bien )?cordialement|(?:bien )?à vous|merci(?: d'avance"
    r"| beaucoup)?"
    r"|(?:un )?(?:cordial )?saludos?(?: cordiales?)?|(?:muchas )?gracias|atentamente|cordiali saluti|grazie(?: mille)?"
    r"|met vriendelijke groet(?:en)?|bedankt|atenciosamente|obrigad[oa]|med vänlig hälsning|pozdrawiam)"
    r"\s{0,3}[,.!;]{0,3}\s{0,8}$",
    re.IGNORECASE,
)
_NAME_LINES = 6
_NAME_LENGTH = 70


def strip_quotes_and_signature(text: str) -> str:
    """What the customer newly wrote: no quoted mail, no signature. Empty if that is all there was."""
    lines = _without_quotes(text.split("\n"))
    return "\n".join(_without_signature(lines)).strip()


def _without_quotes(lines: list[str]) -> list[str]:
    kept_lines: list[str] = []
    skip = 0
    for number, line in enumerate(lines):
        if skip:
            skip -= 1
            continue
        beginning = line[:_READ_LENGTH]
        if _QUOTED.match(beginning):
            continue
        if _SEPARATOR.match(beginning) or _is_header(lines, number):
            break
        if introduction_length := _introduction_length(lines, number):
            if not _quote_follows(lines, number + introduction_length):
                break
            skip = introduction_length - 1
            continue
        kept_lines.append(line)
    return kept_lines


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
