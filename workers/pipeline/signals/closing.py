"""Is a message nothing but a closing: thanks, or that it works now? Part of a conversation's end, never of its answer.

Small lists of whole words on purpose: a message counts only if every word of it is known, so that "it works now, but"
and "thanks for nothing" do not.
"""

import re
from itertools import pairwise

from desk.conversation import Conversation, Sent
from desk.text.tokenizer import word_set, words

POLITE = word_set(
    """
    thanks thank you very much so a lot many all again ok okay great perfect awesome cool good got it works
    now that worked this is for your the help reply answer quick appreciated cheers thx ty yes danke merci
    gracias hi hello hey bye solved fixed super nice wonderful excellent it's has been to everyone team
    brilliant lovely working everything fine resolved sorted done helped helps found did trick answers answered my
    question info information have day week weekend clear clearer perfectly exactly what needed

    vielen dank schön herzlichen jetzt geht's geht es funktioniert klappt alles klar prima perfekt gelöst hat
    geklappt für die ihre eure hilfe antwort schnelle gut toll bestens geholfen mir das sehr einen schönen tag noch
    gefunden beantwortet meine frage

    beaucoup ça marche maintenant c'est parfait résolu réglé bon bien pour votre aide réponse super merveilleux m'a
    aidé bonne journée trouvé

    muchas muchísimas ya funciona perfecto resuelto solucionado genial listo por su tu ayuda respuesta me ha ayudado
    encontrado

    grazie mille funziona adesso ora perfetto risolto ottimo per il vostro tuo aiuto
    obrigado obrigada muito já funciona agora perfeito resolvido ótimo pela sua ajuda
    bedankt dank je wel u het werkt nu perfect opgelost top fijn
    dziękuję dzięki bardzo działa teraz już super świetnie rozwiązane
    tack så mycket nu fungerar det perfekt löst bra toppen
    teşekkürler teşekkür ederim çok şimdi çalışıyor oldu harika mükemmel
    """
)
"""Words of thanks, greeting and success; nothing that is asked, doubted or denied with."""

CLOSES = word_set(
    """
    thanks thank thx ty cheers appreciated works worked working solved fixed resolved sorted helped geholfen ayudado
    aidé danke dank funktioniert klappt geklappt gelöst geht's merci marche résolu réglé gracias funciona resuelto
    solucionado grazie funziona risolto obrigado obrigada resolvido bedankt werkt opgelost dziękuję dzięki działa
    rozwiązane tack fungerar löst teşekkürler teşekkür çalışıyor oldu
    """
)
"""One of these has to be there: "hello" alone closes nothing."""

WHOLE = frozenset({
    "ありがとう", "ありがとうございます", "ありがとうございました", "解決しました", "解決しました ありがとうございます",
    "谢谢", "谢谢你", "谢谢您", "多谢", "好了 谢谢", "可以了 谢谢", "解决了", "解决了 谢谢",
})  # fmt: skip
"""Whole messages, where words are not written apart."""

SIGNS = frozenset("👍🙏👌🎉😊🙂😀😃😄❤💯✅")
"""A message of nothing but these closes a matter too."""

ASKING = word_set("is was has are does do did can could will would")
"""A message that begins so asks, whether it has a question mark or not."""
TURNED = {
    ("works", "it"), ("funktioniert", "es"), ("funktioniert", "das"), ("geht", "es"), ("geht", "das"), ("klappt", "es"),
    ("klappt", "das"), ("hat", "es"), ("hat", "das"), ("ist", "es"), ("werkt", "het"), ("is", "het"),
    ("fungerar", "det"), ("marche", "ça"), ("funciona", "ya"), ("danke", "für"),
}  # fmt: skip
"""A verb before its subject, where a clause begins, asks too; and "Danke für was" thanks for nothing."""
DOUBTS = frozenset("?？\"“”„«»'`")
"""Marks of asking, and of meaning it otherwise ("thanks for the “help”"); an apostrophe inside a word is none."""
_INSIDE = re.compile(r"(?<=\w)['’](?=\w)")
_CLAUSE = re.compile(r"[.,!;:\n]+")
ASKS_YOU = ASKING | {"have"}
MOST_WORDS = 20
_JOINED = frozenset("\ufe0f\u200d🏻🏼🏽🏾🏿!.")


def is_confirmation(conversation: Conversation, names: str = "") -> bool:
    """Does the customer only close the matter, after an automatic reply of ours and with nothing else open? `names` are
    the customer's own, with which they may sign."""
    if conversation.answered_by is not Sent.REPLY or conversation.person_owed or conversation.taken_over:
        return False
    is_plain = all(not message.attachments and not message.third_party for message in conversation.open)
    texts = [without_greeting_name(message.body, names) for message in conversation.open]
    return is_plain and bool(texts) and all(map(is_closing, texts))


def _begins_question(clause: str) -> bool:
    """Does a clause begin as a question does: "is it", "funktioniert es"?"""
    clause_words = words(clause)
    return bool(clause_words) and (clause_words[0] in ASKING or tuple(clause_words[:2]) in TURNED)


def _asks_reader(text_words: list[str]) -> bool:
    """ "Have you answered", "did you": asked without a question mark."""
    return any(word in ASKS_YOU and next_word == "you" for word, next_word in pairwise(text_words))


def without_greeting_name(text: str, names: str) -> str:
    """The text without the customer's own name at its end: "Thanks, Ann"."""
    own_names, lines = set(words(names)), text.strip().split("\n")
    while len(lines) > 1 and own_names.issuperset(words(lines[-1])):
        lines.pop()
    last_line = lines[-1].split()
    while len(last_line) > 1 and words(last_line[-1]) and own_names.issuperset(words(last_line[-1])):
        last_line.pop()
    return "\n".join([*lines[:-1], " ".join(last_line)])


def is_polite(text: str) -> bool:
    """Nothing but thanks and greetings."""
    text_words = words(text)
    return 0 < len(text_words) <= MOST_WORDS and (POLITE.issuperset(text_words) or " ".join(text_words) in WHOLE)


def is_closing(text: str) -> bool:
    """Nothing but thanks or success: no question, no figure, nothing that is not known to close a matter."""
    text_words = words(text)
    if not text_words:
        return bool(text.strip()) and SIGNS.issuperset(
            sign for sign in text if not sign.isspace() and sign not in _JOINED
        )
    if (
        not is_polite(text)
        or not DOUBTS.isdisjoint(_INSIDE.sub("", text))
        or _asks_reader(text_words)
        or any(map(_begins_question, _CLAUSE.split(text)))
    ):
        return False
    return " ".join(text_words) in WHOLE or not CLOSES.isdisjoint(text_words)
