"""Text as it comes from people: made safe at the door, cut into sentences and words, freed of quotes and signatures.

Everything here is linear in the length of the text, however hostile: each pattern starts only where a run starts.
"""

import re
import unicodedata

# C0 and C1 controls but tab and newline, DEL, and the bidirectional overrides and isolates that can make a text
# read other than it is (Unicode TR 36, section 2.5).
_UNWANTED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_NEWLINE = re.compile("\r\n|[\r\x85\u2028\u2029]")
_MARKS = re.compile("([\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u0610-\u061a\u064b-\u065f\u1ab0-\u1aff\u1dc0-\u1dff"
                    "\u20d0-\u20ff\ufe20-\ufe2f]{30})[\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u0610-\u061a\u064b-\u065f"
                    "\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]+")


def clean(text: str) -> str:
    """The text as it may enter: no control but tab and newline, no lone surrogate, one kind of newline, NFC.

    Characters that reorder the lines around them are dropped; right-to-left letters stay as they are.
    """
    text = _SURROGATE.sub("\ufffd", text)
    text = _UNWANTED.sub("", _NEWLINE.sub("\n", text))
    if text.isascii():
        return text
    # Python sorts a run of combining marks in quadratic time; 30 is the limit of stream-safe text (UAX 15).
    return unicodedata.normalize("NFC", _MARKS.sub(r"\1", text))
