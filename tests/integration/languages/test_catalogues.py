"""The catalogues are whole: every sentence of the pages has its translation, in each language, with the same places."""

import re
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import PoFileError, read_po

from integration.web.languages.language import FOLDER, is_for_sidebar, offered_languages, read_language
from integration.web.languages.update import extract_messages, update_catalogue

PLACES = re.compile(r"%\((\w+)\)s")
TAGS = re.compile(r"<[^>]+>|\"")
FILES = sorted(FOLDER.glob("*.po"))
ROOT = Path(__file__).parents[3]


def read(path: Path) -> Catalog:
    with path.open("rb") as file:
        return read_po(file, locale=path.stem, abort_invalid=True)


def entries(catalogue: Catalog) -> dict[str | tuple[str, ...], Message]:
    return {message.id if isinstance(message.id, str) else tuple(message.id): message for message in catalogue}


def forms(message: Message) -> tuple[str, ...]:
    return (message.string,) if isinstance(message.string, str) else tuple(message.string or ())


def ids(message: Message) -> tuple[str, ...]:
    return (message.id,) if isinstance(message.id, str) else tuple(message.id)


def test_the_console_speaks_english_german_and_french_and_the_sidebar_zendesks_six() -> None:
    assert {each.tag for each in offered_languages()} >= {"en", "de", "fr"}
    app = {path.stem for path in (ROOT / "translations").glob("*.json")}
    assert {each.tag for each in offered_languages(in_sidebar=True)} >= app >= {"en", "de", "es", "fr", "ja", "pt-BR"}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_sentence_is_translated_and_nothing_is_left_over(path: Path) -> None:
    catalogue = read(path)
    known, wanted = entries(catalogue), entries(extract_messages(for_sidebar=is_for_sidebar(path)))
    assert set(wanted) - set(known) == set(), "run `make messages` and translate what is new"
    assert set(known) - set(wanted) == set(), "run `make messages`"
    assert catalogue.obsolete == {}
    assert [each.id for each in catalogue if each.id and (each.fuzzy or not all(forms(each)))] == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_translation_has_the_places_and_the_markup_of_its_sentence(path: Path) -> None:
    for message in read(path):
        if not message.id:
            continue
        assert list(message.check()) == [], message.id
        places = {place for each in ids(message) for place in PLACES.findall(each)}
        tags = sorted(TAGS.findall(ids(message)[-1]))
        for form in forms(message):
            assert set(PLACES.findall(form)) - {"count"} == places - {"count"}, message.id
            assert sorted(TAGS.findall(form)) == tags, message.id
            assert form == form.strip(), message.id


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_each_catalogue_names_where_its_sentences_stand(path: Path, tmp_path: Path) -> None:
    """The sidebar's scripts are given their words by it."""
    copy = tmp_path / path.name
    copy.write_bytes(path.read_bytes())
    update_catalogue(copy)
    assert copy.read_text(encoding="utf-8") == path.read_text(encoding="utf-8"), "run `make messages`"
    assert len(read_language(path).script_words) > 50


def test_a_catalogue_that_is_none_is_a_clear_error(tmp_path: Path) -> None:
    broken = tmp_path / "de.po"
    broken.write_text('msgid "Send"\nmsgstr "Senden"\n<<<<<<< ours\n', encoding="utf-8")
    with pytest.raises(PoFileError, match="on 2"):
        read_language(broken)


def test_a_sentence_that_is_new_waits_for_its_translation(tmp_path: Path) -> None:
    path = tmp_path / "de.po"
    text = (FOLDER / "de.po").read_text(encoding="utf-8")
    path.write_text(text.replace('msgid "claimed the ticket"', 'msgid "gone by now"'), encoding="utf-8")
    update_catalogue(path)
    assert entries(read(path))["claimed the ticket"].string == ""
    assert "gone by now" not in path.read_text(encoding="utf-8")
