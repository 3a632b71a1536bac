"""The walk of one inbox item: fetch, guards, pipeline, record, and what is to be delivered (DESIGN section 3).

No transaction is open while the channel or a model is asked.
"""

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial

import structlog

from desk.conversation import read_conversation
from desk.delivery import DeliveryKind
from desk.errors import Permanent, Temporary
from desk.feedback.feedback import Feedback
from desk.party import Access, PartyAccess
from desk.platform import accounts
from desk.platform.database import Transaction
from desk.policy.policy import Policy, PolicyFile
from desk.reasons import Stop
from desk.run import Action, Run, Stage
from desk.text.wording import Wording
from desk.ticket import EventKind, Ticket, TicketState
from workers import own_record, record
from workers.dependencies import Dependencies
from workers.insights import gaps, run_feedback, spending
from workers.parties.waiting import refuse_if_away
from workers.pipeline.guards import stop_before_run
from workers.pipeline.run import RunContext, run_pipeline
from workers.pipeline.signals.closing import is_confirmation
from workers.processing import customer_feedback, duplicate_tickets, guard_effects, ratings
from workers.processing.agent_replies import AgentMessage, read_agent_message
from workers.processing.effects import (
    FinishedRun,
    is_with_people,
    needs_people,
    plan_alerts,
    plan_effects,
    restore_status,
)
from workers.processing.failures import handle_failure
from workers.processing.interventions import note_orders
from workers.processing.interventions.carry_out import carry_out_intervention
from workers.processing.ticket_reading import OpenItem, fetch_ticket, newest_message
from workers.queue import inbox, outbox
from workers.queue.backoff import handle_any_failure
from workers.queue.inbox import InboxItem
from workers.queue.leases import ClaimLost
from workers.queue.outbox import PlannedDelivery

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

NOBODY_ALERTED = Wording(
    "No alert went out: nothing is connected that takes alerts. The note on the ticket tells people."
)


OVERTAKEN_TRIES = 3
"""So often a message is thought over at once because something else was decided about its ticket meanwhile."""


class Overtaken(Temporary):
    """Something else was decided about the ticket while this was thought about, so that this no longer holds."""


def process_item(deps: Dependencies, account: str, item_id: str, worker: str) -> list[str]:
    """Work on one item, whatever happens. Returns the ids of the deliveries to enqueue."""
    with deps.db.account(account) as tx:
        item = inbox.claim_item(tx, item_id, worker, deps.claim_seconds)
    if item is None:
        return []
    with structlog.contextvars.bound_contextvars(account=account, ticket=item.ticket_id, item=item.id):
        return handle_any_failure(
            partial(_process_unless_lost, deps, item, worker), partial(handle_failure, deps, item)
        )


def _process_unless_lost(deps: Dependencies, item: InboxItem, worker: str) -> list[str]:
    try:
        refuse_if_away(item.away, PartyAccess(item.channel, Access.READ))
        return _process_until_settled(deps, item, worker)
    except ClaimLost:
        log.warning("claim lost to another worker")
        return []


def _process_until_settled(deps: Dependencies, item: InboxItem, worker: str) -> list[str]:
    """Two workers may think about one ticket at once: whoever ends second looks at it anew."""
    for _ in range(OVERTAKEN_TRIES - 1):
        with suppress(Overtaken):
            return _process(deps, item, worker)
        item = replace(item, attempts=item.attempts + 1)  # what was read before is too old now
        log.info("overtaken, thinking again")
    return _process(deps, item, worker)


def _process(deps: Dependencies, item: InboxItem, worker: str) -> list[str]:
    if item.kind is EventKind.CUSTOMER_MESSAGE:
        return _process_message(deps, item)
    if item.kind is EventKind.AGENT_NOTE and (ordered := note_orders.take_order(deps, item)):
        return carry_out_intervention(deps, item.account, ordered.id, worker)
    if item.kind is EventKind.RATING and (effects := ratings.effects_of_rating(deps, item)):
        return _close_item(deps, item, Stop.RATED_BAD, TicketState.ESCALATED, effects)
    message_id, told = None, AgentMessage()
    with suppress(Permanent):  # a ticket that is gone needs nobody, and is given back to nobody
        if item.kind is EventKind.ASSIGNED:
            message_id = _message_given_back(deps, item)
        else:
            told = read_agent_message(deps, item)
    state = TicketState.STEPPED_BACK if told.taken_over else None
    return _close_item(deps, item, inbox.STORED, state, reopened_message_id=message_id, feedback=told.feedback)


