"""Opening the database. Apart from `app/bootstrap.py`, so that a command that needs nothing else starts at once."""

import contextlib

from pydantic import SecretStr
from sqlalchemy.engine import URL
from sqlalchemy.exc import ArgumentError

from desk.errors import BadSetting
from desk.platform.database import Database, driver_url
from desk.platform.encryption import Sealer
from desk.platform.settings import Settings, environment_variable


def make_database(settings: Settings) -> Database:
    """The pool under the product's login role. Raises BadSetting when URL or keys are missing or cannot be read."""
    url = readable_url(needed(settings, "database_url"), "DATABASE_URL")
    return Database(url.render_as_string(hide_password=False), make_sealer(settings), settings.database_pool)


def readable_url(url: str, setting: str) -> URL:
    """A database URL in its parts. Raises BadSetting for one that means something else than whoever wrote it thinks: a
    bare `@` or `/` in a password moves what follows into the host, and from there into error messages."""
    with contextlib.suppress(ValueError, ArgumentError):
        if url.partition("?")[0].count("@") <= 1:
            return driver_url(url)
    raise BadSetting(f"{setting} cannot be read as a URL: are the special characters of the password written as %XX?")


def make_sealer(settings: Settings) -> Sealer:
    """The keys that bodies are sealed with, the newest first."""
    return Sealer([key.strip() for key in needed(settings, "keys").split(",") if key.strip()])


def needed(settings: Settings, field: str) -> str:
    """The value of a setting. Raises BadSetting when there is none."""
    value = getattr(settings, field)
    if value is None:
        raise BadSetting(f"{environment_variable(field)} is not set; `firstline up` brings its own, see .env.example")
    return value.get_secret_value() if isinstance(value, SecretStr) else str(value)
