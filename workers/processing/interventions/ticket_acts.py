"""Acts that take nothing but a transaction: claim, release, off and on, corrections, and what is taken back."""

from collections.abc import Iterable

from desk.delivery import DeliveryKind
from desk.feedback.feedback import Feedback, FeedbackKind, Thumbs
from desk.platform.database import Transaction
from desk.reasons import STOPS, Reason, Stop
from desk.run import Finding
from desk.text.redaction import redact
from desk.text.wording import Wording
from desk.ticket import TicketState
from workers import interventions, own_record, proposed_entries, record, ticket_control
from workers.dependencies import Dependencies
from workers.insights import run_feedback
from workers.interventions import Intervention
from workers.pipeline.guards import OFF_TAG
from workers.processing.interventions.replies import fetch_seen, went_on_since
from workers.processing.interventions.resolution import Effect, Resolution, done, effect_of, refused, unconfirmed
from workers.queue import inbox, person_deliveries
from workers.queue.outbox import TAKEN_BACK
from workers.tickets import CHANNEL

WAITING_REPLY = (DeliveryKind.REPLY,)
NOTHING_TO_UNDO = Wording("There is nothing to take back.")
WITH_PEOPLE = (DeliveryKind.ALERT, DeliveryKind.HANDOVER)


def claim(tx: Transaction, intervention: Intervention) -> Resolution:
    """Make the ticket the person's; the first wins."""
    order, actor = intervention.order, intervention.actor
    if ticket_control.claim_ticket(tx, order.channel, order.ticket_id, actor.id, actor.name):
        return done(Wording("The ticket is yours."))
    owner = ticket_control.get_claim(tx, order.channel, order.ticket_id)
    return refused(
        Wording("%(who)s has the ticket since %(since)s.", who=owner.name, since=owner.since)
        if owner
        else Wording("Not claimed.")
    )


def release(tx: Transaction, intervention: Intervention) -> Resolution:
    """Give the ticket back to all; somebody else's takes one more press."""
    order = intervention.order
    actor_id = None if order.override else intervention.actor.id
    if ticket_control.release_ticket(tx, order.channel, order.ticket_id, actor_id):
        _work_again(tx, order.channel, order.ticket_id)
        return done(Wording("The ticket is free again."))
    owner = ticket_control.get_claim(tx, order.channel, order.ticket_id)
    if owner is None:
        return refused(Wording("Nobody has the ticket, so nothing was changed."))
    return unconfirmed(
        Wording("Press once more to release it all the same."),
        (Finding("claimed", Wording("%(who)s has it", who=owner.name)),),
    )


def _work_again(tx: Transaction, channel: str, ticket_id: str) -> None:
    """A message that was left to whoever had the ticket is judged anew."""
    message_id = inbox.last_message(tx, channel, ticket_id)
    if message_id and message_id not in own_record.read_own_record(tx, channel, ticket_id).answering:
        inbox.reprocess_message(tx, channel, message_id)


def turn_off(tx: Transaction, intervention: Intervention) -> Resolution:
    """Firstline answers nothing on the ticket from this second; a reply that waits is taken back. Who needs a person is
    still heard."""
    order = intervention.order
    if not ticket_control.set_switched_off(tx, order.channel, order.ticket_id, True):
        return refused(Wording("Firstline was off for this ticket already."))
    if person_deliveries.withdraw_waiting(tx, order.channel, order.ticket_id, WAITING_REPLY, Stop.SWITCHED_OFF):
        record.set_ticket_state(tx, order.channel, order.ticket_id, TicketState.ESCALATED)
        return done(
            Wording(
                "Firstline answers nothing here any more. A reply that waited was taken back: a person has to answer."
            )
        )
    return done(
        Wording("Firstline answers nothing here any more. You are still told when the customer needs a person.")
    )


def turn_on(tx: Transaction, intervention: Intervention) -> Resolution:
    """The customer's next message is worked on again."""
    order = intervention.order
    if not ticket_control.set_switched_off(tx, order.channel, order.ticket_id, False):
        return refused(Wording("Firstline was on for this ticket already."))
    works_again = Wording("Firstline works on this ticket again, from the customer's next message on.")
    if order.channel == CHANNEL:
        return done(works_again)
    return done(Wording("%(done)s A tag %(tag)s still keeps it off: remove it there.", done=works_again, tag=OFF_TAG))


def undo(tx: Transaction, intervention: Intervention) -> Resolution:
    """Take a reply back that has not left. Undo and the worker that sends race in one row: one of them wins."""
    target = _act_to_undo(tx, intervention)
    if target is None:
        return refused(NOTHING_TO_UNDO)
    planned = interventions.deliveries_of_acts(tx, [target]).get(target.id)
    if planned is None:
        return _undo_waiting_act(tx, target)
    if person_deliveries.take_back(tx, planned.id):
        inbox.reprocess_message(tx, planned.channel, planned.message_id, inbox.LEFT_TO_PERSON)
        return done(Wording("Taken back. Nothing was sent."))
    if planned.state in TAKEN_BACK:
        return refused(Wording("It does not leave anyhow: there is nothing to take back."))
    return refused(Wording("Too late: the reply is on its way, or out."))


