"""What of a ticket is read: the newest message without quotes and signature, and the last messages before it."""

from dataclasses import dataclass, replace

from desk.text import clean, first_words, new_part
from desk.ticket import Message, Role, Ticket
from workers.pipeline.rules import is_polite

MESSAGES = 10
"""Public messages that go in, the newest included."""
MESSAGE_WORDS = 1200
EARLIER_WORDS = 1500
"""For all earlier messages together; the newest of them go in first."""
_CHARACTERS = 60_000


@dataclass(frozen=True, slots=True)
class Reading:
    """`text` is what the customer newly wrote; `subject` is empty where it was read before, in an earlier message.

    `ticket` holds no more than the models may see, cleaned; internal notes are not among it. `remarks` say what was
    left out, `cut` whether anything of the newest message was.
    """

    ticket: Ticket
    message: Message
    text: str
    subject: str
    cut: bool
    remarks: tuple[str, ...]


def read(ticket: Ticket, message_id: str) -> Reading:
    """The ticket up to this message. Raises LookupError if the ticket does not hold it; the guards see to that."""
    places = [place for place, message in enumerate(ticket.messages) if message.id == message_id]
    if not places:
        raise LookupError(f"ticket {ticket.id} holds no message {message_id}")
    message = ticket.messages[places[0]]
    body = clean(message.body[:_CHARACTERS])
    own = new_part(body) or (body.strip() if is_polite(body) else "")  # "Thanks!" closes a mail, or is all of it
    text, cut = first_words(own, MESSAGE_WORDS)
    cut = cut or len(message.body) > _CHARACTERS
    earlier, remarks = _earlier([m for m in ticket.messages[: places[0]] if m.public])
    if cut:
        remarks = (f"Only the first {MESSAGE_WORDS} words of the message were read.", *remarks)
    first = not any(m.role is Role.CUSTOMER for m in earlier)
    subject = clean(ticket.subject[:500]).strip()
    newest = replace(message, body=text)
    seen = replace(ticket, subject=subject, messages=(*earlier, newest))
    return Reading(seen, newest, text, subject if first else "", cut, remarks)


def _earlier(messages: list[Message]) -> tuple[list[Message], tuple[str, ...]]:
    """The last messages that fit, oldest first, and what was left out."""
    kept: list[Message] = []
    remarks: list[str] = []
    room = EARLIER_WORDS
    for message in reversed(messages[-(MESSAGES - 1) :]):
        body, cut = first_words(new_part(clean(message.body[:_CHARACTERS])), room)
        room -= len(body.split())
        kept.insert(0, replace(message, body=body))
        if cut:
            remarks.append("An earlier message was read in part.")
        if cut or room <= 0:
            break
    if left := len(messages) - len(kept):
        remarks.append(f"{left} earlier message{'s were' if left > 1 else ' was'} not read.")
    return kept, tuple(remarks)
