"""Sessions of pages that stand inside another product's, such as a helpdesk's sidebar.

That product proves who looks, by a token that opens one session and no second. Cookies do not reach such a page, so the
session's secret lives in the page's memory and comes as a bearer; here only its hash is kept.
"""

import hashlib
import json
import re
import secrets
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, func, update
from sqlalchemy.dialects.postgresql import insert

from desk.platform.database import Transaction
from desk.platform.encryption import token_hash
from integration.access.permissions import Grant, StaffRole
from integration.tables import embedded_sessions as sessions

IDLE = timedelta(minutes=30)
LONGEST = timedelta(hours=4)
_KEPT = timedelta(days=1)
_HEADER = re.compile(r"bearer +([A-Za-z0-9_-]{43})", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class EmbeddedStaff:
    """Who looks, as the other product proved it. `user_id` is who they are there."""

    user_id: str
    name: str
    email: str | None
    role: StaffRole
    only: Sequence[str] | None = None
    """Marks of the tickets that they may see, in the other product's words; None for all tickets."""
    private: Sequence[str] | None = None
    """Marks of the private circles to which they belong; None if nothing is private to them."""

    @property
    def grant(self) -> Grant:
        """The role."""
        return self.role


def open_session(tx: Transaction, proof: str, proof_ends_at: datetime, staff: EmbeddedStaff) -> str | None:
    """Use up a proof: the session's secret, or None where it was used before."""
    _forget_old(tx)
    secret = secrets.token_urlsafe(32)
    row = {
        "account_id": tx.account,
        "proof": tx.sealer.lookup(hashlib.sha256(proof.encode("utf-8", "replace")).hexdigest()),
        "hash": token_hash(secret),
        "person": tx.seal(json.dumps(asdict(staff))),
        "proof_ends_at": proof_ends_at,
    }
    statement = insert(sessions).values(row).on_conflict_do_nothing(index_elements=["account_id", "proof"])
    return secret if tx.execute(statement.returning(sessions.c.proof)).one_or_none() else None


def find_session(tx: Transaction, authorization: str | None) -> EmbeddedStaff | None:
    """Who holds the bearer of an `Authorization` header, or None: none, idle for too long, too old."""
    bearer = _HEADER.fullmatch(authorization or "")
    if bearer is None:
        return None
    c = sessions.c
    is_open = (c.hash == token_hash(bearer[1]), c.seen_at > func.now() - IDLE, c.created_at > func.now() - LONGEST)
    row = tx.execute(update(sessions).where(*is_open).values(seen_at=func.now()).returning(c.person)).one_or_none()
    if row is None:
        return None
    person = json.loads(tx.open(row.person))
    return EmbeddedStaff(**person | {"role": StaffRole(person["role"])})


def _forget_old(tx: Transaction) -> None:
    """Those that are over, once their proofs are too."""
    is_over = (sessions.c.created_at < func.now() - _KEPT, sessions.c.proof_ends_at < func.now() - _KEPT)
    tx.execute(delete(sessions).where(*is_over))
