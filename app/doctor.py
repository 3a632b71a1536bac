"""What is fine, what is missing, what is wrong, and what to do about it."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from kombu.connection import Connection
from kombu.exceptions import OperationalError as BrokerError
from sqlalchemy import Connection as DatabaseConnection
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError

from app.bootstrap import make_celery, make_embedder, make_sealer
from desk.accounts import list_accounts
from desk.db import Database, driver_url
from desk.errors import BadSetting, FirstlineError, Permanent
from desk.policy import PolicyBook
from desk.settings import Settings
from migrations.run import current_revision, newest_revision

PGVECTOR = (0, 8)


class State(StrEnum):
    """How one thing stands."""

    FINE = "fine"
    MISSING = "missing"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at, and what to do where it is not fine."""

    name: str
    state: State
    found: str
    remedy: str = ""


def examine(settings: Settings) -> list[Check]:
    """Look at everything, in the order in which it depends on each other."""
    checks = [_keys(settings), *_database(settings), _broker(settings), _workers(settings), _model()]
    if any(each.name == "role" and each.state is State.FINE for each in checks):
        checks += _contents(settings)
    return checks


def refuse_privileges(db: Database) -> None:
    """Raises BadSetting for a role that row-level security does not bind."""
    with db.across() as connection:
        if fault := _role_fault(connection):
            raise BadSetting(f"DATABASE_URL: {fault}; use a login role that is neither, see README.md")


def _keys(settings: Settings) -> Check:
    if settings.keys is None:
        return Check("FIRSTLINE_KEYS", State.MISSING, "not set", "make a key with `firstline keys new`")
    try:
        make_sealer(settings)
    except BadSetting as error:
        return Check("FIRSTLINE_KEYS", State.WRONG, str(error), "make a key with `firstline keys new`")
    return Check("FIRSTLINE_KEYS", State.FINE, f"{len(settings.keys.get_secret_value().split(','))} key(s)")


def _database(settings: Settings) -> Iterator[Check]:
    if settings.database_url is None:
        yield Check("DATABASE_URL", State.MISSING, "not set", "set it, or use `firstline up`, which brings its own")
        return
    engine = create_engine(driver_url(settings.database_url.get_secret_value()), connect_args={"connect_timeout": 5})
    try:
        with engine.connect() as connection:
            version = connection.execute(text("SHOW server_version")).scalar_one()
            yield Check("DATABASE_URL", State.FINE, f"PostgreSQL {version}")
            yield _role(connection)
            yield _pgvector(connection)
            yield _revision(connection)
    except DBAPIError as error:
        remedy = "is the server up, and are host, user and password right?"
        yield Check("DATABASE_URL", State.WRONG, str(error.orig).strip().splitlines()[0], remedy)
    finally:
        engine.dispose()


def _role(connection: DatabaseConnection) -> Check:
    if fault := _role_fault(connection):
        remedy = "CREATE ROLE firstline LOGIN NOSUPERUSER NOBYPASSRLS, and name it in DATABASE_URL"
        return Check("role", State.WRONG, fault, remedy)
    return Check("role", State.FINE, "bound by row-level security")


def _role_fault(connection: DatabaseConnection) -> str | None:
    """Why row-level security would not bind this role, or None."""
    role = connection.execute(
        text("SELECT rolname, rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user")
    ).one()
    owned = connection.execute(
        text("SELECT count(*) FROM pg_tables WHERE schemaname = 'public' AND tableowner = current_user")
    ).scalar_one()
    if role.rolsuper:
        return f"role {role.rolname} is a superuser, whom row-level security does not bind"
    if role.rolbypassrls:
        return f"role {role.rolname} has BYPASSRLS, so row-level security does not bind it"
    if owned:
        return f"role {role.rolname} owns {owned} tables, and an owner can switch row-level security off"
    return None


def _pgvector(connection: DatabaseConnection) -> Check:
    found = connection.execute(
        text("SELECT extversion FROM pg_extension WHERE extname = 'vector'")
    ).scalar_one_or_none()
    if found is None:
        return Check("pgvector", State.MISSING, "not in this database", "run `firstline migrate` as the owner")
    if tuple(int(part) for part in found.split(".")[:2]) < PGVECTOR:
        return Check("pgvector", State.WRONG, f"{found}, older than 0.8", "ALTER EXTENSION vector UPDATE")
    return Check("pgvector", State.FINE, found)


