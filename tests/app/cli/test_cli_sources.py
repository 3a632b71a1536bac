"""The `sources` commands and their short forms, as people and scripts meet them. The database is real."""

import json
import shutil
from pathlib import Path

import pytest

from app.bootstrap import make_embedder, make_sync, source_kinds
from app.database import make_database
from desk.platform.settings import Settings
from knowledge.ingest.sync_lock import sync_lock
from tests.app.conftest import Command
from tests.knowledge.written_files import docx, pdf

MARKS = {"name", "audience", "locale", "collection", "no_sync", "account", "as_json"}
"""What every `sources add` asks for, and no settings may."""


@pytest.fixture
def cranes(tmp_path: Path) -> Path:
    """A folder of one page."""
    folder = tmp_path / "cranes"
    folder.mkdir()
    (folder / "crane.md").write_text("# Cranes\n\nThe crane lifts boats of up to nine tonnes.\n")
    return folder


def listed(firstline: Command) -> dict[str, dict[str, object]]:
    return {each["name"]: each for each in json.loads(firstline("sources", "list", "--json").out)}


# --- add


def test_a_source_is_added_and_read_at_once(here: Settings, pages: Path, firstline: Command) -> None:
    said = firstline("sources", "add", "folder", str(pages))
    header, _, row = said.out.splitlines()
    assert header.split() == ["source", "added", "changed", "unchanged", "removed", "skipped", "embedded", "seconds"]
    assert row.split()[:7] == [f"folder:{pages}", "2", "0", "0", "0", "0", "2"]
    assert (said.code, said.err) == (0, "")
    [source] = listed(firstline).values()
    assert (source["kind"], source["documents"], source["error"]) == ("folder", 2, None)
    assert source["synced_at"]
    assert source["settings"] == {"path": str(pages)}
    assert f"folder:{pages}" in firstline("sources", "list").out


def test_a_source_that_is_added_without_a_sync_is_read_by_the_next(
    here: Settings, pages: Path, firstline: Command
) -> None:
    assert "`firstline sources sync`" in firstline("sources", "add", "folder", str(pages), "--no-sync").out
    assert listed(firstline)[f"folder:{pages}"]["documents"] == 0
    assert json.loads(firstline("sources", "sync", "--json").out)[f"folder:{pages}"]["added"] == 2


def test_what_is_said_of_a_source_holds_for_its_pages_until_it_is_said_anew(
    here: Settings, pages: Path, firstline: Command
) -> None:
    add = ("sources", "add", "folder", str(pages), "--name", "harbour")
    firstline(*add, "--audience", "Internal", "--collection", "berths", "--locale", "de")
    assert firstline("search", "florins berth").out.startswith("Nothing found")
    hit = json.loads(firstline("search", "florins berth", "--internal", "--locale", "de", "--json").out)[0]
    assert (hit["passage"]["audience"], hit["passage"]["locale"]) == ("internal", "de")
    firstline(*add)
    source = listed(firstline)["harbour"]
    assert (source["audience"], source["collection"], source["locale"]) == ("internal", "berths", "de")
    firstline("index", str(pages))  # the short form finds the source that reads this folder
    assert list(listed(firstline)) == ["harbour"]
    assert firstline("search", "florins berth", "--locale", "de").out.startswith("Nothing found")
    firstline(*add, "--audience", "")
    assert "florins" in firstline("search", "florins berth", "--locale", "de").out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("folder",), "Missing argument 'PATH'"),
        (("folder", ""), "PATH: String should have at least 1 character"),
        (("folder", "a\udcffb"), "PATH: holds characters that no text has"),
        (("folder", "x", "--depth", "3"), "No such option"),
        (("folder", "x", "--name", " "), "--name: must have 1 to 200 characters"),
        (("folder", "x", "--audience", "x" * 201), "--audience: must have 1 to 200 characters"),
        (("fax", "x"), "No such command 'fax'"),
    ],
)
def test_a_wrong_setting_is_named(arguments: tuple[str, ...], words: str, here: Settings, firstline: Command) -> None:
    said = firstline("sources", "add", *arguments)
    assert said.code == 2
    assert words.lower() in said.err.lower()
    assert listed(firstline) == {}


def test_a_folder_that_is_not_there_is_not_added(here: Settings, tmp_path: Path, firstline: Command) -> None:
    said = firstline("sources", "add", "folder", str(tmp_path / "nowhere"))
    assert said.code == 1
    assert "is not a folder" in said.err
    assert listed(firstline) == {}


def test_every_kind_says_what_it_reads_and_what_it_asks_for(firstline: Command) -> None:
    for kind in source_kinds():
        said = firstline("sources", "add", kind, "--help")
        assert said.code == 0
        for option in ("--name", "--audience", "--locale", "--collection", "--no-sync", "--json"):
            assert option in said.out
        assert not MARKS & set(source_kinds()[kind].settings.model_fields)
        for field in source_kinds()[kind].settings.model_fields:
            assert field.replace("_", "-").lower() in said.out.lower()
    assert set(source_kinds()) <= set(firstline("sources", "add", "--help").out.split())


