"""Acts of people on tickets: each stored before anything happens, once for each press, and what came of it.

A face's own id of the press makes it unique, so a press that is sent twice is one act. `processing/interventions`
carries them out.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Row, func, select, update
from sqlalchemy.dialects.postgresql import insert

from desk.delivery import Delivery
from desk.errors import Refused
from desk.intervention import Actor, BadOrder, Face, InterventionResult, Order, ResultStatus, check_order
from desk.party import PartyAccess
from desk.platform.database import Transaction
from desk.text.wording import Wording
from desk.ticket import new_id
from workers import record
from workers.audit import record_audit
from workers.queue import leases, person_deliveries
from workers.queue.outbox import BY_A_PERSON
from workers.tables import interventions

_order = TypeAdapter(Order)
_actor = TypeAdapter(Actor)
_result = TypeAdapter(InterventionResult)


@dataclass(frozen=True, slots=True)
class Intervention:
    """One act and what became of it. `result` is None until it was carried out; `waits_for` names the party that it
    waits for. `claim_id` is set for whoever holds it."""

    id: str
    account: str
    face: Face
    actor: Actor
    order: Order
    created_at: datetime
    attempts: int = 0
    done_at: datetime | None = None
    result: InterventionResult | None = None
    error: str | None = None
    waits_for: str | None = None
    claim_id: str | None = None
    away: frozenset[PartyAccess] = frozenset()


def add_intervention(tx: Transaction, face: Face, external_id: str, actor: Actor, order: Order) -> Intervention:
    """Store an act; the one that is stored already where this press came before. Enqueue after the commit.

    Raises Refused: 404 for a ticket that this account has not, 409 where the same press ordered something else, 422 for
    an order that lacks something.
    """
    check_order(order)
    if record.get_ticket_line(tx, order.channel, order.ticket_id) is None:
        raise Refused(Wording("no such ticket"), status=404)
    if order.run_id and face is not Face.NOTE and not _is_run_of_ticket(tx, order):  # a note names none
        raise BadOrder({"run_id": "names no draft of this ticket"})
    values = {
        "account_id": tx.account,
        "id": new_id(),
        "face": face,
        "external_id": _external_hash(tx, actor, external_id),
        "kind": order.kind,
        "channel": order.channel,
        "ticket_id": order.ticket_id,
        "actor_id": actor.id,
        "actor": tx.seal(_actor.dump_json(actor).decode()),
        "body": tx.seal(_order.dump_json(order).decode()),
        "state": "waiting",
        "enqueued_at": func.now(),
    }
    row = tx.execute(insert(interventions).values(values).on_conflict_do_nothing().returning(interventions)).first()
    if row is not None:
        _write_down(tx, str(values["id"]), actor, order)
        return _from_row(tx, row)
    conditions = (interventions.c.face == face, interventions.c.external_id == values["external_id"])
    stored = _from_row(tx, tx.execute(select(interventions).where(*conditions)).one())
    if stored.order != order:
        raise Refused(Wording("the same press was used for another act: press anew"), status=409)
    return stored


def _write_down(tx: Transaction, intervention_id: str, actor: Actor, order: Order) -> None:
    """For whoever asks one day who did what. Texts stay with the act."""
    parts = (order.comment, order.value, "though something was found" if order.override else "")
    place = {"channel": order.channel, "ticket_id": order.ticket_id, "subject": intervention_id}
    record_audit(tx, actor, order.kind, detail="; ".join(part for part in parts if part), **place)


def claim_intervention(tx: Transaction, intervention_id: str, worker: str, seconds: float) -> Intervention | None:
    """Take an act; None if another worker has it, or it is done."""
    row = leases.take_row(tx, interventions, intervention_id, "claimed", worker, seconds)
    return _from_row(tx, row) if row else None


def finish_intervention(tx: Transaction, intervention: Intervention, result: InterventionResult) -> bool:
    """Close the act with what came back; False if it was lost meanwhile, and then nothing else of this transaction may
    stay."""
    values = leases.released_values("done") | {
        "status": result.status,
        "result": tx.seal(_result.dump_json(result).decode()),
        "done_at": func.now(),
        "error": None,
    }
    return leases.write_claimed(tx, interventions, intervention.id, intervention.claim_id or "", values)


def cancel_waiting(tx: Transaction, intervention_id: str, why: Wording) -> bool:
    """End an act that nobody has begun to carry out; False where somebody has."""
    c = interventions.c
    result = InterventionResult(ResultStatus.REFUSED, why)
    values = leases.released_values("done") | {
        "status": result.status,
        "result": tx.seal(_result.dump_json(result).decode()),
        "done_at": func.now(),
    }
    is_untouched = (c.id == intervention_id, c.state == "waiting")
    return tx.execute(update(interventions).where(*is_untouched).values(values)).rowcount == 1


def renew_lease(tx: Transaction, intervention: Intervention, seconds: float) -> bool:
    """Keep the act while it is thought about; False if it was lost meanwhile."""
    return leases.renew_lease(tx, interventions, intervention.id, intervention.claim_id or "", seconds)


def postpone_intervention(
    tx: Transaction, intervention: Intervention, seconds: float, why: str, *, tried: bool, waits_for: str | None = None
) -> bool:
    """Put the act back for later, or until a party is back."""
    values = leases.retry_values(seconds, None if tried else interventions) | {"error": why}
    values |= leases.waiting_values(interventions, waits_for)
    return leases.write_claimed(tx, interventions, intervention.id, intervention.claim_id or "", values)


def release_party(tx: Transaction, party: str) -> int:
    """The party is back: what people ordered goes on, the oldest first."""
    waits = interventions.c.waits_for == party
    return leases.release_waiting_rows(tx, interventions, interventions.c.created_at, waits)


def get_intervention(tx: Transaction, intervention_id: str) -> Intervention | None:
    """One act, or None."""
    row = tx.execute(select(interventions).where(interventions.c.id == intervention_id)).one_or_none()
    return _from_row(tx, row) if row else None


def interventions_of_ticket(tx: Transaction, channel: str, ticket_id: str) -> list[Intervention]:
    """All acts on a ticket, oldest first."""
    conditions = (interventions.c.channel == channel, interventions.c.ticket_id == ticket_id)
    query = select(interventions).where(*conditions).order_by(interventions.c.id)
    return [_from_row(tx, row) for row in tx.execute(query)]


def recent_interventions(tx: Transaction, actor_id: str, seconds: float, most: int) -> list[Intervention]:
    """What somebody ordered in the last seconds, the newest first."""
    c = interventions.c
    since = func.now() - func.make_interval(0, 0, 0, 0, 0, 0, seconds)
    query = select(interventions).where(c.actor_id == actor_id, c.created_at >= since)
    return [_from_row(tx, row) for row in tx.execute(query.order_by(c.created_at.desc()).limit(most))]


def delivery_key(intervention_id: str) -> str:
    """How a delivery is named that an act ordered; `PlannedDelivery.order`."""
    return f"{BY_A_PERSON}{intervention_id}"


def deliveries_of_acts(tx: Transaction, acts: Sequence[Intervention]) -> dict[str, Delivery]:
    """What each of these acts had planned, by the act's id; nothing for an act that planned nothing."""
    keys = {f"{delivery_key(act.id)}:{act.order.channel}:{act.order.ticket_id}": act.id for act in acts}
    return {keys[key]: delivery for key, delivery in person_deliveries.deliveries_by_key(tx, list(keys)).items()}


