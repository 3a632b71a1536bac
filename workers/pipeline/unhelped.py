"""Does a customer say that our answer did not help? Heard only right after an automatic reply."""

from workers.pipeline.phrases import Phrases

UNHELPED = Phrases.listed(
    """
    did not help, didn't help, does not help, doesn't help, not helpful, no help, not what i asked, not my question,
    did not answer my, didn't answer my, does not answer my, doesn't answer my, did not work, didn't work,
    does not work, doesn't work, still not working, still doesn't, still does not, still the same, already tried,
    hat nicht geholfen, hilft nicht, hilft mir nicht, nicht geholfen, nicht hilfreich, funktioniert nicht, geht nicht,
    klappt nicht, immer noch nicht, nicht meine frage, ne m'aide pas, m'a pas aidé, n'aide pas, pas utile,
    ne marche pas, ne marche toujours pas, ne fonctionne pas, ne fonctionne toujours pas, pas ma question,
    no me ayuda, no me ayudó, no ayuda, no me sirve, no me sirvió, no funciona, sigue sin funcionar, no es lo que,
    non mi aiuta, non mi è stato utile, non è utile, non aiuta, non funziona, ancora non funziona, non ha funzionato,
    não ajudou, não ajuda, não funciona, não funcionou, continua sem funcionar, helpt niet, hielp niet, werkt niet,
    niet mijn vraag, nie pomogło, nie pomaga, nie działa, nadal nie działa, hjälpte inte, hjälper inte, fungerar inte,
    yardımcı olmadı, işe yaramadı, çalışmıyor, hâlâ çalışmıyor, 役に立ちません, 解決しません, 解決していません,
    うまくいきません, 没有帮助, 没用, 还是不行, 没有解决
    """
)


def says_it_did_not_help(text: str) -> bool:
    """True where it is said, in one of the usual ways."""
    return UNHELPED.find(text) is not None
