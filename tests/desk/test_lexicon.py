"""The lexicon's files say what the code reads, once, and nothing else."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from desk.text import lexicon
from tests.fakes import ROOT

FOLDER = Path(lexicon.__file__).parent
CODE = "\n".join(
    path.read_text(encoding="utf-8")
    for room in ("desk", "knowledge", "workers")
    for path in (ROOT / room).rglob("*.py")
)
ENGLISH = (FOLDER / "en.yaml").read_text(encoding="utf-8")


def meanings(language: str) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((FOLDER / f"{language}.yaml").read_text(encoding="utf-8"))
    return loaded


def entries(value: Any) -> list[Any]:
    if isinstance(value, str):
        return [entry.strip() for entry in re.split("[,\n]", value)]
    return list(value or ())


def test_each_file_is_a_language_that_is_read() -> None:
    assert sorted(path.stem for path in FOLDER.glob("*.yaml")) == sorted(lexicon.LANGUAGES)


def test_the_files_ship_with_the_product() -> None:
    setuptools = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]
    assert "*.yaml" in setuptools["package-data"]["*"]
    assert (FOLDER / "__init__.py").exists()


@pytest.mark.parametrize("language", lexicon.LANGUAGES)
def test_a_file_has_only_meanings_that_english_names(language: str) -> None:
    assert set(meanings(language)) <= set(meanings("en"))


@pytest.mark.parametrize("language", lexicon.LANGUAGES)
def test_nothing_stands_twice_in_a_meaning_and_nothing_is_empty(language: str) -> None:
    keys = re.findall(r"^(\w+):", (FOLDER / f"{language}.yaml").read_text(encoding="utf-8"), re.MULTILINE)
    assert len(set(keys)) == len(keys)
    for meaning, value in meanings(language).items():
        listed = entries(value)
        assert all(isinstance(entry, str) and entry for entry in listed), meaning
        assert len(set(listed)) == len(listed), meaning
        assert listed or language == "en", meaning


def test_every_meaning_has_words_and_a_comment_that_says_who_reads_it() -> None:
    for meaning in meanings("en"):
        assert lexicon.phrases(meaning), meaning
        comment = re.search(rf"((?:^# .*\n)+){meaning}:", ENGLISH, re.MULTILINE)
        readers = re.findall(r"`(\w+)`", comment.group(1)) if comment else []
        assert any(re.search(rf"^(?:def |class )?{reader}\b", CODE, re.MULTILINE) for reader in readers), meaning


def test_every_meaning_is_read_by_some_code_and_every_one_that_is_read_is_there() -> None:
    asked = r"(?:any_of|any_word|phrases|pairs|by_language|expanded|lexicon\.words|_either_case)\(\s*[\"'](\w+)[\"']"
    assert set(re.findall(asked, CODE)) <= set(meanings("en"))
    assert [meaning for meaning in meanings("en") if f'"{meaning}"' not in CODE and f"'{meaning}'" not in CODE] == []


def test_a_meaning_that_nobody_wrote_down_is_an_error() -> None:
    with pytest.raises(lexicon.UnknownMeaning):
        lexicon.phrases("no such meaning")


def test_a_template_is_expanded_over_its_alternatives() -> None:
    assert "mit jemandem vom support sprechen" in set(lexicon.expanded("human_request", "de"))
    assert "mit jemandem sprechen" in set(lexicon.expanded("human_request", "de"))
    assert "转人工" in set(lexicon.expanded("human_request", "zh"))
