"""A sign-in with the organisation's own account, from the button to the session."""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

import structlog

from desk.errors import Permanent, Refused, Temporary
from desk.intervention import Actor
from desk.platform.accounts import get_account
from desk.platform.database import Database
from desk.text.wording import Wording
from integration.access.oidc.attempts import OidcAttempt, keep_attempt, use_up_attempt
from integration.access.oidc.identities import recognise
from integration.access.oidc.provider import OidcProvider, VouchedPerson
from integration.access.sign_in import open_session
from workers.audit import AuditKind, record_audit

log = structlog.get_logger(__name__)

RETURN_PATH = "/sign-in/oidc/return"

STRANGE = Wording(
    "This sign-in was not begun in this browser, was used before, or took longer than ten minutes. Please begin again."
)
DECLINED = Wording("You did not go on there, or your account there may not be used for Firstline. You can begin again.")
FAULT = Wording(
    "Signing in this way met a fault. Begin again; if it stays, tell whoever runs this installation: the log says what "
    "it was."
)
AWAY = Wording(
    "The sign-in service does not answer properly. Try again in a minute. A sign-in link from an admin works meanwhile."
)
UNUSABLE = Wording(
    "What the sign-in service answered did not pass the checks, so nobody was signed in. Begin again; if it stays, "
    "tell whoever runs this installation: the log and `firstline doctor` say why. A sign-in link from an admin works "
    "meanwhile."
)

_CODE_WORD = re.compile(r"[a-z_]{1,60}")
_LOCAL_PATH = re.compile(r"/console/[!-\[\]-~]{0,1500}")
"""Visible ASCII without the backslash, which browsers take for a slash."""


class OidcSignIn:
    """Signs people of one account in by one provider. `name` is what people call it; `base_url` is where they reach
    us."""

    def __init__(
        self, db: Database, account: str, provider: OidcProvider, name: str, base_url: Callable[[], str]
    ) -> None:
        self.name = name
        self._db = db
        self._account = account
        self._provider = provider
        self._base_url = base_url

    def begin(self, browser: str, then: str | None) -> str:
        """Where to send the browser; `then` is the page that it wants afterwards. Raises Refused."""
        with _told_kindly():
            authorization = self._provider.begin(self.redirect_uri)
        attempt = OidcAttempt(authorization.nonce, authorization.code_verifier, local_path(then))
        with self._db.account(self._account) as tx:
            if get_account(tx) is None:
                log.warning("FIRSTLINE_ACCOUNT names no account, so nobody can sign in to it", account=self._account)
                raise Refused(FAULT, status=502)
            keep_attempt(tx, browser, authorization.state, attempt)
        return authorization.url

    def finish(self, browser: str | None, answer: Mapping[str, str]) -> tuple[str, str]:
        """The session's secret and the page to go to, for what the browser brought back. Raises Refused."""
        with self._db.account(self._account) as tx:
            attempt = use_up_attempt(tx, browser, answer.get("state"))
        if attempt is None:
            raise Refused(STRANGE, status=400)
        person = self._ask_who(attempt, answer)
        with self._db.account(self._account) as tx:
            user = recognise(tx, person)
            record_audit(tx, Actor.of(user.email, user.email, user.id), AuditKind.SIGN_IN, detail=person.issuer)
            return open_session(tx, user), attempt.then

    @property
    def redirect_uri(self) -> str:
        """The address of ours that the provider must know."""
        return self._base_url().rstrip("/") + RETURN_PATH

    def _ask_who(self, attempt: OidcAttempt, answer: Mapping[str, str]) -> VouchedPerson:
        if "error" in answer:
            raise _said_no(answer["error"])
        if answer.get("iss", self._provider.issuer).rstrip("/") != self._provider.issuer:
            raise Refused(STRANGE, status=400)
        with _told_kindly():
            return self._provider.finish(
                self.redirect_uri, answer.get("code", ""), attempt.code_verifier, attempt.nonce
            )


def local_path(path: str | None) -> str:
    """A page of the console: the one that was asked for, or the first for whatever is none of ours."""
    return path if path and _LOCAL_PATH.fullmatch(path) else "/console/"


def _said_no(code: str) -> Refused:
    if code == "access_denied":
        return Refused(DECLINED, status=403)
    log.warning("the OIDC provider reported a fault", code=code if _CODE_WORD.fullmatch(code) else "unreadable")
    return Refused(FAULT, status=502)


@contextmanager
def _told_kindly() -> Iterator[None]:
    """What is wrong with the provider, for the log; what to do, for the person."""
    try:
        yield
    except Temporary as error:
        log.warning("the OIDC provider is away", why=str(error))
        raise Refused(AWAY, status=503) from error
    except Permanent as error:
        log.warning("the OIDC provider's answer is of no use", why=str(error))
        raise Refused(UNUSABLE, status=502) from error
