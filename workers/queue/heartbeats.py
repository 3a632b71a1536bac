"""Signs of life that processes leave in Postgres, where nobody need ask them.

They are read and written by two named functions: a beat belongs to no account.
"""

from sqlalchemy import text

from desk.platform.database import Database

BEAT = "beat"
"""Beat asked for a sweep, and a worker has made it."""


def record_heartbeat(db: Database, name: str) -> None:
    """Leave a sign of life."""
    with db.across() as connection:
        connection.execute(text("SELECT firstline_beat(:name)"), {"name": name})


def seconds_since_heartbeat(db: Database, name: str) -> float | None:
    """How long ago the last one was, by the database's clock; None if there never was any."""
    with db.across() as connection:
        age = connection.execute(text("SELECT firstline_heartbeat(:name)"), {"name": name}).scalar_one()
    return None if age is None else float(age)