def _revision(connection: DatabaseConnection) -> Check:
    wanted = newest_revision()
    found = current_revision(connection)
    if found is None:
        return Check("migrations", State.MISSING, "no tables yet", "run `firstline migrate`")
    if found != wanted:
        return Check("migrations", State.WRONG, f"at {found}, this version needs {wanted}", "run `firstline migrate`")
    return Check("migrations", State.FINE, f"at {found}")


def _broker(settings: Settings) -> Check:
    if settings.redis_url is None:
        return Check("REDIS_URL", State.MISSING, "not set", "set it, or use `firstline up`, which brings its own")
    url = settings.redis_url.get_secret_value()
    try:
        with Connection(url, connect_timeout=2, transport_options={"socket_connect_timeout": 2}) as broker:
            broker.ensure_connection(max_retries=1, timeout=3)
    except (BrokerError, OSError, ValueError, KeyError) as error:
        return Check(
            "REDIS_URL", State.WRONG, str(error) or type(error).__name__, "is the broker up, and the URL right?"
        )
    return Check("REDIS_URL", State.FINE, "answers")


def _workers(settings: Settings) -> Check:
    if settings.redis_url is None:
        return Check("workers", State.MISSING, "no broker to ask", "set REDIS_URL first")
    try:
        nodes = make_celery(settings).control.ping(timeout=1.5)
    except (BrokerError, OSError, ValueError, KeyError):
        return Check("workers", State.MISSING, "the broker does not answer", "see REDIS_URL")
    if not nodes:
        return Check("workers", State.MISSING, "none answers", "start them: `firstline up`, or the Procfile's lines")
    return Check("workers", State.FINE, ", ".join(sorted(name for node in nodes for name in node)))


def _model() -> Check:
    try:
        embedder = make_embedder()
        embedder.embed_query("hello")
    except FirstlineError as error:
        return Check("embedder", State.WRONG, str(error), "install Firstline anew: a file of the model is damaged")
    return Check("embedder", State.FINE, f"{embedder.name}, {embedder.dimensions} dimensions")


def _contents(settings: Settings) -> Iterator[Check]:
    """Accounts, their policies, what the keys open, and whether there is anything to answer from."""
    db = Database(settings.database_url.get_secret_value(), make_sealer(settings)) if settings.database_url else None
    if db is None:
        return
    try:
        for account in list_accounts(db):
            yield _policy(settings, account.id)
            yield _opens(db, account.id)
            yield _documents(db, account.id)
    except (DBAPIError, FirstlineError):
        yield Check("accounts", State.MISSING, "cannot be read", "run `firstline migrate`")
    finally:
        db.close()


def _policy(settings: Settings, account: str) -> Check:
    try:
        policy = PolicyBook(settings.policy).get(account).policy
    except BadSetting as error:
        return Check(
            f"policy of {account}", State.WRONG, str(error), "mend the file; `firstline policy check` tells more"
        )
    levels = ", ".join(f"{name} {each.level}" for name, each in policy.categories.items())
    return Check(f"policy of {account}", State.FINE, levels)


def _opens(db: Database, account: str) -> Check:
    with db.account(account) as tx:
        body = tx.execute(text("SELECT body FROM messages ORDER BY at DESC LIMIT 1")).scalar_one_or_none()
        try:
            opened = "no message yet" if body is None else f"opens {len(tx.open(bytes(body)))} characters"
        except Permanent as error:
            return Check(f"keys of {account}", State.WRONG, str(error), "put the old key behind the new one")
    return Check(f"keys of {account}", State.FINE, opened)


def _documents(db: Database, account: str) -> Check:
    with db.account(account) as tx:
        count = tx.execute(text("SELECT count(*) FROM documents")).scalar_one()
    if not count:
        return Check(f"documents of {account}", State.MISSING, "none", "`firstline index PATH` adds some")
    return Check(f"documents of {account}", State.FINE, f"{count} documents")
