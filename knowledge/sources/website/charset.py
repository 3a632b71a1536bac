"""The text of an answer, by its byte order mark, its header, what it says of itself, or what its bytes are."""

import re

_BYTE_ORDER_MARKS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
# Python knows codecs that are none of the web's (`unicode_escape`, `punycode`); these are.
_WEB_CHARSET = re.compile(
    r"utf-?8|utf-?16(?:le|be)?|(?:x-)?windows-?(?:\d{3,4}|31j)|cp\d{3,4}|iso-?8859-?\d{1,2}(?:-[ie])?|latin-?\d|(?:us-)?ascii"
    r"|koi8-[ru]|mac-?roman|macintosh|gb2312|gbk|gb18030|big5(?:-hkscs)?|euc-?(?:jp|kr|tw)|shift[_-]?jis|sjis"
    r"|iso-2022-(?:jp|kr)|ks_c_5601-1987|tis-620"
)
_IN_HEADER = re.compile(r"charset\s*=\s*[\"']?([\w.:-]+)", re.IGNORECASE)
_IN_PAGE = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([\w.:-]+)", re.IGNORECASE)
_IN_XML = re.compile(rb"^\s*<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([\w.:-]+)", re.IGNORECASE)
# The Encoding Standard reads both as windows-1252, as every browser does.
_LATIN = re.compile(r"(?:us-)?ascii|iso-?8859-?1|latin-?1")
# So it does with these, which are the smaller sets that their names stand for on paper.
_AS_BROWSERS = {
    "shift_jis": "cp932", "shift-jis": "cp932", "sjis": "cp932", "windows-31j": "cp932", "gb2312": "gb18030",
    "gbk": "gb18030", "euc-kr": "cp949", "ks_c_5601-1987": "cp949", "big5": "big5hkscs", "iso-8859-9": "cp1254",
    "tis-620": "cp874",
}  # fmt: skip
# What pages of a language are written in that do not say it, and are no UTF-8.
_BY_LANGUAGE = {
    "ja": ("iso2022_jp", "euc_jp", "cp932"), "zh": ("gb18030", "big5hkscs"), "ko": ("cp949",), "ru": ("cp1251",),
    "uk": ("cp1251",), "bg": ("cp1251",), "pl": ("cp1250",), "cs": ("cp1250",), "hu": ("cp1250",), "el": ("cp1253",),
    "tr": ("cp1254",), "he": ("cp1255",), "ar": ("cp1256",), "th": ("cp874",),
}  # fmt: skip
_LANGUAGE = re.compile(rb"<html[^>]{0,300}?\blang\s*=\s*[\"']?([A-Za-z]{2})", re.IGNORECASE)


def decode_body(content: bytes, content_type: str) -> str:
    """Never fails. UTF-8 wins wherever the bytes are UTF-8, as other text is that by chance only; a name that does not
    fit the bytes is not believed."""
    for byte_order_mark, name in _BYTE_ORDER_MARKS:
        if content.startswith(byte_order_mark):
            return content[len(byte_order_mark) :].decode(name, "replace")
    declared_names = declared_charsets(content, content_type)
    usual_names = () if declared_names else _usual_charsets(content)
    for name in [*filter(_like_ascii, declared_names), "utf-8", *declared_names, *usual_names]:
        try:
            return content.decode(name)
        except (UnicodeDecodeError, LookupError):
            continue
    # Mostly UTF-8 with a few bytes gone wrong, or an old single-byte text.
    text = content.decode("utf-8", "replace")
    return text if text.count("\ufffd") * 100 < len(text) else content.decode("cp1252", "replace")


def _usual_charsets(content: bytes) -> tuple[str, ...]:
    language = _LANGUAGE.search(content[:4096])
    return _BY_LANGUAGE.get(language[1].decode("ascii").lower(), ()) if language else ()


def _like_ascii(name: str) -> bool:
    """Encodings whose bytes may happen to be UTF-8 too."""
    return name.startswith(("iso-2022", "utf-16"))


def declared_charsets(content: bytes, content_type: str) -> list[str]:
    """The names of charsets, as Python knows them, that an answer's header, its XML declaration and its page give."""
    start = content[:4096]
    header_names = [match[1].lower() for match in [_IN_HEADER.search(content_type)] if match]
    # A page that could be read so far to say that it is UTF-16 is not.
    page_names = [
        match[1].decode("ascii").lower() for match in (_IN_XML.search(start), _IN_PAGE.search(start)) if match
    ]
    page_names = [name for name in page_names if not name.startswith("utf")]
    # Latin 1 in the header is what servers say of everything; the page knows better.
    is_default = bool(page_names) and any(map(_LATIN.fullmatch, header_names))
    names = filter(_WEB_CHARSET.fullmatch, page_names + header_names if is_default else header_names + page_names)
    return ["cp1252" if _LATIN.fullmatch(name) else _AS_BROWSERS.get(name, name) for name in names]
