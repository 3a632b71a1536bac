"""A fake of `desk.ports.Alerts` that remembers. The contract in `test_alerts.py` holds it to the port."""

from dataclasses import dataclass, field

from desk.delivery import Delivery
from desk.ports import Alert


@dataclass(slots=True)
class RememberedAlerts:
    """Alerts in a list. `failures` are raised one by one, before anything is told."""

    name: str = "remembered"
    accounts: set[str] = field(default_factory=set)
    told: list[tuple[Alert, Delivery]] = field(default_factory=list)
    failures: list[Exception] = field(default_factory=list)

    def ready(self, account: str) -> bool:
        """Set up for the accounts given."""
        return account in self.accounts

    def quiet(self, account: str) -> float:
        """Never."""
        return 0.0

    def post(self, alert: Alert, delivery: Delivery) -> str:
        """Remember it; its place in the list is its id."""
        if self.failures:
            raise self.failures.pop(0)
        self.told.append((alert, delivery))
        return f"told:{len(self.told)}"

    def update(self, alert: Alert, delivery: Delivery, foreign_id: str) -> str:
        """Say something else in the same place."""
        self.told[int(foreign_id.removeprefix("told:")) - 1] = (alert, delivery)
        return foreign_id

    def find_delivery(self, alert: Alert, delivery: Delivery) -> str | None:
        """The place of the delivery in the list."""
        places = (place for place, (_, told) in enumerate(self.told, 1) if told.id == delivery.id)
        return next((f"told:{place}" for place in places), None)
