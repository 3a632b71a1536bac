"""Which user somebody is whom the provider vouches for.

The first time it is the user with their address; from then on it is the user whom the provider's own name for them was
bound to. So a change of address over there changes nothing, and whoever gets an address after somebody else is not
taken for them.
"""

from sqlalchemy import insert, select

from desk.errors import Refused
from desk.platform.database import Transaction
from desk.text.wording import Wording
from integration.access.oidc.provider import VouchedPerson
from integration.access.sign_in import StaffUser, lock_active_user
from integration.tables import oidc_identities as identities

UNCONFIRMED = Wording(
    "Your account there has no confirmed e-mail address, and without one nobody can tell that you are who was invited. "
    "Have the address confirmed there, then sign in again."
)
NOT_INVITED = Wording(
    "You were recognised, but nobody with your e-mail address may sign in here. Ask an admin of this installation to "
    "invite you under the address of your account there."
)
SOMEBODY_ELSE = Wording(
    "Your e-mail address belongs to somebody here who signs in with another account. If the address is yours now, ask "
    "an admin of this installation to remove that person on the page People and to invite you."
)


def recognise(tx: Transaction, person: VouchedPerson) -> StaffUser:
    """The user, bound to this person if nobody was. Raises Refused (403) for who may not sign in."""
    if not person.email_verified or not person.email:
        raise Refused(UNCONFIRMED, status=403)
    is_theirs = (identities.c.issuer == person.issuer, identities.c.subject == person.subject)
    user_id = tx.execute(select(identities.c.user_id).where(*is_theirs)).scalar_one_or_none()
    user = lock_active_user(tx, user_id=user_id) if user_id else _bind(tx, person)
    if user is None:
        raise Refused(NOT_INVITED, status=403)
    return user


def _bind(tx: Transaction, person: VouchedPerson) -> StaffUser | None:
    user = lock_active_user(tx, email=_kept_address(person.email))
    if user is None:
        return None
    is_bound = (identities.c.issuer == person.issuer, identities.c.user_id == user.id)
    subject = tx.execute(select(identities.c.subject).where(*is_bound)).scalar_one_or_none()
    if subject is None:
        _keep_identity(tx, person, user)
    elif subject != person.subject:
        raise Refused(SOMEBODY_ELSE, status=403)
    return user


def _keep_identity(tx: Transaction, person: VouchedPerson, user: StaffUser) -> None:
    row = {"account_id": tx.account, "issuer": person.issuer, "subject": person.subject, "user_id": user.id}
    tx.execute(insert(identities).values(row))


def _kept_address(email: str) -> str:
    """As addresses are kept. Letters beyond ASCII are not folded: the Kelvin sign becomes a k, and it is none."""
    return email.lower() if email.isascii() else email
