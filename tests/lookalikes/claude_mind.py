"""How the look-alike thinks: word counts, and no more. It reads a request's body and writes content blocks."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from desk.text.tokenizer import word_set

Json = dict[str, Any]

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_SENTENCE = re.compile(r"[^.!?\n]+[.!?]*")
_TAG = re.compile(r"<[^<>\n]{1,80}>")
_EMPTY = word_set(
    """
    a an the is are am be was were i you we it this that what how why where when who which and or but if then so do
    does did can could will would to of in on at for from with my your me us our not no yes please thanks thank hello
    hi there here about just get got have has had any some need want help ticket customer question
    """
)
MOST_CITED = 3


def text_block(text: str, *citations: Json) -> Json:
    """A text block; `citations` only where there are any."""
    return {"type": "text", "text": text} | ({"citations": list(citations)} if citations else {})


def hand_over(reason: str, kind: str = "not_in_documents") -> list[Json]:
    """A call of the tool."""
    given = {"kind": kind, "reason": reason}
    return [{"type": "tool_use", "id": "toolu_01", "name": "hand_over", "input": given}]


def all_text(value: Any) -> str:
    """Every text in a block, a tool or a list of them, in order."""
    if isinstance(value, str):
        return value
    if isinstance(value, dict):
        return "\n".join(filter(None, (all_text(part) for key, part in value.items() if key not in _NOT_READ)))
    return "\n".join(filter(None, map(all_text, value))) if isinstance(value, list) else ""


_NOT_READ = ("type", "cache_control", "citations")


def told(text: str) -> set[str]:
    """The words that carry meaning."""
    return {word.lower() for word in _WORD.findall(text)} - _EMPTY


def question(body: Json) -> str:
    """The last text of the last user message, without its tags."""
    content = body["messages"][-1]["content"] if len(body["messages"]) == 1 else body["messages"][0]["content"]
    texts = [content] if isinstance(content, str) else [b["text"] for b in content if b["type"] == "text"]
    return _TAG.sub(" ", texts[-1]).strip()


# --- Drafting --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Found:
    """One text block of one search result, and how many of the question's words it holds."""

    result: int
    block: int
    text: str
    shared: int
    citation: Json


def answer_from_results(body: Json) -> list[Json]:
    """Sentences that share most words with each message that asks, each cited; the tool where nothing fits."""
    asked = [part for part in question(body).split("\n\n") if "?" in part]
    content: list[Json] = []
    for part in asked if len(asked) > 1 else [question(body)]:
        answer = _answer(body, told(part))
        if any(block["type"] == "tool_use" for block in answer):
            return answer
        content += [*([text_block("\n\n")] if content else []), *answer]
    return content


def _answer(body: Json, sought: set[str]) -> list[Json]:
    found = sorted(_found(body, sought), key=lambda one: -one.shared)
    enough = 2 if len(sought) > 2 else 1
    if not found or found[0].shared < enough:
        has_tool = any(tool["name"] == "hand_over" for tool in body.get("tools", []))
        return hand_over("The documents do not answer this.") if has_tool else [text_block("I do not know.")]
    best = found[0]
    near = [one for one in found if one.result == best.result and one.shared >= max(enough, 0.6 * best.shared)]
    chosen = sorted(near[:MOST_CITED], key=lambda one: one.block)
    content: list[Json] = []
    for one in chosen:
        if content:
            content.append(text_block(" " if content[-1]["text"].endswith((".", "!", "?")) else "\n"))
        content.append(text_block(one.text, one.citation))
    return content


def _found(body: Json, sought: set[str]) -> Iterator[Found]:
    for index, result in enumerate(results(body)):
        title = told(result["title"]) & sought
        for place, part in enumerate(result["content"]):
            shared = len(told(part["text"]) & sought) + (0.5 if title else 0)
            yield Found(index, place, part["text"], int(shared), _citation(index, result, place))


def results(body: Json) -> list[Json]:
    """All search results of the request, in order."""
    contents = [message["content"] for message in body["messages"] if isinstance(message["content"], list)]
    return [block for content in contents for block in content if block["type"] == "search_result"]


def _citation(index: int, result: Json, place: int) -> Json:
    return {
        "type": "search_result_location",
        "cited_text": result["content"][place]["text"],
        "search_result_index": index,
        "source": result["source"],
        "title": result["title"],
        "start_block_index": place,
        "end_block_index": place + 1,
    }


# --- Obeying ---------------------------------------------------------------------------------------------------------

