"""The text of a file: by its byte order mark, by what it declares, or by what its bytes are."""

from charset_normalizer import from_bytes

from desk.text.language import detect_language
from knowledge.sources.website.charset import declared_charsets

_BYTE_ORDER_MARKS = (
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe\0\0", "utf-32"),
    (b"\0\0\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
_GUESSED = (
    "cp1252", "cp1250", "cp1251", "cp1253", "cp1255", "cp1256", "koi8_r", "cp932", "euc_jp", "gb18030", "big5", "cp949",
)  # fmt: skip
_LATIN = frozenset({"cp1252", "cp1250"})
_LATIN_BY_LANGUAGE = {
    **dict.fromkeys(("pl", "cs", "sk", "hu", "hr", "sl", "ro", "bs", "sq"), "cp1250"),
    **dict.fromkeys(("tr", "az"), "cp1254"),
}
_PROBE = 4096
_READ_TO_GUESS = 100_000


def decode_text(content: bytes, *, is_html: bool = False) -> str:
    """The file as text. Raises ValueError that says why it is none."""
    for mark, encoding in _BYTE_ORDER_MARKS:
        if content.startswith(mark):
            return _decode_or_refuse(content, encoding)
    if b"\0" in content:
        return _decode_unmarked_wide(content)
    declared_names = declared_charsets(content, "") if is_html else []
    seven_bit = [name for name in declared_names if name.startswith("iso-2022")]
    for encoding in (*seven_bit, "utf-8", *declared_names):
        try:
            return content.decode(encoding)
        except (UnicodeDecodeError, LookupError):
            continue
    return _decode_by_guess(content)


def _decode_or_refuse(content: bytes, encoding: str) -> str:
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        raise ValueError(f"is not {encoding.removesuffix('-sig').upper()} (byte {error.start:,})") from error


def _decode_unmarked_wide(content: bytes) -> str:
    """UTF-16 without a mark: in most scripts one of each two bytes is often zero; a stray zero byte is no sign."""
    probe = content[:_PROBE]
    zeros = probe[0::2].count(0), probe[1::2].count(0)
    if 5 * max(zeros) > len(probe) and min(zeros) * 10 <= max(zeros):
        return _decode_or_refuse(content, "utf-16-be" if zeros[0] > zeros[1] else "utf-16-le")
    if 20 * sum(zeros) > len(probe) or not _is_mostly_text(probe):
        raise ValueError("is binary")
    return decode_text(content.replace(b"\0", b""))


def _is_mostly_text(probe: bytes) -> bool:
    controls = sum(byte < 32 and byte not in b"\t\n\r\f\0" for byte in probe)
    return controls * 20 < len(probe)


def _decode_by_guess(content: bytes) -> str:
    """What no charset is declared for and is not UTF-8 is an old text; of the Latin ones, the language tells which."""
    match = from_bytes(content[:_READ_TO_GUESS], cp_isolation=list(_GUESSED)).best()
    encoding = match.encoding if match else "cp1252"
    if encoding in _LATIN:
        language = detect_language(content.decode("cp1252", "replace"))
        encoding = _LATIN_BY_LANGUAGE.get(language, "cp1252")
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        raise ValueError(f"is not UTF-8, nor of a charset that it names (byte {error.start:,})") from error
