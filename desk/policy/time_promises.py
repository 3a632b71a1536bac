"""Promises of a time, in the languages that customers are answered in. A hand-over message may not make one, because
nothing enforces it; `{hours}` says the business hours instead, which are none."""

import re

_TOMORROW = "(?<!guten )(?<!am )(?<!goede )(?<!de )morgen"
"""In German and Dutch, where the same word is the morning."""

# Each: what stands before the span, what may stand between, how much in words, what may join two amounts, the units,
# and words that promise a time by themselves. Clock times ("de 9 a 17 horas", "9 bis 17 Uhr") are no spans: nothing
# that stands before a span stands before them.
_SPAN_WORDS = {
    "en": (
        "within|in|after|under|(?:less|no (?:more|later)|not later) than",
        "the|a|next|about|around|under|less|more|no|than|at|most|just|space|of",
        "an?|one|two|three|few|couple|several|half",
        "to|or|and",
        r"(?:(?:business|working|full)[\s-]+)?(?:minutes?|mins?|hours?|hrs?|h|days?|weeks?)",
        "immediately|right away|today|tonight|tomorrow|instantly|straight away|asap|same[ -]day"
        "|within the (?:next )?hour|(?:next|following) (?:business|working) day"
        "|(?:by|before) (?:the )?end of (?:the |this )?(?:day|week)",
    ),
    "de": (
        "innerhalb|binnen|in|nach|unter|spätestens",
        "von|der|den|die|des|nächsten|kommenden|ca\\.?|circa|etwa|rund|weniger|als|höchstens|maximal|längstens"
        "|spätestens|nach|ein paar",
        "eine[rsmn]?|ein|zwei|drei|wenige[nr]?|einige[nr]?|vierundzwanzig",
        "bis|oder|und",
        r"(?:werk|arbeits)?tag(?:en?|e?s)?|minuten?|stunden?|std\.?|h|wochen?|(?:ganze[nr]? )?tage[n]?",
        f"sofort|umgehend|unverzüglich|heute|{_TOMORROW}|am (?:selben|gleichen|nächsten) (?:werk|arbeits)?tag",
    ),
    "fr": (
        "sous|dans|d['’]ici|en|après",
        "les?|la|l|un|une|délai|de|d|prochaines?|prochains?|environ|moins|maximum|au|plus",
        "une?|deux|trois|quelques|vingt-quatre|quarante-huit",
        "à|ou|et",
        "minutes?|heures?|h|jours?|semaines?",
        "aujourd['’]hui|demain|immédiatement|tout de suite|sur-le-champ|le jour même|dans (?:l['’]heure|la journée)",
    ),
    "es": (
        "en|dentro de|antes de|tras|plazo de|plazo máximo de",
        "las|los|próximas|próximos|un|el|plazo|máximo|menos|de|unos|unas|aproximadamente|como|mucho",
        "una?|dos|tres|poc[ao]s|algun[ao]s|veinticuatro",
        "a|o|y",
        "minutos?|horas?|h|d[ií]as?|semanas?",
        "hoy|(?<!la )mañana|inmediatamente|de inmediato|enseguida|el mismo día",
    ),
    "it": (
        "entro|in|tra|fra|nel giro di|nell['’]arco di",
        "le|i|prossime|prossimi|circa|meno|di|massimo|al|un massimo di",
        "una?|un['’]|due|tre|poch[ei]|qualche|ventiquattro",
        "a|o|e",
        "minut[oi]|or[ae]|h|giorn[oi]|settiman[ae]",
        "oggi|domani|subito|immediatamente|in giornata|lo stesso giorno",
    ),
    "pt": (
        "em|nas próximas|nos próximos|dentro de|prazo de|prazo máximo de|após|daqui a",
        "as|os|próximas|próximos|até|menos|de|cerca|um|o|prazo|máximo|no",
        "uma?|dois|duas|três|pouc[ao]s|algumas|alguns|vinte e quatro",
        "a|ou|e",
        "minutos?|horas?|h|dias?|semanas?",
        "hoje|amanhã|imediatamente|de imediato|no mesmo dia|até (?:24|48|72) ?(?:horas|h)|até \\d+ dias?",
    ),
    "nl": (
        "binnen|in|na|over|uiterlijk",
        "de|het|komende|volgende|ongeveer|circa|minder|dan|maximaal|uiterlijk|een paar|binnen",
        "een|één|twee|drie|enkele|paar",
        "tot|of|à",
        "minuten|minuut|uur|uren|u|(?:werk)?dag(?:en)?|week|weken",
        f"vandaag|{_TOMORROW}|onmiddellijk|meteen|dezelfde (?:werk)?dag|volgende werkdag",
    ),
    "pl": (
        "w ciągu|w przeciągu|w|za|najpóźniej",
        "najbliższych|następnych|około|ok\\.?|mniej|niż|najwyżej|maksymalnie|do|w|ciągu|najpóźniej",
        "jedn\\w+|dw\\w+|trzech|trzy|kilku|paru|pół",
        "do|lub|albo|i",
        "minut\\w*|godzin\\w*|godz\\.?|h|dni\\w*|dób|doby|tygodni\\w*",
        "dziś|dzisiaj|jutro|natychmiast|niezwłocznie|od razu|tego samego dnia"
        "|w (?:ciągu|przeciągu) (?:godziny|doby)|za (?:godzinę|chwilę)|do (?:24|48|72) ?(?:godzin|h)|do \\d+ dni",
    ),
    "sv": (
        "inom|på|om|efter|senast",
        "de|närmaste|kommande|cirka|ca|ungefär|högst|mindre|än|ett par|inom",
        "en|ett|två|tre|några|par",
        "till|eller|och",
        "minut(?:er)?|min|timm(?:e|ar(?:na)?)|tim|h|dygn|(?:arbets|var)?dag(?:ar)?|veck(?:a|or)",
        "i ?dag|i ?morgon|omedelbart|genast|omgående|samma dag|nästa arbetsdag",
    ),
}

