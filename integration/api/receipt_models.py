"""What the API gives of a decision: how it came about, what came of it, and what was done with it."""

from datetime import datetime

from pydantic import BaseModel, Field

from desk.feedback.feedback import Change, DraftUse, FeedbackKind
from desk.feedback.resolution import ReplyResolution
from desk.outcome import OutcomeState
from desk.reasons import Limit, Reason
from desk.run import Action, Level


class ReasonOut(BaseModel):
    """One rule that fired."""

    reason: Reason
    limit: Limit = Field(description="`draft`: an agent has to look at it; `person`: a person has to answer.")
    text: str
    detail: str


class PassageOut(BaseModel):
    """One passage that was read. `fused` ranks; the others are between -1 (cosine) or 0 and 1."""

    passage_id: str
    title: str
    heading: str
    url: str | None
    cosine: float
    lexical: float
    share: float
    fused: float
    cited: bool


class FindingOut(BaseModel):
    """A check of the draft that failed."""

    check: str
    detail: str


class ModelCallOut(BaseModel):
    """What one model call used."""

    stage: str
    model: str
    input_tokens: int
    output_tokens: int
    dollars: float


class OutcomeOut(BaseModel):
    """What came of a decision, told apart from it."""

    state: OutcomeState = Field(description="Of its effects, the one that most needs a look.")
    text: str = Field(description="Each effect in words.")
    since: datetime | None = Field(description="Since when the oldest effect waits, if any does.")


class FeedbackOut(BaseModel):
    """One thing that an agent or the customer did with the draft."""

    kind: FeedbackKind
    value: str = Field(
        description="`as_is`, `edited` or `discarded` of `agent_reply`, `up` or `down` of `thumbs`, `good` or `bad` of "
        "`rating`; empty for the others."
    )
    text: str = Field(description="The same in words.")
    similarity: float | None = Field(description="Of `agent_reply`: 2·M / T over the words of draft and reply, 0 to 1.")
    changes: list[Change] = Field(description="What the agent changed.")
    comment: str
    at: datetime


class ReceiptOut(BaseModel):
    """One decision with all that led to it. Confidences are 0 to 1, times are milliseconds."""

    run_id: str = Field(json_schema_extra={"format": "uuid"})
    message_id: str = Field(description="The customer's message it decides on.")
    at: datetime
    action: Action
    decided: str = Field(description="The action in words.")
    happened: OutcomeOut = Field(description="What came of it.")
    level: Level = Field(description="How much the policy lets the category do.")
    confidence: float
    category: str
    category_confidence: float
    signals: dict[str, str]
    questions: list[str]
    reasons: list[ReasonOut]
    passages: list[PassageOut]
    findings: list[FindingOut]
    versions: dict[str, str]
    model_calls: list[ModelCallOut]
    milliseconds: dict[str, float] = Field(description="By stage.")
    dollars: float
    remarks: list[str]
    draft_use: DraftUse | None = Field(None, description="What agents made of the draft; null while none has answered.")
    resolution: ReplyResolution | None = Field(
        None,
        description="How surely the reply settled the matter: `sent`, `confirmed` by the customer, or `assumed` from "
        "the silence of days. Null where none is out, or the customer says otherwise.",
    )
    feedback: list[FeedbackOut] = Field([], description="Oldest first.")
