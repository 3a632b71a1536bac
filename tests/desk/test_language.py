"""Language detection: long texts by the model, short ones by what is likely."""

import pytest

from desk.text.language import detect_language

SENTENCES = {
    "en": "How do I change the address on my invoices?",
    "de": "Wie kann ich die Adresse auf meiner Rechnung ändern?",
    "fr": "Comment puis-je changer l'adresse sur ma facture ?",
    "es": "¿Cómo puedo cambiar la dirección de mi factura?",
    "it": "Come posso cambiare l'indirizzo sulla fattura?",
    "nl": "Hoe kan ik het adres op mijn factuur wijzigen?",
    "pl": "Jak mogę zmienić adres na fakturze?",
    "ru": "Как изменить адрес в счёте?",
    "ar": "كيف يمكنني تغيير العنوان على الفاتورة؟",
    "ja": "請求書の住所を変更するにはどうすればいいですか？",
    "zh": "我怎样更改发票上的地址？",
}


@pytest.mark.parametrize(("language", "text"), SENTENCES.items())
def test_a_sentence_is_known_by_its_language(language: str, text: str) -> None:
    assert detect_language(text) == language


@pytest.mark.parametrize("text", ["reset password", "API key?", "help!!", "csv import broken", "refund pls", "hi"])
def test_a_few_words_are_taken_for_the_likely_language(text: str) -> None:
    assert detect_language(text, ("en",)) == "en"


@pytest.mark.parametrize("text", ["Login geht nicht", "passwort zurücksetzen", "Rückerstattung?"])
def test_a_few_german_words_are_not_taken_for_english(text: str) -> None:
    assert detect_language(text, ("en",)) == "de"


def test_the_first_likely_language_is_taken_where_there_are_no_words() -> None:
    assert detect_language("12345 !!!", ("de", "en")) == "de"
    assert detect_language("", ()) == "und"
