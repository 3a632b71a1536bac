"""Acts by which a person answers: send, edit and send, close as answered.

The reply is bound to the last word that the person saw: should the customer write again, or somebody answer, before it
leaves, it does not leave, and whoever pressed is told.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from desk.conversation import OwnRecord, last_word
from desk.delivery import DeliveryKind
from desk.errors import Permanent
from desk.intervention import InterventionKind
from desk.party import Access, PartyAccess
from desk.platform.database import Transaction
from desk.ports import Outgoing
from desk.presentation.channel_format import LENGTHS, fits_channel
from desk.presentation.reply import cited_pages, draft_text, plain_text, source_list
from desk.reasons import STOPS, Stop
from desk.run import Finding, Run
from desk.text.wording import Wording
from desk.ticket import Ticket, TicketStatus
from workers import own_record, record, ticket_control
from workers.dependencies import Dependencies
from workers.interventions import (
    Intervention,
    deliveries_of_acts,
    delivery_key,
    get_intervention,
    interventions_of_ticket,
    rival_reply,
)
from workers.parties.waiting import refuse_if_away
from workers.pipeline.guards import stop_before_person_send
from workers.pipeline.validate import find_closed_pages
from workers.processing.interventions.edited_reply import check_edited, marked_sources
from workers.processing.interventions.resolution import Effect, Resolution, done, effect_of, refused, unconfirmed
from workers.queue import inbox, outbox, person_deliveries
from workers.queue.outbox import TAKEN_BACK, PlannedDelivery
from workers.tickets import CHANNEL

STALE = "source_changed"
CLAIMED = "claimed"
REJECTED = "rejected"
SENT_BEFORE = "sent_before"
WENT_ON = "conversation_went_on"
MOVED = (Stop.CUSTOMER_WROTE_AGAIN, Stop.ANSWERED_MEANWHILE)
"""Stops by which the conversation is another than the person saw."""


def send(deps: Dependencies, intervention: Intervention) -> Effect:
    """Send the draft of a run as it is, in the person's name. What was found in it, and since, is said first."""
    run = find_run(deps, intervention)
    if run is None or not run.draft.statements:
        return effect_of(refused(Wording("There is no such draft any more.")))
    seen = fetch_seen(deps, intervention, run.message_id)
    sources = cited_pages(run.draft, run.hits)
    text = plain_text(run.draft) if seen.ticket.via in LENGTHS else draft_text(run.draft, sources)
    outgoing = _outgoing(intervention, seen.ticket, Outgoing(text, sources))
    policy = deps.policies.get(intervention.account).policy
    closed_pages = find_closed_pages(seen.ticket, run, policy)
    findings = [*run.findings, *closed_pages, *_found_since(deps, intervention, run)]
    return _reply_effect(intervention, seen, outgoing, findings)


def edit_and_send(deps: Dependencies, intervention: Intervention) -> Effect:
    """Send what the person wrote, checked once more against the draft, or against the newest; in their name."""
    order, run = intervention.order, find_run(deps, intervention, or_newest=True)
    seen = fetch_seen(deps, intervention, order.seen_message_id or "")
    policy = deps.policies.get(intervention.account).policy
    findings = list(check_edited(order.text, run, seen.ticket, policy, intervention.actor.name)) if run else []
    sources = marked_sources(order.text, run) if run else ()
    outgoing = _outgoing(intervention, seen.ticket, Outgoing(order.text.strip(), sources))
    return _reply_effect(intervention, seen, outgoing, findings)


def close(deps: Dependencies, intervention: Intervention) -> Effect:
    """Set the ticket to solved, without a word to the customer."""
    seen = fetch_seen(deps, intervention, "")
    if seen.stop:
        return effect_of(refused(Wording("%(why)s. Nothing was changed.", why=STOPS[seen.stop])))
    if seen.ticket.status is TicketStatus.SOLVED:
        return effect_of(refused(Wording("The ticket is solved already.")))
    outgoing = Outgoing("", status=TicketStatus.SOLVED.value)
    planned = _planned(intervention, DeliveryKind.STATUS, outgoing, seen.message_id)

    def plan(tx: Transaction) -> Resolution:
        if seen.findings and not intervention.order.override:
            return unconfirmed(CONFIRM, seen.findings)
        return _plan(tx, intervention, planned)

    return plan


