"""Classification: the form that the small model fills in, how it is asked, and how its answer is read."""

from typing import Any

from anthropic import transform_schema
from anthropic.types import MessageParam
from pydantic import BaseModel, ConfigDict, Field, ValidationError, ValidationInfo, field_validator

from desk.policy.policy import Policy
from desk.ports import ModelClassification
from desk.run import Sentiment, Urgency, Usage
from desk.ticket import Ticket
from workers.models.claude.call import MessagesRequest, cached_block, user_turn
from workers.models.claude.prompt_ticket import earlier_messages, ticket_fields
from workers.pipeline.prompts import filled, prompt, untrusted

MOST_QUESTIONS = 10
_QUESTION_CHARACTERS = 500


class ClassificationForm(BaseModel):
    """What the model fills in. The names allowed are the policy's; they come in by the validation context."""

    model_config = ConfigDict(extra="forbid", title="Form")

    category: str | None
    probability: float = Field(ge=0, le=1)
    urgency: Urgency
    sentiment: Sentiment
    wants_human: bool
    sensitive: list[str]
    questions: list[str]

    @field_validator("category")
    @classmethod
    def is_of_the_policy(cls, name: str | None, info: ValidationInfo) -> str | None:
        """A category that the policy has, or none."""
        if name is not None and name not in _allowed_names(info, "categories"):
            raise ValueError("must be a category of the list, or null")
        return name

    @field_validator("sensitive")
    @classmethod
    def are_of_the_policy(cls, names: list[str], info: ValidationInfo) -> list[str]:
        """Topics that the policy has."""
        if not _allowed_names(info, "topics").issuperset(names):
            raise ValueError("must be topics of the list")
        return names


def _allowed_names(info: ValidationInfo, kind: str) -> frozenset[str]:
    """The policy's names of this kind; none without a policy."""
    return frozenset((info.context or {}).get(kind, ()))


class InvalidForm(ValueError):
    """An answer that does not fit the form; says where, and quotes nothing."""


def classification_request(ticket: Ticket, text: str, policy: Policy) -> MessagesRequest:
    """The request: rules, this account's lists, and the ticket as data."""
    system = [cached_block(prompt("classify")), cached_block(_policy_lists(policy))]
    conversation = filled("classify_request", subject=untrusted(ticket.subject), conversation=earlier_messages(ticket))
    newest = filled("newest", text=untrusted(text) or "(no text)")
    return MessagesRequest(
        system, [user_turn(ticket_fields(ticket) + conversation, newest)], schema=form_schema(policy)
    )


def correction_request(request: MessagesRequest, answer: str, faults: str) -> MessagesRequest:
    """The request once more, with what was wrong with the answer."""
    answer_turns: list[MessageParam] = [{"role": "assistant", "content": answer}] if answer.strip() else []
    correction = user_turn(filled("classify_repair", faults=faults))
    return MessagesRequest(request.system, [*request.messages, *answer_turns, correction], schema=request.schema)


def form_schema(policy: Policy) -> dict[str, object]:
    """The form as JSON schema, with the policy's names as the only ones allowed."""
    schema = ClassificationForm.model_json_schema()
    fields = schema["properties"]
    fields["category"] = {"anyOf": [{"enum": list(policy.categories)}, {"type": "null"}]}
    fields["sensitive"]["items"] = {"enum": list(policy.sensitive_topics)}
    strict_schema: dict[str, Any] = transform_schema(schema)
    return strict_schema


def read_form(answer: str, policy: Policy) -> ClassificationForm:
    """The form out of the answer. Raises InvalidForm."""
    context = {"categories": tuple(policy.categories), "topics": tuple(policy.sensitive_topics)}
    try:
        return ClassificationForm.model_validate_json(answer, context=context)
    except ValidationError as error:
        faults = [f"- {'.'.join(map(str, e['loc'])) or 'form'}: {e['msg'][:120]}" for e in error.errors()[:8]]
        raise InvalidForm("\n".join(faults)) from None  # the original quotes the answer


def to_classification(form: ClassificationForm, usage: tuple[Usage, ...]) -> ModelClassification:
    """The form as the pipeline's own value."""
    questions = (question.strip()[:_QUESTION_CHARACTERS] for question in form.questions[:MOST_QUESTIONS])
    return ModelClassification(
        category=form.category,
        confidence=form.probability if form.category else 0.0,
        questions=tuple(question for question in questions if question),
        urgency=form.urgency,
        sentiment=form.sentiment,
        wants_human=form.wants_human,
        sensitive=tuple(dict.fromkeys(form.sensitive)),
        usage=usage,
    )


def _policy_lists(policy: Policy) -> str:
    categories = "\n".join(
        f"{name}: {' '.join(c.description.split())}\n" + "\n".join(f"  - {' '.join(e.split())}" for e in c.examples)
        for name, c in policy.categories.items()
    )
    topics = "\n".join(f"{name}: {' '.join(t.description.split())}" for name, t in policy.sensitive_topics.items())
    return filled("classify_policy", categories=categories, topics=topics)
