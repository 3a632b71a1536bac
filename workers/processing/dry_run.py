"""A dry run of the pipeline: nothing is stored or sent. For `firstline ask`, and to warm up a worker."""

from datetime import UTC, datetime

from desk.platform import accounts
from desk.run import Run
from desk.ticket import Message, Requester, Role, Ticket, TicketStatus, new_id
from workers.dependencies import Dependencies
from workers.pipeline.run import RunContext, run_pipeline


def dry_run(deps: Dependencies, account: str, question: str, subject: str = "", *, budget_spent: bool = False) -> Run:
    """What would become of this question if it came in now. Raises what `think` raises, and BadSetting."""
    ticket = question_ticket(account, question, subject)
    policy = deps.policies.get(account).policy
    with deps.db.account(account) as tx:
        paused = accounts.is_paused(tx)
    context = RunContext(policy=policy, paused=paused, budget_spent=budget_spent, product_version=deps.product_version)
    return run_pipeline(ticket, deps.models, deps.library, context)


def question_ticket(account: str, question: str, subject: str = "") -> Ticket:
    """A ticket that nobody opened, with one question."""
    message = Message(new_id(), Role.CUSTOMER, public=True, body=question, at=datetime.now(UTC))
    return Ticket(new_id(), account, "api", subject, TicketStatus.OPEN, Requester("dry-run"), (message,))
