"""The life of a transaction: recorded once, annotated, assigned, voided (commerce 1.6, 1.7)."""

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from psycopg.errors import SerializationFailure

from omneo_api.commerce.claims import links as claims
from omneo_api.commerce.products.matching import match
from omneo_api.commerce.transactions import effects, events, finishing
from omneo_api.commerce.transactions.bodies import ANNOTATIONS
from omneo_api.commerce.transactions.facts import (
    LINES,
    REFERENCES,
    Pairs,
    differences,
    find_articles,
    immutable,
    line_differences,
)
from omneo_api.commerce.transactions.models import TransactionState
from omneo_api.commerce.transactions.recording import as_json, record
from omneo_api.commerce.transactions.resolution import Resolved, as_uuid, look, resolve
from omneo_api.configuration.tags import register_tags
from omneo_api.foundation.errors import Invalid, NotFound, selected_is_invalid
from omneo_api.foundation.statements import Statement
from omneo_api.incentives.redemptions import links
from omneo_api.platform.custom_fields import service as custom_fields

VOID, SUPERSEDED, DELETED = "void", "superseded", "deleted"
NEVER_REVIVED = "A void is final: record a new transaction instead."

_OWNER = Statement(
    "SELECT profile_id FROM transaction_states WHERE transaction_id = :id::bigint"
    " AND void_kind IS DISTINCT FROM 'deleted'"
)
_LOCK_PROFILES = Statement("SELECT id FROM profiles WHERE id = ANY (:ids::uuid[]) ORDER BY id FOR UPDATE")
_LOCK = Statement(
    "SELECT * FROM transaction_states WHERE transaction_id = :id::bigint AND void_kind IS DISTINCT FROM 'deleted'"
    " FOR UPDATE"
)
_VOID = Statement(
    """
    WITH noted AS (
        INSERT INTO transaction_voids (transaction_id, kind, successor_id)
        VALUES (:id::bigint, :kind::text, :successor_id::bigint)
        ON CONFLICT (tenant_id, transaction_id, kind) DO NOTHING
    )
    UPDATE transaction_states
    SET void_kind = :kind::text, successor_id = :successor_id::bigint, updated_at = omneo_now()
    WHERE transaction_id = :id::bigint
    """
)
_FREE_SLOTS = Statement("DELETE FROM transaction_external_refs WHERE transaction_id = :id::bigint")
_ASSIGN = Statement(
    """
    UPDATE transaction_states
    SET profile_id = :profile_id::uuid, claimed_at = :claimed_at::timestamptz, claim_id = :claim_id::bigint,
        updated_at = omneo_now()
    WHERE transaction_id = :id::bigint
    """
)
_ANNOTATE_LINE = Statement(
    """
    INSERT INTO transaction_item_annotations (item_id, meta, tags)
    VALUES (:id::bigint, :meta::jsonb, :tags::text[])
    ON CONFLICT (tenant_id, item_id) DO UPDATE
    SET meta = excluded.meta, tags = excluded.tags, updated_at = omneo_now()
    """
)


_LINK = Statement(
    """
    INSERT INTO transaction_item_annotations (item_id, product_variant_id)
    VALUES (:id::bigint, :variant_id::bigint)
    ON CONFLICT (tenant_id, item_id) DO UPDATE
    SET product_variant_id = excluded.product_variant_id, updated_at = omneo_now()
    """
)


_COUNTED = Statement(
    """
    INSERT INTO transaction_item_annotations (item_id, achievement_counted, updated_at)
    SELECT id, true, created_at FROM transaction_items WHERE id = :id::bigint
    ON CONFLICT (tenant_id, item_id) DO UPDATE SET achievement_counted = true
    """
)


async def count_line(session: Any, item: int) -> None:
    """Notes that a line counted for an achievement, which is no change of the line."""
    await session.execute(_COUNTED, id=item)


