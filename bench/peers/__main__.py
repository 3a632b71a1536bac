"""Measure the peers on what standard input describes; one JSON object a line on standard output.

Run by `bench/retrieval.py` with the peers' own Python.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench.peers.lang_chain import LangChain
from bench.peers.llama_index import LlamaIndex
from bench.remembering import Remembering
from bench.stopwatch import Stack, measure

Json = dict[str, Any]


def main() -> None:
    """Every stack on every set."""
    work: Json = json.load(sys.stdin)
    memory = Remembering(Path(work["memory"]))
    for number, each in enumerate(work["sets"]):
        for stack in _stacks(work["url"], memory, number, each["passages"]):
            print(f"{each['name']}: {stack.name}", file=sys.stderr, flush=True)
            figures = measure(stack, memory, each["documents"], each["changed"], each["questions"])
            print(json.dumps({"set": each["name"], **figures}), flush=True)


def _stacks(url: str, memory: Remembering, number: int, passages: dict[str, list[str]]) -> Iterator[Stack]:
    """`passages`: by a document's text, the texts that Firstline embeds of it."""
    for ours in (None, passages):
        for hybrid in (False, True):
            yield LangChain(url, memory, f"l{number}{'ho'[ours is None]}{int(hybrid)}", hybrid, ours)
        yield LlamaIndex(url, memory, f"i{number}{'ho'[ours is None]}", ours)


if __name__ == "__main__":
    main()
