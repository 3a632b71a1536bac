"""What is raised, struck out or parted by odd spaces changes no fact when it is read."""

import pytest

from desk.pages import Markup
from tests.knowledge.parsing.blocks_of import texts_of

RAISED = {
    "30<sup>1</sup> days": "30 days",
    "30 <sup>1</sup> days": "30 days",
    "30<sup>1)</sup> days": "30 days",
    "30<sup>[1]</sup> days": "30 days",
    "30<sup>1, 2</sup> days": "30 days",
    "30<sup>a</sup> days": "30 days",
    "30<sup>*</sup> days": "30 days",
    "30<sup>†</sup> days": "30 days",
    "30<sup><a href='#fn1'>1</a></sup> days": "30 days",
    "30<a href='#fn1' role='doc-noteref'>1</a> days": "30 days",
    "30<a href='#_ftn1'>[1]</a> days": "30 days",
    "30<span style='vertical-align: super; font-size: 8px'>1</span> days": "30 days",
    "30¹ days": "30 days",
    "30¹ ² days": "30 days",
    "30 days<sup>12</sup>.": "30 days.",
    "the Solo plan<sup>2</sup> has": "the Solo plan has",
    "the Solo plan² has": "the Solo plan has",
    "10<sup>1</sup> users": "10 users",
    "100<sup>2</sup> users": "100 users",
    "40 m<sup>2</sup> of floor": "40 m² of floor",
    "40 m² of floor": "40 m² of floor",
    "3 km<sup>3</sup>": "3 km³",
    "10<sup>6</sup> rows": "10^6 rows",
    "10⁶ rows": "10^6 rows",
    "10<sup>-3</sup> g": "10^-3 g",
    "10<sup>−3</sup> g": "10^−3 g",
    "2<sup>10</sup> rows": "2^10 rows",
    "x<sup>2</sup>": "x²",
    "10<sup>n</sup> rows": "10^n rows",
    "the 1<sup>st</sup> of May": "the 1st of May",
    "le 1<sup>er</sup> mai": "le 1er mai",
    "Acme<sup>TM</sup> box": "Acme™ box",
    "Acme<sup>®</sup> box": "Acme® box",
    "$29<sup>99</sup> a month": "$29.99 a month",
    "29<sup>99</sup> € a month": "29.99 € a month",
    "<sup>$</sup>29 a month": "$29 a month",
    "29<sup>,99</sup> € a month": "29,99 € a month",
    "Search<sup>beta</sup> is on": "Search beta is on",
    "H<sub>2</sub>O": "H2O",
    "1<sup>1</sup>/<sub>2</sub> hours": "1 1/2 hours",
    "1<sup>1</sup>&frasl;<sub>2</sub> hours": "1 1⁄2 hours",
    "<sup>3</sup>/<sub>4</sub> cup": "3/4 cup",
    "1½ hours": "1½ hours",
}  # fmt: skip


@pytest.mark.parametrize(("html", "text"), RAISED.items(), ids=RAISED)
def test_a_raised_figure_is_a_mark_or_an_exponent_and_never_a_digit_more(html: str, text: str) -> None:
    assert texts_of(f"<main><p>{html}</p></main>") == [text]
    assert texts_of(f"<main><table><tr><th>What<th>So<tr><td>a<td>{html}</table></main>") == [f"What: a; So: {text}"]


def test_a_mark_that_a_footnote_explains_is_no_exponent() -> None:
    assert texts_of("<main><p>10<sup>6</sup> rows.</p><p><sup>6</sup> In spring.</p></main>") == [
        "10 rows.",
        "In spring.",
    ]
    assert texts_of("<main><p>40 m<sup>2</sup>.</p><p><sup>2</sup> In spring.</p></main>") == ["40 m².", "In spring."]


STRUCK = [
    "<del>€49</del>", "<s>€49</s>", "<strike>€49</strike>", "<span style='text-decoration: line-through'>€49</span>",
    "<span style='color:red;text-decoration:line-through red'>€49</span>", "<span class='line-through'>€49</span>",
    "<span class='price old'>€49</span>", "<s><b>€49</b></s>", "<del datetime='2026-01-01'>€49 a month, now</del>",
    "<b style='text-decoration-line:line-through'>€49</b>",
]  # fmt: skip


@pytest.mark.parametrize("struck", STRUCK)
def test_what_is_struck_out_is_not_read_and_what_is_put_in_is(struck: str) -> None:
    style = "<style>.a{color:red} .old { text-decoration: line-through; }</style>"
    assert texts_of(f"{style}<main><p>It costs {struck} <ins>€29</ins>.</p></main>") == ["It costs €29."]
    cell = f"{style}<main><table><tr><th>Plan<th>Price<tr><td>Solo<td>{struck} <u>€29</u></table></main>"
    assert texts_of(cell) == ["Plan: Solo; Price: €29"]


def test_what_is_struck_out_in_markdown_or_as_a_whole_paragraph_is_gone() -> None:
    assert texts_of("The fee is ~~€80~~ €60.\n\n~~No refunds.~~", Markup.MARKDOWN) == ["The fee is €60."]
    assert texts_of("<main><del><p>No refunds.</p></del><ul><li><s>Fax</s><li>Mail</ul></main>") == ["Mail"]


SPACES = {
    "12&#8239;500 stamps": "12 500 stamps",
    "12&thinsp;500 stamps": "12 500 stamps",
    "12&nbsp;500 stamps": "12 500 stamps",
    "−18&nbsp;°C": "−18 °C",
    "5–10 days": "5–10 days",
    "５０ GB": "５０ GB",
    "40<br>20 kg": "40|20 kg",
    "40<br/>20 kg": "40|20 kg",
    "Ver&shy;ein": "Verein",
    "a&#8288;b": "ab",
    "40<wbr>20": "4020",
    "<div>40</div><div>20</div>": "40|20",
}


@pytest.mark.parametrize(("html", "text"), SPACES.items(), ids=SPACES)
def test_spaces_keep_figures_whole_and_apart(html: str, text: str) -> None:
    assert "|".join(texts_of(f"<main>{html}</main>")) == text


def test_plain_text_and_markdown_know_raised_figures_too() -> None:
    for markup in (Markup.TEXT, Markup.MARKDOWN):
        assert texts_of("Taken back for 30¹ days.\n\n¹ From delivery.", markup) == [
            "Taken back for 30 days.",
            "From delivery.",
        ]
