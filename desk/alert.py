"""What people are told when a ticket needs one of them: a run and its ticket turned into plain texts, once, for
every place that alerts."""

from desk.ports import Alert, Source
from desk.receipt import ACTIONS, make_receipt
from desk.reply import compose_note, draft_text
from desk.run import Run
from desk.text import new_part
from desk.ticket import Message, Requester, Ticket

LONGEST_QUESTION = 5000
"""Characters of a question that an alert carries; who wants all of it opens the ticket."""


def compose_alert(run: Run, ticket: Ticket, console_url: str | None) -> Alert:
    """The alert of a run that handed the ticket to people. The question is the newest there is, should the customer
    have written again since the run."""
    sources = compose_note(run.draft, run.hits, "").sources
    message = ticket.newest_customer_message() or ticket.message(run.message_id)
    return _alert(ticket, message, _reasons(run), draft_text(run.draft, sources), sources, console_url)


def alert_without_run(ticket: Ticket, why: str, console_url: str | None) -> Alert:
    """The alert of a message that could not be worked on; `why` is its one reason."""
    return _alert(ticket, ticket.newest_customer_message(), (why,), "", (), console_url)


def alert_without_ticket(account: str, channel: str, ticket_id: str, why: str, console_url: str | None) -> Alert:
    """The alert of a ticket that cannot even be fetched: only its name is known, and why."""
    return Alert(account, channel, ticket_id, "", "", "", (why,), "", (), None, console_url)


def _alert(
    ticket: Ticket,
    message: Message | None,
    reasons: tuple[str, ...],
    draft: str,
    sources: tuple[Source, ...],
    console_url: str | None,
) -> Alert:
    return Alert(
        account=ticket.account,
        channel=ticket.channel,
        ticket_id=ticket.id,
        subject=ticket.subject,
        requester=_prose(ticket.requester),
        question=_question(message) if message else "",
        reasons=reasons,
        draft=draft,
        sources=sources,
        ticket_url=ticket.url,
        console_url=console_url,
    )


def _prose(requester: Requester) -> str:
    """`Kim Berg (kim@example.com)`, or the half of it that is known, or the id."""
    known = requester.name or requester.email or requester.id
    if requester.name and requester.email:
        known = f"{requester.name} ({requester.email})"
    return f"{known}, {requester.organisation}" if requester.organisation else known


def _question(message: Message) -> str:
    """What the customer newly wrote; all of it where that is nothing but quotes."""
    text = (new_part(message.body) or message.body.strip())[:LONGEST_QUESTION]
    if not text and message.attachments:
        return f"(no text; attachments: {message.attachments})"
    return text


def _reasons(run: Run) -> tuple[str, ...]:
    """Every reason, those that need a person first."""
    lines = sorted(make_receipt(run).reasons, key=lambda line: not line.person)
    told = tuple(f"{line.text}: {line.detail}" if line.detail else line.text for line in lines)
    return told or (ACTIONS[run.decision.action],)
