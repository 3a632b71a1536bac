"""A page that is opened to one customer does not reach whoever was put in copy after the draft was made."""

from dataclasses import replace
from pathlib import Path

import pytest

from desk.delivery import DeliveryKind
from desk.intervention import Actor, Face, InterventionKind, Order, ResultStatus
from desk.passage import Block, BlockKind, Citation, Passage
from desk.platform.database import Database
from desk.policy.policy import PolicyBook
from desk.ports import ModelClassification, ModelDraft
from desk.reasons import Stop
from desk.run import Action, Draft, Statement
from desk.ticket import Requester, new_id
from tests.fakes import FakeLibrary, a_hit
from tests.scripted_model import ScriptedModel
from tests.workers.talks import CHANNEL, HOURS, Talk, Town, a_town, policy_text
from workers import interventions
from workers.processing.interventions.carry_out import carry_out_intervention

SECRET = "Partners are served until ten at night on weekdays."
PAGE = Passage(
    "p9", "d9", "v1", "Partner hours", "https://help.example/partners", (),
    (Block(SECRET, BlockKind.SENTENCE, 0),), audience="partners",
)  # fmt: skip
CITED = Statement(SECRET, BlockKind.SENTENCE, 0, (Citation("d9", "v1", "p9", (0,)),))
READERS = "[{audience: partners, when: {tag: [partner]}}]"
MARIA = Actor.of("Maria Lind", "maria@firstline.example", "zendesk:7", "7")


def town_of(database: Database, account: str, path: Path, level: str) -> Town:
    path.write_text(policy_text(readers=READERS).replace("level: auto", f"level: {level}"), encoding="utf-8")
    town = a_town(database, account, PolicyBook(path))
    model = ScriptedModel([ModelClassification("how_to", 0.99, ("When are you open?",))], [ModelDraft(Draft((CITED,)))])
    return replace(town, tools=replace(town.tools, models=(model,), library=FakeLibrary([a_hit(PAGE, 0.9, 1.0)])))


def partner(town: Town) -> Talk:
    talk = town.talk()
    talk.change(requester=Requester(talk.ticket.requester.id, "Kim Doe", tags=("partner",)))
    talk.customer(HOURS)
    return talk


@pytest.mark.parametrize("how", ["copied", "third_party"])
def test_an_automatic_reply_does_not_leave_once_somebody_else_reads_along(
    database: Database, account: str, tmp_path: Path, how: str
) -> None:
    talk = partner(town_of(database, account, tmp_path / "p.yaml", "auto"))
    planned = talk.think()
    if how == "copied":
        talk.change(copied=True)
    else:
        talk.customer("Thanks.", third_party=True, public=True, automatic=True)
        talk.todo.clear()
    talk.send(planned)
    assert [each.reason for each in talk.deliveries(DeliveryKind.REPLY)] == [Stop.READERS_CHANGED]
    talk.walk()
    assert talk.runs()[-1].decision.action is not Action.AUTO_REPLY, "it was thought over for all who read along"
    assert not any(SECRET in body for body in talk.public)


def test_a_draft_is_not_sent_unasked_once_somebody_else_reads_along(
    database: Database, account: str, tmp_path: Path
) -> None:
    talk = partner(town_of(database, account, tmp_path / "p.yaml", "draft"))
    talk.walk()
    run = talk.runs()[-1]
    assert run.draft.statements
    talk.change(copied=True)
    order = Order(InterventionKind.SEND, CHANNEL, talk.ticket_id, run_id=run.id, seen_message_id=run.message_id)
    with talk.tools.db.account(account) as tx:
        act = interventions.add_intervention(tx, Face.SIDEBAR, new_id(), MARIA, order)
    talk.send(carry_out_intervention(talk.tools, account, act.id, "w1"))
    with talk.tools.db.account(account) as tx:
        stored = interventions.get_intervention(tx, act.id)
    assert stored
    assert stored.result
    assert stored.result.status is ResultStatus.UNCONFIRMED
    assert [finding.check for finding in stored.result.findings] == ["internal_source"]
    assert not any(SECRET in body for body in talk.public)
