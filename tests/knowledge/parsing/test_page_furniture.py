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
        '<ol class="breadcrumb"><li>Plans<li>Refunds</ol>',
        '<div aria-label="Breadcrumbs">Plans</div>',
        '<div><h4>Was this article helpful?</h4><a href="/y">Yes</a> <a href="/n">No</a></div>',
        "<p>War dieser Artikel hilfreich? <span>Ja</span> <span>Nein</span></p>",
        "<p>Cet article vous a-t-il été utile ?</p>",
        '<div class="article-votes">12 out of 15 found Plans helpful</div>',
        '<p><a href="/s">Share</a> <a href="/p">Print</a></p>',
        '<div class="table-of-contents"><a href="#a">Plans</a></div>',
        '<p><a href="#top">Back to top</a></p>',
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


@pytest.mark.parametrize(
    "link",
    [
        '<a class="anchor" href="#how">Permalink</a>', '<a href="#how">Copy link</a>', '<a href="#how">#</a>',
        '<a class="hash-link" href="#how" title="Direct link">\u200b</a>', '<button>Copy link</button>',
        '<a class="heading-link" href="https://a.example/p#how">Link to this heading</a>',
        '<a href="#how">Link kopieren</a>',
        '<a href="#how" aria-hidden="true" class="anchor"><svg></svg></a>', '<a href="#how">Lien permanent</a>',
    ],
)  # fmt: skip
def test_what_links_a_heading_to_itself_is_no_part_of_it(link: str) -> None:
    for heading in (f"How {link}", f"{link}How"):
        [section] = parse_page(f"<main><h1>Refunds</h1><h2>{heading}</h2><p>Ask.</p></main>", Markup.HTML).sections
        assert section.headings == ("How",)


def test_a_heading_that_is_a_link_and_a_link_in_a_sentence_keep_their_words() -> None:
    [section] = parse_page(
        '<main><h2><a class="anchor" href="#how">How</a></h2><p>Ask.</p></main>', Markup.HTML
    ).sections
    assert section.headings == ("How",)
    assert text_of('<main><p>Press <a href="/x">Share</a> and ask.</p></main>') == "Press Share and ask."


def test_a_link_within_the_page_keeps_its_words() -> None:
    assert text_of('<main><p>See <a href="#how">how it works</a>.</p></main>') == "See how it works."


@pytest.mark.parametrize("start", ['<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml">', "<html>"])
def test_xhtml_is_read_like_any_page(start: str) -> None:
    assert text_of(f"{start}<body><p>One line.</p><p/><p>Another.</p></body></html>") == "One line. | Another."
