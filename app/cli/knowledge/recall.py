"""`firstline recall`: which replies rest on a document that was wrong, and a correction on each of their tickets."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import click

from app.bootstrap import make_celery, make_toolbox
from app.cli.output import account_option, json_option, mutter, print_json, progress_bar, say
from app.database import make_database
from app.dry_run import dry_run
from app.installation import existing, installation
from desk.delivery import DeliveryKind
from desk.errors import Permanent, Refused, Temporary
from desk.platform.database import Database, Transaction
from desk.platform.settings import Settings, read_settings
from desk.reasons import STOPS, Stop
from desk.run import Run
from desk.text.tokenizer import clean
from knowledge.index.catalogue import Document, documents_named
from workers import record
from workers.insights import corrections, recalls
from workers.insights.corrections import WRONG, Affected, Recall
from workers.insights.recalls import CitedDocument, DocumentUse
from workers.tasks import deliver, publish
from workers.toolbox import Toolbox

AT_ONCE = 100
"""Runs of before citations were kept that are opened in one transaction."""


@dataclass(frozen=True, slots=True)
class RecalledDocument:
    """The document that is meant, by all the ids it ever had. `version` is the one in the index, None when gone."""

    title: str
    url: str | None
    source: str
    external_id: str
    ids: tuple[str, ...]
    version: str | None

    @property
    def key(self) -> str:
        """What stays the same when it is gone and comes back."""
        return f"{self.source} {self.external_id}" if self.external_id else self.ids[0]


@click.command()
@click.option("--document", metavar="NAME", help="The document: its id, its source's id of it, its URL or its title.")
@click.option("--passage", metavar="ID", help="Only what cites this passage; alone, it names its document.")
@click.option(
    "--since",
    type=click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"]),
    help="Only what was drafted since (UTC).",
)
@click.option("--leave-notes", is_flag=True, help="Leave an internal note with a correction on each ticket, once.")
@click.option("--note", metavar="TEXT", help="The same, and say what was wrong.")
@click.option("--yes", is_flag=True, help="Leave the notes without asking.")
@account_option
@json_option
def recall(
    document: str | None,
    passage: str | None,
    since: datetime | None,
    leave_notes: bool,
    note: str | None,
    yes: bool,
    account: str | None,
    as_json: bool,
) -> None:
    """List every reply and draft that cites a document, even one that is gone: ticket, when, what was said, what became
    of it. With --leave-notes or --note, put a correction on each ticket as an internal note: nothing goes to customers.
    The same recall twice leaves no second note."""
    note = clean(note).strip() if note is not None else None
    leave = leave_notes or note is not None
    if not document and not passage:
        raise click.UsageError("name what to recall: --document or --passage")
    if leave and as_json and not yes:
        raise click.UsageError("with --json nothing can be asked: add --yes to leave the notes")
    settings = read_settings()
    with installation(settings) as ready:
        db = make_database(ready)
        try:
            account_id = existing(db, account or settings.account)
            _catch_up(db, account_id, as_json)
            found = _find(db, account_id, clean(document or "").strip(), clean(passage or "").strip())
            uses = _uses(db, account_id, found, clean(passage or "").strip(), since)
            meant = Recall(found.key, found.title, found.ids, found.version, passage or None, note or WRONG)
            if not as_json:
                _print(found, uses)
            notes = _leave(ready, db, account_id, meant, uses, yes, as_json) if leave else None
        finally:
            db.close()
    if as_json:
        print_json({"document": found, "replies": uses, "recall": meant.id if leave else None, "notes": notes})


# --- Which document --------------------------------------------------------------------------------------------------


def _catch_up(db: Database, account: str, quiet: bool) -> None:
    """Write down what runs cite that are older than the list of citations. Once it is done there is nothing to do."""
    with db.account(account) as tx:
        total = record.count_older_runs(tx)
    if not total:
        return
    done = 0
    with progress_bar("reading older runs", quiet=quiet) as on_step:
        while True:
            with db.account(account) as tx:
                read = record.keep_older_citations(tx, AT_ONCE)
            done += read
            on_step(done, total, "")
            if not read:
                return


def _find(db: Database, account: str, name: str, passage: str) -> RecalledDocument:
    """The one document that is meant. Raises UsageError when it could be several, Refused when it is none."""
    with db.account(account) as tx:
        cited = recalls.cited_documents(tx, name) if name else recalls.cited_passage(tx, passage)
        indexed = _indexed(tx, name, cited)
        found = [_whole(tx, group, indexed) for group in _best(name, [*cited, *indexed])]
    if not found:
        what = f"no document {name!r} in the index, and none that" if name else f"no passage {passage!r} that"
        raise Refused(f"there is {what} a reply cites")
    if len(found) > 1:
        lines = (f"  {each.ids[0]}  {each.title}  {each.url or each.external_id}" for each in found)
        raise click.UsageError("\n".join([f"{name!r} may be one of these; name it by its id:", *lines]))
    return found[0]


def _indexed(tx: Transaction, name: str, cited: Sequence[CitedDocument]) -> list[Document]:
    """What the index holds of it: under that name, or of what was cited, whatever it is called by now."""
    found = documents_named(tx, name) if name else []
    for each in cited:
        found += documents_named(tx, each.id)
        same = documents_named(tx, each.external_id) if each.external_id else []
        found += [other for other in same if _key(other) == _key(each)]
    return list({document.id: document for document in found}.values())


def _best(name: str, members: Sequence[CitedDocument | Document]) -> list[list[CitedDocument | Document]]:
    """Members of one document each, of those documents that the name fits best."""
    kinds = {member.id: _key(member) for member in members if member.external_id}
    groups: dict[tuple[str, str], list[CitedDocument | Document]] = {}
    for member in members:
        groups.setdefault(kinds.get(member.id, _key(member)), []).append(member)
    fits = {key: min(_fit(name, member) for member in group) for key, group in groups.items()}
    return [group for key, group in groups.items() if fits[key] == min(fits.values())]


def _whole(tx: Transaction, group: Sequence[CitedDocument | Document], indexed: Sequence[Document]) -> RecalledDocument:
    """The document with all its ids; by the names that it has now, or had last."""
    now = next((document for document in indexed if any(document.id == member.id for member in group)), None)
    last = now or group[0]
    older = recalls.cited_ids(tx, last.source, last.external_id) if last.external_id else []
    ids = tuple(dict.fromkeys([*(member.id for member in group), *older]))
    return RecalledDocument(last.title, last.url, last.source, last.external_id, ids, now.version if now else None)


def _key(member: CitedDocument | Document) -> tuple[str, str]:
    return (member.source, member.external_id) if member.external_id else ("", member.id)


def _fit(name: str, member: CitedDocument | Document) -> int:
    """How a document goes by the name, best first: by id, by its source's id, by address, by title."""
    names = (member.id, member.external_id, member.url, member.title)
    return names.index(name) if name in names else len(names)


