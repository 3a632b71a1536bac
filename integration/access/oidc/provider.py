"""The provider that vouches for staff, spoken to by Authlib: discovery, PKCE, and the checks of its ID token.

Whatever goes wrong over there is Temporary (it does not answer) or Permanent (what it answered is of no use). No error
quotes a token, a code or an address.
"""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeGuard
from urllib.parse import urlsplit

from authlib.integrations.base_client import BaseApp, OAuth2Mixin, OAuthError, OpenIDMixin
from authlib.oidc.core import UserInfo
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from pydantic import BaseModel, ValidationError
from requests import HTTPError, RequestException

from desk.errors import Permanent, Temporary
from integration.access.oidc.bounded_session import BoundedSession

SCOPE = "openid email"
KNOWN_SECONDS = 600.0
"""How long what the provider says of itself, its keys included, is believed. A key that is not among them is asked for
at once."""
LEEWAY = 60
"""Seconds that its clock may differ from ours."""
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512")
"""Signatures by a key pair. Neither `none` nor those by a shared secret, whatever the provider says it can do."""
RUBBISH = (ValueError, TypeError, KeyError, AttributeError, RuntimeError, RecursionError)
"""What Authlib raises for answers that are not shaped as they should be."""


@dataclass(frozen=True, slots=True)
class Authorization:
    """A sign-in that begins: where to send the browser, and what must be remembered until it comes back."""

    url: str
    state: str
    nonce: str
    code_verifier: str


@dataclass(frozen=True, slots=True)
class VouchedPerson:
    """Whom the provider vouches for. `subject` is its own name for them, which no other person ever gets there."""

    issuer: str
    subject: str
    email: str
    email_verified: bool


class ProviderMetadata(BaseModel):
    """What the provider says of itself, as far as we use it."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str | None = None
    id_token_signing_alg_values_supported: list[str] = ["RS256"]
    token_endpoint_auth_methods_supported: list[str] = ["client_secret_basic"]
    code_challenge_methods_supported: list[str] | None = None

    def endpoints(self) -> Iterator[str]:
        """Every address that we or a browser would be sent to."""
        yield from (self.authorization_endpoint, self.token_endpoint, self.jwks_uri)
        if self.userinfo_endpoint:
            yield self.userinfo_endpoint


class _ProviderClient(OAuth2Mixin, OpenIDMixin, BaseApp):  # type: ignore[misc]  # Authlib carries no types
    client_cls = BoundedSession


class OidcProvider:
    """One issuer, to which we are one client. Safe between threads; what it learns is kept for a while."""

    def __init__(self, issuer: str, client_id: str, client_secret: str | None = None) -> None:
        self.issuer = issuer.rstrip("/")
        self._client_id = client_id
        self._client_secret = client_secret
        self._known: tuple[float, Any] | None = None

    def discover(self) -> ProviderMetadata:
        """What the provider says of itself, asked now. Raises Temporary, Permanent."""
        with _plain_faults(), BoundedSession() as session:
            response = session.request("GET", f"{self.issuer}/.well-known/openid-configuration", withhold_token=True)
            response.raise_for_status()
            metadata = ProviderMetadata.model_validate(response.json())
        return self._checked(metadata)

    def count_keys(self) -> int:
        """How many keys the provider shows that its signatures can be checked by, asked now. Raises Temporary,
        Permanent."""
        client = _make_client(self.discover(), self._client_id, self._client_secret)
        with _plain_faults():
            return len(KeySet.import_key_set(client.fetch_jwk_set()).keys)

    def begin(self, redirect_uri: str) -> Authorization:
        """Where to send a browser. Raises Temporary, Permanent."""
        client = self._client()
        with _plain_faults():
            return Authorization(**client.create_authorization_url(redirect_uri))

    def finish(self, redirect_uri: str, code: str, code_verifier: str, nonce: str) -> VouchedPerson:
        """Whom a code stands for. Raises Temporary, Permanent."""
        client = self._client()
        try:
            with _plain_faults():
                exchange = {"code": code, "code_verifier": code_verifier, "grant_type": "authorization_code"}
                token = client.fetch_access_token(redirect_uri, **exchange)
                return self._vouched(_with_email(client, token, self._verified_claims(client, token, nonce)))
        except Permanent:
            self._known = None  # it may have come of keys that are not, or no longer, what the provider signs by
            raise

    def _verified_claims(self, client: Any, token: Mapping[str, Any], nonce: str) -> Mapping[str, Any]:
        if not isinstance(token.get("id_token"), str):
            raise ValueError("no ID token")
        claims: Mapping[str, Any] = client.parse_id_token(
            token, nonce, claims_options=self._expected_claims(), leeway=LEEWAY
        )
        return claims

    def _client(self) -> Any:
        """Two threads may ask for the same at once: better than one that waits for the other's time-out."""
        known = self._known
        if known is None or time.monotonic() - known[0] > KNOWN_SECONDS:
            client = _make_client(self.discover(), self._client_id, self._client_secret)
            known = self._known = (time.monotonic(), client)
        return known[1]

    def _checked(self, metadata: ProviderMetadata) -> ProviderMetadata:
        """Raises Permanent for what would be no safe sign-in."""
        if metadata.issuer.rstrip("/") != self.issuer:
            raise Permanent("it calls itself by another issuer than FIRSTLINE_OIDC_ISSUER")
        if any(urlsplit(url).scheme not in ("https", urlsplit(self.issuer).scheme) for url in metadata.endpoints()):
            raise Permanent("it names an address that does not begin with https://")
        if "S256" not in (metadata.code_challenge_methods_supported or ["S256"]):
            raise Permanent("it does not do PKCE by S256")
        if not set(metadata.id_token_signing_alg_values_supported) & set(ALGORITHMS):
            raise Permanent("it signs by nothing that we accept (RS256 and the like)")
        return metadata

    def _expected_claims(self) -> dict[str, Any]:
        """A fresh one each time: Authlib takes things out of it."""
        issuers = [self.issuer, f"{self.issuer}/"]
        return {
            "iss": {"essential": True, "values": issuers},
            "aud": {"essential": True, "value": self._client_id},
            "sub": {"essential": True},
        }

    def _vouched(self, claims: Mapping[str, Any]) -> VouchedPerson:
        subject, email = claims["sub"], claims.get("email")
        if not _is_plain(subject) or not subject.isascii() or len(subject) > 255:
            raise ValueError("no usable subject")
        verified = claims.get("email_verified")
        is_verified = verified is True or verified == "true"  # some send it as a word
        return VouchedPerson(self.issuer, subject, email if _is_plain(email) else "", is_verified)


