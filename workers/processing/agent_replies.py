"""An agent's public reply, by hand in the helpdesk, by the API or through us: whose the ticket is then, and what they
made of the drafts that stood.

It costs no call to the helpdesk besides the look at the ticket that is taken anyway.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import structlog

from desk.conversation import NO_RECORD, OwnRecord, Sent, is_ours, is_written_by_hand, read_conversation, sent_kind
from desk.feedback.feedback import DraftUse, Feedback, FeedbackKind
from desk.intervention import MOST_TEXT
from desk.platform.database import Transaction
from desk.policy.policy import Policy
from desk.run import Run
from desk.text.redaction import redact
from desk.ticket import EventKind, Message, Role, Ticket
from workers import own_record, record
from workers.dependencies import Dependencies
from workers.insights import run_feedback
from workers.insights.draft_edits import compare_draft, stated_text
from workers.queue import outbox
from workers.queue.backoff import retry_while_database_is_away
from workers.queue.inbox import InboxItem
from workers.queue.outbox import ClaimedDelivery

log = structlog.get_logger(__name__)

CLOCKS_DIFFER = timedelta(seconds=2)
"""So much a helpdesk's time may differ from ours; some tell whole seconds only."""


@dataclass(frozen=True, slots=True)
class AgentMessage:
    """What an event of an agent's message tells: does a person have the ticket, and what became of its drafts?"""

    taken_over: bool = False
    feedback: tuple[Feedback, ...] = ()


def read_agent_message(deps: Dependencies, item: InboxItem) -> AgentMessage:
    """Look at the ticket for an agent's message. Our own comments come back as an agent's: the token belongs to one.
    Raises as the channel does."""
    if item.kind is not EventKind.AGENT_MESSAGE:
        return AgentMessage()
    with deps.db.account(item.account) as tx:
        if item.message_id and outbox.is_own_message(tx, item.channel, item.message_id):
            return AgentMessage()
        our_record = own_record.read_own_record(tx, item.channel, item.ticket_id)
    ticket = deps.channel(item.channel).fetch(item.account, item.ticket_id, item.message_id or "")
    policy = deps.policies.get(item.account).policy
    if not policy.scope.holds(ticket):
        return AgentMessage()
    taken_over = read_conversation(ticket, our_record).taken_over
    message = _agents_reply(ticket, item.message_id, our_record)
    if message is None:
        return AgentMessage(taken_over)
    asked_ids = messages_answered(ticket, message.id, our_record)
    with deps.db.account(item.account) as tx:
        runs = [run for run in record.runs_of(tx, item.channel, item.ticket_id) if run.message_id in asked_ids]
    return AgentMessage(taken_over, tuple(compare_drafts(ticket, runs, message, policy)))


def keep_feedback(deps: Dependencies, claim: ClaimedDelivery, ticket: Ticket, foreign_id: str) -> None:
    """Keep what a person who answered through us made of the drafts. Whatever goes wrong, their reply is out."""

    def write() -> None:
        policy = deps.policies.get(claim.delivery.account).policy
        with deps.db.account(claim.delivery.account) as tx:
            found = _read_delivery(tx, ticket, claim, foreign_id, policy)
            run_feedback.add_feedback(tx, (ticket.channel, ticket.id), found)

    try:
        retry_while_database_is_away(write)
    except Exception:  # a comparison that fails must not keep a reply from being marked as sent
        log.exception("could not tell what became of the draft")


def _read_delivery(
    tx: Transaction, ticket: Ticket, claim: ClaimedDelivery, foreign_id: str, policy: Policy
) -> Iterator[Feedback]:
    """`ticket` may hold the reply already, or not yet."""
    delivery, outgoing = claim.delivery, claim.outgoing
    our_record = own_record.read_own_record(tx, ticket.channel, ticket.id, current_delivery=delivery.id)
    author = outgoing.author.name if outgoing.author else None
    reply = Message(foreign_id, Role.AGENT, True, outgoing.text, datetime.now(UTC), delivery.id, author=author)
    asked_ids = messages_answered(ticket, foreign_id, our_record)
    runs = record.runs_of(tx, ticket.channel, ticket.id)
    return compare_drafts(ticket, [run for run in runs if run.message_id in asked_ids], reply, policy)


def compare_drafts(ticket: Ticket, runs: list[Run], reply: Message, policy: Policy) -> Iterator[Feedback]:
    """The reply beside each draft that stood when it was written."""
    for run in runs:
        if run.at > reply.at + CLOCKS_DIFFER or all(statement.courtesy for statement in run.draft.statements):
            continue
        found = compare_draft(run.draft, run.hits, reply.body, policy, reply.author or "")
        yield Feedback(
            run.id,
            FeedbackKind.AGENT_REPLY,
            reply.id,
            reply.at,
            found.use,
            found.similarity,
            found.changes,
            reply="" if found.use is DraftUse.AS_IS else _teachable_text(ticket, run, reply, policy),
        )


def _teachable_text(ticket: Ticket, run: Run, reply: Message, policy: Policy) -> str:
    """What others could learn from the reply."""
    text = stated_text(run.draft, run.hits, reply.body, policy, reply.author or "")
    return redact(text, [name for name in (ticket.requester.name, reply.author) if name])[:MOST_TEXT]


def messages_answered(ticket: Ticket, reply_id: str, our_record: OwnRecord = NO_RECORD) -> frozenset[str]:
    """What of the customer side an agent's reply answers: written since the public answer before. A second message of
    the agent's answers the same; after an automatic reply of ours nothing is left to answer."""
    place = next((place for place, each in enumerate(ticket.messages) if each.id == reply_id), len(ticket.messages))
    answered: list[str] = []
    for message in reversed(ticket.messages[:place]):
        if is_written_by_hand(message, our_record):
            answered.append(message.id)
        elif message.public and not message.automatic and message.role is not Role.CUSTOMER:
            kind = sent_kind(message, our_record)
            is_persons = kind is Sent.PERSON or not is_ours(message, our_record)
            if kind is Sent.REPLY or (is_persons and answered):
                break
    return frozenset(answered)


def _agents_reply(ticket: Ticket, message_id: str | None, our_record: OwnRecord) -> Message | None:
    """The message of the event, or the newest that an agent wrote where it names none; None unless it is a public one
    by their hand."""
    candidates = [ticket.message(message_id)] if message_id else reversed(ticket.messages)
    return next((each for each in candidates if each and _is_by_an_agent(each, our_record)), None)


def _is_by_an_agent(message: Message, our_record: OwnRecord) -> bool:
    is_public_reply = message.role is Role.AGENT and message.public and not message.automatic
    return is_public_reply and not is_ours(message, our_record)
