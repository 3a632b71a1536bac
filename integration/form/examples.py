"""The example tickets of the demo: one click each, each with an ending of its own."""

from pathlib import Path
from typing import Annotated

import yaml
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from desk.errors import BadSetting
from desk.run import Action
from desk.text.wording import Wording

Line = Annotated[str, Field(min_length=1, max_length=300)]


class ExampleTicket(BaseModel):
    """A ticket to click. `ends` is how it must end, `shows` says in a sentence what there is to see."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Line
    subject: Line
    description: Annotated[str, Field(min_length=1, max_length=20_000)]
    ends: Action
    shows: Line


ENDS = {
    Action.AUTO_REPLY: Wording("answered"),
    Action.INTERNAL_NOTE: Wording("left as a note"),
    Action.ESCALATE: Wording("handed to a person"),
    Action.OBSERVE: Wording("only recorded"),
    Action.IGNORE: Wording("left alone"),
}

_examples = TypeAdapter(tuple[ExampleTicket, ...])


def read_examples(path: Path) -> tuple[ExampleTicket, ...]:
    """The examples of a YAML file, a list of mappings. Raises BadSetting that names the file."""
    try:
        return _examples.validate_python(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError, yaml.YAMLError, ValidationError) as error:
        raise BadSetting(f"{path} holds no example tickets: {error}") from error
