"""Acts by which a person answers: send, edit and send, close as answered.

The reply is bound to the last word that the person saw: should the customer write again, or somebody answer, before it
leaves, it does not leave, and whoever pressed is told.
"""

from collections.abc import Sequence
from dataclasses import replace

from desk.conversation import OwnRecord, last_word
from desk.delivery import DeliveryKind
from desk.errors import Permanent
from desk.party import Access, PartyAccess
from desk.platform.database import Transaction
from desk.ports import Outgoing
from desk.presentation.channel_format import LENGTHS, fits_channel
from desk.presentation.reply import cited_pages, draft_text, plain_text, source_list
from desk.reasons import STOPS, Stop
from desk.run import Finding, Run
from desk.ticket import Ticket, TicketStatus
from workers import own_record, record, ticket_control
from workers.dependencies import Dependencies
from workers.interventions import Intervention, delivery_key, rival_reply
from workers.parties.waiting import refuse_if_away
from workers.pipeline.guards import stop_before_person_send
from workers.processing.interventions.edited_reply import check_edited, marked_sources
from workers.processing.interventions.resolution import Effect, Resolution, done, effect_of, refused, unconfirmed
from workers.queue import outbox, person_deliveries
from workers.queue.outbox import PlannedDelivery

STALE = "source_changed"
CLAIMED = "claimed"


def send(deps: Dependencies, intervention: Intervention) -> Effect:
    """Send the draft of a run as it is, in the person's name."""
    run = _find_run(deps, intervention)
    if run is None or not run.draft.statements:
        return effect_of(refused("There is no such draft any more."))
    ticket, our_record = _fetch(deps, intervention)
    stale_citations = deps.library.outdated(intervention.account, run.draft.citations)
    findings = [Finding(STALE, "a cited document has changed since")] if stale_citations else []
    sources = cited_pages(run.draft, run.hits)
    text = plain_text(run.draft) if ticket.via in LENGTHS else draft_text(run.draft, sources)
    outgoing = _outgoing(intervention, ticket, Outgoing(text, sources))
    return _reply_effect(intervention, ticket, our_record, outgoing, run.message_id, findings)


def edit_and_send(deps: Dependencies, intervention: Intervention) -> Effect:
    """Send what the person wrote, checked once more; in their name."""
    order, run = intervention.order, _find_run(deps, intervention)
    ticket, our_record = _fetch(deps, intervention)
    policy = deps.policies.get(intervention.account).policy
    findings = list(check_edited(order.text, run, ticket, policy)) if run else []
    sources = marked_sources(order.text, run) if run else ()
    outgoing = _outgoing(intervention, ticket, Outgoing(order.text.strip(), sources))
    return _reply_effect(intervention, ticket, our_record, outgoing, order.seen_message_id or "", findings)


def close(deps: Dependencies, intervention: Intervention) -> Effect:
    """Set the ticket to solved, without a word to the customer."""
    order = intervention.order
    ticket, our_record = _fetch(deps, intervention)
    last = last_word(ticket, our_record)
    message_id = order.seen_message_id or (last.id if last else "")
    if stop := stop_before_person_send(ticket, message_id, our_record):
        return effect_of(refused(f"{STOPS[stop]}. Nothing was changed."))
    if ticket.status is TicketStatus.SOLVED:
        return effect_of(refused("The ticket is solved already."))
    outgoing = Outgoing("", status=TicketStatus.SOLVED.value)
    return lambda tx: _plan(tx, intervention, _planned(intervention, DeliveryKind.STATUS, outgoing, message_id))


def _find_run(deps: Dependencies, intervention: Intervention) -> Run | None:
    """The run that the act is about, if it is one of this very ticket."""
    order = intervention.order
    if order.run_id is None:
        return None
    with deps.db.account(intervention.account) as tx:
        run = record.get_run(tx, order.run_id)
    is_of_ticket = run is not None and (run.channel, run.ticket_id) == (order.channel, order.ticket_id)
    return run if is_of_ticket else None


