"""Purging and depersonalising (profiles 1.5, README decision 12).

Both work under the database role that alone may overwrite insert-only rows. The profile's own rows go in the
transaction of the request; what others remember of the person is overwritten by a job of the same role. A purged
profile leaves an empty row, so that the facts that stay keep an id to point at.
"""

import uuid
from functools import cache
from typing import Any

import orjson

from omneo_api.foundation.errors import NotFound
from omneo_api.foundation.models import Base, Tenanted
from omneo_api.foundation.outbox import Context, PendingJob
from omneo_api.foundation.statements import Statement, json_text
from omneo_api.profiles.erasure.masking import MASK, Traces, emptied
from omneo_api.profiles.erasure.memories import AS_ERASER, forget_waiting
from omneo_api.profiles.profile import events
from omneo_api.profiles.profile.checking import UNKNOWN
from omneo_api.profiles.profile.models import Profile

ERASE = "profiles.erase"
KEPT = frozenset(
    {
        "transaction_states",
        "orders",
        "rewards",
        "points",
        "credits",
        "lot_deadlines",
        "benefits",
        "allocations",
        "redemption_states",
        "profile_aggregations",
    }
)
"""Tables whose rows are facts of the business and stay without the person."""
BLANK = {
    "title": None,
    "first_name": UNKNOWN,
    "last_name": UNKNOWN,
    "gender": None,
    "mobile_phone": None,
    "mobile_phone_country": None,
    "mobile_phone_national": None,
    "mobile_phone_national_prefix": None,
    "secondary_phone": None,
    "birth_day": None,
    "birth_month": None,
    "birth_year": None,
    "company": None,
    "occupation": None,
    "avatar_url": None,
}
ORDER_ADDRESSES = frozenset({"shipping_address", "billing_address"})
PAYMENT_KEYS = frozenset({"amount", "type", "media", "currency", "currency_rate", "total", "id"})

_LOCK = Statement(
    "SELECT id, deleted_at, email, mobile_phone, mobile_phone_national_prefix, secondary_phone FROM profiles"
    " WHERE id = :id::uuid AND purged_at IS NULL"
    " AND (deleted_at IS NULL OR :deleted::boolean) FOR UPDATE"
)
_IDENTIFIERS = Statement("SELECT identifier FROM identities WHERE profile_id = :id::uuid ORDER BY id")
_NOTE = Statement(
    """
    INSERT INTO pending_erasures (profile_id, traces) VALUES (:id::uuid, :traces::jsonb)
    ON CONFLICT (tenant_id, profile_id) DO UPDATE SET traces = excluded.traces
    """
)
_INTERACTIONS = Statement(
    """
    UPDATE interactions SET description = NULL, url = NULL, meta = NULL, latitude = NULL, longitude = NULL,
        updated_at = omneo_now() WHERE profile_id = :id::uuid
    """
)
_GIFTS = Statement(
    """
    UPDATE credits SET recipient_first_name = NULL, recipient_email = NULL, message = NULL
    WHERE profile_id = :id::uuid OR creator_profile_id = :id::uuid
    """
)
_FIELDS = Statement(
    """
    DELETE FROM custom_fields
    WHERE owner_type = 'profile' AND owner_id = :id::text
       OR owner_type = 'address' AND owner_id IN (SELECT id::text FROM profile_addresses WHERE profile_id = :id::uuid)
       OR owner_type = 'product_list' AND owner_id IN (SELECT id::text FROM product_lists WHERE profile_id = :id::uuid)
    """
)
_PAYMENTS = Statement(
    """
    SELECT t.id, t.payments FROM transactions t JOIN transaction_states s
        ON s.tenant_id = t.tenant_id AND s.transaction_id = t.id
    WHERE s.profile_id = :id::uuid AND t.payments IS NOT NULL ORDER BY t.id
    """
)
_PUT_PAYMENTS = Statement("UPDATE transactions SET payments = :payments::jsonb WHERE id = :id::bigint")
_RECEIPTS = Statement("UPDATE transaction_states SET receipt_email = NULL WHERE profile_id = :id::uuid")
_UNASSIGN = Statement(
    "UPDATE transaction_states SET profile_id = NULL, claimed_at = NULL, claim_id = NULL WHERE profile_id = :id::uuid"
)
_ORDERS = Statement("SELECT id, payments, meta FROM orders WHERE profile_id = :id::uuid ORDER BY id")
_PUT_ORDER = Statement(
    """
    UPDATE orders SET payments = :payments::jsonb, meta = :meta::jsonb, receipt_email = NULL WHERE id = :id::bigint
    """
)
_UNASSIGN_ORDERS = Statement("UPDATE orders SET profile_id = NULL WHERE profile_id = :id::uuid")
_STAFF = Statement(
    """
    UPDATE profiles SET joined_staff_id = nullif(joined_staff_id, :id::uuid),
                        preferred_staff_id = nullif(preferred_staff_id, :id::uuid)
    WHERE joined_staff_id = :id::uuid OR preferred_staff_id = :id::uuid
    """
)
_ADDRESSES = Statement(
    """
    UPDATE profile_addresses SET address_line_1 = '', address_line_2 = NULL, address_line_3 = NULL, city = NULL,
        postcode = NULL, company = NULL, name = NULL, phone = NULL, notes = NULL, external_id = NULL, meta = NULL,
        latitude = NULL, longitude = NULL, updated_at = omneo_now()
    WHERE profile_id = :id::uuid
    """
)
_PERSONAL_TABLES = (
    "identities",
    "custom_attributes",
    "profile_dates",
    "profile_appearances",
)


