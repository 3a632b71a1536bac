"""`firstline recall`: which replies rest on a document that was wrong, and a correction on each of their tickets."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

import click

from app.bootstrap import make_celery, make_dependencies
from app.cli.output import MOMENT, account_option, json_option, mutter, print_json, progress_bar, say
from app.installation import open_installation
from desk.delivery import DeliveryKind
from desk.errors import Permanent, Refused, Temporary
from desk.platform.database import Database, Transaction
from desk.platform.settings import Settings
from desk.reasons import STOPS, Stop
from desk.run import Run
from desk.text.tokenizer import clean
from knowledge.index.catalogue import Document, documents_named
from workers import record
from workers.dependencies import Dependencies
from workers.insights import corrections, recalls, spending
from workers.insights.corrections import WRONG, Affected, Recall
from workers.insights.recalls import CitedDocument, DocumentUse
from workers.processing.dry_run import dry_run
from workers.tasks import deliver, publish

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
    type=MOMENT,
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
    wants_notes = leave_notes or note is not None
    if not document and not passage:
        raise click.UsageError("name what to recall: --document or --passage")
    if wants_notes and as_json and not yes:
        raise click.UsageError("with --json nothing can be asked: add --yes to leave the notes")
    name, passage_id = clean(document or "").strip(), clean(passage or "").strip()
    with open_installation(account) as (settings, db, account_id):
        _keep_older_citations(db, account_id, as_json)
        target = _find_document(db, account_id, name, passage_id)
        uses = _document_uses(db, account_id, target, passage_id, since)
        request = Recall(target.key, target.title, target.ids, target.version, passage or None, note or WRONG)
        if not as_json:
            _print_uses(target, uses)
        notes = _leave_notes(settings, db, account_id, request, uses, yes, as_json) if wants_notes else None
    if as_json:
        replies, recall_id = [_reply_fields(use) for use in uses], request.id if wants_notes else None
        print_json({"document": target, "replies": replies, "recall": recall_id, "notes": notes})


# --- Which document --------------------------------------------------------------------------------------------------


def _keep_older_citations(db: Database, account: str, quiet: bool) -> None:
    """Write down what runs cite that are older than the list of citations. Once it is done there is nothing to do."""
    with db.account(account) as tx:
        total = record.count_older_runs(tx)
    if not total:
        return
    done, kept_count = 0, -1
    with progress_bar("reading older runs", quiet=quiet) as on_step:
        while kept_count:
            with db.account(account) as tx:
                kept_count = record.keep_older_citations(tx, AT_ONCE)
            done += kept_count
            on_step(done, total, "")


def _find_document(db: Database, account: str, name: str, passage: str) -> RecalledDocument:
    """The one document that is meant. Raises UsageError when it could be several, Refused when it is none."""
    with db.account(account) as tx:
        cited = recalls.cited_documents(tx, name) if name else recalls.cited_passage(tx, passage)
        indexed = _indexed_documents(tx, name, cited)
        documents = [_merge_document(tx, group, indexed) for group in _best_matches(name, [*cited, *indexed])]
    if not documents:
        subject = f"no document {name!r} in the index, and none that" if name else f"no passage {passage!r} that"
        raise Refused(f"there is {subject} a reply cites")
    if len(documents) > 1:
        lines = (f"  {each.ids[0]}  {each.title}  {each.url or each.external_id}" for each in documents)
        raise click.UsageError("\n".join([f"{name!r} may be one of these; name it by its id:", *lines]))
    return documents[0]


def _indexed_documents(tx: Transaction, name: str, cited: Sequence[CitedDocument]) -> list[Document]:
    """What the index holds of it: under that name, or of what was cited, whatever it is called by now."""
    documents = documents_named(tx, name) if name else []
    for citation in cited:
        documents += documents_named(tx, citation.id)
        same_external_id = documents_named(tx, citation.external_id) if citation.external_id else []
        documents += [other for other in same_external_id if _document_key(other) == _document_key(citation)]
    return list({document.id: document for document in documents}.values())


def _best_matches(name: str, members: Sequence[CitedDocument | Document]) -> list[list[CitedDocument | Document]]:
    """Members of one document each, of those documents that the name fits best."""
    key_by_id = {member.id: _document_key(member) for member in members if member.external_id}
    groups: dict[tuple[str, str], list[CitedDocument | Document]] = {}
    for member in members:
        groups.setdefault(key_by_id.get(member.id, _document_key(member)), []).append(member)
    rank_by_key = {key: min(_match_rank(name, member) for member in group) for key, group in groups.items()}
    return [group for key, group in groups.items() if rank_by_key[key] == min(rank_by_key.values())]


def _merge_document(
    tx: Transaction, group: Sequence[CitedDocument | Document], indexed: Sequence[Document]
) -> RecalledDocument:
    """The document with all its ids; by the names that it has now, or had last."""
    current = next((document for document in indexed if any(document.id == member.id for member in group)), None)
    latest = current or group[0]
    earlier_ids = recalls.cited_ids(tx, latest.source, latest.external_id) if latest.external_id else []
    ids = tuple(dict.fromkeys([*(member.id for member in group), *earlier_ids]))
    return RecalledDocument(
        latest.title, latest.url, latest.source, latest.external_id, ids, current.version if current else None
    )


def _document_key(member: CitedDocument | Document) -> tuple[str, str]:
    return (member.source, member.external_id) if member.external_id else ("", member.id)


def _match_rank(name: str, member: CitedDocument | Document) -> int:
    """How a document goes by the name, best first: by id, by its source's id, by address, by title."""
    names = (member.id, member.external_id, member.url, member.title)
    return names.index(name) if name in names else len(names)


