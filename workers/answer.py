"""The walk of one inbox item: fetch, guards, pipeline, record, and what is to be delivered (DESIGN section 3).

No transaction is open while the channel or a model is asked.
"""

import time
from collections.abc import Callable, Sequence
from functools import partial

import structlog

from desk import accounts
from desk.delivery import DeliveryKind
from desk.errors import Blocked, FirstlineError, Temporary
from desk.policy import PolicyFile
from desk.ports import Outgoing
from desk.receipt import explanation
from desk.reply import compose_handover, compose_note, compose_reply
from desk.run import Action, Reason, Run, Stage
from desk.ticket import EventKind, Ticket, TicketState
from workers import gaps, inbox, outbox, record
from workers.inbox import InboxItem
from workers.outbox import Planned
from workers.pipeline.guards import STATE_AFTER, Facts, first_stop, in_human_hands, newest_question
from workers.pipeline.run import Circumstances, think
from workers.retries import back_off, insist
from workers.toolbox import Toolbox

log = structlog.get_logger(__name__)

PROGRESS_SECONDS = 0.25
"""How often at the most a run says how far it is; quick runs say nothing."""

AT_ONCE = {
    Action.INTERNAL_NOTE: TicketState.NOTED,
    Action.ESCALATE: TicketState.ESCALATED,
    Action.OBSERVE: TicketState.OBSERVED,
}
"""Where a ticket stands as soon as the run is saved; an answered one does so when its reply is out."""

DUPLICATE = "duplicate"
"""The outcome of an item whose message another item is about already."""

NO_HANDOVER = {Reason.WITH_PEOPLE, Reason.PAUSED}
"""Reasons that keep the hand-over message back: it was sent before, or nothing public may leave."""


class ClaimLost(FirstlineError):
    """Another worker has taken the row over; nothing of ours may stay."""


def handle_item(tools: Toolbox, account: str, item_id: str, worker: str) -> list[str]:
    """Work on one item, whatever happens. Returns the ids of the deliveries to enqueue."""
    with tools.db.account(account) as tx:
        item = inbox.claim(tx, item_id, worker, tools.claim_seconds)
    if item is None:
        return []
    with structlog.contextvars.bound_contextvars(account=account, ticket=item.ticket_id, item=item.id):
        try:
            return _work(tools, item)
        except ClaimLost:
            log.warning("claim lost to another worker")
            return []
        except FirstlineError as error:
            return insist(partial(_failed, tools, item, error))
        except Exception as error:  # the task wrapper: whatever it is, the item must not be lost
            log.exception("unexpected error")
            unexpected = Temporary(f"unexpected {type(error).__name__}")
            return insist(partial(_failed, tools, item, unexpected))


def _work(tools: Toolbox, item: InboxItem) -> list[str]:
    if item.kind is not EventKind.CUSTOMER_MESSAGE:
        return _close(tools, item, inbox.STORED, TicketState.STEPPED_BACK if _taken_over(tools, item) else None)
    if item.message_id and not _leads(tools, item, item.message_id):  # which needs no look at the ticket
        return _close(tools, item, DUPLICATE, None)
    ticket = tools.channel(item.channel).fetch(item.account, item.ticket_id)
    policy = tools.policies.get(item.account)
    message_id = item.message_id or _newest(ticket)
    if not item.message_id and not _leads(tools, item, message_id):
        return _close(tools, item, DUPLICATE, None)
    facts, circumstances = _look_up(tools, item, ticket, message_id, policy)
    if stop := first_stop(ticket, message_id, facts):
        return _close(tools, item, stop, STATE_AFTER.get(stop))
    run = think(ticket, message_id, tools.models, tools.library, circumstances, _progress(tools, item))
    return _keep(tools, item, run, policy, gaps.unanswered(run, tools.embedder))


def _taken_over(tools: Toolbox, item: InboxItem) -> bool:
    """Does this event show that a person works on the ticket? Our own comments come back as an agent's: the token
    belongs to one."""
    if item.kind is not EventKind.AGENT_MESSAGE:
        return False
    with tools.db.account(item.account) as tx:
        if item.message_id and outbox.is_ours(tx, item.channel, item.message_id):
            return False
    return in_human_hands(tools.channel(item.channel).fetch(item.account, item.ticket_id))


def _newest(ticket: Ticket) -> str:
    """What an event is about that names no message: a new ticket, or a change that catch-up saw."""
    newest = newest_question(ticket)
    return newest.id if newest else ""


def _leads(tools: Toolbox, item: InboxItem, message_id: str) -> bool:
    """Several events can tell of one message (created, commented, caught up): the first to get here answers it."""
    with tools.db.account(item.account) as tx:
        return inbox.lead(tx, item, message_id)


def _look_up(
    tools: Toolbox, item: InboxItem, ticket: Ticket, message_id: str, policy: PolicyFile
) -> tuple[Facts, Circumstances]:
    """What the database knows about this message and this account, in one short transaction."""
    with tools.db.account(item.account) as tx:
        record.note_state(tx, item.channel, item.ticket_id, TicketState.RECEIVED, requester=ticket.requester)
        facts = Facts(answered=outbox.answered(tx, item.channel, message_id))
        circumstances = Circumstances(
            policy=policy.policy,
            paused=accounts.is_paused(tx),
            budget_spent=record.dollars_today(tx) >= policy.policy.budget.dollars_per_day,
            with_people=record.escalated_before(tx, item.channel, item.ticket_id),
            rethought=item.rethought,
            product_version=tools.product_version,
        )
    return facts, circumstances


