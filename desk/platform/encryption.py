"""Sealing: what customers and agents wrote is encrypted before it reaches the database."""

import hashlib
import hmac

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from desk.errors import BadSetting, Permanent, WrongKeys

FERNET_KEY = b"gAAAA"
"""How everything begins that any key has sealed (version and a time before the year 2106, in base64)."""


def new_key() -> str:
    """A fresh key for `FIRSTLINE_KEYS`."""
    return Fernet.generate_key().decode()


def key_fingerprint(key: str) -> str:
    """What a key is called where people can read it: the first eight hex digits of its SHA-256."""
    return hashlib.sha256(key.encode()).hexdigest()[:8]


class Sealer:
    """Encrypts with the first key, opens with any; look-up hashes use the last, so new keys go in front.

    `keys` are Fernet keys (32 bytes, base64url). Raises BadSetting if one is none.
    """

    def __init__(self, keys: list[str]) -> None:
        if not keys:
            raise BadSetting("FIRSTLINE_KEYS is empty; make a key with `firstline keys new`")
        try:
            self._fernet = MultiFernet([Fernet(key) for key in keys])
        except ValueError as error:
            raise BadSetting("FIRSTLINE_KEYS: each key must be 32 bytes in base64url; `firstline keys new`") from error
        self.fingerprints = tuple(key_fingerprint(key) for key in keys)
        """Of all keys, the one that seals first."""
        self._hash_key = hashlib.sha256(b"firstline look-up" + keys[-1].encode()).digest()

    def seal(self, text: str) -> bytes:
        """Encrypt a text. Lone surrogates do not survive; clean text at the door (`desk/text/tokenizer.py`)."""
        return self._fernet.encrypt(text.encode("utf-8", "replace"))

    def open(self, sealed: bytes) -> str:
        """Decrypt what `seal` made. Raises WrongKeys when no key fits, and Permanent for what no key has sealed."""
        try:
            return self._fernet.decrypt(sealed).decode()
        except InvalidToken as error:
            if not sealed.startswith(FERNET_KEY):
                raise Permanent("a sealed value is damaged") from error
            raise WrongKeys("a sealed value does not open with any key in FIRSTLINE_KEYS") from error

    def lookup(self, value: str) -> str:
        """A keyed hash to find a value by without storing it (HMAC-SHA256, hex)."""
        return hmac.new(self._hash_key, value.strip().lower().encode("utf-8", "replace"), hashlib.sha256).hexdigest()


def token_hash(token: str) -> str:
    """How a bearer token or sign-in link is stored: SHA-256, hex. Enough for 256 random bits."""
    return hashlib.sha256(token.encode()).hexdigest()