# --- sync


def test_one_source_that_cannot_be_read_does_not_stop_the_others(
    here: Settings, pages: Path, cranes: Path, tmp_path: Path, firstline: Command
) -> None:
    for folder in (pages, cranes):
        firstline("sources", "add", "folder", str(folder), "--name", folder.name)
    cranes.rename(tmp_path / "moved")
    (pages / "moor.md").write_text("# Mooring\n\nA berth by the pier costs 15 florins a night.\n")
    said = firstline("sources", "sync", "--json")
    assert said.code == 1
    told = json.loads(said.out)
    assert told["pages"]["changed"] == 1
    assert "is not a folder" in told["cranes"]["error"]
    assert "1 of 2 sources could not be read" in said.err
    found = listed(firstline)
    assert "is not a folder" in str(found["cranes"]["error"])
    assert (found["cranes"]["documents"], found["pages"]["error"]) == (1, None)
    (tmp_path / "moved").rename(cranes)
    assert firstline("sources", "sync", "cranes").code == 0
    assert listed(firstline)["cranes"]["error"] is None


def test_a_source_that_another_run_is_at_is_worth_another_try(here: Settings, pages: Path, firstline: Command) -> None:
    firstline("index", str(pages), "--name", "harbour")
    db = make_database(here)
    with sync_lock(db, "main", "harbour"):
        said = firstline("sources", "sync")
        assert said.code == 75
        assert "by another run" in said.err
        removing = firstline("sources", "remove", "harbour", "--yes")
        assert (removing.code, "by another run" in removing.err) == (75, True)
    db.close()
    assert (listed(firstline)["harbour"]["error"], listed(firstline)["harbour"]["documents"]) == (None, 2)


def test_names_that_nobody_gave_are_refused_with_those_that_are_there(
    here: Settings, pages: Path, firstline: Command
) -> None:
    assert "No sources yet" in firstline("sources", "sync").err
    assert "No sources yet" in firstline("sources", "list").out
    firstline("index", str(pages), "--name", "harbour")
    for command in (("sources", "sync", "port"), ("sources", "remove", "port"), ("forget", "port")):
        said = firstline(*command)
        assert said.code == 1
        assert "no source port; there are: harbour" in said.err


def test_files_of_types_that_are_not_read_are_counted_by_type(here: Settings, pages: Path, firstline: Command) -> None:
    (pages / "old").mkdir()
    for number in range(10):
        (pages / "old" / f"prices-{number}.XLSX").write_bytes(b"PK")
    for name in ("talk.key", "Makefile", ".hidden.xlsx", "~$prices.xlsx", "Thumbs.db", "old/talk.key"):
        (pages / name).write_bytes(b"x")
    said = firstline("sources", "add", "folder", str(pages), "--name", "harbour")
    assert said.err == "harbour: 13 files not read: .xlsx (10), .key (2), no ending (1)\n"
    assert said.out.splitlines()[2].split()[1:6] == ["2", "0", "0", "0", "0"], "they are no pages"
    counts = {".xlsx": 10, ".key": 2, "no ending": 1}
    assert json.loads(firstline("sources", "sync", "--json").out)["harbour"]["unread_types"] == counts
    report = listed(firstline)["harbour"]["report"]
    assert isinstance(report, dict)
    assert report["unread_types"] == counts


def test_files_that_are_not_read_keep_no_emptied_folder_from_being_held(
    here: Settings, pages: Path, firstline: Command
) -> None:
    (pages / "talk.key").write_bytes(b"x")
    firstline("sources", "add", "folder", str(pages), "--name", "harbour")
    for page in pages.glob("*.md"):
        page.unlink()
    said = firstline("sources", "sync")
    assert said.code != 0
    assert "all its 2 documents have gone from it at once" in said.err


def test_pages_that_cannot_be_read_are_named(here: Settings, pages: Path, firstline: Command) -> None:
    (pages / "logo.md").write_bytes(b"\x89PNG\0")
    (pages / "fees.pdf").write_bytes(b"%PDF-1.7 and nothing more")
    (pages / "bomb.docx").write_bytes(docx(parts={"word/document.xml": b" " * 20_000_000}))
    (pages / "crane.pdf").write_bytes(pdf("The crane lifts nine tonnes."))
    said = firstline("sources", "add", "folder", str(pages), "--name", "harbour")
    assert said.code == 0
    assert said.out.splitlines()[2].split()[:6] == ["harbour", "3", "0", "0", "0", "3"]
    assert "skipped logo.md: is binary" in said.err
    assert "skipped fees.pdf: " in said.err
    assert "skipped bomb.docx: unpacks to 20,000,000 bytes" in said.err
    assert "nine tonnes" in firstline("search", "crane").out


# --- much that has gone at once


@pytest.fixture
def shore(tmp_path: Path) -> Path:
    """A folder of eight pages."""
    folder = tmp_path / "shore"
    folder.mkdir()
    for number in range(8):
        (folder / f"berth{number}.md").write_text(f"# Berth {number}\n\nBerth {number} is by the pier.\n")
    return folder


