"""Writing a purchase: every row of it in one statement (commerce 1.7)."""

from collections.abc import Mapping
from typing import Any

from omneo_api.commerce.transactions.resolution import Resolved, converted, slots_of
from omneo_api.foundation.statements import Statement, json_text

_RECORD = Statement(
    """
    WITH head AS (
        INSERT INTO transactions (
            id, external_id, total, total_original, rounding, margin, tender, systems, transacted_at, timezone,
            location_id, staff_id, fees, currency, currency_id, currency_rate, type, order_number, order_id,
            external_order_id, organisation_id, deliver_at, payments)
        VALUES (
            coalesce(:id::bigint, nextval('transactions_id_seq')), :external_id::text, :total::numeric,
            :total_original::numeric, :rounding::numeric, :margin::numeric, :tender::text, :systems::text[],
            :transacted_at::timestamptz, :timezone::text, :location_id::bigint, :staff_id::uuid, :fees::jsonb,
            :currency::text, :currency_id::bigint, :currency_rate::numeric, :type::text, :order_number::text,
            :order_id::bigint, :external_order_id::text, :organisation_id::bigint, :deliver_at::timestamptz,
            :payments::jsonb)
        RETURNING id
    ), lines AS MATERIALIZED (
        SELECT nextval('transaction_items_id_seq') AS id, line.*
        FROM jsonb_to_recordset(:items::jsonb) AS line (
            external_id text, name text, quantity numeric, price_current numeric, price_sell numeric,
            price_original numeric, price_margin numeric, price_tax numeric, discounts jsonb, is_void boolean,
            sku text, variant_external_id text, product_variant_id bigint, department text, variant_id bigint,
            meta jsonb, tags jsonb)
    ), written AS (
        INSERT INTO transaction_items (
            id, transaction_id, external_id, name, quantity, price_current, price_sell, price_original, price_margin,
            price_tax, discounts, is_void, sku, variant_external_id, sent_variant_id, department)
        SELECT lines.id, head.id, external_id, name, quantity, price_current, price_sell, price_original, price_margin,
               price_tax, discounts, coalesce(is_void, false), sku, variant_external_id, product_variant_id, department
        FROM lines, head
    ), annotated AS (
        INSERT INTO transaction_item_annotations (item_id, product_variant_id, meta, tags)
        SELECT id, variant_id, meta, ARRAY(SELECT jsonb_array_elements_text(coalesce(tags, '[]')))
        FROM lines WHERE variant_id IS NOT NULL OR meta IS NOT NULL OR tags IS NOT NULL
    ), state AS (
        INSERT INTO transaction_states (
            transaction_id, profile_id, claimed_at, claim_id, transacted_at, void_kind, tags, meta, receipt_is_email,
            receipt_ref, linked_receipt_ref, receipt_email, need_action, status, order_id, synced_at)
        SELECT id, :profile_id::uuid, :claimed_at::timestamptz, :claim_id::bigint, :transacted_at::timestamptz,
               :void_kind::text, :tags::text[], :meta::jsonb, coalesce(:receipt_is_email::boolean, false),
               :receipt_ref::text, :linked_receipt_ref::text, :receipt_email::text, :need_action::boolean,
               :status::text, :order_id::bigint, CASE WHEN NOT :awaited::boolean THEN omneo_now() END
        FROM head
    ), slots AS (
        INSERT INTO transaction_external_refs (system, external_id_key, transaction_id)
        SELECT slot, lower(:external_id::text), id FROM head, unnest(:slots::text[]) AS slot
        WHERE :external_id::text IS NOT NULL
    ), voided AS (
        INSERT INTO transaction_voids (transaction_id, kind)
        SELECT id, :void_kind::text FROM head WHERE :void_kind::text IS NOT NULL
    ), rated AS (
        INSERT INTO transaction_currency_values (transaction_id, from_currency, to_currency, rate, total)
        SELECT id, :rate_from::text, :rate_to::text, :rate::numeric, :rate_total::numeric
        FROM head WHERE :rate::numeric IS NOT NULL
    )
    SELECT head.id, ARRAY(SELECT id FROM lines ORDER BY id) AS items FROM head
    """
)
_PLAIN = (
    "external_id",
    "total",
    "total_original",
    "rounding",
    "margin",
    "tender",
    "transacted_at",
    "timezone",
    "currency",
    "type",
    "external_order_id",
    "organisation_id",
    "deliver_at",
    "receipt_is_email",
    "receipt_ref",
    "linked_receipt_ref",
    "receipt_email",
    "need_action",
    "status",
    "claimed_at",
    "claim_id",
)
_STRUCTURED = ("fees", "payments", "meta", "items")


def as_json(value: Any) -> str | None:
    """JSON text of a value, None for None."""
    return None if value is None else json_text(value).decode()


async def record(session: Any, values: Mapping[str, Any], resolved: Resolved, identifier: int | None = None) -> Any:
    """Inserts a purchase with its lines, notes, slots and void mark; answers `id` and `items`, its lines' ids."""
    rate = values.get("currency_value")
    return await session.row(
        _RECORD,
        **{name: values.get(name) for name in _PLAIN},
        **{name: as_json(values.get(name)) for name in _STRUCTURED if name != "items"},
        items=as_json(values.get("items") or []),
        id=identifier,
        systems=resolved.systems,
        slots=slots_of(resolved.systems),
        location_id=resolved.location_id,
        staff_id=resolved.staff_id,
        profile_id=resolved.profile_id,
        order_id=resolved.order_id,
        order_number=values.get("order_number") or resolved.order_number,
        currency_id=resolved.currency_id,
        currency_rate=resolved.currency_rate,
        tags=resolved.tags,
        awaited=resolved.awaited,
        void_kind="void" if values.get("is_void") else None,
        rate=rate.rate if rate else None,
        rate_from=rate.from_ if rate else None,
        rate_to=rate.to if rate else None,
        rate_total=converted(values["total"], rate.rate) if rate else None,
    )