async def create(
    session: Any,
    values: Mapping[str, Any],
    identifier: int | None = None,
    kept: Mapping[str, Any] | None = None,
) -> int:
    """Records a purchase and runs its whole pipeline; answers its id. `values` are those of a checked body.

    `kept` are resolved references that pass from a superseded transaction.
    Raises: Invalid for references that do not exist and for an external id that is taken.
    """
    resolved = await resolve(session, values)
    for name, value in (kept or {}).items():
        setattr(resolved, name, value)
    redemption_id = values.get("redemption_id")
    if redemption_id is not None and resolved.profile_id is None:
        resolved.profile_id = await links.redeemer(session, redemption_id)
        await session.rows(_LOCK_PROFILES, ids=[resolved.profile_id])
    row = await record(session, values, resolved, identifier)
    profile_id = resolved.profile_id
    tell(session, row, values, profile_id)
    if values.get("custom_fields"):
        await custom_fields.keep(session, "transaction", row.id, values["custom_fields"])
    if redemption_id is not None:
        await links.attach(session, redemption_id, row.id, profile_id)
    elif profile_id is not None and resolved.redeemed:
        await links.link_by_reference(session, profile_id, row.id, values.get("external_id"), values.get("receipt_ref"))
    if profile_id is not None and not values.get("is_void"):
        await effects.recorded(session, [(row.id, profile_id, values["total"])])
    if profile_id is None and not values.get("is_void"):
        await claims.offer(session, row.id, values.get("receipt_ref"), values.get("external_id"))
    finishing.after_reactions(session, row.id, profile_id, awaited=resolved.awaited)
    created: int = row.id
    return created


def tell(session: Any, row: Any, values: Mapping[str, Any], profile_id: uuid.UUID | None) -> None:
    """Notes that a purchase was recorded; `row` has its id and those of its lines."""
    untold = ("items", "profile_id_handle", "currency_value")
    new = {name: value for name, value in values.items() if name not in untold}
    new |= {"id": row.id, "profile_id": profile_id, "items": len(row.items)}
    session.outbox.audit("created", "Transaction", row.id, None, new, profile_id)
    events.emit(session, "created", row.id, profile_id)
    events.emit_items(session, "created", row.items, profile_id)


async def lock(session: Any, identifier: int, *others: uuid.UUID | None) -> Any:
    """The state of a transaction that is not deleted, locked after its profile and the `others`.

    Raises: NotFound; SerializationFailure, which starts the request anew, when its profile changed meanwhile.
    """
    owner = await session.row(_OWNER, id=identifier)
    if owner is None:
        raise NotFound
    profiles = sorted({profile for profile in (owner.profile_id, *others) if profile is not None})
    if profiles:
        await session.rows(_LOCK_PROFILES, ids=profiles)
    state = await session.row(_LOCK, id=identifier)
    if state is None:
        raise NotFound
    if state.profile_id != owner.profile_id:
        raise SerializationFailure("the transaction changed its profile while it was being locked")
    return state


async def change(session: Any, identifier: int, values: Mapping[str, Any]) -> None:
    """Applies a PUT: annotations, assignment and void; facts may only repeat what is stored.

    Raises: NotFound, Invalid, Conflict with every fact that differs.
    """
    found = await referred(session, values, identifier)
    state = await lock(session, identifier, found.profile_id)
    errors, pairs = await differences(session, identifier, values, found)
    if values.get("is_void") is False and state.void_kind is not None:
        errors["is_void"] = [NEVER_REVIVED]
    if errors:
        raise immutable(errors)
    await apply(session, state, values, pairs, found.profile_id)


