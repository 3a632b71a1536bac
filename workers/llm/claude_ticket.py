"""A ticket as the prompts show it: messages as data between delimiters, without names and addresses.

The pipeline gives a ticket as it was read (`pipeline/reading.py`): its last message holds all that is open.
"""

from desk.ticket import Message, Role, Ticket
from workers.pipeline.prompts import untrusted


def newest(ticket: Ticket) -> Message:
    """What is to be answered."""
    return ticket.messages[-1]


def earlier(ticket: Ticket) -> str:
    """What was said in public before that, oldest first."""
    shown = [
        f'<message from="{_author(message)}">\n{untrusted(message.body)}\n</message>'
        for message in ticket.messages[:-1]
        if message.public and message.body.strip()
    ]
    return "\n".join(shown) or "(nothing before)"


def _author(message: Message) -> str:
    if message.third_party:
        return "somebody in copy"
    return "customer" if message.role is Role.CUSTOMER else "us"
