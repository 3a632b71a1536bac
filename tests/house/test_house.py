"""The house keeps its rules: rooms, lock file, settings."""

import re
from pathlib import Path

import pytest
from importlinter.cli import lint_imports

from desk.errors import BadSetting
from desk.platform.settings import Settings, environment_variable, read_settings

ROOT = Path(__file__).parents[2]


def test_every_import_points_down(capsys: pytest.CaptureFixture[str]) -> None:
    outcome = lint_imports(str(ROOT / ".importlinter"), no_cache=True)
    assert outcome == 0, capsys.readouterr().out


def test_every_module_of_the_work_stands_in_the_knowledge_contract() -> None:
    contract = (ROOT / ".importlinter").read_text().split("knowledge-from-tasks")[1].split("forbidden_modules")[0]
    rooms = (path for path in (ROOT / "workers").iterdir() if path.suffix == ".py" or (path / "__init__.py").exists())
    modules = {path.stem for path in rooms}
    assert modules - {"__init__", "tasks"} == set(re.findall(r"workers\.(\w+)", contract))


def test_the_lock_file_names_no_index_and_hashes_every_package() -> None:
    lock = (ROOT / "requirements.lock").read_text()
    options = set(re.findall(r"(?<![\w-])--[a-z-]+", lock))
    assert options == {"--hash"}
    assert "http:" not in lock
    assert "https:" not in lock
    assert "file:" not in lock
    packages = [part for part in re.split(r"\n(?=\S)", lock.strip()) if not part.startswith("#")]
    assert all("--hash=sha256:" in package for package in packages)


def test_the_example_settings_are_complete_and_show_the_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    example = dict(re.findall(r"^#?([A-Z_]+)=(.*)$", (ROOT / ".env.example").read_text(), re.MULTILINE))
    assert set(example) == {environment_variable(field) for field in Settings.model_fields}
    for field, info in Settings.model_fields.items():
        if info.default is not None and field != "policy":
            assert str(info.default).lower() == example[environment_variable(field)].lower(), field


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("FIRSTLINE_PORT", "many"),
        ("DATABASE_URL", "mysql://x"),
        ("REDIS_URL", "nonsense"),
        ("FIRSTLINE_LOG_LEVEL", "loud"),
    ],
)
def test_an_odd_setting_stops_the_start_and_is_named(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(BadSetting, match=name):
        read_settings()


def test_a_mistyped_setting_stops_the_start_and_the_nearest_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FIRSTLINE_POLCY", "my.yaml")
    with pytest.raises(BadSetting, match=r"FIRSTLINE_POLCY: there is no such setting; is FIRSTLINE_POLICY meant\?"):
        read_settings()
    monkeypatch.delenv("FIRSTLINE_POLCY")
    (tmp_path / ".env").write_text("FIRSTLINE_SWEEPS=1\n", encoding="utf-8")
    with pytest.raises(BadSetting, match="FIRSTLINE_SWEEPS"):
        read_settings()