async def referred(session: Any, values: Mapping[str, Any], identifier: int) -> Resolved:
    """The rows that a request's references come to; nothing is made. Raises: Invalid for an unknown profile.

    A profile that was deleted since is known where it owns the transaction: what was read can be sent back.
    """
    if not any(values.get(name) is not None for name in ("profile_id", *REFERENCES)):
        return Resolved()
    found = await look(session, values)
    if values.get("profile_id") is not None and found.profile_id is None:
        owner = await session.value(_OWNER, id=identifier)
        if owner is None or values.get("profile_id_handle") is not None or as_uuid(values["profile_id"]) != owner:
            raise Invalid.field("profile_id", selected_is_invalid("profile_id"))
        found.profile_id = owner
    return found


async def apply(session: Any, state: Any, values: Mapping[str, Any], pairs: Pairs, target: uuid.UUID | None) -> None:
    """Applies what may change to a locked transaction whose facts were found equal."""
    await annotate(session, state, values)
    await _annotate_lines(session, state, pairs)
    if "profile_id" in values and target != state.profile_id:
        await assign(session, state, target)
        state = state._replace(profile_id=target)
    if values.get("is_void") and state.void_kind is None:
        await void(session, state, VOID)


async def annotate(session: Any, state: Any, values: Mapping[str, Any]) -> bool:
    """Writes the annotations that differ; False when none does."""
    changes = {name: values[name] for name in ANNOTATIONS if name in values}
    if changes.get("tags"):
        changes["tags"] = await register_tags(session, changes["tags"])
    changes = {name: value for name, value in changes.items() if value != getattr(state, name)}
    identifier, profile_id = state.transaction_id, state.profile_id
    kept = await custom_fields.keep(session, "transaction", identifier, values.get("custom_fields") or [])
    if not changes and not kept:
        return False
    moved = {**changes, "updated_at": session.now}
    await session.update(TransactionState, {"transaction_id": identifier}, moved)
    old = {name: getattr(state, name) for name in changes}
    session.outbox.audit("updated", "Transaction", identifier, old, changes, profile_id)
    events.emit(session, "updated", identifier, profile_id)
    return True


async def touched(session: Any, identifier: int, state: Any) -> None:
    """Notes that something a locked transaction shows has changed."""
    await session.update(TransactionState, {"transaction_id": identifier}, {"updated_at": session.now})
    events.emit(session, "updated", identifier, state.profile_id)


async def _annotate_lines(session: Any, state: Any, pairs: Pairs) -> None:
    changed = False
    for line, row in pairs:
        changed |= await annotate_line(session, state, line, row)
    if changed:
        await touched(session, state.transaction_id, state)


async def annotate_line(session: Any, state: Any, line: Mapping[str, Any], row: Any) -> bool:
    """Writes the meta and tags of one line where they differ; False when neither does."""
    meta = line.get("meta", row.meta)
    tags = row.tags if line.get("tags") is None else await register_tags(session, line["tags"])
    if meta == row.meta and list(tags) == list(row.tags):
        return False
    await session.execute(_ANNOTATE_LINE, id=row.id, meta=as_json(meta), tags=list(tags))
    old, new = {"meta": row.meta, "tags": row.tags}, {"meta": meta, "tags": tags}
    session.outbox.audit("updated", "TransactionItem", row.id, old, new, state.profile_id)
    return True


async def assign(
    session: Any,
    state: Any,
    profile_id: uuid.UUID | None,
    claimed_at: datetime | None = None,
    claim_id: int | None = None,
) -> None:
    """Gives a locked transaction to a profile, or to nobody; the profiles' locks are held."""
    identifier, former = state.transaction_id, state.profile_id
    if state.claim_id is not None:
        await claims.let_go(session, identifier)
    await session.execute(_ASSIGN, id=identifier, profile_id=profile_id, claimed_at=claimed_at, claim_id=claim_id)
    session.outbox.audit(
        "updated", "Transaction", identifier, {"profile_id": former}, {"profile_id": profile_id}, profile_id or former
    )
    events.emit(session, "updated", identifier, profile_id)
    if state.void_kind is None:
        if former is not None:
            await effects.detached(session, identifier, former)
        if profile_id is not None:
            await effects.attached(session, identifier, profile_id)
            await finishing.react_for(session, identifier, profile_id)


