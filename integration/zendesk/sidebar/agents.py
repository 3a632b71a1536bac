"""Who the proven user is, as Zendesk itself says: name, address and role. What the page says of them counts nothing."""

from dataclasses import dataclass

from desk.errors import Permanent, Refused
from desk.platform.database import Transaction
from desk.text.tokenizer import clean
from desk.text.wording import Wording
from integration.access.embedded_sessions import EmbeddedStaff
from integration.access.permissions import StaffRole
from integration.connections import amend_config, load_connection, save_connection
from integration.zendesk.api.client import Gone, ZendeskClient
from integration.zendesk.api.connection import PARTY, ZendeskConnection
from integration.zendesk.api.models import CustomRoleAnswer, Shape
from integration.zendesk.channel.history import LIGHT_ROLE_TYPES
from integration.zendesk.sidebar.reach import UNTOLD, marks_of_agent, marks_of_groups

ROLES = {"agent": StaffRole.AGENT, "admin": StaffRole.ADMIN}


class AgentRow(Shape):
    """A user, as far as it decides what they may do here."""

    id: str
    name: str | None = None
    email: str | None = None
    role: str | None = None
    role_type: int | None = None
    suspended: bool = False
    active: bool = True
    only_private_comments: bool = False
    ticket_restriction: str | None = None
    organization_id: str | None = None
    locale: str | None = None
    custom_role_id: str | None = None


class AgentAnswer(Shape):
    """https://developer.zendesk.com/api-reference/ticketing/users/users/#show-user"""

    user: AgentRow


@dataclass(frozen=True, slots=True)
class ZendeskAgent:
    """Who they are here, and the language that they use Zendesk in."""

    staff: EmbeddedStaff
    locale: str | None


def read_agent(client: ZendeskClient, user_id: str) -> ZendeskAgent:
    """Who they are. Raises Refused (403) for whoever is no agent that writes to customers, Temporary while Zendesk does
    not say."""
    try:
        user = client.show(f"users/{user_id}.json", AgentAnswer).user
    except Gone as error:
        raise Refused(Wording("Zendesk knows no such user"), status=403) from error
    except Permanent as error:
        raise Refused(UNTOLD, status=403) from error
    role = ROLES.get(user.role or "")
    if role is None or user.suspended or not user.active:
        raise Refused(Wording("this is for the agents of this Zendesk"), status=403)
    if user.role_type in LIGHT_ROLE_TYPES or user.only_private_comments:
        raise Refused(Wording("your role in Zendesk may not write to customers, and neither may it here"), status=403)
    restriction, name = user.ticket_restriction, clean(user.name or user.email or user.id)[:100]
    private = None if _sees_private_groups(client, user) else marks_of_groups(client, user.id)
    only = marks_of_agent(client, user.id, restriction, user.organization_id) if restriction else None
    return ZendeskAgent(EmbeddedStaff(user.id, name, user.email, role, only, private), user.locale)


def _sees_private_groups(client: ZendeskClient, user: AgentRow) -> bool:
    """Admins do, and whose custom role says so; where Zendesk does not tell, nobody else."""
    if user.role == "admin" or user.custom_role_id is None:
        return user.role == "admin"
    try:
        answer = client.show(f"custom_roles/{user.custom_role_id}.json", CustomRoleAnswer)
    except Permanent:
        return False
    return answer.custom_role.configuration.ticket_access == "all"


def remember_app(tx: Transaction, public_key: str, installation_id: str) -> None:
    """Keep what proves who looks at the app's page. Raises Refused for a key that is none, or without a connection."""
    connection = load_connection(tx, PARTY, ZendeskConnection)
    if connection is None:
        raise Refused("connect Zendesk first")
    changes = {"app_public_key": public_key, "app_installation_id": installation_id}
    save_connection(tx, PARTY, amend_config(connection.config, ZendeskConnection, changes))
