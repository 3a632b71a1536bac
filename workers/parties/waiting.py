"""Trouble of a party is waited out by all, trouble of a ticket by that ticket: who can tell them apart, asks.

The worker that meets trouble probes at once; when that fails too, the party is away, and all of its work waits. The
sweeper has it asked until it is back; then all goes on, in order of age.
"""

from collections.abc import Iterable
from enum import StrEnum

import structlog

from desk.errors import FirstlineError, Outage, PartyAway, Permanent, Temporary
from desk.party import Access, PartyAccess
from desk.platform.database import Transaction
from desk.ports import PartyProbe
from workers import interventions
from workers.dependencies import Dependencies
from workers.parties import standing
from workers.queue import inbox, outbox

log = structlog.get_logger(__name__)

SOON = 3.0
"""Seconds in which whoever asks the party will know."""
LATER = 600.0
"""Seconds after which what waits looks for itself, should nobody have let it go on."""


class TroubleOwner(StrEnum):
    """Whose trouble an error is."""

    OWN = "own"
    """This ticket's."""
    PARTY = "party"
    """A party's, which is away."""
    ASKING = "asking"
    """Somebody else is just asking."""


def refuse_if_away(away: Iterable[PartyAccess], *needed: PartyAccess) -> None:
    """Raises PartyAway when one of those that are needed is known to be away."""
    away_accesses = set(away)
    for party_access in needed:
        if party_access in away_accesses:
            raise PartyAway(f"{party_access.party} is away", party_access.party, party_access.access)


def whose_trouble(deps: Dependencies, account: str, error: FirstlineError) -> TroubleOwner:
    """Whose trouble it is. May probe; no transaction may be open."""
    if isinstance(error, PartyAway):
        return TroubleOwner.PARTY
    if not isinstance(error, Outage):
        return TroubleOwner.OWN
    party_access, party_probe = PartyAccess(error.party, error.access), deps.parties.get(error.party)
    if error.certain:
        return _declare_unless_known(deps, account, error)
    if party_probe is None:
        return TroubleOwner.OWN
    with deps.db.account(account) as tx:
        if not standing.take_probe(tx, party_access):
            return TroubleOwner.PARTY if standing.is_away(tx, party_access) else TroubleOwner.ASKING
    if outage := _probe(party_probe, account, party_access.access):
        _declare_away(deps, account, outage)
        return TroubleOwner.PARTY
    with deps.db.account(account) as tx:
        standing.end_probe(tx, party_access)
    return TroubleOwner.OWN


def awaited_party(tx: Transaction, error: FirstlineError) -> str | None:
    """The party that an error makes wait for, if it is still away as this transaction sees it."""
    if isinstance(error, Outage | PartyAway) and standing.is_away(tx, PartyAccess(error.party, error.access)):
        return error.party
    return None


def probe_party(deps: Dependencies, account: str, party: str) -> None:
    """Ask whether a party is back, where it is time to; if so, let go on what waits for it."""
    for access in Access:
        party_access = PartyAccess(party, access)
        with deps.db.account(account) as tx:
            has_turn = standing.take_due_probe(tx, party_access)
        if not has_turn:
            continue
        party_probe = deps.parties.get(party)
        if party_probe and (outage := _probe(party_probe, account, access)):
            _declare_away(deps, account, outage)
        else:
            with deps.db.account(account) as tx:
                _declare_back(tx, party_access)


def _probe(party_probe: PartyProbe, account: str, access: Access) -> Outage | None:
    """Why it is away, or None. What is not connected any more is nothing to wait for."""
    try:
        party_probe.probe(account, access)
    except Outage as outage:
        return outage
    except Permanent as error:
        log.warning("cannot be probed", party=party_probe.name, why=str(error))
    except Temporary as error:
        return Outage(str(error), party_probe.name, access, error.retry_after)
    return None


def _declare_unless_known(deps: Dependencies, account: str, outage: Outage) -> TroubleOwner:
    """Many workers may hear it at once: that makes it no longer."""
    with deps.db.account(account) as tx:
        is_known = standing.is_away(tx, PartyAccess(outage.party, outage.access))
    if not is_known:
        _declare_away(deps, account, outage)
    return TroubleOwner.PARTY


def _declare_away(deps: Dependencies, account: str, outage: Outage) -> None:
    with deps.db.account(account) as tx:
        standing.declare_outage(tx, outage)
    log.warning("away", account=account, party=outage.party, access=outage.access.value, why=str(outage))


def _declare_back(tx: Transaction, party_access: PartyAccess) -> None:
    standing.declare_up(tx, party_access)
    away_accesses = {status.access for status in standing.parties_away(tx) if status.party == party_access.party}
    released = 0
    if Access.READ not in away_accesses:
        released += inbox.release_party(tx, party_access.party)
        released += interventions.release_party(tx, party_access.party)
    if Access.WRITE not in away_accesses:
        released += outbox.release_party(tx, party_access.party, alerts=True)
    if not away_accesses:
        released += outbox.release_party(tx, party_access.party, alerts=False)
    log.info("back", account=tx.account, party=party_access.party, access=party_access.access.value, released=released)