CONFIRM = Wording("Look at this first. Press once more to do it all the same.")


@dataclass(frozen=True, slots=True)
class SeenTicket:
    """The ticket as it stands, and the last word that the act is bound to. `stop` says why it does not fit any more;
    `findings`, that it went on where the person could not see it."""

    ticket: Ticket
    message_id: str
    record: OwnRecord
    stop: Stop | None = None
    findings: tuple[Finding, ...] = ()


def fetch_seen(deps: Dependencies, intervention: Intervention, default_message_id: str) -> SeenTicket:
    """Read the ticket, and hold it to what the person saw. Whoever saw a note behind the last word acts upon the last
    word, so that two replies to it know of each other. Of a ticket whose messages the helpdesk keeps, they may not
    have seen the last: they are told, and with one more press act upon it as it is now."""
    order = intervention.order
    refuse_if_away(intervention.away, PartyAccess(order.channel, Access.READ))
    with deps.db.account(intervention.account) as tx:
        our_record = own_record.read_own_record(tx, order.channel, order.ticket_id)
    ticket = deps.channel(order.channel).fetch(intervention.account, order.ticket_id)
    last = last_word(ticket, our_record)
    last_id = last.id if last else ""
    message_id = order.seen_message_id or default_message_id or last_id
    stop = stop_before_person_send(ticket, message_id, our_record)
    if stop is None:
        return SeenTicket(ticket, last_id or message_id, our_record)
    if stop not in MOVED or order.channel == CHANNEL:
        return SeenTicket(ticket, message_id, our_record, stop)
    finding = Finding(WENT_ON, Wording("%(why)s: look at the conversation in the helpdesk", why=STOPS[stop]))
    return SeenTicket(ticket, last_id, our_record, findings=(finding,))


def went_on_since(tx: Transaction, intervention: Intervention, seen: SeenTicket) -> bool:
    """Was anything decided about the ticket since it was read, or did the customer come back since the person pressed?
    Ask under `lock_ticket`."""
    place = (intervention.order.channel, intervention.order.ticket_id)
    if own_record.read_own_record(tx, *place).has_grown(seen.record):
        return True
    return inbox.customer_came_back(tx, *place, seen.message_id, intervention.created_at)


def find_run(deps: Dependencies, intervention: Intervention, *, or_newest: bool = False) -> Run | None:
    """The run that the act is about, if it is one of this very ticket; where none is named, its newest if that will
    do."""
    order = intervention.order
    with deps.db.account(intervention.account) as tx:
        run = record.get_run(tx, order.run_id) if order.run_id else None
        if run is None and or_newest:
            run = record.last_run(tx, order.channel, order.ticket_id)
    is_of_ticket = run is not None and (run.channel, run.ticket_id) == (order.channel, order.ticket_id)
    return run if is_of_ticket else None


def _outgoing(intervention: Intervention, ticket: Ticket, outgoing: Outgoing) -> Outgoing:
    """In the shape of the customer's channel. Raises Permanent when it is too long for that."""
    parts = [outgoing.text, source_list(outgoing.sources)]
    text = "\n\n".join(part for part in parts if part)
    is_plain = ticket.via in LENGTHS
    if is_plain and not fits_channel(text, ticket.via):
        raise Permanent(f"the reply is longer than the {LENGTHS[ticket.via]:,} characters that {ticket.via} takes")
    return replace(outgoing, text=text, author=intervention.actor.author, plain=is_plain)


