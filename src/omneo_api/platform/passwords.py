"""Passwords: argon2id hashes, checked beside the event loop, as slowly for an unknown account as for a known one."""

import asyncio
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

_hasher = PasswordHasher()


@cache
def _nobody() -> str:
    """The hash that is checked when there is no account, so that its absence takes as long as a wrong password."""
    return _hasher.hash("nobody has this password")


async def hashed(password: str) -> str:
    return await asyncio.to_thread(_hasher.hash, _text(password))


async def matches(stored: str | None, password: str) -> bool:
    """Whether the password belongs to the hash; always False, and as slow, when there is none."""
    fits = await asyncio.to_thread(_verified, stored, _text(password))
    return fits and stored is not None


def _verified(stored: str | None, password: bytes) -> bool:
    try:
        return _hasher.verify(stored or _nobody(), password)
    except (VerificationError, InvalidHashError):
        return False


def _text(password: str) -> bytes:
    return password.encode("utf-8", "surrogatepass")
