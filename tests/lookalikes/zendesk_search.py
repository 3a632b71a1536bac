"""Zendesk's export of search results, as far as tickets are searched by status, time, tags and group."""

import re
from typing import Any

from tests.lookalikes.zendesk_shapes import Json, Record, Refusal

_TERM = re.compile(r'(-?)(\w+)([:<>]=?)("[^"]*"|\S+)')


def found(records: list[Record], query: str) -> list[Json]:
    """The tickets that the query finds, in order of their creation. Terms with one name mean one or the other; what is
    left out by `-` is left out. A query that names a type is refused, as the export does."""
    terms = [(bool(no), name, how, word.strip('"')) for no, name, how, word in _TERM.findall(query)]
    if any(name == "type" for _, name, _, _ in terms):
        raise Refusal(422, {"error": "invalid", "description": "Invalid search: type is given by filter[type]"})
    rows = [each.ticket for each in records if not each.deleted and _fits(each.ticket, terms)]
    return [{**row, "result_type": "ticket"} for row in sorted(rows, key=lambda row: str(row["created_at"]))]


def _fits(ticket: Json, terms: list[tuple[bool, str, str, str]]) -> bool:
    wanted: dict[str, list[bool]] = {}
    for no, name, how, word in terms:
        holds = _holds(ticket, name, how, word)
        if no and holds:
            return False
        if not no:
            wanted.setdefault(name, []).append(holds)
    return all(any(each) for each in wanted.values())


def _holds(ticket: Json, name: str, how: str, word: str) -> bool:
    values: dict[str, Any] = {
        "status": [ticket["status"]],
        "tags": ticket["tags"],
        "group": [str(ticket["group_id"])],
    }
    if name in ("solved", "updated", "created"):
        at = ticket["created_at" if name == "created" else "updated_at"][:10]
        if name == "solved" and ticket["status"] not in ("solved", "closed"):
            return False
        return bool(at > word or (how.endswith("=") and at == word)) if how[0] == ">" else bool(at < word)
    return word in values.get(name, [])
