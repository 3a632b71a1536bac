"""A ticket as the prompts show it: messages as data between delimiters, without names and addresses.

The pipeline gives a ticket as it was read (`pipeline/conversation_text.py`): its last message holds all that is open.
"""

from desk.ticket import Message, Role, Ticket
from workers.pipeline.prompts import filled, untrusted

_FIELD_CHARACTERS = 500


def newest_messages(ticket: Ticket) -> Message:
    """What is to be answered."""
    return ticket.messages[-1]


def earlier_messages(ticket: Ticket) -> str:
    """What was said in public before that, oldest first."""
    messages = [
        f'<message from="{_author(message)}">\n{untrusted(message.body)}\n</message>'
        for message in ticket.messages[:-1]
        if message.public and message.body.strip()
    ]
    return "\n".join(messages) or "(nothing before)"


def ticket_fields(ticket: Ticket) -> str:
    """The fields that the policy has read, one a line, and a line break after them; empty where there are none."""
    if not ticket.fields:
        return ""
    lines = (f"{_one_line(name)}: {_one_line(value)}" for name, value in ticket.fields)
    return filled("ticket_fields", fields="\n".join(lines)) + "\n"


def _one_line(text: str) -> str:
    return " ".join(untrusted(text[:_FIELD_CHARACTERS]).split())


def _author(message: Message) -> str:
    if message.third_party:
        return "somebody in copy"
    return "customer" if message.role is Role.CUSTOMER else "us"
