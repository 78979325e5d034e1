"""update-create: the same sale twice is one transaction, a corrected one supersedes it (commerce 1.5)."""

import uuid
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from psycopg.errors import SerializationFailure, UniqueViolation

from omneo_api.commerce.claims import links as claims
from omneo_api.commerce.transactions import service
from omneo_api.commerce.transactions.bodies import (
    ANNOTATIONS,
    LINE_FACTS,
    SCALAR_FACTS,
    CurrencyValueBody,
    NewTransaction,
    SupersedingTransaction,
    TransactionFields,
    told,
)
from omneo_api.commerce.transactions.facts import HEADER, LINES, counterpart, differences, find_articles
from omneo_api.commerce.transactions.resolution import slots_of
from omneo_api.commerce.transactions.service import SUPERSEDED
from omneo_api.foundation.errors import NotFound
from omneo_api.foundation.fields import validate
from omneo_api.foundation.operations import LARGEST_ID
from omneo_api.foundation.statements import Statement
from omneo_api.incentives.redemptions import links
from omneo_api.platform.custom_fields import service as custom_fields

SLOT_KEY = "pk_transaction_external_refs"

_ONE_AT_A_TIME = Statement("SELECT pg_advisory_xact_lock(hashtextextended(lower(:external_id::text), omneo_tenant()))")
_BY_EXTERNAL_ID = Statement(
    """
    SELECT transaction_id FROM transaction_external_refs WHERE external_id_key = lower(:external_id::text)
    ORDER BY (system = ANY (:slots::text[])) DESC, transaction_id DESC LIMIT 1
    """
)
_BY_ID = Statement(
    "SELECT transaction_id FROM transaction_states WHERE transaction_id = :id::bigint"
    " AND (void_kind IS NULL OR void_kind = 'void')"
)
_NEXT_ID = Statement("SELECT nextval('transactions_id_seq')")


async def upsert(session: Any, raw: Mapping[str, Any]) -> tuple[int, bool]:
    """Applies one record as update-create does; answers the id of what stands now, and whether it is new.

    Raises: Invalid.
    """
    values = told(validate(TransactionFields, raw))
    found = await find(session, values)
    if found is None:
        return await _create(session, raw)
    referred = await service.referred(session, values, found)
    try:
        state = await service.lock(session, found, referred.profile_id)
    except NotFound:
        # It was deleted between the look-up and the lock.
        return await _create(session, raw)
    if state.void_kind == SUPERSEDED:
        return await _create(session, raw)
    errors, pairs = await differences(session, found, values, referred)
    revived = state.void_kind is not None and values.get("is_void") is False
    if errors or revived:
        corrected = told(validate(SupersedingTransaction, raw))
        return await supersede(session, state, corrected, referred.profile_id), True
    await service.apply(session, state, values, pairs, referred.profile_id)
    return found, False


async def _create(session: Any, raw: Mapping[str, Any]) -> tuple[int, bool]:
    try:
        return await service.create(session, told(validate(NewTransaction, raw))), True
    except UniqueViolation as fault:
        if fault.diag.constraint_name != SLOT_KEY:
            raise
        # A plain create, which waits for nobody, took the slot meanwhile: the next attempt finds its transaction.
        raise SerializationFailure("the external id was taken meanwhile") from fault


async def find(session: Any, values: Mapping[str, Any]) -> int | None:
    """The transaction that a record means, by external id, then by id; those of one external id wait for each other."""
    external_id = values.get("external_id")
    if external_id is not None:
        await session.value(_ONE_AT_A_TIME, external_id=external_id)
        systems = [system for system in values.get("systems") or () if isinstance(system, str)]
        slots = slots_of(systems) if systems else []
        found: int | None = await session.value(_BY_EXTERNAL_ID, external_id=external_id, slots=slots)
        if found is not None:
            return found
    number = str(values.get("id") or "")
    if number.isascii() and number.isdigit() and len(number) < 20 and int(number) <= LARGEST_ID:
        by_id: int | None = await session.value(_BY_ID, id=int(number))
        return by_id
    return None


PassOn = Callable[[Any, int, int], Awaitable[None]]
_PASSED_ON: list[PassOn] = []


