"""Passwords and other secrets: how they are made, and how they are kept.

Passwords are kept as argon2id hashes by the second recommended option of RFC 9106 (64 MiB of memory), computed in
threads of their own, a few at a time. Tokens and session ids are 256 random bits, so a plain SHA-256 of them is kept.
"""

import asyncio
import hashlib
import secrets
import unicodedata
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.profiles import RFC_9106_LOW_MEMORY

from controller.runtime.hall_actor import Overloaded

SECRET_BYTES = 32
TOKEN_PREFIX = "yct_"  # noqa: S105 - by which people and scanners know what they have found
PASSWORD_CHARS_MIN = 8
PASSWORD_CHARS_MAX = 128
ONE_TIME_ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"
"""Characters that nobody takes for another when they are read out or copied by hand."""
ONE_TIME_GROUPS, ONE_TIME_GROUP_CHARS = 4, 4
"""79 bits."""
HASHED_AT_ONCE_MAX = 2
"""Each takes 64 MiB and a core for some hundredths of a second."""
WAITING_MAX = 32
"""Who comes beyond it is told to try again in a moment."""


def new_token() -> str:
    """Return a new token for a program."""
    return TOKEN_PREFIX + new_session()


def new_session() -> str:
    """Return a new secret for a session's cookie."""
    return secrets.token_urlsafe(SECRET_BYTES)


def digest_of(secret: str) -> str:
    """Return what is kept of a token or a session's secret."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def one_time_password() -> str:
    """Return a password that is to be used once, easy to read out and to type."""
    groups = (
        "".join(secrets.choice(ONE_TIME_ALPHABET) for _ in range(ONE_TIME_GROUP_CHARS)) for _ in range(ONE_TIME_GROUPS)
    )
    return "-".join(groups)


def is_fit(password: str, name: str) -> bool:
    """Whether a password may be chosen by an account: long enough, and not the account's own name."""
    password = unicodedata.normalize("NFKC", password)
    return PASSWORD_CHARS_MIN <= len(password) <= PASSWORD_CHARS_MAX and password.casefold() != name.casefold()


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a password is the right one, and whether its hash should be made anew, by today's parameters."""

    right: bool
    outdated: bool = False


class Passwords:
    """Hashes passwords and compares them, in threads, a few at a time."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        """Begin.

        Args:
            hasher: with parameters of its own, for tests.
        """
        self._hasher = hasher or PasswordHasher.from_parameters(RFC_9106_LOW_MEMORY)
        self._turns = asyncio.Semaphore(HASHED_AT_ONCE_MAX)
        self._waiting = 0
        self._nobodys: str | None = None

    async def hash(self, password: str) -> str:
        """Return a password's hash.

        Raises:
            Overloaded: too many wait already.
        """
        async with self._turn():
            return await asyncio.to_thread(self._hasher.hash, _bytes_of(password))

    async def verify(self, kept: str | None, password: str) -> Verdict:
        """Compare a password with a hash; with none, for a name that nobody has, it takes as long and is wrong.

        Raises:
            Overloaded: too many wait already.
        """
        async with self._turn():
            return await asyncio.to_thread(self._verify, kept, _bytes_of(password))

    @asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        if self._waiting >= WAITING_MAX:
            raise Overloaded(f"{WAITING_MAX} passwords wait to be compared")
        self._waiting += 1
        try:
            async with self._turns:
                yield
        finally:
            self._waiting -= 1

    def _verify(self, kept: str | None, password: bytes) -> Verdict:
        if self._nobodys is None:
            self._nobodys = self._hasher.hash(secrets.token_bytes(SECRET_BYTES))
        try:
            self._hasher.verify(kept if kept is not None else self._nobodys, password)
        except (VerificationError, InvalidHashError):
            return Verdict(right=False)
        return Verdict(kept is not None, kept is not None and self._hasher.check_needs_rehash(kept))


def _bytes_of(password: str) -> bytes:
    # The same characters, however an input method composes or widens them (NIST SP 800-63B, 5.1.1.2).
    return unicodedata.normalize("NFKC", password).encode("utf-8", "surrogatepass")