@cache
def _owned() -> tuple[Statement, ...]:
    """Deletes of everything that belongs to the profile alone, dependants first."""
    statements = []
    mutable = {
        mapper.local_table
        for mapper in Base.registry.mappers
        if issubclass(mapper.class_, Tenanted) and not mapper.class_.insert_only
    }
    for table in reversed(Base.metadata.sorted_tables):
        if table not in mutable or table.name in KEPT - {"profile_aggregations"}:
            continue
        for rule in table.foreign_key_constraints:
            if rule.referred_table.name == "profiles":
                column = rule.column_keys[-1]
                statements.append(Statement(f"DELETE FROM {table.name} WHERE {column} = :id::uuid"))
    return tuple(statements)


async def _begin(session: Any, profile_id: uuid.UUID, *, deleted: bool) -> Any:
    """The profile's row, locked, with the rights of erasure; notes how the person was named. Raises: NotFound."""
    await session.execute(AS_ERASER)
    row = await session.row(_LOCK, id=profile_id, deleted=deleted)
    if row is None:
        raise NotFound
    contacts = [row.email, row.mobile_phone, row.mobile_phone_national_prefix, row.secondary_phone]
    identifiers = [one.identifier for one in await session.rows(_IDENTIFIERS, id=profile_id)]
    traces = {"contacts": [text for text in contacts if text], "identifiers": identifiers}
    await session.execute(_NOTE, id=profile_id, traces=json_text(traces).decode())
    await forget_waiting(session, profile_id, Traces.of(str(profile_id), contacts, identifiers))
    return row


