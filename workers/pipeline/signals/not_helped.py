"""Does the customer say that the answer did not help? Asked only of what follows an automatic reply of ours."""

import re

from desk.text.tokenizer import words

_SAID = """
did not help|didn't help|doesn't help|does not help|didnt help|doesnt help|not helpful|unhelpful|no help
not what i asked|not my question|not an answer|doesn't answer|does not answer|didn't answer|did not answer
already tried that|already tried this|tried that already|tried all that|already did that|already done that
still not working|still doesn't work|still does not work|still can't|still cannot|still broken|still the same
didn't work|did not work|doesn't work either|does not work either|made no difference|not solved|not resolved
wrong answer|you misunderstood|you did not understand|you didn't understand

hat nicht geholfen|hilft nicht|hilft mir nicht|nicht hilfreich|keine hilfe|nicht meine frage|nicht gefragt
keine antwort auf meine frage|schon probiert|schon versucht|bereits versucht|bereits probiert|geht immer noch nicht
funktioniert immer noch nicht|klappt immer noch nicht|funktioniert trotzdem nicht|geht trotzdem nicht
hat nicht funktioniert|hat nicht geklappt|nicht gelöst|falsche antwort|falsch verstanden

ne m'a pas aidé|ne m'aide pas|n'aide pas|pas utile|pas ma question|pas ce que j'ai demandé|déjà essayé
ne marche toujours pas|ne fonctionne toujours pas|toujours pas résolu|n'a pas marché|n'a pas fonctionné|mal compris

no me ayuda|no me ayudó|no me ha ayudado|no ayuda|no es lo que pregunté|no es mi pregunta|ya lo intenté|ya lo probé
ya lo he probado|ya lo he intentado|sigue sin funcionar|no funcionó|no ha funcionado|no está resuelto

non mi aiuta|non mi ha aiutato|non aiuta|non è utile|non è quello che ho chiesto|non è la mia domanda|già provato
ancora non funziona|non funziona ancora|continua a non funzionare|non ha funzionato|non è risolto

não ajudou|não me ajudou|não ajuda|não é o que perguntei|não é a minha pergunta|já tentei|já experimentei
continua sem funcionar|ainda não funciona|continua a não funcionar|não funcionou|não está resolvido|não resolveu

helpt niet|heeft niet geholpen|niet behulpzaam|niet mijn vraag|niet wat ik vroeg|al geprobeerd|werkt nog steeds niet
heeft niet gewerkt|niet opgelost

nie pomogło|nie pomaga|nie pomogła|nie o to pytałem|nie o to pytałam|już próbowałem|już próbowałam|nadal nie działa
dalej nie działa|wciąż nie działa|nie zadziałało|nie rozwiązało

hjälpte inte|hjälper inte|inte till hjälp|inte det jag frågade|inte min fråga|redan provat|redan testat
fungerar fortfarande inte|funkade inte|fungerade inte|inte löst

yardımcı olmadı|işe yaramadı|yardım etmedi|sorduğum bu değil|zaten denedim|hala çalışmıyor|hâlâ çalışmıyor|çözülmedi
"""
_UNSPACED = re.compile(
    "解決しません|解決していません|解決しなかった|役に立ちません|役に立たない|役に立たなかった|まだ動きません|まだできません|"
    "もう試しました|既に試しました|質問の答えになって|没有帮助|没用|没有用|没帮助|沒有幫助|沒用|还是不行|還是不行|还是不能|没有解决|沒有解決|"
    "没解决|已经试过|已經試過|不是我问的|答非所问"
)
_PHRASES = tuple(
    f" {' '.join(words(phrase))} " for line in _SAID.split("\n") for phrase in line.split("|") if phrase.strip()
)


def says_not_helped(text: str) -> bool:
    """In whole words of ten languages, or anywhere in Japanese and Chinese."""
    padded_words = f" {' '.join(words(text))} "
    return any(phrase in padded_words for phrase in _PHRASES) or _UNSPACED.search(text) is not None
