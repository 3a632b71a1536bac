"""Opening the database. Apart from `app/bootstrap.py`, so that a command that needs nothing else starts at once."""

from pydantic import SecretStr

from desk.db import Database
from desk.errors import BadSetting
from desk.privacy import Sealer
from desk.settings import Settings, variable


def make_database(settings: Settings) -> Database:
    """The pool under the product's login role. Raises BadSetting when URL or keys are missing or cannot be read."""
    url, sealer = needed(settings, "database_url"), make_sealer(settings)
    try:
        return Database(url, sealer, settings.database_pool)
    except ValueError as error:
        raise BadSetting(UNREADABLE.format("DATABASE_URL")) from error


def make_sealer(settings: Settings) -> Sealer:
    """The keys that bodies are sealed with, the newest first."""
    return Sealer([key.strip() for key in needed(settings, "keys").split(",") if key.strip()])


def needed(settings: Settings, field: str) -> str:
    """The value of a setting. Raises BadSetting when there is none."""
    value = getattr(settings, field)
    if value is None:
        raise BadSetting(f"{variable(field)} is not set; `firstline up` brings its own, see .env.example")
    return value.get_secret_value() if isinstance(value, SecretStr) else str(value)


UNREADABLE = "{} cannot be read as a URL: are the special characters of the password written as %XX?"
"""What drivers say of such a URL may quote the password."""
