"""What a message says about itself without any model: mood, urgency, and orders to the machine that reads it.

Small word lists, on purpose: each line can be read, argued about and tested. They see English well and German, French
and Spanish at their commonest.
"""

import re

from desk.text import sentences, words
from desk.ticket import Priority, Sentiment, Urgency
from workers.pipeline.phrases import Phrases

# --- Mood ------------------------------------------------------------------------------------------------------------

FURIOUS = Phrases((
    "furious", "disgusting", "disgusted", "disgrace", "disgraceful", "outrageous", "scam", "scammers", "scammed",
    "scamming", "fraudsters", "thieves", "crooks", "ripoff", "rip off", "ripped off", "criminals", "liars", "liar",
    "idiots", "idiot", "morons", "moron", "incompetent", "stupid company", "fuck", "fucking", "fucked", "fuckers",
    "bullshit", "piece of shit", "shitty", "assholes", "asshole", "bastards", "go to hell", "screw you", "damn you",
    "worst company", "worst service", "worst support", "worst experience", "worst customer", "hate you", "hate your",
    "sick of you", "sick of this", "fed up", "sick and tired", "i've had enough", "have had enough", "last straw", "joke of a company",
    "absolute joke", "complete joke", "never again", "stealing my money", "stole my money", "stealing from me",
    "tell everyone", "tell everybody", "warn everyone", "warn others", "trustpilot", "one star review", "1 star review",
    "bad review", "negative review", "go public", "to the press", "on social media", "better business bureau",
    "shame on you", "how dare you", "betrug", "betrüger", "frechheit", "unverschämt", "unverschämtheit", "sauerei",
    "scheisse", "scheiße", "arnaque", "escroquerie", "escrocs", "honteux", "scandaleux", "estafa", "estafadores",
    "vergüenza", "indignante",
))  # fmt: skip
NEGATIVE = frozenset(
    "unacceptable ridiculous terrible horrible awful useless frustrated frustrating frustration annoyed annoying angry upset "
    "disappointed disappointing disappointment unhappy dissatisfied pathetic rubbish garbage trash crap sucks worst worse "
    "bad poor hate hated nightmare absurd appalling dreadful unprofessional rude hopeless broken fail failed failing "
    "failure complaint complain complaining wrong unfair sucky joke lousy unbelievable incredible disaster bloody damn "
    "goddamn ärgerlich enttäuscht unzufrieden schrecklich furchtbar inakzeptabel beschwerde déçu décevant inacceptable "
    "mécontent horrible nul plainte decepcionado inaceptable pésimo terrible molesto queja".split()
)
STRONG = frozenset(
    "unacceptable ridiculous terrible horrible awful appalling dreadful pathetic nightmare disaster "
    "unprofessional worst garbage useless absurd inakzeptabel inacceptable inaceptable pésimo".split()
)
POSITIVE = frozenset(
    "great love loved lovely thanks thank awesome excellent perfect wonderful amazing happy glad pleased fantastic brilliant "
    "helpful appreciate nice good danke super toll merci parfait gracias genial excelente".split()
)
NEGATORS = frozenset(
    "not no never isn't aren't wasn't don't doesn't didn't can't couldn't won't wouldn't without hardly "
    "nicht kein keine pas jamais sin nunca ain't nothing".split()
)
_SHOUT = re.compile(r"\b[A-Z]{3,}(?:'[A-Z]+)?\b")
_PLEAS = re.compile(r"!{2,}|\?!|!\?")


