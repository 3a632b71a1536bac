"""What of a ticket is read: what is asked, what is heard beside that, and the last messages before it."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from desk.conversation import Conversation
from desk.policy.policy import Policy
from desk.text.mail.parts import MailText
from desk.text.mail.ticket_mail import LONGEST, mail_reader
from desk.text.tokenizer import clean, first_words
from desk.text.wording import Wording
from desk.ticket import Message, Role, Ticket
from workers.pipeline.signals.closing import is_polite

MESSAGES = 10
"""Public messages that go in, the open ones counted as one."""
MESSAGE_WORDS = 1200
"""Of what is open, the newest message first."""
EARLIER_WORDS = 1500
"""For all earlier messages together; the newest of them go in first."""
_CUT_REMARK = Wording("Only the newest %(count)s words of what is open were read.", count=MESSAGE_WORDS)


@dataclass(frozen=True, slots=True)
class ConversationText:
    """`text` is what the requester has open, in one, and `texts` message by message: what is asked and searched for.
    `heard` are whole messages, those of third parties too, but for what the ticket holds already: signals judge them
    all. `quoted` is another's beyond doubt, and `legal` what companies put under every mail. `subject` is empty where
    it was read before, in an earlier message.

    `ticket` holds no more than the models may see, cleaned; its last message holds `text` and is `message`; internal
    notes are not among it. `remarks` say what was left out, `cut` whether anything open was.
    """

    ticket: Ticket
    message: Message
    text: str
    texts: tuple[str, ...]
    heard: tuple[str, ...]
    quoted: tuple[str, ...]
    legal: tuple[str, ...]
    third_parties: int
    subject: str
    cut: bool
    remarks: tuple[str, ...]


def read_conversation_text(ticket: Ticket, conversation: Conversation, policy: Policy) -> ConversationText:
    """The ticket with its open conversation, which may not be empty; the guards see to that."""
    read = mail_reader(ticket, _own_texts(policy))
    mails = [read(message) for message in conversation.open]
    third_party_messages = [
        replace(message, body=_own_text(message, read)) for message in conversation.open if message.third_party
    ]
    texts = tuple(dict.fromkeys(_own_text(message, read) for message in conversation.own))
    text, was_cut = _fit_newest(texts)
    is_cut = was_cut or any(len(message.body) > LONGEST for message in conversation.open)
    earlier, remarks = _fit_earlier(_public_messages_before(ticket, conversation), read)
    subject, open_message = clean(ticket.subject[:500]).strip(), _join_open(conversation, text)
    return ConversationText(
        ticket=replace(ticket, subject=subject, messages=(*earlier, *third_party_messages, open_message)),
        message=open_message,
        text=text,
        texts=texts,
        heard=_distinct(mail.heard for mail in mails),
        quoted=_distinct(mail.quoted for mail in mails),
        legal=_distinct(mail.legal for mail in mails),
        third_parties=len(third_party_messages),
        subject="" if any(message.role is Role.CUSTOMER for message in earlier) else subject,
        cut=is_cut,
        remarks=(_CUT_REMARK, *remarks) if is_cut else remarks,
    )


def _distinct(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(filter(None, texts)))


def _public_messages_before(ticket: Ticket, conversation: Conversation) -> list[Message]:
    return [message for message in ticket.messages[: ticket.messages.index(conversation.open[0])] if message.public]


def _join_open(conversation: Conversation, text: str) -> Message:
    """The newest message with what all that is open says."""
    attachments = sum(message.attachments for message in conversation.open)
    return replace(conversation.open[-1], body=text, attachments=attachments, third_party=False)


def _own_texts(policy: Policy) -> Iterator[str]:
    """The policy's own words, with which replies and hand-overs close and open: mails quote them on new tickets."""
    for texts in (policy.automatic_line, *(texts for _, texts in policy.handover.texts())):
        yield from (texts,) if isinstance(texts, str) else texts.values()


def own_texts_of(ticket: Ticket, conversation: Conversation) -> tuple[str, ...]:
    """What is asked in each message that the requester has open."""
    read = mail_reader(ticket)
    return tuple(_own_text(message, read) for message in conversation.own)


def _own_text(message: Message, read: Callable[[Message], MailText]) -> str:
    """What is asked in a message: what was newly written, or passed on. "Thanks!" closes a mail, or is all of it."""
    if question := read(message).question:
        return question
    body = clean(message.body[:LONGEST]).strip()
    return body if is_polite(body) else ""


def _fit_newest(texts: Sequence[str]) -> tuple[str, bool]:
    """As many words as there is room for, and whether any were left out; in the order in which they were written."""
    kept_texts: list[str] = []
    words_left, is_cut = MESSAGE_WORDS, False
    for text in reversed(texts):
        part, was_cut = first_words(text, words_left) if words_left > 0 else ("", bool(text))
        words_left -= len(part.split())
        is_cut = is_cut or was_cut
        if part:
            kept_texts.insert(0, part)
    return "\n\n".join(kept_texts), is_cut


def _fit_earlier(messages: list[Message], read: Callable[[Message], MailText]) -> tuple[list[Message], tuple[str, ...]]:
    """The last messages that fit, oldest first, and what was left out."""
    kept_messages: list[Message] = []
    remarks: list[str] = []
    words_left = EARLIER_WORDS
    for message in reversed(messages[-(MESSAGES - 1) :]):
        body, is_cut = first_words(read(message).question, words_left)
        words_left -= len(body.split())
        kept_messages.insert(0, replace(message, body=body))
        if is_cut:
            remarks.append(Wording("An earlier message was read in part."))
        if is_cut or words_left <= 0:
            break
    if left_out_count := len(messages) - len(kept_messages):
        remarks.append(
            Wording.plural(
                "%(count)s earlier message was not read.", "%(count)s earlier messages were not read.", left_out_count
            )
        )
    return kept_messages, tuple(remarks)