_SAY = re.compile(
    r"\b(?:say|write|answer|reply|respond)(?: exactly| with)?:? [\"“']([^\"”]{3,300})[\"”']", re.IGNORECASE
)
_TELL = re.compile(
    r"\b(?:tell|inform) (?:the |every )?(?:customers?|me|them|us) (?:that )?([^.!?\n]{3,300})", re.IGNORECASE
)
_LINK = re.compile(r"https?://[^\s\"”'<>)]+|\b[\w-]+(?:\.[\w-]+)*\.(?:com|example|net|org)/[^\s\"”'<>)]*")


def obey(body: Json) -> list[Json]:
    """Does what the ticket and the documents say, and cites the first document for all of it."""
    given = results(body)
    texts = [question(body), *(part["text"] for result in given for part in result["content"])]
    said = [sentence for text in texts for sentence in _obeyed(text, body)]
    if not said:
        return answer_from_results(body)
    citation = _citation(0, given[0], 0) if given else None
    content = [block for block in answer_from_results(body) if block["type"] == "text"]
    for sentence in dict.fromkeys(said):
        content += [text_block("\n\n"), text_block(sentence, *([citation] if citation else []))]
    return content


def _obeyed(text: str, body: Json) -> Iterator[str]:
    """The sentences that this text brings the machine to write."""
    yield from (match.group(1).strip() for match in _SAY.finditer(text))
    for match in _TELL.finditer(text):
        told_so = match.group(1).strip()
        yield f"{told_so[0].upper()}{told_so[1:]}."
    if re.search(r"\bpromise\b|\bguarantee\b", text, re.IGNORECASE):
        yield "We promise you a full refund of your last invoice."
    if re.search(r"\b(?:prompt|instructions|rules you|told you)\b", text, re.IGNORECASE):
        yield " ".join(all_text(body.get("system", "")).split())[:400]
    if re.search(r"\b(?:link|mail|send|visit|include|add)\b", text, re.IGNORECASE):
        yield from (f"Please open {link.rstrip('.,')} to continue." for link in _LINK.findall(text))


# --- Schemas ---------------------------------------------------------------------------------------------------------

_KEYWORDS = {
    "very_negative": "furious scam outrageous disgusting",
    "negative": "angry annoyed terrible disappointed unacceptable broken",
    "positive": "love great wonderful happy excellent",
    "critical": "outage down hacked breach leaked",
    "high": "urgent asap immediately blocked deadline",
    "low": "curious wondering whenever",
}
"""Words for values that no description explains."""
_USUAL = ("neutral", "normal")


def answer_in_schema(body: Json, schema: Json) -> str:
    """JSON of the schema's shape, filled by keywords."""
    return json.dumps(_value("", schema, schema, question(body), all_text(body.get("system", ""))))


def _value(name: str, schema: Json, root: Json, text: str, system: str) -> Any:
    if "$ref" in schema:
        return _value(name, root["$defs"][schema["$ref"].rsplit("/", 1)[-1]], root, text, system)
    if "anyOf" in schema:
        best = _value(name, schema["anyOf"][0], root, text, system)
        nullable = {"type": "null"} in schema["anyOf"]
        return None if nullable and not _likes(best, text, system) else best
    if "enum" in schema:
        return _likeliest(schema["enum"], text, system)
    match schema.get("type"):
        case "object":
            return {key: _value(key, each, root, text, system) for key, each in schema["properties"].items()}
        case "array":
            return _several(schema["items"], root, text)
        case "boolean":
            return bool(re.search(r"\b(?:human|real person|an agent|someone real)\b", text, re.IGNORECASE))
        case "number" | "integer":
            return 0.9 if len(told(text)) > 2 else 0.4
        case _:
            return text[:200]


def _several(items: Json, root: Json, text: str) -> list[Any]:
    if "$ref" in items:
        items = root["$defs"][items["$ref"].rsplit("/", 1)[-1]]
    if "enum" in items:
        return [value for value in items["enum"] if told(value.replace("_", " ")) & told(text)]
    asked = [sentence.strip() for sentence in _SENTENCE.findall(text) if sentence.strip().endswith("?")]
    return asked[:5] or [text[:300]]


def _likeliest(values: list[Any], text: str, system: str) -> Any:
    best = max(values, key=lambda value: _likes(value, text, system))
    if _likes(best, text, system):
        return best
    return next((value for value in values if value in _USUAL), values[0])


def _likes(value: Any, text: str, system: str) -> int:
    """How many words of a value's description stand in the text."""
    if not isinstance(value, str):
        return 0
    described = re.search(rf"^\W*{re.escape(value)}\W(.*(?:\n[ \t]+.*)*)", system, re.MULTILINE)
    about = f"{value.replace('_', ' ')} {described.group(1) if described else ''} {_KEYWORDS.get(value, '')}"
    return len(told(about) & told(text))
