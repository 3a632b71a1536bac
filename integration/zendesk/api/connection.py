"""What an account must say about its Zendesk, and the open line to it that all workers of a process share."""

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from threading import Lock
from typing import Annotated, Literal, TypeVar
from urllib.parse import urlsplit

import structlog
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator

from desk.errors import Blocked, Permanent, Temporary
from desk.platform.database import Database
from integration.connections import Connection, block_until, load_connection
from integration.zendesk.api.client import OnLimit, ZendeskClient
from integration.zendesk.api.models import ListPage
from integration.zendesk.api.oauth import ClientCredentials
from integration.zendesk.api.rate_limits import PARTY as PARTY

log = structlog.get_logger(__name__)

LOCAL = {"127.0.0.1", "::1", "localhost"}
DOMAIN = ".zendesk.com"
SUBDOMAIN = re.compile(rf"[A-Za-z0-9][A-Za-z0-9-]{{2,62}}({re.escape(DOMAIN)})?")
SPREAD = 0.25
"""Waiting workers come back over a quarter of the wait, not all in one moment."""

P = TypeVar("P", bound=ListPage)
Number = Annotated[str, Field(pattern=r"^[0-9]{0,20}$")]


class ZendeskConnection(BaseModel):
    """How an account reaches its Zendesk, and what it wants done there. Empty means: leave it alone.

    `webhook_secrets`: one of each webhook, and while a secret is changed both the old and the new.
    """

    model_config = ConfigDict(extra="forbid")

    base_url: str
    oauth_client_id: str = ""
    oauth_client_secret: str = Field(default="", repr=False, validate_default=True)
    email: Annotated[str, Field(pattern=r"^([^\s@/]+@[^\s@/]+)?$", validate_default=True)] = ""
    api_token: str = Field(default="", repr=False, validate_default=True)
    webhook_secrets: list[str] = Field(default_factory=list, repr=False)
    zendesk_account_id: Number = ""
    service_user_id: Number = ""
    """The user behind the token, where no person works as that user: its tickets count as nobody's."""
    escalation_group_id: Number = ""
    escalation_priority: Literal["", "normal", "high", "urgent"] = ""
    status_after_reply: Literal["", "open", "pending", "hold", "solved"] = ""
    app_public_key: str = ""
    """The sidebar app's, as PEM: what proves who looks at its page."""
    app_installation_id: Number = ""
    app_package: str = ""
    """From which files `connect` had the app built there, as their fingerprint."""

    @field_validator("app_public_key")
    @classmethod
    def is_a_public_key(cls, pem: str) -> str:
        """An RSA key; line breaks may be written as `\\n`."""
        pem = pem.replace("\\n", "\n").strip()
        if pem and not is_rsa_key(pem):
            raise ValueError("must be the app's public key, as PEM: -----BEGIN PUBLIC KEY-----...")
        return pem

    @property
    def identity(self) -> str:
        """Who asks, for people."""
        return f"the OAuth client {self.oauth_client_id}" if self.oauth_client_id else f"{self.email} with this token"

    @field_validator("oauth_client_secret", "email", "api_token")
    @classmethod
    def is_there(cls, value: str, info: ValidationInfo) -> str:
        """An address with its API token, or an OAuth client with its secret."""
        by_client = bool(info.data.get("oauth_client_id"))
        if not value and by_client == (info.field_name == "oauth_client_secret"):
            raise ValueError("must be given")
        return value

    @field_validator("base_url")
    @classmethod
    def is_an_address(cls, url: str) -> str:
        """https://SUB.zendesk.com, or SUB alone; without encryption only on this machine."""
        url = url.strip().rstrip("/")
        if SUBDOMAIN.fullmatch(url):
            url = f"https://{url.removesuffix(DOMAIN)}{DOMAIN}"
        url_parts = urlsplit(url)
        is_secure = url_parts.scheme == "https" or (url_parts.scheme == "http" and url_parts.hostname in LOCAL)
        if (
            not is_secure
            or not re.fullmatch(r"[A-Za-z0-9.:\[\]-]+", url_parts.netloc)
            or url_parts.path
            or url_parts.query
        ):
            raise ValueError("must be like https://example.zendesk.com")
        return f"{url_parts.scheme}://{url_parts.netloc}"


def make_client(
    config: ZendeskConnection, on_limit: OnLimit = lambda seconds: None, timeout: tuple[float, float] | None = None
) -> ZendeskClient:
    """A line of its own to an account's Zendesk. Without `on_limit`, what it hears of rate limits is told to nobody."""
    client_id, client_secret = config.oauth_client_id, config.oauth_client_secret
    auth = ClientCredentials(config.base_url, client_id, client_secret) if client_id else None
    return ZendeskClient(config.base_url, config.email, config.api_token, on_limit, timeout, auth)


def is_rsa_key(pem: str) -> bool:
    """Is it the public half of an RSA key?"""
    try:
        return isinstance(load_pem_public_key(pem.encode()), RSAPublicKey)
    except (ValueError, UnsupportedAlgorithm):
        return False


def is_connected(db: Database, account: str) -> bool:
    """Has this account set up Zendesk? Says nothing of whether its token still works."""
    with db.account(account) as tx:
        return load_connection(tx, PARTY, ZendeskConnection) is not None


@dataclass(frozen=True, slots=True)
class ZendeskLine:
    """An account's open line to its Zendesk."""

    account: str
    config: ZendeskConnection
    client: ZendeskClient
    cursor: str | None


class ZendeskLines:
    """The lines of all accounts. A line's HTTP session is kept until the connection is changed."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._clients: dict[str, tuple[datetime, ZendeskClient]] = {}
        self._lock = Lock()

    def open(self, account: str) -> ZendeskLine:
        """The account's line. Raises Permanent when there is none, Blocked while Zendesk wants to be left alone."""
        with self._db.account(account) as tx:
            connection = load_connection(tx, PARTY, ZendeskConnection)
        if connection is None:
            raise Permanent("this account is not connected to Zendesk; run `firstline connect zendesk`")
        if wait := connection.wait(datetime.now(UTC)):
            wait_with_jitter = wait * random.uniform(1, 1 + SPREAD)  # noqa: S311  # spreads load, hides nothing
            raise Blocked("Zendesk asked for a pause", retry_after=wait_with_jitter)
        return ZendeskLine(account, connection.config, self._client_for(account, connection), connection.cursor)

    def listed(self, account: str, path: str, shape: type[P], **query: str) -> Iterator[P]:
        """A whole list, page by page; Blocked as soon as anybody hears that Zendesk wants to be left alone."""
        for page in self.open(account).client.listed(path, shape, **query):
            yield page
            if page.meta.has_more:
                self.open(account)

    def _client_for(self, account: str, connection: Connection[ZendeskConnection]) -> ZendeskClient:
        with self._lock:
            built_from, client = self._clients.get(account, (None, None))
            if client is None or built_from != connection.updated_at:
                client = make_client(connection.config, partial(self._share_rate_limit, account))
                self._clients[account] = (connection.updated_at, client)
            return client

    def _share_rate_limit(self, account: str, seconds: float) -> None:
        """Tell all workers. A database that is away is no reason to lose what Zendesk has just answered."""
        try:
            with self._db.account(account) as tx:
                block_until(tx, PARTY, seconds)
        except Temporary:
            log.warning("rate limit not shared", account=account, seconds=seconds)
