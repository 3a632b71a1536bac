"""What the outside parties say when they are asked, for `app/doctor/diagnose.py`: who are we, and may we do what we
need?"""

from collections.abc import Iterator
from functools import partial

from app.bootstrap import EXAMINED
from app.doctor.deadline import TimedQuestion
from desk.errors import FirstlineError, Permanent
from desk.health_check import HealthCheck, fine, missing, wrong
from desk.platform.accounts import list_accounts
from desk.platform.database import Database
from desk.platform.settings import Settings

PARTY_SECONDS = 12.0
"""For all parties of all accounts: they are asked at once."""
ANTHROPIC = "https://api.anthropic.com"


def connection_checks(settings: Settings, db: Database) -> Iterator[HealthCheck]:
    """Each connection of each account."""
    asked = [
        TimedQuestion(f"{party} of {account.id}", partial(examine, db, account.id))
        for account in list_accounts(db)
        for party, examine in EXAMINED.items()
    ]
    for question in asked:
        done = question.wait(PARTY_SECONDS)
        try:
            yield from question.answers()
        except FirstlineError as error:
            yield wrong(question.name, str(error), "connect it again: `firstline connect --help`")
        if not done:
            yield wrong(question.name, f"no answer within {PARTY_SECONDS:g} s", "is the network, or a proxy, in order?")


def claude_check(settings: Settings) -> Iterator[HealthCheck]:
    """Nothing where no key is set: the local parts answer then."""
    if settings.anthropic_api_key is None:
        return
    from workers.models.claude.key_check import check_key  # the SDK takes seconds to import

    key, where, models = settings.anthropic_api_key, settings.anthropic_base_url, _models(settings)
    try:
        check_key(key.get_secret_value(), where, models)
    except Permanent as error:
        if where.rstrip("/") != ANTHROPIC and "(404" in str(error):
            yield missing("claude", f"{where} does not tell which models it has", "see on a receipt whether it answers")
        else:
            yield wrong("claude", str(error), "local parts answer meanwhile")
    except FirstlineError as error:
        yield wrong("claude", str(error), "local parts answer meanwhile; see status.anthropic.com")
    else:
        yield fine("claude", f"knows the key and has {', '.join(models)}")


def _models(settings: Settings) -> tuple[str, ...]:
    return tuple(dict.fromkeys((settings.classify_model, settings.draft_model)))
