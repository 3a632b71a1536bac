"""What the tests of the Zendesk channel stand on: an account connected to a look-alike, a worker, a web door."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from desk.conversation import NO_RECORD
from desk.delivery import Delivery, DeliveryKind, DeliveryState
from desk.passage import Block, BlockKind, Citation, Passage
from desk.platform.database import Database
from desk.policy.policy import PolicyBook
from desk.ports import Channel, ModelClassification, ModelDraft, Outgoing, StillWanted
from desk.run import Draft, Statement
from desk.ticket import Ticket, TicketState, new_id
from integration.connections import save_connection
from integration.webhooks import make_webhooks
from integration.zendesk.api.connection import PARTY, ZendeskConnection
from integration.zendesk.catchup import catch_up
from integration.zendesk.channel.outbound import ZendeskChannel
from integration.zendesk.inbound import ZendeskInbound
from integration.zendesk.setup.probe import ZendeskParty
from tests.fakes import FakeEmbedder, FakeLibrary, a_hit
from tests.lookalikes.zendesk import ACCOUNT_ID, EMAIL, TOKEN, Zendesk, sign
from tests.scripted_model import ScriptedModel
from workers import record
from workers.dependencies import Dependencies
from workers.pipeline.guards import stop_before_send
from workers.processing.deliver import send_delivery
from workers.processing.process_item import process_item
from workers.queue import inbox, outbox

SECRET = "a-secret-of-the-webhook"
OLD_SECRET = "the-secret-before"
QUESTION = "How do I reset my password?"
SENTENCE = "Click Forgot password on the sign-in page to reset your password."
PASSAGE = Passage(
    "p1", "d1", "v1", "Resetting", "https://help.example/reset", (), (Block(SENTENCE, BlockKind.SENTENCE, 0),)
)
CITED = Statement(SENTENCE, BlockKind.SENTENCE, 0, (Citation("d1", "v1", "p1", (0,)),))

_PHRASES = {
    "legal": "my lawyer",
    "security": "data breach",
    "threat": "bomb threat",
    "self_harm": "end my life",
    "refund": "refund",
    "cancellation": "cancel my subscription",
}
POLICY = """
signature: The example team
automatic_line: This reply was written automatically; answer "person" to reach one.
handover: {message: "A colleague will look at your message during {hours}.", channels: [zendesk]}
categories:
  passwords:
    {description: Signing in, examples: [I forgot my password, reset password], level: LEVEL, threshold: 0.3}
