"""ID tokens that do not hold open nothing; those that do hold do."""

import base64
import hmac
import json
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptojwt.jwk.rsa import new_rsa_key
from cryptojwt.jws.jws import JWS
from flask.testing import FlaskClient
from jwt.algorithms import RSAAlgorithm

from tests.integration.oidc.oidc_browser import BO, assert_shut, signs_in
from tests.lookalikes.oidc_provider import CLIENT, SECRET, Claims, OidcProviderServer

pytestmark = pytest.mark.loopback


def without(claims: Claims, name: str) -> Claims:
    return {key: value for key, value in claims.items() if key != name}


@pytest.mark.usefixtures("ada")
@pytest.mark.parametrize(
    "changed",
    [
        {"aud": "another"},
        {"aud": ["another"], "azp": CLIENT},
        {"aud": [CLIENT, "another"]},
        {"aud": [CLIENT, "another"], "azp": "another"},
        {"azp": "another"},
        {"aud": []},
        {"iss": "https://elsewhere.example"},
        {"nonce": "another"},
        {"exp": 1_700_000_000},
        {"exp": "soon"},
        {"iat": 4_000_000_000},
        {"nbf": 4_000_000_000},
        {"sub": ""},
        {"sub": 7},
        {"sub": "x" * 256},
        {"sub": "\x00"},
        {"at_hash": "bm90IGl0cyBoYXNo"},
    ],
    ids=str,
)
def test_an_id_token_for_another_or_of_another_time_is_refused(
    browser: FlaskClient, provider: OidcProviderServer, changed: Claims
) -> None:
    provider.spoil = lambda claims: claims | changed
    assert_shut(browser, signs_in(browser), 502, "did not pass the checks")


@pytest.mark.usefixtures("ada")
@pytest.mark.parametrize("name", ["aud", "iss", "exp", "iat", "sub", "nonce"])
def test_an_id_token_that_leaves_out_what_it_must_say_is_refused(
    browser: FlaskClient, provider: OidcProviderServer, name: str
) -> None:
    provider.spoil = lambda claims: without(claims, name)
    assert_shut(browser, signs_in(browser), 502, "did not pass the checks")


@pytest.mark.usefixtures("ada")
def test_a_token_that_says_it_is_for_us_among_others_is_taken(
    browser: FlaskClient, provider: OidcProviderServer
) -> None:
    provider.spoil = lambda claims: claims | {"aud": [CLIENT, "another"], "azp": CLIENT}
    assert signs_in(browser).status_code == 303


@pytest.mark.usefixtures("ada")
def test_a_signature_by_an_elliptic_curve_is_taken(browser: FlaskClient, provider: OidcProviderServer) -> None:
    provider.spoil = lambda claims: provider.sign(claims, "ES256")
    assert signs_in(browser).status_code == 303


def unsigned(provider: OidcProviderServer, claims: Claims) -> str:
    return jwt.encode(claims, "", algorithm="none")


def signed_by_the_secret(provider: OidcProviderServer, claims: Claims) -> str:
    return jwt.encode(claims, SECRET, algorithm="HS256")


def signed_by_the_public_key(provider: OidcProviderServer, claims: Claims) -> str:
    """The old confusion: the key that all can read, taken for a shared secret. No sound library makes such a token."""
    key = provider.public_key()
    head = {"alg": "HS256", "kid": key["kid"]}
    signed = b".".join(_base64(json.dumps(part).encode()) for part in (head, claims))
    public = RSAAlgorithm.from_jwk(key)
    assert isinstance(public, RSAPublicKey)
    shown = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return b".".join((signed, _base64(hmac.digest(shown, signed, "sha256")))).decode()


def signed_by_a_stranger(provider: OidcProviderServer, claims: Claims) -> str:
    key = new_rsa_key(kid=provider.public_key()["kid"])
    return str(JWS(json.dumps(claims), alg="RS256").sign_compact([key]))


def signed_by_a_key_it_brings(provider: OidcProviderServer, claims: Claims) -> str:
    key = new_rsa_key(kid="mine")
    return str(JWS(json.dumps(claims), alg="RS256", jwk=key.serialize()).sign_compact([key]))


def with_other_claims(provider: OidcProviderServer, claims: Claims) -> str:
    head, _, signature = provider.sign(claims).split(".")
    return f"{head}.{_base64(json.dumps(claims | {'email': BO}).encode()).decode()}.{signature}"


def _base64(content: bytes) -> bytes:
    return base64.urlsafe_b64encode(content).rstrip(b"=")


@pytest.mark.usefixtures("ada")
@pytest.mark.parametrize(
    "forge",
    [
        unsigned,
        signed_by_the_secret,
        signed_by_the_public_key,
        signed_by_a_stranger,
        signed_by_a_key_it_brings,
        with_other_claims,
        lambda provider, claims: "no token",
        lambda provider, claims: "",
        lambda provider, claims: "a.b.c",
    ],
)
def test_a_token_that_the_providers_key_has_not_signed_is_refused(
    browser: FlaskClient, provider: OidcProviderServer, forge: Any
) -> None:
    provider.spoil = lambda claims: str(forge(provider, claims))
    assert_shut(browser, signs_in(browser), 502, "did not pass the checks")