def test_an_emptied_folder_keeps_its_documents_until_that_is_confirmed(
    here: Settings, shore: Path, firstline: Command
) -> None:
    firstline("sources", "add", "folder", str(shore), "--name", "shore")
    for page in shore.iterdir():
        page.unlink()
    said = firstline("sources", "sync")
    assert said.code == 1
    assert "shore: all its 8 documents have gone from it at once, and stay" in said.err
    assert "type `firstline sources sync shore --confirm`" in said.err
    assert "1 of 1 sources would lose most of what they had; it stays until you confirm it" in said.err
    assert listed(firstline)["shore"]["documents"] == 8
    assert "all its 8 documents have gone" in str(listed(firstline)["shore"]["error"])
    assert "pier" in firstline("search", "berth").out
    assert firstline("sources", "sync", "--confirm").code == 2
    assert firstline("sources", "sync", "shore", "--confirm").code == 0
    assert (listed(firstline)["shore"]["documents"], listed(firstline)["shore"]["error"]) == (0, None)


def test_what_is_new_beside_much_that_has_gone_is_taken_in_and_index_can_confirm_too(
    here: Settings, shore: Path, firstline: Command
) -> None:
    firstline("index", str(shore), "--name", "shore")
    for number in range(5):
        (shore / f"berth{number}.md").unlink()
    (shore / "crane.md").write_text("# Cranes\n\nThe crane lifts nine tonnes.\n")
    said = firstline("index", str(shore), "--name", "shore", "--json")
    assert said.code == 1
    told = json.loads(said.out)["shore"]
    assert (told["added"], told["removed"], told["held"]) == (1, 0, {"documents": 5, "of": 8})
    assert "5 of its 8 documents" in told["error"]
    assert "nine tonnes" in firstline("search", "crane").out
    confirmed = json.loads(firstline("index", str(shore), "--name", "shore", "--confirm", "--json").out)["shore"]
    assert (confirmed["removed"], confirmed["held"]) == (5, None)


def test_the_timed_sync_holds_back_too(here: Settings, shore: Path, firstline: Command) -> None:
    firstline("index", str(shore), "--name", "shore")
    shutil.rmtree(shore)
    shore.mkdir()
    db = make_database(here)
    try:
        make_sync(db, lambda _: make_embedder(here))(here.account)
    finally:
        db.close()
    assert listed(firstline)["shore"]["documents"] == 8
    assert "--confirm" in str(listed(firstline)["shore"]["error"])


# --- remove


def test_a_source_that_is_removed_takes_its_documents_along(
    here: Settings, pages: Path, cranes: Path, firstline: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    for folder in (pages, cranes):
        firstline("sources", "add", "folder", str(folder), "--name", folder.name)
    monkeypatch.setattr("click.termui.visible_prompt_func", lambda _: "n")
    assert firstline("sources", "remove", "pages").code == 130
    assert set(listed(firstline)) == {"pages", "cranes"}
    assert firstline("sources", "remove", "pages", "--yes").out == "2 documents have left the index.\n"
    assert set(listed(firstline)) == {"cranes"}
    assert firstline("search", "florins").out.count("florins") == 0


# --- The short forms


def test_index_adds_a_folder_and_then_keeps_in_step(here: Settings, pages: Path, firstline: Command) -> None:
    first = json.loads(firstline("index", str(pages), "--json").out)[f"folder:{pages}"]
    assert (first["added"], first["unchanged"], first["passages_embedded"]) == (2, 0, 2)
    (pages / "tide.md").unlink()
    second = json.loads(firstline("index", str(pages), "--json").out)[f"folder:{pages}"]
    assert (second["unchanged"], second["removed"], second["passages_embedded"]) == (1, 1, 0)


def test_a_folder_that_moved_keeps_its_source_under_its_name(
    here: Settings, pages: Path, tmp_path: Path, firstline: Command
) -> None:
    firstline("index", str(pages), "--name", "harbour")
    pages.rename(tmp_path / "moved")
    report = json.loads(firstline("index", str(tmp_path / "moved"), "--name", "harbour", "--json").out)["harbour"]
    assert (report["unchanged"], report["removed"]) == (2, 0)
    assert listed(firstline)["harbour"]["settings"] == {"path": str(tmp_path / "moved")}


def test_reindex_reads_all_and_forget_does_not_ask(
    here: Settings, pages: Path, cranes: Path, tmp_path: Path, firstline: Command
) -> None:
    assert "No sources yet" in firstline("reindex").err
    firstline("index", str(pages))
    firstline("index", str(cranes))
    pages.rename(tmp_path / "moved")
    said = firstline("reindex", "--json")
    assert said.code == 1
    assert json.loads(said.out)[f"folder:{cranes}"]["unchanged"] == 1
    assert json.loads(firstline("search", "florins berth pier", "--json").out)[0]["passage"]["title"] == "Mooring"
    assert firstline("forget", f"folder:{pages}").out == "2 documents have left the index.\n"
    assert firstline("reindex").code == 0
