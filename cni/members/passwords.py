"""Passwords and secrets: argon2 for what people choose, SHA-256 for what we choose."""

from __future__ import annotations

import base64
import hashlib
from random import Random

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

MINIMUM_LENGTH = 12
MAXIMUM_LENGTH = 128

_hasher = PasswordHasher()
_NOBODYS_HASH = "$argon2id$v=19$m=65536,t=3,p=4$YSBzYWx0IG9mIG5vYm9keQ$3zWqZyAq1Qe0o3FJ1cOFA3Y8dEy9pQyT2vC0kHkq4xE"


def hash_password(password: str) -> str:
    """Return the argon2id hash of a password, with its salt and parameters."""
    return _hasher.hash(password)


def is_password(password: str, password_hash: str | None) -> bool:
    """Tell whether this is the password. Without a hash it takes as long as with one, and says no.

    So the time of an answer does not tell whether an address is known.
    """
    try:
        return _hasher.verify(password_hash or _NOBODYS_HASH, password) and password_hash is not None
    except (VerifyMismatchError, InvalidHashError):
        return False


def digest_of(secret: str) -> bytes:
    """Return the SHA-256 of a random secret: it has nothing to guess, so it needs no slow hash."""
    return hashlib.sha256(secret.encode()).digest()


def new_secret(chooser: Random) -> str:
    """Return a new secret of 256 random bits, fit for a cookie or an address."""
    return base64.urlsafe_b64encode(chooser.randbytes(32)).decode().rstrip("=")


def needs_new_hash(password_hash: str) -> bool:
    """Tell whether a hash was made with weaker parameters than today's."""
    return _hasher.check_needs_rehash(password_hash)
