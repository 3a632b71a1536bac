"""The sidebar app as it stands in a Zendesk: which of the account's apps is ours, and how it is installed.

docs/decisions/zendesk-app.md says what of Zendesk's answers is known from where.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from integration.resources import Ledger
from integration.zendesk.api.app_models import AppRow, InstallationRow, Installations, OwnedApps
from integration.zendesk.setup.visit import ZendeskVisit
from integration.zendesk.sidebar.package import read_manifest

APP = "app"
"""The app's kind in our own records."""
BY_HAND = "docs/zendesk.md says how to upload it by hand"
MEANWHILE = "until then agents work in the console, and by orders in internal notes"


@dataclass
class SidebarApp:
    """What all steps of the app share. `row` and `installation` are what they found or made."""

    visit: ZendeskVisit
    ledger: Ledger
    settings: dict[str, str]
    """What it is installed with."""
    row: AppRow | None = field(default=None)
    our_ids: set[str] = field(default_factory=set)
    """Of all apps that we made: two runs at once may have made two."""
    installation: InstallationRow | None = field(default=None)

    def look(self, known_id: str | None) -> AppRow | None:
        """Ours, by the id that is remembered or by our mark; else one that an admin uploaded, unless it serves another
        Firstline."""
        with self.explained():
            rows = self.visit.client.show("apps/owned.json", OwnedApps).apps
        ours = sorted((row for row in rows if self.is_ours(row, known_id)), key=lambda row: row.id != known_id)
        self.our_ids = {row.id for row in ours}
        self.row = next((row for row in (*ours, *filter(self._is_usable, rows))), None)
        return self.row

    def looked_for(self) -> AppRow | None:
        """The same, unless it is known by now."""
        return self.row or self.look(self.ledger.recall(APP))

    def is_ours(self, row: AppRow, known_id: str | None = None) -> bool:
        """Did we make it?"""
        return row.id == (known_id or self.ledger.recall(APP)) or self.visit.is_marked(row.short_description)

    def installations(self) -> list[InstallationRow]:
        """Of all apps of the account."""
        with self.explained():
            return self.visit.client.show("apps/installations.json", Installations).installations

    def public_key(self, app_id: str) -> str:
        """The app's, as PEM; whether it comes as it is or as JSON."""
        with self.explained():
            text = self.visit.client.text(f"apps/{app_id}/public_key.pem")
        with suppress(ValueError):
            text = str(json.loads(text))
        return text.strip()

    def has_our_settings(self, installation: InstallationRow) -> bool:
        """Does it open our page?"""
        return all(installation.settings.get(name) == value for name, value in self._addressing.items())

    @contextmanager
    def explained(self, remedy: str = BY_HAND) -> Iterator[None]:
        """What Zendesk refuses of apps, as StepRefused."""
        with self.visit.explained("private apps", remedy, by_hand=BY_HAND, meanwhile=MEANWHILE):
            yield

    @property
    def _addressing(self) -> dict[str, str]:
        return {name: value for name, value in self.settings.items() if name != "name"}

    def _is_usable(self, row: AppRow) -> bool:
        """Firstline's by author and parameters, and neither made nor installed for another Firstline."""
        if row.author_name != read_manifest()["author"]["name"] or self.visit.is_marked_by_another(
            row.short_description
        ):
            return False
        if not self._addressing.keys() <= {parameter.name for parameter in row.parameters}:
            return False
        return all(self.has_our_settings(each) for each in self.installations() if each.app_id == row.id)


def open_sidebar_app(visit: ZendeskVisit, ledger: Ledger, address: str, account: str) -> SidebarApp:
    """`address` is where people reach us."""
    host = address.partition("://")[2].rstrip("/")
    return SidebarApp(visit, ledger, {"name": read_manifest()["name"], "address": host, "account": account})
