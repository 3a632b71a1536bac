"""A desk's time, moved by hand: nobody sleeps. What the clock of the database would say later, its rows say now."""

from dataclasses import dataclass

from sqlalchemy import text

from tests.integration.zendesk_house import Desk
from workers.parties import notices, standing
from workers.parties.waiting import probe_party

MOMENTS = {
    "inbox_items": ("received_at", "not_before", "enqueued_at", "lease_until", "waits_since", "parked_at"),
    "deliveries": ("created_at", "not_before", "enqueued_at", "lease_until", "waits_since", "told_at"),
    "parties": ("since", "next_probe_at", "probe_until", "told_at", "told_late_at"),
    "connections": ("blocked_until",),
}
"""Every moment that decides when something happens; all become earlier."""

DUE = """
    SELECT id FROM {table} WHERE (state = 'waiting' AND not_before <= now())
    OR (state IN ('claimed', 'sending') AND lease_until < now()) ORDER BY not_before, id
"""


@dataclass
class Clock:
    """Moves a desk's time on, and does what the sweeper and the workers do meanwhile."""

    desk: Desk

    def tick(self, seconds: float = 5.0) -> None:
        """So much later, and one sweep."""
        self._move(seconds)
        self.sweep()

    def run(self, seconds: float, step: float = 5.0) -> None:
        """So many seconds, a sweep every five or so."""
        for _ in range(round(seconds / step)):
            self.tick(step)

    def sweep(self) -> None:
        """What the sweeper enqueues is worked on at once."""
        self.desk.enqueued.clear()
        for due in standing.due_probes(self.desk.db):
            if due.account == self.desk.account:
                probe_party(self.desk.tools, due.account, due.party)
                notices.send_notices(self.desk.tools, due.account)
        if self.desk.account in {each.account for each in notices.accounts_with_notices(self.desk.db)}:
            notices.note_instead_of_alert(self.desk.tools, self.desk.account)
        for item in self._due("inbox_items"):
            self.desk.send(self.desk.think(item))
        self.desk.send(self._due("deliveries"))

    def _due(self, table: str) -> list[str]:
        with self.desk.db.account(self.desk.account) as tx:
            return [str(each) for each in tx.execute(text(DUE.format(table=table))).scalars()]

    def _move(self, seconds: float) -> None:
        with self.desk.db.account(self.desk.account) as tx:
            for table, columns in MOMENTS.items():
                moved = ", ".join(f"{each} = {each} - make_interval(secs => :seconds)" for each in columns)
                tx.execute(text(f"UPDATE {table} SET {moved}"), {"seconds": seconds})
