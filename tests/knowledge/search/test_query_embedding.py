"""Which embedder a question goes to, what is left without it, and what its cosines say."""

import math
import time
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from structlog.testing import capture_logs

from desk.errors import Permanent, Temporary
from desk.platform.database import Database
from knowledge.index import cosine_calibration
from knowledge.ingest import reindex
from knowledge.ingest.index_source import index_source
from knowledge.search import query_embedding
from knowledge.tables import library_states
from tests.knowledge.sized import QUESTION, Sized, found, settle


def test_an_old_embedder_that_can_no_longer_be_had_leaves_the_words(
    database: Database, account: str, filled: Any, old: Sized, new: Sized
) -> None:
    with capture_logs() as logs:
        hits = found(database, account, new, query="refund number 4")
    assert hits[0].passage.text == "The refund number 4 takes 4 days."
    assert {hit.cosine for hit in hits} == {0.0}, "which no decision takes for an answer"
    assert hits[0].share == pytest.approx(1.0)
    assert [entry["event"] for entry in logs] == ["searching by words alone"]
    assert found(database, account, new, query="unheard of") == []
    assert settle(database, account, new) == "new", "the passages are there, so the old one is not needed"
    assert found(database, account, new, query="refund number 4")[0].cosine > 0


def test_words_alone_are_left_while_both_cannot_be_had(
    database: Database, account: str, filled: Any, old: Sized, new: Sized
) -> None:
    new.faults[1] = Temporary("is away")
    with pytest.raises(Temporary, match="still kept for old, which can no longer be had"):
        settle(database, account, new)
    assert found(database, account, new)


def test_an_embedder_of_the_settings_that_is_away_is_waited_for(
    database: Database, account: str, filled: Any, old: Sized
) -> None:
    old.query_fault = Temporary("is away", retry_after=7)
    with pytest.raises(Temporary) as caught:
        found(database, account, old)
    assert caught.value.retry_after == 7


def test_one_that_refuses_or_an_old_one_that_is_away_leaves_the_words(
    database: Database, account: str, filled: Any, old: Sized, new: Sized
) -> None:
    old.query_fault = Permanent("refused the key")
    assert {hit.cosine for hit in found(database, account, old)} == {0.0}
    old.query_fault = Temporary("is away")
    assert {hit.cosine for hit in found(database, account, new, old)} == {0.0}


def test_who_is_active_is_remembered_for_a_while(
    database: Database, account: str, filled: Any, old: Sized, new: Sized, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reindex, "GRACE_SECONDS", 3600)
    asked = query_embedding.QueryEmbedder(database, new, {"old": old}.get, seconds=60)
    assert asked.embed(account, QUESTION).name == "old"
    settle(database, account, new, old)
    assert asked.embed(account, QUESTION).name == "old"
    later = time.monotonic() + 61
    monkeypatch.setattr(time, "monotonic", lambda: later)
    assert asked.embed(account, QUESTION).name == "new"
    assert asked.embedder(account) is new


TOPICS = ("refund", "invoice", "parcel", "password", "printer", "garden", "kettle", "bicycle", "ticket", "mirror")


class Crowded(Sized):
    """All its vectors lie close together, as some models' do."""

    def _vector(self, text: str) -> list[float]:
        vector = [*(0.45 * x for x in Sized._vector(self, text)), 0.893]
        length = math.sqrt(sum(x * x for x in vector))
        return [x / length for x in vector[-self.dimensions :]]


def test_unrelated_passages_have_one_cosine_whatever_the_embedder(
    database: Database, account: str, source: Any, page: Any, old: Sized
) -> None:
    pages = source(*(page(topic, f"# {topic}\n\n{topic}s {topic}ly {topic}ing {topic}ed") for topic in TOPICS))
    crowded = Crowded("crowded", 512)
    index_source(database, account, pages, crowded)
    hits = found(database, account, crowded, query="refund")
    assert hits[0].passage.title == "refund"
    others = sorted(hit.cosine for hit in hits[1:])
    assert others[len(others) // 2] == pytest.approx(0.2, abs=0.12)
    same = crowded.embed_query("refund\nrefunds refundly refunding refunded")
    raw = sorted(sum(x * y for x, y in zip(same, crowded.embed_query(each), strict=True)) for each in TOPICS[1:])
    assert raw[0] > 0.7, "which looks like an answer on the scale that was fitted"
    assert found(database, account, crowded, query="refund refunds refundly refunding refunded")[0].cosine > 0.8


def test_the_cosines_of_the_model_in_the_box_are_taken_as_they_are(
    database: Database, account: str, filled: Any, old: Sized, source: Any, page: Any
) -> None:
    fitted = Sized(cosine_calibration.FITTED, 16)
    settle(database, account, fitted, old)
    (hit, *_) = found(database, account, fitted, query="Page 3 The refund number 3 takes 3 days.")
    vectors = (
        fitted.embed_query(text) for text in ("Page 3 The refund number 3 takes 3 days.", "Page 3\n" + hit.passage.text)
    )
    assert hit.cosine == pytest.approx(sum(x * y for x, y in zip(*vectors, strict=True)), abs=0.002)


# --- What the index does not take


def test_vectors_of_another_size_under_one_name_are_refused(
    database: Database, account: str, filled: Any, old: Sized
) -> None:
    with pytest.raises(Permanent, match="gives 16 numbers now, and the index holds 384"):
        index_source(database, account, filled(p0="# Page 0\n\nThe refund was changed."), Sized("old", 16))
    assert len(found(database, account, old)) == 7


def test_the_database_takes_one_active_embedder_of_an_account(
    database: Database, account: str, filled: Any, old: Sized
) -> None:
    second = library_states.insert().values(account_id=account, embedder="second", active=True)
    with database.account(account) as tx, pytest.raises(IntegrityError), tx.connection.begin_nested():
        tx.execute(second)


@pytest.mark.parametrize("size", [256, 384, 512, 768, 1024, 1536, 2048, 2560, 3072])
def test_the_usual_sizes_have_an_index(database: Database, size: int) -> None:
    with database.across() as connection:
        found = connection.execute(
            text("SELECT count(*) FROM pg_indexes WHERE tablename = 'passages' AND indexdef LIKE :like"),
            {"like": f"%hnsw%halfvec({size})%"},
        )
        assert found.scalar_one() == 1
