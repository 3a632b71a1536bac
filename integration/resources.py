"""What was made at an outside party for an account: remembered at once when it is there, forgotten when it is gone."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert

from desk.platform.database import Database, Transaction
from integration.tables import connection_resources

FORMER_ADDRESS = "former_address"
"""The one kind that is no thing at the other side."""


@dataclass(frozen=True, slots=True)
class Resource:
    """A thing at the other side that is ours. `kind` is the step that made it."""

    kind: str
    foreign_id: str
    created_at: datetime


def remember_resource(tx: Transaction, party: str, kind: str, foreign_id: str) -> None:
    """It is ours from now on; one of each kind, and a later one takes the earlier one's place."""
    row = {"account_id": tx.account, "party": party, "kind": kind, "foreign_id": foreign_id}
    statement = insert(connection_resources).values(row)
    tx.execute(
        statement.on_conflict_do_update(
            index_elements=["account_id", "party", "kind"], set_={"foreign_id": foreign_id, "created_at": func.now()}
        )
    )


def forget_resource(tx: Transaction, party: str, kind: str) -> None:
    """It is gone, or nobody's any more."""
    columns = connection_resources.c
    tx.execute(delete(connection_resources).where(columns.party == party, columns.kind == kind))


def forget_resources(tx: Transaction, party: str) -> None:
    """Nothing there is ours any more, as far as we are concerned."""
    tx.execute(delete(connection_resources).where(connection_resources.c.party == party))


def remember_address(tx: Transaction, party: str, address: str) -> None:
    """The tickets that are known here are those of this address, also when it is not connected any more."""
    remember_resource(tx, party, FORMER_ADDRESS, address)


def former_address(tx: Transaction, party: str) -> str | None:
    """Whose tickets are known here, where the party was connected before and is not now."""
    resource = _all_resources(tx, party).get(FORMER_ADDRESS)
    return resource.foreign_id if resource else None


def list_resources(tx: Transaction, party: str) -> dict[str, Resource]:
    """All that is the account's at this party, by its kind."""
    return {kind: resource for kind, resource in _all_resources(tx, party).items() if kind != FORMER_ADDRESS}


def _all_resources(tx: Transaction, party: str) -> dict[str, Resource]:
    rows = tx.execute(select(connection_resources).where(connection_resources.c.party == party))
    return {row.kind: Resource(row.kind, row.foreign_id, row.created_at) for row in rows}


class Ledger:
    """What an account has at one party, each entry a transaction of its own: whatever is cut off later, it stands."""

    def __init__(self, db: Database, account: str, party: str) -> None:
        self._db, self._account, self._party = db, account, party

    def recall(self, kind: str) -> str | None:
        """The party's id of what was made, or None."""
        with self._db.account(self._account) as tx:
            resource = list_resources(tx, self._party).get(kind)
        return resource.foreign_id if resource else None

    def remember(self, kind: str, foreign_id: str) -> None:
        """It is there, and ours."""
        with self._db.account(self._account) as tx:
            remember_resource(tx, self._party, kind, foreign_id)

    def forget(self, kind: str) -> None:
        """It is gone, or we leave it to others."""
        with self._db.account(self._account) as tx:
            forget_resource(tx, self._party, kind)
