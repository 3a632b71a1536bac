"""Draws `docs/architecture.svg` from the imports: `python -m docs.architecture`. A test holds it up to date."""

import ast
from collections import Counter
from collections.abc import Iterator
from html import escape
from pathlib import Path

ROOT = Path(__file__).parents[1]
PICTURE = Path(__file__).with_name("architecture.svg")
ROOMS = {
    "app": "the roof: builds everything, starts the processes, the command",
    "integration": "the doors: one folder for each outside service, the API, pages",
    "workers": "the work: queue, processing, pipeline, language models",
    "knowledge": "the library: sources, parsing, ingest, index, search",
    "desk": "the ground: words, ports, policy, texts, settings, database session",
}
WALK = {
    "integration/webhooks": "1",
    "workers/queue": "2 · 8",
    "workers/processing": "3 · 9",
    "integration/zendesk": "4 · 10",
    "workers/pipeline": "5",
    "workers/models": "6",
    "knowledge/search": "7",
}
"""One ticket: stored (1, 2), worked on (3), fetched (4), thought about (5) with a model (6) and the library (7),
planned (8), looked at again (9) and posted (10)."""
WIDTH, BAND, BOX, GAP = 1040, 118, 112, 10
STYLE = """
text { font: 12px system-ui, sans-serif; fill: #1f2933 } .room { fill: #f4f6f8; stroke: #c3ccd5 }
.box { fill: #fff; stroke: #9aa5b1 } .name { font-weight: 600; font-size: 15px } .about { fill: #52606d }
.walk { fill: #1f5fbf; font-weight: 600 } .arrow { stroke: #52606d; marker-end: url(#tip) } .count { fill: #52606d }
@media (prefers-color-scheme: dark) { text { fill: #e4e7eb } .room { fill: #1f2933; stroke: #3e4c59 }
.box { fill: #323f4b; stroke: #616e7c } .about, .count { fill: #9aa5b1 } .walk { fill: #7fb2ff } }
"""


def picture() -> str:
    """The house as SVG: rooms from the roof down, their sub-rooms, and how many imports go from room to room."""
    height = len(ROOMS) * (BAND + 34)
    tip = '<marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" orient="auto">'
    return "\n".join(
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img">',
            "<title>The rooms of Firstline, what imports what, and the walk of one ticket</title>",
            f'<style>{STYLE}</style><defs>{tip}<path d="M0 0 8 4 0 8z" fill="#52606d"/></marker></defs>',
            *_bands(),
            "</svg>",
            "",
        )
    )


def _bands() -> Iterator[str]:
    counts = _imports()
    rooms = list(ROOMS)
    for place, room in enumerate(rooms):
        top = place * (BAND + 34)
        yield f'<rect class="room" x="1" y="{top + 1}" width="{WIDTH - 2}" height="{BAND}" rx="8"/>'
        yield f'<text class="name" x="16" y="{top + 26}">{room}/</text>'
        yield f'<text class="about" x="130" y="{top + 26}">{escape(ROOMS[room])}</text>'
        for number, name in enumerate(_subrooms(room)):
            yield from _box(room, name, 16 + (number % 8) * (BOX + GAP + 5), top + 40 + (number // 8) * 38)
        below = [f"{other} {counts[room, other]}" for other in rooms[place + 1 :] if counts[room, other]]
        if below:
            yield f'<path class="arrow" d="M30 {top + BAND + 3} v26"/>'
            yield f'<text class="count" x="44" y="{top + BAND + 22}">imports: {", ".join(below)}</text>'


def _box(room: str, name: str, left: int, top: int) -> Iterator[str]:
    yield f'<rect class="box" x="{left}" y="{top}" width="{BOX}" height="30" rx="5"/>'
    yield f'<text x="{left + 8}" y="{top + 20}">{name}</text>'
    if step := WALK.get(f"{room}/{name}"):
        yield f'<text class="walk" x="{left + BOX - 6}" y="{top + 20}" text-anchor="end">{step}</text>'


def _subrooms(room: str) -> list[str]:
    folders = sorted(path.parent.name for path in (ROOT / room).glob("*/__init__.py"))
    return [*(["webhooks"] if room == "integration" else []), *folders]


def _imports() -> Counter[tuple[str, str]]:
    """How many files of a room import from another."""
    counts: Counter[tuple[str, str]] = Counter()
    for room in ROOMS:
        for file in sorted((ROOT / room).rglob("*.py")):
            nodes = ast.walk(ast.parse(file.read_text(encoding="utf-8")))
            modules = {node.module.split(".")[0] for node in nodes if isinstance(node, ast.ImportFrom) and node.module}
            counts.update((room, other) for other in modules if other in ROOMS and other != room)
    return counts


if __name__ == "__main__":
    PICTURE.write_text(picture(), encoding="utf-8")
