"""Each dialect's tabs, boxes and folds are read, each text under its own label, and what no reader sees is not."""

import pytest

from knowledge.parsing.structure import ParsedPage
from tests.knowledge.parsing.dialects.written import DIALECTS, Dialect

each_dialect = pytest.mark.parametrize("dialect", DIALECTS.values(), ids=DIALECTS)
LABELS = [
    ("macOS", "Windows"),
    ("Nur im Tarif Zephyr", "Für alle anderen"),
    ("Plan « Équipe »", "Plan Solo"),
    ("チームプラン", "ソロプラン"),
    ("Where do I find it?", "What does it cost & when?"),
]


def labels(page: ParsedPage) -> dict[str, tuple[str, ...]]:
    """By each text, the headings above it."""
    return {block.text: section.headings for section in page.sections for block in section.blocks}


def text(dialect: Dialect, body: str) -> str:
    return f"<p>{body}</p>" if dialect.markup == "html" else body


def tabs(dialect: Dialect, *pairs: tuple[str, str]) -> str:
    inner = "\n".join(dialect.tab(label, text(dialect, body)) for label, body in pairs)
    return f"{dialect.tabs[0]}\n{inner}\n{dialect.tabs[1]}\n"


def page(dialect: Dialect, *parts: str) -> ParsedPage:
    return dialect.read(dialect.noise + "\n\n".join(parts))


@each_dialect
@pytest.mark.parametrize(("first", "second"), LABELS)
def test_each_tab_stands_under_its_own_label(dialect: Dialect, first: str, second: str) -> None:
    found = labels(
        page(
            dialect,
            text(dialect, "The bridge writes a log."),
            tabs(dialect, (first, "It lies in /var/log."), (second, "It lies in drive C.")),
            text(dialect, "Both are kept for a week."),
        )
    )
    assert found == {
        "The bridge writes a log.": (),
        "It lies in /var/log.": (first,),
        "It lies in drive C.": (second,),
        "Both are kept for a week.": (),
    }


@each_dialect
@pytest.mark.parametrize(("first", "second"), LABELS)
def test_the_title_of_a_box_or_fold_stands_above_its_text_alone(dialect: Dialect, first: str, second: str) -> None:
    box, fold = dialect.box(first, text(dialect, "It is free.")), dialect.fold(second, text(dialect, "It costs €4."))
    found = labels(page(dialect, text(dialect, "A kite flies."), box, text(dialect, "It is red."), fold))
    assert found == {
        "A kite flies.": (),
        "It is free.": (first,),
        "It is red.": (),
        "It costs €4.": (second,),
    }


@each_dialect
def test_a_box_without_a_title_is_text(dialect: Dialect) -> None:
    found = labels(
        page(dialect, text(dialect, "A kite flies."), dialect.plain_box("It is free."), text(dialect, "Go."))
    )
    assert {words.removeprefix("💡 "): path for words, path in found.items()} == {
        "A kite flies.": (),
        "It is free.": (),
        "Go.": (),
    }


@each_dialect
def test_comments_and_what_only_builds_the_page_are_no_text(dialect: Dialect) -> None:
    comment = dialect.comment.format("From May on it costs €77")
    found = labels(page(dialect, text(dialect, "It costs €34."), comment, text(dialect, "It is red.")))
    assert set(found) == {"It costs €34.", "It is red."}


@each_dialect
def test_a_box_in_a_tab_keeps_its_own_label(dialect: Dialect) -> None:
    if dialect.markup == "adoc":
        pytest.skip("its fences would have to differ")
    inner = dialect.box("Only abroad", text(dialect, "It costs €9."))
    outer = f"{dialect.tabs[0]}\n{dialect.tab('By post', inner)}\n{dialect.tabs[1]}\n"
    found = labels(page(dialect, outer, text(dialect, "Ask us.")))
    assert found["It costs €9."][-1] == "Only abroad"
    assert found["Ask us."] == ()


@each_dialect
def test_headings_stay_what_they_are_between_boxes(dialect: Dialect) -> None:
    heading = {"rst": "Fees\n====", "adoc": "== Fees", "html": "<h2>Fees</h2>"}.get(dialect.markup, "## Fees")
    more = {"rst": "More\n====", "adoc": "== More", "html": "<h2>More</h2>"}.get(dialect.markup, "## More")
    box = dialect.box("On Sundays", text(dialect, "It is free."))
    found = labels(page(dialect, heading, box, text(dialect, "It costs €4."), more, text(dialect, "Ask us.")))
    assert found["It is free."] == ("Fees", "On Sundays")
    assert found["It costs €4."] == ("Fees",)
    assert found["Ask us."] == ("More",)


@each_dialect
def test_lists_in_a_box_stay_lists(dialect: Dialect) -> None:
    items = {"adoc": "* pegs\n* rope", "html": "<ul><li>pegs</li><li>rope</li></ul>"}.get(
        dialect.markup, "- pegs\n- rope"
    )
    found = labels(page(dialect, dialect.box("In the bag", items), text(dialect, "Go.")))
    assert found == {"pegs": ("In the bag",), "rope": ("In the bag",), "Go.": ()}


@pytest.mark.parametrize("name", [name for name, dialect in DIALECTS.items() if dialect.markup == "md"])
def test_code_is_left_as_it_is_written(name: str) -> None:
    dialect = DIALECTS[name]
    code = '<Note title="x">\n  {/* kept */} {{ kept }} {% kept %} :::kept\n</Note>'
    found = labels(page(dialect, dialect.box("Example for Linux", f"```jsx\n{code}\n```"), "Write `<Tab>` or `{x}`."))
    assert found == {code: ("Example for Linux",), "Write <Tab> or {x}.": ()}


@pytest.mark.parametrize("name", [name for name, dialect in DIALECTS.items() if dialect.markup == "md"])
def test_a_box_in_a_numbered_list_does_not_lose_its_title(name: str) -> None:
    dialect = DIALECTS[name]
    box = dialect.box("Only abroad", "It costs €9.").strip("\n").replace("\n", "\n   ")
    found = labels(page(dialect, f"1. Pack it.\n\n   {box}\n\n2. Send it."))
    whole = " ".join(" ".join([*path, words]) for words, path in found.items())
    assert "Only abroad" in whole
    assert whole.index("Pack it.") < whole.index("Only abroad") < whole.index("It costs €9.") < whole.index("Send it.")
