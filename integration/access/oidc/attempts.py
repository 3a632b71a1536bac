"""Sign-ins that were begun and have not come back: kept here, not in the browser, so that each is used up once.

A browser holds one secret for all that it has begun; what comes back to another browser is nobody's.
"""

import json
import re
import secrets
from dataclasses import asdict, dataclass
from datetime import timedelta

from sqlalchemy import delete, func, insert

from desk.platform.database import Transaction
from desk.platform.encryption import token_hash
from integration.tables import oidc_attempts as attempts

LASTS = timedelta(minutes=10)
"""To choose an account over there, and to type a password and a second factor."""

_SECRET = re.compile(r"[A-Za-z0-9_-]{43}")


@dataclass(frozen=True, slots=True)
class OidcAttempt:
    """What must be known when the browser is back. `then` is the page of ours that it wanted."""

    nonce: str
    code_verifier: str
    then: str


def browser_secret(cookie: str | None) -> str:
    """What this browser goes on with: its own, or a new one."""
    return cookie if cookie and _SECRET.fullmatch(cookie) else secrets.token_urlsafe(32)


def keep_attempt(tx: Transaction, browser: str, state: str, attempt: OidcAttempt) -> None:
    """Until it comes back, or is over. Those that are over are forgotten."""
    tx.execute(delete(attempts).where(attempts.c.ends_at < func.now()))
    row = {
        "account_id": tx.account,
        "state": token_hash(state),
        "browser": token_hash(browser),
        "kept": tx.seal(json.dumps(asdict(attempt))),
        "ends_at": func.now() + LASTS,
    }
    tx.execute(insert(attempts).values(row))


def use_up_attempt(tx: Transaction, browser: str | None, state: str | None) -> OidcAttempt | None:
    """What this browser has begun under this state, once; None if that is nothing, or over."""
    if not (browser and state and _SECRET.fullmatch(browser) and state.isascii()):
        return None
    is_theirs = (attempts.c.state == token_hash(state), attempts.c.browser == token_hash(browser))
    is_alive = attempts.c.ends_at >= func.now()
    kept = tx.execute(delete(attempts).where(*is_theirs, is_alive).returning(attempts.c.kept)).scalar_one_or_none()
    return OidcAttempt(**json.loads(tx.open(kept))) if kept else None
