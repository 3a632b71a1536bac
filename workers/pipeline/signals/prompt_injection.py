"""Does a text try to command the machine that reads it? New rules, its prompt, fake roles, orders about its reply.

Tickets are data; what is found here goes to a person and reaches no model. Each pattern is bounded, so that the whole
is linear in the length of the text.
"""

import re

from desk.text.lexicon import any_of, any_word

_NEAR = r"[^.!?]{0,40}"
_SENTENCE = r"(?:[^.!?\n]|[.!?](?=[\w\"'/])){0,120}"

_FORGET, _FORMER, _RULES = any_word("order_forget"), any_word("order_former"), any_word("order_rules")
_TELL, _SECRET = any_word("order_tell"), any_word("order_secret")
_BECOME, _SOMEONE, _FROM_NOW = any_word("order_become"), any_word("order_someone"), any_word("order_from_now")
_CALLS, _MACHINE, _DUTY = any_word("order_calls"), any_word("order_machine"), any_word("order_duty")
_PASS_ON, _GOODS = any_word("order_pass_on"), any_word("order_goods")
_AS_MACHINE = rf"\bas an? {any_of('order_as_machine')}\b"
_HEADING = rf"\b{any_of('order_heading')}\s?:|{any_word('order_end')}"

_ROLE = (
    r"</?\s{0,3}(?:system|assistant|instructions?|im_start|im_end|user_message|tool_call|function_calls?|admin|prompt)"
    r"\s{0,3}/?>"
    r"|<\|[a-z_]{2,20}\|>|\[/?(?:INST|SYSTEM|ASSISTANT)\]|\bBEGIN (?:SYSTEM|ADMIN|PROMPT)\b"
    r"|^\s{0,8}(?:#{1,4}\s{0,3})?(?:system|assistant|developer)\s?(?:prompt|message)?\s?:"
)

# Orders about the reply itself ("integrate a link in your response"). Customers write "your reply" in other ways.
_OPENS = r"(?:^|[.!?:;,\n]\s{0,3})(?:please |then |and |also |now |you must |make sure to |be sure to )?"
_MAKE, _DO = any_word("order_make"), any_word("order_do")
_REPLY = rf"\b(?:your|the) (?:next |own |entire |whole )?{any_of('order_reply')}\b"
_IN_REPLY = rf"{any_word('order_within')} your {any_of('order_own_reply')}\b"

# A help page speaks to its readers; one that speaks to whoever answers them was not written for them.
_TO_THE_ANSWERER = (
    rf"{any_word('answerer_duty')}{_NEAR}{any_word('answerer_act')}"
    rf" (?:the |every |each |any |all )?{any_of('answerer_reader')}s?\b"
    rf"|{any_word('answerer_when')} (?:you )?{any_of('answerer_answers')}(?:ing)?\b"
    rf"[^.!?\n]{{0,60}}{any_word('answerer_also')}"
)

_AT_MACHINES = (
    rf"{_FORGET}{_NEAR}{_FORMER}{_NEAR}{_RULES}",
    rf"{_TELL}{_NEAR}{_SECRET}",
    rf"{_BECOME}{_NEAR}{_SOMEONE}",
    _FROM_NOW,
    rf"{_CALLS} {_MACHINE}",
    rf"{_AS_MACHINE}{_NEAR}{_DUTY}",
    _HEADING,
    _ROLE,
    rf"{_PASS_ON}{_NEAR}{_GOODS}{_NEAR}\bto\b",
)
_ABOUT_THE_REPLY = (rf"{_OPENS}{_MAKE}{_SENTENCE}{_REPLY}", rf"{_IN_REPLY},?{_NEAR}{_DO}")


def _compile_patterns(*patterns: str) -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(pattern, re.IGNORECASE | re.MULTILINE) for pattern in patterns)


INJECTION_PATTERNS = _compile_patterns(*_AT_MACHINES, *_ABOUT_THE_REPLY)
"""For what customers write."""
PAGE_INJECTION_PATTERNS = _compile_patterns(*_AT_MACHINES, _TO_THE_ANSWERER)
"""For documents: manuals say "delete the message" for good reasons, but have no business with whoever answers."""


def is_prompt_injection(text: str) -> bool:
    """True if a customer's text tries to command the machine that reads it."""
    return any(pattern.search(text) for pattern in INJECTION_PATTERNS)


def is_page_injection(text: str) -> str | None:
    """The words by which a document tries to command whoever answers from it, or None."""
    return next((match.group()[:120] for pattern in PAGE_INJECTION_PATTERNS if (match := pattern.search(text))), None)
