"""A ticket read as a conversation: what of it is open, whose it is, and whether a person is owed.

The one place that says what "newest", "taken over", "answered" and "ours" mean; guards, pipeline, alert, last look and
channels ask here.

The **open conversation** is what the customer side has written, by hand, since the last public answer by an agent or by
an automatic reply of ours. Hand-overs, acknowledgements, third parties and machines never close it. A person is owed
as long as a message that was handed to people is open.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from desk.ticket import Message, PersonAct, PersonActKind, Role, Ticket


class Sent(StrEnum):
    """What a public message of ours was, by our own record."""

    REPLY = "reply"
    HANDOVER = "handover"
    PERSON = "person"
    """A person sent it through us: it is that person's, in everything."""


@dataclass(frozen=True, slots=True)
class OwnRecord:
    """What our own record says about a ticket, over its whole life.

    `sent` holds what became public, under the delivery's id and under the id that the channel gave it. `handed_over`
    are the ids of messages whose run gave the ticket to people; `answering` those that a reply or hand-over of ours
    answers already, or is about to; `alerted` those that people are alerted of.
    """

    sent: Mapping[str, Sent] = field(default_factory=dict)
    handed_over: frozenset[str] = frozenset()
    answering: frozenset[str] = frozenset()
    alerted: frozenset[str] = frozenset()
    closed_after: frozenset[str] = frozenset()
    """The messages after which a person closed the ticket as answered, through us."""
    switched_off: bool = False
    """A person turned Firstline off for the ticket."""
    claimed: bool = False
    """A person has claimed the ticket through us."""

    def has_grown(self, since: "OwnRecord") -> bool:
        """Has something else been decided about the ticket meanwhile?"""
        return not (
            self.handed_over <= since.handed_over
            and self.answering <= since.answering
            and self.alerted <= since.alerted
            and self.closed_after <= since.closed_after
            and self.switched_off <= since.switched_off
            and self.claimed <= since.claimed
        )


NO_RECORD = OwnRecord()


@dataclass(frozen=True, slots=True)
class Conversation:
    """Where a ticket's conversation stands. `open` is in order of time; `answer` is the public answer before it."""

    open: tuple[Message, ...] = ()
    answer: Message | None = None
    answered_by: Sent | None = None
    """What `answer` was, where it is ours; None for an agent's own."""
    taken_over: bool = False
    person_owed: bool = False
    rated_bad: bool = False
    """The customer rated an automatic reply as bad, and no person has answered since: one is owed."""

    @property
    def newest(self) -> Message | None:
        """The last message that is open."""
        return self.open[-1] if self.open else None

    @property
    def own(self) -> tuple[Message, ...]:
        """What the requester themselves wrote; the rest is by third parties."""
        return tuple(message for message in self.open if not message.third_party)


def read_conversation(ticket: Ticket, record: OwnRecord = NO_RECORD) -> Conversation:
    """The conversation as it stands.

    A person has the ticket once an agent has answered in public or it was assigned by hand, until it is given back;
    and once an agent has solved it, until the customer opens it again: then it is judged anew.
    """
    reading = _ConversationReader(record)
    for entry in _timeline(ticket, record):
        reading.step(entry)
    known_ids = {message.id for message in ticket.messages}
    open_ids = {message.id for message in (*reading.open, *reading.hidden)} | (record.handed_over - known_ids)
    person_owed = bool(record.handed_over & open_ids) or reading.rated_bad
    taken_over = reading.taken_over or record.claimed
    return Conversation(
        tuple(reading.open), reading.answer, reading.answered_by, taken_over, person_owed, reading.rated_bad
    )


def is_ours(message: Message, record: OwnRecord = NO_RECORD) -> bool:
    """Known by its delivery's id, never by its author: the token often belongs to a real agent."""
    return message.delivery_id is not None or message.id in record.sent


def is_written_by_hand(message: Message, record: OwnRecord = NO_RECORD) -> bool:
    """Did somebody of the customer side write it, in public and with their own hands?"""
    by_customer = message.role is Role.CUSTOMER and message.public and not message.automatic
    return by_customer and not is_ours(message, record)


