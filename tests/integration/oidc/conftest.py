"""A provider, and the pages of an account whose staff sign in by it."""

from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient

from desk.platform.database import Database
from integration.access.oidc.flow import RETURN_PATH
from tests.integration.oidc.oidc_browser import ADA, HOME, app_for, invite
from tests.lookalikes.oidc_provider import OidcProviderServer, oidc_provider


@pytest.fixture
def provider() -> Iterator[OidcProviderServer]:
    with oidc_provider() as running:
        running.add_client(HOME + RETURN_PATH)
        yield running


@pytest.fixture
def app(provider: OidcProviderServer, database: Database, account: str) -> Flask:
    return app_for(provider, database, account)


@pytest.fixture
def browser(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def ada(database: Database, account: str) -> None:
    invite(database, account, ADA)