def _act_to_undo(tx: Transaction, intervention: Intervention) -> Intervention | None:
    """Of this very ticket."""
    order = intervention.order
    target = interventions.get_intervention(tx, order.target_id) if order.target_id else None
    is_here = target is not None and (target.order.channel, target.order.ticket_id) == (order.channel, order.ticket_id)
    return target if is_here else None


def _undo_waiting_act(tx: Transaction, target: Intervention) -> Resolution:
    """The act was not carried out yet: it never will be."""
    if interventions.cancel_waiting(tx, target.id, Wording("Taken back before it was carried out.")):
        return done(Wording("Taken back. Nothing was sent."))
    return refused(NOTHING_TO_UNDO)


def reject(tx: Transaction, intervention: Intervention) -> Resolution:
    """The draft is of no use. Were it about to leave by itself, it stays, and the customer is people's to answer."""
    order = intervention.order
    withdrawn_count = person_deliveries.withdraw_waiting(
        tx, order.channel, order.ticket_id, WAITING_REPLY, Stop.TAKEN_BACK, run_id=order.run_id
    )
    if withdrawn_count:
        record.set_ticket_state(tx, order.channel, order.ticket_id, TicketState.ESCALATED)
        return done(Wording("Rejected, and not sent. The customer waits for an answer by a person."))
    return done(Wording("Rejected. The reason is kept with the draft."))


def not_an_escalation(deps: Dependencies, intervention: Intervention) -> Effect:
    """Nobody needs to be alerted of what the person saw: what waits is taken back, and the ticket leaves the list. What
    came up meanwhile they did not see, so it stands."""
    order = intervention.order
    seen = fetch_seen(deps, intervention, "")
    if seen.stop or (seen.findings and not order.override):
        why = STOPS[seen.stop] if seen.stop else seen.findings[0].detail
        return effect_of(refused(Wording("%(why)s. Nothing was changed.", why=why)))

    def write(tx: Transaction) -> Resolution:
        record.lock_ticket(tx, order.channel, order.ticket_id)
        line = record.get_ticket_line(tx, order.channel, order.ticket_id)
        if line is None or line.state is not TicketState.ESCALATED:
            return refused(Wording("The ticket is not escalated, so nothing was changed."))
        if went_on_since(tx, intervention, seen):
            return refused(
                Wording("The ticket went on meanwhile: look at the conversation as it is now. Nothing was changed.")
            )
        person_deliveries.withdraw_waiting(tx, order.channel, order.ticket_id, WITH_PEOPLE, Stop.TAKEN_BACK)
        record.set_ticket_state(tx, order.channel, order.ticket_id, TicketState.NOTED)
        return done(Wording("Noted: this needed no person."))

    return write


def correct_category(deps: Dependencies, intervention: Intervention) -> Effect:
    """What the ticket is really about: one of the policy's categories."""
    order = intervention.order
    categories = deps.policies.get(intervention.account).policy.categories
    if order.value not in categories:
        return effect_of(
            refused(
                Wording("The policy has no such category. It has: %(categories)s.", categories=", ".join(categories))
            )
        )

    def write(tx: Transaction) -> Resolution:
        record.set_ticket_state(tx, order.channel, order.ticket_id, None, category=order.value)
        return done(Wording("The category is %(category)s now.", category=order.value))

    return write


def correct_reason(tx: Transaction, intervention: Intervention) -> Resolution:
    """A reason of a decision was wrong; what is kept of it is this act."""
    order = intervention.order
    if order.value not in set(Reason):
        return refused(Wording("There is no reason %(reason)s.", reason=order.value))
    return done(Wording("Noted: the reason was wrong."))


def teach(tx: Transaction, intervention: Intervention) -> Resolution:
    """A proposal for the knowledge, without personal data; a lead looks at it."""
    order = intervention.order
    asked_in = proposed_entries.read_taught_tickets(tx, order.question_ids)
    names = _requester_names(tx, {(order.channel, order.ticket_id), *asked_in})
    question, answer = redact(order.question, names), redact(order.text, names)
    values = (order.channel, order.ticket_id, question, answer, intervention.actor.name)
    if proposed_entries.propose_entry(tx, *values, question_ids=order.question_ids) is None:
        return refused(Wording("An entry was proposed for these questions already, so nothing was added."))
    return done(Wording("Proposed. A lead will look at it."), answer=answer)


def _requester_names(tx: Transaction, ticket_keys: Iterable[tuple[str, str]]) -> list[str]:
    lines = (record.get_ticket_line(tx, channel, ticket_id) for channel, ticket_id in ticket_keys)
    return sorted({line.requester.name for line in lines if line and line.requester and line.requester.name})


def rate(tx: Transaction, intervention: Intervention) -> Resolution:
    """Thumbs up or down for a draft; each person's last word holds."""
    order = intervention.order
    if order.value not in set(Thumbs):
        return refused(Wording("A draft is rated up or down."))
    run = record.get_run(tx, order.run_id or "")
    if run is None or (run.channel, run.ticket_id) != (order.channel, order.ticket_id):
        return refused(Wording("There is no such draft any more."))
    verdict = Feedback(
        run.id, FeedbackKind.THUMBS, intervention.actor.id, intervention.created_at, order.value, comment=order.comment
    )
    run_feedback.replace_feedback(tx, (order.channel, order.ticket_id), [verdict])
    return done(Wording("Noted. Thank you."))
