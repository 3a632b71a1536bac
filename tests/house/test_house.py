"""The house keeps its rules: rooms, lock file, settings."""

import ast
import inspect
import re
import sys
from pathlib import Path

import pytest
from importlinter.cli import lint_imports

from desk.errors import BadSetting
from desk.platform.settings import Settings, environment_variable, read_settings
from desk.reasons import REASONS, STOPS, Limit, Reason, Stop
from docs.architecture import PICTURE, picture
from docs.reasons import PAGE, reasons_page
from workers.pipeline import rules

ROOT = Path(__file__).parents[2]
SIDEBAR = "integration/zendesk/sidebar"
PROJECT = (ROOT / "pyproject.toml").read_text(encoding="utf-8")


def test_every_import_points_down(capsys: pytest.CaptureFixture[str]) -> None:
    outcome = lint_imports(str(ROOT / ".importlinter"), no_cache=True)
    assert outcome == 0, capsys.readouterr().out


def test_every_room_of_the_work_stands_in_the_knowledge_contract() -> None:
    contract = (ROOT / ".importlinter").read_text().split("knowledge-from-tasks")[1].split("forbidden_modules")[0]
    rooms = (path for path in (ROOT / "workers").iterdir() if path.suffix == ".py" or (path / "__init__.py").exists())
    assert {path.stem for path in rooms} - {"__init__", "tasks"} == set(re.findall(r"workers\.(\w+)", contract))


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-dev.lock"])
def test_the_lock_file_names_no_index_and_hashes_every_package(name: str) -> None:
    lock = (ROOT / name).read_text()
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


def test_the_page_of_reasons_is_what_the_code_says() -> None:
    assert PAGE.read_text(encoding="utf-8") == reasons_page(), "run `python -m docs.reasons`"


def test_every_rule_gives_its_reason_within_the_limits_that_the_table_says() -> None:
    given: dict[str, set[Limit]] = {}
    for limit, name in re.findall(r"_(person|draft)\(Reason\.(\w+)", inspect.getsource(rules)):
        given.setdefault(Reason[name].value, set()).add(Limit(limit))
    assert given == {reason.value: set(about.limits) for reason, about in REASONS.items()}
    assert set(STOPS) == set(Stop)


def rows(page: str) -> list[list[str]]:
    lines = [line for line in (ROOT / page).read_text(encoding="utf-8").splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if "`" in line]


def test_the_glossary_names_files_that_have_the_words() -> None:
    for word, _, file in rows("docs/glossary.md"):
        text = (ROOT / file.strip("`")).read_text(encoding="utf-8").lower()
        spelled = {word.lower(), word.lower().replace("-", ""), word.lower().replace("-", "_").replace(" ", "_")}
        assert any(each in text for each in (*spelled, word.lower().replace(" ", ""), word.lower().split()[0])), word
    words = [row[0] for row in rows("docs/glossary.md")]
    assert len(set(words)) == len(words) > 50


@pytest.mark.parametrize(
    "page", ["CONTRIBUTING.md", "docs/decisions/layout.md", "README.md", "docs/operating.md", "docs/architecture.md"]
)
def test_every_file_that_a_page_names_is_there(page: str) -> None:
    rooms = "app|integration|workers|knowledge|desk|tests|docs|migrations|bench"
    named = re.findall(rf"`((?:{rooms})/[\w/.]*)`", (ROOT / page).read_text(encoding="utf-8"))
    assert [name for name in named if not (ROOT / name).exists()] == []
    assert named


def test_no_two_public_classes_of_the_product_have_one_name() -> None:
    named: dict[str, list[str]] = {}
    for file in product_files():
        for node in ast.parse(file.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                named.setdefault(node.name, []).append(str(file.relative_to(ROOT)))
    assert {name: files for name, files in named.items() if len(files) > 1} == {}


def test_every_room_says_what_belongs_there_and_holds_about_a_dozen_files() -> None:
    for folder in {file.parent for file in product_files()} - {ROOT / "migrations" / "versions"}:
        text = (folder / "__init__.py").read_text(encoding="utf-8")
        assert ast.get_docstring(ast.parse(text)), folder
        assert len(list(folder.glob("*.py"))) <= 14, folder


def test_what_is_imported_is_declared() -> None:
    declared = set(re.findall(r'^    "([\w.-]+)', PROJECT.split("dependencies = [")[1].split("]\n\n")[0], re.MULTILINE))
    called = {"beautifulsoup4": "bs4", "markdown-it-py": "markdown_it", "pdfminer.six": "pdfminer", "pyyaml": "yaml"}
    called |= {"python-dotenv": "dotenv", "pydantic": "pydantic_core", "pyjwt": "jwt"}
    known = {called.get(name, name).replace("-", "_") for name in declared} | {"pydantic"}
    imported = set()
    for file in product_files():
        if file.name == "export_minilm.py":  # by hand, with tools of its own
            continue
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                imported |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                imported.add(node.module.split(".")[0])
    ours = {"app", "integration", "workers", "knowledge", "desk", "migrations", "_typeshed"}
    assert imported - known - ours - set(sys.stdlib_module_names) == set()


def product_files() -> list[Path]:
    rooms = ("app", "integration", "workers", "knowledge", "desk", "migrations")
    return [file for room in rooms for file in (ROOT / room).rglob("*.py")]


def test_the_picture_of_the_house_is_drawn_from_its_imports() -> None:
    assert PICTURE.read_text(encoding="utf-8") == picture(), "run `python -m docs.architecture`"


@pytest.mark.parametrize("face", ["app/cli", "integration/console", "integration/api", "integration/form", SIDEBAR])
def test_a_face_parses_calls_and_lays_out_and_reads_no_rows(face: str) -> None:
    files = [file for file in product_files() if file.is_relative_to(ROOT / face)]
    assert files
    assert [str(file) for file in files if "sqlalchemy" in file.read_text(encoding="utf-8")] == []
