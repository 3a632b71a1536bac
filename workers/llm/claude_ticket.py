"""A ticket as the prompts show it: messages as data between delimiters, without names and addresses."""

from desk.ticket import Role, Ticket
from workers.pipeline.prompts import untrusted


def earlier(ticket: Ticket) -> str:
    """What was said in public before the newest message, oldest first."""
    newest = ticket.newest_customer_message()
    before = [m for m in ticket.messages if m.public and (newest is None or m.id != newest.id)]
    shown = [
        f'<message from="{"customer" if m.role is Role.CUSTOMER else "us"}">\n{untrusted(m.body)}\n</message>'
        for m in before
        if m.body.strip()
    ]
    return "\n".join(shown) or "(nothing before)"
