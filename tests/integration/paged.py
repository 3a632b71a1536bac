"""The pages of one account in a Flask app of their own, with an enqueue that remembers."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from flask import Flask
from flask.testing import FlaskClient

from desk.errors import Temporary
from desk.platform.database import Database
from desk.run import Action
from integration.access import sign_in
from integration.access.oidc.flow import OidcSignIn
from integration.access.permissions import StaffRole
from integration.console.blueprint import make_console
from integration.console.door import COOKIE
from integration.form.blueprint import make_form
from integration.form.examples import ExampleTicket
from integration.provider import Provider
from integration.web.layout import make_pages
from tests.fakes import FakeEmbedder

EXAMPLES = (
    ExampleTicket(
        name="Answered", subject="Refund", description="When does it come?", ends=Action.AUTO_REPLY, shows="A quote."
    ),
    ExampleTicket(
        name="A person", subject="Call me", description="A human, please.", ends=Action.ESCALATE, shows="It was asked."
    ),
)


@dataclass
class Queue:
    """Remembers what was enqueued; `away` makes it fail as a lost broker does."""

    items: list[tuple[str, str]] = field(default_factory=list)
    away: bool = False

    def __call__(self, account: str, item_id: str) -> None:
        """As the real one."""
        if self.away:
            raise Temporary("the broker did not answer")
        self.items.append((account, item_id))


def make_app(
    database: Database,
    account: str,
    queue: Queue,
    providers: Sequence[Provider] = (),
    oidc: OidcSignIn | None = None,
) -> Flask:
    """All pages, the demo's too. `providers` may be connected; by `oidc` staff may sign in."""
    app = Flask("paged", static_folder=None)
    app.testing = True
    app.config["MAX_CONTENT_LENGTH"] = 1_048_576
    app.register_blueprint(make_pages("9.9.9"))
    app.register_blueprint(make_form(database, queue, account, EXAMPLES))
    console = make_console(
        database,
        queue,
        lambda account: FakeEmbedder(dimensions=384),
        queue,
        enqueue_act=queue,
        providers=providers,
        base_url=lambda: "http://127.0.0.1:1",
        oidc=oidc,
    )
    app.register_blueprint(console)
    return app


def signed_in(app: Flask, database: Database, account: str, role: StaffRole = StaffRole.ADMIN) -> FlaskClient:
    """A browser of somebody with this role."""
    email = f"{role}@firstline.example"
    with database.account(account) as tx:
        sign_in.add_user(tx, email, role)
    cookie = sign_in.redeem(database, sign_in.new_sign_in_link(database, account, email))
    assert cookie is not None
    client = app.test_client()
    client.set_cookie(COOKIE, cookie)
    return client


def csrf(client: FlaskClient) -> str:
    """The token in the console's forms, as any page shows it."""
    found = re.search(r'name="csrf" value="([^"]+)"', client.get("/console/tickets").text)
    assert found is not None
    return found[1]
