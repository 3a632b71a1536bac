"""What Slack refuses of a message's blocks (docs.slack.dev/reference/block-kit), told as Slack tells it.

Lengths are counted in UTF-16 units, as JavaScript counts; where Slack's own rule is not written down, the stricter
reading is taken.
"""

import re
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

MOST_BLOCKS = 50
MOST_TOGETHER = 13_200
"""All texts and about 100 for each block: measured by others (slackapi/bolt-js issue 2509), written down nowhere."""
ANSWERABLE = {"button"}

_UNWRITABLE = re.compile("[\x00\ud800-\udfff]")
_MENTION = re.compile(r"<[@!#][^>]*>")
_LINK = re.compile(r"<(https?:[^>|]*)(?:\|[^>]*)?>")
_BARE = re.compile(r"(?<![<|\w])https?://\S+")
_LOOSE = re.compile(r"&(?!amp;|lt;|gt;)")


def units(text: str) -> int:
    """Length in UTF-16 units."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def faults(blocks: Any) -> list[str]:
    """Why these blocks would be refused with `invalid_blocks`; empty when they are well."""
    if not isinstance(blocks, list):
        return ["must be an array [json-pointer:/blocks]"]
    found = [f"no more than {MOST_BLOCKS} items allowed [json-pointer:/blocks]"] if len(blocks) > MOST_BLOCKS else []
    for place, block in enumerate(blocks):
        found += [f"{fault} [json-pointer:/blocks/{place}{where}]" for where, fault in _block(block)]
    for name in ("block_id", "action_id"):
        named = [value for value in _values(blocks, name) if isinstance(value, str)]
        if len(set(named)) < len(named):
            found.append(f"`{name}` must be unique [json-pointer:/blocks]")
    return found


def too_long(blocks: list[Any]) -> bool:
    """Would Slack say `msg_blocks_too_long`?"""
    texts = (value for value in _values(blocks, "text") if isinstance(value, str))
    return sum(map(units, texts)) + 100 * len(blocks) > MOST_TOGETHER


def mentions(blocks: list[Any], text: str) -> list[str]:
    """Everybody whom the message would notify, and every channel it names."""
    loud = re.findall(r"@(?:here|channel|everyone)\b", text)
    return loud + [each for part in (*_mrkdwn(blocks), text) for each in _MENTION.findall(part)]


def links(blocks: list[Any]) -> list[str]:
    """Every address that could be clicked: written as a link, on a button, or found in a text that is not verbatim."""
    found = [each for part in _mrkdwn(blocks) for each in _LINK.findall(part)]
    for element in _dicts(blocks):
        if element.get("type") == "mrkdwn" and not element.get("verbatim"):
            found += _BARE.findall(element["text"])
    return found + [url for url in _values(blocks, "url") if isinstance(url, str)]


def _block(block: Any) -> Iterator[tuple[str, str]]:
    kinds: dict[str, Callable[[dict[str, Any]], Iterator[tuple[str, str]]]] = {
        "section": _section,
        "header": lambda each: _text(each.get("text"), "/text", 150, ("plain_text",)),
        "divider": lambda each: iter(()),
        "context": _context,
        "actions": _actions,
        "image": _image,
    }
    if not isinstance(block, dict) or block.get("type") not in kinds:
        yield "", "unsupported type"
        return
    if units(str(block.get("block_id", ""))) > 255:
        yield "/block_id", "must be less than 256 characters"
    yield from kinds[block["type"]](block)


def _section(block: dict[str, Any]) -> Iterator[tuple[str, str]]:
    fields = block.get("fields")
    if "text" not in block and not fields:
        yield "", "missing required field: text or fields"
    if "text" in block:
        yield from _text(block["text"], "/text", 3000)
    if fields is not None:
        yield from _listed(fields, "/fields", 10)
        for place, field in enumerate(fields if isinstance(fields, list) else []):
            yield from _text(field, f"/fields/{place}", 2000)
    if "accessory" in block:
        yield from _element(block["accessory"], "/accessory")


def _context(block: dict[str, Any]) -> Iterator[tuple[str, str]]:
    elements = block.get("elements")
    yield from _listed(elements, "/elements", 10)
    for place, element in enumerate(elements if isinstance(elements, list) else []):
        if isinstance(element, dict) and element.get("type") == "image":
            yield from _image(element)
        else:
            yield from _text(element, f"/elements/{place}", 3000)


def _actions(block: dict[str, Any]) -> Iterator[tuple[str, str]]:
    elements = block.get("elements")
    yield from _listed(elements, "/elements", 25)
    for place, element in enumerate(elements if isinstance(elements, list) else []):
        yield from _element(element, f"/elements/{place}")


def _element(element: Any, where: str) -> Iterator[tuple[str, str]]:
    if not isinstance(element, dict) or element.get("type") not in ANSWERABLE:
        yield where, "unsupported type"
        return
    yield from _text(element.get("text"), f"{where}/text", 75, ("plain_text",))
    for name, most in (("action_id", 255), ("value", 2000)):
        if units(str(element.get(name, ""))) > most:
            yield f"{where}/{name}", f"must be less than {most + 1} characters"
    if "url" in element:
        yield from _url(element["url"], f"{where}/url")
    if element.get("style") not in (None, "primary", "danger"):
        yield f"{where}/style", "must be one of primary, danger"


def _image(block: dict[str, Any]) -> Iterator[tuple[str, str]]:
    yield from _url(block.get("image_url"), "/image_url")
    alt = block.get("alt_text")
    if not isinstance(alt, str) or not 0 < units(alt) <= 2000:
        yield "/alt_text", "must be between 1 and 2000 characters"


def _text(
    text: Any, where: str, most: int, kinds: tuple[str, ...] = ("plain_text", "mrkdwn")
) -> Iterator[tuple[str, str]]:
    if not isinstance(text, dict) or text.get("type") not in kinds:
        yield where, f"must be a text object of type {' or '.join(kinds)}"
        return
    written = text.get("text")
    extra = set(text) - {"type", "text", "emoji" if text["type"] == "plain_text" else "verbatim"}
    if extra:
        yield where, f"no more items allowed: {', '.join(sorted(extra))}"
    if not isinstance(written, str) or not written.strip():
        yield f"{where}/text", "must be more than 0 characters"
    elif units(written) > most:
        yield f"{where}/text", f"must be less than {most + 1} characters"
    elif _UNWRITABLE.search(written) or (text["type"] == "mrkdwn" and _LOOSE.search(written)):
        yield f"{where}/text", "must be well-formed"


def _url(url: Any, where: str) -> Iterator[tuple[str, str]]:
    try:
        well = isinstance(url, str) and urlsplit(url).scheme in ("http", "https") and bool(urlsplit(url).hostname)
    except ValueError:
        well = False
    if not well or re.search(r"\s", url):
        yield where, "must be a valid url"
    elif units(url) > 3000:
        yield where, "must be less than 3001 characters"


def _listed(items: Any, where: str, most: int) -> Iterator[tuple[str, str]]:
    if not isinstance(items, list) or not items:
        yield where, "must be an array of at least 1 item"
    elif len(items) > most:
        yield where, f"no more than {most} items allowed"


def _dicts(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
        value = list(value.values())
    if isinstance(value, list):
        for each in value:
            yield from _dicts(each)


def _values(blocks: Any, name: str) -> Iterator[Any]:
    return (each[name] for each in _dicts(blocks) if name in each)


def _mrkdwn(blocks: Any) -> list[str]:
    return [str(each["text"]) for each in _dicts(blocks) if each.get("type") == "mrkdwn" and "text" in each]
