"""What of a ticket is read: the open conversation without quotes and signatures, and the last messages before it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from desk.conversation import Conversation
from desk.text.mail_quotes import strip_quotes_and_signature
from desk.text.tokenizer import clean, first_words
from desk.ticket import Message, Role, Ticket
from workers.pipeline.signals.closing import is_polite

MESSAGES = 10
"""Public messages that go in, the open ones counted as one."""
MESSAGE_WORDS = 1200
"""Of what is open, the newest message first."""
EARLIER_WORDS = 1500
"""For all earlier messages together; the newest of them go in first."""
_CHARACTERS = 60_000


@dataclass(frozen=True, slots=True)
class ConversationText:
    """`text` is what the requester has open, in one, and `texts` message by message; `heard` are those and what third
    parties wrote: signals judge them all. `subject` is empty where it was read before, in an earlier message.

    `ticket` holds no more than the models may see, cleaned; its last message holds `text` and is `message`; internal
    notes are not among it. `remarks` say what was left out, `cut` whether anything open was.
    """

    ticket: Ticket
    message: Message
    text: str
    texts: tuple[str, ...]
    heard: tuple[str, ...]
    third_parties: int
    subject: str
    cut: bool
    remarks: tuple[str, ...]


def read_conversation_text(ticket: Ticket, conversation: Conversation) -> ConversationText:
    """The ticket with its open conversation, which may not be empty; the guards see to that."""
    newest, others = conversation.open[-1], [m for m in conversation.open if m.third_party]
    texts = tuple(dict.fromkeys(own_text(message) for message in conversation.own))
    heard = tuple(dict.fromkeys([*texts, *(own_text(message) for message in others)]))
    text, cut = _newest_first(texts)
    cut = cut or any(len(message.body) > _CHARACTERS for message in conversation.open)
    before = ticket.messages[: ticket.messages.index(conversation.open[0])]
    earlier, remarks = _earlier([m for m in before if m.public])
    if cut:
        remarks = (f"Only the newest {MESSAGE_WORDS} words of what is open were read.", *remarks)
    first = not any(m.role is Role.CUSTOMER for m in earlier)
    subject = clean(ticket.subject[:500]).strip()
    shown = [replace(message, body=own_text(message)) for message in others]
    whole = replace(newest, body=text, attachments=sum(m.attachments for m in conversation.open), third_party=False)
    seen = replace(ticket, subject=subject, messages=(*earlier, *shown, whole))
    return ConversationText(seen, whole, text, texts, heard, len(others), subject if first else "", cut, remarks)


def own_text(message: Message) -> str:
    """What was newly written in a message."""
    body = clean(message.body[:_CHARACTERS])
    return strip_quotes_and_signature(body) or (
        body.strip() if is_polite(body) else ""
    )  # "Thanks!" closes a mail, or is all of it


def _newest_first(texts: Sequence[str]) -> tuple[str, bool]:
    """As many words as there is room for, and whether any were left out; in the order in which they were written."""
    kept: list[str] = []
    room, cut = MESSAGE_WORDS, False
    for text in reversed(texts):
        part, left_out = first_words(text, room) if room > 0 else ("", bool(text))
        room -= len(part.split())
        cut = cut or left_out
        if part:
            kept.insert(0, part)
    return "\n\n".join(kept), cut


def _earlier(messages: list[Message]) -> tuple[list[Message], tuple[str, ...]]:
    """The last messages that fit, oldest first, and what was left out."""
    kept: list[Message] = []
    remarks: list[str] = []
    room = EARLIER_WORDS
    for message in reversed(messages[-(MESSAGES - 1) :]):
        body, cut = first_words(strip_quotes_and_signature(clean(message.body[:_CHARACTERS])), room)
        room -= len(body.split())
        kept.insert(0, replace(message, body=body))
        if cut:
            remarks.append("An earlier message was read in part.")
        if cut or room <= 0:
            break
    if left := len(messages) - len(kept):
        remarks.append(f"{left} earlier message{'s were' if left > 1 else ' was'} not read.")
    return kept, tuple(remarks)