def _keep(tools: Toolbox, item: InboxItem, run: Run, policy: PolicyFile, unanswered: Sequence[gaps.Asked]) -> list[str]:
    """Save the run, plan what it leads to and close the item: all of it or nothing."""
    effects = [*_effects(run, policy, item), *_alerts(tools, run, item)]
    state = AT_ONCE.get(run.decision.action, TicketState.RECEIVED)
    with tools.db.account(item.account) as tx:
        record.save_run(tx, run, policy)
        gaps.note(tx, run, unanswered)
        record.note_state(tx, item.channel, item.ticket_id, state, category=run.classification.category)
        planned = outbox.plan(tx, effects, run.id, item.id)
        if not inbox.finish(tx, item, run.decision.action):
            raise ClaimLost
    log.info("decided", run=run.id, action=run.decision.action.value, deliveries=len(planned))
    return planned


def _effects(run: Run, policy: PolicyFile, item: InboxItem) -> Sequence[Planned]:
    """What a decision brings about. A hand-over message goes out once in a conversation."""
    rules = policy.policy

    def effect(kind: DeliveryKind, outgoing: Outgoing) -> Planned:
        return Planned(item.channel, item.ticket_id, run.message_id, kind, outgoing)

    def note(*, escalated: bool) -> Planned:
        return effect(DeliveryKind.NOTE, compose_note(run.draft, run.hits, explanation(run), escalated=escalated))

    reasons = {cap.reason for cap in run.decision.caps}
    match run.decision.action:
        case Action.AUTO_REPLY:
            reply = compose_reply(run.draft, run.hits, rules, run.message_id, run.classification.language)
            return [effect(DeliveryKind.REPLY, reply)]
        case Action.INTERNAL_NOTE:
            return [note(escalated=False)]
        case Action.ESCALATE if item.channel in rules.handover.channels and not reasons & NO_HANDOVER:
            # The hand-over puts the ticket before people: were it the note, they could take it before it is sent.
            seen = run.classification
            handover = effect(
                DeliveryKind.HANDOVER, compose_handover(rules, run.message_id, seen.language, seen.sensitive)
            )
            return [handover, note(escalated=False)]
        case Action.ESCALATE:
            return [note(escalated=True)]
        case _:
            return []


def _alerts(tools: Toolbox, run: Run, item: InboxItem) -> Sequence[Planned]:
    """People are told once, when the ticket becomes theirs."""
    known = any(cap.reason is Reason.WITH_PEOPLE for cap in run.decision.caps)
    if run.decision.action is not Action.ESCALATE or known:
        return []
    return _alert(tools, item, run.message_id, Outgoing(explanation(run), escalated=True))


def _alert(tools: Toolbox, item: InboxItem, message_id: str, outgoing: Outgoing) -> Sequence[Planned]:
    if tools.alerts is None or not tools.alerts.ready(item.account):
        return []
    return [Planned(item.channel, item.ticket_id, message_id, DeliveryKind.ALERT, outgoing)]


def _close(tools: Toolbox, item: InboxItem, outcome: str, state: TicketState | None) -> list[str]:
    with tools.db.account(item.account) as tx:
        if state:
            record.note_state(tx, item.channel, item.ticket_id, state)
        if not inbox.finish(tx, item, outcome):
            raise ClaimLost
    log.info("stopped", outcome=outcome)
    return []


def _failed(tools: Toolbox, item: InboxItem, error: FirstlineError) -> list[str]:
    """Later, if it may still work; otherwise parked, with a note on the ticket."""
    why = f"{type(error).__name__}: {error}"
    blocked = isinstance(error, Blocked)
    if isinstance(error, Temporary) and (blocked or item.attempts < tools.max_attempts):
        seconds = back_off(item.attempts, error.retry_after)
        with tools.db.account(item.account) as tx:
            inbox.postpone(tx, item, seconds, why, tried=not blocked)
        log.warning("postponed", why=why, seconds=round(seconds, 1), attempt=item.attempts)
        return []
    return _park(tools, item, why)


def _park(tools: Toolbox, item: InboxItem, why: str) -> list[str]:
    note = _parking_note(item)
    effects = [note, *_alert(tools, item, note.message_id, note.outgoing)]
    with tools.db.account(item.account) as tx:
        if not inbox.park(tx, item, why):
            return []
        record.note_state(tx, item.channel, item.ticket_id, TicketState.PARKED)
        planned = outbox.plan(tx, effects, None, None)
    log.error("parked", why=why)
    return planned


def _parking_note(item: InboxItem) -> Planned:
    text = "Firstline could not work on this message. Nothing was sent to the customer; a person has to answer."
    return Planned(
        item.channel, item.ticket_id, item.message_id or item.id, DeliveryKind.NOTE, Outgoing(text, escalated=True)
    )


def _progress(tools: Toolbox, item: InboxItem) -> Callable[[Stage], None]:
    """Called as each stage begins: keeps the claim and says how far the run is, not more often than is useful."""
    last = time.monotonic()

    def on_stage(stage: Stage) -> None:
        nonlocal last
        if time.monotonic() - last < PROGRESS_SECONDS:
            return
        last = time.monotonic()
        with tools.db.account(item.account) as tx:
            if not inbox.renew(tx, item, tools.claim_seconds, stage):
                raise ClaimLost

    return on_stage
