"""Markup from outside is read within bounds: no page costs more than its length, or it is refused by name."""

import time
from collections.abc import Callable
from cProfile import Profile

import pytest

from desk.pages import Markup, Page, UnreadablePage
from desk.platform.database import Database
from integration.web.prose import text_blocks
from integration.zendesk.channel.history import comment_text
from knowledge.ingest.index_source import index_source
from knowledge.parsing import markdown, parse
from knowledge.parsing.parse import NotParsed
from knowledge.sources.website.html_metadata import read_html_metadata
from tests.knowledge.conftest import ListSource, WordEmbedder

MEGABYTE = 1_000_000
SECONDS = 60.0
"""Of the processor's time, not of the clock's. Each takes 1 to 4, up to 10 under coverage on a busy machine; what grows
with the square of its length takes hours."""

HTML = {
    "div": "<div>", "b": "<b>x", "p": "<p>x", "li": "<ul><li>x", "table": "<table><tr><td>x",
    "row": "<tr><td>x</td></tr>",
    "th-table": "<table><tr><th>x<td>", "div-row": "<div><tr><td>x", "dl": "<dl><dt>a", "dt": "<dt>a<dd>b",
    "image": "<img alt=x>", "image-in": "<b><img alt=x>", "image-beside": "x<img alt=x>", "nav": "<i>x</i><nav>x</nav>",
    "nav-in": "<nav>", "header": "<header>x</header>", "article": "<article>x</article>", "span-div": "<span><div>",
    "link": "<a href='http://a.example/b'>x</a>", "anchor": "<a href='#a'>", "heading": "<h2>a</h2>", "pre": "<pre>",
    "details": "<details><summary>a</summary>", "list-in": "<li><ul><li>x</ul>", "comment": "<!--", "open": "<a ",
    "quote": "<a b='", "less": "<", "end": "</b>", "cdata": "<![CDATA[", "instruction": "<?", "declaration": "<!A ",
    "entity": "&amp;", "odd-entity": "&#x", "script": "<script>", "title": "<title>", "attribute": "<a b=c d=e>",
}  # fmt: skip

MARKDOWN = {
    "star": "*", "star-a": "*a ", "strong": "*a **a ", "under": "_a __a ", "bracket": "[", "image": "![a](",
    "link": "[a](",
    "good-link": "[a](http://a.example/b) ", "tick": "`", "tick-a": "` ", "strike": "~~a ", "less": "<a",
    "auto": "<http://a",
    "table": "|a|b|\n|-|-|\n|c|d|\n\n", "cell": "|x|y|\n", "definition": "[a]: /b\n\n", "line": "a\n", "break": "a  \n",
    "rule": "---\n", "fence": "```\n", "item": "- a\n", "quoted": "> a\n", "entity": "&", "escape": "\\", "html": "<b>",
    "mark": "!!! note\n    a\n", "directive": "{% a %}\n", "setext": "a\n==\n",
}  # fmt: skip


def calls(work: Callable[[], object]) -> int:
    """How many calls of functions it takes, of Python's and of C's: the same wherever it runs."""
    profile = Profile()
    profile.runcall(work)
    return sum(entry.callcount for entry in profile.getstats())


def grows_with_its_length(make: Callable[[int], Callable[[], object]]) -> bool:
    """Does twice as much (beyond the depth of any tree) cost about twice as much?"""
    make(10)()  # what is done once
    return calls(make(800)) <= 2.5 * calls(make(400))


@pytest.mark.parametrize("piece", HTML.values(), ids=HTML)
def test_html_costs_no_more_than_its_length(piece: str) -> None:
    assert grows_with_its_length(lambda n: lambda: parse.parse_page(piece * n + "end", Markup.HTML))
    assert grows_with_its_length(lambda n: lambda: read_html_metadata(piece * n))


@pytest.mark.parametrize("piece", MARKDOWN.values(), ids=MARKDOWN)
def test_markdown_costs_no_more_than_its_length(piece: str) -> None:
    assert grows_with_its_length(lambda n: lambda: parse.parse_page(piece * n + "end", Markup.MARKDOWN))


def lists(depth: int) -> str:
    return "".join("  " * level + f"- item{level}\n" for level in range(depth))


