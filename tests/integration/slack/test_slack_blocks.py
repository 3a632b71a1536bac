"""The layout of an alert: Slack's limits are kept and nobody is called, whatever customers, documents and models write.

`tests/lookalikes/block_kit.py` is the judge.
"""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from desk.ports import Alert, Source
from integration.slack.alert_blocks import alert_blocks, escape, fallback_text, priority_in_words, safe_url
from tests.lookalikes import block_kit

PLAIN = Alert(
    "acme",
    "zendesk",
    "7",
    "Refund",
    "Kim",
    "Where is it?",
    ("The customer asks for a person",),
    "It takes five days. [1]",
    (Source(1, "Refunds", "https://help.example/refunds", ("Five days.",), "p1"),),
    "https://acme.example/agent/tickets/7",
    "https://firstline.example/console/tickets/zendesk/7",
)
HOSTILE = {
    "ten thousand words": "word " * 10_000,
    "one endless word": "x" * 500_000,
    "ten thousand lines": "line\n" * 10_000,
    "only newlines": "\n" * 50_000,
    "only markup": "&<>" * 20_000,
    "only emoji": "\U0001f468\u200d\U0001f469\u200d\U0001f467" * 5_000,
    "right to left": "שלום עולם مرحبا بالعالم " * 3_000,
    "overrides": "\u202eevil\u2066 text\u2069" * 3_000,
    "combining": "e" + "\u0301" * 20_000,
    "lone surrogates": "\ud800 \udfff" * 5_000,
    "nul bytes": "\x00a\x00" * 5_000,
    "nothing": "",
    "blank": " \t\n\u2028\x00",
    "mentions": "<!here> <!channel> <@U123ABC> <#C123> <!subteam^S1> @here @channel @everyone " * 500,
    "links": "<https://evil.example|your bank> https://evil.example/x [a](https://evil.example) " * 500,
    "fences": "```\n> *Reasons*\n~~~`" * 2_000,
    "escaped already": "&lt;!here&gt; &amp;lt;" * 2_000,
}


def everywhere(text: str) -> Alert:
    """An alert with this text in every place that others write."""
    source = Source(1, text, f"https://help.example/{text[:5000]}", (text,), "p1")
    url = f"https://help.example/{text}"
    return Alert(text, text, text, text, text, text, (text,) * 25, text, (source,) * 40, url, url)


def texts(blocks: list[dict[str, Any]]) -> str:
    return json.dumps(blocks, ensure_ascii=False)


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_slack_takes_it_whatever_it_holds(text: str) -> None:
    alert = everywhere(text)
    blocks = alert_blocks(alert)
    assert block_kit.faults(blocks) == []
    assert not block_kit.too_long(blocks)
    for words in (fallback_text(alert), priority_in_words(alert)):
        assert 0 < block_kit.units(words) < 10_000
        assert block_kit.mentions(blocks, words) == []


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
@pytest.mark.parametrize("limit", [3, 10, 150, 2500])
def test_a_cut_text_stays_within_its_limit_and_never_ends_in_half_an_entity(text: str, limit: int) -> None:
    cut = escape(text, limit)
    assert block_kit.units(cut) <= limit
    assert block_kit._LOOSE.search(cut) is None
    assert "<" not in cut
    assert ">" not in cut


def test_nothing_a_customer_or_a_model_wrote_becomes_a_link() -> None:
    text = HOSTILE["links"]
    blocks = alert_blocks(replace(PLAIN, question=text, draft=text, subject=text, requester=text, reasons=(text,)))
    assert [link for link in block_kit.links(blocks) if "evil" in link] == []


def test_a_short_text_is_shown_whole() -> None:
    blocks = texts(alert_blocks(PLAIN))
    for part in (PLAIN.subject, PLAIN.requester, PLAIN.question, PLAIN.draft, PLAIN.reasons[0], "Refunds"):
        assert part in blocks
    assert "…" not in blocks


def test_a_long_draft_is_cut_with_an_ellipsis_and_a_long_question_too() -> None:
    blocks = alert_blocks(replace(PLAIN, draft="word " * 10_000, question="line\n" * 10_000))
    shown = {block["text"]["text"].split("\n")[0]: block["text"]["text"] for block in blocks if "text" in block}
    assert shown["*Draft, not sent*"].endswith("…")
    assert len(shown["*Draft, not sent*"]) > 2300
    assert shown["*Question*"].endswith("…")


def test_text_that_is_cut_before_it_is_cleaned_ends_with_an_ellipsis_too() -> None:
    assert escape("a" + "\x00" * 100 + "b", 10) == "a…"


