"""Claude as a language model: a small model classifies, a large one drafts out of the passages alone.

What becomes of an answer that is none (docs/decisions/claude.md):
- refused at classification, twice misfilled, cut off, empty: the next model is asked, and what it cost is kept;
- refused at drafting, or the tool called: a person is asked;
- the API away, limited or refusing: the next model; after three failures in a row nobody waits for it for a while.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field

from desk.errors import Permanent, Temporary
from desk.passage import Hit
from desk.policy.policy import Policy
from desk.ports import ModelClassification, ModelDraft, ModelRefusal, UnusableAnswer
from desk.run import Classification, Stage, Usage
from desk.ticket import Ticket
from workers.models.circuit_breaker import CircuitBreaker
from workers.models.claude import classify
from workers.models.claude import draft as claude_draft
from workers.models.claude.call import AnthropicClient, MessagesRequest, ModelSize
from workers.models.claude.classify import InvalidForm
from workers.models.claude.draft import HAND_OVER
from workers.models.claude.response import ModelReply
from workers.pipeline.prompts import prompts_version

BASE_URL = "https://api.anthropic.com"
_COMPLETE = frozenset({"end_turn", "stop_sequence", "tool_use", "refusal"})


@dataclass(frozen=True, slots=True)
class AnthropicAccount:
    """How Anthropic is reached. `breaker` is shared by all calls of the process."""

    api_key: str = field(repr=False)
    base_url: str = BASE_URL
    breaker: CircuitBreaker = field(default_factory=CircuitBreaker)


class ClaudeModel:
    """A LanguageModel. Safe between threads and greenlets; keeps nothing of a ticket."""

    name = "claude"

    def __init__(self, account: AnthropicAccount, small: ModelSize, large: ModelSize) -> None:
        self._client = AnthropicClient(account.api_key, account.base_url, account.breaker)
        self._small = small
        self._large = large
        prompt_inputs = f"{prompts_version()} {HAND_OVER} {small.name} {large.name}"
        self.prompts = hashlib.sha256(prompt_inputs.encode()).hexdigest()[:12]

    def close(self) -> None:
        """Let all connections go."""
        self._client.close()

    def classify(self, ticket: Ticket, text: str, policy: Policy) -> ModelClassification:
        """The small model's view, by a form; a misfilled one is sent back once. Raises Temporary and Permanent."""
        request = classify.classification_request(ticket, text, policy)
        answer, usage = self._fill_form(request, ())
        try:
            return classify.to_classification(classify.read_form(answer, policy), usage)
        except InvalidForm as error:
            correction = classify.correction_request(request, answer, str(error))
        answer, usage = self._fill_form(correction, usage)
        try:
            return classify.to_classification(classify.read_form(answer, policy), usage)
        except InvalidForm as error:
            raise UnusableAnswer("its classification did not fit the form, twice", usage) from error

    def _fill_form(self, request: MessagesRequest, earlier_usage: tuple[Usage, ...]) -> tuple[str, tuple[Usage, ...]]:
        """The form as text, and what was used so far."""
        try:
            reply, usage = self._client.call(Stage.CLASSIFY, self._small, request)
        except (Temporary, Permanent) as error:
            if not earlier_usage:
                raise
            raise UnusableAnswer(str(error), earlier_usage) from error
        total_usage = (*earlier_usage, usage)
        if reply.stop_reason == "refusal":
            raise ModelRefusal("it declined to classify this", total_usage)
        return reply.text, total_usage

    def draft(
        self,
        ticket: Ticket,
        classification: Classification,
        hits: Sequence[Hit],
        policy: Policy,
        instruction: str = "",
    ) -> ModelDraft:
        """The large model's reply with its citations, or why a person should answer. Raises Temporary and Permanent."""
        passages = claude_draft.shown_passages(hits)
        request = claude_draft.draft_request(ticket, classification, passages, policy, instruction)
        reply, usage = self._client.call(Stage.DRAFT, self._large, request)
        if reply.stop_reason not in _COMPLETE:
            raise UnusableAnswer(f"its draft is not complete ({_stop_reason_text(reply)})", (usage,))
        draft = claude_draft.read_draft(reply, passages)
        if not draft.statements and not draft.hand_over:
            raise UnusableAnswer("its draft says nothing", (usage,))
        return ModelDraft(draft, (usage,))


def _stop_reason_text(reply: ModelReply) -> str:
    """The stop reason, as far as it can be shown."""
    return (reply.stop_reason or "no reason given")[:40].replace("_", " ")
