"""Is an account's Zendesk up? What the worker that met trouble asks, and then the sweeper until it is."""

from desk.errors import Permanent
from desk.party import Access
from desk.platform.database import Database
from integration.connections import load_connection
from integration.zendesk.api.connection import PARTY, ZendeskConnection, make_client

TIMEOUT = (2.0, 4.0)
"""Seconds to connect and to wait: a probe is short, others wait for what it finds."""


class ZendeskParty:
    """`desk.ports.PartyProbe` for Zendesk."""

    name = PARTY

    def __init__(self, db: Database) -> None:
        self._db = db

    def probe(self, account: str, access: Access) -> None:
        """One call. Raises Outage when Zendesk is away, Permanent when it is not connected."""
        with self._db.account(account) as tx:
            connection = load_connection(tx, PARTY, ZendeskConnection)
        if connection is None:
            raise Permanent("this account is not connected to Zendesk; run `firstline connect zendesk`")
        make_client(connection.config, timeout=TIMEOUT).probe(access)
