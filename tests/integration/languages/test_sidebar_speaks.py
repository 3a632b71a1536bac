"""The page beside a Zendesk ticket speaks the language in which its agent uses Zendesk."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from integration.web.languages import language
from integration.web.languages.language import FOLDER, read_language
from tests.integration.conftest import cautious
from tests.integration.languages.pseudo import CODE, bare_words, write_pseudo
from tests.integration.zendesk_app.sidebar_house import Sidebar
from tests.integration.zendesk_house import Desk

__all__ = ["cautious"]

pytestmark = pytest.mark.loopback


@pytest.fixture
def sidebar(cautious: Desk) -> Sidebar:
    return Sidebar(cautious)


def words_of(page: str) -> dict[str, str]:
    found = re.search(r'<script type="application/json" id="words">(.*?)</script>', page)
    assert found is not None
    words: dict[str, str] = json.loads(found[1])
    return words


@pytest.mark.parametrize(
    ("locale", "tag", "send"),
    [
        ("de", "de", "Senden"),
        ("de-AT", "de", "Senden"),
        ("es-419", "es", "Enviar"),
        ("fr", "fr", "Envoyer"),
        ("pt-br", "pt-BR", "Enviar"),
        ("pt", "pt-BR", "Enviar"),
        ("ja", "ja", "送信"),
        ("en-US", "en", None),
        ("nl", "en", None),
        ("en-x-1", "en", None),
        (None, "en", None),
    ],
)
def test_the_agents_language_in_zendesk_is_spoken(
    sidebar: Sidebar, locale: str | None, tag: str, send: str | None
) -> None:
    page = sidebar.enter(sidebar.person(locale=locale)).text
    assert f'<html lang="{tag}" dir="ltr">' in page
    assert words_of(page).get("Send") == send


def test_what_the_page_asks_for_comes_in_its_language(sidebar: Sidebar) -> None:
    number = sidebar.drafted()
    bearer = sidebar.bearer(sidebar.person(locale="de"))
    headers = {"Authorization": f"Bearer {bearer}", "Accept-Language": "de"}
    view = sidebar.client.get(f"{sidebar.address}/tickets/{number}", headers=headers).get_json()
    assert view["run"]["decided"] == "Als interne Notiz hinterlegt"
    assert dict(view["run"]["receipt"])["Kategorie"].endswith("%")
    assert sidebar.get(number, bearer).get_json()["run"]["decided"] == "Left as an internal note"
    answer = sidebar.client.get(f"{sidebar.address}/tickets/{number}/events", headers=headers)
    first = next(answer.iter_encoded()).decode()
    assert json.loads(first.split("data: ")[1])["run"]["decided"] == "Als interne Notiz hinterlegt"
    answer.close()


def test_the_agents_language_wins_over_the_browsers_and_a_notice_has_the_browsers(sidebar: Sidebar) -> None:
    headers = {"Accept-Language": "fr"}
    token = {"token": sidebar.token(sidebar.person(locale="de"))}
    assert '<html lang="de"' in sidebar.client.post(sidebar.address, data=token, headers=headers).text
    assert "Votre identité n’est pas prouvée" in sidebar.client.get(sidebar.address, headers=headers).text
    assert (
        "Das Token ist abgelaufen"
        not in sidebar.client.post(sidebar.address, data={"token": "x"}, headers=headers).text
    )


def test_the_sidebars_notices_and_data_hold_no_bare_english_word(
    sidebar: Sidebar, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_pseudo(tmp_path)
    monkeypatch.setattr(language, "FOLDER", tmp_path)
    headers = {"Accept-Language": CODE}
    known = {"Firstline", "make", "zendesk", "app", "docs", "md"}
    for page in (
        sidebar.client.get(sidebar.address, headers=headers),
        sidebar.client.post(sidebar.address, data={"token": "x"}, headers=headers),
        sidebar.enter(sidebar.person(locale=CODE)),
    ):
        assert bare_words(page.text, known) == set()
    number = sidebar.drafted()
    bearer = sidebar.bearer(sidebar.person(locale=CODE))
    assert sidebar.press(number, bearer, "claim").status_code == 202
    headers |= {"Authorization": f"Bearer {bearer}"}
    view: dict[str, Any] = sidebar.client.get(f"{sidebar.address}/tickets/{number}", headers=headers).get_json()
    run, act = view["run"], view["acts"][0]
    said = [view["state"], view["progress"]["sentence"], run["decided"], run["happened"], run["confidence"]]
    said += [
        *(reason[0] for reason in run["reasons"]),
        *(name for name, _ in run["receipt"]),
        act["headline"],
        act["words"],
    ]
    assert [text for text in said if not text.startswith("⟦")] == []


def test_every_word_of_the_scripts_is_brought_along() -> None:
    scripts = Path(language.__file__).parents[2] / "zendesk" / "sidebar" / "static"
    sentences = {
        found for path in scripts.glob("*.js") for found in re.findall(r'\bt\("((?:[^"\\])*)"', path.read_text("utf-8"))
    }
    assert len(sentences) > 60
    for path in FOLDER.glob("*.po"):
        assert set(read_language(path).script_words) >= sentences, path.name


def test_what_is_refused_is_said_in_the_pages_language(sidebar: Sidebar) -> None:
    headers = {"Authorization": "Bearer nonsense", "Accept-Language": "de"}
    answer = sidebar.client.get(f"{sidebar.address}/tickets/1", headers=headers)
    assert answer.get_json()["detail"] == "Diese Sitzung ist beendet: Laden Sie die App neu"
