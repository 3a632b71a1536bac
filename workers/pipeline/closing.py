"""Is a message nothing but a closing: thanks, or that it works now? Part of a conversation's end, never of its answer.

Small lists of whole words on purpose: a message counts only if every word of it is known, so that "it works now, but"
and "thanks for nothing" do not.
"""

from desk.conversation import Conversation, Sent
from desk.text import vocabulary, words

POLITE = vocabulary(
    """
    thanks thank you very much so a lot many all again ok okay great perfect awesome cool good got it works
    now that worked this is was for your the help reply answer quick appreciated cheers thx ty yes danke merci
    gracias hi hello hey bye solved fixed super nice wonderful excellent it's has been to everyone team
    brilliant lovely working everything fine resolved sorted done

    vielen dank schön herzlichen jetzt geht's geht es funktioniert klappt alles klar prima perfekt gelöst hat
    geklappt für die ihre eure hilfe antwort schnelle gut toll bestens

    beaucoup ça marche maintenant c'est parfait résolu réglé bon bien pour votre aide réponse super merveilleux

    muchas muchísimas ya funciona perfecto resuelto solucionado genial listo por su tu ayuda respuesta

    grazie mille funziona adesso ora perfetto risolto ottimo per il vostro tuo aiuto
    obrigado obrigada muito já funciona agora perfeito resolvido ótimo pela sua ajuda
    bedankt dank je wel u het werkt nu perfect opgelost top fijn
    dziękuję dzięki bardzo działa teraz już super świetnie rozwiązane
    tack så mycket nu fungerar det perfekt löst bra toppen
    teşekkürler teşekkür ederim çok şimdi çalışıyor oldu harika mükemmel
    """
)
"""Words of thanks, greeting and success; nothing that is asked, doubted or denied with."""

CLOSES = vocabulary(
    """
    thanks thank thx ty cheers appreciated works worked working solved fixed resolved sorted
    danke dank funktioniert klappt geklappt gelöst geht's merci marche résolu réglé gracias funciona resuelto
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

ASKING = vocabulary("is was has are does do did can could will would")
"""A message that begins so asks, whether it has a question mark or not."""
MOST_WORDS = 20


def confirms(conversation: Conversation) -> bool:
    """Does the customer only close the matter, after an automatic reply of ours and with nothing else open?"""
    if conversation.answered_by is not Sent.REPLY or conversation.person_owed or conversation.taken_over:
        return False
    plain = all(not message.attachments and not message.third_party for message in conversation.open)
    return plain and bool(conversation.open) and all(is_closing(message.body) for message in conversation.open)


def is_polite(text: str) -> bool:
    """Nothing but thanks and greetings."""
    said = words(text)
    return 0 < len(said) <= MOST_WORDS and (POLITE.issuperset(said) or " ".join(said) in WHOLE)


def is_closing(text: str) -> bool:
    """Nothing but thanks or success: no question, no figure, nothing that is not known to close a matter."""
    said = words(text)
    if not is_polite(text) or "?" in text or "？" in text or said[0] in ASKING:
        return False
    return " ".join(said) in WHOLE or not CLOSES.isdisjoint(said)
