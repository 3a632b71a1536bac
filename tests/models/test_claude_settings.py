"""Claude from the settings: there with a key, absent without."""

import pytest

from app.bootstrap import MODELS
from desk.errors import BadSetting
from desk.platform.settings import read_settings
from tests.fakes import FakeEmbedder, settings_of
from workers.models.claude.model import ClaudeModel
from workers.models.claude.provider import open_claude as claude


def test_without_a_key_there_is_no_claude(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ANTHROPIC_API_KEY", raising=False)
    assert claude(settings_of(), FakeEmbedder()) is None


def test_with_a_key_it_stands_first_on_the_ladder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-x")
    monkeypatch.setenv("FIRSTLINE_DRAFT_MODEL", "claude-other")
    built = [each.open(read_settings(), FakeEmbedder()) for each in MODELS]
    assert [model.name for model in built if model] == ["claude", "extractive"]
    (first, _) = built
    assert isinstance(first, ClaudeModel)
    assert first._large.name == "claude-other"
    first.close()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("FIRSTLINE_DRAFT_PRICES", "3 15"),
        ("FIRSTLINE_CLASSIFY_PRICES", "cheap"),
        ("ANTHROPIC_BASE_URL", "api.anthropic.com"),
        ("FIRSTLINE_DRAFT_SECONDS", "600"),
    ],
)
def test_an_odd_setting_is_named(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(BadSetting, match=name):
        read_settings()