async def unattach(session: Any, identifier: int, profile_id: uuid.UUID) -> None:
    """Ends the assignment to this profile. Raises: NotFound when the transaction is not its."""
    state = await lock(session, identifier, profile_id)
    if state.profile_id != profile_id:
        raise NotFound
    await assign(session, state, None)


async def void(session: Any, state: Any, kind: str, successor_id: int | None = None) -> None:
    """Marks a locked transaction as void, superseded or deleted; what it had earned is reversed once."""
    identifier, profile_id = state.transaction_id, state.profile_id
    await session.execute(_VOID, id=identifier, kind=kind, successor_id=successor_id)
    counted = state.void_kind is None
    what = "deleted" if kind == DELETED else "updated"
    session.outbox.audit(what, "Transaction", identifier, {"is_void": not counted}, {"is_void": True}, profile_id)
    if kind != DELETED:
        events.emit(session, "updated", identifier, profile_id)
    if counted and profile_id is not None:
        await effects.voided(session, identifier, profile_id, kind)


async def delete(session: Any, identifier: int) -> None:
    """Voids and hides; its slots and its redemption are let go. Raises: NotFound."""
    state = await lock(session, identifier)
    await events.emit_last_state(session, "deleted", identifier, state.profile_id)
    await void(session, state, DELETED)
    await session.execute(_FREE_SLOTS, id=identifier)
    await links.detach(session, identifier)
    await claims.let_go(session, identifier)


async def free_slots(session: Any, identifier: int) -> None:
    """Lets go of the external ids that a transaction holds."""
    await session.execute(_FREE_SLOTS, id=identifier)


async def change_line(session: Any, identifier: int, item: int, line: Mapping[str, Any]) -> None:
    """Applies a PUT of one line: meta and tags; facts may only repeat what is stored.

    Raises: NotFound, Conflict with every fact of the line that differs.
    """
    state = await lock(session, identifier)
    row = next((row for row in await session.rows(LINES, id=identifier) if row.id == item), None)
    if row is None:
        raise NotFound
    told = dict(line)
    await find_articles(session, [told])
    errors = line_differences(told, row)
    if errors:
        raise immutable(errors)
    await _annotate_lines(session, state, [(told, row)])


async def relink(session: Any, state: Any, item: int) -> None:
    """Looks again which variant a line of a locked transaction means; what no longer names one keeps its own."""
    row = next((row for row in await session.rows(LINES, id=state.transaction_id) if row.id == item), None)
    if row is None:
        raise NotFound
    line = {"product_variant_id": row.sent_variant_id, "variant_external_id": row.variant_external_id, "sku": row.sku}
    (found,) = await match(session, [line])
    variant = found.by_id or found.by_word
    if variant is None or variant == row.product_variant_id or row.sent_variant_id not in (None, variant):
        return
    await session.execute(_LINK, id=item, variant_id=variant)
    old, new = {"product_variant_id": row.product_variant_id}, {"product_variant_id": variant}
    session.outbox.audit("updated", "TransactionItem", item, old, new, state.profile_id)
    await touched(session, state.transaction_id, state)


async def recalculated(session: Any, state: Any, item: int | None = None) -> None:
    """Computes again what a locked purchase that counts does to its customer: figures, tier, points (of one line)."""
    if state.profile_id is not None and state.void_kind is None:
        await effects.computed_again(session, state.profile_id)
        await finishing.evaluate(session, state, item)
    events.emit(session, "sync", state.transaction_id, state.profile_id)


async def trigger(session: Any, state: Any, event: str) -> None:
    """Emits `transaction.sync`; a recalculation first computes again what the purchase does to its customer."""
    if event == "transaction.recalculate":
        await recalculated(session, state)
    else:
        events.emit(session, "sync", state.transaction_id, state.profile_id)
