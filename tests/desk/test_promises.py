"""No time is promised in any of the languages, and office hours are no promise."""

import pytest

from desk.policy.time_promises import TIME_PROMISE

PROMISES = {
    "en": "within 24 hours|in 2 business days|in a few hours|within the next hour|in less than 24 hours|tomorrow"
    "|within 1-2 working days|within one or two days|by the end of the day|within 24h",
    "de": "innerhalb von 24 Stunden|innerhalb eines Werktages|binnen 2 Tagen|in den nächsten 24 Stunden|noch heute"
    "|in spätestens einer Stunde|in ein bis zwei Werktagen|umgehend|in wenigen Minuten|in 24-48 Stunden|bis morgen",
    "fr": "sous 24 heures|dans les 24 heures|dans un délai de 2 jours ouvrés|d'ici 48 h|en moins d'une heure|sous 24h"
    "|demain|dans l’heure|dans les prochaines 24 heures|dans quelques heures",
    "es": "en 24 horas|dentro de 24 horas|en un plazo de 2 días hábiles|en las próximas 48 horas|en menos de una hora"
    "|mañana|en un plazo máximo de 24 horas|en 1 o 2 días",
    "it": "entro 24 ore|in 24 ore|entro un'ora|entro due giorni lavorativi|entro le prossime 24 ore|in giornata"
    "|tra pochi minuti|nel giro di qualche ora",
    "pt": "em 24 horas|dentro de 24 horas|em até 2 dias úteis|no prazo de 48 horas|nas próximas 24 horas|amanhã"
    "|até 24 horas|em menos de uma hora",
    "nl": "binnen 24 uur|in 24 uur|binnen een werkdag|binnen 1 à 2 werkdagen|vandaag nog|uiterlijk binnen twee dagen"
    "|binnen de komende 24 uur|tot morgen",
    "pl": "w ciągu 24 godzin|w 24 godziny|w ciągu dwóch dni roboczych|do 24 godzin|w ciągu godziny|jutro"
    "|w ciągu najbliższych 48 godzin|za godzinę|w ciągu 1-2 dni",
    "sv": "inom 24 timmar|inom en arbetsdag|på 24 timmar|inom ett dygn|i morgon|inom 1–2 arbetsdagar|idag"
    "|inom de närmaste 24 timmarna",
    "tr": "24 saat içinde|bir iş günü içinde|iki gün içerisinde|en geç 24 saat|yarın|1-2 iş günü içinde|hemen"
    "|birkaç saat içinde",
    "ja": "24時間以内に|２４時間以内|1営業日以内|1〜2営業日以内|数時間以内|翌営業日|本日中|2日後に",
    "zh": "24小时内|一个工作日内|24小時之內|2天内|1-2个工作日内|明天|几小时内|三天以内|24小时以内",
}

HOURS = {
    "en": "Our hours: Monday – Friday 09:00-17:00 (UTC).|We are open 24 hours a day, 7 days a week."
    "|Our team works from 9 to 17 hours in our Dublin office.|A person will answer during business hours.",
    "de": "Wir sind Montag bis Freitag von 9 bis 17 Uhr für Sie da.|Guten Morgen!|24 Stunden am Tag"
    "|montags am Morgen von 8 bis 12 Uhr|In der Regel sind wir wochentags da.",
    "fr": "Nos horaires : du lundi au vendredi de 9 h à 17 h.|Nous sommes ouverts de 9 heures à 17 heures."
    "|dans nos horaires d'ouverture, 9 h - 17 h|24 heures sur 24",
    "es": "de lunes a viernes, de 9 a 17 horas|dentro de nuestro horario de 9 a 17 horas|lunes por la mañana"
    "|las 24 horas del día|en horario de oficina, 9:00 a 17:00 h",
    "it": "dal lunedì al venerdì, dalle ore 9 alle 17|tra le 9 e le 17|24 ore su 24",
    "pt": "segunda a sexta, das 9h às 17h|das 9 às 17 horas|dentro do nosso horário, das 9 até 17 horas"
    "|24 horas por dia",
    "nl": "maandag tot en met vrijdag van 9 tot 17 uur|'s morgens van 9 tot 12 uur|in de morgen|24 uur per dag",
    "pl": "od poniedziałku do piątku w godzinach 9-17|od godziny 9 do 17|w godz. 9:00–17:00|24 godziny na dobę"
    "|w dni robocze od 9 do 17",
    "sv": "vardagar kl. 9–17|dygnet runt|på vardagar mellan 9 och 17",
    "tr": "hafta içi saat 09:00 ile 17:00 arasında|09:00-17:00 saatleri içinde|günde 24 saat",
    "ja": "平日9時から17時まで|平日の午前9時〜午後5時に対応します|24時間対応|営業時間内にお返事します",
    "zh": "周一至周五 9点至17点|24小时服务|工作日 9:00-17:00|服務時間：週一至週五|我们会在工作时间内回复",
}


def spread(texts: dict[str, str]) -> list[tuple[str, str]]:
    return [(language, text) for language, listed in texts.items() for text in listed.split("|")]


@pytest.mark.parametrize(("language", "text"), spread(PROMISES))
def test_a_promised_time_is_found(language: str, text: str) -> None:
    assert TIME_PROMISE.search(text), language


@pytest.mark.parametrize(("language", "text"), spread(HOURS))
def test_office_hours_are_no_promise(language: str, text: str) -> None:
    assert not TIME_PROMISE.search(text), language