def passed_on(rule: PassOn) -> PassOn:
    """Registers what else passes from a superseded transaction to its successor: `rule(session, old_id, new_id)`."""
    _PASSED_ON.append(rule)
    return rule


async def supersede(session: Any, state: Any, values: Mapping[str, Any], owner: uuid.UUID | None) -> int:
    """Voids a locked transaction as superseded and records the corrected one in its place; answers the new id.

    `owner` is whom the correction names.
    """
    old = state.transaction_id
    named = values.get("redemption_id")
    if named is not None and named == await links.redemption_of(session, old):
        # It is the sale's already, and goes on with it even if it was reversed since.
        values = {name: value for name, value in values.items() if name != "redemption_id"}
    header = await session.row(HEADER, id=old)
    whole, kept = _completed(header, state, values, owner)
    lines = await session.rows(LINES, id=old)
    if "items" not in values:
        whole["items"] = [_line(row) for row in lines]
    elif values["items"]:
        await find_articles(session, values["items"])
        _keep_notes(values["items"], lines)
    _keep_links(whole["items"] or [], lines)
    identifier: int = await session.value(_NEXT_ID)
    await service.void(session, state, SUPERSEDED, identifier)
    await service.free_slots(session, old)
    if "redemption_id" in values:
        await links.detach(session, old)
    await service.create(session, whole, identifier, kept)
    if "redemption_id" not in values:
        await links.hand_over(session, old, identifier)
    if whole.get("claim_id") is not None:
        await claims.hand_over(session, old, identifier)
    elif state.claim_id is not None:
        await claims.let_go(session, old)
    await custom_fields.hand_on(session, "transaction", old, identifier)
    for rule in _PASSED_ON:
        await rule(session, old, identifier)
    return identifier


def _completed(
    header: Any, state: Any, values: Mapping[str, Any], owner: uuid.UUID | None
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The corrected sale, with what the request leaves out as it was before, and the references that are kept.

    What only repeats the currency or the owner, as an object that was read and is sent back, leaves both as they were:
    the rate stays frozen and the claim stays won.
    """
    former = {name: getattr(header, name) for name in SCALAR_FACTS}
    former |= {name: getattr(state, name) for name in ANNOTATIONS}
    former["systems"] = list(header.systems)
    kept = {name: getattr(header, name) for name in ("location_id", "staff_id") if name not in values}
    if values.get("currency", header.currency) == header.currency and "currency_value" not in values:
        kept |= {"currency_id": header.currency_id, "currency_rate": header.currency_rate}
        if header.rate is not None:
            former["currency_value"] = CurrencyValueBody.model_validate(
                {"from": header.from_currency, "to": header.to_currency, "rate": header.rate}
            )
    elsewhere = values.get("external_order_id", header.external_order_id) != header.external_order_id
    former["order_id"] = None if elsewhere else state.order_id
    whole = {**former, **values}
    if "profile_id" not in values or owner == state.profile_id:
        kept["profile_id"] = state.profile_id
        whole = {name: value for name, value in whole.items() if name not in ("profile_id", "profile_id_handle")}
        whole |= {"claimed_at": state.claimed_at, "claim_id": state.claim_id}
    return whole, kept


def _keep_notes(lines: list[dict[str, Any]], former: Sequence[Any]) -> None:
    """The meta and tags of a line pass to the equal line, which may say otherwise."""
    left = list(former)
    for line in lines:
        equal = counterpart(line, left)
        if equal is not None:
            left.remove(equal)
            line.setdefault("meta", equal.meta)
            if equal.tags and line.get("tags") is None:
                line["tags"] = list(equal.tags)


def _keep_links(lines: list[dict[str, Any]], former: Sequence[Any]) -> None:
    """A variant that the sale had stays its variant, also when the catalogue has lost it since."""
    held = {row.product_variant_id for row in former} | {row.sent_variant_id for row in former}
    for line in lines:
        if line.get("product_variant_id") is not None and line["product_variant_id"] in held:
            line.setdefault("variant_id", line["product_variant_id"])


def _line(row: Any) -> dict[str, Any]:
    line = {name: getattr(row, name) for name in LINE_FACTS}
    linked = {} if row.product_variant_id is None else {"variant_id": row.product_variant_id}
    return {**line, **linked, "product_variant_id": row.sent_variant_id, "meta": row.meta, "tags": list(row.tags)}
