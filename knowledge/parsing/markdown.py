"""Markdown to HTML, with the dialects that help centres use; the one parser for both is `structure.py`."""

import re
from collections.abc import Sequence

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict
from mdit_py_plugins.deflist import deflist_plugin

from knowledge.parsing.dialects.containers import unfold_containers
from knowledge.parsing.dialects.esm import split_statements, strip_comments, unwrap_literals
from knowledge.parsing.dialects.notes import expand_abbreviations, place_footnotes, strip_attributes
from knowledge.parsing.dialects.rewrite import rewrite_tags
from knowledge.parsing.dialects.variables import fill_variables
from knowledge.parsing.html import NotParsed

_TAG = re.compile(r"^</?([A-Za-z][\w-]*)")

MOST_MARKS = 150_000
"""Characters that mean something to Markdown, and lines. It takes some seconds to read so many."""

MOST_HTML = 10_000_000
"""Characters that links may add: a definition can be long, and be used on every line."""

DEEPEST = 60
"""Lists and quotes in each other. The parser leaves out what is nested deeper, without a word."""

_MARKUP_CHARACTERS = frozenset("*_~`[]!<>&|\\\n")
_NESTING_TOKENS = frozenset({"blockquote_open", "list_item_open"})

_KNOWN_TAGS = frozenset({
    "a", "abbr", "address", "article", "aside", "audio", "b", "bdi", "bdo", "big", "blockquote", "br", "button",
    "caption", "center", "cite", "code", "col", "colgroup", "dd", "del", "details", "dfn", "div", "dl", "dt", "em",
    "fieldset", "figcaption", "figure", "font", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr",
    "i", "iframe", "img", "input", "ins", "kbd", "label", "legend", "li", "main", "mark", "nav", "noscript", "object",
    "ol", "p", "path", "picture", "pre", "q", "s", "samp", "script", "section", "select", "small", "source", "span",
    "strike", "strong", "style", "sub", "summary", "sup", "svg", "table", "tbody", "td", "template", "textarea",
    "tfoot", "th", "thead", "time", "tr", "tt", "u", "ul", "var", "video", "wbr",
})  # fmt: skip


class _Renderer(RendererHTML):
    """Shows `<your-domain>` as text: what looks like a tag and is none is a placeholder."""

    def html_inline(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        content = tokens[idx].content
        tag = _TAG.match(content)
        return content.replace("<", "&lt;") if tag and tag[1].lower() not in _KNOWN_TAGS else content

    def html_block(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        return self.html_inline(tokens, idx, options, env)


_parser = MarkdownIt("commonmark", {"html": True, "maxNesting": DEEPEST}, renderer_cls=_Renderer)
_parser.enable(["table", "strikethrough"])
_parser.use(deflist_plugin)


def markdown_to_html(markdown: str) -> str:
    """The page as HTML. Raw HTML in it stays and must be read as untrusted. Raises NotParsed for too large a page."""
    if sum(map(markdown.count, _MARKUP_CHARACTERS)) > MOST_MARKS:
        raise NotParsed(f"has more than {MOST_MARKS:,} marks of Markdown and lines")
    env: dict[str, object] = {}
    tokens = _parser.parse(to_commonmark(markdown), env)
    if any(token.type in _NESTING_TOKENS and token.level + 1 >= DEEPEST for token in tokens):
        raise NotParsed(f"has lists or quotes in each other, deeper than {DEEPEST}")
    if sum(_link_length(token) for token in tokens) > MOST_HTML:
        raise NotParsed(f"has links of more than {MOST_HTML:,} characters in all")
    return str(_parser.renderer.render(tokens, _parser.options, env))


def to_commonmark(markdown: str) -> str:
    """The dialects of site generators as the Markdown that all of them share, and HTML."""
    text, constants = split_statements(strip_comments(markdown))
    text = rewrite_tags(strip_attributes(fill_variables(text, constants)))
    text = unwrap_literals(text)
    return unfold_containers(place_footnotes(expand_abbreviations(text)))


def _link_length(token: Token) -> int:
    """How many characters of addresses and titles of links and images stand in a paragraph."""
    return sum(len(str(value)) for child in token.children or () for value in child.attrs.values())
