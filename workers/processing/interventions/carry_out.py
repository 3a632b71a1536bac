"""Carry out one act of a person, exactly once.

Claimed, thought about without a transaction, and then written, its effects and its end in one transaction. Who lost the
claim meanwhile writes nothing. What is to leave is planned as a delivery under the act's own key, and goes the way of
every delivery.
"""

from functools import partial

import structlog

from desk.errors import BadSetting, FirstlineError, Temporary
from desk.intervention import INTERVENTIONS, InterventionResult, ResultStatus
from desk.text.wording import Wording
from workers import interventions
from workers.dependencies import Dependencies
from workers.interventions import Intervention
from workers.parties.waiting import LATER, SOON, TroubleOwner, awaited_party, whose_trouble
from workers.processing.interventions import note_orders
from workers.processing.interventions.handlers import HANDLERS
from workers.processing.interventions.resolution import Effect
from workers.queue.backoff import next_try, retry_while_database_is_away
from workers.queue.leases import ClaimLost

log = structlog.get_logger(__name__)

MOST_ATTEMPTS = 20
"""So often an act is begun at the most, whatever becomes of it."""


def carry_out_intervention(deps: Dependencies, account: str, intervention_id: str, worker: str) -> list[str]:
    """Work on one act, whatever happens. Returns the ids of the deliveries to enqueue."""
    with deps.db.account(account) as tx:
        intervention = interventions.claim_intervention(tx, intervention_id, worker, deps.claim_seconds)
    if intervention is None:
        return []
    order = intervention.order
    if intervention.attempts > MOST_ATTEMPTS:  # each was lost on the way: what it does takes longer than a claim holds
        return _give_up(deps, intervention, "it was tried too often")
    with structlog.contextvars.bound_contextvars(account=account, ticket=order.ticket_id, intervention=intervention_id):
        try:
            return _write(deps, intervention, HANDLERS[order.kind](deps, intervention))
        except ClaimLost:
            log.warning("claim lost to another worker")
            return []
        except FirstlineError as error:
            return retry_while_database_is_away(partial(_handle_failure, deps, intervention, error))
        except Exception as error:  # whatever it is, the act must not be lost
            log.exception("unexpected error")
            unexpected = Temporary(f"unexpected {type(error).__name__}")
            return retry_while_database_is_away(partial(_handle_failure, deps, intervention, unexpected))


def _write(deps: Dependencies, intervention: Intervention, effect: Effect) -> list[str]:
    with deps.db.account(intervention.account) as tx:
        resolution = effect(tx)
        if not interventions.finish_intervention(tx, intervention, resolution.result):
            raise ClaimLost
        answer_ids = note_orders.plan_answer(tx, intervention, resolution.result)
    log.info("carried out", kind=intervention.order.kind.value, status=resolution.result.status.value)
    return [*resolution.delivery_ids, *answer_ids]


def _handle_failure(deps: Dependencies, intervention: Intervention, error: FirstlineError) -> list[str]:
    """Later, if it may still work, or when the party that is away is back; otherwise whoever pressed is told why."""
    why = f"{type(error).__name__}: {error}"
    if whose_trouble(deps, intervention.account, error) is not TroubleOwner.OWN:
        with deps.db.account(intervention.account) as tx:
            party = awaited_party(tx, error)
            seconds = LATER if party else SOON
            interventions.postpone_intervention(tx, intervention, seconds, why, tried=False, waits_for=party)
        log.warning("waits", why=why, party=party)
        return []
    retry = next_try(error, intervention.attempts, deps.max_attempts)
    if retry is None or isinstance(error, BadSetting):  # whoever pressed waits at the screen
        return _give_up(deps, intervention, str(error))
    with deps.db.account(intervention.account) as tx:
        interventions.postpone_intervention(tx, intervention, retry.seconds, why, tried=retry.counts)
    log.warning("postponed", why=why)
    return []


def _give_up(deps: Dependencies, intervention: Intervention, why: str) -> list[str]:
    title = INTERVENTIONS[intervention.order.kind].title
    result = InterventionResult(
        ResultStatus.FAILED, Wording("%(act)s did not work (%(why)s). Nothing was changed.", act=title, why=why)
    )
    with deps.db.account(intervention.account) as tx:
        is_ours = interventions.finish_intervention(tx, intervention, result)
        answer_ids = note_orders.plan_answer(tx, intervention, result) if is_ours else []
    log.warning("failed", why=why)
    return answer_ids
