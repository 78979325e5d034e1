"""Numbers and codes of cards: unique, and not to be guessed (incentives-value 8.1)."""

import secrets
import string
from typing import Any

from omneo_api.foundation.errors import Invalid
from omneo_api.foundation.statements import Statement

CAPITALS = string.ascii_uppercase + string.digits
DEFAULT_LENGTH = 16
TRIES = 50

_TAKEN = Statement("SELECT 1 FROM credits WHERE credit_number = :number::text")
# The row is locked until the transaction ends, so two cards never get one number, and a number whose card was not
# made after all is given to the next.
_NEXT = Statement(
    """
    INSERT INTO credit_number_sequences AS s (credit_definition_id, last_number)
    VALUES (:definition::bigint, :start::numeric)
    ON CONFLICT (tenant_id, credit_definition_id)
    DO UPDATE SET last_number = greatest(s.last_number + 1, :start::numeric)
    RETURNING last_number
    """
)


async def is_taken(session: Any, number: str) -> bool:
    return await session.value(_TAKEN, number=number) is not None


async def number_for(session: Any, definition: Any) -> str | None:
    """A free number as the definition wants it, None when it wants none. Raises: Invalid when its range is used up."""
    kind, length = definition.credit_number_range_type, definition.credit_number_length
    if kind is None and length is None:
        return None
    if kind == "sequential":
        return await _sequential(session, definition)
    for _ in range(TRIES):
        number = _random(definition, kind, length or DEFAULT_LENGTH)
        if not await is_taken(session, number):
            return number
    raise _used_up()


async def _sequential(session: Any, definition: Any) -> str:
    start, end = int(definition.credit_number_range_start), int(definition.credit_number_range_end)
    while True:
        number = int(await session.value(_NEXT, definition=definition.id, start=start))
        if number > end:
            raise _used_up()
        text = str(number).zfill(definition.credit_number_length or len(definition.credit_number_range_end))
        if not await is_taken(session, text):
            return text


def _random(definition: Any, kind: str | None, length: int) -> str:
    if kind == "other":
        return "".join(secrets.choice(CAPITALS) for _ in range(length))
    start, end = definition.credit_number_range_start, definition.credit_number_range_end
    least = int(start) if start is not None else 0
    most = int(end) if end is not None else 10**length - 1
    return str(least + secrets.randbelow(max(most - least, 0) + 1)).zfill(length)


def _used_up() -> Invalid:
    return Invalid.field("credit_number", "The credit numbers of the definition are used up.")


def code_for(definition: Any) -> str:
    """A fresh security code of the definition's type; four digits unless it says otherwise."""
    kind = definition.security_code_type or "pin4"
    if kind in ("pin4", "pin6"):
        return "".join(secrets.choice(string.digits) for _ in range(int(kind[-1])))
    return "".join(secrets.choice(CAPITALS) for _ in range(6 if kind == "alnum6" else 12))


def is_code(stored: str | None, sent: str) -> bool:
    """Compares in constant time."""
    return secrets.compare_digest((stored or "").encode(), sent.encode()) and stored is not None
