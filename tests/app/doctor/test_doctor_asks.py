"""The doctor asks instead of assuming: outside parties, the web server, beat, what waits. All are real servers."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from pydantic import BaseModel, SecretStr
from sqlalchemy import text
from werkzeug.serving import make_server

from app.database import make_database
from app.doctor import connections, processes, queues
from app.doctor.diagnose import examine
from app.embedded.redis import EmbeddedRedis
from app.processes.web import make_app
from desk.delivery import DeliveryKind
from desk.health_check import HealthCheck, HealthState
from desk.platform.database import Database
from desk.platform.encryption import new_key
from desk.platform.settings import Settings
from desk.ports import Outgoing
from desk.ticket import Event, EventKind, TicketState
from integration.connections import load_connection, save_connection
from integration.slack.client import SlackConnection
from integration.zendesk.api.connection import ZendeskConnection
from integration.zendesk.sidebar.package import build_app, read_manifest
from tests.app.conftest import Command, use
from tests.integration.zendesk_house import connection
from tests.json_answers import json_of
from tests.lookalikes.claude import Claude
from tests.lookalikes.slack import CHANNEL, Slack
from tests.lookalikes.slack import TOKEN as SLACK_TOKEN
from tests.lookalikes.zendesk import EMAIL, TOKEN, Zendesk
from workers import record
from workers.queue import heartbeats, inbox, outbox
from workers.queue.outbox import PlannedDelivery

pytestmark = pytest.mark.loopback


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """No worker runs, so nobody is waited for."""
    monkeypatch.setattr(processes, "WORKER_SECONDS", 0.05)


@pytest.fixture
def well(migrated: Settings, redis_server: EmbeddedRedis) -> Settings:
    """An installation whose servers are all there."""
    return migrated.model_copy(update={"redis_url": SecretStr(redis_server.url), "port": 1})


@pytest.fixture
def db(well: Settings) -> Iterator[Database]:
    """Its database."""
    made = make_database(well)
    yield made
    made.close()


@pytest.fixture
def zendesk() -> Iterator[Zendesk]:
    """A Zendesk account."""
    with Zendesk() as party:
        yield party


@pytest.fixture
def slack() -> Iterator[Slack]:
    """A Slack workspace."""
    with Slack() as party:
        yield party


Party = Callable[[Zendesk], dict[str, Any]]


def look(settings: Settings) -> dict[str, HealthCheck]:
    """What the doctor finds, by name."""
    return {check.name: check for check in examine(settings)}


def connected(db: Database, party: str, config: BaseModel) -> None:
    """Connect the account."""
    with db.account("main") as tx:
        save_connection(tx, party, config)


def to_slack(slack: Slack, **more: Any) -> SlackConnection:
    """A connection to the look-alike."""
    given = {"bot_token": SLACK_TOKEN, "channel_id": CHANNEL, "base_url": slack.base_url, **more}
    return SlackConnection(**given)


# --- Zendesk


def test_zendesk_is_asked_who_we_are_and_what_we_may_do(well: Settings, db: Database, zendesk: Zendesk) -> None:
    connected(db, "zendesk", connection(zendesk))
    check = look(well)["zendesk of main"]
    assert (check.state, check.what) == (HealthState.FINE, f"{EMAIL} (admin) at {zendesk.url}")
    assert {request.path for request in zendesk.requests} == {
        "/api/v2/users/me.json",
        "/api/v2/incremental/tickets/cursor.json",
    }


def test_credentials_that_zendesk_answers_as_an_anonymous_user_are_wrong(
    well: Settings, db: Database, zendesk: Zendesk
) -> None:
    connected(db, "zendesk", connection(zendesk, api_token="not-the-token"))
    found = look(well)
    assert found["zendesk of main"].state is HealthState.WRONG
    assert "does not know this address and token" in found["zendesk of main"].what
    assert "not-the-token" not in str(found)
    assert TOKEN not in str(found)


@pytest.mark.parametrize(
    ("user", "words"),
    [
        ({"role": "end-user"}, "may not answer tickets"),
        ({"role": "agent", "ticket_restriction": "groups"}, "sees only some tickets (groups)"),
    ],
)
def test_a_zendesk_user_who_may_too_little_is_wrong(
    well: Settings, db: Database, zendesk: Zendesk, user: dict[str, str], words: str
) -> None:
    zendesk.agent.update(user)
    connected(db, "zendesk", connection(zendesk))
    check = look(well)["zendesk of main"]
    assert (check.state, words in check.what) == (HealthState.WRONG, True), check


def test_an_agent_who_may_not_export_cannot_catch_up(well: Settings, db: Database, zendesk: Zendesk) -> None:
    zendesk.fail(path="incremental", status=403)
    connected(db, "zendesk", connection(zendesk))
    check = look(well)["zendesk of main"]
    assert (check.state, "catch-up does not work" in check.what) == (HealthState.WRONG, True)


def test_a_service_user_that_is_not_the_tokens_is_wrong(well: Settings, db: Database, zendesk: Zendesk) -> None:
    connected(db, "zendesk", connection(zendesk, service_user_id="4711"))
    check = look(well)["zendesk of main"]
    assert (check.state, "not 4711" in check.what) == (HealthState.WRONG, True)


def test_a_rate_limit_that_the_doctor_meets_silences_nobody(well: Settings, db: Database, zendesk: Zendesk) -> None:
    connected(db, "zendesk", connection(zendesk))
    zendesk.fail(path="users/me", status=429, headers={"Retry-After": "90"})
    check = look(well)["zendesk of main"]
    assert (check.state, "more in 90 s" in check.what) == (HealthState.MISSING, True)
    with db.account("main") as tx:
        known = load_connection(tx, "zendesk", ZendeskConnection)
    assert known
    assert known.blocked_until is None


def test_a_zendesk_that_is_away_or_in_trouble_is_wrong_and_says_that_work_waits(
    well: Settings, db: Database, zendesk: Zendesk
) -> None:
    connected(db, "zendesk", connection(zendesk))
    zendesk.fail(path=".*", status=503)
    assert "(503)" in look(well)["zendesk of main"].what
    connected(db, "zendesk", connection(zendesk, base_url="http://127.0.0.1:1"))
    check = look(well)["zendesk of main"]
    assert (check.state, "no answer from Zendesk" in check.what) == (HealthState.WRONG, True)


def test_the_webhooks_last_event_is_told_and_a_silent_one_is_known_by_what_was_found_without_it(
    well: Settings, db: Database, zendesk: Zendesk
) -> None:
    def event(external_id: str) -> None:
        with db.account("main") as tx:
            inbox.add_event(tx, "zendesk", Event(EventKind.CUSTOMER_MESSAGE, external_id, "7", external_id), "{}")

    connected(db, "zendesk", connection(zendesk, webhook_secrets=[]))
    assert look(well)["webhook of main"].state is HealthState.MISSING
    connected(db, "zendesk", connection(zendesk))
    assert look(well)["webhook of main"].what == "has never called"
    event("01JEVENT")
    with db.account("main") as tx:
        tx.execute(text("UPDATE inbox_items SET received_at = now() - interval '3 hours'"))
    assert look(well)["webhook of main"].what == "last event 3 h ago"
    event("comment:8")
    check = look(well)["webhook of main"]
    assert check.state is HealthState.WRONG
    assert check.what == "last event 3 h ago; 1 messages since then had to be found by catch-up"


def test_the_app_is_looked_for_with_its_version(well: Settings, db: Database, zendesk: Zendesk) -> None:
    name, apps = "sidebar app of main", zendesk.setup.apps
    connected(db, "zendesk", connection(zendesk))
    assert look(well)[name].state is HealthState.FINE
    assert look(well)[name].what.startswith("not installed: agents work in the console")
    app = apps.upload_by_hand(build_app())
    number = apps.install_by_hand(app, address="firstline.example", account="main")
    key = apps.public_key(app)
    connected(db, "zendesk", connection(zendesk, app_public_key=key, app_installation_id=number))
    version = read_manifest()["version"]
    assert (look(well)[name].state, look(well)[name].what) == (HealthState.FINE, f"version {version} is installed")
    apps.rows[app]["version"] = "0.0.1"
    assert look(well)[name].what == f"version 0.0.1 is installed, and {version} is here"
    apps.installations[number]["enabled"] = False
    assert (look(well)[name].state, "switched off" in look(well)[name].what) == (HealthState.MISSING, True)
    apps.installations.clear()
    assert look(well)[name].what == f"installation {number} is gone from Zendesk"
    zendesk.fail(path="apps/installations", status=503, times=9)
    assert look(well)[name].state is HealthState.WRONG


# --- Slack and Claude


def test_slack_is_asked_who_we_are_and_whether_we_may_post_and_read(well: Settings, db: Database, slack: Slack) -> None:
    connected(db, "slack", to_slack(slack))
    check = look(well)["slack of main"]
    assert check.state is HealthState.FINE
    assert check.what == f"firstline in Example; may read and post in {CHANNEL}"
    assert not slack.effects("message")
    slack.scopes = {"channels:history"}
    assert "lacks the scope chat:write" in look(well)["slack of main"].what


def test_a_slack_channel_without_us_a_token_that_is_none_and_an_outage_are_wrong(
    well: Settings, db: Database, slack: Slack
) -> None:
    connected(db, "slack", to_slack(slack, bot_token="xoxb-else"))
    found = look(well)
    assert "invalid_auth" in found["slack of main"].what
    assert "xoxb-else" not in str(found)
    connected(db, "slack", to_slack(slack, channel_id="C0NOWHERE"))
    assert "channel_not_found" in look(well)["slack of main"].what
    connected(db, "slack", to_slack(slack, base_url="http://127.0.0.1:1/api/"))
    check = look(well)["slack of main"]
    assert (check.state, "alerts wait" in check.remedy) == (HealthState.WRONG, True)


def test_claude_is_asked_for_its_models_and_no_message_is_paid(well: Settings) -> None:
    assert "claude" not in look(well)
    with Claude() as claude:
        given = {"anthropic_api_key": SecretStr("sk-good"), "anthropic_base_url": claude.url}
        there = well.model_copy(update=given)
        check = look(there)["claude"]
        assert (check.state, "claude-haiku-5-5, claude-sonnet-5-5" in check.what) == (HealthState.FINE, True)
        assert claude.messages == []
        revoked = look(there.model_copy(update={"anthropic_api_key": SecretStr("sk-revoked")}))
        assert "does not know the key" in revoked["claude"].what
        assert "sk-revoked" not in str(revoked)
        assert look(there.model_copy(update={"draft_model": "gpt"}))["claude"].state is HealthState.MISSING
    assert look(there)["claude"].state is HealthState.WRONG


def test_a_party_that_never_answers_does_not_hold_the_others_up(
    well: Settings, db: Database, zendesk: Zendesk, slack: Slack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "PARTY_SECONDS", 3.0)
    connected(db, "zendesk", connection(zendesk))
    connected(db, "slack", to_slack(slack))
    zendesk.fail(path="users/me", status=200, slow=4.0)
    found = look(well)
    assert found["zendesk of main"].what == "no answer within 3 s"
    assert "webhook of main" in found
    assert found["slack of main"].state is HealthState.FINE
    assert "parked of main" in found


# --- The web server and beat


@contextmanager
def served(settings: Settings, version: str | None = None) -> Iterator[int]:
    """The web application of an installation; its port."""
    db = make_database(settings)
    app = make_app(settings, db)
    if version:
        told = {"version": version, "installation": json_of(app.test_client().get("/health"))["installation"]}
        app.view_functions["api.health"] = lambda: (json.dumps(told), 200)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        db.close()


def test_the_server_of_another_installation_is_not_taken_for_ours(
    well: Settings, shared: Settings, redis_server: EmbeddedRedis
) -> None:
    with served(well) as port:
        assert look(well.model_copy(update={"port": port}))["web"].state is HealthState.FINE
    with served(shared.model_copy(update={"redis_url": SecretStr(redis_server.url)})) as port:
        check = look(well.model_copy(update={"port": port}))["web"]
    assert (check.state, "another installation" in check.what) == (HealthState.WRONG, True)


def test_a_server_that_was_not_restarted_after_an_upgrade_is_wrong(well: Settings) -> None:
    with served(well, version="0.0.1") as port:
        check = look(well.model_copy(update={"port": port}))["web"]
    assert (check.state, "runs version 0.0.1" in check.what) == (HealthState.WRONG, True)


def test_beat_is_known_by_its_last_beat(well: Settings, db: Database, firstline: Command) -> None:
    heartbeats.record_heartbeat(db, heartbeats.BEAT)
    assert look(well)["beat"].state is HealthState.FINE
    assert well.database_owner_url
    owner = make_database(well.model_copy(update={"database_url": well.database_owner_url}))
    with owner.across() as connection:
        connection.execute(text("UPDATE heartbeats SET beat_at = now() - interval '10 minutes'"))
    owner.close()
    check = look(well)["beat"]
    assert (check.state, check.what) == (HealthState.STOPPED, "the last beat was 10 min ago")


# --- The work


def came(db: Database, number: int) -> str:
    """A message that waits."""
    with db.account("main") as tx:
        item = inbox.add_event(
            tx, "api", Event(EventKind.CUSTOMER_MESSAGE, f"e{number}", f"t{number}", f"m{number}"), "{}"
        )
    assert item
    return item


def test_a_queue_that_nobody_takes_from_is_wrong_and_one_that_has_just_filled_is_fine(
    well: Settings, db: Database
) -> None:
    came(db, 1)
    assert look(well)["queue answer of main"].what.startswith("1 waiting, the oldest for")
    assert look(well)["queue answer of main"].state is HealthState.FINE
    with db.account("main") as tx:
        long_ago = "now() - interval '10 minutes'"
        tx.execute(text(f"UPDATE inbox_items SET received_at = {long_ago}, not_before = {long_ago}"))
    check = look(well)["queue answer of main"]
    assert check.state is HealthState.WRONG
    assert check.what == "1 waiting, the oldest for 10 min; nobody has taken it up for 10 min"


def test_what_is_tried_again_is_missing_at_first_and_wrong_when_it_lasts(well: Settings, db: Database) -> None:
    came(db, 1)
    with db.account("main") as tx:
        tx.execute(text("UPDATE inbox_items SET error = 'Temporary: busy', not_before = now() + interval '1 minute'"))
    check = look(well)["queue answer of main"]
    assert (check.state, check.what.endswith(": Temporary: busy")) == (HealthState.MISSING, True)
    with db.account("main") as tx:
        tx.execute(text("UPDATE inbox_items SET received_at = now() - interval '1 hour'"))
    assert look(well)["queue answer of main"].state is HealthState.WRONG


def test_alerts_that_wait_and_deliveries_that_failed_or_are_unknown_are_wrong(well: Settings, db: Database) -> None:
    with db.account("main") as tx:
        kinds = (DeliveryKind.ALERT, DeliveryKind.NOTE, DeliveryKind.REPLY)
        effects = [PlannedDelivery("api", "t1", "m1", kind, Outgoing("x")) for kind in kinds]
        _, note, reply = outbox.plan_deliveries(tx, effects, None, None)
        tx.execute(
            text("UPDATE deliveries SET state = 'failed', reason = 'Permanent: no' WHERE id = :id"), {"id": note}
        )
        tx.execute(text("UPDATE deliveries SET state = 'unknown' WHERE id = :id"), {"id": reply})
        again = "SET reason = 'Temporary: Slack is out', created_at = now() - interval '2 minutes'"
        tx.execute(text(f"UPDATE deliveries {again} WHERE kind = 'alert'"))
    found = look(well)
    names = ("alerts of main", "failed deliveries of main", "unknown deliveries of main")
    assert [found[name].state for name in names] == [HealthState.WRONG] * 3
    assert "Slack is out" in found["alerts of main"].what
    assert "Permanent: no" in found["failed deliveries of main"].what
    assert "deliveries of main" not in found
    with db.account("main") as tx:
        tx.execute(text("UPDATE deliveries SET state = 'failed' WHERE kind = 'alert'"))
    assert "nobody was told" in look(well)["failed alerts of main"].remedy


def test_parked_items_are_wrong_until_people_have_taken_them_up(well: Settings, db: Database) -> None:
    for number in (1, 2):
        item = came(db, number)
        with db.account("main") as tx:
            held = inbox.claim_item(tx, item, "w1", 60)
            assert held
            inbox.park_item(tx, held, "Permanent: it is closed")
            record.set_ticket_state(tx, "api", f"t{number}", TicketState.PARKED)
    check = look(well)["parked of main"]
    assert (check.state, "2 wait for a person" in check.what) == (HealthState.WRONG, True)
    assert "firstline replay --all" in check.remedy
    with db.account("main") as tx:
        record.set_ticket_state(tx, "api", "t1", TicketState.STEPPED_BACK)
        record.set_ticket_state(tx, "api", "t2", TicketState.STEPPED_BACK)
    assert look(well)["parked of main"].state is HealthState.MISSING


def test_keys_are_tried_on_events_runs_deliveries_and_connections(
    well: Settings, db: Database, zendesk: Zendesk
) -> None:
    connected(db, "zendesk", connection(zendesk))
    other = well.model_copy(update={"keys": SecretStr(new_key())})
    found = look(other)
    assert found["keys of main"].what == "none opens the oldest connection"
    assert found["zendesk of main"].state is HealthState.WRONG
    came(db, 1)
    assert look(other)["keys of main"].what == "none opens the oldest event"
    assert look(well)["keys of main"].state is HealthState.FINE


def test_the_exit_code_puts_what_is_wrong_before_what_is_stopped(
    well: Settings, db: Database, firstline: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(monkeypatch, well)
    said = firstline("doctor")
    assert (said.code, "wrong" in said.out) == (2, False)
    came(db, 1)
    with db.account("main") as tx:
        tx.execute(text("UPDATE inbox_items SET not_before = now() - interval '1 hour'"))
    said = firstline("doctor")
    assert said.code == 1
    assert "\nwrong    queue answer of main: " in said.out
    assert len(said.out.splitlines()) < 25
    heartbeats.record_heartbeat(db, heartbeats.BEAT)
    monkeypatch.setattr("app.cli.doctor.diagnose", lambda: [HealthCheck("x", HealthState.FINE, "it is")])
    said = firstline("doctor")
    assert (said.code, said.out.splitlines()[-1]) == (0, "All is fine.")


def test_words_of_reasons_cannot_steer_the_terminal_and_are_short() -> None:
    assert queues._one_line("a\x1b[31m\nb" + "c" * 500).startswith("a")
    assert "\x1b" not in queues._one_line("a\x1b[31mb")
    assert len(queues._one_line("c" * 500)) == 160
