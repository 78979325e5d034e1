"""`Idempotency-Key` (conventions §16): the first answer is kept in the transaction of the write and given again."""

import hashlib

from omneo_api.foundation.calls import Answer, Call
from omneo_api.foundation.database import WriteSession
from omneo_api.foundation.errors import Conflict, Invalid
from omneo_api.foundation.records import IdempotencyKey
from omneo_api.foundation.statements import Statement

HEADER = "idempotency-key"
_CLAIM = Statement("SELECT pg_try_advisory_xact_lock(hashtextextended(:name::text, :tenant::bigint))")
_FIND = Statement(
    "SELECT fingerprint, status, body FROM idempotency_keys"
    " WHERE user_id = :user_id::bigint AND key = :key::text AND created_at > omneo_now() - interval '24 hours'"
)
_FORGET = Statement("DELETE FROM idempotency_keys WHERE user_id = :user_id::bigint AND key = :key::text")


def key_of(call: Call) -> str | None:
    """The request's key, if it carries one that counts. Raises: Invalid when it is too long."""
    key = call.headers.get(HEADER)
    if not key or call.method not in ("POST", "PUT") or call.caller is None:
        return None
    if len(key) > 255:
        raise Invalid.field("idempotency_key", "The idempotency key field must not be greater than 255 characters.")
    return key


def _fingerprint(call: Call) -> bytes:
    return hashlib.sha256(b"\0".join((call.method.encode(), call.address.encode(), call.raw_body))).digest()


async def replay(session: WriteSession, call: Call, key: str) -> Answer | None:
    """The kept answer of this key, or None for the first to come, who holds the key until the transaction ends.

    Raises: Conflict while the first is running, Invalid when the key was used for another request.
    """
    user_id = call.who.user_id
    if not await session.value(_CLAIM, name=f"{user_id}:{key}", tenant=session.tenant.id):
        raise Conflict("A request with this Idempotency-Key is still running.", headers={"Retry-After": "1"})
    kept = await session.row(_FIND, user_id=user_id, key=key)
    if kept is None:
        return None
    if bytes(kept.fingerprint) != _fingerprint(call):
        raise Invalid.field("idempotency_key", "The idempotency key was used for another request.")
    headers = (("Idempotency-Replayed", "true"),)
    return Answer(kept.status, None if kept.status == 204 else bytes(kept.body), headers)


async def keep(session: WriteSession, call: Call, key: str, status: int, body: bytes | None) -> None:
    await session.execute(_FORGET, user_id=call.who.user_id, key=key)
    values = {
        "user_id": call.who.user_id,
        "key": key,
        "fingerprint": _fingerprint(call),
        "status": status,
        "body": body or b"",
    }
    await session.insert(IdempotencyKey, values, returning=())