# --- What was said ---------------------------------------------------------------------------------------------------


def _uses(
    db: Database, account: str, found: RecalledDocument, passage: str, since: datetime | None
) -> list[DocumentUse]:
    with db.account(account) as tx:
        return recalls.document_uses(tx, found.ids, since.replace(tzinfo=UTC) if since else None, passage or None)


def _print(found: RecalledDocument, uses: Sequence[DocumentUse]) -> None:
    """The document as it is now, each use with what it said, and how many there are of each kind."""
    say(found.title, style="bold")
    say(f"{found.url or found.external_id or found.ids[0]}; {_now(found)}")
    for use in uses:
        version = f"version {use.version}" + ("" if use.version == found.version else ", not as it is now")
        why = f": {STOPS[Stop(use.reason)].lower()}" if use.reason in tuple(Stop) else ""
        say(f"\n{use.at:%Y-%m-%d %H:%M} UTC  {use.channel} {use.ticket_id}  {_became(use)}{why}  ({version})", "bold")
        for sentence in use.said:
            say(f"  {sentence}")
    kinds = Counter(_became(use) for use in uses)
    tickets = len({(use.channel, use.ticket_id) for use in uses})
    told = ", ".join(f"{number} × {what}" for what, number in kinds.most_common())
    say(f"\nOn {_tickets(tickets)}: {told}." if uses else "\nNo reply rests on it.")