def sentiment(text: str) -> Sentiment:
    """The mood: very negative for insults, fury and threats to go public, or several strong words, or shouting."""
    found = words(text)
    good, bad, strong = _moods(found)
    shouts = len(_SHOUT.findall(text)) >= max(4, len(found) // 2)
    loud = shouts or bool(_PLEAS.search(text))
    if _said(FURIOUS, text) or strong >= 2 or (strong and loud) or (bad >= 2 and shouts):
        return Sentiment.VERY_NEGATIVE
    if bad > good or (loud and shouts and not good):
        return Sentiment.NEGATIVE
    return Sentiment.POSITIVE if good > bad and good > 1 else Sentiment.NEUTRAL


def _moods(found: list[str]) -> tuple[int, int, int]:
    """How many words are good, bad, and very bad; a negator up to three words before turns a word round."""
    good = bad = strong = 0
    for at, word in enumerate(found):
        turned = not NEGATORS.isdisjoint(found[max(0, at - 3) : at])
        good += word in POSITIVE and not turned
        bad += (word in NEGATIVE and not turned) or (word in POSITIVE and turned and word not in {"thanks", "thank"})
        strong += word in STRONG and not turned
    return good, bad, strong


def _said(listed: Phrases, text: str) -> bool:
    """A phrase stands there, and no negator shortly before it in its sentence ("it is not a scam, is it")."""
    for sentence in sentences(text):
        for phrase in listed.find_all(sentence):
            line = words(sentence)
            at = line.index(phrase.split()[0])
            if NEGATORS.isdisjoint(line[max(0, at - 3) : at]) or phrase in {"never again"}:
                return True
    return False


# --- Urgency ---------------------------------------------------------------------------------------------------------

CRITICAL = Phrases((
    "outage", "production is down", "production down", "prod is down", "site is down", "website is down", "server is down",
    "servers are down", "system is down", "service is down", "everything is down", "completely down", "totally down",
    "app is down", "api is down", "down for everyone", "down for all", "down for all our", "nobody can log in",
    "no one can log in", "none of our customers can", "none of our users can", "all our customers are affected",
    "data loss", "lost all our data", "lost all my data", "lost all data", "all our data is gone", "all my data is gone",
    "all our bookings are gone", "all my bookings are gone", "everything is gone", "everything was deleted",
    "all our data was deleted", "data is missing", "data was wiped", "database is gone", "wrong customer's data",
    "other customers data", "someone else's data", "data of other customers", "data of another customer", "security breach",
    "security incident", "data breach", "data leak", "got hacked", "been hacked", "was hacked", "were hacked", "is hacked",
    "account was compromised", "been compromised", "ransomware", "vulnerability", "unauthorized access",
    "unauthorised access", "losing money every", "business is at a standstill", "life threatening", "emergency",
    "ausgefallen", "datenverlust", "notfall", "panne générale", "perte de données", "caída total", "pérdida de datos",
))  # fmt: skip
HIGH = Phrases((
    "urgent", "urgently", "asap", "as soon as possible", "immediately", "right now", "right away", "straight away",
    "deadline", "by today", "by tomorrow", "by end of day", "by eod", "within the hour", "time sensitive", "critical",
    "blocked", "blocking us", "can't wait", "cannot wait", "need this today", "need it today", "today please", "hurry",
    "quickly as possible", "losing customers", "losing money", "high priority", "top priority", "dringend", "sofort",
    "so schnell wie möglich", "schnellstmöglich", "urgence", "immédiatement", "dès que possible", "urgente",
    "cuanto antes", "inmediatamente", "lo antes posible",
))  # fmt: skip
LOW = Phrases((
    "no rush", "no hurry", "not urgent", "isn't urgent", "whenever you have time", "whenever you can", "when you have time",
    "just curious", "just wondering", "out of curiosity", "at your convenience", "low priority", "nothing urgent",
    "keine eile", "nicht dringend", "pas urgent", "no es urgente",
))  # fmt: skip


def urgency(text: str, priority: Priority = Priority.NORMAL) -> Urgency:
    """How pressing: critical for outages, lost data and break-ins. The sender's priority alone never makes it that."""
    if _said(CRITICAL, text):
        return Urgency.CRITICAL
    if LOW.find(text):
        return Urgency.LOW
    if priority is Priority.URGENT or _said(HIGH, text):
        return Urgency.HIGH
    return Urgency.NORMAL


# --- Orders to the machine -------------------------------------------------------------------------------------------

_ORDERS = re.compile(
    r"\b(?:ignore|disregard|forget|override|bypass|skip|drop)\b[^.!?\n]{0,40}\b(?:previous|prior|above|earlier|preceding|all"
    r"|your|the|any|these|those|system|original)\b[^.!?\n]{0,30}\b(?:instructions?|prompts?|rules|guidelines|directives?"
    r"|orders|commands|polic(?:y|ies)|constraints|restrictions|safeguards|training|programming)\b"
    r"|\b(?:reveal|show|print|repeat|display|output|tell me|give me|send|leak|dump|disclose|share|summari[sz]e|what (?:is|are|was))"
    r"\b[^.!?\n]{0,30}\b(?:(?:your|the) (?:system |initial |original |hidden |secret |internal |full |exact )*(?:prompts?|instructions"
    r"|system message|directives)|system prompt|hidden rules|internal (?:notes?|documents?|playbooks?|instructions|rules|guidelines))\b"
    r"|\b(?:you are|you're|act as|pretend (?:to be|you are|you're)|behave as|roleplay as|simulate) (?:now |an? |in |going to be )"
    r"{0,3}(?:dan\b|developer mode|jailbr|unrestricted|evil|root|admin(?:istrator)? mode|(?:different|new|another) (?:ai|assistant|model"
    r"|bot)|(?:free|no longer) (?:of|from|bound)|my (?:personal )?(?:assistant|slave))"
    r"|\b(?:you are now|from now on,? you(?:'re| are| will| must| shall)|new (?:system )?instructions?\s?:|system\s?(?:override|note|message)"
    r"\s?:|begin (?:new|system) (?:prompt|instructions?)|end of (?:prompt|instructions|context))"
    r"|\b(?:jailbreak|prompt injection|do anything now|developer mode (?:on|enabled))\b"
    r"|\bas an? (?:ai|language model|llm|large language model|automated (?:assistant|system))\b[^.!?\n]{0,40}\b(?:you|must|should|will|shall)\b"
    r"|\b(?:dear|attention|hey|hello|note to(?: the)?|instructions? (?:to|for)(?: the)?|message (?:to|for)(?: the)?) (?:ai|llm|language"
    r" model|chatgpt|gpt|claude|assistant model|automated assistant)\b",
    re.IGNORECASE,
)
_MARKERS = re.compile(
    r"</?\s{0,3}(?:system|assistant|instructions?|im_start|im_end|user_message|tool_call|function_calls?|admin|prompt)\s{0,3}/?>"
    r"|<\|[a-z_]{2,20}\|>|\[/?(?:INST|SYSTEM|ASSISTANT)\]|^\s{0,8}(?:#{1,4}\s{0,3})?(?:system|assistant|developer)\s?(?:prompt|message)?\s?:"
    r"|\bBEGIN (?:SYSTEM|ADMIN) ?(?:PROMPT|MESSAGE|OVERRIDE)?\b",
    re.IGNORECASE | re.MULTILINE,
)
# An order about the reply itself: "integrate a link in your response". Customers write "your reply" in other ways.
_ABOUT_REPLY = re.compile(
    r"(?:^|[.!?:;,\n]\s{0,3})(?:please |then |and |also |now |you must |make sure to |be sure to )?(?:integrate|include|insert|add|append|embed"
    r"|incorporate|modify|enhance|provide|replace|remove|render|use|jumble|group|write|compose|format|begin|start|end|finish|reply"
    r"|respond|answer|encourage|promote|suggest|mention|craft|rewrite|translate|substitute|scramble|encode|misspell|make|mix|shuffle"
    r"|rearrange|introduce|place|convert|turn|swap|change|distort|blend|break|sprinkle|weave|conclude|present|spell|compress|augment|anagram|combine)\b(?:[^.!?\n]|[.!?](?=[\w\"'/])){0,120}"
    r"\b(?:(?:in|of|to|into|within|throughout|from|with|for|at the end of) )?(?:your|the) (?:next |own |entire |whole )?(?:repl(?:y|ies)|response"
    r"|responses|answers?|output|message to the (?:user|customer)|message|replying|answering)\b"
    r"|\b(?:in|within|during|to|throughout|into) your (?:reply|response|answer|output|message)\b,?[^.!?\n]{0,60}\b(?:suggest|include|mention|integrate"
    r"|insert|add|recommend|promote|encourage|persuade|advise|urge|use|subtly|provide|ask|tell|offer|direct|lead|link|highlight|convince)\b"
    r"|\b(?:forward|send|email|mail|post|upload|transfer|copy|bcc)\b[^.!?\n]{0,60}\b(?:conversation|customer (?:data|list|records|details)|"
    r"(?:all|every) (?:data|tickets?|customers?|emails?|messages?|users?|passwords?|(?:api )?keys)|database|credentials|passwords|secrets?"
    r"|(?:api )?keys of|internal \w{2,20})\b[^.!?\n]{0,40}\bto\b",
    re.IGNORECASE,
)


def orders_machine(text: str) -> bool:
    """True if the text tries to command the machine that reads it: new rules, its prompt, fake roles, its reply."""
    return bool(_ORDERS.search(text) or _MARKERS.search(text) or _ABOUT_REPLY.search(text))
