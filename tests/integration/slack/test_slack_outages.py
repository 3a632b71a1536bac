"""Slack goes away, in every way it can, for a minute and for ten: every alert arrives once, and none is silent."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest

from desk.delivery import DeliveryKind, DeliveryState
from desk.party import PartyState
from desk.ticket import TicketState
from integration.slack import probe as slack_party
from integration.slack.alerts import SlackAlerts
from integration.slack.probe import SlackParty
from tests.integration.clock import Clock
from tests.integration.slack_channel import connect_slack
from tests.integration.zendesk.test_zendesk_outages import ALWAYS, MANY, asks, away, commented_on
from tests.integration.zendesk_house import Desk
from tests.lookalikes.slack import TOKEN, Slack
from workers.parties.notices import ALERT_TAG

pytestmark = pytest.mark.loopback

HUMAN = "Let me talk to a human please"
URGENT = "I will end my life"
AWAY: dict[str, dict[str, Any]] = {
    "refused": {"cut": "before"},
    "hanging": {"status": 200, "slow": 1.2},
    "503": {"status": 503, "body": "<html>Service Unavailable</html>"},
    "429 for long": {"status": 429, "body": "", "headers": {"Retry-After": "90"}},
    "429 again and again": {"status": 429, "body": "", "headers": {"Retry-After": "5"}},
    "token revoked": {"status": 200, "body": '{"ok": false, "error": "token_revoked"}'},
}


@dataclass
class Office:
    """A desk whose escalations go to Slack."""

    desk: Desk
    slack: Slack
    clock: Clock

    def alerts(self) -> Counter[str]:
        """How many messages each ticket has in Slack; notices are under the empty name."""
        return Counter(each["metadata"]["event_payload"]["ticket"] for each in self.slack.effects("message"))

    def told_by_note(self, number: int) -> int:
        return sum("could not be posted" in note["body"] for note in self.desk.zendesk.notes(number))


@pytest.fixture
def office(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    monkeypatch.setattr(slack_party, "TIMEOUT_SECONDS", 1)
    with Slack() as slack:
        connect_slack(desk.db, desk.account, slack.base_url)
        alerts = SlackAlerts(desk.db, timeout=1)
        parties = {**desk.tools.parties, "slack": SlackParty(desk.db)}
        desk.tools = replace(desk.tools, alerts=alerts, parties=parties)
        yield Office(desk, slack, Clock(desk))


@pytest.mark.parametrize("seconds", [60, 600])
@pytest.mark.parametrize("how", list(AWAY))
def test_every_alert_of_an_outage_arrives_once_soon_after_it(office: Office, how: str, seconds: int) -> None:
    desk, clock = office.desk, office.clock
    office.slack.fail(times=ALWAYS, **AWAY[how])
    first, numbers = asks(desk, 3, HUMAN), list[int]()
    clock.tick()
    for number in range(9):
        numbers += asks(desk, 3 if (how, seconds) == MANY else number % 2, HUMAN)
        clock.run(seconds / 9, step=seconds / 18)
    assert office.slack.effects("message") == []
    state = PartyState.BROKEN if how == "token revoked" else PartyState.WAITING
    assert away(desk) == ({} if how == "429 again and again" else {"slack write": state})
    assert {desk.state(number) for number in first + numbers} == {TicketState.ESCALATED}, "the walk itself went on"
    office.slack.faults.clear()
    clock.run(120, step=15)
    assert office.alerts() == {str(number): 1 for number in first + numbers}
    told = [office.told_by_note(number) for number in first]
    assert told == [0 if seconds == 60 else 1] * 3, "who waited for five minutes was told of by a note"


def test_an_urgent_alert_is_told_by_a_note_within_seconds_and_again_by_slack_when_it_is_back(office: Office) -> None:
    office.slack.fail(times=ALWAYS, **AWAY["503"])
    [urgent] = asks(office.desk, 1, URGENT)
    [other] = asks(office.desk, 1, HUMAN)
    office.clock.run(10)
    assert (office.told_by_note(urgent), office.told_by_note(other)) == (1, 0)
    office.slack.faults.clear()
    office.clock.run(120)
    assert office.alerts() == {str(urgent): 1, str(other): 1}
    assert office.told_by_note(urgent) == 1


def test_the_note_in_place_of_an_alert_has_a_tag_to_be_found_by(office: Office) -> None:
    office.slack.fail(times=ALWAYS, **AWAY["503"])
    [urgent] = asks(office.desk, 1, URGENT)
    office.clock.run(10)
    assert ALERT_TAG in office.desk.zendesk.ticket(urgent)["tags"]


def test_a_message_that_slack_took_and_did_not_answer_is_not_posted_twice(office: Office) -> None:
    office.slack.fail(path="chat.postMessage", times=1, cut="after")
    office.slack.fail(times=20, status=503)
    [number] = asks(office.desk, 1, HUMAN)
    office.clock.run(120)
    office.slack.faults.clear()
    office.clock.run(120)
    assert office.alerts() == {str(number): 1}


def test_slack_away_for_a_day_loses_nothing(office: Office) -> None:
    office.slack.fail(times=ALWAYS, **AWAY["503"])
    numbers = asks(office.desk, 3, HUMAN)
    for _ in range(25):
        office.clock.tick(3600)
        office.clock.tick()
    assert [office.told_by_note(number) for number in numbers] == [1, 1, 1]
    office.slack.faults.clear()
    office.clock.run(120)
    assert office.alerts() == {str(number): 1 for number in numbers}


def test_zendesk_away_is_told_in_slack_once_after_a_quarter_of_an_hour_and_after_a_day(office: Office) -> None:
    office.desk.zendesk.fail(times=ALWAYS, status=503)
    numbers = asks(office.desk, 3)
    office.clock.run(600, step=30)
    assert office.alerts() == {}
    office.clock.run(600, step=30)
    assert office.alerts() == {"": 1}
    for _ in range(25):
        office.clock.tick(3600)
        office.clock.tick()
    assert office.alerts() == {"": 2}
    listed = office.slack.effects("message")[-1]["blocks"]
    assert f"zendesk tickets {', '.join(map(str, numbers))}" in str(listed)
    office.desk.zendesk.faults.clear()
    office.clock.run(120)
    assert [office.desk.replies(number) for number in numbers] == [1, 1, 1], "after a day too"


def test_an_urgent_message_while_zendesk_is_away_is_told_in_slack_at_once_and_once(office: Office) -> None:
    office.desk.zendesk.fail(times=ALWAYS, status=503)
    number = commented_on(office.desk, URGENT)
    office.clock.run(300, step=30)
    assert office.alerts() == {str(number): 1}
    office.desk.zendesk.faults.clear()
    office.clock.run(120)
    assert office.alerts() == {str(number): 1}, "and is made fuller when it can be read"
    assert URGENT in str(office.slack.messages()[-1]["blocks"])
    assert (DeliveryKind.ALERT, DeliveryState.SENT, None) in office.desk.deliveries(number)


def test_both_away_and_back_leaves_one_alert_and_one_note_each(office: Office) -> None:
    for party in (office.desk.zendesk, office.slack):
        party.fail(times=ALWAYS, status=503)
    numbers = [commented_on(office.desk, URGENT), commented_on(office.desk, HUMAN)]
    office.clock.run(900, step=30)
    for party in (office.desk.zendesk, office.slack):
        party.faults.clear()
    office.clock.run(180)
    alerts = office.alerts()
    assert alerts.pop("", 0) <= 1, "Slack may be back before Zendesk, and is told"
    assert alerts == {str(number): 1 for number in numbers}
    assert [len(office.desk.zendesk.notes(number)) for number in numbers] == [1, 1]
    assert away(office.desk) == {}


def test_a_workspace_that_gets_a_new_token_goes_on_at_the_next_sweep(office: Office) -> None:
    office.slack.revoked.add(TOKEN)
    numbers = asks(office.desk, 3, HUMAN)
    office.clock.run(60)
    assert away(office.desk) == {"slack write": PartyState.BROKEN}
    office.slack.revoked.clear()
    connect_slack(office.desk.db, office.desk.account, office.slack.base_url)
    office.clock.run(10)
    assert office.alerts() == {str(number): 1 for number in numbers}
