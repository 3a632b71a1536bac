"""A reply in the shape of the channel that the customer uses: X, Facebook, WhatsApp, SMS and chat show plain text, and
take no more than so many characters.

What is too long loses its signature first, then whole paragraphs from its end: never half of one, for what qualifies a
sentence stands beside it. The pages that it rests on and the line that it is automatic always stay. What does not fit
even so is no reply but a draft.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import replace

from desk.passage import Hit
from desk.policy.policy import Policy
from desk.ports import Outgoing, Source
from desk.presentation.reply import cited_pages, compose_handover, compose_reply, plain_text
from desk.run import Draft, Run

LENGTHS = {
    "x": 280,
    "x_direct": 10_000,
    "facebook": 8_000,
    "instagram_dm": 1_000,
    "whatsapp": 4_096,
    "sms": 1_600,
    "chat": 4_096,
}
"""Characters of one message by channel, as each of them documents it; all others take any length, and markup."""
WIDE = ("W", "F")
"""X counts the letters of wide scripts twice."""
_SENTENCE = re.compile(r"(?<=[.!?。！？])\s*\n?")


def reply_for(via: str, run: Run, policy: Policy) -> Outgoing | None:
    """The public reply of a run, or None where none fits."""
    classification = run.classification
    return formatted_reply(
        via,
        run.draft,
        run.hits,
        policy,
        run.message_id,
        classification.language,
        whole=len(classification.questions) > 1,
    )


def formatted_reply(
    via: str,
    draft: Draft,
    hits: Sequence[Hit],
    policy: Policy,
    message_id: str,
    language: str = "en",
    *,
    whole: bool = False,
) -> Outgoing | None:
    """The public reply for a channel, or None where none fits; `whole`: it may not lose a paragraph."""
    if via not in LENGTHS:
        return compose_reply(draft, hits, policy, message_id, language)
    automatic_line, signature = policy.automatic_line_in(language), policy.signature_in(language)
    for shortened in [draft] if whole else _shortened_drafts(draft):
        sources = cited_pages(shortened, hits)
        for closing in ([signature, automatic_line], [automatic_line]):
            text = _join_parts([plain_text(shortened), _page_list(sources), *closing])
            if fits_channel(text, via):
                return Outgoing(text, sources, message_id, plain=True)
    return None


def handover_for(
    via: str, policy: Policy, message_id: str, language: str = "en", topics: Sequence[str] = ()
) -> Outgoing:
    """The public message that a person will answer, for a channel: where it is too long, its first sentences."""
    handover = compose_handover(policy, message_id, language, topics)
    if via not in LENGTHS:
        return handover
    if fits_channel(handover.text, via):
        return replace(handover, plain=True)
    message = policy.handover_message(language, topics)
    return replace(handover, text=_first_sentences(message, via), plain=True)


def fits_channel(text: str, via: str) -> bool:
    """Is it short enough for the channel?"""
    length = sum(2 if unicodedata.east_asian_width(sign) in WIDE else 1 for sign in text) if via == "x" else len(text)
    return length <= LENGTHS[via]


def _shortened_drafts(draft: Draft) -> Iterator[Draft]:
    """The draft, and without its last paragraph, and so on, as long as something cited is left. What announces a list
    does not stand without it."""
    groups = list(dict.fromkeys(statement.group for statement in draft.statements))
    for count in range(len(groups), 0, -1):
        kept_statements = tuple(statement for statement in draft.statements if statement.group in groups[:count])
        announces_list = kept_statements[-1].text.rstrip().endswith(":")
        if any(statement.citations for statement in kept_statements) and not (announces_list and count < len(groups)):
            yield replace(draft, statements=kept_statements)


def _page_list(sources: Sequence[Source]) -> str:
    return "\n".join(dict.fromkeys(source.url or source.title for source in sources))


def _join_parts(parts: Sequence[str]) -> str:
    return "\n\n".join(part for part in parts if part)


def _first_sentences(text: str, via: str) -> str:
    """As many whole sentences as fit; the first of them in any case."""
    ends = [match.start() for match in _SENTENCE.finditer(text)] or [len(text)]
    fitting_ends = [end for end in ends if fits_channel(text[:end], via)]
    return text[: max(fitting_ends, default=ends[0])].strip()
