"""Does a text try to command the machine that reads it? New rules, its prompt, fake roles, orders about its reply.

Tickets are data; what is found here goes to a person and reaches no model. Each pattern is bounded, so that the whole
is linear in the length of the text.
"""

import re

from desk.text.lexicon import any_word

_NEAR = r"[^.!?]{0,40}"
_SENTENCE = r"(?:[^.!?\n]|[.!?](?=[\w\"'/])){0,120}"

_FORGET, _FORMER, _RULES = any_word("order_forget"), any_word("order_former"), any_word("order_rules")
_TELL, _SECRET = any_word("order_tell"), any_word("order_secret")
_BECOME, _SOMEONE, _FROM_NOW = any_word("order_become"), any_word("order_someone"), any_word("order_from_now")
_CALLS, _MACHINE, _DUTY = any_word("order_calls"), any_word("order_machine"), any_word("order_duty")
_PASS_ON, _GOODS = any_word("order_pass_on"), any_word("order_goods")
_AS_MACHINE = r"\bas an? (?:ai|language model|llm|large language model|automated (?:assistant|system))\b"
_HEADING = (
    r"\b(?:new (?:system )?instructions?|system ?(?:override|note|message))\s?:"
    r"|\bend of (?:prompt|instructions|context)\b"
)

_ROLE = (
    r"</?\s{0,3}(?:system|assistant|instructions?|im_start|im_end|user_message|tool_call|function_calls?|admin|prompt)"
    r"\s{0,3}/?>"
    r"|<\|[a-z_]{2,20}\|>|\[/?(?:INST|SYSTEM|ASSISTANT)\]|\bBEGIN (?:SYSTEM|ADMIN|PROMPT)\b"
    r"|^\s{0,8}(?:#{1,4}\s{0,3})?(?:system|assistant|developer)\s?(?:prompt|message)?\s?:"
)

# Orders about the reply itself ("integrate a link in your response"). Customers write "your reply" in other ways.
_OPENS = r"(?:^|[.!?:;,\n]\s{0,3})(?:please |then |and |also |now |you must |make sure to |be sure to )?"
_MAKE, _DO = any_word("order_make"), any_word("order_do")
_REPLY = (
    r"\b(?:your|the) (?:next |own |entire |whole )?"
    r"(?:repl(?:y|ies|ying)|responses?|answers?|answering|output|message)\b"
)
_IN_REPLY = r"\b(?:in|within|during|to|throughout|into) your (?:reply|response|answer|output|message)\b"

# A help page speaks to its readers; one that speaks to whoever answers them was not written for them.
_TO_THE_ANSWERER = (
    rf"\b(?:always|must|should|shall|please|now)\b{_NEAR}\b(?:tell|promise|assure|inform|offer|guarantee|grant|answer)\b"
    r" (?:the |every |each |any |all )?(?:customer|user|reader|visitor|person|people|anyone|everyone|everybody)s?\b"
    r"|\b(?:when|whenever|while|if) (?:you )?(?:answer|reply|respond|are asked|draft)(?:ing)?\b"
    r"[^.!?\n]{0,60}\b(?:always|must|tell|say|promise|add|include|mention|append)\b"
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
