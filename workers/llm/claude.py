"""Claude as a rung of the ladder: a small model classifies, a large one drafts out of the passages alone.

What becomes of an answer that is none (docs/decisions/claude.md):
- refused at classification, twice misfilled, cut off, empty: the next rung is asked, and what it cost is kept;
- refused at drafting, or the tool called: a person is asked;
- the API away, limited or refusing: the next rung; after three failures in a row nobody waits for it for a while.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field

from desk.errors import Permanent, Temporary
from desk.passage import Hit
from desk.policy import Policy
from desk.ports import Declined, Drafted, Guess, Wasted
from desk.run import Classification, Stage, Usage
from desk.ticket import Ticket
from workers.llm import claude_classify, claude_draft
from workers.llm.breaker import Breaker
from workers.llm.claude_call import Ask, Line, Size
from workers.llm.claude_classify import Misfilled
from workers.llm.claude_draft import HAND_OVER
from workers.llm.claude_wire import Reply
from workers.pipeline.prompts import prompts_version

BASE_URL = "https://api.anthropic.com"
_COMPLETE = frozenset({"end_turn", "stop_sequence", "tool_use", "refusal"})


@dataclass(frozen=True, slots=True)
class Account:
    """How Anthropic is reached. `breaker` is shared by all calls of the process."""

    api_key: str = field(repr=False)
    base_url: str = BASE_URL
    breaker: Breaker = field(default_factory=Breaker)


class Claude:
    """A LanguageModel. Safe between threads and greenlets; keeps nothing of a ticket."""

    name = "claude"

    def __init__(self, account: Account, small: Size, large: Size) -> None:
        self._line = Line(account.api_key, account.base_url, account.breaker)
        self._small = small
        self._large = large
        made_of = f"{prompts_version()} {HAND_OVER} {small.name} {large.name}"
        self.prompts = hashlib.sha256(made_of.encode()).hexdigest()[:12]

    def close(self) -> None:
        """Let all connections go."""
        self._line.close()

    def classify(self, ticket: Ticket, text: str, policy: Policy) -> Guess:
        """The small model's view, by a form; a misfilled one is sent back once. Raises Temporary and Permanent."""
        asked = claude_classify.ask(ticket, text, policy)
        answer, used = self._filled(asked, ())
        try:
            return claude_classify.guess(claude_classify.read(answer, policy), used)
        except Misfilled as fault:
            again = claude_classify.ask_again(asked, answer, str(fault))
        answer, used = self._filled(again, used)
        try:
            return claude_classify.guess(claude_classify.read(answer, policy), used)
        except Misfilled as fault:
            raise Wasted("its classification did not fit the form, twice", used) from fault

    def _filled(self, asked: Ask, before: tuple[Usage, ...]) -> tuple[str, tuple[Usage, ...]]:
        """The form as text, and what was used so far."""
        try:
            reply, usage = self._line.call(Stage.CLASSIFY, self._small, asked)
        except (Temporary, Permanent) as error:
            if not before:
                raise
            raise Wasted(str(error), before) from error
        used = (*before, usage)
        if reply.stop_reason == "refusal":
            raise Declined("it declined to classify this", used)
        return reply.text, used

    def draft(self, ticket: Ticket, classification: Classification, hits: Sequence[Hit], policy: Policy) -> Drafted:
        """The large model's reply with its citations, or why a person should answer. Raises Temporary and Permanent."""
        results = claude_draft.shown(hits)
        reply, usage = self._line.call(
            Stage.DRAFT, self._large, claude_draft.ask(ticket, classification, results, policy)
        )
        if reply.stop_reason not in _COMPLETE:
            raise Wasted(f"its draft is not complete ({_known(reply)})", (usage,))
        draft = claude_draft.read(reply, results)
        if not draft.statements and not draft.hand_over:
            raise Wasted("its draft says nothing", (usage,))
        return Drafted(draft, (usage,))


def _known(reply: Reply) -> str:
    """The stop reason, as far as it can be shown."""
    return (reply.stop_reason or "no reason given")[:40].replace("_", " ")
