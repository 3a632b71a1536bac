"""PDF and Word files are read in a process of their own, which has limits and no secrets."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from knowledge.parsing.files import sandbox
from knowledge.parsing.files.sandbox import read_file
from tests.knowledge.written_files import docx, pdf

READER = """
import os, sys
from knowledge.parsing.files.extract import Extract, UnreadableFile

def read(content):
    {act}
    return Extract(None, "fine")
"""
STARTER = """
import sys
sys.path[:0] = sys.argv[2:]
from knowledge.parsing.files import sandbox
sandbox.READERS = {".act": "acting"}
sandbox.main()
"""


@pytest.fixture
def act(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], str]:
    """Have a reader of our own do something in the other process; what came of it."""
    real = subprocess.run

    def started(argv: list[str], **options: Any) -> object:
        return real([sys.executable, "-B", "-c", STARTER, argv[-1], str(tmp_path)], **options)

    def run(act: str) -> str:
        (tmp_path / "acting.py").write_text(READER.format(act=act))
        monkeypatch.setattr(subprocess, "run", started)
        return read_file(b"content", ".act").html

    return run


def test_both_kinds_are_read() -> None:
    assert "14 florins" in read_file(pdf("A berth costs 14 florins."), ".pdf").html
    assert "14 florins" in read_file(docx("A berth costs 14 florins."), ".docx").html


def test_a_reader_of_our_own_stands_in_for_them(act: Callable[[str], str]) -> None:
    assert act("pass") == "fine"


@pytest.mark.parametrize(
    ("does", "why"),
    [
        ("raise UnreadableFile('is odd')", "is odd"),
        ("raise ValueError('negative seek value -3')", "^is damaged$"),
        ("raise KeyError('x')", "^is damaged$"),
        ("os.abort()", "is damaged: reading it broke off"),
        ("os._exit(3)", "is damaged: reading it broke off"),
        ("f = lambda: f(); f()", "is damaged"),
        ("x = [bytearray(100_000_000) for _ in range(100)]", "needs more than 1,500,000,000 bytes of memory to read"),
        ("open('written', 'w').write('x' * 10_000)", "is damaged"),
    ],
    ids=["refused", "theirs", "fault", "abort", "exit", "recursion", "memory", "writes"],
)
def test_whatever_a_parser_does_is_a_reason_and_no_crash(
    act: Callable[[str], str], does: str, why: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match=why):
        act(does)


def test_a_file_that_takes_too_long_is_given_up(act: Callable[[str], str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox, "SECONDS", 0.5)
    with pytest.raises(ValueError, match=r"takes more than 0\.5 s to read"):
        act("import time; time.sleep(60)")


def test_nothing_of_our_environment_is_seen_there(act: Callable[[str], str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FIRSTLINE_KEYS", "a secret")
    with pytest.raises(ValueError, match="PATH") as error:
        act("import json; raise UnreadableFile(json.dumps(dict(os.environ)))")
    assert set(json.loads(str(error.value))) <= {*sandbox._KEPT_VARIABLES, "PYTHONPATH", "PYTHONWARNINGS", "LC_CTYPE"}
