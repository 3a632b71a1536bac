"""A note that comes to stand below later messages says which one it is about."""

from pathlib import Path

import pytest

from desk.platform.database import Database
from desk.policy.policy import PolicyBook
from tests.workers.talks import HOURS, SENTENCE, Talk, a_town, policy_text

LONG = f"{HOURS} [1] <b>" + "I have been waiting for a long time by now, and so has my dog. " * 3


@pytest.fixture
def talk(database: Database, account: str, tmp_path: Path) -> Talk:
    """A ticket of an account where drafts are left to agents."""
    path = tmp_path / "policy.yaml"
    path.write_text(policy_text().replace("level: auto", "level: draft"), encoding="utf-8")
    return a_town(database, account, PolicyBook(path)).talk()


def test_below_a_colleagues_reply_a_note_names_its_message(talk: Talk) -> None:
    talk.customer(LONG)
    planned = talk.think()
    talk.agent("I have called you back.")
    talk.send(planned)
    [note] = talk.notes
    about, _, draft = note.partition("\n\n")
    when = f"{talk.ticket.messages[0].at:%Y-%m-%d %H:%M}"
    assert about.startswith(f"About the message of {when} UTC, “{HOURS} (1) <b>I have")
    assert about.endswith("…”:")
    assert len(about) < 140
    assert SENTENCE in draft


@pytest.mark.parametrize("between", ["nothing", "a note of a colleague's", "an automatic message"])
def test_right_below_its_message_it_names_nothing(talk: Talk, between: str) -> None:
    talk.customer(HOURS)
    planned = talk.think()
    if between != "nothing":
        talk.agent("Away until Monday.", public=between != "a note of a colleague's", automatic=True)
    talk.send(planned)
    assert [note[: len(SENTENCE)] for note in talk.notes] == [SENTENCE]