def _now(found: RecalledDocument) -> str:
    return f"version {found.version} in the index" if found.version else "gone from the index"


def _became(use: DocumentUse) -> str:
    return f"{'reply' if use.kind is DeliveryKind.REPLY else 'draft in a note'} {use.state.value}"


def _tickets(number: int) -> str:
    return f"{number} ticket{'' if number == 1 else 's'}"


# --- Corrections -----------------------------------------------------------------------------------------------------


def _leave(
    settings: Settings, db: Database, account: str, meant: Recall, uses: Sequence[DocumentUse], yes: bool, quiet: bool
) -> dict[str, int]:
    """Plan the notes and hand them to the workers; how many were planned, and how many stood there already."""
    tickets = corrections.affected_tickets(uses)
    with db.account(account) as tx:
        todo = [ticket for ticket in tickets if corrections.existing_note(tx, meant, ticket) is None]
    counts = {"planned": 0, "there_already": len(tickets) - len(todo)}
    if todo and not yes and not click.confirm(f"Leave an internal note on {_tickets(len(todo))}?"):
        raise Refused("no note was left")
    planned = _plan(settings, db, account, meant, todo, quiet) if todo else []
    counts["planned"] = len(planned)
    at_once = _publish(settings, account, planned)
    if not quiet:
        say(f"Recall {meant.id}: notes on {_tickets(len(planned))}; {counts['there_already']} had theirs already.")
        if planned and not at_once:
            say("The workers send them when they run.")
    return counts


def _plan(
    settings: Settings, db: Database, account: str, meant: Recall, todo: Sequence[Affected], quiet: bool
) -> list[str]:
    """One ticket after the other, each in a transaction of its own: an interrupted recall goes on where it stopped."""
    tools, planned = make_toolbox(settings, db), []
    asking = _Asking(tools, account)
    with progress_bar("notes", quiet=quiet) as on_step:
        for place, ticket in enumerate(todo, 1):
            with db.account(account) as tx:
                runs = corrections.read_runs(tx, ticket)
            try:
                note = corrections.write_correction(meant, ticket, runs, asking)
            except (Temporary, Permanent) as error:
                mutter(f"{ticket.channel} {ticket.ticket_id}: no proposal ({error})")
                note = corrections.write_correction(meant, ticket, runs, None)
            with db.account(account) as tx:
                planned += corrections.plan_note(tx, meant, ticket, note, next(iter(runs.values())).message_id)
            on_step(place, len(todo), ticket.ticket_id)
    return planned


@dataclass(slots=True)
class _Asking:
    """Asks questions again, by dry runs. They are in nobody's books, so what they cost is counted here: when the day's
    budget is spent, the local model alone is asked."""

    tools: Toolbox
    account: str
    dollars: float = 0.0

    def __call__(self, question: str) -> Run:
        with self.tools.db.account(self.account) as tx:
            spent = record.dollars_today(tx) + self.dollars
        most = self.tools.policies.get(self.account).policy.budget.dollars_per_day
        run = dry_run(self.tools, self.account, question, budget_spent=spent >= most)
        self.dollars += run.dollars
        return run


def _publish(settings: Settings, account: str, planned: Sequence[str]) -> bool:
    """Hand the notes to the broker; False when there is none now, and then the sweeper does it later."""
    if settings.redis_url is None:
        return False
    make_celery(settings)
    try:
        for delivery_id in planned:
            publish(deliver, account, delivery_id)
    except Temporary:
        return False
    return True
