"""Codes as people read them: each state, kind and level in a word. A code that the policy's author made up is its own
word."""

from collections.abc import Mapping
from enum import StrEnum

from desk.delivery import DeliveryState
from desk.run import Level, Stage
from desk.text.wording import Wording
from desk.ticket import EventKind, ItemState, Priority, TicketState, TicketStatus
from integration.access.permissions import StaffRole

CODE_WORDS: Mapping[type[StrEnum], Mapping[str, Wording]] = {
    TicketState: {
        TicketState.RECEIVED: Wording("received"),
        TicketState.ANSWERED: Wording("answered"),
        TicketState.NOTED: Wording("noted"),
        TicketState.ESCALATED: Wording("escalated"),
        TicketState.OBSERVED: Wording("observed"),
        TicketState.STEPPED_BACK: Wording("stepped back"),
        TicketState.CONFIRMED: Wording("confirmed"),
        TicketState.PARKED: Wording("parked"),
    },
    ItemState: {
        ItemState.WAITING: Wording("waiting"),
        ItemState.CLAIMED: Wording("claimed"),
        ItemState.DONE: Wording("done"),
        ItemState.PARKED: Wording("parked"),
    },
    EventKind: {
        EventKind.CUSTOMER_MESSAGE: Wording("customer message"),
        EventKind.AGENT_MESSAGE: Wording("agent message"),
        EventKind.AGENT_NOTE: Wording("agent note"),
        EventKind.TICKET_CHANGED: Wording("ticket changed"),
        EventKind.ASSIGNED: Wording("assigned"),
        EventKind.RATING: Wording("rating"),
        EventKind.BOUNCE: Wording("bounce"),
    },
    Stage: {
        Stage.CLASSIFY: Wording("classify"),
        Stage.RETRIEVE: Wording("retrieve"),
        Stage.DRAFT: Wording("draft"),
        Stage.VALIDATE: Wording("validate"),
        Stage.DECIDE: Wording("decide"),
    },
    DeliveryState: {
        DeliveryState.WAITING: Wording("waiting"),
        DeliveryState.SENDING: Wording("sending"),
        DeliveryState.SENT: Wording("sent"),
        DeliveryState.FAILED: Wording("failed"),
        DeliveryState.UNKNOWN: Wording("unknown"),
        DeliveryState.WITHDRAWN: Wording("withdrawn"),
    },
    Level: {
        Level.OBSERVE: Wording("observe"),
        Level.DRAFT: Wording("draft"),
        Level.AUTO: Wording("auto"),
    },
    Priority: {
        Priority.LOW: Wording("low"),
        Priority.NORMAL: Wording("normal"),
        Priority.HIGH: Wording("high"),
        Priority.URGENT: Wording("urgent"),
    },
    TicketStatus: {
        TicketStatus.OPEN: Wording("open"),
        TicketStatus.PENDING: Wording("pending"),
        TicketStatus.SOLVED: Wording("solved"),
        TicketStatus.CLOSED: Wording("closed"),
    },
    StaffRole: {
        StaffRole.VIEWER: Wording("viewer"),
        StaffRole.AGENT: Wording("agent"),
        StaffRole.ADMIN: Wording("admin"),
    },
}

CHECK_WORDS: Mapping[str, Wording] = {
    "claimed": Wording("claimed"),
    "contradiction": Wording("contradiction"),
    "conversation_went_on": Wording("conversation went on"),
    "empty": Wording("empty"),
    "empty_promise": Wording("empty promise"),
    "foreign_markup": Wording("foreign markup"),
    "internal_source": Wording("internal source"),
    "leak": Wording("leak"),
    "leftover_template": Wording("leftover template"),
    "ordering_source": Wording("ordering source"),
    "rejected": Wording("rejected"),
    "sent_before": Wording("sent before"),
    "source_changed": Wording("source changed"),
    "too_long": Wording("too long"),
    "turned_negation": Wording("turned negation"),
    "uncited": Wording("uncited"),
    "unfounded_figure": Wording("unfounded figure"),
    "unfounded_name": Wording("unfounded name"),
    "unknown_citation": Wording("unknown citation"),
    "unsupported": Wording("unsupported"),
    "wrong_language": Wording("wrong language"),
}
"""What was found in a draft (`desk.run.Finding.check`)."""

PLAIN_WORDS: Mapping[str, Wording] = {
    "public": Wording("public"),
    "internal": Wording("internal"),
    "policy": Wording("policy"),
    "knowledge": Wording("knowledge"),
    "prompts": Wording("prompts"),
    "product": Wording("product"),
    "unknown": Wording("unknown"),
    "added": Wording("added"),
    "changed": Wording("changed"),
    "unchanged": Wording("unchanged"),
    "removed": Wording("removed"),
}
"""Codes that are of no enumeration: audiences, what versions are of, what a sync did."""

_LOOSE_WORDS = {**CHECK_WORDS, **PLAIN_WORDS}


def word_of(code: str) -> str:
    """A code in words."""
    if isinstance(code, Wording):
        return code
    known = CODE_WORDS.get(type(code), {}) if isinstance(code, StrEnum) else _LOOSE_WORDS
    return known.get(str(code)) or str(code).replace("_", " ")
