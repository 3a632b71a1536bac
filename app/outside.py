"""What the outside parties say when they are asked, for `app/doctor.py`: who are we, and may we do what we need?"""

from collections.abc import Iterator
from functools import partial

from app.bootstrap import EXAMINED
from app.bounded import Question
from desk.accounts import list_accounts
from desk.check import Check, fine, missing, wrong
from desk.db import Database
from desk.errors import FirstlineError, Permanent
from desk.settings import Settings

PARTY_SECONDS = 12.0
"""For all parties of all accounts: they are asked at once."""
ANTHROPIC = "https://api.anthropic.com"


def connections(settings: Settings, db: Database) -> Iterator[Check]:
    """Each connection of each account."""
    asked = [
        Question(f"{party} of {account.id}", partial(examine, db, account.id))
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


def claude(settings: Settings) -> Iterator[Check]:
    """Nothing where no key is set: the local parts answer then."""
    if settings.anthropic_api_key is None:
        return
    from workers.llm.claude_check import look  # the SDK takes seconds to import

    key, where, models = settings.anthropic_api_key, settings.anthropic_base_url, _models(settings)
    try:
        look(key.get_secret_value(), where, models)
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
