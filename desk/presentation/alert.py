"""What people are told when a ticket needs one of them: a run and its ticket turned into plain texts, once, for
every place that alerts."""

from collections.abc import Sequence

from desk.conversation import (
    NO_RECORD,
    OwnRecord,
    newest_customer_message,
    newest_message_of_customer_side,
    read_conversation,
)
from desk.ports import Alert, Source
from desk.presentation.receipt import ACTIONS, make_receipt
from desk.presentation.reply import compose_note, draft_text
from desk.run import Run
from desk.text.mail.reader import parse_mail
from desk.ticket import Message, Requester, Ticket

MOST_LISTED = 200
LONGEST_LINE = 250
LONGEST_QUESTION = 5000
"""Characters of a question that an alert carries; who wants all of it opens the ticket."""


def compose_alert(run: Run, ticket: Ticket, console_url: str | None, record: OwnRecord = NO_RECORD) -> Alert:
    """The alert of a run that handed the ticket to people, with every message that is open."""
    sources = compose_note(run.draft, run.hits, "").sources
    question = _question_text(ticket, record, run.message_id) or "\n".join(run.classification.questions)
    return _build_alert(ticket, question, _reason_texts(run), draft_text(run.draft, sources), sources, console_url)


def alert_without_run(ticket: Ticket, why: str, console_url: str | None, record: OwnRecord = NO_RECORD) -> Alert:
    """The alert of a message that could not be worked on; `why` is its one reason."""
    return _build_alert(ticket, _question_text(ticket, record), (why,), "", (), console_url)


def alert_without_ticket(account: str, channel: str, ticket_id: str, why: str, console_url: str | None) -> Alert:
    """The alert of a ticket that cannot even be fetched: only its name is known, and why."""
    return Alert(account, channel, ticket_id, "", "", "", (why,), "", (), None, console_url)


def compose_notice(account: str, text: str, console_url: str | None) -> Alert:
    """An alert of no ticket: its first line says what, the others say more."""
    title, *lines = text.split("\n")
    return Alert(account, "", "", "", "", "", tuple(lines), "", (), None, console_url, title)


def ticket_lines(tickets: Sequence[tuple[str, str]], most: int = MOST_LISTED) -> list[str]:
    """Tickets, given as channel and id, in lines for a notice: several to a line, since there may be many."""
    lines: list[str] = []
    for channel, ticket_id in tickets[:most]:
        last_line = lines[-1] if lines else ""
        if last_line.startswith(f"{channel} tickets ") and len(last_line) + len(ticket_id) < LONGEST_LINE:
            lines[-1] = f"{last_line}, {ticket_id}"
        else:
            lines.append(f"{channel} tickets {ticket_id}")
    return [*lines, f"and {len(tickets) - most} more"] if len(tickets) > most else lines


def _build_alert(
    ticket: Ticket,
    question: str,
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
        requester=_requester_text(ticket.requester),
        question=question,
        reasons=reasons,
        draft=draft,
        sources=sources,
        ticket_url=ticket.url,
        console_url=console_url,
    )


def _requester_text(requester: Requester) -> str:
    """`Kim Berg (kim@example.com)`, or the half of it that is known, or the id."""
    contact = requester.name or requester.email or requester.id
    if requester.name and requester.email:
        contact = f"{requester.name} ({requester.email})"
    return f"{contact}, {requester.organisation}" if requester.organisation else contact


def _question_text(ticket: Ticket, record: OwnRecord, message_id: str = "") -> str:
    """All that is open, in order; of what was answered meanwhile, the message that the run was about, or the last.

    Cut, if need be, in the middle: how it began and what came last are both told.
    """
    open_messages = read_conversation(ticket, record).open
    if not open_messages:
        newest = newest_customer_message(ticket, record) or newest_message_of_customer_side(ticket, record)
        fallback_message = ticket.message(message_id) or newest
        open_messages = (fallback_message,) if fallback_message else ()
    text = "\n\n".join(_message_text(message) for message in open_messages)
    if len(text) <= LONGEST_QUESTION:
        return text
    half_length = LONGEST_QUESTION // 2
    return f"{text[: half_length - 3]}\n…\n{text[-half_length:]}"


def _message_text(message: Message) -> str:
    """What was newly written; all of it where that is nothing but quotes."""
    text = parse_mail(message.body).question or message.body.strip()
    if message.attachments:
        text = (
            f"{text}\n(attachments: {message.attachments})"
            if text
            else f"(no text; attachments: {message.attachments})"
        )
    return f"(from somebody in copy) {text}" if message.third_party else text


def _reason_texts(run: Run) -> tuple[str, ...]:
    """Every reason, those that need a person first."""
    lines = sorted(make_receipt(run).reasons, key=lambda line: not line.person)
    reason_texts = tuple(f"{line.text}: {line.detail}" if line.detail else line.text for line in lines)
    return reason_texts or (ACTIONS[run.decision.action],)
