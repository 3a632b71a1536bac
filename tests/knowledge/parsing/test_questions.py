"""A question is the heading of its answer, however a page marks it."""

import pytest

from desk.pages import Markup
from tests.knowledge.parsing.blocks_of import outline_of

ANSWERS = [("Is it free?", "Yes, it is."), ("Does it float?", "It does. The plates rust.")]

PAGES = {
    "bold paragraphs": "<p><b>{q}</b></p><p>{a}</p>",
    "strong paragraphs with a style": "<p><span style='color:red'><strong>{q}</strong></span></p><p>{a}</p>",
    "bold by style": "<p style='x'><span style='font-weight:bold'>{q}</span></p><p>{a}</p>",
    "bold in pieces": "<p><b>{q0}</b> <b>{q1}</b></p><p>{a}</p>",
    "bold divisions": "<div><b>{q}</b></div><div>{a}</div>",
    "bold lines in one paragraph": "<p><b>{q}</b><br>{a}</p>",
    "bold beginnings": "<p><strong>{q}</strong> {a}</p>",
    "headings": "<h3>{q}</h3><p>{a}</p>",
    "headings with links": "<h3 id=x>{q} <a class=anchor href='#x'>Permalink</a></h3><p>{a}</p>",
    "folds": "<details><summary>{q}</summary>{a}</details>",
    "letters": "<p>Q: {q}</p><p>A: {a}</p>",
    "letters on lines": "<p>Q. {q}<br>A. {a}</p>",
    "letters, bold": "<p><b>{q}</b></p><p>A: {a}</p>",
    "classes": "<div class=faq-question>{q}</div><div class=faq-answer>{a}</div>",
    "microdata": (
        "<div itemscope itemprop=mainEntity itemtype='https://schema.org/Question'><h3 itemprop=name>{q}</h3>"
        "<div itemscope itemprop=acceptedAnswer itemtype='https://schema.org/Answer'><div itemprop=text>{a}</div></div>"
        "</div>"
    ),
    "microdata in an accordion": (
        "<div itemscope itemtype='http://schema.org/Question'><button itemprop=name>{q}</button>"
        "<div itemprop=acceptedAnswer style='display:none'><p itemprop=text>{a}</p></div></div>"
    ),
    "an accordion": (
        "<div class=faq-item><button class=faq-question aria-expanded=false>{q}</button>"
        "<div class=faq-answer hidden><p>{a}</p></div></div>"
    ),
}  # fmt: skip

WHOLE = {
    "definitions": ("<dl>{}</dl>", "<dt>{q}<dd>{a}"),
    "definitions in groups": ("<dl>{}</dl>", "<div><dt>{q}</dt><dd><p>{a}</p></dd></div>"),
    "rows": ("<table>{}</table>", "<tr><td>{q}<td>{a}</tr>"),
    "rows with headers": ("<table><tr><th>Question<th>Answer</tr>{}</table>", "<tr><td>{q}<td>{a}</tr>"),
    "rows headed at the side": ("<table>{}</table>", "<tr><th scope=row>{q}</th><td><p>{a}</p></tr>"),
    "items": ("<ul>{}</ul>", "<li><b>{q}</b> {a}"),
    "items of paragraphs": ("<ol>{}</ol>", "<li><p><b>{q}</b></p><p>{a}</p>"),
    "items with headings": ("<ul>{}</ul>", "<li><h3>{q}</h3><p>{a}</p>"),
}


def fill(piece: str) -> str:
    return "".join(piece.format(q=q, a=a, q0=q.split()[0], q1=" ".join(q.split()[1:])) for q, a in ANSWERS)


@pytest.mark.parametrize("piece", PAGES.values(), ids=PAGES)
def test_a_question_is_the_heading_of_its_answer(piece: str) -> None:
    assert outline_of(f"<main><h1>Stilts</h1>{fill(piece)}</main>") == ANSWERS


@pytest.mark.parametrize(("around", "piece"), WHOLE.values(), ids=WHOLE)
def test_each_pair_of_a_list_or_table_is_a_part_of_its_own(around: str, piece: str) -> None:
    html = f"<main><h1>Stilts</h1>{around.format(fill(piece))}<p>Ask us.</p></main>"
    assert outline_of(html) == [*ANSWERS, ("", "Ask us.")]


def test_pairs_in_markdown() -> None:
    body = "# Stilts\n\n" + "".join(f"**{q}**\n\n{a}\n\n" for q, a in ANSWERS)
    assert outline_of(body, Markup.MARKDOWN) == ANSWERS
    body = "# Stilts\n\n" + "".join(f"**{q}**\n{a}\n\n" for q, a in ANSWERS)
    assert outline_of(body, Markup.MARKDOWN) == ANSWERS


@pytest.mark.parametrize(
    "language", ["¿Es gratis?", "Ist das kostenlos?", "C'est gratuit ?", "無料ですか？", "هل هو مجاني؟"]
)
def test_questions_of_all_languages_are_headings(language: str) -> None:
    assert outline_of(f"<main><p><b>{language}</b></p><p>9.</p><h2>More</h2><p>8.</p></main>") == [
        (language, "9."),
        ("More", "8."),
    ]


JSON_LD = """<script type="application/ld+json">{"@context": "https://schema.org", "@graph": [{"@type": "FAQPage",
"mainEntity": [{"@type": "Question", "name": "Is it free?",
"acceptedAnswer": {"@type": "Answer", "text": "<p>Yes, <b>it</b> is.</p>"}},
{"@type": "Question", "name": "Does it float?",
"acceptedAnswer": [{"text": "It does. The plates rust."}]}]}]}</script>"""


def test_pairs_that_only_a_script_would_show_are_read_and_those_on_the_page_not_twice() -> None:
    assert outline_of(f"<head>{JSON_LD}</head><main><h1>Stilts</h1><h2>All</h2><p>See here.</p></main>") == [
        ("All", "See here."),
        *ANSWERS,
    ]
    shown = "<main><h1>Stilts</h1><h3>Is it free?</h3><p>Not any more.</p></main>"
    assert outline_of(f"<head>{JSON_LD}</head>{shown}") == [("Is it free?", "Not any more."), ANSWERS[1]]


@pytest.mark.parametrize(
    "script", ["", "{", "[" * 100_000, "null", '{"@type": "FAQPage", "mainEntity": 1}', '[[{"@graph": 3}]]']
)
def test_a_description_that_is_none_is_passed_over(script: str) -> None:
    assert outline_of(f'<script type="application/ld+json">{script}</script><p>Yes.</p>') == [("", "Yes.")]


def test_what_is_no_question_makes_no_heading() -> None:
    for html in (
        "<p><b>Careful!</b> It bites.</p>", "<p>Is it <b>free?</b> Yes.</p>", "<p>Q3: sales grew.</p>",
        "<ul><li><b>Solo</b> is free<li><b>Team</b> is not</ul>", "<dl><dt>Solo<dd>free</dl>",
        "<table><tr><td>Free?<td>Yes<td>No</tr><tr><td>Big?<td>No<td>Yes</tr></table>",
    ):  # fmt: skip
        assert {heading for heading, _ in outline_of(f"<main>{html}</main>")} == {""}
