"""What a customer types into the form, and what is wrong with it."""

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, fields

from desk.text.tokenizer import clean
from desk.text.wording import Wording
from desk.ticket import Priority, Requester
from workers.tickets import NewTicket

MOST = {"name": 120, "email": 254, "customer_id": 120, "subject": 200, "message": 20_000}
"""Characters per field. 254 is the longest address that mail can carry (RFC 5321, erratum 1690)."""

ABSENT = {
    "customer_id": Wording("Please give a customer id."),
    "subject": Wording("Please give a subject."),
}
_ADDRESS = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


@dataclass(frozen=True, slots=True)
class TicketForm:
    """The form as typed; the defaults let a visitor of the demo start at once, as another customer each time: two
    open tickets of one customer on one matter are one conversation."""

    name: str = "Robin Example"
    email: str = field(default_factory=lambda: f"robin-{secrets.token_hex(3)}@example.com")
    customer_id: str = field(default_factory=lambda: f"visitor-{secrets.token_hex(4)}")
    subject: str = ""
    message: str = ""
    priority: str = Priority.NORMAL.value

    @property
    def ticket(self) -> NewTicket:
        """What is stored; only for a form without faults."""
        requester = Requester(self.customer_id, self.name or None, self.email or None)
        return NewTicket(requester, self.subject, self.message, Priority(self.priority), via="form")


def read_ticket_form(form: Mapping[str, str]) -> TicketForm:
    """The fields that were sent, made safe; one that was not sent keeps its default."""
    sent_values = {
        form_field.name: clean(form[form_field.name]) for form_field in fields(TicketForm) if form_field.name in form
    }
    return TicketForm(
        **{name: text if name == "message" else " ".join(text.split()) for name, text in sent_values.items()}
    )


def form_faults(ticket_form: TicketForm) -> dict[str, str]:
    """What to say at which field; empty if all is well."""
    faults = {name: fault for name in MOST if (fault := length_fault(getattr(ticket_form, name), MOST[name]))}
    faults |= {name: fault for name, fault in ABSENT.items() if not getattr(ticket_form, name)}
    if ticket_form.email and not _ADDRESS.fullmatch(ticket_form.email):
        faults.setdefault("email", Wording("This does not look like an e-mail address, such as robin@example.com."))
    if not ticket_form.message.strip():
        faults["message"] = Wording("Please write what we can help with.")
    if ticket_form.priority not in set(Priority):
        faults["priority"] = Wording("Please choose one of these.")
    return faults


def message_fault(text: str) -> str | None:
    """What is wrong with a follow-up."""
    if not text.strip():
        return Wording("Please write your message first.")
    return length_fault(text, MOST["message"])


def length_fault(text: str, max_length: int) -> str | None:
    """Says by how much a text is too long."""
    if len(text) <= max_length:
        return None
    return Wording(
        "This is %(length)s characters long; %(most)s fit. Please shorten it a little.",
        length=len(text),
        most=max_length,
    )
