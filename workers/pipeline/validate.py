"""The fourth stage: the draft against its sources. Each check is a small function that yields what it found wrong."""

from collections.abc import Callable, Iterable, Sequence

from desk.passage import Hit
from desk.policy.policy import Policy
from desk.policy.readers import closed_to_others
from desk.run import Classification, Draft, Finding, Run
from desk.ticket import Ticket
from workers.pipeline.checks.contradictions import find_contradiction
from workers.pipeline.checks.evidence import Evidence, gather_evidence
from workers.pipeline.checks.figures import unfounded_figure
from workers.pipeline.checks.groundedness import (
    internal_source,
    ordering_source,
    turned_negation,
    uncited,
    unfounded_name,
    unknown_citation,
    unsupported,
)
from workers.pipeline.checks.promises import unfounded_promise
from workers.pipeline.checks.style import (
    empty,
    foreign_markup,
    leak,
    leftover_template,
    long_courtesy,
    too_long,
    wrong_language,
)

Check = Callable[[Evidence], Iterable[Finding]]

CHECKS: tuple[Check, ...] = (
    empty,
    uncited,
    unknown_citation,
    internal_source,
    ordering_source,
    unfounded_figure,
    unfounded_name,
    turned_negation,
    unsupported,
    find_contradiction,
    unfounded_promise,
    foreign_markup,
    leftover_template,
    leak,
    wrong_language,
    long_courtesy,
    too_long,
)


def validate(
    ticket: Ticket, draft: Draft, hits: Sequence[Hit], classification: Classification, policy: Policy, author: str = ""
) -> tuple[Finding, ...]:
    """Everything that is wrong with the draft, each finding once. Nothing drafted, nothing found. `author`: the person
    who wrote it, if one did."""
    evidence = gather_evidence(ticket, draft, hits, classification, policy, author)
    return tuple(dict.fromkeys(finding for check in CHECKS for finding in check(evidence)))


def find_closed_pages(ticket: Ticket, run: Run, policy: Policy) -> tuple[Finding, ...]:
    """The pages that the run's draft cites and that not everybody may read who reads the ticket as it is now."""
    evidence = gather_evidence(closed_to_others(ticket), run.draft, run.hits, run.classification, policy)
    return tuple(dict.fromkeys(internal_source(evidence)))