sensitive_topics:
""" + "".join(f"  {topic}: {{description: x, phrases: [{phrase}]}}\n" for topic, phrase in _PHRASES.items())


@dataclass
class Desk:
    """An account, its Zendesk, and the steps of a worker and of the web process."""

    db: Database
    account: str
    zendesk: Zendesk
    tools: Dependencies
    web: FlaskClient
    enqueued: list[str] = field(default_factory=list)

    @property
    def channel(self) -> Channel:
        return self.tools.channels["zendesk"]

    def connect(self, **more: Any) -> None:
        """Connect anew, with these settings changed."""
        with self.db.account(self.account) as tx:
            save_connection(tx, PARTY, connection(self.zendesk, **more))

    def rule(self, more: str, **changed: str) -> None:
        """Add to the policy, and change words in it."""
        path = self.tools.policies.path(self.account)
        text = path.read_text() + more
        for old, new in changed.items():
            text = text.replace(old, new)
        path.write_text(text)

    def post(self, content: Any, *, secret: str = SECRET, **given: Any) -> int:
        """Send a webhook, signed now; its status."""
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        stamp = given.pop("stamp", datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"))
        headers = {
            "Content-Type": "application/json",
            "X-Zendesk-Webhook-Signature": sign(secret, stamp, body),
            "X-Zendesk-Webhook-Signature-Timestamp": stamp,
            **given.pop("headers", {}),
        }
        return self.web.post(
            f"/webhooks/zendesk/{given.pop('account', self.account)}", data=body, headers=headers
        ).status_code

    def work(self) -> None:
        """Think and send until nothing that was enqueued is left."""
        todo = [self.enqueued.pop(0) for _ in range(len(self.enqueued))]
        while todo:
            todo += self.send(self.think(todo.pop(0)))

    def think(self, item_id: str) -> list[str]:
        return process_item(self.tools, self.account, item_id, "w1")

    def send(self, delivery_ids: list[str]) -> list[str]:
        return [item for each in delivery_ids for item in send_delivery(self.tools, self.account, each, "w1")]

    def catch_up(self, now: datetime | None = None) -> list[str]:
        found = catch_up(self.db, self.account, now)
        self.enqueued += found
        return found

    def items(self, ticket: int) -> list[inbox.InboxItem]:
        with self.db.account(self.account) as tx:
            return inbox.items_of_ticket(tx, "zendesk", str(ticket))

    def state(self, ticket: int) -> TicketState | None:
        with self.db.account(self.account) as tx:
            line = record.get_ticket_line(tx, "zendesk", str(ticket))
        return line.state if line else None

    def deliveries(self, ticket: int) -> list[tuple[DeliveryKind, DeliveryState, str | None]]:
        with self.db.account(self.account) as tx:
            return [(d.kind, d.state, d.reason) for d in outbox.deliveries_of_ticket(tx, "zendesk", str(ticket))]

    def soon(self) -> None:
        """Nobody waits any longer, and no worker holds anything."""
        for statement in (
            "UPDATE deliveries SET not_before = now(), lease_until = now() - interval '1 s'",
            "UPDATE inbox_items SET not_before = now(), lease_until = now() - interval '1 s'",
            "UPDATE connections SET blocked_until = NULL",
        ):
            with self.db.account(self.account) as tx:
                tx.execute(text(statement))

    def replies(self, ticket: int) -> int:
        return len(self.zendesk.public_replies(ticket))


def connection(zendesk: Zendesk, **more: Any) -> ZendeskConnection:
    """A connection to the look-alike."""
    given: dict[str, Any] = {
        "base_url": zendesk.url,
        "email": EMAIL,
        "api_token": TOKEN,
        "webhook_secrets": [SECRET, OLD_SECRET],
        "zendesk_account_id": str(ACCOUNT_ID),
        **more,
    }
    return ZendeskConnection(**given)


@contextmanager
def a_desk(db: Database, account: str, directory: Path, level: str = "auto") -> Iterator[Desk]:
    """An account with everything; it answers `QUESTION` by `SENTENCE`."""
    (directory / "policy.yaml").write_text(POLICY.replace("LEVEL", level))
    policies = PolicyBook(directory / "policy.yaml")
    with Zendesk() as zendesk:
        tools = Dependencies(
            db=db,
            channels={"zendesk": ZendeskChannel(db, policies)},
            models=(
                ScriptedModel([ModelClassification("passwords", 0.95, (QUESTION,))], [ModelDraft(Draft((CITED,)))]),
            ),
            library=FakeLibrary([a_hit(PASSAGE, 0.8)]),
            policies=policies,
            embedder=FakeEmbedder(),
            sync=lambda account, name=None: None,
            product_version="test",
            parties={PARTY: ZendeskParty(db)},
            max_attempts=3,
        )
        enqueued: list[str] = []
        app = Flask("test")
        app.register_blueprint(make_webhooks(db, lambda _, item: enqueued.append(item), [ZendeskInbound()]))
        desk = Desk(db, account, zendesk, tools, app.test_client(), enqueued)
        desk.connect()
        yield desk


def created(ticket: int, **more: Any) -> dict[str, Any]:
    """A `ticket.created` event."""
    return event("ticket.created", ticket, {}, **more)


def commented(ticket: int, comment: int, *, staff: bool = False, public: bool = True, **more: Any) -> dict[str, Any]:
    """A `ticket.comment_added` event."""
    author = {"id": "77", "is_staff": staff, "name": "Robin Example"}
    said = {"id": str(comment), "body": "hello", "html_body": "<p>hello</p>", "is_public": public, "author": author}
    return event("ticket.comment_added", ticket, {"comment": said}, **more)


def event(name: str, ticket: int, what: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    """A native event of schema 2022-11-06."""
    detail = {"id": str(ticket), "status": "OPEN", "priority": None, "tags": None, "is_public": True}
    return {
        "account_id": ACCOUNT_ID,
        "detail": detail,
        "event": dict(what),
        "id": new_id(),
        "subject": f"zen:ticket:{ticket}",
        "time": "2026-03-02T09:00:00.123456789Z",
        "type": f"zen:event-type:{name}",
        "zendesk_event_version": "2022-11-06",
        **more,
    }


def a_delivery(ticket: int | str, kind: DeliveryKind = DeliveryKind.REPLY, **more: Any) -> Delivery:
    """A delivery under way."""
    given = {"id": new_id(), "account": "a", "channel": "zendesk", "message_id": "m", "run_id": None, **more}
    return Delivery(ticket_id=str(ticket), kind=kind, key="k", state=DeliveryState.SENDING, **given)


def an_answer(newest: str | None = None, **more: Any) -> Outgoing:
    """A reply without sources."""
    return Outgoing("Please click on the link.", newest_message_id=newest, **more)


def wanted(ticket: Ticket, kind: DeliveryKind = DeliveryKind.REPLY) -> StillWanted:
    """The last look as the product has it: nothing has happened since the ticket was read."""
    return lambda now: stop_before_send(now, ticket.messages[-1].id, kind, NO_RECORD) is None


def asked(desk: Desk, body: str = QUESTION) -> int:
    """A ticket that came in by webhook."""
    number = desk.zendesk.new_ticket("Password", body)
    assert desk.post(created(number)) == 202
    return number


def planned(desk: Desk, number: int) -> list[str]:
    """What the ticket's item leads to."""
    return [each for item in desk.items(number) for each in desk.think(item.id)]
