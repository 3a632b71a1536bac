"""Drafting: how the large model is asked, with each passage as one search result, and how its reply is read."""

from collections.abc import Sequence
from dataclasses import dataclass

from anthropic.types import MessageParam, SearchResultBlockParam, TextBlockParam, ToolParam

from desk.passage import Citation, Hit
from desk.policy.policy import Policy
from desk.run import Classification, Draft, WayOut
from desk.text.tokenizer import clean
from desk.ticket import Ticket
from workers.models.claude.call import MessagesRequest, cached_block
from workers.models.claude.prompt_ticket import earlier_messages, newest_messages, ticket_fields
from workers.models.claude.response import CitationLocation, ModelReply
from workers.models.claude.statements import CitedStretch, split_statements
from workers.pipeline.prompts import filled, prompt, untrusted

NO_REASON = "The model asked for a person."
DECLINED = "The model declined to write a reply to this."
_REASON_CHARACTERS = 300

OFFERED = (WayOut.NOT_IN_DOCUMENTS, WayOut.CONTRADICTION, WayOut.NEEDS_A_PERSON)
"""What the model may give as the kind of its reason."""

HAND_OVER: ToolParam = {
    "name": "hand_over",
    "description": "Give the ticket to a colleague, instead of a reply or with the part of it that the search results "
    "allow. Nothing else happens: the customer is told by itself.",
    "input_schema": {
        "type": "object",
        "properties": {
            "kind": {
                "type": "string",
                "enum": [kind.value for kind in OFFERED],
                "description": "Which case it is: the search results do not answer the question; they contradict each "
                "other on what matters; or only a person can do what is wanted.",
            },
            "reason": {
                "type": "string",
                "description": "One sentence of your own, for the colleague: what the search results do not cover or "
                "what has to be done.",
            },
        },
        "required": ["kind", "reason"],
        "additionalProperties": False,
    },
}


@dataclass(frozen=True, slots=True)
class ShownPassage:
    """A passage as it was shown: `places` are the positions of its blocks, for blank ones are left out."""

    hit: Hit
    places: tuple[int, ...]


def shown_passages(hits: Sequence[Hit]) -> tuple[ShownPassage, ...]:
    """The passages that have something to show, in order: the n-th is search result n."""
    candidates = (
        ShownPassage(hit, tuple(n for n, block in enumerate(hit.passage.blocks) if clean(block.text).strip()))
        for hit in hits
    )
    return tuple(candidate for candidate in candidates if candidate.places)


def draft_request(
    ticket: Ticket,
    classification: Classification,
    results: Sequence[ShownPassage],
    policy: Policy,
    instruction: str = "",
) -> MessagesRequest:
    """The request: rules, this account's voice, the passages, the ticket as data, and what an agent wishes."""
    system = [cached_block(prompt("draft")), cached_block(filled("draft_policy", tone=" ".join(policy.tone.split())))]
    request = filled(
        "draft_request",
        language=classification.language,
        subject=untrusted(ticket.subject),
        conversation=earlier_messages(ticket),
        questions="\n".join(f"- {untrusted(question)}" for question in classification.questions) or "(not known)",
    )
    newest = filled("newest", text=untrusted(newest_messages(ticket).body) or "(no text)")
    texts: list[TextBlockParam] = [
        {"type": "text", "text": ticket_fields(ticket) + request},
        {"type": "text", "text": newest},
    ]
    if instruction:
        texts.append({"type": "text", "text": filled("instruction", text=untrusted(instruction))})
    turn: MessageParam = {"role": "user", "content": [*map(_search_result, results), *texts]}
    return MessagesRequest(system, [turn], tools=[HAND_OVER])


def _search_result(result: ShownPassage) -> SearchResultBlockParam:
    passage = result.hit.passage
    blocks: list[TextBlockParam] = [
        {"type": "text", "text": clean(passage.blocks[index].text).strip()} for index in result.places
    ]
    return {
        "type": "search_result",
        "source": clean(passage.url or passage.document_id).strip() or "document",
        "title": " › ".join(dict.fromkeys(clean(part) for part in (passage.title, *passage.headings))).strip() or "-",
        "content": blocks,
        "citations": {"enabled": True},
    }


def read_draft(reply: ModelReply, results: Sequence[ShownPassage]) -> Draft:
    """The draft that a complete answer holds; empty where it says nothing and hands nothing over."""
    if reply.stop_reason == "refusal":
        return Draft((), hand_over=DECLINED, way_out=WayOut.DECLINED)
    text, stretches = "", []
    for part in reply.content:
        if part.type != "text":
            continue
        citations = tuple(c for location in part.citations or () if (c := _citation_at(location, results)))
        if citations:
            stretches.append(CitedStretch(len(text), len(text) + len(part.text), citations))
        text += part.text
    return Draft(split_statements(_clean_in_place(text), stretches), *_read_way_out(reply))


def _read_way_out(reply: ModelReply) -> tuple[str | None, WayOut | None]:
    """Why the model wants a person, in its own words, made short and harmless, and of which kind that is; None if it
    does not, or does not say."""
    call = next((part for part in reply.content if part.type == "tool_use"), None)
    if call is None:
        return None, None
    reason, kind = call.input.get("reason"), call.input.get("kind")
    reason_text = " ".join(clean(reason).split()) if isinstance(reason, str) else ""
    return reason_text[:_REASON_CHARACTERS] or NO_REASON, next(
        (way_out for way_out in OFFERED if way_out == kind), None
    )


def _citation_at(location: CitationLocation, results: Sequence[ShownPassage]) -> Citation | None:
    """The citation in the product's own terms; None for one that names nothing that was shown."""
    index, first, last = location.search_result_index, location.start_block_index, location.end_block_index
    if index is None or first is None or last is None or not 0 <= index < len(results):
        return None
    blocks = results[index].places[max(0, first) : max(0, last)]
    passage = results[index].hit.passage
    return Citation(passage.document_id, passage.version, passage.id, blocks) if blocks and first >= 0 else None


def _clean_in_place(text: str) -> str:
    """The text without what must not enter, each odd character a space, so that positions stay what they were."""
    if clean(text) == text:
        return text
    return "".join(character if character == "\n" or clean(character) == character else " " for character in text)
