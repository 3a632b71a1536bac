"""Support staff: who they are, the links they sign in with, and their sessions.

A link works once, so the page it opens should *post* it, not redeem it on GET: mail scanners and chat previews open
every link they see. Links and sessions are stored as hashes; the secrets exist with their holders alone.
"""

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Row, delete, func, select, text, update
from sqlalchemy.dialects.postgresql import insert

from desk.errors import Refused
from desk.platform.database import Database, Transaction
from desk.platform.encryption import token_hash
from desk.text.tokenizer import clean
from desk.ticket import new_id
from integration.access.permissions import Grant, StaffRole
from integration.tables import oidc_identities, sessions, sign_in_links, users

LINK_HOURS = 24
SESSION_DAYS = 14
IDLE_HOURS = 12

_LIFETIMES = {"longest": timedelta(days=SESSION_DAYS), "idle": timedelta(hours=IDLE_HOURS)}
_ADDRESS = re.compile(r"[^@\s\x00-\x1f\x7f<>\"',;]{1,64}@[^@\s\x00-\x1f\x7f<>\"',;]{1,185}")


@dataclass(frozen=True, slots=True)
class StaffUser:
    """Somebody who may sign in, unless disabled."""

    id: str
    email: str
    role: StaffRole
    created_at: datetime
    disabled_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Staff:
    """Somebody who is signed in. `csrf` must come back with every form; `session` is the hash of the cookie."""

    account: str
    user_id: str
    email: str
    role: StaffRole
    csrf: str
    session: str

    @property
    def grant(self) -> Grant:
        """The role."""
        return self.role


def add_user(tx: Transaction, email: str, role: StaffRole) -> StaffUser:
    """Let somebody sign in; who is known already gets the role, and is let in again. Raises Refused (422)."""
    user_row = {"account_id": tx.account, "id": new_id(), "email": _valid_email(email), "role": role}
    updated_values = {"role": role, "disabled_at": None}
    statement = insert(users).values(user_row)
    statement = statement.on_conflict_do_update(index_elements=["account_id", "email"], set_=updated_values)
    return _build_user(tx.execute(statement.returning(users)).one())


def disable_user(tx: Transaction, email: str) -> bool:
    """Shut somebody out at once, whatever links and sessions they hold; False if there is nobody to.

    Who they are at the OIDC provider is forgotten: the address may belong to somebody else when it is invited again.
    """
    active_user = (users.c.email == _normalize_email(email), users.c.disabled_at.is_(None))
    user_id = tx.execute(
        update(users).where(*active_user).values(disabled_at=func.now()).returning(users.c.id)
    ).scalar()
    if user_id is None:
        return False
    for table in (sessions, sign_in_links, oidc_identities):
        tx.execute(delete(table).where(table.c.user_id == user_id))
    return True


def get_user(tx: Transaction, user_id: str) -> StaffUser | None:
    """One user. The id must be a UUID."""
    row = tx.execute(select(users).where(users.c.id == user_id)).one_or_none()
    return _build_user(row) if row else None


def lock_admins(tx: Transaction) -> frozenset[str]:
    """The ids of those who may let others in; nobody else changes them until the end of the transaction."""
    is_admin = (users.c.role == StaffRole.ADMIN, users.c.disabled_at.is_(None))
    return frozenset(tx.execute(select(users.c.id).where(*is_admin).order_by(users.c.id).with_for_update()).scalars())


def lock_active_user(tx: Transaction, *, user_id: str | None = None, email: str | None = None) -> StaffUser | None:
    """Who may sign in, by id or by an address as it is kept; nobody shuts them out until the end of the transaction."""
    column, value = (users.c.id, user_id) if user_id else (users.c.email, email)
    query = select(users).where(column == value, users.c.disabled_at.is_(None)).with_for_update()
    row = tx.execute(query).one_or_none()
    return _build_user(row) if row else None


def open_session(tx: Transaction, user: StaffUser) -> str:
    """Sign somebody in who was proved otherwise than by a link: the cookie's secret."""
    secret = secrets.token_urlsafe(32)
    tx.execute(insert(sessions).values(account_id=tx.account, hash=token_hash(secret), user_id=user.id))
    return secret


