"""The last look at a ticket before something leaves: at the ticket as it stands now, and at what we alone know."""

from dataclasses import dataclass

from desk.conversation import NO_RECORD, OwnRecord, read_conversation
from desk.delivery import Delivery, DeliveryKind
from desk.platform import accounts
from desk.platform.database import Transaction
from desk.policy.policy import Policy
from desk.policy.scope import EVERYWHERE, TicketScope
from desk.reasons import Stop
from desk.run import Level, Run
from desk.ticket import Ticket
from workers import own_record, record
from workers.dependencies import Dependencies
from workers.parties.notices import policy_of
from workers.pipeline.guards import stop_before_person_send, stop_before_send
from workers.pipeline.turns import limit_reached
from workers.pipeline.validate import find_closed_pages
from workers.processing import duplicate_tickets
from workers.processing.guard_effects import message_left_open
from workers.queue.outbox import BY_A_PERSON, ClaimedDelivery

NOT_PUBLIC = (DeliveryKind.NOTE, DeliveryKind.ALERT)
"""Kinds that leave though everything public is paused."""


@dataclass(slots=True)
class LastLook:
    """Asked of every snapshot of the ticket before something leaves; remembers why it said no, and which message is
    left open by that."""

    deps: Dependencies
    delivery: Delivery
    record: OwnRecord = NO_RECORD
    """As the last snapshot was judged by."""
    run: Run | None = None
    """What an automatic reply rests on, once it was read."""
    stop: Stop = Stop.CLOSED
    left: str | None = None

    @property
    def by_person(self) -> bool:
        """A person ordered it: pause, limits and policy are about what leaves by itself."""
        return self.delivery.key.startswith(BY_A_PERSON)

    @property
    def is_automatic_reply(self) -> bool:
        """It leaves by itself, and in public."""
        return self.delivery.kind is DeliveryKind.REPLY and not self.by_person

    def still_wanted(self, ticket: Ticket) -> bool:
        """What we alone know is read anew as well, within the snapshot's own transaction where it has one: a person may
        have answered, claimed the ticket or turned us off a moment ago."""
        if isinstance(ticket.origin, Transaction):
            is_paused = self._read_anew(ticket.origin)
        else:
            with self.deps.db.account(self.delivery.account) as tx:
                is_paused = self._read_anew(tx)
        stop = self._find_stop(ticket, is_paused)
        if stop:
            self.stop, self.left = stop, message_left_open(stop, read_conversation(ticket, self.record), self.record)
        return stop is None

    def _read_anew(self, tx: Transaction) -> bool:
        """Our record as it is now; True if everything public is paused."""
        delivery = self.delivery
        self.record = own_record.read_own_record(tx, delivery.channel, delivery.ticket_id, current_delivery=delivery.id)
        if self.is_automatic_reply and delivery.run_id and self.run is None:
            self.run = record.get_run(tx, delivery.run_id)
        return accounts.is_paused(tx)

    def _find_stop(self, ticket: Ticket, is_paused: bool) -> Stop | None:
        delivery = self.delivery
        if self.by_person:
            return stop_before_person_send(ticket, delivery.message_id, self.record)
        if is_paused and delivery.kind not in NOT_PUBLIC:
            return Stop.PAUSED
        stop = stop_before_send(ticket, delivery.message_id, delivery.kind, self.record, self._scope())
        return stop or (Stop.READERS_CHANGED if self._shows_closed_pages(ticket) else None)

    def _shows_closed_pages(self, ticket: Ticket) -> bool:
        """Has somebody come to read the ticket for whom a cited page is not?"""
        if self.run is None:
            return False
        return bool(find_closed_pages(ticket, self.run, self.deps.policies.get(self.delivery.account).policy))

    def _scope(self) -> TicketScope:
        """What is public waits while the policy is broken; what tells people does not."""
        if self.delivery.kind not in NOT_PUBLIC:
            return self.deps.policies.get(self.delivery.account).policy.scope
        policy = policy_of(self.deps, self.delivery.account)
        return policy.scope if policy else EVERYWHERE


def recheck(deps: Dependencies, claim: ClaimedDelivery, ticket: Ticket, last_look: LastLook) -> Stop | None:
    """The last look before something public leaves: at the ticket, and at what we alone know."""
    if not last_look.still_wanted(ticket):
        return last_look.stop
    return _reply_stop(deps, claim, ticket, last_look) if last_look.is_automatic_reply else None


def _reply_stop(deps: Dependencies, claim: ClaimedDelivery, ticket: Ticket, last_look: LastLook) -> Stop | None:
    """What may have changed since the decision besides the ticket: the turns, another ticket, the sources."""
    delivery, run, policy = claim.delivery, last_look.run, deps.policies.get(claim.delivery.account).policy
    with deps.db.account(delivery.account) as tx:
        requester = tx.sealer.lookup(ticket.requester.id)
        _, turns = own_record.read_record_and_turns(
            tx, delivery.channel, delivery.ticket_id, requester, policy, current_delivery=delivery.id
        )
    if run and _may_no_longer_answer(policy, run):
        return Stop.POLICY_CHANGED
    if limit_reached(turns, policy):
        return Stop.LIMIT_REACHED
    if duplicate_tickets.find_duplicate(deps, ticket, read_conversation(ticket, last_look.record)):
        return Stop.SAME_MATTER
    if run and deps.library.outdated(delivery.account, run.draft.citations):
        return Stop.SOURCE_CHANGED
    return None


def _may_no_longer_answer(policy: Policy, run: Run) -> bool:
    """May the category's replies not leave by themselves any more? What was allowed counts to the last moment."""
    category = policy.categories.get(run.classification.category or "")
    return policy.version != run.versions.policy and (category is None or category.level is not Level.AUTO)