def test_every_line_of_a_question_is_quoted() -> None:
    (question,) = (
        block["text"]["text"]
        for block in alert_blocks(replace(PLAIN, question="Hello\n\n \n\n*Reasons*\n• all is well"))
        if block.get("text", {}).get("text", "").startswith("*Question*")
    )
    assert question == "*Question*\n> Hello\n>\n> *Reasons*\n> • all is well"


@pytest.mark.parametrize(
    ("change", "title"),
    [
        ({"question": ""}, "Question"),
        ({"draft": " \n"}, "Draft"),
        ({"sources": ()}, "Sources"),
        ({"reasons": ()}, "Re"),
    ],
)
def test_a_part_that_holds_nothing_is_left_out(change: dict[str, Any], title: str) -> None:
    assert f"*{title}" in texts(alert_blocks(PLAIN))
    blocks = alert_blocks(replace(PLAIN, **change))
    assert f"*{title}" not in texts(blocks)
    assert block_kit.faults(blocks) == []


def test_thousands_of_sources_say_how_many_were_left_out() -> None:
    many = tuple(Source(n, f"Page {n}", f"https://help.example/{n}", (), f"p{n}") for n in range(1, 5001))
    blocks = alert_blocks(replace(PLAIN, sources=many))
    (sources,) = (text for text in block_kit._mrkdwn(blocks) if text.startswith("*Sources*"))
    left_out = 5000 - sources.count("<https://")
    assert sources.endswith(f"… and {left_out} more")
    assert sources.count("<https://") > 10


@pytest.mark.parametrize(
    "url",
    [
        None,
        "",
        "javascript:alert(1)",
        "data:text/html,x",
        "ftp://files.example/x",
        "//help.example/x",
        "https://",
        "http://[",
        "https://slack.com@evil.example/",
        "https://help.example/" + "x" * 3000,
        "help.example",
    ],
)
def test_an_address_that_is_no_plain_web_page_is_no_link(url: str | None) -> None:
    blocks = alert_blocks(replace(PLAIN, ticket_url=url, console_url=url, sources=(Source(1, "Page", url, (), "p"),)))
    assert block_kit.links(blocks) == []
    assert "[1] Page" in texts(blocks)
    assert block_kit.faults(blocks) == []


def test_an_address_cannot_end_its_link_early() -> None:
    url = safe_url("https://help.example/a|b>c<!here> d?x=1&y=2", 3000)
    assert url == "https://help.example/a%7Cb%3Ec%3C!here%3E%20d?x=1&y=2"
    source = Source(1, "Pa|ge> <!here>", "https://help.example/a|b>c<!here> d", (), "p")
    blocks = alert_blocks(replace(PLAIN, sources=(source,)))
    assert block_kit.mentions(blocks, "") == []
    assert "https://help.example/a%7Cb%3Ec%3C!here%3E%20d" in block_kit.links(blocks)


@pytest.mark.parametrize(
    ("text", "limit", "cut"),
    [
        ("a & b", 20, "a &amp; b"),
        ("a & b", 7, "a…"),
        ("abcdef", 6, "abcdef"),
        ("abcdefg", 6, "abcde…"),
        ("ab👩‍👧cd", 7, "ab…"),
        ("abe\u0301\u0301\u0301zz", 5, "ab…"),
        ("👍👍👍", 5, "👍👍…"),
    ],
)
def test_cutting_keeps_what_belongs_together(text: str, limit: int, cut: str) -> None:
    assert escape(text, limit) == cut


@pytest.mark.parametrize("shout", ["@here", "@Channel", "@everyone"])
def test_shouting_calls_nobody_and_stays_readable(shout: str) -> None:
    blocks = alert_blocks(replace(PLAIN, question=f"{shout} help", draft="write to kim@channel.example"))
    assert shout not in texts(blocks)
    assert shout in texts(blocks).replace("\u2060", "")


def test_the_judge_sees_what_it_is_there_to_see() -> None:
    section: Callable[[str], dict[str, Any]] = lambda text: {  # noqa: E731  # a builder for this test alone
        "type": "section",
        "text": {"type": "mrkdwn", "text": text},
    }
    assert block_kit.faults([section("fine")]) == []
    for bad in ("x" * 3001, "", " ", "a & b", "\ud800"):
        assert block_kit.faults([section(bad)]), bad
    assert block_kit.faults([{"type": "divider"}] * 51)
    assert block_kit.too_long([section("x" * 3000)] * 5)
    assert block_kit.mentions([section("<!here>")], "@channel <@U1>") == ["@channel", "<!here>", "<@U1>"]
    assert block_kit.links([section("see https://evil.example now")]) == ["https://evil.example"]
