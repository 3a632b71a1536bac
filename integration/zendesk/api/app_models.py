"""The shapes of Zendesk's apps, as far as Firstline reads them.

https://developer.zendesk.com/api-reference/ticketing/apps/apps/
"""

from typing import Any

from pydantic import Field

from integration.zendesk.api.models import Shape


class Parameter(Shape):
    """A setting that an app asks for when it is installed."""

    name: str


class AppRow(Shape):
    """An app that the account owns."""

    id: str
    short_description: str | None = None
    author_name: str | None = None
    version: str | None = None
    parameters: list[Parameter] = Field(default_factory=list)


class OwnedApps(Shape):
    """All of them, on one page."""

    apps: list[AppRow]


class InstallationRow(Shape):
    """An app as it is installed."""

    id: str
    app_id: str
    enabled: bool = True
    settings: dict[str, Any] = Field(default_factory=dict)


class Installations(Shape):
    """All of an account's, on one page."""

    installations: list[InstallationRow]


class Upload(Shape):
    """A package that was taken in."""

    id: str


class JobOrder(Shape):
    """A build that was ordered."""

    job_id: str


class JobStatus(Shape):
    """How far a build is: `queued`, `working`, `completed`, `failed` or `killed`."""

    status: str
    app_id: str | None = None
    message: str | None = None
    retry_in: float | None = None
