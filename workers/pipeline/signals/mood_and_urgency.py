"""What a message says about itself without any model: its mood and its urgency.

Small word lists, on purpose: each line can be read, argued about and tested. They see English well, and the other
languages of the shipped policy at their commonest.
"""

import re

from desk.run import Sentiment, Urgency
from desk.text.phrase_matcher import Phrases, phrase_words
from desk.text.tokenizer import sentences, word_set, words
from desk.ticket import Priority

# --- Mood ------------------------------------------------------------------------------------------------------------

FURIOUS = Phrases.listed(
    """
    furious, disgusting, disgusted, disgrace, disgraceful, outrageous, scam, scammers, scammed, scamming,
    fraudsters, thieves, crooks, ripoff, rip off, ripped off, criminals, liars, liar, idiots, idiot, morons,
    moron, incompetent, stupid company, fuck, fucking, fucked, fuckers, bullshit, piece of shit, shitty,
    assholes, asshole, bastards, go to hell, screw you, damn you, worst company, worst service, worst support,
    worst experience, worst customer, hate you, hate your, sick of you, sick of this, fed up, sick and tired,
    i've had enough, have had enough, last straw, joke of a company, absolute joke, complete joke, never again,
    stealing my money, stole my money, stealing from me, tell everyone, tell everybody, warn everyone, warn
    others, trustpilot, one star review, 1 star review, bad review, negative review, go public, to the press, on
    social media, better business bureau, shame on you, how dare you,
    betrug, betrüger*, frechheit, unverschämt*, sauerei, scheisse, scheiße, abzocke, saftladen, stinksauer,
    nie wieder,
    arnaque*, escroc*, honteux, scandaleux, foutage de gueule, plus jamais, voleurs, ras le bol,
    estafa, estafador*, vergüenza, indignante, ladrones, sinvergüenzas, nunca más, harto de ustedes, harta de ustedes,
    truffa, truffatori, ladri, vergogna, vergognatevi, schifo, presa in giro, mai più, imbroglioni,
    ladrões, vigaristas, golpistas, palhaçada, vergonha, falta de respeito, nunca mais, enganação,
    oplichter*, oplichting, schandalig, schande, belachelijk bedrijf, nooit meer, zwendel, woedend, spuugzat,
    oszuści, oszustwo, złodzieje, skandal*, żenada, nigdy więcej, banda złodziei, kpina, wściekły, wściekła,
    bedragare, bedrägeri, skandal, skäms, aldrig mer, lurendrejeri, förbannad, rånare,
    dolandırıcı*, rezalet, sahtekar*, utanmaz*, bir daha asla, skandal, bıktım artık, yazıklar olsun,
    詐欺だ, 詐欺会社, 詐欺師, ふざけるな, ふざけんな, 最低の会社, 最低なサービス, 最悪の会社, 最悪な対応,
    最悪のサービス, 許せない,
    怒り心頭,    二度と使わない, いい加減にしろ, 骗子, 騙子, 诈骗公司, 垃圾公司, 垃圾服务, 无耻, 無恥, 太过分了,
    太過分了, 忍无可忍, 再也不会用, 黑心
    """
)
NEGATIVE = word_set(
    """
    unacceptable ridiculous terrible horrible awful useless frustrated frustrating frustration annoyed
    annoying angry upset disappointed disappointing disappointment unhappy dissatisfied pathetic rubbish
    garbage trash crap sucks worst worse bad poor hate hated nightmare absurd appalling dreadful
    unprofessional rude hopeless broken fail failed failing failure complaint complain complaining wrong
    unfair sucky joke lousy unbelievable incredible disaster bloody damn goddamn ärgerlich enttäuscht
    unzufrieden schrecklich furchtbar inakzeptabel beschwerde déçu décevant inacceptable mécontent horrible
    nul plainte decepcionado inaceptable pésimo terrible molesto queja
    """
)
STRONG = word_set(
    """
    unacceptable ridiculous terrible horrible awful appalling dreadful pathetic nightmare disaster
    unprofessional worst garbage useless absurd inakzeptabel inacceptable inaceptable pésimo
    """
)
POSITIVE = word_set(
    """
    great love loved lovely thanks thank awesome excellent perfect wonderful amazing happy glad pleased
    fantastic brilliant helpful appreciate nice good danke super toll merci parfait gracias genial excelente
    """
)
NEGATORS = word_set(
    """
    not no never isn't aren't wasn't don't doesn't didn't can't couldn't won't wouldn't without hardly nicht
    kein keine keinen pas jamais sin nunca ain't nothing niet geen nie bez inte ingen non senza não sem
    """
)
_SHOUT = re.compile(r"\b[A-Z]{3,}(?:'[A-Z]+)?\b")
_PLEAS = re.compile(r"!{2,}|\?!|!\?")


