"""The database's insides, for `app/doctor/diagnose.py`: role, extension, tables, row-level security, and what is in
them."""

from collections.abc import Iterator
from contextlib import suppress

from sqlalchemy import Connection, Engine, create_engine, text
from sqlalchemy.exc import DBAPIError

from app.bootstrap import make_embedder
from app.database import readable_url
from app.doctor.role import role_fault
from app.key_check import missing_keys, sealed_samples
from desk.errors import BadSetting, FirstlineError
from desk.health_check import HealthCheck, HealthState, fine, missing, wrong
from desk.platform.accounts import Account, list_accounts
from desk.platform.database import Database, Transaction
from desk.platform.encryption_keys import sealing_keys
from desk.platform.settings import Settings
from desk.policy.policy import PolicyBook
from knowledge.index.catalogue import count_documents
from knowledge.ingest.reindex import reindex_in_progress
from knowledge.sources.configured_sources import overdue_sources
from migrations.run import current_revision, knows, newest_revision

PGVECTOR = (0, 8)
LONG_AGO = 86_400.0
"""Seconds since a source was read, from which on somebody should look."""

CALL = {"connect_timeout": 5, "tcp_user_timeout": 5000, "options": "-c statement_timeout=5s"}
FORBIDDEN = "42501"  # insufficient privilege
RIGHTS_REMEDY = "`firstline migrate` gave the rights to the role that DATABASE_URL named then: name that one"
KEYS_REMEDY = "put that key into FIRSTLINE_KEYS, behind the present ones; nothing starts without it"
SERVER_REMEDY = "is the server up, and are host, database, user and password right?"


def table_checks(settings: Settings) -> Iterator[HealthCheck]:
    """The server, the role, and whether the tables are those of this version."""
    name, url = "DATABASE_URL", settings.database_url
    try:
        engine = create_engine(readable_url(url.get_secret_value() if url else "", name), connect_args=CALL)
    except BadSetting as error:
        yield wrong(name, str(error), "write it as postgresql://user:password@host/database")
        return
    try:
        with engine.connect() as connection:
            yield fine(name, f"PostgreSQL {connection.execute(text('SHOW server_version')).scalar_one()}")
            yield (role := _check_role(connection))
            yield _check_pgvector(connection)
            if role.state is HealthState.FINE:
                yield from _check_revision(connection)
    except DBAPIError as error:
        forbidden = getattr(error.orig, "sqlstate", None) == FORBIDDEN
        yield wrong("rights" if forbidden else name, first_line(error), RIGHTS_REMEDY if forbidden else SERVER_REMEDY)
    finally:
        engine.dispose()


def owner_checks(settings: Settings) -> Iterator[HealthCheck]:
    """The role of `migrate`, `backup` and `restore`."""
    name = "DATABASE_OWNER_URL"
    if settings.database_owner_url is None:
        yield missing(name, "not set", "set it where `migrate`, `backup` and `restore` run; the processes need none")
        return
    engine: Engine | None = None
    try:
        engine = create_engine(readable_url(settings.database_owner_url.get_secret_value(), name), connect_args=CALL)
        with engine.connect() as connection:
            foreign_tables = connection.execute(text(_NOT_MINE)).scalar_one()
        if foreign_tables:
            detail = f"does not own {foreign_tables} of the tables"
            yield wrong(name, detail, "name the role that ran the first `migrate`")
        else:
            yield fine(name, "connects, and owns the tables")
    except BadSetting as error:
        yield wrong(name, str(error), "write it as postgresql://user:password@host/database")
    except DBAPIError as error:
        yield wrong(name, first_line(error), SERVER_REMEDY)
    finally:
        if engine:
            engine.dispose()


def content_checks(settings: Settings, db: Database) -> Iterator[HealthCheck]:
    """Accounts, their policies, what the keys open, and whether there is anything to answer from."""
    try:
        yield from _check_known_keys(db)
        accounts = list_accounts(db)
        if settings.account not in {account.id for account in accounts}:
            remedy = f"`firstline accounts add {settings.account}`, or name one that is there"
            yield wrong("FIRSTLINE_ACCOUNT", f"there is no account {settings.account}", remedy)
        for account in accounts:
            yield _check_policy(settings, account.id)
            with db.account(account.id) as tx:
                yield from _check_account(tx, account)
                yield from _check_sources(tx, max(LONG_AGO, 3 * settings.reindex_seconds))
                yield from _check_embedder_switch(tx, settings)
    except (DBAPIError, FirstlineError) as error:
        message = first_line(error) if isinstance(error, DBAPIError) else str(error)
        yield wrong("accounts", message, "run `firstline migrate` with the same DATABASE_URL as the processes have")


def first_line(error: DBAPIError) -> str:
    """What the server said; further lines may quote rows."""
    return (str(error.orig).strip().splitlines() or [type(error.orig).__name__])[0]


def _check_role(connection: Connection) -> HealthCheck:
    if fault := role_fault(connection):
        return wrong("role", fault, "CREATE ROLE firstline LOGIN NOSUPERUSER NOBYPASSRLS, and name it in DATABASE_URL")
    return fine("role", "bound by row-level security")


def _check_pgvector(connection: Connection) -> HealthCheck:
    installed_query = text("SELECT extversion FROM pg_extension WHERE extname = 'vector'")
    version = connection.execute(installed_query).scalar_one_or_none()
    if version is None:
        available_query = text("SELECT default_version FROM pg_available_extensions WHERE name = 'vector'")
        if connection.execute(available_query).scalar_one_or_none() is None:
            return wrong("pgvector", "not installed on the server", "install its package there (pgvector 0.8 or newer)")
        return wrong("pgvector", "not in this database", "CREATE EXTENSION vector, as a superuser of the server")
    if tuple(int(part) for part in version.split(".")[:2]) < PGVECTOR:
        return wrong("pgvector", f"{version}, older than 0.8", "ALTER EXTENSION vector UPDATE, as a superuser")
    return fine("pgvector", version)


