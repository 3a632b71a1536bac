"""A real OpenID provider, whose protocol code is its own (idpyoidc, no line of it shared with the product's client),
behind a small HTTP front.

What no sound provider does is done on the way out: `spoil` changes an ID token or takes its place, `faults` answer
instead of an endpoint. All else is the provider's: codes, PKCE, nonces, keys and signatures.
"""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from cryptojwt.jws.jws import JWS, factory
from flask import Flask, Response, redirect, request
from idpyoidc.server import Server
from idpyoidc.server.configure import OPConfiguration
from werkzeug.serving import make_server
from werkzeug.wrappers import Response as AnyResponse

CLIENT, SECRET = "firstline", "a secret of more than thirty-two letters"
KEYS = [{"type": "RSA", "use": ["sig"]}, {"type": "EC", "crv": "P-256", "use": ["sig"]}]
ENDPOINTS = {
    "provider_config": (".well-known/openid-configuration", "provider_config.ProviderConfiguration", None),
    "authorization": ("authorization", "authorization.Authorization", None),
    "token": ("token", "token.Token", ["client_secret_basic", "client_secret_post", "none"]),
    "userinfo": ("userinfo", "userinfo.UserInfo", ["bearer_header"]),
}

Claims = dict[str, Any]


@dataclass
class OidcProviderServer:
    """The provider, its people by name, who sits at its keyboard, and what goes wrong."""

    url: str
    server: Any
    people: dict[str, Claims]
    at_keyboard: str = "ada"
    declines: str | None = None
    """The error that comes back instead of a code."""
    spoil: Callable[[Claims], Claims | str] | None = None
    """Given the ID token's claims: others, to be signed by the provider's own key, or a whole token."""
    faults: dict[str, tuple[int, str]] = field(default_factory=dict)
    slow: dict[str, float] = field(default_factory=dict)
    """Seconds before an endpoint answers."""
    drips: dict[str, float] = field(default_factory=dict)
    """Seconds between two spaces, of which an endpoint's answer has a hundred."""
    says_length: bool = True
    """Whether such an answer says so beforehand."""
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    """Each request: the endpoint and its parameters."""

    def public_key(self) -> Claims:
        """The RSA key that it shows."""
        keys: list[Claims] = self.server.context.keyjar.export_jwks(issuer_id="")["keys"]
        return next(key for key in keys if key["kty"] == "RSA")

    def sign(self, claims: Claims, alg: str = "RS256") -> str:
        """A token of these claims by the provider's own key."""
        keys = self.server.context.keyjar.get_signing_key("RSA" if alg.startswith("RS") else "EC", "")
        return str(JWS(json.dumps(claims), alg=alg).sign_compact(keys))

    def rotate_keys(self) -> None:
        """New keys in place of those that sign and are shown."""
        keyjar = self.server.context.keyjar
        keyjar.rotate_keys(KEYS)
        keyjar[self.url].mark_all_keys_as_inactive()
        keyjar.import_jwks(keyjar.export_jwks(private=True), self.url)
        for bundle in (*keyjar[""], *keyjar[self.url]):
            bundle.remove_outdated(0)

    def add_client(self, redirect_uri: str, secret: str | None = SECRET) -> None:
        """Know us, with a secret or as a public client."""
        self.server.context.cdb[CLIENT] = {
            "redirect_uris": [(redirect_uri, {})],
            "response_types_supported": ["code"],
            "allowed_scopes": ["openid", "email"],
            "token_endpoint_auth_method": "client_secret_basic" if secret else "none",
        } | ({"client_secret": secret} if secret else {})


@contextmanager
def oidc_provider(*, email_in_token: bool = True) -> Iterator[OidcProviderServer]:
    """Runs on a port of its own, with Ada and Bo. Without `email_in_token` the address is at the userinfo endpoint
    alone, as the standard has it."""
    app = Flask("provider", static_folder=None)
    http = make_server("127.0.0.1", 0, app, threaded=True)
    url = f"http://127.0.0.1:{http.server_port}"
    people = {name: {"email": f"{name}@desk.example", "email_verified": True} for name in ("ada", "bo")}
    provider = OidcProviderServer(url, Server(_configuration(url, email_in_token)), people)
    _add_routes(app, provider)
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield provider
    finally:
        http.shutdown()
        thread.join()
        http.server_close()


