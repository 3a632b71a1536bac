"""The text of an answer, by its byte order mark, its header, what it says of itself, or what its bytes are."""

import re

_BYTE_ORDER_MARKS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
# Python knows codecs that are none of the web's (`unicode_escape`, `punycode`); these are.
_WEB_CHARSET = re.compile(
    r"utf-?8|utf-?16(?:le|be)?|(?:x-)?windows-?\d{3,4}|cp\d{3,4}|iso-?8859-?\d{1,2}(?:-[ie])?|latin-?\d|(?:us-)?ascii"
    r"|koi8-[ru]|mac-?roman|macintosh|gb2312|gbk|gb18030|big5(?:-hkscs)?|euc-?(?:jp|kr|tw)|shift[_-]?jis|sjis"
    r"|iso-2022-(?:jp|kr)|ks_c_5601-1987|tis-620"
)
_IN_HEADER = re.compile(r"charset\s*=\s*[\"']?([\w.:-]+)", re.IGNORECASE)
_IN_PAGE = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([\w.:-]+)", re.IGNORECASE)
_IN_XML = re.compile(rb"^\s*<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([\w.:-]+)", re.IGNORECASE)
# The Encoding Standard reads both as windows-1252, as every browser does.
_LATIN = re.compile(r"(?:us-)?ascii|iso-?8859-?1|latin-?1")


def decode_body(content: bytes, content_type: str) -> str:
    """Never fails. UTF-8 wins wherever the bytes are UTF-8, as other text is that by chance only; a name that does not
    fit the bytes is not believed."""
    for byte_order_mark, name in _BYTE_ORDER_MARKS:
        if content.startswith(byte_order_mark):
            return content[len(byte_order_mark) :].decode(name, "replace")
    declared_names = declared_charsets(content, content_type)
    for name in [*filter(_like_ascii, declared_names), "utf-8", *declared_names]:
        try:
            return content.decode(name)
        except (UnicodeDecodeError, LookupError):
            continue
    # Mostly UTF-8 with a few bytes gone wrong, or an old single-byte text.
    text = content.decode("utf-8", "replace")
    return text if text.count("\ufffd") * 100 < len(text) else content.decode("cp1252", "replace")


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
    names = filter(_WEB_CHARSET.fullmatch, header_names + [name for name in page_names if not name.startswith("utf")])
    return ["cp1252" if _LATIN.fullmatch(name) else name for name in names]
