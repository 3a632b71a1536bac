"""The last stage: what becomes of the draft.

Any `person` cap escalates. Otherwise the lower of the category's level and the caps decides. All caps are kept.
"""

from collections.abc import Sequence

from desk.reasons import Limit
from desk.run import Action, Cap, Decision, Level
from workers.pipeline.case import DecisionInput
from workers.pipeline.rules import RULES

_ACTIONS = {Level.OBSERVE: Action.OBSERVE, Level.DRAFT: Action.INTERNAL_NOTE, Level.AUTO: Action.AUTO_REPLY}


def decide(case: DecisionInput) -> Decision:
    """The action with every cap that fired."""
    caps = tuple(cap for rule in RULES if (cap := rule(case)))
    category = case.policy.categories.get(case.classification.category or "")
    level = category.level if category else Level.DRAFT
    return Decision(_choose_action(level, caps), level, caps, case.confidence)


def _choose_action(level: Level, caps: Sequence[Cap]) -> Action:
    if any(cap.limit is Limit.PERSON for cap in caps):
        return Action.ESCALATE
    return _ACTIONS[Level.DRAFT if caps and level is Level.AUTO else level]
