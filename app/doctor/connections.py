"""What the outside parties say when they are asked, for `app/doctor/diagnose.py`: who are we, and may we do what we
need?"""

from collections.abc import Iterator
from functools import partial

from app import bootstrap
from app.doctor.deadline import TimedQuestion
from app.installation import address
from desk.errors import FirstlineError
from desk.health_check import HealthCheck, wrong
from desk.platform.accounts import list_accounts
from desk.platform.database import Database
from desk.platform.settings import Settings
from integration.access.oidc.flow import RETURN_PATH
from integration.access.oidc.health import examine_oidc

PARTY_SECONDS = 12.0
"""For all parties of all accounts: they are asked at once."""


def connection_checks(settings: Settings, db: Database) -> Iterator[HealthCheck]:
    """Each connection of each account."""
    questions = [
        TimedQuestion(f"{provider.name} of {account.id}", partial(provider.examine, db, account.id))
        for account in list_accounts(db)
        for provider in bootstrap.PROVIDERS
    ]
    for question in questions:
        was_answered = question.wait(PARTY_SECONDS)
        try:
            yield from question.answers()
        except FirstlineError as error:
            yield wrong(question.name, str(error), "connect it again: `firstline connect --help`")
        if not was_answered:
            yield wrong(question.name, f"no answer within {PARTY_SECONDS:g} s", "is the network, or a proxy, in order?")


def model_checks(settings: Settings) -> Iterator[HealthCheck]:
    """Each language model that is set up."""
    for model in bootstrap.MODELS:
        if model.examine:
            yield from model.examine(settings)


def sign_in_checks(settings: Settings) -> Iterator[HealthCheck]:
    """The provider by which staff sign in, if one is set."""
    if provider := bootstrap.make_oidc_provider(settings):
        yield from examine_oidc(provider, address(settings) + RETURN_PATH)
