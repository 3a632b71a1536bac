"""The acts of agents, by the API."""

from http import HTTPStatus
from uuid import UUID

from flask import Response, g, request, url_for

from desk.errors import Refused
from desk.intervention import Actor, BadOrder, Face, InterventionKind, Order, order_faults
from desk.platform.database import Database
from desk.ticket import new_id
from integration.access.api_tokens import ApiCaller
from integration.access.idempotency import HEADER, read_key
from integration.api.request_models import InterventionIn
from integration.api.serializers import show_act
from integration.api.validation import read_body
from integration.api.views import answer
from integration.web.enqueue import Enqueue, enqueue_quietly
from integration.web.intervention_status import show_interventions
from workers import interventions
from workers.tickets import CHANNEL


class InterventionViews:
    """Acts on tickets of the API's own channel. A press is known by its Idempotency-Key, for ever."""

    def __init__(self, db: Database, enqueue: Enqueue, max_body_bytes: int) -> None:
        self._db = db
        self._enqueue = enqueue
        self._max_body_bytes = max_body_bytes

    def intervene(self, ticket_id: UUID) -> Response:
        """Take an act in."""
        caller: ApiCaller = g.caller
        body = read_body(request, InterventionIn, self._max_body_bytes)
        press_id = read_key(request.headers.get(HEADER)) or new_id()
        actor = Actor.of(body.agent_name, body.agent_email, f"token:{caller.token_id}:{body.agent_name}")
        order = _order(body, str(ticket_id))
        if body.kind is InterventionKind.EDIT_AND_SEND and not body.seen_message_id:
            seen = {"seen_message_id": "is needed for edit_and_send: what is the last message that you saw?"}
            raise BadOrder(order_faults(order) | seen)
        with self._db.account(caller.account) as tx:
            act = interventions.add_intervention(tx, Face.API, press_id, actor, order)
            (shown,) = show_interventions(tx, [act])
        enqueue_quietly(self._enqueue, caller.account, act.id)
        response = answer(HTTPStatus.ACCEPTED, show_act(shown))
        response.headers["Location"] = url_for("api.read_intervention", intervention_id=act.id)
        return response

    def read_intervention(self, intervention_id: UUID) -> Response:
        """What became of an act. Raises Refused (404)."""
        caller: ApiCaller = g.caller
        with self._db.account(caller.account) as tx:
            act = interventions.get_intervention(tx, str(intervention_id))
            if act is None:
                raise Refused("no such act", status=404)
            (shown,) = show_interventions(tx, [act])
        return answer(HTTPStatus.OK, show_act(shown))


def _order(body: InterventionIn, ticket_id: str) -> Order:
    fields = body.model_dump(exclude={"agent_name", "agent_email", "run_id", "target_id"})
    run_id, target_id = (str(each) if each else None for each in (body.run_id, body.target_id))
    return Order(channel=CHANNEL, ticket_id=ticket_id, run_id=run_id, target_id=target_id, **fields)
