"""However a page is cut, each passage alone says of each value what the whole page says.

Pages are made up of nested headings, lists below lines that deny, steps, conditions and tables with spans. Each value
is a word of its own; what it belongs to on the page is remembered, and must be what a stranger finds in one passage.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from desk.pages import Markup
from desk.passage import Block, BlockKind
from knowledge.ingest.chunking import Chunk, cut_sections
from knowledge.parsing.parse import parse_page
from knowledge.parsing.structure import Section

WINDOWS = (24, 32, 48, 64, 96, 128, 256, 8000)


def count(text: str) -> int:
    return len(text.split())


@dataclass
class MadePage:
    """A page, and what must be read with each of its values: all of these texts."""

    rng: random.Random
    html: list[str] = field(default_factory=list)
    owners: dict[str, tuple[str, ...]] = field(default_factory=dict)
    number: int = 0
    path: tuple[str, ...] = ()

    def word(self, stem: str) -> str:
        self.number += 1
        return f"{stem}{self.number}"

    def value(self, *owners: str) -> str:
        value = self.word("value")
        self.owners[value] = (*self.path, *owners)
        return value

    def filling(self) -> str:
        return " ".join(
            self.rng.choice(("with", "blue", "desk", "and", "mail", "for", "each"))
            for _ in range(self.rng.randint(0, 9))
        )

    def make(self) -> None:
        """A page of some sections."""
        for _ in range(self.rng.randint(1, 4)):
            level = self.rng.randint(2, 4)
            heading = self.word("Heading")
            self.path = (heading,)
            self.html.append(f"<h{level}>{heading}</h{level}>")
            for _ in range(self.rng.randint(1, 3)):
                self.rng.choice(
                    (self.listing, self.steps, self.table, self.grouped, self.condition, self.nested, self.prose)
                )()

    def prose(self) -> None:
        self.html.append(f"<p>About {self.value()} {self.filling()}. {self.filling()} {self.value()}.</p>")

    def lead(self) -> str:
        lead = f"{self.word('Plans')} do not include {self.filling()}{self.rng.choice((':', '.', ' video:'))}"
        self.html.append(f"<p>{self.filling()} {self.word('before')}. {lead}</p>")
        return " ".join(lead.split())

    def listing(self) -> None:
        lead = self.lead()
        items = "".join(f"<li>{self.value(lead)} {self.filling()}</li>" for _ in range(self.rng.randint(2, 30)))
        self.html.append(f"<ul>{items}</ul>")

    def nested(self) -> None:
        lead = self.lead()
        items = []
        for _ in range(self.rng.randint(1, 4)):
            item = self.word("Item")
            inner = "".join(
                f"<li>{self.value(lead, item)} {self.filling()}</li>" for _ in range(self.rng.randint(1, 14))
            )
            items.append(f"<li>{item} without:<ul>{inner}</ul></li>")
        self.html.append(f"<ol>{''.join(items)}</ol>")

    def steps(self) -> None:
        lead = self.lead()
        steps = "".join(f"<li>Press {self.value(lead)} {self.filling()}.</li>" for _ in range(self.rng.randint(2, 25)))
        self.html.append(f"<ol>{steps}</ol>")

    def condition(self) -> None:
        condition = f"If {self.word('case')} is closed, nothing {self.word('but')} works."
        starts = ("In that case", "Otherwise", "Then", "It")
        rest = "".join(f" {start} {self.value(condition)} {self.filling()} helps." for start in starts)
        self.html.append(f"<p>{condition}{rest}</p><p>No more of this.</p>")

    def table(self) -> None:
        """A table with a caption, two rows of headers, names at the side and spans."""
        caption = self.word("Caption")
        plans = [self.word("Plan") for _ in range(self.rng.randint(1, 3))]
        periods = [self.word("Period") for _ in range(2)]
        top = "<th rowspan=2></th>" + "".join(f"<th colspan=2>{plan}</th>" for plan in plans)
        below = "".join(f"<th>{period}</th>" for _ in plans for period in periods)
        rows = "".join(f"<tr>{self.row(caption, plans, periods)}</tr>" for _ in range(self.rng.randint(1, 12)))
        self.html.append(f"<table><caption>{caption}</caption><tr>{top}</tr><tr>{below}</tr>{rows}</table>")

    def row(self, caption: str, plans: list[str], periods: list[str]) -> str:
        name = self.word("Row")
        cells = []
        for plan in plans:
            if self.rng.random() < 0.3:
                cells.append(f"<td colspan=2>{self.value(caption, name, plan, *periods)}</td>")
            else:
                cells += [f"<td>{self.value(caption, name, plan, period)}</td>" for period in periods]
        return f"<th scope=row>{name}</th>{''.join(cells)}"

    def grouped(self) -> None:
        """A table whose first column spans rows, and whose rows stand below titles across."""
        head = [self.word("Head") for _ in range(3)]
        rows = []
        for _ in range(self.rng.randint(1, 3)):
            group = self.word("Group")
            rows.append(f"<tr><th colspan=3>{group}</th></tr>")
            for _ in range(self.rng.randint(1, 4)):
                plan, height = self.word("Plan"), self.rng.randint(1, 4)
                for place in range(height):
                    what = self.word("What")
                    first = f"<td rowspan={height}>{plan}</td>" if not place else ""
                    rows.append(f"<tr>{first}<td>{what}</td><td>{self.value(group, plan, what, head[2])}</td></tr>")
        self.html.append(f"<table><tr>{''.join(f'<th>{each}</th>' for each in head)}</tr>{''.join(rows)}</table>")


def read(page: MadePage) -> tuple[Section, ...]:
    return parse_page(f"<main><h1>Title</h1>{''.join(page.html)}</main>", Markup.HTML).sections


def shown_with(chunk: Chunk, block: Block) -> str:
    """What a stranger reads of a block: the headings, what it leans on as far as the passage has it, and itself."""
    texts = [other.text for other in chunk.blocks if other.text in block.leads]
    return " ".join([*chunk.headings, *texts, block.text])


def places_of(chunks: list[Chunk], value: str) -> Iterator[tuple[Chunk, Block]]:
    for chunk in chunks:
        for block in chunk.blocks:
            if value in block.text.replace(".", " ").replace(";", " ").split():
                yield chunk, block


@pytest.mark.parametrize("seed", range(60))
def test_each_passage_says_of_each_value_what_the_page_says(seed: int) -> None:
    page = MadePage(random.Random(seed))
    page.make()
    sections = read(page)
    for window in WINDOWS:
        chunks = cut_sections("Title", sections, count, window)
        for value, owners in page.owners.items():
            places = list(places_of(chunks, value))
            assert places, (value, window)
            for chunk, block in places:
                text = shown_with(chunk, block)
                assert all(owner in text for owner in owners), (value, window, owners, text)
                foreign = [lead for lead in block.leads if lead.startswith(("Plans", "If ")) and lead not in owners]
                assert not foreign, (value, window, foreign)
        assert all(count(chunk.embedded) + 2 <= max(window, 24) for chunk in chunks), window


@pytest.mark.parametrize("seed", range(20))
def test_a_row_names_no_plan_that_has_another_value(seed: int) -> None:
    page = MadePage(random.Random(seed))
    page.path = ()
    page.table()
    for block in (block for section in read(page) for block in section.blocks if block.kind is BlockKind.ROW):
        for part in block.text.split("; ")[1:]:
            label, value = part.split(": ")
            assert set(label.split(", ")) <= set(page.owners[value])


@pytest.mark.parametrize("window", WINDOWS)
def test_every_text_of_a_page_is_in_some_vector(window: int) -> None:
    page = MadePage(random.Random(7))
    page.make()
    embedded = " ".join(chunk.embedded for chunk in cut_sections("Title", read(page), count, window))
    assert all(f"{value}" in embedded for value in page.owners)


def test_steps_that_are_cut_keep_their_numbers_the_line_above_and_the_step_before() -> None:
    steps = "".join(f"<li>Press the knob that is called {n}.</li>" for n in range(1, 21))
    sections = parse_page(f"<main><p>To reset the clock:</p><ol>{steps}</ol></main>", Markup.HTML).sections
    first, second, *_ = cut_sections("Clock", sections, count, 64)
    assert [(block.text, block.group) for block in second.blocks[:2]] == [
        ("To reset the clock:", -1),
        (first.blocks[-1].text, -1),
    ]
    assert [block.number for block in second.blocks[1:]] == list(
        range(first.blocks[-1].number, first.blocks[-1].number + len(second.blocks) - 1)
    )


def test_a_list_that_goes_on_below_a_remark_keeps_its_numbers_and_the_line_above() -> None:
    html = (
        "<main><p>To reset it:</p><ol><li>A<li>B</ol><p>A lamp goes on.</p><ol start=3><li>C<li value=7>D</ol></main>"
    )
    blocks = [block for section in parse_page(html, Markup.HTML).sections for block in section.blocks]
    steps = [(block.text, block.number, block.leads) for block in blocks if block.kind is BlockKind.STEP]
    lead = ("To reset it:",)
    assert steps == [("A", 1, lead), ("B", 2, lead), ("C", 3, lead), ("D", 7, lead)]


@pytest.mark.parametrize(
    ("condition", "rest"),
    [
        ("If the lamp is red, stop.", "Otherwise press on."),
        ("If the lamp is red, wait.", "In that case call us."),
        ("Wenn die Lampe rot ist, warten Sie.", "Andernfalls drücken Sie weiter."),
        ("Si le voyant est rouge, attendez.", "Dans ce cas, appelez-nous."),
        ("Si la luz es roja, espere.", "De lo contrario, siga."),
        ("Se la luce è rossa, aspetti.", "Altrimenti prosegua."),
        ("Als de lamp rood is, wacht dan.", "In dat geval belt u ons."),
        ("Se a luz estiver vermelha, espere.", "Caso contrário, continue."),
        ("ランプが赤い場合は待ちます。", "その場合は電話します。"),
        ("如果灯是红色的，请等待。", "否则请继续。"),
    ],
)
def test_a_sentence_that_leans_on_a_condition_carries_it(condition: str, rest: str) -> None:
    for html in (
        f"<p>{condition} {rest}</p>",
        f"<p>{condition}</p><p>{rest}</p>",
        f"<ol><li>{condition}<li>{rest}</ol>",
    ):
        blocks = [
            block for section in parse_page(f"<main>{html}</main>", Markup.HTML).sections for block in section.blocks
        ]
        assert condition in blocks[-1].leads
        assert blocks[0].leads == ()
