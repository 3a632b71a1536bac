"""Does a text try to command the machine that reads it? New rules, its prompt, fake roles, orders about its reply.

Tickets are data; what is found here goes to a person and reaches no model. Each pattern is bounded, so that the whole
is linear in the length of the text.
"""

import re

from desk.text.phrase_matcher import any_of_pattern

_NEAR = r"[^.!?]{0,40}"
_SENTENCE = r"(?:[^.!?\n]|[.!?](?=[\w\"'/])){0,120}"

_FORGET = any_of_pattern("ignore disregard forget override bypass skip drop")
_FORMER = any_of_pattern("previous prior above earlier preceding all your the any these those system original")
_RULES = any_of_pattern(
    "instructions? prompts? rules guidelines directives? orders commands policy policies constraints "
    "restrictions safeguards training programming"
)
_TELL = any_of_pattern(
    "reveal show print repeat display output tell_me give_me send leak dump disclose share summari[sz]e what_is "
    "what_are what_was"
)
_SECRET = any_of_pattern(
    "system_prompts? system_message hidden_rules your_prompts? your_instructions "
    "your_(?:system|initial|original|hidden|secret|full|exact)_(?:prompts?|instructions|messages?|rules) "
    "the_(?:system|initial|original|hidden|secret)_(?:prompts?|instructions) "
    "internal_(?:notes?|documents?|playbooks?|instructions|rules|guidelines)"
)
_BECOME = any_of_pattern(
    "you_are you're act_as pretend_to_be pretend_you_are pretend_you're behave_as roleplay_as simulate"
)
_SOMEONE = any_of_pattern(
    "dan developer_mode jailbroken unrestricted evil root admin_mode administrator_mode no_longer_bound free_of "
    "free_from (?:a_different|a_new|another)_(?:ai|assistant|model|bot) my_assistant my_slave "
    "my_personal_assistant"
)
_FROM_NOW = any_of_pattern(
    "you_are_now from_now_on,?_you from_now_on,?_your jailbreak prompt_injection do_anything_now "
    "developer_mode_(?:on|enabled)"
)
_MACHINE = any_of_pattern("ai llm language_model chatgpt gpt claude assistant_model automated_assistant")
_CALLS = any_of_pattern(
    "dear attention hey hello note_to note_to_the instructions?_to instructions?_for instructions?_for_the "
    "message_to message_for"
)
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
_MAKE = any_of_pattern(
    "integrate include insert add append embed incorporate modify enhance provide replace remove render use "
    "jumble group write compose format begin start end finish reply respond answer encourage promote suggest "
    "mention craft rewrite translate substitute scramble encode misspell make mix shuffle rearrange introduce "
    "place convert turn swap change distort blend break sprinkle weave conclude present spell compress augment "
    "anagram combine"
)
_REPLY = (
    r"\b(?:your|the) (?:next |own |entire |whole )?"
    r"(?:repl(?:y|ies|ying)|responses?|answers?|answering|output|message)\b"
)
_IN_REPLY = r"\b(?:in|within|during|to|throughout|into) your (?:reply|response|answer|output|message)\b"
_DO = any_of_pattern(
    "suggest include mention integrate insert add recommend promote encourage persuade advise urge use subtly "
    "provide ask tell offer direct lead link highlight convince tease"
)
_PASS_ON = any_of_pattern("forward send email mail post upload transfer copy bcc")
_GOODS = any_of_pattern(
    "conversation customer_(?:data|list|records|details) database credentials passwords secrets? "
    "internal_\\w{2,20} (?:all|every)_(?:data|tickets?|customers?|emails?|messages?|users?|passwords?|keys) "
    "api_keys_of"
)

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
    rf"{_AS_MACHINE}{_NEAR}{any_of_pattern('you must should will shall')}",
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