def end_sessions(tx: Transaction, user_id: str) -> int:
    """Sign somebody out everywhere; from how many devices."""
    return tx.execute(delete(sessions).where(sessions.c.user_id == user_id)).rowcount


def count_sessions(tx: Transaction) -> dict[str, int]:
    """On how many devices each user is signed in, by id."""
    is_alive = (sessions.c.created_at > func.now() - _LIFETIMES["longest"]) & (
        sessions.c.seen_at > func.now() - _LIFETIMES["idle"]
    )
    query = select(sessions.c.user_id, func.count().label("devices")).where(is_alive).group_by(sessions.c.user_id)
    return {row.user_id: row.devices for row in tx.execute(query)}


def list_users(tx: Transaction) -> list[StaffUser]:
    """All users, by e-mail address."""
    return [_build_user(row) for row in tx.execute(select(users).order_by(users.c.email))]


def new_sign_in_link(db: Database, account: str, email: str) -> str:
    """The secret of a link that lets this user sign in once; links made for them earlier stop working.

    Raises Refused (404) when nobody of that address may sign in.
    """
    with db.account(account) as tx:
        return make_sign_in_link(tx, email)


def make_sign_in_link(tx: Transaction, email: str) -> str:
    """The same, within a transaction."""
    secret = secrets.token_urlsafe(32)
    active_user = (users.c.email == _normalize_email(email), users.c.disabled_at.is_(None))
    user_id = tx.execute(select(users.c.id).where(*active_user)).scalar_one_or_none()
    if user_id is None:
        raise Refused("nobody of that address may sign in; `firstline users add` lets them", status=404)
    tx.execute(delete(sign_in_links).where(sign_in_links.c.user_id == user_id))
    expires_at = datetime.now(UTC) + timedelta(hours=LINK_HOURS)
    link_row = {"account_id": tx.account, "hash": token_hash(secret), "user_id": user_id, "expires_at": expires_at}
    tx.execute(insert(sign_in_links).values(link_row))
    return secret


def redeem(db: Database, token: str) -> str | None:
    """Use up a link and open a session, in one statement: the cookie's secret, or None for a link that is wrong,
    used, too old, or of somebody shut out."""
    if not token.isascii():
        return None
    session_secret = secrets.token_urlsafe(32)
    statement = text("SELECT firstline_redeem_link(:link, :session)")
    with db.across() as connection:
        session_opened = connection.execute(
            statement, {"link": token_hash(token), "session": token_hash(session_secret)}
        ).scalar_one()
    return session_secret if session_opened else None


def staff_of(db: Database, cookie: str | None) -> Staff | None:
    """Who holds this cookie, or None: signed out, session too old, idle for too long, shut out."""
    if not cookie or not cookie.isascii():
        return None
    session = token_hash(cookie)
    statement = text("SELECT * FROM firstline_session(:session, :longest, :idle)")
    with db.across() as connection:
        row = connection.execute(statement, {"session": session, **_LIFETIMES}).one_or_none()
    if row is None:
        return None
    csrf = hmac.new(cookie.encode(), b"firstline csrf", hashlib.sha256).hexdigest()
    return Staff(row.account, str(row.user_id), row.email, StaffRole(row.role), csrf, session)


def sign_out(db: Database, cookie: str | None) -> None:
    """End a session."""
    if staff := staff_of(db, cookie):
        with db.account(staff.account) as tx:
            tx.execute(delete(sessions).where(sessions.c.hash == staff.session))


def forget_sign_ins(db: Database) -> int:
    """Delete links and sessions that are over; how many."""
    statement = text("SELECT firstline_forget_sign_ins(:longest, :idle)")
    with db.across() as connection:
        return int(connection.execute(statement, _LIFETIMES).scalar_one())


def _normalize_email(email: str) -> str:
    return clean(email).strip().lower()


def _valid_email(email: str) -> str:
    normalized = _normalize_email(email)
    if not _ADDRESS.fullmatch(normalized) or not normalized.isprintable():
        raise Refused("that is no e-mail address", status=422)
    return normalized


def _build_user(row: Row[Any]) -> StaffUser:
    return StaffUser(row.id, row.email, StaffRole(row.role), row.created_at, row.disabled_at)
