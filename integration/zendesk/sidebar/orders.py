"""What the page sends when an agent presses: checked, and turned into an order."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from desk.errors import Refused
from desk.intervention import MOST_TEXT, InterventionKind, Order, undo_seconds
from desk.text.tokenizer import clean
from integration.web.request_body import read_json
from integration.zendesk.channel.fetch import CHANNEL

Text = Annotated[str, Field(max_length=MOST_TEXT)]
Id = Annotated[str, Field(min_length=1, max_length=100)]


class Press(BaseModel):
    """One press of a button; `press` is its own id, so that it counts once however often it arrives."""

    model_config = ConfigDict(extra="forbid")

    press: Id
    kind: InterventionKind
    text: Text = ""
    comment: Text = ""
    value: Text = ""
    question: Text = ""
    run_id: Id | None = None
    seen_message_id: Id | None = None
    target_id: Id | None = None
    override: bool = False

    def order(self, ticket_id: str) -> Order:
        """What is ordered. Replies wait for as long as they can be taken back."""
        texts = {name: clean(getattr(self, name)).strip() for name in ("text", "comment", "value", "question")}
        return Order(
            self.kind,
            CHANNEL,
            ticket_id,
            question_ids=(),
            run_id=self.run_id,
            seen_message_id=self.seen_message_id,
            target_id=self.target_id,
            override=self.override,
            delay_seconds=undo_seconds(self.kind),
            **texts,
        )


def read_press(raw: bytes) -> Press:
    """Raises Refused: 400 for what is no JSON, 422 for another shape."""
    try:
        return Press.model_validate(read_json(raw))
    except ValidationError as error:
        fault = error.errors(include_url=False, include_context=False, include_input=False)[0]
        field = ".".join(str(part) for part in fault["loc"]) or "body"
        raise Refused(f"{field}: {fault['msg']}", status=422) from error
