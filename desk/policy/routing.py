"""What is set on a ticket besides words: the policy's table, read for one run."""

from collections.abc import Iterator, Mapping, Sequence

from desk.policy.policy import Policy
from desk.policy.scope import Routing, RoutingCondition, case_folded
from desk.run import Run
from desk.ticket import Labels, Ticket


def route_ticket(run: Run, ticket: Ticket, policy: Policy) -> Labels:
    """For each thing to set, what the first rule says that fits and names it; the tags of all that fit."""
    actions = [rule.set for rule in policy.routing if _rule_fits(rule, run, ticket)]
    fields: dict[str, str] = {}
    for action in actions:
        fields = {**action.fields, **fields}
    return Labels(
        priority=next((action.priority for action in actions if action.priority), None),
        group=next((action.group for action in actions if action.group), None),
        type=next((action.type for action in actions if action.type), None),
        fields=tuple(fields.items()),
        tags=tuple(dict.fromkeys(tag.lower() for action in actions for tag in action.tags)),
    )


def _rule_fits(rule: Routing, run: Run, ticket: Ticket) -> bool:
    return all(_check_conditions(rule.when, run, dict(ticket.fields)))


def _check_conditions(when: RoutingCondition, run: Run, fields: Mapping[str, str]) -> Iterator[bool]:
    classification = run.classification
    checks: tuple[tuple[Sequence[str], Sequence[str]], ...] = (
        (when.category, [classification.category] if classification.category else []),
        (when.urgency, [classification.urgency]),
        (when.reason, [cap.reason for cap in run.decision.caps]),
        (when.topic, classification.sensitive),
    )
    yield from (not set(accepted).isdisjoint(actual) for accepted, actual in checks if accepted)
    field_values = {case_folded(name): case_folded(value) for name, value in fields.items()}
    for name, values in when.field.items():
        yield field_values.get(case_folded(name), "") in {case_folded(value) for value in values}
