"""The token by which Zendesk proves who opens the app's page: a JWT, signed with the app's own key (RS256).

https://developer.zendesk.com/documentation/apps/app-developer-guide/authenticating-zendesk-in-your-server-side-app/
"""

import hashlib
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import jwt

from desk.errors import Refused
from desk.text.wording import Wording
from integration.zendesk.api.connection import ZendeskConnection

ALGORITHMS = ["RS256"]
"""No other: a token names its own, and must not choose."""
LEEWAY = 30
"""Seconds that clocks may differ."""
LONGEST_TOKEN = 8192
_USER = re.compile(r"(?:https?://\S+/users/)?([0-9]{1,20})(?:\.json)?")


@dataclass(frozen=True, slots=True)
class ProvenUser:
    """Who it is in Zendesk. `proof` is the same for two copies of one token."""

    user_id: str
    proof: str
    ends_at: datetime


def check_token(token: str, config: ZendeskConnection) -> ProvenUser:
    """Whom the token names. Raises Refused (401): forged, expired, of another installation, or incomplete."""
    if not config.app_public_key or not config.app_installation_id:
        raise Refused(Wording("this Firstline does not know the app's public key and installation yet"), status=401)
    claims = _read_claims(token, config)
    user = _USER.fullmatch(str(claims["sub"]))
    if user is None:
        raise Refused(Wording("the token names no user"), status=401)
    return ProvenUser(user[1], _proof(token, claims), _moment(claims["exp"]))


def audience_of(config: ZendeskConnection) -> str:
    """The one installation for which tokens are good."""
    return f"{config.base_url}/api/v2/apps/installations/{config.app_installation_id}.json"


def _read_claims(token: str, config: ZendeskConnection) -> dict[str, Any]:
    if len(token) > LONGEST_TOKEN:
        raise Refused(Wording("the token is too long"), status=401)
    try:
        claims: dict[str, Any] = jwt.decode(
            token,
            config.app_public_key,
            algorithms=ALGORITHMS,
            audience=audience_of(config),
            leeway=LEEWAY,
            options={"require": ["exp", "iat", "aud", "sub"], "verify_sub": False},
        )
    except jwt.ExpiredSignatureError as error:
        raise Refused(Wording("the token has expired: reload the app"), status=401) from error
    except jwt.InvalidAudienceError as error:
        raise Refused(Wording("the token is for another installation of the app"), status=401) from error
    except (jwt.PyJWTError, ValueError, TypeError, RecursionError) as error:
        raise Refused(Wording("the token was not signed by Zendesk for this app"), status=401) from error
    return claims


def _proof(token: str, claims: dict[str, Any]) -> str:
    """The token's own id, or else what was signed: the signature's text can be written in several ways."""
    identity = claims.get("jti")
    if identity:
        return f"jti:{identity}"
    return "signed:" + hashlib.sha256(token.rpartition(".")[0].encode("utf-8", "replace")).hexdigest()


def _moment(seconds: Any) -> datetime:
    try:
        return datetime.fromtimestamp(int(seconds), UTC)
    except (ValueError, OverflowError, OSError, TypeError) as error:
        raise Refused(Wording("the token never ends"), status=401) from error
