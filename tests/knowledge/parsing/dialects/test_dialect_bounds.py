"""Whatever stands in a page of a dialect, it is rewritten in time that its length bounds."""

import time

import pytest

from knowledge.parsing.dialects.confluence import is_confluence, simplify_confluence
from knowledge.parsing.markdown import to_commonmark

LENGTH = 500_000
SECONDS = 30.0

PIECES = (
    "<A a=", "<A a='", "<A a={", "<A a={b}>", "<A>x", "<A>x</A>", "<A>\n", "</A>", "<>", "<A/>", "x<A/>", "<A>\n</A>\n",
    "{% a ", "{% if a %}", "{% if a %}x{% endif %}", "{% else %}", "{{< a ", '{{< tab "a" >}}\n', "{{< /tab >}}\n",
    "{/* ", "{/* */}", "{# ", "` ``", "``` \n", ":::note\n", ":::\n", "::::", "> [!NOTE] T\n", ">[!a]", "> > ", "[^a]",
    "[^a]: x\n", "*[A]: b\n", "{: ", "{.a ", "{#", "{{ a ", "{a}", "{'", "import {\n", "import a from 'b'\n",
    "export const a = {\n", "> a\n> <A>\n", '=== "a"\n    x\n', '!!! a "b"\n', "    " * 20 + "x\n", "```a [b]\n",
    "```{a}\n",
)  # fmt: skip


@pytest.mark.parametrize("piece", PIECES)
def test_a_page_of_one_mark_over_and_over_is_rewritten_within_bounds(piece: str) -> None:
    began = time.process_time()
    to_commonmark((piece * LENGTH)[:LENGTH])
    assert time.process_time() - began < SECONDS


@pytest.mark.parametrize(
    "piece",
    [
        '<ac:structured-macro ac:name="info">',
        '<ac:structured-macro ac:name="info"><ac:rich-text-body>x</ac:rich-text-body></ac:structured-macro>',
        '<div class="panel"><div class="panelHeader">x</div>',
        '<div class="expand-container">',
    ],
)
def test_a_page_of_confluence_is_simplified_within_bounds(piece: str) -> None:
    began = time.process_time()
    assert not is_confluence(piece * 3000)
    simplify_confluence(piece * 1000)
    assert time.process_time() - began < SECONDS
