"""A lead is told where what was taught rests on pages that are not for everybody, before it becomes public."""

import re
from dataclasses import replace
from pathlib import Path

from desk.intervention import InterventionKind, ResultStatus
from desk.passage import Block, BlockKind, Citation, Passage
from desk.platform.database import Database
from desk.policy.policy import PolicyBook
from desk.ports import ModelClassification, ModelDraft
from desk.run import Draft, Statement
from desk.ticket import Requester
from integration.access.permissions import StaffRole
from tests.fakes import FakeLibrary, a_hit
from tests.integration.paged import Queue, make_app, signed_in
from tests.scripted_model import ScriptedModel
from tests.workers.interventions.acts import Desk
from tests.workers.talks import a_town, policy_text
from workers import tickets
from workers.tickets import NewTicket

SECRET = "Partners are served until ten at night on weekdays."
PAGE = Passage(
    "p9", "d9", "v1", "Partner hours", None, (), (Block(SECRET, BlockKind.SENTENCE, 0),), audience="partners"
)
CITED = Statement(SECRET, BlockKind.SENTENCE, 0, (Citation("d9", "v1", "p9", (0,)),))
READERS = "[{audience: partners, when: {tag: [partner]}}]"


def test_the_lead_is_told_for_whom_the_reply_was(database: Database, account: str, tmp_path: Path) -> None:
    path = tmp_path / "policy.yaml"
    path.write_text(policy_text(readers=READERS).replace("level: auto", "level: draft"), encoding="utf-8")
    desk = Desk.of(a_town(database, account, PolicyBook(path)))
    model = ScriptedModel([ModelClassification("how_to", 0.99, ("When are you open?",))], [ModelDraft(Draft((CITED,)))])
    desk = replace(desk, tools=replace(desk.tools, models=(model,), library=FakeLibrary([a_hit(PAGE, 0.9, 1.0)])))
    with database.account(account) as tx:
        partner = Requester("kim", "Kim Doe", tags=("partner",))
        accepted = tickets.open_ticket(tx, NewTicket(partner, "Hours", "When are you open?"))
    desk = replace(desk, ticket_id=accepted.ticket_id, todo=[accepted.item_id])
    desk.walk()
    sent = desk.act(InterventionKind.SEND)
    assert (sent.status, sent.findings) == (ResultStatus.DONE, ()), "a partner may be told"
    desk.act(InterventionKind.TEACH, question="When are you open?", text=SECRET)
    page = signed_in(make_app(database, account, Queue()), database, account, StaffRole.ADMIN).get("/console/proposals")
    assert SECRET in page.text
    assert "but for: <strong>partners</strong>" in page.text
    first_choice = re.search(r'name="audience".*?(<option[^>]*>)', page.text)
    assert first_choice
    assert first_choice[1] == '<option value="" selected>'
