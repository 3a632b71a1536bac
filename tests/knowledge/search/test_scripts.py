"""A word is found however it is written, by whatever keyboard."""

import time

import pytest

from desk.text.search_words import as_written, fold, words_and_inner
from knowledge.index.bm25 import MOST_TERMS, index_weights, query_terms


def matched(page: str, question: str, language: str) -> float:
    """The part of the question's words that the page has, in one way or another."""
    weights = index_weights(page, language)
    asked = query_terms(question, language)
    words = {term.word for term in asked if term.weight >= 1}
    found = {term.word for term in asked if term.dimension in weights}
    return len(words & found) / len(words)


SAME = [
    # wide and narrow
    ("en", "QX5073 means that the belt is off", "ＱＸ５０７３"),
    ("en", "Ｅｒｒｏｒ　ＱＸ５０７３", "qx5073"),
    ("ja", "パスワードを変更する", "ﾊﾟｽﾜｰﾄﾞ"),
    ("ja", "ﾌﾟﾘﾝﾀの設定", "プリンタ"),
    ("ko", "비밀번호를 재설정합니다", "비밀번호"),
    # capitals
    ("en", "How do I reset my password", "HOW DO I RESET MY PASSWORD"),
    ("tr", "ışıklı çıngırak iki yıl garantilidir", "IŞIKLI ÇINGIRAK"),
    ("tr", "İptal koşulları", "iptal kosullari"),
    ("tr", "SİPARİŞ TAKİBİ", "sipariş takibi"),
    ("tr", "kırık ısıtıcı", "KIRIK ISITICI"),
    ("de", "Die Straße und die Maße", "STRASSE MASSE"),
    ("el", "Επιστροφή χρημάτων", "ΕΠΙΣΤΡΟΦΗ ΧΡΗΜΑΤΩΝ"),
    ("ru", "Новый счёт", "НОВЫЙ СЧЕТ"),
    ("uk", "Об’єкт не знайдено", "об'єкт"),
    # accents, ligatures, letters of one language
    ("fr", "Café et crème brûlée", "cafe creme brulee"),
    ("fr", "Œuvre et cœur", "oeuvre coeur"),
    ("es", "¿Cómo añado una contraseña?", "contrasena"),
    ("pl", "Łączność i żądanie", "lacznosc zadanie"),
    ("vi", "Đổi mật khẩu", "doi mat khau"),
    ("cs", "Změna předplatného", "zmena predplatneho"),
    ("da", "Smørrebrød på æbletærte", "smorrebrod aebletaerte"),
    ("is", "Þjónusta", "thjonusta"),
    ("ro", "Şterge contul", "șterge contul"),
    ("en", "Conﬁgure the oﬃce", "configure office"),
    ("de", "Kündigung der Verträge", "Kuendigung Vertraege"),
    # vowel signs and points
    ("ar", "ضَمَانُ الغَلَّايَةِ سَنَتَانِ", "ضمان الغلاية"),
    ("ar", "إلغاء الاشتراك", "الغاء الاشتراك"),
    ("ar", "الـــدفع بالبطاقة", "الدفع"),
    ("ar", "خلال ٣٤ يوما", "34"),
    ("fa", "گذرواژه کاربری می\u200cشود", "گذرواژه كاربری میشود"),
    ("he", "שָׁלוֹם לַלָּקוֹחוֹת", "שלום ללקוחות"),
    ("he", "מע״מ כלול", 'מע"מ'),
    ("hi", "क़ीमत में बदलाव", "कीमत"),
    ("hi", "सदस्यता रद्द करें", "सदस्यता"),
    ("th", "ดาวน์โหลดใบกำกับภาษีได้จากหน้าการชำระเงิน", "ใบกำกับภาษี"),
    ("lo", "ປ່ຽນລະຫັດຜ່ານຂອງທ່ານ", "ລະຫັດຜ່ານ"),
    ("km", "ប្តូរពាក្យសម្ងាត់របស់អ្នក", "ពាក្យសម្ងាត់"),
    ("my", "စကားဝှက်ကို ပြောင်းရန်", "စကားဝှက်"),
    ("zh", "如何申请退款和发票", "退款"),
    ("zh", "增值税率", "税"),
    # apostrophes and hyphens
    ("fr", "L’abonnement d’essai", "l'abonnement d`essai"),
    ("en", "Don’t panic", "don't panic"),
    ("en", "Change your e‑mail address", "email address"),
    ("en", "The subscrip\u00adtion", "subscription"),
    # codes
    ("en", "The QX-5073 pump", "qx5073"),
    ("en", "The QX 5073 pump", "qx5073"),
    ("en", "The QX_5073 pump", "QX–5073"),
    ("en", "The QX 5073 pump", "qx‑5073"),
    ("en", "The QX5073 pump", "5073"),
]

