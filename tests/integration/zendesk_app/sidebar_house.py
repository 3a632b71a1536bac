"""A sidebar that is open beside a ticket: a Zendesk, our page, and agents whom Zendesk proves."""

import re
from dataclasses import dataclass, field
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from desk.platform.settings import Settings
from desk.ticket import new_id
from integration.zendesk.sidebar.blueprint import ADDRESS, make_sidebar
from tests.integration.paged import Queue
from tests.integration.zendesk_app.signed import INSTALLATION, public_key, signed_token
from tests.integration.zendesk_house import QUESTION, Desk, created
from tests.lookalikes.zendesk_shapes import Json
from workers import interventions, record
from workers.interventions import Intervention
from workers.processing.interventions.carry_out import carry_out_intervention
from workers.queue import leases


@dataclass
class Sidebar:
    """The page of one account, asked by an agent."""

    desk: Desk
    queue: Queue = field(default_factory=Queue)
    sdk: str = "https://static.zdassets.com/sdk.js"

    def __post_init__(self) -> None:
        self.desk.connect(app_public_key=public_key(), app_installation_id=INSTALLATION)
        self.app = Flask("sidebar", static_folder=None)
        self.app.register_blueprint(make_sidebar(self.desk.db, self.queue, Settings(zendesk_app_sdk=self.sdk)))
        self.client: FlaskClient = self.app.test_client()

    @property
    def address(self) -> str:
        """Where the page is."""
        return f"{ADDRESS}/{self.desk.account}"

    def person(self, email: str = "maria@acorn.example", role: str = "agent", **more: Any) -> Json:
        """Somebody of this Zendesk."""
        name = email.partition("@")[0].title()
        return self.desk.zendesk.store.person(email, name, role=role, **more)

    def token(self, user: Json | None = None, **changes: Any) -> str:
        """What Zendesk would post for them."""
        return signed_token(self.desk.zendesk.url, (user or self.person())["id"], **changes)

    def enter(self, user: Json | None = None, **changes: Any) -> TestResponse:
        """Open the page as Zendesk does."""
        return self.client.post(self.address, data={"token": self.token(user, **changes)})

    def bearer(self, user: Json | None = None) -> str:
        """A session's secret."""
        answer = self.enter(user)
        assert answer.status_code == 200, answer.text
        found = re.search(r'data-session="([^"]+)"', answer.text)
        assert found is not None
        return found[1]

    def get(self, ticket: int | str, bearer: str) -> TestResponse:
        """The ticket, as the page asks for it."""
        return self.client.get(f"{self.address}/tickets/{ticket}", headers={"Authorization": f"Bearer {bearer}"})

    def press(self, ticket: int | str, bearer: str, kind: str, **fields: Any) -> TestResponse:
        """Press a button."""
        body = {"press": new_id(), "kind": kind, **fields}
        headers = {"Authorization": f"Bearer {bearer}"}
        return self.client.post(f"{self.address}/tickets/{ticket}/acts", json=body, headers=headers)

    def drafted(self, subject: str = "Sign in", body: str = QUESTION) -> int:
        """A ticket with a draft for agents."""
        number = self.desk.zendesk.new_ticket(subject, body)
        assert self.desk.post(created(number)) == 202
        self.desk.work()
        return number

    def about(self, number: int) -> dict[str, Any]:
        """The newest draft, as an order names it."""
        with self.desk.db.account(self.desk.account) as tx:
            run = record.last_run(tx, "zendesk", str(number))
        assert run is not None
        return {"run_id": run.id, "seen_message_id": run.message_id}

    def carry_out(self) -> None:
        """What a worker does with all that was pressed, and what then waits."""
        while self.queue.items:
            _, act_id = self.queue.items.pop(0)
            self.desk.send(carry_out_intervention(self.desk.tools, self.desk.account, act_id, "w1"))

    def leave(self) -> None:
        """The seconds in which a reply can be taken back are over."""
        self.desk.soon()
        self.desk.send([row.id for row in self._due()])

    def acts(self, number: int) -> list[Intervention]:
        """All that was ordered."""
        with self.desk.db.account(self.desk.account) as tx:
            return interventions.interventions_of_ticket(tx, "zendesk", str(number))

    def answers(self, number: int) -> list[Json]:
        """What the customer got from people."""
        return self.desk.zendesk.public_replies(number)

    def _due(self) -> list[Any]:
        return [row for row in leases.due_deliveries(self.desk.db) if row.account == self.desk.account]
