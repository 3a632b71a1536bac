"""What is set on a ticket besides words: the policy's table, read for one run."""

from collections.abc import Iterator, Mapping, Sequence

from desk.policy.policy import Policy
from desk.policy.scope import Routing, RoutingCondition, case_folded
from desk.run import Run
from desk.ticket import Labels, Ticket


def route_ticket(run: Run, ticket: Ticket, policy: Policy) -> Labels:
    """For each thing to set, what the first rule says that fits and names it; the tags of all that fit."""
    sets = [rule.set for rule in policy.routing if _fits(rule, run, ticket)]
    fields: dict[str, str] = {}
    for each in sets:
        fields = {**each.fields, **fields}
    return Labels(
        priority=next((each.priority for each in sets if each.priority), None),
        group=next((each.group for each in sets if each.group), None),
        type=next((each.type for each in sets if each.type), None),
        fields=tuple(fields.items()),
        tags=tuple(dict.fromkeys(tag.lower() for each in sets for tag in each.tags)),
    )


def _fits(rule: Routing, run: Run, ticket: Ticket) -> bool:
    return all(_conditions(rule.when, run, dict(ticket.fields)))


def _conditions(when: RoutingCondition, run: Run, fields: Mapping[str, str]) -> Iterator[bool]:
    seen = run.classification
    checks: tuple[tuple[Sequence[str], Sequence[str]], ...] = (
        (when.category, [seen.category] if seen.category else []),
        (when.urgency, [seen.urgency]),
        (when.reason, [cap.reason for cap in run.decision.caps]),
        (when.topic, seen.sensitive),
    )
    yield from (not set(wanted).isdisjoint(has) for wanted, has in checks if wanted)
    shown = {case_folded(name): case_folded(value) for name, value in fields.items()}
    for name, values in when.field.items():
        yield shown.get(case_folded(name), "") in {case_folded(value) for value in values}