OTHERWISE = [
    ("en", "Change your email address", "e-mail"),
    ("en", "The QX5073 pump", "QX-5073"),
    ("en", "The QX5073 pump", "QX 5073"),
]


@pytest.mark.parametrize(("language", "page", "question"), SAME)
def test_a_word_is_found_however_it_is_written(language: str, page: str, question: str) -> None:
    assert matched(page, question, language) == 1.0


@pytest.mark.parametrize(("language", "page", "question"), OTHERWISE)
def test_a_question_in_several_words_finds_the_one_that_they_are(language: str, page: str, question: str) -> None:
    weights = index_weights(page, language)
    assert any(term.dimension in weights and term.weight < 1 for term in query_terms(question, language))


COMPOUNDS = [
    ("de", "Die Akkulaufzeit beträgt sechs Stunden", "Laufzeit"),
    ("de", "Die Akkulaufzeit beträgt sechs Stunden", "Akku"),
    ("de", "Ihre Kundennummer steht oben", "Nummer Kunde"),
    ("de", "Versicherungsnummer", "Versicherung"),
    ("de", "Die Rechnungsadresse ändern", "Adresse Rechnung"),
    ("de", "Die Kündigungsfristen", "Frist Kuendigung"),
    ("nl", "Uw klantnummer en uw factuuradres", "nummer factuur"),
    ("sv", "Ändra leveransadressen", "leverans adress"),
    ("da", "Faktureringsoplysninger", "oplysninger"),
    ("no", "Passordtilbakestilling", "passord"),
    ("fi", "Käyttäjätunnuksen vaihtaminen", "käyttäjä"),
    ("hu", "Bankkártyaadatok módosítása", "bankkártya"),
]


@pytest.mark.parametrize(("language", "page", "question"), COMPOUNDS)
def test_a_compound_holds_the_words_it_is_made_of(language: str, page: str, question: str) -> None:
    assert matched(page, question, language) == 1.0


def test_a_question_s_compound_finds_its_parts() -> None:
    assert matched("Die Laufzeit des Akkus", "Akkulaufzeit", "de") == 1.0


OTHERS = [
    ("en", "It lasts 30¹ days", "301"),
    ("en", "Version 1.5", "15"),
    ("en", "From 10-20", "1020"),
    ("en", "An automatic car", "auto"),
    ("de", "Die Automatik", "Tik"),
    ("ja", "ハクサイ", "バグ"),
    ("hi", "कल", "काल"),
    ("th", "ใบกำกับภาษี", "รหัส"),
]


@pytest.mark.parametrize(("language", "page", "question"), OTHERS)
def test_another_word_is_not_found(language: str, page: str, question: str) -> None:
    assert matched(page, question, language) == 0


def test_what_is_inside_a_word_counts_less_than_the_word() -> None:
    whole, inside = (index_weights(text, "de") for text in ("Laufzeit", "Akkulaufzeit"))
    asked = {term.dimension: term.weight for term in query_terms("Laufzeit", "de")}
    scores = [sum(weights.get(place, 0) * weight for place, weight in asked.items()) for weights in (whole, inside)]
    assert 0 < scores[1] < scores[0]


def test_a_question_is_embedded_as_pages_write() -> None:
    assert as_written("ＱＸ５０７３　ﾊﾟｽ", "ja") == "QX5073 パス"
    assert as_written("30¹ m² ½ ﬁ Æ", "en") == "30¹ m² ½ ﬁ Æ"
    assert as_written("IŞIKLI İPTAL", "tr") == "ışıklı iptal"
    assert as_written("API İptal", "tr") == "API İptal"
    assert as_written("HOW DO I", "en") == "HOW DO I"


@pytest.mark.parametrize(
    "text",
    [
        "a-" * 200_000,
        "แ" * 400_000,
        "Donaudampfschifffahrt" * 20_000,
        "e\u0301" * 200_000,
        "ａ１" * 200_000,
        "'" * 400_000,
    ],
)
def test_endless_words_take_bounded_time(text: str) -> None:
    began = time.monotonic()
    assert len(index_weights(text, "de")) <= MOST_TERMS
    assert len(query_terms(text[:10_000], "de")) <= 300
    assert time.monotonic() - began < 20


@pytest.mark.parametrize("text", ["\ud800 \0", "🎃⛴️", "\u0301\u0301", "ـ", "…", "\U000e0041"])
def test_odd_characters_are_no_words(text: str) -> None:
    assert words_and_inner(text)[0] == [] or fold(text).strip()


def test_a_code_weighs_more_than_a_word() -> None:
    weights = [term.weight for term in query_terms("fault QX5073 4012 v2 3rd", "en") if term.weight >= 1]
    assert weights == [1.0, 2.0, 1.0, 1.0, 1.0]