def _check_revision(connection: Connection) -> Iterator[HealthCheck]:
    current, newest = current_revision(connection), newest_revision()
    if current is None:
        yield missing("migrations", "no tables yet", "run `firstline migrate`")
    elif not knows(current):
        yield wrong("migrations", f"at {current}, which a newer Firstline made", "install that version")
    elif current != newest:
        yield wrong("migrations", f"at {current}, and this version needs {newest}", "run `firstline migrate`")
    else:
        yield fine("migrations", f"at {current}")
        yield _check_row_level_security(connection)


def _check_row_level_security(connection: Connection) -> HealthCheck:
    name, unprotected_tables = "row-level security", connection.execute(text(_UNPROTECTED)).scalars().all()
    if unprotected_tables:
        return wrong(
            name, f"not in force on {', '.join(unprotected_tables)}", "`firstline restore` of a backup puts it right"
        )
    return fine(name, "in force on every table of the accounts")


def _check_known_keys(db: Database) -> Iterator[HealthCheck]:
    """By their fingerprints: no process starts without those that have sealed something."""
    with db.across() as connection:
        known_fingerprints = [key.fingerprint for key in sealing_keys(connection) or ()]
    if missing_fingerprints := missing_keys(db.sealer, known_fingerprints):
        given_text = f"given is {', '.join(db.sealer.fingerprints)}"
        yield wrong("keys", f"the database expects {', '.join(missing_fingerprints)}, and {given_text}", KEYS_REMEDY)
    elif known_fingerprints:
        yield fine("keys", f"the database knows {', '.join(known_fingerprints)}")


def _check_policy(settings: Settings, account: str) -> HealthCheck:
    name = f"policy of {account}"
    try:
        policy = PolicyBook(settings.policy).get(account).policy
    except BadSetting as error:
        return wrong(name, " ".join(str(error).split()), "mend the file; `firstline policy check FILE` tells more")
    return fine(
        name,
        ", ".join(f"{category_name} {category.level}" for category_name, category in policy.categories.items()),
    )


def _check_account(tx: Transaction, account: Account) -> Iterator[HealthCheck]:
    yield _check_samples(tx)
    if not (count := count_documents(tx)):
        yield missing(f"documents of {tx.account}", "none", "`firstline sources add` adds some")
    else:
        yield fine(f"documents of {tx.account}", f"{count} documents")
    if not (count := tx.execute(text("SELECT count(*) FROM users WHERE disabled_at IS NULL")).scalar_one()):
        yield missing(f"staff of {tx.account}", "nobody may sign in", "`firstline users add EMAIL --role admin`")
    else:
        yield fine(f"staff of {tx.account}", f"{count} may sign in")
    if account.paused_at:
        since = account.paused_at.astimezone().strftime("%Y-%m-%d %H:%M")
        yield missing(f"replies of {tx.account}", f"paused since {since}", "`firstline resume` lets them leave again")


def _check_embedder_switch(tx: Transaction, settings: Settings) -> Iterator[HealthCheck]:
    """What the setting says of the embedder may not be what the library is searched with yet."""
    with suppress(BadSetting):  # it has a line of its own
        if progress := reindex_in_progress(tx, make_embedder(settings).name):
            share = progress.done / progress.all if progress.all else 1.0
            detail = f"switching from {progress.old} to {progress.new}: {share:.0%} of the documents"
            yield missing(f"embedder of {tx.account}", detail, "the next sync goes on; the old one serves till then")


def _check_sources(tx: Transaction, long_ago: float) -> Iterator[HealthCheck]:
    """Those that could not be read, or have not been read for long."""
    for source in overdue_sources(tx, long_ago):
        check_name = f"source {source.name} of {tx.account}"
        if source.error and source.held_back:
            yield wrong(check_name, source.error, "look at the source before you confirm it")
        elif source.error:
            remedy = f"mend it, or `firstline sources remove {source.name}`"
            yield wrong(check_name, f"could not be read: {source.error}", remedy)
        else:
            since = source.synced_at.astimezone() if source.synced_at else None
            detail = since.strftime("not read since %Y-%m-%d %H:%M") if since else "never read"
            remedy = "`firstline sources sync`; beat and the worker for `knowledge` do it by themselves"
            yield missing(check_name, detail, remedy)


def _check_samples(tx: Transaction) -> HealthCheck:
    """The oldest and the newest of each kind."""
    name, samples = f"keys of {tx.account}", list(sealed_samples(tx))
    if unopened := next((sample for sample in samples if not sample.opens), None):
        remedy = "put the key that sealed it into FIRSTLINE_KEYS, behind the new one"
        return wrong(name, f"none opens {unopened.what}", remedy)
    return fine(name, "open the oldest and the newest of what is sealed" if samples else "nothing is sealed yet")


_NOT_MINE = """
    SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = 'public' AND c.relkind = 'r' AND c.relowner <> current_user::regrole
"""
_UNPROTECTED = """
    SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p')
      AND EXISTS (SELECT 1 FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'account_id')
      AND NOT (c.relrowsecurity AND c.relforcerowsecurity AND EXISTS (
          SELECT 1 FROM pg_policy p WHERE p.polrelid = c.oid AND current_user::regrole::oid = ANY (p.polroles)))
    ORDER BY c.relname
"""
