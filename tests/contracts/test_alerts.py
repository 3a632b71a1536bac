"""What every place of alerts must do, held against Slack (a look-alike) and against the fake that other tests use."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import pytest

from desk.delivery import Delivery, DeliveryKind, DeliveryState
from desk.platform.database import Database
from desk.ports import Alert, Alerts, Source
from desk.ticket import new_id
from integration.connections import save_connection
from integration.slack.alerts import SlackAlerts
from integration.slack.client import SlackConnection
from tests.contracts.remembered_alerts import RememberedAlerts
from tests.lookalikes.slack import CHANNEL, TOKEN, Slack

pytestmark = pytest.mark.loopback


@dataclass(frozen=True)
class Place:
    """A place of alerts that one account has set up, and how many it holds."""

    alerts: Alerts
    account: str
    count: Callable[[], int]


def remembered(account: str) -> Iterator[Place]:
    alerts = RememberedAlerts(accounts={account})
    yield Place(alerts, account, lambda: len(alerts.told))


def slack(account: str, database: Database) -> Iterator[Place]:
    with Slack() as party:
        with database.account(account) as tx:
            save_connection(tx, "slack", SlackConnection(bot_token=TOKEN, channel_id=CHANNEL, base_url=party.base_url))
        yield Place(SlackAlerts(database), account, lambda: len(party.messages()))


@pytest.fixture(params=["remembered", "slack"])
def place(request: pytest.FixtureRequest, account: str, database: Database) -> Iterator[Place]:
    yield from remembered(account) if request.param == "remembered" else slack(account, database)


def an_alert(account: str) -> Alert:
    source = Source(1, "Refunds", "https://help.example/refunds", ("Refunds take five days.",), "p1")
    reasons = ("The customer asks for a person",)
    return Alert(account, "api", "t1", "Refund", "Kim", "Where is it?", reasons, "Soon. [1]", (source,), None, None)


def a_delivery(account: str) -> Delivery:
    kind, state = DeliveryKind.ALERT, DeliveryState.SENDING
    return Delivery(new_id(), account, "api", "t1", "m1", None, kind, "api:m1:alert", state)


def test_who_has_not_set_it_up_is_not_ready(place: Place, other_account: str) -> None:
    assert place.alerts.ready(place.account)
    assert not place.alerts.ready(other_account)


def test_what_was_posted_is_found_under_the_id_that_posting_gave(place: Place) -> None:
    alert, delivery = an_alert(place.account), a_delivery(place.account)
    posted = place.alerts.post(alert, delivery)
    assert posted
    assert place.alerts.find_delivery(alert, delivery) == posted
    assert place.count() == 1


def test_what_was_never_posted_is_not_found(place: Place) -> None:
    alert = an_alert(place.account)
    place.alerts.post(alert, a_delivery(place.account))
    assert place.alerts.find_delivery(alert, a_delivery(place.account)) is None


def test_looking_posts_nothing(place: Place) -> None:
    assert place.alerts.find_delivery(an_alert(place.account), a_delivery(place.account)) is None
    assert place.count() == 0


def test_two_deliveries_of_one_ticket_are_kept_apart(place: Place) -> None:
    alert = an_alert(place.account)
    deliveries = [a_delivery(place.account), a_delivery(place.account)]
    posted = [place.alerts.post(alert, each) for each in deliveries]
    assert posted[0] != posted[1]
    assert [place.alerts.find_delivery(alert, each) for each in deliveries] == posted


def test_a_delivery_is_found_whatever_the_alert_says_by_then(place: Place) -> None:
    alert, delivery = an_alert(place.account), a_delivery(place.account)
    posted = place.alerts.post(alert, delivery)
    later = replace(alert, question="And another thing", draft="", sources=())
    assert place.alerts.find_delivery(later, replace(delivery, attempts=2)) == posted


def test_an_alert_that_holds_nothing_is_posted_all_the_same(place: Place) -> None:
    bare = Alert(place.account, "", "", "", "", "", (), "", (), None, None)
    assert place.alerts.post(bare, a_delivery(place.account))
    assert place.count() == 1


def test_it_has_a_name(place: Place) -> None:
    assert place.alerts.name


def test_an_alert_that_is_added_to_stays_one(place: Place) -> None:
    alert, delivery = an_alert(place.account), a_delivery(place.account)
    posted = place.alerts.post(alert, delivery)
    assert place.alerts.update(replace(alert, question="Where is it? And the other?"), delivery, posted) == posted
    assert place.count() == 1
    assert place.alerts.find_delivery(alert, delivery) == posted