def _fetch(deps: Dependencies, intervention: Intervention) -> tuple[Ticket, OwnRecord]:
    order = intervention.order
    refuse_if_away(intervention.away, PartyAccess(order.channel, Access.READ))
    with deps.db.account(intervention.account) as tx:
        our_record = own_record.read_own_record(tx, order.channel, order.ticket_id)
    return deps.channel(order.channel).fetch(intervention.account, order.ticket_id), our_record


def _outgoing(intervention: Intervention, ticket: Ticket, outgoing: Outgoing) -> Outgoing:
    """In the shape of the customer's channel. Raises Permanent when it is too long for that."""
    parts = [outgoing.text, source_list(outgoing.sources)]
    text = "\n\n".join(part for part in parts if part)
    is_plain = ticket.via in LENGTHS
    if is_plain and not fits_channel(text, ticket.via):
        raise Permanent(f"the reply is longer than the {LENGTHS[ticket.via]:,} characters that {ticket.via} takes")
    return replace(outgoing, text=text, author=intervention.actor.author, plain=is_plain)


def _reply_effect(
    intervention: Intervention,
    ticket: Ticket,
    our_record: OwnRecord,
    outgoing: Outgoing,
    default_message_id: str,
    findings: Sequence[Finding],
) -> Effect:
    message_id = intervention.order.seen_message_id or default_message_id
    if stop := stop_before_person_send(ticket, message_id, our_record):
        return effect_of(refused(_explain(stop)))
    planned = _planned(intervention, DeliveryKind.REPLY, outgoing, message_id)
    return lambda tx: _plan_reply(tx, intervention, planned, findings)


def _explain(stop: Stop) -> str:
    return f"{STOPS[stop]}: look at the conversation as it is now. Nothing was sent."


def _plan_reply(
    tx: Transaction, intervention: Intervention, planned: PlannedDelivery, findings: Sequence[Finding]
) -> Resolution:
    """The first reply to what was seen wins; the second is told whose it is."""
    order = intervention.order
    record.lock_ticket(tx, order.channel, order.ticket_id)
    if rival := rival_reply(tx, intervention, planned.message_id):
        return refused(f"{rival.actor.name} has answered already. Nothing was sent.")
    all_findings = (*_claim_finding(tx, intervention), *findings)
    if all_findings and not order.override:
        return unconfirmed("Look at this first. Press once more to send all the same.", all_findings)
    automatic = (DeliveryKind.REPLY, DeliveryKind.HANDOVER)
    person_deliveries.withdraw_waiting(tx, order.channel, order.ticket_id, automatic, Stop.PERSON_TOOK_OVER)
    resolution = _plan(tx, intervention, planned)
    return replace(resolution, result=replace(resolution.result, findings=all_findings))


def _claim_finding(tx: Transaction, intervention: Intervention) -> Sequence[Finding]:
    order = intervention.order
    owner = ticket_control.get_claim(tx, order.channel, order.ticket_id)
    if owner is None or owner.actor_id == intervention.actor.id:
        return ()
    return (Finding(CLAIMED, f"{owner.name} has claimed the ticket"),)


def _planned(intervention: Intervention, kind: DeliveryKind, outgoing: Outgoing, message_id: str) -> PlannedDelivery:
    order = intervention.order
    key = delivery_key(intervention.id)
    return PlannedDelivery(
        order.channel, order.ticket_id, message_id, kind, outgoing, key, delay_seconds=order.delay_seconds
    )


def _plan(tx: Transaction, intervention: Intervention, planned: PlannedDelivery) -> Resolution:
    delivery_ids = outbox.plan_deliveries(tx, [planned], intervention.order.run_id, None)
    resolution = done("On its way.", delivery_id=delivery_ids[0] if delivery_ids else None)
    return replace(resolution, delivery_ids=() if planned.delay_seconds else tuple(delivery_ids))
