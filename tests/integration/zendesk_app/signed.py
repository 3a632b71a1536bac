"""Tokens as Zendesk signs them for the app, and keys made once for all tests."""

import time
from functools import cache
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from desk.ticket import new_id

INSTALLATION = "4711"


@cache
def private_key(name: str = "app") -> RSAPrivateKey:
    """The key of an app; another name is another app's."""
    return generate_private_key(65537, 2048)


def public_key(name: str = "app") -> str:
    """As Zendesk gives it out."""
    return private_key(name).public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def audience(base_url: str, installation: str = INSTALLATION) -> str:
    """Of one installation."""
    return f"{base_url}/api/v2/apps/installations/{installation}.json"


def signed_token(base_url: str, user_id: int | str, key: str = "app", **changes: Any) -> str:
    """A good token, but for what is changed; None leaves a claim out."""
    now = int(time.time())
    claims: dict[str, Any] = {
        "iss": base_url.removeprefix("https://"),
        "aud": audience(base_url),
        "sub": str(user_id),
        "iat": now,
        "nbf": now,
        "exp": now + 300,
        "jti": new_id(),
        "context": {"product": "support", "location": "ticket_sidebar"},
    } | changes
    kept = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode(kept, private_key(key), algorithm="RS256")
