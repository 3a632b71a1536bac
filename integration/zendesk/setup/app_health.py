"""Is the sidebar app installed, switched on, and of the version that is here?"""

from desk.health_check import HealthCheck, fine, missing, wrong
from desk.text.tokenizer import clean
from integration.zendesk.api.app_models import AppRow, InstallationRow
from integration.zendesk.api.client import Gone, ZendeskClient
from integration.zendesk.api.connection import ZendeskConnection
from integration.zendesk.sidebar.package import read_manifest

CONNECT = "`firstline connect zendesk` installs it"


def check_app(name: str, client: ZendeskClient, config: ZendeskConnection) -> HealthCheck:
    """Raises what Zendesk answers otherwise. Nobody must have the app: without it all is well too."""
    number = config.app_installation_id
    if not number:
        return fine(name, f"not installed: agents work in the console and by notes; {CONNECT}")
    try:
        installation = client.show(f"apps/installations/{number}.json", InstallationRow)
        app = client.show(f"apps/{installation.app_id}.json", AppRow)
    except Gone:
        return wrong(name, f"installation {number} is gone from Zendesk", CONNECT)
    if not installation.enabled:
        return missing(
            name, "installed, and switched off in Zendesk", "Admin Center → *Zendesk Support apps* → *Enable*"
        )
    version, present = clean(app.version or "unknown")[:30], read_manifest()["version"]
    if version != present:
        remedy = "`firstline connect zendesk`; one that was uploaded by hand: `make zendesk-app`, and upload it anew"
        return wrong(name, f"version {version} is installed, and {present} is here", remedy)
    return fine(name, f"version {version} is installed")