def _process_message(deps: Dependencies, item: InboxItem) -> list[str]:
    if item.message_id and not _claim_message(deps, item, item.message_id):  # which needs no look at the ticket
        return _close_item(deps, item, DUPLICATE, None)
    ticket = fetch_ticket(deps, item)
    policy = deps.policies.get(item.account)
    message_id = item.message_id or newest_message(ticket, item)
    if not item.message_id and not _claim_message(deps, item, message_id):
        return _close_item(deps, item, DUPLICATE, None)
    if not policy.policy.scope.holds(ticket):  # observed by nobody: not even the ticket is written down
        return _close_item(deps, item, Stop.OUT_OF_SCOPE, None)
    circumstances, stop = _load_context(deps, item, ticket, message_id, policy.policy)
    conversation = read_conversation(ticket, circumstances.record)
    open_item = OpenItem(deps, item, ticket, conversation, circumstances)
    if stop:
        return _close_stopped(open_item, stop)
    if is_confirmation(conversation, ticket.requester.name or ""):
        return _close_item(deps, item, Stop.CONFIRMED, TicketState.CONFIRMED, restore_status(open_item))
    return _answer(open_item, policy)


def _answer(open_item: OpenItem, policy: PolicyFile) -> list[str]:
    """Run the pipeline, and save what it decides."""
    deps, item, ticket, conversation = open_item.deps, open_item.item, open_item.ticket, open_item.conversation
    same_matter = duplicate_tickets.find_duplicate(deps, ticket, conversation)
    circumstances = replace(open_item.circumstances, same_matter=same_matter)
    run = run_pipeline(ticket, deps.models, deps.library, circumstances, _stage_callback(deps, item))
    finished_run = FinishedRun(deps, item, ticket, conversation, circumstances, run)
    return _save_decision(finished_run, policy, gaps.unanswered_questions(run, deps.embedder))


def _message_given_back(deps: Dependencies, item: InboxItem) -> str | None:
    """A change of its assignee may give a ticket back that an agent had: the message that was left to them."""
    with deps.db.account(item.account) as tx:
        our_record = own_record.read_own_record(tx, item.channel, item.ticket_id)
    ticket = deps.channel(item.channel).fetch(item.account, item.ticket_id)
    conversation = read_conversation(ticket, our_record)
    newest = conversation.newest
    is_left_open = newest is not None and not conversation.taken_over and newest.id not in our_record.answering
    return newest.id if newest and is_left_open else None


def _claim_message(deps: Dependencies, item: InboxItem, message_id: str) -> bool:
    """Several events can tell of one message (created, commented, caught up): the first to get here answers it."""
    with deps.db.account(item.account) as tx:
        return inbox.claim_message(tx, item, message_id)


def _load_context(
    deps: Dependencies, item: InboxItem, ticket: Ticket, message_id: str, policy: Policy
) -> tuple[RunContext, Stop | None]:
    """What the database knows about this ticket and this account, in one short transaction; and what the guards say.
    Only a message that is worked on makes the ticket one that was just received."""
    with deps.db.account(item.account) as tx:
        requester = tx.sealer.lookup(ticket.requester.id)
        our_record, turns = own_record.read_record_and_turns(tx, item.channel, item.ticket_id, requester, policy)
        stop = stop_before_run(ticket, message_id, our_record)
        customer_feedback.note_customer_message(tx, ticket, read_conversation(ticket, our_record), policy)
        state = None if stop else TicketState.RECEIVED
        record.set_ticket_state(tx, item.channel, item.ticket_id, state, requester=ticket.requester)
        circumstances = RunContext(
            policy=policy,
            paused=accounts.is_paused(tx),
            budget_spent=spending.dollars_today(tx) >= policy.budget.dollars_per_day,
            record=our_record,
            turns=turns,
            patient=True,
            rethought=item.rethought,
            product_version=deps.product_version,
        )
    return circumstances, stop


