"""The messages of a ticket as mails, each read beside what the ticket held when it came."""

from collections.abc import Callable, Iterable

from desk.text.mail.held import HeldText, HeldTexts
from desk.text.mail.parts import MailText
from desk.text.mail.reader import parse_mail
from desk.text.tokenizer import clean
from desk.ticket import Message, Role, Ticket

LONGEST = 60_000
"""Characters of a message that are read."""


def mail_reader(ticket: Ticket, own_texts: Iterable[str] = ()) -> Callable[[Message], MailText]:
    """Parses messages of the ticket, each beside all that we held when it came: what is public, and was written by us
    or judged then. `own_texts` are what we say on any ticket."""
    own = [HeldText(text, ours=False) for text in own_texts]
    held = HeldTexts([*own, *map(_held_text, ticket.messages)])
    places = {message.id: place for place, message in enumerate(ticket.messages, start=len(own))}
    everything = len(own) + len(ticket.messages)

    def read(message: Message) -> MailText:
        return parse_mail(clean(message.body[:LONGEST]), held.before(places.get(message.id, everything)))

    return read


def _held_text(message: Message) -> HeldText:
    """Nobody judged what is internal, and what a machine of the customer side wrote."""
    is_ours = message.role is not Role.CUSTOMER
    is_held = message.public and (is_ours or not message.automatic)
    return HeldText(message.body if is_held else "", is_ours)