def sentiment(text: str) -> Sentiment:
    """The mood: very negative for insults, fury and threats to go public, or several strong words, or shouting."""
    text_words = words(text)
    good, bad, strong = _count_moods(text_words)
    is_shouting = len(_SHOUT.findall(text)) >= max(4, len(text_words) // 2)
    is_loud = is_shouting or bool(_PLEAS.search(text))
    if _contains_phrase(FURIOUS, text) or strong >= 2 or (strong and is_loud) or (bad >= 2 and is_shouting):
        return Sentiment.VERY_NEGATIVE
    if bad > good or (is_loud and is_shouting and not good):
        return Sentiment.NEGATIVE
    return Sentiment.POSITIVE if good > bad and good > 1 else Sentiment.NEUTRAL


def _count_moods(text_words: list[str]) -> tuple[int, int, int]:
    """How many words are good, bad, and very bad; a negator up to three words before turns a word round."""
    good = bad = strong = 0
    for position, word in enumerate(text_words):
        is_negated = not NEGATORS.isdisjoint(text_words[max(0, position - 3) : position])
        good += word in POSITIVE and not is_negated
        bad += (word in NEGATIVE and not is_negated) or (
            word in POSITIVE and is_negated and word not in {"thanks", "thank"}
        )
        strong += word in STRONG and not is_negated
    return good, bad, strong


def _contains_phrase(phrases: Phrases, text: str) -> bool:
    """A phrase stands there, and no negator shortly before it in its sentence ("it is not a scam, is it")."""
    for sentence in sentences(text):
        for match in phrases.matches(sentence):
            words_before = phrase_words(sentence)[max(0, match.at - 3) : match.at]
            if NEGATORS.isdisjoint(words_before) or match.text in {"never again"}:
                return True
    return False


# --- Urgency ---------------------------------------------------------------------------------------------------------

CRITICAL = Phrases.listed(
    """
    outage, production is down, production down, prod is down, site is down, website is down, server is down,
    servers are down, system is down, service is down, everything is down, completely down, totally down, app is
    down, api is down, down for everyone, down for all, down for all our, nobody can log in, no one can log in,
    none of our customers can, none of our users can, all our customers are affected, data loss, lost all our
    data, lost all my data, lost all data, all our data is gone, all my data is gone, all our bookings are gone,
    all my bookings are gone, everything is gone, everything was deleted, all our data was deleted, data is
    missing, data was wiped, database is gone, wrong customer's data, other customers data, someone else's data,
    data of other customers, data of another customer, security breach, security incident, data breach, data
    leak, got hacked, been hacked, was hacked, were hacked, is hacked, account was compromised, been
    compromised, ransomware, vulnerability, unauthorized access, unauthorised access, losing money every,
    business is at a standstill, life threatening, emergency,
    ausgefallen, komplettausfall, totalausfall, datenverlust, notfall, alle daten weg, alle daten sind weg,
    alles ist weg,
    panne générale, panne totale, perte de données, toutes nos données ont disparu, tout a disparu,
    plus rien ne marche,
    caída total, pérdida de datos, todo está caído, sistema caído, perdimos todos los datos, emergencia,
    tutto bloccato, perdita di dati, perso tutti i dati, sistema fuori uso, nessuno riesce ad accedere, emergenza,
    tudo fora do ar, sistema fora do ar, perda de dados, perdemos todos os dados, emergência,
    alles ligt plat, ligt eruit, dataverlies, alle gegevens zijn weg, alles is weg, noodgeval,
    nic nie działa, poważna awaria, całkowita awaria, utrata danych, straciliśmy wszystkie dane, wszystko zniknęło,
    nikt nie może się zalogować,
    ligger nere för alla, allt ligger nere, dataförlust, alla data är borta, allt är borta, nödläge,
    sistem çöktü, her şey çöktü, veri kaybı, tüm verilerimiz silindi, kimse giriş yapamıyor, acil durum,
    全員ログインでき, 全社で使えない, システムがダウン, データが全部消え, データがすべて消え, データ消失, 緊急事態,
    系统崩溃, 系統崩潰, 全部瘫痪, 全都登录不了, 数据丢失, 資料遺失, 数据全没了, 数据全部丢, 紧急情况, 緊急情況
    """
)
HIGH = Phrases.listed(
    """
    urgent, urgently, asap, as soon as possible, immediately, right now, right away, straight away, deadline, by
    today, by tomorrow, by end of day, by eod, within the hour, time sensitive, critical, blocked, blocking us,
    can't wait, cannot wait, need this today, need it today, today please, hurry, quickly as possible, losing
    customers, losing money, high priority, top priority, dringend, sofort, so schnell wie möglich,
    schnellstmöglich, urgence, immédiatement, dès que possible, urgente, cuanto antes, inmediatamente, lo antes
    posible, il prima possibile, subito, urgentemente, o mais rápido possível, com urgência, dringend, spoed, zo snel
    mogelijk, pilne, pilnie, jak najszybciej, natychmiast, brådskande, snarast, så fort som möjligt, omedelbart, acil,
    acilen, hemen şimdi, en kısa sürede, 至急, 急ぎ, 今すぐ, 大至急, 紧急, 緊急, 尽快, 盡快, 马上, 馬上, 急用
    """
)
LOW = Phrases.listed(
    """
    no rush, no hurry, not urgent, isn't urgent, whenever you have time, whenever you can, when you have time,
    just curious, just wondering, out of curiosity, at your convenience, low priority, nothing urgent, keine
    eile, nicht dringend, pas urgent, rien d'urgent, no es urgente, sin prisa, non è urgente, nessuna fretta, não é
    urgente, sem pressa, geen haast, niet dringend, nie pilne, nic pilnego, inte bråttom, ingen brådska, acil değil,
    acelesi yok, 急ぎではありません, 急ぎません, 急いでいません, 不急, 不紧急, 不着急
    """
)


def urgency(text: str, priority: Priority = Priority.NORMAL) -> Urgency:
    """How pressing: critical for outages,
    lost data and break-ins. The sender's priority alone never makes it that."""
    if _contains_phrase(CRITICAL, text):
        return Urgency.CRITICAL
    if LOW.find(text):
        return Urgency.LOW
    if priority is Priority.URGENT or _contains_phrase(HIGH, text):
        return Urgency.HIGH
    return Urgency.NORMAL
