"""The app in the sidebar: uploaded, installed for all agents, and its public key kept.

Who looks at the app's page is proven by that key, so the three belong together; each is found again by itself.
"""

from pydantic import ValidationError

from desk.errors import Temporary
from desk.platform.database import Database
from integration.connections import amend_config, load_connection, save_connection
from integration.setup_steps import Found, SetupStep, StepRefused
from integration.zendesk.api.app_models import AppRow, InstallationRow
from integration.zendesk.api.connection import PARTY, ZendeskConnection
from integration.zendesk.setup.app_build import AppBuilder
from integration.zendesk.setup.app_rows import APP, SidebarApp
from integration.zendesk.setup.visit import already_gone
from integration.zendesk.sidebar.agents import remember_app
from integration.zendesk.sidebar.package import fingerprint, read_manifest

BY_HAND_FOUND = Found("", ours=False, note="set up by hand, with the public key that is known; none is made")
REMOVE = "remove it in Zendesk's Admin Center, under *Zendesk Support apps*"


class AppStep(SetupStep):
    """The app itself. One that an admin uploaded from our package is used as it is."""

    kind, name = APP, "sidebar app"
    purpose = "stands beside each ticket: agents see the draft there, and act"

    def __init__(self, sidebar: SidebarApp, db: Database, account: str) -> None:
        self._sidebar, self._db, self._account = sidebar, db, account
        self._builder = AppBuilder(sidebar)

    def find(self, known_id: str | None) -> Found | None:
        """By id, by the job that made it, by our mark, or as Firstline's own package."""
        try:
            own_id = known_id or self._builder.built_id()
            row = self._sidebar.look(own_id)
        except StepRefused:
            if known_id or not self._sidebar.visit.config.app_public_key:
                raise
            return BY_HAND_FOUND
        if row is None or self._sidebar.is_ours(row, own_id):
            return self._judge(row) if row else None
        return Found(row.id, ours=False, note=f"uploaded by hand, and used as it is ({row.id})")

    def obstacle(self) -> StepRefused | None:
        """Browsers show a page inside Zendesk's by https alone."""
        visit = self._sidebar.visit
        if visit.endpoint.startswith("https://") or visit.is_local:
            return None
        message = (
            f"agents' browsers open the app's page by https alone, and {self._sidebar.settings['address']} has none"
        )
        return StepRefused(message, "set FIRSTLINE_PUBLIC_URL to an https address, and connect again")

    def create(self) -> str:
        """Upload and build it. From which files is known when it is done."""
        self._keep_package("")
        app_id = self._builder.make()
        self._keep_package(fingerprint())
        self._sidebar.row = AppRow(id=app_id, short_description=self._sidebar.visit.description)
        self._sidebar.our_ids.add(app_id)
        return app_id

    def update(self, found: Found) -> None:
        """Build it anew from the files that are here."""
        self._builder.replace(found.foreign_id)
        self._keep_package(fingerprint())

    def remove(self, foreign_id: str) -> None:
        """Delete it."""
        with self._sidebar.explained(REMOVE), already_gone():
            self._sidebar.visit.client.change("DELETE", f"apps/{foreign_id}.json")
        self._sidebar.row = None

    def _judge(self, row: AppRow) -> Found:
        version = read_manifest()["version"]
        if row.version not in (None, version):
            return Found(row.id, fits=False, note=f"it was version {row.version}, and is {version}")
        if self._sidebar.visit.config.app_package != fingerprint():
            return Found(row.id, fits=False, note="it was built from other files")
        if self._sidebar.visit.is_marked_by_another(row.short_description):
            return Found(row.id, fits=False, note="it named an earlier address")
        return Found(row.id)

    def _keep_package(self, package: str) -> None:
        with self._db.account(self._account) as tx:
            known = load_connection(tx, PARTY, ZendeskConnection)
            if known and known.config.app_package != package:
                changes = {"app_package": package}
                save_connection(tx, PARTY, amend_config(known.config, ZendeskConnection, changes))


