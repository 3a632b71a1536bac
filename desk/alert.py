"""What people are told when a ticket needs one of them."""

from desk.ports import Alert
from desk.receipt import make_receipt
from desk.reply import compose_note, draft_text
from desk.text import new_part
from desk.ticket import Run, Ticket


def compose_alert(run: Run, ticket: Ticket, console_url: str | None) -> Alert:
    """The alert of a run that handed the ticket to people."""
    sources = compose_note(run.draft, run.hits, "").sources
    reasons = tuple(f"{r.text}: {r.detail}" if r.detail else r.text for r in make_receipt(run).reasons)
    return _alert(ticket, run.message_id, reasons, draft_text(run.draft, sources), console_url)


def alert_without_run(ticket: Ticket, why: str, console_url: str | None) -> Alert:
    """The alert of a message that could not be worked on."""
    newest = ticket.newest_customer_message()
    return _alert(ticket, newest.id if newest else "", (why,), "", console_url)


def _alert(ticket: Ticket, message_id: str, reasons: tuple[str, ...], draft: str, console_url: str | None) -> Alert:
    message = ticket.message(message_id)
    return Alert(
        account=ticket.account,
        channel=ticket.channel,
        ticket_id=ticket.id,
        subject=ticket.subject,
        requester=ticket.requester.name or ticket.requester.email or ticket.requester.id,
        question=new_part(message.body) if message else "",
        reasons=reasons,
        draft=draft,
        sources=(),
        ticket_url=ticket.url,
        console_url=console_url,
    )