def _found_since(deps: Dependencies, intervention: Intervention, run: Run) -> Iterator[Finding]:
    """What speaks against a draft since it was made."""
    if deps.library.outdated(intervention.account, run.draft.citations):
        yield Finding(STALE, Wording("a cited document has changed since"))
    order = intervention.order
    with deps.db.account(intervention.account) as tx:
        acts = interventions_of_ticket(tx, order.channel, order.ticket_id)
        planned = deliveries_of_acts(tx, acts)
    sent_ids = {act_id for act_id, delivery in planned.items() if delivery.state not in TAKEN_BACK}
    for act in acts:
        if act.order.run_id != run.id or act.id == intervention.id or act.result is None:
            continue
        if act.order.kind is InterventionKind.REJECT:
            yield Finding(
                REJECTED, Wording("%(who)s rejected it: %(why)s", who=act.actor.name, why=act.order.comment[:200])
            )
        elif act.order.kind is InterventionKind.SEND and act.id in sent_ids:
            yield Finding(SENT_BEFORE, Wording("%(who)s has sent this very draft before", who=act.actor.name))


def _reply_effect(
    intervention: Intervention, seen: SeenTicket, outgoing: Outgoing, findings: Sequence[Finding]
) -> Effect:
    if seen.stop:
        return effect_of(
            refused(Wording("%(why)s: look at the conversation as it is now. Nothing was sent.", why=STOPS[seen.stop]))
        )
    planned = _planned(intervention, DeliveryKind.REPLY, outgoing, seen.message_id)
    return lambda tx: _plan_reply(tx, intervention, planned, (*seen.findings, *findings))


def _plan_reply(
    tx: Transaction, intervention: Intervention, planned: PlannedDelivery, findings: Sequence[Finding]
) -> Resolution:
    """The first reply to what was seen wins; the second is told whose it is. An automatic reply that still waits gives
    way."""
    order = intervention.order
    record.lock_ticket(tx, order.channel, order.ticket_id)
    if rival := rival_reply(tx, intervention, planned.message_id):
        return refused(
            Wording("%(who)s has sent a reply to this already. Nothing more was sent.", who=rival.actor.name)
        )
    all_findings = tuple(dict.fromkeys([*_claim_finding(tx, intervention), *findings]))
    if not _is_confirmed(tx, intervention, all_findings):
        return unconfirmed(CONFIRM, all_findings)
    person_deliveries.withdraw_waiting(tx, order.channel, order.ticket_id, (DeliveryKind.REPLY,), Stop.PERSON_TOOK_OVER)
    resolution = _plan(tx, intervention, planned)
    return replace(resolution, result=replace(resolution.result, findings=all_findings))


def _is_confirmed(tx: Transaction, intervention: Intervention, findings: Sequence[Finding]) -> bool:
    """Nothing was found, or the person presses once more. Where they say which act they confirm, what was found in it
    covers no more than that."""
    order = intervention.order
    if not findings:
        return True
    confirmed = get_intervention(tx, order.target_id) if order.target_id else None
    shown = confirmed.result.findings if confirmed and confirmed.result else ()
    return order.override and (order.target_id is None or set(findings) <= set(shown))


def _claim_finding(tx: Transaction, intervention: Intervention) -> Sequence[Finding]:
    order = intervention.order
    owner = ticket_control.get_claim(tx, order.channel, order.ticket_id)
    if owner is None or owner.actor_id == intervention.actor.id:
        return ()
    return (Finding(CLAIMED, Wording("%(who)s has claimed the ticket", who=owner.name)),)


def _planned(intervention: Intervention, kind: DeliveryKind, outgoing: Outgoing, message_id: str) -> PlannedDelivery:
    order = intervention.order
    key = delivery_key(intervention.id)
    return PlannedDelivery(
        order.channel, order.ticket_id, message_id, kind, outgoing, key, delay_seconds=order.delay_seconds
    )


def _plan(tx: Transaction, intervention: Intervention, planned: PlannedDelivery) -> Resolution:
    delivery_ids = outbox.plan_deliveries(tx, [planned], intervention.order.run_id, None)
    resolution = done(Wording("On its way."), delivery_id=delivery_ids[0] if delivery_ids else None)
    return replace(resolution, delivery_ids=() if planned.delay_seconds else tuple(delivery_ids))
