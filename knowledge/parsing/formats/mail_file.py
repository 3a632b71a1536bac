"""A saved mail (.eml) or web page (.mht): its HTML, or else its text. Attachments are not read, and no header but the
subject, which is the title.
"""

from email import message_from_bytes, policy
from email.message import EmailMessage, MIMEPart
from html import escape

from knowledge.parsing.files.extract import MOST_TEXT, Extract, UnreadableFile

MOST_PARTS = 1000


def read(content: bytes) -> Extract:
    """The file as HTML. Raises UnreadableFile that says what is wrong with it."""
    message = message_from_bytes(content, policy=policy.default)
    if not message.keys():
        raise UnreadableFile("is no mail: it has no header")
    body = _body(message)
    if body is None:
        raise UnreadableFile("is a mail without text")
    text = _text(body)
    if len(text) > MOST_TEXT:
        raise UnreadableFile(f"has more than {MOST_TEXT:,} characters of text")
    subject = " ".join(str(message.get("subject", "")).split()) or None
    return Extract(subject, text if body.get_content_type() == "text/html" else _paragraphs(text))


def _body(message: EmailMessage) -> MIMEPart | None:
    """The part that a reader is shown."""
    if (body := message.get_body(("html", "plain"))) is not None:
        return body
    for number, part in enumerate(message.walk()):
        if number > MOST_PARTS:
            return None
        if part.get_content_type() in ("text/html", "text/plain") and part.get_content_disposition() != "attachment":
            return part
    return None


def _text(part: MIMEPart) -> str:
    """A charset that Python does not know, or that is wrong, costs some characters and not the mail."""
    try:
        return str(part.get_content())
    except (LookupError, KeyError, ValueError):
        payload = part.get_payload(decode=True)
        return payload.decode("utf-8", "replace") if isinstance(payload, bytes) else ""


def _paragraphs(text: str) -> str:
    parts = text.replace("\r\n", "\n").split("\n\n")
    return "\n".join(f"<p>{escape(part).replace(chr(10), '<br>')}</p>" for part in parts if part.strip())
