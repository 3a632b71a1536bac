"""The `firstline` command, as people and scripts meet it. The database is real."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import click
import pytest
import yaml
from rich.console import Console
from sqlalchemy import text

from app import cli
from app.cli import COMMANDS, output
from app.database import make_database
from desk.platform.encryption import Sealer, new_key
from desk.platform.settings import Settings
from desk.ticket import Event, EventKind
from tests.app.conftest import Command, use
from workers.queue import inbox

ROOT = Path(__file__).parents[3]
NAMES = [(heading, name) for heading, group in COMMANDS.items() for name in group]
HEAVY = {"celery", "onnxruntime", "alembic", "bs4", "flask", "tokenizers", "redis", "kombu"}


@pytest.fixture
def anywhere(shared: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """An installation in which the test leaves nothing."""
    use(monkeypatch, shared)
    return shared


def park(settings: Settings) -> str:
    """Put an item into the inbox and park it; its id."""
    db = make_database(settings)
    with db.account("main") as tx:
        item = inbox.add_event(tx, "api", Event(EventKind.CUSTOMER_MESSAGE, "e-1", "t-1", "m-1"), "{}")
        assert item
        tx.execute(text("UPDATE inbox_items SET state = 'parked', error = 'the channel refused it'"))
    db.close()
    return item


# --- Help, usage, speed


@pytest.mark.parametrize(("heading", "name"), NAMES)
def test_every_command_of_the_table_is_there_and_says_the_same_of_itself(
    heading: str, name: str, firstline: Command
) -> None:
    said = firstline(name, "--help")
    assert said.code == 0
    assert said.out.startswith(f"Usage: firstline {name}")
    command = cli.firstline.get_command(click.Context(cli.firstline), name)
    assert command is not None
    assert command.help
    assert COMMANDS[heading][name][1].endswith(".")


def test_help_names_every_command_under_its_heading(firstline: Command) -> None:
    said = firstline("--help")
    assert said.code == 0
    for heading, group in COMMANDS.items():
        below = said.out.split(f"{heading}:\n")[1].split("\n\n")[0]
        assert [line.split()[0] for line in below.splitlines()] == list(group)


@pytest.mark.parametrize(
    ("code", "also"),
    [
        ("import app.cli", {"sqlalchemy", "pydantic", "rich"}),
        ("import app.cli.items, app.cli.run, app.cli.setup.people", {"numpy"}),
    ],
)
def test_light_commands_do_not_wait_for_what_only_others_need(code: str, also: set[str]) -> None:
    show = f"import sys; {code}; print(*{{name.split('.')[0] for name in sys.modules}})"
    done = subprocess.run([sys.executable, "-c", show], cwd=ROOT, capture_output=True, text=True, check=True)
    assert not set(done.stdout.split()) & (HEAVY | also)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "Commands"),
        (("doctr",), "Did you mean 'doctor'?"),
        (("index", "nowhere"), "does not exist"),
        (("restore", "nowhere"), "does not exist"),
        (("items", "--state", "lost"), "'lost' is not one of"),
        (("users", "add", "a@b.example", "--role", "king"), "'king' is not one of"),
        (("search",), "Missing argument 'QUERY'"),
    ],
)
def test_wrong_usage_is_exit_code_2_and_says_what_is_right(
    arguments: tuple[str, ...], words: str, firstline: Command
) -> None:
    said = firstline(*arguments)
    assert said.code == 2
    assert words.lower() in (said.err + said.out).lower() or not arguments


# --- Errors


@pytest.mark.parametrize(
    "arguments",
    [
        ("items",),
        ("feedback",),
        ("ask", "Where?"),
        ("index", "."),
        ("reindex",),
        ("forget", "folder:x"),
        ("sources", "list"),
        ("sources", "add", "folder", "."),
        ("sources", "sync"),
        ("sources", "remove", "x", "--yes"),
        ("search", "berth"),
        ("replay", "x"),
        ("pause",),
        ("users", "add", "a@b.example"),
        ("users", "list"),
        ("users", "role", "a@b.example", "agent"),
        ("users", "remove", "a@b.example"),
        ("tokens", "create", "x"),
        ("tokens", "list"),
        ("tokens", "revoke", "x"),
    ],
)
def test_an_unknown_account_is_named_with_the_way_to_make_it(
    arguments: tuple[str, ...], anywhere: Settings, firstline: Command
) -> None:
    for account in ("harbour", "Not A Name"):
        said = firstline(*arguments, "--account", account)
        assert said.code == 1
        assert said.err.startswith(f"firstline: no account '{account}'")
        assert "`firstline accounts add`" in said.err
        assert len(said.err.splitlines()) == 1


@pytest.mark.parametrize("arguments", [("items",), ("ask", "x"), ("search", "x"), ("accounts", "list"), ("reindex",)])
def test_a_database_without_tables_asks_for_migrate(
    arguments: tuple[str, ...],
    new_installation: Callable[[], Settings],
    monkeypatch: pytest.MonkeyPatch,
    firstline: Command,
) -> None:
    use(monkeypatch, new_installation())
    said = firstline(*arguments)
    assert (said.code, said.out) == (78, "")
    assert said.err == "firstline: the tables are missing or older than this version; `firstline migrate`\n"


def test_migrate_says_from_where_to_where_and_can_be_run_twice(
    new_installation: Callable[[], Settings], monkeypatch: pytest.MonkeyPatch, firstline: Command
) -> None:
    use(monkeypatch, new_installation())
    assert firstline("migrate").out.startswith("Migrated from nothing to ")
    assert firstline("migrate").out.startswith("Up to date at ")
    assert firstline("items").out == "No items.\n"


def test_a_database_that_is_away_is_worth_another_try(monkeypatch: pytest.MonkeyPatch, firstline: Command) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://firstline@/x?host=/nowhere")
    monkeypatch.setenv("FIRSTLINE_KEYS", new_key())
    said = firstline("items")
    assert (said.code, said.err) == (75, "firstline: the database did not answer\n")


def test_an_odd_setting_is_exit_code_78_and_named(monkeypatch: pytest.MonkeyPatch, firstline: Command) -> None:
    monkeypatch.setenv("FIRSTLINE_PORT", "many")
    said = firstline("items")
    assert said.code == 78
    assert said.err.startswith("firstline: FIRSTLINE_PORT: ")


@pytest.mark.parametrize("url", ["postgresql://u:sesame@gate:5/x@host/db", "postgresql://u:sesame@host:gate/db"])
def test_a_password_in_an_unreadable_url_is_not_told(
    url: str, monkeypatch: pytest.MonkeyPatch, firstline: Command
) -> None:
    monkeypatch.setenv("DATABASE_URL", url)
    monkeypatch.setenv("FIRSTLINE_KEYS", new_key())
    said = firstline("items")
    assert said.code == 78
    assert "DATABASE_URL cannot be read as a URL" in said.err
    assert "sesame" not in said.err
    assert "gate" not in said.err


def test_what_the_system_refuses_is_one_line(anywhere: Settings, firstline: Command) -> None:
    said = firstline("backup", "/proc/nothing-can-be-written-here")
    assert said.code == 1
    assert len(said.err.splitlines()) == 1
    assert "Traceback" not in said.err


def test_ctrl_c_says_stopped(monkeypatch: pytest.MonkeyPatch, firstline: Command) -> None:
    def interrupted(**_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(cli, "firstline", interrupted)
    said = firstline("items")
    assert (said.code, said.err) == (130, "firstline: stopped\n")


def test_a_reader_that_has_gone_ends_the_command_quietly(anywhere: Settings) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    argv = [sys.executable, "-m", "app", "accounts", "list", "--json"]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(argv, stdout=writing, stderr=subprocess.PIPE, env=env, check=False)
    os.close(writing)
    assert (done.returncode, done.stderr) == (1, b"")


def test_a_fault_of_ours_shows_where_and_no_word_of_a_customer(
    firstline: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    firstline("--version")
    try:
        int("my passport is lost")
    except ValueError as error:
        sys.excepthook(ValueError, error, error.__traceback__)
    said = capsys.readouterr().err
    assert "test_cli.py" in said
    assert "passport" not in said.replace('int("my passport is lost")', "")


# --- Knowledge


def test_search_and_ask_print_what_people_read_and_what_scripts_read(
    here: Settings, pages: Path, firstline: Command
) -> None:
    firstline("index", str(pages))
    assert "14 florins" in firstline("search", "price of a berth").out
    assert "said anything to this then" in firstline("search", "price of a berth", "--at", "2020-01-01T12:00").out
    hits = json.loads(firstline("search", "price of a berth", "--json", "--most", "1").out)
    assert [hit["passage"]["title"] for hit in hits] == ["Mooring"]
    answer = json.loads(firstline("ask", "What does a berth by the pier cost?", "--json").out)
    assert "14 florins" in answer["reply"]["text"]
    receipt = firstline("ask", "What does a berth by the pier cost?").out
    assert answer["receipt"]["decided"] in receipt
    assert "Mooring" in receipt
    assert "cited" in receipt


@pytest.mark.parametrize(
    "words", ["", "\udcff\udc80", "\x1b[2J\x07", "שלום " * 50, "[bold]x[/nothing] :smile:", "x" * 60_000]
)
def test_strange_words_do_no_harm(words: str, anywhere: Settings, firstline: Command) -> None:
    for command in (("ask", words), ("search", words), ("sources", "sync", words), ("tokens", "create", words)):
        said = firstline(*command)
        assert said.code in (0, 1)
        assert "\x1b" not in said.out + said.err


# --- Work


def test_items_show_whole_ids_on_the_narrowest_terminal(
    here: Settings, firstline: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    item = park(here)
    monkeypatch.setenv("COLUMNS", "40")
    assert item in firstline("items").out
    monkeypatch.setattr(output, "out", Console(highlight=False, emoji=False, force_terminal=True, width=40))
    shown = firstline("items", "--state", "parked").out
    assert item in shown
    assert "parked" in shown
    assert firstline("items", "--state", "done").out
    assert [each["id"] for each in json.loads(firstline("items", "--json").out)] == [item]


def test_a_parked_item_is_put_back_and_any_other_is_refused(here: Settings, firstline: Command) -> None:
    item = park(here)
    assert firstline("replay", item).out == "Put back; the workers take it up when they run.\n"
    for other in (item, "x", "'; DROP TABLE runs", "00000000-0000-0000-0000-000000000000"):
        said = firstline("replay", other)
        assert (said.code, said.out) == (1, "")
        assert "is not parked" in said.err


def park_more(settings: Settings, *reasons: str) -> None:
    """Park an item for each of these reasons."""
    db = make_database(settings)
    with db.account("main") as tx:
        for number, why in enumerate(reasons, 2):
            item = inbox.add_event(
                tx, "api", Event(EventKind.CUSTOMER_MESSAGE, f"e-{number}", "t-1", f"m-{number}"), "{}"
            )
            parked = text("UPDATE inbox_items SET state = 'parked', error = :why, parked_at = now() WHERE id = :id")
            tx.execute(parked, {"why": why, "id": item})
    db.close()


def states(firstline: Command) -> list[str]:
    """Those of all items, oldest first."""
    return [each["state"] for each in reversed(json.loads(firstline("items", "--json").out))]


def test_all_parked_items_of_a_reason_are_put_back_after_a_question_that_counts_them(
    here: Settings, firstline: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    park(here)
    park_more(here, "Permanent: token refused", "Permanent: Token refused (401)")
    asked: list[str] = []

    def answer(question: str, **_: object) -> bool:
        asked.append(question)
        return len(asked) > 1

    monkeypatch.setattr(click, "confirm", answer)
    said = firstline("replay", "--reason", "token")
    assert (said.code, "nothing was put back" in said.err) == (1, True)
    assert states(firstline) == ["parked"] * 3
    said = firstline("replay", "--reason", "token")
    assert said.out == "2 parked items put back; the workers take them up when they run.\n"
    assert states(firstline) == ["parked", "waiting", "waiting"]
    assert asked == ["Have 2 parked items worked on again?"] * 2


@pytest.mark.parametrize("since", ["1h", "2d", "30 m", "2020-03-31", "2020-03-31T14:30", "2020-03-31T14:30:00+02:00"])
def test_all_parked_since_a_time_are_put_back_without_a_question_where_yes_is_said(
    since: str, here: Settings, firstline: Command
) -> None:
    park_more(here, "a", "b")
    assert firstline("replay", "--since", since, "--yes").out.startswith("2 parked items put back;")
    said = firstline("replay", "--since", since, "--yes")
    assert (said.code, said.out) == (0, "No parked item fits.\n")


def test_everything_parked_is_put_back_and_who_may_be_asked_is_asked(here: Settings, firstline: Command) -> None:
    park_more(here, "a")
    assert firstline("replay", "--all").code != 0  # nobody can answer
    assert states(firstline) == ["parked"]
    assert firstline("replay", "--all", "--yes").out.startswith("1 parked item put back;")


@pytest.mark.parametrize(
    "arguments", [(), ("x", "--all"), ("--reason", " "), ("--since", "soon"), ("--since", "999999d"), ("--since", "1y")]
)
def test_a_replay_of_nobody_knows_what_is_refused(
    arguments: tuple[str, ...], here: Settings, firstline: Command
) -> None:
    park_more(here, "a")
    said = firstline("replay", *arguments, "--yes")
    assert said.code == 2, said
    assert states(firstline) == ["parked"]


def test_pause_and_resume_are_seen_by_all(here: Settings, firstline: Command) -> None:
    assert firstline("pause").out.startswith("Paused")
    assert json.loads(firstline("accounts", "list", "--json").out)[0]["paused_by"] == "cli"
    assert firstline("resume").out.startswith("Resumed")
    assert json.loads(firstline("accounts", "list", "--json").out)[0]["paused_at"] is None


def test_the_policy_is_checked_without_a_database(
    tmp_path: Path, firstline: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "is fine: version" in firstline("policy", "check").out
    assert json.loads(firstline("policy", "check", "--json").out)["categories"]["billing"]["level"] == "draft"
    broken = tmp_path / "policy.yaml"
    assert firstline("policy", "check", str(broken)).code == 78
    for content in (b"tone: [", b"\xff\xfe\x00", b"tone: kind\n", b""):
        broken.write_bytes(content)
        said = firstline("policy", "check", str(broken))
        assert (said.code, said.out) == (78, "")
        assert str(broken) in said.err
    monkeypatch.setenv("FIRSTLINE_POLICY", str(broken))
    assert firstline("policy", "check").code == 78


def test_the_check_of_a_policy_says_which_texts_fall_back_in_which_languages(
    tmp_path: Path, firstline: Command
) -> None:
    shipped = yaml.safe_load((ROOT / "desk" / "policy" / "default_policy.yaml").read_text(encoding="utf-8"))
    shipped["automatic_line"] = {"en": "Written automatically.", "de": "Automatisch geschrieben."}
    del shipped["handover"]["helplines"]["ja"]
    file = tmp_path / "policy.yaml"
    file.write_text(yaml.safe_dump(shipped), encoding="utf-8")
    said = firstline("policy", "check", str(file))
    assert said.code == 0
    assert "automatic_line: missing in fr, es, it, pt, nl, pl, sv, tr, ja, zh; customers read it in en." in said.out
    assert "handover.helplines: none for ja; https://findahelpline.com is named there." in said.out
    line, helplines = json.loads(firstline("policy", "check", str(file), "--json").out)["fallbacks"]
    assert (line["text"], line["languages"][0], line["instead"]) == ("automatic_line", "fr", "en")
    assert helplines == {"text": "handover.helplines", "languages": ["ja"], "instead": None}
    assert "missing in" not in firstline("policy", "check").out


# --- People


def test_adding_who_may_sign_in_already_changes_nobodys_role(here: Settings, firstline: Command) -> None:
    firstline("users", "add", "pia@harbour.example", "--role", "admin")
    said = firstline("users", "add", "Pia@harbour.example")
    assert said.out.startswith("pia@harbour.example may sign in already as admin.")
    said = firstline("users", "add", "pia@harbour.example", "--role", "agent")
    assert (said.code, said.out) == (1, "")
    assert "may sign in already, as admin; `firstline users role pia@harbour.example agent` makes" in said.err
    assert "last admin" in firstline("users", "role", "pia@harbour.example", "agent").err
    firstline("users", "add", "tom@harbour.example", "--role", "admin")
    said = firstline("users", "role", "pia@harbour.example", "agent")
    assert said.out == "pia@harbour.example was admin, and is agent now.\n"
    roles = {user["email"]: user["role"] for user in json.loads(firstline("users", "list", "--json").out)}
    assert roles == {"pia@harbour.example": "agent", "tom@harbour.example": "admin"}
    assert firstline("users", "role", "nobody@harbour.example", "agent").code == 1


def test_accounts_users_and_tokens_come_and_go(here: Settings, firstline: Command) -> None:
    assert firstline("accounts", "add", "harbour", "--title", "The Harbour").out == "Account harbour made.\n"
    assert firstline("accounts", "add", "harbour").out == "Account harbour is there already.\n"
    assert firstline("accounts", "add", "The Harbour").code == 1
    assert "The Harbour" in firstline("accounts", "list").out

    user = json.loads(firstline("users", "add", "Pia@Harbour.example", "--role", "agent", "--json").out)
    assert (user["email"], user["role"]) == ("pia@harbour.example", "agent")
    assert (
        firstline("users", "add", "pia@harbour.example")
        .out.splitlines()[-1]
        .startswith("http://127.0.0.1:8000/sign-in/")
    )
    assert firstline("users", "add", "nobody").code == 1
    assert firstline("users", "remove", "pia@harbour.example").out == "Shut out.\n"
    assert firstline("users", "remove", "pia@harbour.example").code == 1
    assert json.loads(firstline("users", "list", "--json").out)[0]["disabled_at"]

    again = firstline("users", "add", "pia@harbour.example", "--role", "agent")
    assert again.out.startswith("pia@harbour.example was shut out, and may sign in again as agent.")

    made = json.loads(firstline("tokens", "create", "desk", "--scope", "staff", "--json").out)
    [token] = json.loads(firstline("tokens", "list", "--json").out)
    assert (token["name"], token["scopes"]) == ("desk", ["staff"])
    assert made["token"] not in firstline("tokens", "list").out
    assert token["id"] in firstline("tokens", "list").out
    assert firstline("tokens", "revoke", token["id"]).out == "Revoked.\n"
    assert firstline("tokens", "revoke", token["id"]).code == 1


def test_a_new_key_is_one_that_seals(firstline: Command) -> None:
    key = firstline("keys", "new").out.strip()
    assert Sealer([key]).open(Sealer([key]).seal("a word")) == "a word"
