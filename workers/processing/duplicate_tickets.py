"""Two open tickets of one requester on one matter are one conversation: which older ticket a new one repeats.

The matter is the same where the customer's words are, or where they mean nearly the same and name the same figures.
Only tickets of the last days that are still open in their channel count; the older one leads.
"""

import re

import structlog

from desk.conversation import Conversation, read_conversation
from desk.errors import FirstlineError, Permanent
from desk.ports import Embedder
from desk.text.tokenizer import first_words
from desk.ticket import Ticket, TicketStatus
from workers import record
from workers.dependencies import Dependencies
from workers.pipeline.conversation_text import own_texts_of
from workers.pipeline.turns import text_fingerprint

log = structlog.get_logger(__name__)

ALIKE = 0.85
"""Cosine from which on two texts are on one matter; measured with the model in the box on paraphrases of one question
(.86 to .97) and on neighbouring questions (.35 to .82)."""
DAYS = 7
MOST = 3
"""Older tickets that are compared, the newest."""
_WORDS = 120
_FIGURE = re.compile(r"\d+")


def find_duplicate(deps: Dependencies, ticket: Ticket, conversation: Conversation) -> str:
    """Which older open ticket this one repeats, in words for an agent; empty where there is none. No transaction may be
    open: it asks the embedder and the channel. Raises Temporary while an older ticket cannot be read."""
    text = "\n".join(own_texts_of(ticket, conversation))
    with deps.db.account(ticket.account) as tx:
        candidates = record.older_tickets(tx, ticket.channel, ticket.id, ticket.requester, days=DAYS, most=MOST)
    for channel, ticket_id, older_text in candidates:
        if older_text is not None and not _is_alike(deps.embedder, text, older_text):
            continue
        older_ticket = _fetch_if_open(deps, ticket.account, channel, ticket_id)
        if older_ticket and (older_text is not None or _is_alike(deps.embedder, text, _open_text(older_ticket))):
            return f"ticket {older_ticket.id}" + (f" ({older_ticket.url})" if older_ticket.url else "")
    return ""


def _open_text(ticket: Ticket) -> str:
    """What is open on a ticket that is only being thought about now."""
    return "\n".join(own_texts_of(ticket, read_conversation(ticket)))


def _is_alike(embedder: Embedder, first_text: str, second_text: str) -> bool:
    if not first_text.strip() or not second_text.strip():
        return False
    if text_fingerprint(first_text) == text_fingerprint(second_text):
        return True
    if set(_FIGURE.findall(first_text)) != set(_FIGURE.findall(second_text)):
        return False
    try:
        first, second = (embedder.embed_query(first_words(text, _WORDS)[0]) for text in (first_text, second_text))
    except FirstlineError as error:
        log.warning("tickets not compared", why=str(error))
        return False
    return sum(a * b for a, b in zip(first, second, strict=True)) >= ALIKE


def _fetch_if_open(deps: Dependencies, account: str, channel: str, ticket_id: str) -> Ticket | None:
    """The older ticket, if it is still open where it lives. One that is gone leads nobody; while it cannot be read,
    nobody knows, and the newer waits with it."""
    try:
        ticket = deps.channel(channel).fetch(account, ticket_id)
    except Permanent as error:
        log.warning("older ticket not read", ticket=ticket_id, why=str(error))
        return None
    return None if ticket.status in (TicketStatus.SOLVED, TicketStatus.CLOSED) else ticket
