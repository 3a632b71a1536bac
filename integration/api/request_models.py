"""What the API takes. No type is guessed, no unknown field passes."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator
from pydantic.config import JsonDict

from desk.intervention import MOST_TEXT, InterventionKind
from desk.ticket import Priority

LONGEST_TEXT = 100_000


def _not_blank(text: str) -> str:
    if not text.strip():
        raise ValueError("must not be blank")
    return text


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _address(text: str) -> str:
    name, _, host = text.partition("@")
    if not name or not host or "@" in host or len(text.split()) != 1:
        raise ValueError("must be an e-mail address")
    return text


_filled = (AfterValidator(_not_blank), AfterValidator(_one_line))
_has_letters: JsonDict = {"pattern": r"\S"}


class Incoming(BaseModel):
    """What a caller sends: no type is guessed, no unknown field passes."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class NewTicketIn(Incoming):
    """A new ticket."""

    model_config = ConfigDict(
        title="NewTicket",
        json_schema_extra={
            "examples": [
                {
                    "customer_id": "customer-4711",
                    "subject": "Moving a booking",
                    "description": "How can I move a booking to another day?",
                    "priority": "normal",
                    "channel": "shop",
                    "customer_name": "Robin Example",
                    "customer_email": "robin@shop.example",
                }
            ]
        },
    )

    customer_id: Annotated[str, *_filled] = Field(
        min_length=1,
        max_length=200,
        description="Who asks, by the id you know them by.",
        json_schema_extra=_has_letters,
    )
    customer_organisation: Annotated[str, AfterValidator(_one_line)] | None = Field(
        None, max_length=255, description="Whom they belong to, as you know it: the policy may open pages to it."
    )
    customer_tags: Annotated[tuple[str, ...], Field(max_length=50, strict=False)] = Field(
        (), description="What you know of them: the policy may open pages to it. Never what they say themselves."
    )
    subject: Annotated[str, *_filled] = Field(
        min_length=1, max_length=500, description="The subject, in one line.", json_schema_extra=_has_letters
    )
    description: Annotated[str, AfterValidator(_not_blank)] = Field(
        min_length=1, max_length=LONGEST_TEXT, description="What the customer wrote.", json_schema_extra=_has_letters
    )
    priority: Priority = Field(Priority.NORMAL, strict=False, description="How urgent the sender says it is.")
    channel: Annotated[str, *_filled] = Field(
        "api",
        min_length=1,
        max_length=60,
        description="Your own name for where the ticket was written, such as a shop or an app.",
        json_schema_extra=_has_letters,
    )
    customer_name: Annotated[str, AfterValidator(_one_line)] | None = Field(
        None, max_length=200, description="What to call the customer."
    )
    customer_email: Annotated[str, AfterValidator(_address)] | None = Field(
        None, max_length=254, description="The customer's address.", json_schema_extra={"format": "email"}
    )


class NewMessageIn(Incoming):
    """A further message of a ticket."""

    model_config = ConfigDict(
        title="NewMessage", json_schema_extra={"examples": [{"body": "It is a booking for six people."}]}
    )

    body: Annotated[str, AfterValidator(_not_blank)] = Field(
        min_length=1, max_length=LONGEST_TEXT, description="The text.", json_schema_extra=_has_letters
    )
    role: Literal["customer", "agent"] = Field(
        "customer", description="Who wrote it. `agent` needs the scope `staff`, and Firstline steps back."
    )
    public: bool = Field(True, description="False makes an agent's message an internal note.")

    @model_validator(mode="after")
    def notes_are_by_agents(self) -> "NewMessageIn":
        """Customers see all they write."""
        if self.role == "customer" and not self.public:
            raise ValueError("a customer's message is always public")
        return self


class InterventionIn(Incoming):
    """An act of an agent on a ticket."""

    model_config = ConfigDict(
        title="NewIntervention",
        json_schema_extra={"examples": [{"kind": "claim", "agent_name": "Maria Lind"}]},
    )

    kind: InterventionKind = Field(strict=False, description="What to do.")
    agent_name: Annotated[str, *_filled] = Field(
        min_length=1,
        max_length=200,
        description="Whose act it is: a reply goes out in this name.",
        json_schema_extra=_has_letters,
    )
    agent_email: Annotated[str, AfterValidator(_address)] | None = Field(
        None,
        max_length=254,
        description="The agent's address, by which their acts are known.",
        json_schema_extra={"format": "email"},
    )
    text: str = Field("", max_length=MOST_TEXT, description="The reply of `edit_and_send`, the answer of `teach`.")
    question: str = Field("", max_length=MOST_TEXT, description="The question of `ask` and `teach`.")
    comment: str = Field(
        "", max_length=MOST_TEXT, description="Why a draft is rejected or rated so; what another draft should be like."
    )
    value: str = Field(
        "", max_length=200, description="The right category, the reason that was wrong, or `up` or `down`."
    )
    run_id: UUID | None = Field(None, strict=False, description="Whose draft it is about, as in `receipts`.")
    seen_message_id: str | None = Field(
        None,
        max_length=200,
        description="The last message by the customer, an agent or Firstline (hand-overs aside) that the agent saw. "
        "Should another have come, nothing is sent.",
    )
    target_id: UUID | None = Field(
        None,
        strict=False,
        description="The act that `undo` takes back, or the unconfirmed one whose findings `override` covers.",
    )
    override: bool = Field(False, description="Send though something was found.")
    delay_seconds: float = Field(0, ge=0, le=600, strict=False, description="So long a reply can still be undone.")