def rival_reply(tx: Transaction, intervention: Intervention, message_id: str) -> Intervention | None:
    """Another act whose reply to this message is out or on its way."""
    order = intervention.order
    for delivery in person_deliveries.person_replies(tx, order.channel, order.ticket_id, message_id):
        rival_id = delivery.key.removeprefix(BY_A_PERSON).split(":", 1)[0]
        if rival_id != intervention.id:
            return get_intervention(tx, rival_id)
    return None


def _is_run_of_ticket(tx: Transaction, order: Order) -> bool:
    run = record.get_run(tx, order.run_id) if order.run_id else None
    return run is not None and (run.channel, run.ticket_id) == (order.channel, order.ticket_id)


def _external_hash(tx: Transaction, actor: Actor, external_id: str) -> str:
    """Two people's ids cannot meet."""
    return tx.sealer.lookup(hashlib.sha256(f"{actor.id}\n{external_id}".encode("utf-8", "replace")).hexdigest())


def _from_row(tx: Transaction, row: Row[Any]) -> Intervention:
    return Intervention(
        id=row.id,
        account=row.account_id,
        face=Face(row.face),
        actor=_actor.validate_json(tx.open(row.actor)),
        order=_order.validate_json(tx.open(row.body)),
        created_at=row.created_at,
        attempts=row.attempts,
        done_at=row.done_at,
        result=_result.validate_json(tx.open(row.result)) if row.result else None,
        error=row.error,
        waits_for=row.waits_for,
        claim_id=row.claim_id,
        away=leases.parties_away(row),
    )
