"""Row-level security keeps accounts apart only for a role that it binds."""

from sqlalchemy import Connection, text

from desk.errors import BadSetting
from desk.platform.database import Database


def refuse_privileges(db: Database) -> None:
    """Raises BadSetting for a role that row-level security does not bind."""
    with db.across() as connection:
        if fault := role_fault(connection):
            raise BadSetting(f"DATABASE_URL: {fault}; use a login role that is neither, see docs/operating.md")


def role_fault(connection: Connection) -> str | None:
    """Why row-level security would not bind this role, or None. What a role may become by SET ROLE counts too."""
    roles = connection.execute(text(_ROLES)).all()
    owned = connection.execute(text(_OWNED)).scalar_one()
    for role in roles:
        name = f"role {role.me}" if role.me == role.name else f"role {role.me} is a member of {role.name}, which"
        if role.superuser:
            return f"{name} is a superuser, whom row-level security does not bind"
        if role.bypass:
            return f"{name} has BYPASSRLS, so row-level security does not bind it"
    if owned:
        name = f"role {roles[0].me} is, or may become, the owner of {owned} tables"
        return f"{name}, and an owner can switch row-level security off"
    return None


_ROLES = """
    SELECT current_user AS me, rolname AS name, rolsuper AS superuser, rolbypassrls AS bypass FROM pg_roles
    WHERE pg_has_role(current_user, oid, 'MEMBER') ORDER BY rolname <> current_user, rolname
"""
_OWNED = """
    SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') AND pg_has_role(current_user, c.relowner, 'MEMBER')
"""
