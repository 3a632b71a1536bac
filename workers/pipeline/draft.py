"""The third stage: a reply out of the passages alone, by whichever model is asked."""

from collections.abc import Sequence

from desk.passage import Hit
from desk.policy.policy import Policy
from desk.ports import LanguageModel, ModelDraft
from desk.run import Classification, Draft
from desk.ticket import Ticket

NOTHING_FOUND = "No document matches the question."
NO_MODEL = "No model could draft a reply."


def draft_reply(
    ticket: Ticket,
    classification: Classification,
    hits: Sequence[Hit],
    model: LanguageModel,
    policy: Policy,
    instruction: str = "",
) -> ModelDraft:
    """The model's draft; with no passages, the way out without asking. Raises as the model does."""
    if not hits:
        return ModelDraft(is_handed_over(NOTHING_FOUND))
    if instruction:
        return model.draft(ticket, classification, hits, policy, instruction)
    return model.draft(ticket, classification, hits, policy)


def is_handed_over(reason: str) -> Draft:
    """A draft that says why a person should answer."""
    return Draft(statements=(), hand_over=reason)
