"""What admins do with who may come in: each act is written down in the same transaction (`workers/audit.py`)."""

from sqlalchemy import update

from desk.errors import Refused
from desk.intervention import Actor
from desk.platform.database import Transaction
from desk.text.tokenizer import clean
from desk.text.wording import Wording
from integration.access import sign_in
from integration.access.permissions import StaffRole
from integration.access.sign_in import StaffUser
from integration.tables import users
from workers.audit import AuditKind, record_audit


def find_person(tx: Transaction, email: str) -> StaffUser | None:
    """Who has this address, shut out or not."""
    return next((user for user in sign_in.list_users(tx) if user.email == clean(email).strip().lower()), None)


def add_person(tx: Transaction, by: Actor, email: str, role: StaffRole) -> tuple[StaffUser, str]:
    """Let somebody in who may not sign in yet, or not any more; with the secret of a link that works once. Raises
    Refused (422)."""
    user = sign_in.add_user(tx, email, role)
    record_audit(tx, by, AuditKind.INVITE, subject=user.email, detail=role.value)
    return user, sign_in.make_sign_in_link(tx, user.email)


def invite(tx: Transaction, by: Actor, email: str, role: StaffRole) -> tuple[StaffUser, str]:
    """Let somebody in who may not sign in yet. Raises Refused: 422 for no address, 409 for who is in already."""
    known = find_person(tx, email)
    if known and known.disabled_at is None:
        raise Refused(
            Wording("%(who)s may sign in already: change the role or make a new link below", who=known.email),
            status=409,
        )
    return add_person(tx, by, email, role)


def make_new_link(tx: Transaction, by: Actor, user: StaffUser) -> str:
    """The secret of another link; links made for them earlier stop working."""
    secret = sign_in.make_sign_in_link(tx, user.email)
    record_audit(tx, by, AuditKind.NEW_LINK, subject=user.email)
    return secret


def change_role(tx: Transaction, by: Actor, user: StaffUser, role: StaffRole) -> None:
    """From this moment on. Raises Refused (409) for the last admin."""
    if user.role is StaffRole.ADMIN and role is not StaffRole.ADMIN:
        _keep_an_admin(tx, user)
    tx.execute(update(users).where(users.c.id == user.id).values(role=role))
    record_audit(tx, by, AuditKind.CHANGE_ROLE, subject=user.email, detail=f"{user.role} to {role}")


def disable(tx: Transaction, by: Actor, user: StaffUser) -> None:
    """Shut somebody out at once, whatever links and sessions they hold. Raises Refused (409) for the last admin."""
    _keep_an_admin(tx, user)
    shut_out(tx, by, user.email)


def shut_out(tx: Transaction, by: Actor, email: str) -> bool:
    """The same, whoever it is; False if there is nobody to."""
    if not sign_in.disable_user(tx, email):
        return False
    record_audit(tx, by, AuditKind.DISABLE, subject=email.strip().lower())
    return True


def end_sessions(tx: Transaction, by: Actor, user: StaffUser) -> None:
    """Sign somebody out everywhere."""
    count = sign_in.end_sessions(tx, user.id)
    record_audit(tx, by, AuditKind.END_SESSIONS, subject=user.email, detail=str(count))


def _keep_an_admin(tx: Transaction, leaving: StaffUser) -> None:
    """Somebody must be left who can let others in. The rows are locked: two admins may remove each other at once."""
    admins = sign_in.lock_admins(tx)
    if leaving.role is StaffRole.ADMIN and admins <= {leaving.id}:
        raise Refused(Wording("this is the last admin: make somebody else one first"), status=409)
