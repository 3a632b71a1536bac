"""Bearer tokens for the API: `firstline_` and 256 random bits, shown once, kept as a hash, limited to scopes."""

import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, insert, select, text, update

from desk.errors import Refused
from desk.platform.database import Database, Transaction
from desk.platform.encryption import token_hash
from desk.text.tokenizer import clean
from desk.ticket import new_id
from integration.access.permissions import Grant
from integration.access.permissions import TokenScope as Scope
from integration.tables import api_tokens

PREFIX = "firstline_"
"""Lets people and secret scanners see what it is."""

LONGEST_NAME = 100

_HEADER = re.compile(rf"bearer +({PREFIX}[A-Za-z0-9_-]{{43}})", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class ApiToken:
    """A token without its secret."""

    id: str
    name: str
    scopes: tuple[Scope, ...]
    created_at: datetime
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True)
class ApiCaller:
    """Who calls the API."""

    account: str
    token_id: str
    scopes: frozenset[Scope]

    @property
    def grant(self) -> Grant:
        """The scopes."""
        return self.scopes


def create_token(tx: Transaction, name: str, scopes: Iterable[Scope]) -> str:
    """Make a token; its secret, which is not kept. Raises Refused (422) without a name or a scope."""
    clean_name, scope_names = clean(name).strip(), sorted(set(scopes))
    if not 0 < len(clean_name) <= LONGEST_NAME:
        raise Refused(f"a token needs a name of at most {LONGEST_NAME} characters", status=422)
    if not scope_names:
        raise Refused("a token needs at least one scope", status=422)
    secret = PREFIX + secrets.token_urlsafe(32)
    token_row = {
        "account_id": tx.account,
        "id": new_id(),
        "name": clean_name,
        "hash": token_hash(secret),
        "scopes": scope_names,
    }
    tx.execute(insert(api_tokens).values(token_row))
    return secret


def list_tokens(tx: Transaction) -> list[ApiToken]:
    """All tokens, the oldest first, revoked ones too."""
    rows = tx.execute(select(api_tokens).order_by(api_tokens.c.created_at, api_tokens.c.id))
    return [
        ApiToken(row.id, row.name, tuple(Scope(s) for s in row.scopes), row.created_at, row.revoked_at) for row in rows
    ]


def revoke_token(tx: Transaction, token_id: str) -> bool:
    """End a token at once; False if there is no such token, or it was revoked before."""
    try:
        valid_id = str(UUID(token_id))
    except ValueError:
        return False
    is_active = (api_tokens.c.id == valid_id, api_tokens.c.revoked_at.is_(None))
    return tx.execute(update(api_tokens).where(*is_active).values(revoked_at=func.now())).rowcount == 1


def find_caller(db: Database, header: str | None) -> ApiCaller:
    """Who sends this `Authorization` header. Raises Refused (401)."""
    if not header:
        raise Refused("send a token: `Authorization: Bearer firstline_...`", status=401)
    match = _HEADER.fullmatch(header.strip())
    row = None
    if match:
        with db.across() as connection:
            statement = text("SELECT * FROM firstline_token(:token)")
            row = connection.execute(statement, {"token": token_hash(match.group(1))}).one_or_none()
    if row is None:
        raise Refused("the token is unknown or revoked", status=401)
    return ApiCaller(row.account, str(row.id), frozenset(Scope(scope) for scope in row.scopes))
