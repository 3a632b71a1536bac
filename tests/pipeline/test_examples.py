"""The demo's example tickets end as they say, with the real local model, the real index and the real help centre."""

from typing import Any

import pytest
import yaml

from desk.db import Database
from desk.run import Run
from knowledge.embedders.minilm import MiniLM
from knowledge.ingest import index
from knowledge.library import PostgresLibrary
from knowledge.sources.folder import Folder
from tests.fakes import ROOT, a_ticket, demo_policy
from workers.llm.extractive import Extractive
from workers.pipeline.run import Circumstances, think

EXAMPLES: list[dict[str, Any]] = yaml.safe_load((ROOT / "examples" / "tickets.yaml").read_text(encoding="utf-8"))


def test_the_example_tickets_end_as_they_say(database: Database, account: str) -> None:
    embedder = MiniLM()
    index(database, account, Folder(ROOT / "examples" / "helpcenter"), embedder)
    library, model, circumstances = (
        PostgresLibrary(database, embedder),
        Extractive(embedder),
        Circumstances(demo_policy()),
    )

    def walk(example: dict[str, Any]) -> Run:
        ticket = a_ticket(example["description"], subject=example["subject"], account=account)
        return think(ticket, [model], library, circumstances)

    runs = {example["name"]: walk(example) for example in EXAMPLES}
    assert {name: run.decision.action.value for name, run in runs.items()} == {e["name"]: e["ends"] for e in EXAMPLES}
    assert not any(run.findings for run in runs.values())
    internal = [hit.passage.title for run in runs.values() for hit in run.hits if hit.passage.audience == "internal"]
    assert internal == []


@pytest.mark.parametrize("ends", ["auto_reply", "internal_note", "escalate"])
def test_every_ending_has_its_example(ends: str) -> None:
    assert ends in {example["ends"] for example in EXAMPLES}