def newest_customer_message(ticket: Ticket, record: OwnRecord = NO_RECORD) -> Message | None:
    """The last message that the requester wrote by hand, open or not; who is in copy is not the customer."""
    by_hand = (message for message in reversed(ticket.messages) if is_written_by_hand(message, record))
    return next((message for message in by_hand if not message.third_party), None)


def newest_message_of_customer_side(ticket: Ticket, record: OwnRecord = NO_RECORD) -> Message | None:
    """The same, by the requester or by somebody in copy: what there is to be worked on."""
    return next((message for message in reversed(ticket.messages) if is_written_by_hand(message, record)), None)


def last_word(ticket: Ticket, record: OwnRecord = NO_RECORD) -> Message | None:
    """The last message that the customer side or a person wrote by hand in public, or an automatic reply of ours: what
    whoever answers now answers to. A person's reply is bound to it, so that none leaves upon another conversation than
    the person saw."""
    return next((message for message in reversed(ticket.messages) if _is_word(message, record)), None)


def _is_word(message: Message, record: OwnRecord) -> bool:
    if message.role is Role.CUSTOMER or not message.public or message.automatic:
        return is_written_by_hand(message, record)
    return sent_kind(message, record) in (Sent.REPLY, Sent.PERSON) if is_ours(message, record) else True


def sent_kind(message: Message, record: OwnRecord) -> Sent | None:
    """What our record says it was; None for what is not ours, or not known to us any more."""
    return record.sent.get(message.delivery_id or "") or record.sent.get(message.id)


@dataclass(slots=True)
class _ConversationReader:
    """The conversation up to some moment."""

    record: OwnRecord
    open: list[Message] = field(default_factory=list)
    answer: Message | None = None
    answered_by: Sent | None = None
    taken_over: bool = False
    solved: bool = False
    rated_bad: bool = False
    hidden: list[Message] = field(default_factory=list)
    """Of the customer side and made private since: not to be answered, and who earned a person by it still has."""

    def step(self, entry: Message | PersonAct) -> None:
        if isinstance(entry, PersonAct):
            self._apply_act(entry.kind)
        elif is_written_by_hand(entry, self.record):
            self._add_customer_message(entry)
        elif is_written_by_hand(replace(entry, public=True), self.record):
            self.hidden.append(entry)
        elif entry.public and not entry.automatic:
            self._apply_answer(entry)

    def _apply_act(self, kind: PersonActKind) -> None:
        if kind is PersonActKind.RATED_GOOD:
            return
        if kind is PersonActKind.RATED_BAD:
            answered_by_us_alone = self.answered_by is Sent.REPLY and (self.solved or not self.taken_over)
            self.rated_bad = self.rated_bad or answered_by_us_alone
            return
        if kind is PersonActKind.SOLVED:
            self.open, self.hidden, self.solved, self.rated_bad = [], [], True, False
        self.taken_over = kind is not PersonActKind.GIVEN_BACK

    def _add_customer_message(self, message: Message) -> None:
        if self.solved:
            self.taken_over = self.solved = False
        self.open.append(message)

    def _apply_answer(self, message: Message) -> None:
        """A hand-over of ours, or a message that bears our mark and that we have no record of, closes nothing."""
        own_kind = sent_kind(message, self.record)
        by_agent = message.role is Role.AGENT and not is_ours(message, self.record)
        if by_agent or own_kind is Sent.PERSON:
            self.taken_over, self.rated_bad = True, False
        elif own_kind is not Sent.REPLY:
            return
        self.open, self.hidden, self.answer, self.answered_by = [], [], message, own_kind


def _timeline(ticket: Ticket, record: OwnRecord) -> Iterable[Message | PersonAct]:
    closings = [
        PersonAct(PersonActKind.SOLVED, place)
        for place, message in enumerate(ticket.messages, start=1)
        if message.id in record.closed_after
    ]
    acts = sorted([*closings, *ticket.acts], key=lambda act: act.place)  # a rating is read after the closing it is of
    for index, message in enumerate(ticket.messages):
        while acts and acts[0].place <= index:
            yield acts.pop(0)
        yield message
    yield from acts
