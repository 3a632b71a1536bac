"""Who carries out which act: one line each."""

from collections.abc import Mapping

from desk.intervention import InterventionKind
from workers.processing.interventions import drafting, replies, ticket_acts
from workers.processing.interventions.resolution import Handler, at_once

HANDLERS: Mapping[InterventionKind, Handler] = {
    InterventionKind.CLAIM: at_once(ticket_acts.claim),
    InterventionKind.RELEASE: at_once(ticket_acts.release),
    InterventionKind.SEND: replies.send,
    InterventionKind.EDIT_AND_SEND: replies.edit_and_send,
    InterventionKind.UNDO: at_once(ticket_acts.undo),
    InterventionKind.REJECT: at_once(ticket_acts.reject),
    InterventionKind.REGENERATE: drafting.regenerate,
    InterventionKind.ASK: drafting.ask,
    InterventionKind.CLOSE: replies.close,
    InterventionKind.NOT_AN_ESCALATION: ticket_acts.not_an_escalation,
    InterventionKind.TURN_OFF: at_once(ticket_acts.turn_off),
    InterventionKind.TURN_ON: at_once(ticket_acts.turn_on),
    InterventionKind.CORRECT_CATEGORY: ticket_acts.correct_category,
    InterventionKind.CORRECT_REASON: at_once(ticket_acts.correct_reason),
    InterventionKind.TEACH: at_once(ticket_acts.teach),
    InterventionKind.RATE: at_once(ticket_acts.rate),
}