# --- What was said ---------------------------------------------------------------------------------------------------


def _document_uses(
    db: Database, account: str, target: RecalledDocument, passage: str, since: datetime | None
) -> list[DocumentUse]:
    with db.account(account) as tx:
        return recalls.document_uses(tx, target.ids, since.replace(tzinfo=UTC) if since else None, passage or None)


def _print_uses(target: RecalledDocument, uses: Sequence[DocumentUse]) -> None:
    """The document as it is now, each use with what it said, and how many there are of each kind."""
    say(target.title, style="bold")
    say(f"{target.url or target.external_id or target.ids[0]}; {_version_in_words(target)}")
    for use in uses:
        _print_use(target, use)
    counts_by_kind = Counter(_outcome_text(use) for use in uses)
    tickets = len({(use.channel, use.ticket_id) for use in uses})
    summary = ", ".join(f"{number} × {what}" for what, number in counts_by_kind.most_common())
    say(f"\nOn {_count_tickets(tickets)}: {summary}." if uses else "\nNo reply rests on it.")


def _print_use(target: RecalledDocument, use: DocumentUse) -> None:
    version = f"version {use.version}" + ("" if use.version == target.version else ", not as it is now")
    reason = f": {STOPS[Stop(use.reason)].lower()}" if use.reason in tuple(Stop) else ""
    ticket = f"{use.at:%Y-%m-%d %H:%M} UTC  {use.channel} {use.ticket_id}"
    say(f"\n{ticket}  {_outcome_text(use)}{reason}  ({version})", "bold")
    for sentence in use.citing_sentences:
        say(f"  {sentence}")


def _reply_fields(use: DocumentUse) -> dict[str, object]:
    """For scripts, to which the sentences are what the reply `said`."""
    fields = asdict(use)
    return fields | {"said": fields.pop("citing_sentences")}


def _version_in_words(target: RecalledDocument) -> str:
    return f"version {target.version} in the index" if target.version else "gone from the index"


def _outcome_text(use: DocumentUse) -> str:
    return f"{'reply' if use.kind is DeliveryKind.REPLY else 'draft in a note'} {use.state.value}"


def _count_tickets(number: int) -> str:
    return f"{number} ticket{'' if number == 1 else 's'}"


# --- Corrections -----------------------------------------------------------------------------------------------------


def _leave_notes(
    settings: Settings, db: Database, account: str, request: Recall, uses: Sequence[DocumentUse], yes: bool, quiet: bool
) -> dict[str, int]:
    """Plan the notes and hand them to the workers; how many were planned, and how many stood there already."""
    tickets = corrections.affected_tickets(uses)
    with db.account(account) as tx:
        to_note = [ticket for ticket in tickets if corrections.existing_note(tx, request, ticket) is None]
    if to_note and not yes and not click.confirm(f"Leave an internal note on {_count_tickets(len(to_note))}?"):
        raise Refused("no note was left")
    note_ids = _plan_notes(settings, db, account, request, to_note, quiet) if to_note else []
    there_already = len(tickets) - len(to_note)
    was_published = _publish_notes(settings, account, note_ids)
    if not quiet:
        say(f"Recall {request.id}: notes on {_count_tickets(len(note_ids))}; {there_already} had theirs already.")
        if note_ids and not was_published:
            say("The workers send them when they run.")
    return {"planned": len(note_ids), "there_already": there_already}


def _plan_notes(
    settings: Settings, db: Database, account: str, request: Recall, to_note: Sequence[Affected], quiet: bool
) -> list[str]:
    """One ticket after the other, each in a transaction of its own: an interrupted recall goes on where it stopped."""
    note_ids: list[str] = []
    ask_again = _DryRunAsker(make_dependencies(settings, db), account)
    with progress_bar("notes", quiet=quiet) as on_step:
        for number, ticket in enumerate(to_note, 1):
            note_ids += _plan_note(db, account, request, ticket, ask_again)
            on_step(number, len(to_note), ticket.ticket_id)
    return note_ids


def _plan_note(
    db: Database, account: str, request: Recall, ticket: Affected, ask_again: Callable[[str], Run]
) -> Sequence[str]:
    with db.account(account) as tx:
        runs = corrections.read_runs(tx, ticket)
    try:
        note = corrections.write_correction(request, ticket, runs, ask_again)
    except (Temporary, Permanent) as error:
        mutter(f"{ticket.channel} {ticket.ticket_id}: no proposal ({error})")
        note = corrections.write_correction(request, ticket, runs, None)
    with db.account(account) as tx:
        return corrections.plan_note(tx, request, ticket, note, next(iter(runs.values())).message_id)


@dataclass(slots=True)
class _DryRunAsker:
    """Asks questions again, by dry runs. They are in nobody's books, so what they cost is counted here: when the day's
    budget is spent, the local model alone is asked."""

    deps: Dependencies
    account: str
    dollars: float = 0.0

    def __call__(self, question: str) -> Run:
        with self.deps.db.account(self.account) as tx:
            spent_dollars = spending.dollars_today(tx) + self.dollars
        budget_dollars = self.deps.policies.get(self.account).policy.budget.dollars_per_day
        run = dry_run(self.deps, self.account, question, budget_spent=spent_dollars >= budget_dollars)
        self.dollars += run.dollars
        return run


def _publish_notes(settings: Settings, account: str, note_ids: Sequence[str]) -> bool:
    """Hand the notes to the broker; False when there is none now, and then the sweeper does it later."""
    if settings.redis_url is None:
        return False
    make_celery(settings)
    try:
        for delivery_id in note_ids:
            publish(deliver, account, delivery_id)
    except Temporary:
        return False
    return True
