"""What a password must be, and how it is kept. Pure, but for the salt.

NIST SP 800-63B-4: at least 15 characters where the password is the only factor, room for long ones, no rules
of composition, no expiry, and a list of those that attackers try first. OWASP: argon2id, 19 MiB, two passes.
"""

from __future__ import annotations

import re
import unicodedata

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError

from ..foundation.errors import Refused

SHORTEST, LONGEST = 15, 128
_HASHER = PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1)
# Without blanks and marks, in lower case. Repetitions ("password" twice) are found by themselves.
_COMMON = frozenset(
    {
        "123456789012345",
        "1234567890123456",
        "administratoradmin",
        "abcdefghijklmno",
        "abcdefghijklmnop",
        "changemechangeit",
        "correcthorsebatterystaple",
        "iloveyouforever",
        "labflowlaboratory",
        "letmeinpassword",
        "letmeinletmeout",
        "mypasswordispassword",
        "passwordpassword1",
        "password12345678",
        "password123456789",
        "qwertyuiopasdfg",
        "qwertyuiopasdfgh",
        "qwertyuiopasdfghjkl",
        "qwertyuiopasdfghjklzxcvbnm",
        "thisisapassword",
        "thisismypassword",
        "thequickbrownfox",
        "welcometothelab",
    }
)


class WeakPassword(Refused):
    """This password {fault}.

    Choose at least 15 characters; four or five words that do not belong together are easy to keep in mind.
    """


def hash_password(password: str, *, login: str) -> str:
    """The argon2id hash to keep, slow on purpose; raises WeakPassword, which names what is wrong."""
    if fault := _fault(_normal(password), login):
        raise WeakPassword(fault=fault)
    return _HASHER.hash(_normal(password))


def is_password(password: str, password_hash: str | None) -> bool:
    """Whether the password is the one that was hashed; takes as long when there is no hash."""
    if password_hash is None:
        _HASHER.hash(_normal(password))
        return False
    try:
        return _HASHER.verify(password_hash, _normal(password))
    except VerifyMismatchError:
        return False


def rehashed(password: str, password_hash: str) -> str:
    """The hash to keep from now on: a new one when the old one was made with weaker settings."""
    return _HASHER.hash(_normal(password)) if _HASHER.check_needs_rehash(password_hash) else password_hash


def _normal(password: str) -> str:
    """The same characters however a keyboard composes them."""
    return unicodedata.normalize("NFKC", password).strip()


def _fault(password: str, login: str) -> str | None:
    plain = re.sub(r"[\W_]", "", password).casefold() or password
    if len(password) < SHORTEST:
        return f"has {len(password)} characters, and {SHORTEST} are needed"
    if len(password) > LONGEST:
        return f"has more than {LONGEST} characters"
    if login.casefold() in password.casefold():
        return "contains the login"
    if plain in _COMMON:
        return "is one of those that are tried first"
    if plain in (plain + plain)[1:-1]:
        return "repeats one short piece"
    return None