_TRAILING_SPANS = (
    # Turkish: "24 saat içinde"; "09:00-17:00 saatleri içinde" are office hours.
    r"(?:\b\d+|\b(?:bir|iki|üç|birkaç|yarım))(?:\s*(?:-|–|ila|ile|veya)\s*\d+)?\s*(?:iş\s+)?"
    r"(?:dakika|saat|gün|günü|hafta)\s+(?:içinde|içerisinde|sonra)\b",
    r"\ben geç\s+(?:\d+|bir|iki)\s*(?:iş\s+)?(?:dakika|saat|gün|hafta)",
    r"\b(?:bugün|yarın|hemen|derhal|anında|aynı gün|en kısa sürede bugün)\b",
    # Japanese: 時間 is a span, 時 is the clock.
    r"(?:(?<!\d)\d+|[一二三四五数半]+)\s*(?:[~〜～\-–]\s*\d+\s*)?(?:分|時間|営業日|日|週間)\s*(?:以内|後に|のうち|中に|で(?:お?返))",
    r"翌営業日|当日中|本日中|今日中|明日|即日|すぐに|直ちに|ただちに",
    # Chinese, in both scripts.
    r"(?:(?<!\d)\d+|[一二两兩三几幾数數半]+)\s*(?:[~～至到\-–]\s*\d+\s*)?(?:个|個)?\s*(?:分钟|分鐘|小时|小時|工作日|天|日|周|週|星期)"
    r"\s*(?:之)?(?:以)?(?:内|內|后|後)",
    r"今天|明天|今日内|马上|馬上|立即|立刻|当天|當天|尽快今|次日",
)


def _span_pattern(before: str, between: str, amount: str, joined: str, unit: str, alone: str) -> str:
    number = rf"(?:\d+|{amount})"
    span = (
        rf"\b(?:{before})\s+(?:(?:{between})[\s'’]+){{0,6}}{number}(?:\s*(?:-|–|/|{joined})\s*{number})?"
        rf"(?:\s+(?:or|o|ou|oder|of) two)?[\s-]*(?:{unit})(?!\w)"
    )
    return rf"{span}|\b(?:{alone})(?!\w)"


TIME_PROMISE = re.compile(
    "|".join((*(_span_pattern(*words) for words in _SPAN_WORDS.values()), *_TRAILING_SPANS)), re.IGNORECASE
)
"""Any of the languages' promises: a text is not always in the language that it is said to be in."""