def _make_client(metadata: ProviderMetadata, client_id: str, client_secret: str | None) -> Any:
    algorithms = [name for name in metadata.id_token_signing_alg_values_supported if name in ALGORITHMS]
    known = metadata.model_dump(exclude_none=True) | {"id_token_signing_alg_values_supported": algorithms}
    return _ProviderClient(
        None,
        client_id=client_id,
        client_secret=client_secret,
        client_kwargs={
            "scope": SCOPE,
            "code_challenge_method": "S256",
            "token_endpoint_auth_method": _auth_method(metadata, client_secret),
        },
        **known,
    )


def _auth_method(metadata: ProviderMetadata, client_secret: str | None) -> str:
    """How we prove who we are; a client without a secret does so by PKCE alone."""
    if client_secret is None:
        return "none"
    methods = metadata.token_endpoint_auth_methods_supported
    return "client_secret_post" if "client_secret_basic" not in methods else "client_secret_basic"


def _with_email(client: Any, token: Mapping[str, Any], claims: Mapping[str, Any]) -> Mapping[str, Any]:
    """The claims, with the address from the userinfo endpoint where the ID token does not say all of it."""
    endpoint = client.server_metadata.get("userinfo_endpoint")
    if not endpoint or {"email", "email_verified"} <= claims.keys():
        return claims
    bearer = {"Authorization": f"Bearer {token['access_token']}"}
    with BoundedSession() as session:
        response = session.request("GET", endpoint, headers=bearer, withhold_token=True)
    response.raise_for_status()
    info = UserInfo(response.json())
    if info["sub"] != claims["sub"]:
        raise ValueError("userinfo is about somebody else")
    return {**claims, "email": info.get("email"), "email_verified": info.get("email_verified")}


def _is_plain(text: Any) -> TypeGuard[str]:
    """A text without what cannot be seen, or kept."""
    return isinstance(text, str) and text != "" and text.isprintable()


@contextmanager
def _plain_faults() -> Iterator[None]:
    """Foreign exceptions as ours. Their texts stay out: they may quote what was sent."""
    try:
        yield
    except HTTPError as error:
        status = error.response.status_code if error.response is not None else 500
        raise (Temporary if status in (408, 429) or status >= 500 else Permanent)(f"it answers {status}") from error
    except OAuthError as error:
        raise Permanent(f"it refuses the exchange ({str(error.error)[:40]!r})") from error
    except JoseError as error:
        raise Permanent(f"its ID token does not hold ({error.error} {getattr(error, 'claim', '')})") from error
    except ValidationError as error:
        raise Permanent("its discovery document lacks what it must say") from error
    except RUBBISH as error:
        raise Permanent(f"its answer cannot be read ({type(error).__name__})") from error
    except RequestException as error:
        raise Temporary(f"it does not answer ({type(error).__name__})") from error
