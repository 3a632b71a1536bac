"""What our own record knows of a ticket, over its whole life and never from the window of messages that is read: which
public messages were ours, which messages were handed to people, and how often we have spoken."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Row

from desk.conversation import OwnRecord, Sent
from desk.delivery import DeliveryKind, DeliveryState
from desk.platform.database import Transaction
from desk.policy.policy import Policy
from desk.reasons import Stop
from workers import record, ticket_control
from workers.pipeline.turns import Turns, text_fingerprint
from workers.queue import outbox
from workers.queue.outbox import BY_A_PERSON, PUBLIC, TAKEN_BACK


def read_own_record(tx: Transaction, channel: str, ticket_id: str, current_delivery: str | None = None) -> OwnRecord:
    """Our record of a ticket; `current_delivery`, a delivery's id, does not count as an answer that is under way."""
    rows = outbox.deliveries_that_count(tx, channel, ticket_id)
    our_record = _build_own_record(rows, record.was_handed_over(tx, channel, ticket_id), current_delivery)
    return _with_control(tx, our_record, channel, ticket_id)


def read_record_and_turns(
    tx: Transaction,
    channel: str,
    ticket_id: str,
    requester: str | None,
    policy: Policy,
    current_delivery: str | None = None,
) -> tuple[OwnRecord, Turns]:
    """Our record of a ticket, and the turns that count: with `current_delivery`, those planned before it alone."""
    rows = outbox.deliveries_that_count(tx, channel, ticket_id)
    requester_rows = outbox.deliveries_to_requester(tx, requester, policy.limits.requester_minutes) if requester else ()
    our_record = _build_own_record(rows, record.was_handed_over(tx, channel, ticket_id), current_delivery)
    our_record = _with_control(tx, our_record, channel, ticket_id)
    return our_record, _count_turns(tx, rows, requester_rows, policy, current_delivery)


def _build_own_record(rows: Sequence[Row[Any]], handed_over: frozenset[str], current_delivery: str | None) -> OwnRecord:
    public = [row for row in rows if row.kind in PUBLIC]
    sent = {name: _sent_kind(row) for row in public for name in (row.id, row.foreign_id) if name}
    answering = {row.message_id for row in public if row.state not in TAKEN_BACK and row.id != current_delivery}
    alerted = {row.message_id for row in rows if row.kind == DeliveryKind.ALERT and row.state not in TAKEN_BACK}
    closed_after = {row.message_id for row in rows if row.kind == DeliveryKind.STATUS and _is_closing(row)}
    rejected = {row.message_id for row in public if _is_rejected(row)}
    return OwnRecord(sent, handed_over | rejected, frozenset(answering), frozenset(alerted), frozenset(closed_after))


def _with_control(tx: Transaction, our_record: OwnRecord, channel: str, ticket_id: str) -> OwnRecord:
    switched_off, claimed = ticket_control.switched_off_and_claimed(tx, channel, ticket_id)
    return replace(our_record, switched_off=switched_off, claimed=claimed)


def _is_rejected(row: Row[Any]) -> bool:
    """A person rejected an automatic reply before it left: the message is people's to answer."""
    return (
        row.state == DeliveryState.WITHDRAWN and row.reason == Stop.TAKEN_BACK and not row.key.startswith(BY_A_PERSON)
    )


def _is_closing(row: Row[Any]) -> bool:
    """A person closed the ticket as answered. A status that was put back closes nothing."""
    return bool(row.key.startswith(BY_A_PERSON) and row.state == DeliveryState.SENT)


def _sent_kind(row: Row[Any]) -> Sent:
    if row.key.startswith(BY_A_PERSON):
        return Sent.PERSON
    return Sent.REPLY if row.kind == DeliveryKind.REPLY else Sent.HANDOVER


def _count_turns(
    tx: Transaction,
    rows: Sequence[Row[Any]],
    requester_rows: Sequence[Row[Any]],
    policy: Policy,
    current_delivery: str | None,
) -> Turns:
    """Ids are UUIDs of version 7, so they stand in the order in which they were planned."""
    replies = [row for row in rows if _is_automatic(row, current_delivery) and row.state not in TAKEN_BACK]
    since = datetime.now(UTC) - timedelta(minutes=policy.limits.ticket_minutes)
    return Turns(
        on_ticket=len(replies),
        on_ticket_lately=sum(row.created_at >= since for row in replies),
        to_requester_lately=sum(_is_automatic(row, current_delivery) for row in requester_rows),
        answered=frozenset(text for row in replies for text in row.answers),
        reply_fingerprints=frozenset(row.says for row in replies if row.says),
        handed_over=sum(row.kind == DeliveryKind.HANDOVER for row in requester_rows),
        fingerprint=lambda text: tx.sealer.lookup(text_fingerprint(text)),
    )


def _is_automatic(row: Row[Any], current_delivery: str | None) -> bool:
    planned_before = current_delivery is None or row.id < current_delivery
    return row.kind == DeliveryKind.REPLY and not row.key.startswith(BY_A_PERSON) and planned_before