def _save_decision(
    finished_run: FinishedRun, policy: PolicyFile, unanswered_questions: Sequence[gaps.UnansweredQuestion]
) -> list[str]:
    """Save the run, plan what it leads to and close the item: all of it or nothing."""
    item, alerts = finished_run.item, plan_alerts(finished_run)
    run = finished_run.run if alerts or not needs_people(finished_run) else _remark_no_alert(finished_run.run)
    with finished_run.deps.db.account(item.account) as tx:
        earlier_topics = _lock_ticket(tx, finished_run)
        effects = plan_effects(finished_run, earlier_topics, alerting=bool(alerts))
        record.save_run(tx, run, policy)
        gaps.save_questions(tx, run, unanswered_questions)
        state, category = _state_at_once(run, effects), run.classification.category
        record.set_ticket_state(tx, item.channel, item.ticket_id, state, category=category)
        delivery_ids = outbox.plan_deliveries(tx, [*effects, *alerts], run.id, item.id)
        _finish_item(tx, item, run.decision.action)
    log.info("decided", run=run.id, action=run.decision.action.value, deliveries=len(delivery_ids))
    return delivery_ids


def _remark_no_alert(run: Run) -> Run:
    return replace(run, remarks=(*run.remarks, NOBODY_ALERTED))


def _lock_ticket(tx: Transaction, finished_run: FinishedRun) -> Sequence[str]:
    """Nothing else is decided about the ticket from here on; the sensitive topics of the run before, for people who
    have it. Raises Overtaken when something was decided meanwhile."""
    channel, ticket_id = finished_run.item.channel, finished_run.item.ticket_id
    record.lock_ticket(tx, channel, ticket_id)
    if own_record.read_own_record(tx, channel, ticket_id).has_grown(finished_run.circumstances.record):
        raise Overtaken("something else was decided about this ticket meanwhile")
    return record.earlier_topics(tx, channel, ticket_id, finished_run.run.id) if is_with_people(finished_run) else ()


def _state_at_once(run: Run, effects: Sequence[PlannedDelivery]) -> TicketState:
    """An automatic reply that does not fit the customer's channel has become a note."""
    if run.decision.action is Action.AUTO_REPLY and all(effect.kind is not DeliveryKind.REPLY for effect in effects):
        return TicketState.NOTED
    return AT_ONCE.get(run.decision.action, TicketState.RECEIVED)


def _close_stopped(open_item: OpenItem, stop: Stop) -> list[str]:
    deps, item, conversation = open_item.deps, open_item.item, open_item.conversation
    effects = guard_effects.effects_after(open_item, stop)
    state = TicketState.ESCALATED if effects else guard_effects.state_after(open_item, stop)
    open_message_id = guard_effects.message_left_open(stop, conversation, open_item.circumstances.record)
    return _close_item(deps, item, stop, state, effects, open_message_id)


def _close_item(
    deps: Dependencies,
    item: InboxItem,
    outcome: str,
    state: TicketState | None,
    effects: Sequence[PlannedDelivery] = (),
    reopened_message_id: str | None = None,
    feedback: Sequence[Feedback] = (),
) -> list[str]:
    """Close the item. `reopened_message_id`: the message that is left open by this, and is worked on anew with the
    next sweep. `feedback`: what it told of our drafts."""
    with deps.db.account(item.account) as tx:
        record.lock_ticket(tx, item.channel, item.ticket_id)
        run_feedback.add_feedback(tx, (item.channel, item.ticket_id), feedback)
        if reopened_message_id:
            inbox.reprocess_message(tx, item.channel, reopened_message_id)
        if state:
            record.set_ticket_state(tx, item.channel, item.ticket_id, state)
        delivery_ids = outbox.plan_deliveries(tx, effects, None, item.id)
        _finish_item(tx, item, outcome)
    log.info("stopped", outcome=outcome)
    return delivery_ids


def _finish_item(tx: Transaction, item: InboxItem, outcome: str) -> None:
    if not inbox.finish_item(tx, item, outcome):
        raise ClaimLost


def _stage_callback(deps: Dependencies, item: InboxItem) -> Callable[[Stage], None]:
    """Called as each stage begins: keeps the claim and says how far the run is, not more often than is useful."""
    reported_at = time.monotonic()

    def on_stage(stage: Stage) -> None:
        nonlocal reported_at
        if time.monotonic() - reported_at < PROGRESS_SECONDS:
            return
        reported_at = time.monotonic()
        with deps.db.account(item.account) as tx:
            if not inbox.renew_lease(tx, item, deps.claim_seconds, stage):
                raise ClaimLost

    return on_stage
