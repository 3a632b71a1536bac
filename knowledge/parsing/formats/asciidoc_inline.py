"""Words within a line of AsciiDoc: bold, links, keys, footnotes, raised and struck-out text."""

import re
from html import escape

_MACROS = (
    (re.compile(r"\b(?:pass|latexmath|stem|indexterm2?):[\w,]*\[(.*?)\]"), r"\1"),
    (re.compile(r"\(\(\(.*?\)\)\)"), ""),
    (re.compile(r"\b(?:kbd|btn):\[(.*?)\]"), r"\1"),
    (re.compile(r"\bmenu:([^\[\]\n]+)\[(.*?)\]"), r"\1 &gt; \2"),
    (re.compile(r"\bicon:[\w-]+\[.*?\]|\bimage:[^\s:\[]\S*?\[.*?\]|\banchor:[\w-]+\[.*?\]|\[\[[\w,. -]+\]\]"), ""),
    (re.compile(r"\bfootnote:\w*\[(.*?)\]"), r" (\1)"),
    (re.compile(r"\b(?:link|xref):\S*?\[(.+?)\^?\]"), r"\1"),
    (re.compile(r"\b(?:link|xref):(\S*?)\[\]"), r"\1"),
    (re.compile(r"(https?://[^\s\[\]<>]+)\[(.+?)\^?\]"), r'<a href="\1">\2</a>'),
    (re.compile(r"(https?://[^\s\[\]]+)\[\]"), r"\1"),
    (re.compile(r"\bmailto:(\S+?)\[(.*?)\]"), r"\2 (\1)"),
    (re.compile(r"&lt;&lt;[\w.# -]+,\s*(.+?)&gt;&gt;"), r"\1"),
    (re.compile(r"&lt;&lt;([\w.# -]+)&gt;&gt;"), r"\1"),
)
_QUOTES = (
    (re.compile(r"\[\.?line-through\]##?(.+?)##?"), r"<s>\1</s>"),
    (re.compile(r"\[[^\[\]]*\]#(.+?)#"), r"\1"),
    (re.compile(r"\*\*(.+?)\*\*|(?<![\w*])\*(\S(?:.*?\S)?)\*(?![\w*])"), r"<b>\1\2</b>"),
    (re.compile(r"__(.+?)__|(?<![\w_])_(\S(?:.*?\S)?)_(?![\w_])"), r"<i>\1\2</i>"),
    (re.compile(r"(?<![\w#&])#(\S(?:.*?\S)?)#(?![\w#])"), r"\1"),
    (re.compile(r"\^(\S+?)\^"), r"<sup>\1</sup>"),
    (re.compile(r"~(\S+?)~"), r"<sub>\1</sub>"),
    (re.compile(r"\(C\)"), "©"),
    (re.compile(r"\(TM\)"), "™"),
    (re.compile(r"(?<=\w)--(?=\w)"), "—"),
)
_MONO = re.compile(r"`\+?(.+?)\+?`")
LONGEST_LINE = 20_000


def inline_html(text: str) -> str:
    """A paragraph as HTML; what stands in ticks keeps its marks. A line break is a space, or ` +` at the end."""
    text = escape(text, quote=False)
    if len(text) > LONGEST_LINE:
        return text
    parts = _MONO.split(text)
    marked = [f"<code>{part}</code>" if index % 2 else _mark_up(part) for index, part in enumerate(parts)]
    return re.sub(r" \+\n", "<br>", "".join(marked) + "\n").strip()


def _mark_up(text: str) -> str:
    for pattern, replacement in (*_MACROS, *_QUOTES):
        text = pattern.sub(replacement, text)
    return text