LARGE = {
    "stars": ("*" * MEGABYTE, Markup.MARKDOWN),
    "brackets": ("[" * MEGABYTE, Markup.MARKDOWN),
    "less": ("<" * MEGABYTE, Markup.MARKDOWN),
    "ticks": ("`" * MEGABYTE, Markup.MARKDOWN),
    "links": ("[a](http://a.example/b)\n" * 100_000, Markup.MARKDOWN),
    "some-of-the-links": ("[a](http://a.example/b)\n" * 8_000, Markup.MARKDOWN),
    "table": ("|a|b|\n|-|-|\n" + "|x|y|\n" * 100_000, Markup.MARKDOWN),
    "padded": ("|" + "a|" * 2000 + "\n|" + "-|" * 2000 + "\n" + "x\n" * 1500, Markup.MARKDOWN),
    "one-definition-used-often": ("[a]: /" + "x" * 20_000 + "\n\n" + "[a] " * 10_000, Markup.MARKDOWN),
    "a-mark-that-never-ends": ("!!! " + "a" * 200_000 + "!", Markup.MARKDOWN),
    "quotes": (">" * 100_000 + "end", Markup.MARKDOWN),
    "lists": (lists(500), Markup.MARKDOWN),
    "tags": ("<div>" * 10_000 + "end", Markup.HTML),
    "spans": ("<span>" * 10_000 + "end", Markup.HTML),
    "many-tags": ("<div>" * 200_000 + "end", Markup.HTML),
    "comments": ("<!--" * 250_000, Markup.HTML),
    "open-tags": ("<a b='" * 150_000, Markup.HTML),
    "anchors": ("<a href='/x'>x</a>" * 100_000 + "end", Markup.HTML),
    "rows": ("<table>" + "<tr><td>x</td><td>y</td></tr>" * 10_000 + "</table>end", Markup.HTML),
    "text": ("word " * 200_000 + "end", Markup.HTML),
}


@pytest.mark.parametrize(("body", "markup"), LARGE.values(), ids=LARGE)
def test_a_hostile_page_is_read_whole_or_refused_by_its_limit(body: str, markup: Markup) -> None:
    began = time.process_time()
    try:
        found = parse.parse_page(body, markup)
    except NotParsed as error:
        assert any(word in str(error) for word in ("more than", "deeper than"))  # noqa: PT017
    else:
        text = "".join(block.text for section in found.sections for block in section.blocks)
        assert "end" in text[-10:] or not body.endswith("end")
    assert time.process_time() - began < SECONDS


def test_lists_and_quotes_in_each_other_are_read_whole_or_refused() -> None:
    for depth in range(1, 45):
        try:
            found = str(parse.parse_page(lists(depth), Markup.MARKDOWN))
        except NotParsed:
            assert depth > 25
        else:
            assert all(f"item{level}" in found for level in range(depth))
    for depth in range(1, 80):
        try:
            found = str(parse.parse_page("> " * depth + "deep", Markup.MARKDOWN))
        except NotParsed:
            assert depth > 50
        else:
            assert "deep" in found


def test_what_is_hidden_is_still_left_out_of_a_page_of_many_such_parts() -> None:
    body = "<p>One.</p><nav>Menu <b>x</b></nav><p hidden>Secret.</p>" * 300 + "<p>Last.</p>"
    [section] = parse.parse_page(body, Markup.HTML).sections
    assert {block.text for block in section.blocks} == {"One.", "Last."}


def test_comments_of_zendesk_and_our_own_prose_cost_no_more_than_their_length() -> None:
    for piece in (*HTML.values(), *MARKDOWN.values(), "\n\n", "[1] ", "1. a\n", "- a\n"):
        body = (piece * MEGABYTE)[:60_000]
        began = time.process_time()
        assert isinstance(comment_text(body), str)
        assert text_blocks(body, [1]) is not None
        assert time.process_time() - began < SECONDS


def test_a_page_beyond_the_limits_is_reported_keeps_what_is_known_of_it_and_stops_no_other(
    database: Database, account: str, embedder: WordEmbedder, source: type[ListSource], monkeypatch: pytest.MonkeyPatch
) -> None:
    def page(name: str, body: str, markup: Markup = Markup.HTML) -> Page:
        return Page(name, body, markup)

    index_source(database, account, source(page("tags", "<p>Old text."), page("good", "<p>Text.")), embedder)
    monkeypatch.setattr(parse, "MOST_CHARACTERS", 2_000_000)
    monkeypatch.setattr(markdown, "MOST_MARKS", 1000)
    pages = source(
        page("tags", "<b>" * 100_001),
        page("long", "x" * 2_000_001),
        page("marks", "*" * 1001, Markup.MARKDOWN),
        page("quotes", "> " * 99 + "deep", Markup.MARKDOWN),
        page("good", "<p>New text."),
    )
    report = index_source(database, account, pages, embedder)
    assert (report.changed, report.removed) == (1, 0)
    assert report.skipped == (
        UnreadablePage("tags", "has more than 100,000 tags"),
        UnreadablePage("long", "is larger than 2,000,000 characters"),
        UnreadablePage("marks", "has more than 1,000 marks of Markdown and lines"),
        UnreadablePage("quotes", "has lists or quotes in each other, deeper than 60"),
    )
