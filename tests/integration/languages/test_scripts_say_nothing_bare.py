"""No script says anything in English for good: its sentences are given to `t`, whose words the page brings along."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3] / "integration"
STRING = re.compile(r'"((?:[^"\\\n]|\\.)*)"|`((?:[^`\\]|\\.)*)`')
NO_WORDS = {"Authorization", "Accept-Language", "Content-Type", "Bearer ${secret}", "AbortError", "Firstline", "Enter"}
NO_WORDS |= {"Escape", "icon thumb down"}
"""Names of headers, keys, errors and classes."""


def scripts() -> list[Path]:
    return sorted(ROOT.rglob("static/*.js"))


@pytest.mark.parametrize("path", scripts(), ids=lambda path: path.name)
def test_every_sentence_of_a_script_is_translated(path: Path) -> None:
    assert set(bare(path.read_text(encoding="utf-8"))) - NO_WORDS == set()


def test_what_is_bare_is_found() -> None:
    assert list(bare('warn("Something is wrong"); // "Not this"\nel("p", {}, t("Fine"), `Earlier: ${count}`)')) == [
        "Something is wrong",
        "Earlier: ${count}",
    ]


def bare(script: str) -> Iterator[str]:
    code = re.sub(r"(?m)(^|\s)//.*$", "", script)
    for found in STRING.finditer(code):
        text = found[1] or found[2] or ""
        before = code[: found.start()]
        if re.search(r"^[A-Z][a-z]|[a-z] [a-z]+ [a-z]", text) and not re.search(r"\bt\($|class: ?$", before):
            yield text
