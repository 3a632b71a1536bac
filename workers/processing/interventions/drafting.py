"""Acts by which a person has the pipeline think: another draft, and a question to the knowledge."""

from collections.abc import Callable
from dataclasses import replace

from desk.conversation import NO_RECORD, OwnRecord, read_conversation
from desk.intervention import InterventionResult, ResultStatus
from desk.platform import accounts
from desk.platform.database import Transaction
from desk.policy.policy import PolicyFile
from desk.presentation.reply import cited_pages, draft_text
from desk.run import Action, Run, Stage
from desk.text.wording import Wording
from workers import interventions, own_record, record
from workers.dependencies import Dependencies
from workers.insights import spending
from workers.interventions import Intervention
from workers.pipeline.run import RunContext, run_pipeline
from workers.processing.dry_run import question_ticket
from workers.processing.interventions.resolution import Effect, Resolution, effect_of, refused
from workers.queue.leases import ClaimLost

NO_DRAFT = Wording("The documents hold no answer to this.")
QUOTED = Wording("Drafted without a model: it quotes the documents, and can follow no wish.")


def regenerate(deps: Dependencies, intervention: Intervention) -> Effect:
    """Another draft for the open conversation, with what the person wishes. It is kept like every run, and leaves by
    no hand but a person's."""
    order, policy = intervention.order, deps.policies.get(intervention.account)
    context = _read_context(deps, intervention, policy)
    ticket = deps.channel(order.channel).fetch(intervention.account, order.ticket_id)
    if read_conversation(ticket, context.record).newest is None:
        return effect_of(refused(Wording("Nothing of the conversation is open, so there is nothing to draft.")))
    run = run_pipeline(ticket, deps.models, deps.library, context, _keep_claim(deps, intervention))
    run = replace(run, decision=replace(run.decision, action=Action.INTERNAL_NOTE))  # it hands nothing to anybody

    def save(tx: Transaction) -> Resolution:
        record.save_run(tx, run, policy)
        return _drafted(run, Wording("Drafted.") if _is_by_model(run) else QUOTED)

    return save


def ask(deps: Dependencies, intervention: Intervention) -> Effect:
    """What the documents say to a question; the customer's ticket is not looked at."""
    order, policy = intervention.order, deps.policies.get(intervention.account)
    context = _read_context(deps, intervention, policy, of_ticket=False)
    ticket = question_ticket(intervention.account, order.question)
    run = run_pipeline(ticket, deps.models, deps.library, context, _keep_claim(deps, intervention))

    def count(tx: Transaction) -> Resolution:
        spending.add_spending(tx, run.dollars)
        return _drafted(run, Wording("From the documents:"), kept=False)

    return count


def _keep_claim(deps: Dependencies, intervention: Intervention) -> Callable[[Stage], None]:
    """Called as each stage begins: thinking may take longer than a claim holds. Raises ClaimLost."""

    def renew(stage: Stage) -> None:
        with deps.db.account(intervention.account) as tx:
            if not interventions.renew_lease(tx, intervention, deps.claim_seconds):
                raise ClaimLost

    return renew


def _read_context(
    deps: Dependencies, intervention: Intervention, policy: PolicyFile, *, of_ticket: bool = True
) -> RunContext:
    order = intervention.order
    with deps.db.account(intervention.account) as tx:
        our_record: OwnRecord = (
            own_record.read_own_record(tx, order.channel, order.ticket_id) if of_ticket else NO_RECORD
        )
        return RunContext(
            policy=policy.policy,
            paused=accounts.is_paused(tx),
            budget_spent=spending.dollars_today(tx) >= policy.policy.budget.dollars_per_day,
            record=our_record,
            for_agent=True,
            instruction=order.comment,
            product_version=deps.product_version,
        )


def _is_by_model(run: Run) -> bool:
    return any(use.stage is Stage.DRAFT for use in run.usage)


def _drafted(run: Run, words: Wording, *, kept: bool = True) -> Resolution:
    sources = cited_pages(run.draft, run.hits)
    text = draft_text(run.draft, sources)
    message = words if text else Wording(run.draft.hand_over) if run.draft.hand_over else NO_DRAFT
    return Resolution(
        InterventionResult(
            ResultStatus.DONE,
            message,
            findings=run.findings,
            answer=text,
            sources=sources,
            run_id=run.id if kept else None,
        )
    )
