"""The demo's example tickets end as they say, with the real local model, the real index and the real help centre."""

from typing import Any

import pytest
import yaml

from desk.platform.database import Database
from desk.run import Run
from knowledge.embedders.minilm import MiniLM
from knowledge.ingest.index_source import index_source
from knowledge.search.library import PostgresLibrary
from knowledge.sources.folder import Folder
from tests.fakes import ROOT, a_ticket, demo_policy
from workers.models.extractive.model import ExtractiveModel
from workers.pipeline.run import RunContext, run_pipeline

EXAMPLES: list[dict[str, Any]] = yaml.safe_load((ROOT / "examples" / "tickets.yaml").read_text(encoding="utf-8"))


def test_the_example_tickets_end_as_they_say(database: Database, account: str) -> None:
    embedder = MiniLM()
    index_source(database, account, Folder(ROOT / "examples" / "helpcenter"), embedder)
    library, model, circumstances = (
        PostgresLibrary(database, embedder),
        ExtractiveModel(embedder),
        RunContext(demo_policy()),
    )

    def walk(example: dict[str, Any]) -> Run:
        ticket = a_ticket(example["description"], subject=example["subject"], account=account)
        return run_pipeline(ticket, [model], library, circumstances)

    runs = {example["name"]: walk(example) for example in EXAMPLES}
    assert {name: run.decision.action.value for name, run in runs.items()} == {e["name"]: e["ends"] for e in EXAMPLES}
    assert not any(run.findings for run in runs.values())
    internal = [hit.passage.title for run in runs.values() for hit in run.hits if hit.passage.audience == "internal"]
    assert internal == []


@pytest.mark.parametrize("ends", ["auto_reply", "internal_note", "escalate"])
def test_every_ending_has_its_example(ends: str) -> None:
    assert ends in {example["ends"] for example in EXAMPLES}
