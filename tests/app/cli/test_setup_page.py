"""docs/setup.md shows what a new user sees, line by line."""

import re
import sys
from io import StringIO
from pathlib import Path

import pytest

from app.embedded.redis import EmbeddedRedis
from desk.platform.database import Database
from desk.platform.settings import Settings
from tests.app.conftest import Command
from tests.app.own_web import web
from tests.lookalikes.zendesk import EMAIL, TOKEN, Zendesk

pytestmark = [pytest.mark.loopback, pytest.mark.usefixtures("elsewhere")]

PAGE = (Path(__file__).parents[3] / "docs" / "setup.md").read_text(encoding="utf-8")


class Terminal(StringIO):
    """Somebody sits there."""

    def isatty(self) -> bool:
        return True


def shown(first_words: str) -> list[str]:
    """The lines of the page's block that begins so."""
    block = next(block for block in re.findall(r"```\n(.*?)```", PAGE, re.S) if block.startswith(first_words))
    return [line for line in block.splitlines() if line]


def test_connect_says_what_the_page_shows(
    firstline: Command,
    db: Database,
    zendesk: Zendesk,
    here: Settings,
    redis_server: EmbeddedRedis,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    zendesk.agent["name"] = "Ada Admin"
    monkeypatch.setattr(sys, "stdin", Terminal(f"{zendesk.url}\n{EMAIL}\n"))
    with web(here, redis_server, db) as where:
        monkeypatch.setenv("FIRSTLINE_PUBLIC_URL", where)
        said = firstline("connect", "zendesk", "--api-token", TOKEN)
    told = said.out.replace(where, "https://help.acme.example").replace(zendesk.url, "https://acme.zendesk.com")
    told = told.replace(EMAIL, "ada@acme.example").replace("\n         ", " ")
    told = told.replace(where.removeprefix("http://"), "help.acme.example")
    lines = shown("user ada")
    assert [line for line in told.splitlines() if line][-len(lines) :] == lines
    questions = [line.split(":")[0] for line in shown("Your Zendesk")]
    assert all(question in said.out + said.err for question in questions[:2])
    assert questions[2] == "API token"


@pytest.mark.parametrize(
    "command", sorted(set(re.findall(r"firstline ((?:connect|disconnect) \w+(?: --[\w-]+)?)", PAGE)))
)
def test_every_command_of_the_page_is_there(firstline: Command, command: str) -> None:
    *words, last = command.split()
    told = firstline(*([*words, last] if not last.startswith("--") else words), "--help")
    assert told.code == 0
    assert not last.startswith("--") or last in told.out
