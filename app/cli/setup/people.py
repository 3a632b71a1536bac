"""Commands on who may do what: accounts, users, tokens."""

import click

from app.cli.output import account_option, json_option, print_json, print_rows, say
from app.installation import address, existing, open_account, open_database
from desk.errors import Refused
from desk.platform.accounts import add_account, list_accounts
from desk.platform.database import Transaction
from desk.platform.settings import read_settings
from desk.text.tokenizer import clean
from integration.access import api_tokens as tokens
from integration.access import people, sign_in
from integration.access.permissions import SCOPES, StaffRole, TokenScope
from integration.access.sign_in import StaffUser
from workers.audit import COMMAND_LINE, AuditKind, record_audit


@click.group()
def accounts() -> None:
    """The accounts of this installation."""


@accounts.command("add")
@click.argument("name")
@click.option("--title", help="The name people read.")
def add_an_account(name: str, title: str | None) -> None:
    """Make an account NAME (a-z, 0-9 and -)."""
    with open_database() as db:
        was_added = add_account(db, name, clean(title or "").strip() or None)
    say(f"Account {name} made." if was_added else f"Account {name} is there already.")


@accounts.command("list")
@json_option
def list_all_accounts(as_json: bool) -> None:
    """List the accounts."""
    with open_database() as db:
        all_accounts = list_accounts(db)
    if as_json:
        print_json(all_accounts)
        return
    rows = [(account.id, account.title, account.created_at, account.paused_at) for account in all_accounts]
    print_rows(("account", "title", "since", "paused"), rows, empty="No accounts; `firstline accounts add NAME`.")


@click.group()
def users() -> None:
    """Who may sign in to the console."""


@users.command("add")
@click.argument("email")
@click.option("--role", type=click.Choice([r.value for r in StaffRole]), help="What they may do.  [default: viewer]")
@account_option
@json_option
def add_a_user(email: str, role: str | None, account: str | None, as_json: bool) -> None:
    """Let EMAIL sign in, and print a one-time link. Who may sign in already gets a new link and nothing else."""
    settings = read_settings()
    with open_database(settings) as db:
        account = existing(db, account or settings.account)
        with db.account(account) as tx:
            user, secret, what = _let_in(tx, email, StaffRole(role) if role else None)
        link = f"{address(settings)}/sign-in/{secret}"
    if as_json:
        print_json({"email": user.email, "role": user.role, "link": link})
        return
    say(f"{user.email} {what} as {user.role}. The link works once, for {sign_in.LINK_HOURS} hours:")
    click.echo(link)


def _let_in(tx: Transaction, email: str, role: StaffRole | None) -> tuple[StaffUser, str, str]:
    """The person, their link's secret, and what became of them. Raises Refused for another role than they have."""
    known = people.find_person(tx, email)
    if known is None or known.disabled_at:
        user, secret = people.add_person(tx, COMMAND_LINE, email, role or StaffRole.VIEWER)
        return user, secret, "was shut out, and may sign in again" if known else "may sign in"
    if role and role is not known.role:
        command = f"firstline users role {known.email} {role}"
        raise Refused(f"{known.email} may sign in already, as {known.role}; `{command}` makes them {role}")
    return known, people.make_new_link(tx, COMMAND_LINE, known), "may sign in already"


@users.command("role")
@click.argument("email")
@click.argument("role", type=click.Choice([r.value for r in StaffRole]))
@account_option
def change_role(email: str, role: str, account: str | None) -> None:
    """Give EMAIL another ROLE, from this moment on."""
    with open_account(account) as tx:
        user = people.find_person(tx, email)
        if user is None or user.disabled_at:
            raise _nobody_error(email)
        if user.role is not StaffRole(role):
            people.change_role(tx, COMMAND_LINE, user, StaffRole(role))
    say(f"{user.email} was {user.role}, and is {role} now.")


@users.command("remove")
@click.argument("email")
@account_option
def remove_a_user(email: str, account: str | None) -> None:
    """Shut EMAIL out at once, whatever links and sessions they hold."""
    with open_account(account) as tx:
        if not people.shut_out(tx, COMMAND_LINE, email):
            raise _nobody_error(email)
    say("Shut out.")


def _nobody_error(email: str) -> Refused:
    return Refused(f"nobody of the address {email} may sign in; `firstline users list` shows who may")


@users.command("list")
@account_option
@json_option
def list_all_users(account: str | None, as_json: bool) -> None:
    """List who may sign in."""
    with open_account(account) as tx:
        staff_users = sign_in.list_users(tx)
    if as_json:
        print_json(staff_users)
        return
    rows = [(user.email, user.role, user.created_at, user.disabled_at) for user in staff_users]
    print_rows(
        ("e-mail", "role", "since", "shut out"), rows, empty="Nobody yet; `firstline users add EMAIL --role admin`."
    )


@click.group("tokens")
def api_tokens() -> None:
    """Bearer tokens for the API."""


@api_tokens.command("create")
@click.argument("name")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    type=click.Choice(sorted(s.value for s in TokenScope)),
    default=("tickets:write", "tickets:read"),
    show_default=True,
    help="What it may do; may be given often. "
    + "; ".join(f"{scope.value}: {words}" for scope, words in SCOPES.items())
    + ".",
)
@account_option
@json_option
def create_token(name: str, scopes: tuple[str, ...], account: str | None, as_json: bool) -> None:
    """Make a token and print it; it is shown this once."""
    with open_account(account) as tx:
        secret = tokens.create_token(tx, name, [TokenScope(scope) for scope in scopes])
        record_audit(tx, COMMAND_LINE, AuditKind.CREATE_TOKEN, subject=name, detail=", ".join(scopes))
    if as_json:
        print_json({"token": secret, "name": name, "scopes": list(scopes)})
    else:
        click.echo(secret)


@api_tokens.command("list")
@account_option
@json_option
def list_all_tokens(account: str | None, as_json: bool) -> None:
    """List the tokens, without their secrets."""
    with open_account(account) as tx:
        all_tokens = tokens.list_tokens(tx)
    if as_json:
        print_json(all_tokens)
        return
    rows = [(token.id, token.name, ", ".join(token.scopes), token.created_at, token.revoked_at) for token in all_tokens]
    print_rows(("id", "name", "scopes", "since", "revoked"), rows, empty="No tokens; `firstline tokens create NAME`.")


@api_tokens.command("revoke")
@click.argument("token_id")
@account_option
def revoke_token(token_id: str, account: str | None) -> None:
    """End a token at once."""
    with open_account(account) as tx:
        if not tokens.revoke_token(tx, token_id):
            raise Refused(f"no token {token_id}; `firstline tokens list` shows their ids")
        record_audit(tx, COMMAND_LINE, AuditKind.REVOKE_TOKEN, subject=token_id)
    say("Revoked.")
