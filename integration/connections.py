"""How an account reaches its outside parties: addresses, tokens and secrets, sealed; and what is known of the moment.

One row per account and party. Each party has its own pydantic model of what its row holds.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ValidationError
from sqlalchemy import Row, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert

from desk.errors import Refused
from desk.platform.database import Transaction
from integration.tables import connections
from workers.parties.standing import probe_soon

M = TypeVar("M", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Connection(Generic[M]):
    """A party as an account reaches it. `blocked_until`: the party asked to be left alone until then."""

    config: M
    cursor: str | None
    blocked_until: datetime | None
    updated_at: datetime

    def wait(self, now: datetime | None = None) -> float:
        """Seconds that the party still wants to be left alone."""
        if self.blocked_until is None:
            return 0.0
        return max(0.0, (self.blocked_until - (now or datetime.now(UTC))).total_seconds())


def amend_config(current: BaseModel | None, model: type[M], changes: Mapping[str, Any]) -> M:
    """What is known of a party with what is given in its place; an empty value clears what need not be there. Raises
    Refused that names each field at fault."""
    fields = current.model_dump() if current else {}
    for name, value in changes.items():
        if _is_empty(value) and not model.model_fields[name].is_required():
            fields.pop(name, None)
        else:
            fields[name] = value
    try:
        return model.model_validate(fields)
    except ValidationError as error:
        faults = error.errors(include_url=False, include_context=False, include_input=False)
        raise Refused("; ".join(f"{fault['loc'][0]}: {fault['msg']}" for fault in faults)) from error


def _is_empty(value: Any) -> bool:
    return value == "" or (isinstance(value, list) and not any(value))


def save_connection(tx: Transaction, party: str, config: BaseModel) -> None:
    """Set up a party, or change how it is reached; the cursor stays. If work waits for it, it is asked at once."""
    sealed_config = tx.seal(config.model_dump_json())
    connection_row = {"account_id": tx.account, "party": party, "config": sealed_config, "updated_at": func.now()}
    updated_values = {"config": sealed_config, "updated_at": func.now(), "blocked_until": None}
    statement = insert(connections).values(connection_row)
    tx.execute(statement.on_conflict_do_update(index_elements=["account_id", "party"], set_=updated_values))
    probe_soon(tx, party)


def delete_connection(tx: Transaction, party: str) -> bool:
    """Forget a party and its secrets; False if there was none."""
    return tx.execute(delete(connections).where(connections.c.party == party)).rowcount == 1


def load_connection(tx: Transaction, party: str, model: type[M]) -> Connection[M] | None:
    """The account's connection to a party, or None when there is none."""
    row = tx.execute(select(connections).where(connections.c.party == party)).one_or_none()
    return _build_connection(tx, row, model) if row else None


def set_cursor(tx: Transaction, party: str, cursor: str) -> None:
    """Remember how far catch-up has read."""
    tx.execute(update(connections).where(connections.c.party == party).values(cursor=cursor))


def block_until(tx: Transaction, party: str, seconds: float) -> None:
    """Leave the party alone for so long; all workers of the account keep to it."""
    until = datetime.now(UTC) + timedelta(seconds=seconds)
    latest_until = func.greatest(func.coalesce(connections.c.blocked_until, until), until)
    tx.execute(update(connections).where(connections.c.party == party).values(blocked_until=latest_until))


def _build_connection(tx: Transaction, row: Row[Any], model: type[M]) -> Connection[M]:
    return Connection(model.model_validate_json(tx.open(row.config)), row.cursor, row.blocked_until, row.updated_at)