async def purge(session: Any, profile_id: uuid.UUID) -> None:
    """Erases a person for good, live or deleted. Raises: NotFound."""
    row = await _begin(session, profile_id, deleted=True)
    await _mask_payments(session, profile_id)
    await _mask_orders(session, profile_id)
    await session.execute(_RECEIPTS, id=profile_id)
    await session.execute(_UNASSIGN, id=profile_id)
    await session.execute(_UNASSIGN_ORDERS, id=profile_id)
    await session.execute(_STAFF, id=profile_id)
    await session.execute(_GIFTS, id=profile_id)
    await session.execute(_FIELDS, id=profile_id)
    for statement in _owned():
        await session.execute(statement, id=profile_id)
    now = session.now
    empty: dict[str, Any] = {
        "email": None,
        "currency": None,
        "joined_location_id": None,
        "preferred_location_id": None,
        "joined_staff_id": None,
        "preferred_staff_id": None,
        "tags": [],
        "is_public": False,
        "created_by": None,
        "profile_type": "deleted",
        "type_before_deletion": None,
    }
    ended = {"deleted_at": row.deleted_at or now, "purged_at": now, "updated_at": now}
    await session.update(Profile, {"id": profile_id}, {**BLANK, **empty, **ended})
    text = orjson.dumps({"id": str(profile_id)}).decode()
    events.emit(session, "profile.deleted", profile_id, Context(text=text))
    kinds = ["profile", "identities", "addresses", "attributes", "interactions", "connections"]
    _finish(session, profile_id, "purge", kinds)


async def depersonalise(session: Any, profile_id: uuid.UUID) -> None:
    """Takes the person out of a live profile; its transactions and aggregations stay with it. Raises: NotFound."""
    await _begin(session, profile_id, deleted=False)
    await _mask_payments(session, profile_id)
    await _mask_orders(session, profile_id)
    await session.execute(_RECEIPTS, id=profile_id)
    await session.execute(_FIELDS, id=profile_id)
    for table in _PERSONAL_TABLES:
        await session.execute(_delete_from(table), id=profile_id)
    await session.execute(_ADDRESSES, id=profile_id)
    await session.execute(_INTERACTIONS, id=profile_id)
    await session.execute(_GIFTS, id=profile_id)
    columns = {**BLANK, "email": f"{profile_id}@depersonalised.invalid", "updated_at": session.now}
    await session.update(Profile, {"id": profile_id}, columns)
    events.emit(session, "profile.updated", profile_id)
    _finish(session, profile_id, "depersonalise", ["profile", "identities", "addresses", "attributes"])


@cache
def _delete_from(table: str) -> Statement:
    return Statement(f"DELETE FROM {table} WHERE profile_id = :id::uuid")


def _finish(session: Any, profile_id: uuid.UUID, kind: str, erased: list[str]) -> None:
    """Leaves word of what kind of data went, and the job that follows it into the snapshots."""
    told = [*erased, "event contexts", "audits", "histories", "queued records", "payment details"]
    session.outbox.audit("erased", "Profile", None, None, {"kind": kind, "erased": told}, profile_id)
    arguments = {"tenant": session.tenant.handle, "profile_id": str(profile_id)}
    session.outbox.defer(PendingJob(ERASE, arguments))


async def _mask_payments(session: Any, profile_id: uuid.UUID) -> None:
    for row in await session.rows(_PAYMENTS, id=profile_id):
        hidden = _payment(row.payments)
        if hidden != row.payments:
            await session.execute(_PUT_PAYMENTS, id=row.id, payments=json_text(hidden).decode())


async def _mask_orders(session: Any, profile_id: uuid.UUID) -> None:
    """Payment details, receipt address, and the postal addresses for which orders have no other place than `meta`."""
    for row in await session.rows(_ORDERS, id=profile_id):
        meta = row.meta
        if isinstance(meta, dict):
            meta = {name: emptied(value) if name in ORDER_ADDRESSES else value for name, value in meta.items()}
        payments, told = (
            None if value is None else json_text(value).decode() for value in (_payment(row.payments), meta)
        )
        await session.execute(_PUT_ORDER, id=row.id, payments=payments, meta=told)


def _payment(node: Any) -> Any:
    if isinstance(node, list):
        return [_payment(entry) for entry in node]
    if not isinstance(node, dict):
        return node
    return {
        name: value
        if name in PAYMENT_KEYS or name.endswith(("_at", "_id")) or not isinstance(value, str | dict | list)
        else MASK
        if isinstance(value, str)
        else _payment(value)
        for name, value in node.items()
    }
