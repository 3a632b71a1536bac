"""What a website puts around its pages is not part of them."""

import pytest

from desk.pages import Markup
from knowledge.parsing.parse import parse_page


def text_of(html: str) -> str:
    page = parse_page(html, Markup.HTML)
    return " | ".join(block.text for section in page.sections for block in section.blocks)


@pytest.mark.parametrize(
    "furniture",
    [
        '<div role="navigation">Plans</div>',
        '<div role="banner">Acme Plans</div>',
        '<div role="contentinfo">Plans</div>',
        '<div id="cookie_consent"><p>We use cookies on Plans.</p></div>',
        '<div class="cc big cookie-banner"><p>We use cookies on Plans.</p></div>',
        '<div id="onetrust-consent-sdk"><p>Plans.</p></div>',
        '<div class="modal" role="dialog"><p>Subscribe to Plans!</p></div>',
        '<header><a href="/">Acme</a> <a href="/plans">Plans</a></header>',
        '<div class="page"><header>Plans</header></div>',
        '<a class="skip-link" href="#main">Skip to the Plans</a>',
    ],
)
def test_menus_banners_and_questions_about_cookies_are_left_out(furniture: str) -> None:
    assert text_of(f"<body>{furniture}<h1>Refunds</h1><p>We refund you.</p></body>") == "We refund you."


def test_a_page_about_cookies_and_its_sections_stay() -> None:
    html = '<body><div class="cookies-article"><h1>Cookies</h1><p>We set two cookies.</p></div></body>'
    assert text_of(html) == "We set two cookies."


def test_a_header_that_holds_the_pages_heading_stays() -> None:
    html = "<body><header><h1>Refunds</h1><p>For everyone.</p></header><p>We refund you.</p></body>"
    assert text_of(html) == "For everyone. | We refund you."


def test_one_article_is_the_page_and_of_several_all_are() -> None:
    assert text_of("<body><p>Around.</p><article><p>One.</p></article></body>") == "One."
    assert text_of("<body><article><p>One.</p></article><article><p>Two.</p></article></body>") == "One. | Two."
    assert text_of('<body><p>Around.</p><div role="main"><p>Main.</p></div></body>') == "Main."


def test_a_heading_does_not_show_the_link_to_itself() -> None:
    html = '<main><h1>Refunds</h1><h2>How<a class="headerlink" href="#how">¶</a></h2><p>Ask.</p></main>'
    [section] = parse_page(html, Markup.HTML).sections
    assert section.headings == ("How",)


def test_a_link_within_the_page_keeps_its_words() -> None:
    assert text_of('<main><p>See <a href="#how">how it works</a>.</p></main>') == "See how it works."


@pytest.mark.parametrize("start", ['<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml">', "<html>"])
def test_xhtml_is_read_like_any_page(start: str) -> None:
    assert text_of(f"{start}<body><p>One line.</p><p/><p>Another.</p></body></html>") == "One line. | Another."