class AppInstallationStep(SetupStep):
    """The app, installed with our address and account. Whom an admin restricts it to is left."""

    kind, name = "app_installation", "installation of the app"

    def __init__(self, sidebar: SidebarApp) -> None:
        self._sidebar = sidebar
        self.purpose = f"for all agents, with the page at {sidebar.settings['address']}"

    def is_wanted(self) -> bool:
        """Where there is an app."""
        return self._sidebar.row is not None

    def find(self, known_id: str | None) -> Found | None:
        """By id, or as our app's."""
        row = self._sidebar.installation = self._find_row(known_id)
        if row is None or row.id == known_id or row.app_id in self._sidebar.our_ids:
            return self._judge(row) if row else None
        return Found(row.id, ours=False, note=f"installed by hand, and used as it is ({row.id})")

    def create(self) -> str:
        """Install it, switched on."""
        app_id = self._sidebar.row.id if self._sidebar.row else ""
        order = {"app_id": app_id, "settings": self._sidebar.settings, "enabled": True}
        with self._sidebar.explained():
            payload = self._sidebar.visit.client.change("POST", "apps/installations.json", order)
        try:
            self._sidebar.installation = InstallationRow.model_validate(payload)
        except ValidationError:
            raise Temporary("Zendesk gave an answer of another shape") from None
        return self._sidebar.installation.id

    def update(self, found: Found) -> None:
        """Bring address and account up to date."""
        with self._sidebar.explained():
            order = {"settings": self._sidebar.settings}
            self._sidebar.visit.client.change("PUT", f"apps/installations/{found.foreign_id}.json", order)

    def remove(self, foreign_id: str) -> None:
        """Uninstall it."""
        with self._sidebar.explained(REMOVE), already_gone():
            self._sidebar.visit.client.change("DELETE", f"apps/installations/{foreign_id}.json")

    def _find_row(self, known_id: str | None) -> InstallationRow | None:
        app = self._sidebar.looked_for()
        apps = self._sidebar.our_ids | ({app.id} if app else set())
        rows = [row for row in self._sidebar.installations() if row.id == known_id or row.app_id in apps]
        return min(rows, key=lambda row: row.id != known_id, default=None)

    def _judge(self, row: InstallationRow) -> Found:
        if not self._sidebar.has_our_settings(row):
            earlier = row.settings.get("address")
            return Found(row.id, fits=False, note=f"it opened {earlier}, and opens {self._sidebar.settings['address']}")
        return Found(row.id, note="" if row.enabled else "somebody has switched it off in Zendesk; it is left so")


class AppKeyStep(SetupStep):
    """The app's public key, with the number of the installation for which tokens are good."""

    kind, name = "app_key", "public key of the app"
    purpose = "fetched, and kept: it proves who looks at the app's page"

    def __init__(self, sidebar: SidebarApp, db: Database, account: str) -> None:
        self._sidebar, self._db, self._account = sidebar, db, account
        self._key = ""

    def is_wanted(self) -> bool:
        """Where the app is installed."""
        return self._sidebar.installation is not None

    def find(self, known_id: str | None) -> Found | None:
        """Are key and number those that we know?"""
        installation, config = self._sidebar.installation, self._sidebar.visit.config
        if installation is None:
            return None
        self._key = self._sidebar.public_key(installation.app_id)
        known = (config.app_public_key, config.app_installation_id) == (self._key, installation.id)
        return Found("", ours=False, note="known") if known else None

    def create(self) -> None:
        """Keep them."""
        if installation := self._sidebar.installation:
            with self._db.account(self._account) as tx:
                remember_app(tx, self._key, installation.id)

    def update(self, found: Found) -> None:
        """A key fits, or is another one."""

    def remove(self, foreign_id: str) -> None:
        """It goes with the connection."""