def _configuration(url: str, email_in_token: bool) -> OPConfiguration:
    id_token = {"add_claims_by_scope": email_in_token}
    authenticator = {"class": "idpyoidc.server.user_authn.user.NoAuthn", "kwargs": {"user": "ada"}, "acr": "any"}
    pkce = {"essential": True, "code_challenge_methods": {"S256": None}}
    return OPConfiguration(
        {
            "issuer": url,
            "base_url": url,
            "key_conf": {"key_defs": KEYS},
            "preference": {
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["RS256", "ES256", "HS256", "none"],
            },
            "session_params": {"password": "p" * 32, "salt": "s" * 16},
            "token_handler_args": {
                "key_conf": {"key_defs": [{"type": "oct", "bytes": 24, "use": ["enc"], "kid": "code"}]},
                "code": {"kwargs": {"lifetime": 600}},
                "token": {"class": "idpyoidc.server.token.jwt_token.JWTToken", "kwargs": {"lifetime": 3600}},
                "id_token": {"class": "idpyoidc.server.token.id_token.IDToken", "kwargs": id_token},
            },
            "endpoint": {
                name: {
                    "path": path,
                    "class": f"idpyoidc.server.oidc.{kind}",
                    "kwargs": {"client_authn_method": methods},
                }
                for name, (path, kind, methods) in ENDPOINTS.items()
            },
            "userinfo": {"class": "idpyoidc.server.user_info.UserInfo", "kwargs": {}},
            "authentication": {"anybody": authenticator},
            "add_on": {"pkce": {"function": "idpyoidc.server.oauth2.add_on.pkce.add_support", "kwargs": pkce}},
        }
    )


def _add_routes(app: Flask, provider: OidcProviderServer) -> None:
    context = provider.server.context
    context.userinfo.db = {_user_id(name): claims for name, claims in provider.people.items()}  # live, not a copy

    @app.before_request
    def go_wrong() -> Response | None:
        name = request.path.rpartition("/")[2]
        provider.asked.append((name, request.values.to_dict()))
        time.sleep(provider.slow.get(name, 0))
        if name in provider.drips:
            length = {"Content-Length": "100"} if provider.says_length else {}
            return Response(_drip(provider.drips[name]), headers=length, content_type="application/json")
        if name in provider.faults:
            status, body = provider.faults[name]
            headers = {"Location": f"{provider.url}/elsewhere"} if 300 <= status < 400 else {}
            return Response(body, status, headers, content_type="application/json")
        return None

    @app.get("/.well-known/openid-configuration")
    def configuration() -> Response:
        endpoint = provider.server.get_endpoint("provider_config")
        told = json.loads(endpoint.do_response(**endpoint.process_request())["response"])
        return _json({**told, "jwks_uri": f"{provider.url}/jwks"})

    @app.get("/jwks")
    def jwks() -> Response:
        return _json(context.keyjar.export_jwks(issuer_id=""))

    @app.get("/authorization")
    def authorization() -> AnyResponse:
        if provider.declines:
            answer = {"error": provider.declines, "state": request.args["state"]}
            return redirect(f"{request.args['redirect_uri']}?{urlencode(answer)}")
        context.authn_broker.db["anybody"]["method"].user = _user_id(provider.at_keyboard)
        answered = _answered(provider.server.get_endpoint("authorization"), request.args.to_dict())
        return answered if isinstance(answered, Response) else redirect(answered["response"])

    @app.post("/token")
    def token() -> Response:
        answered = _answered(provider.server.get_endpoint("token"), request.form.to_dict())
        if isinstance(answered, Response):
            return answered
        told = json.loads(answered["response"])
        if provider.spoil and "id_token" in told:
            spoiled = provider.spoil(factory(told["id_token"]).jwt.payload())
            told["id_token"] = spoiled if isinstance(spoiled, str) else provider.sign(spoiled)
        return _json(told)

    @app.get("/userinfo")
    def userinfo() -> Response:
        answered = _answered(provider.server.get_endpoint("userinfo"), request.args.to_dict())
        return answered if isinstance(answered, Response) else _json(json.loads(answered["response"]))


def _drip(seconds: float) -> Iterator[bytes]:
    for _ in range(100):
        time.sleep(seconds)
        yield b" "


def _user_id(name: str) -> str:
    """With a dot: the provider tries whether an id is base64 of something else."""
    return f"{name}."


def _answered(endpoint: Any, parameters: dict[str, str]) -> Any:
    """What the provider's own code makes of a request: its response, or what was wrong with it."""
    headers = {"authorization": request.headers["Authorization"]} if "Authorization" in request.headers else {}
    parsed = endpoint.parse_request(parameters, http_info={"headers": headers})
    if "error" in parsed:
        return _json(parsed.to_dict(), 400)
    processed = endpoint.process_request(parsed, http_info={"headers": headers})
    if "error" in processed:
        return _json({"error": processed["error"]}, 400)
    return endpoint.do_response(request=parsed, **processed)


def _json(value: object, status: int = 200) -> Response:
    return Response(json.dumps(value), status, content_type="application/json")
