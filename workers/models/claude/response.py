"""What Claude answers, as far as it is read: parsed at the border, whatever the SDK of the day makes of it."""

from pydantic import BaseModel, Field


class CitationLocation(BaseModel):
    """A citation. Only `search_result_location` is asked for; the numbers are checked before they are used."""

    type: str
    search_result_index: int | None = None
    start_block_index: int | None = None
    end_block_index: int | None = None


class ContentBlock(BaseModel):
    """One content block: text with its citations, a call of a tool, or something that is passed over."""

    type: str
    text: str = ""
    citations: list[CitationLocation] | None = None
    input: dict[str, object] = {}


class TokenUsage(BaseModel):
    """Tokens as reported; `input_tokens` leaves out those of the cache."""

    input_tokens: int = Field(ge=0)
    output_tokens: int = Field(ge=0)
    cache_read_input_tokens: int | None = Field(default=None, ge=0)
    cache_creation_input_tokens: int | None = Field(default=None, ge=0)


class ModelReply(BaseModel):
    """One answer."""

    model: str
    content: list[ContentBlock]
    stop_reason: str | None
    usage: TokenUsage

    @property
    def text(self) -> str:
        """All text, as one."""
        return "".join(part.text for part in self.content if part.type == "text")
