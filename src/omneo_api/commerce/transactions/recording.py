"""Writing purchases: every row of all of them in one statement (commerce 1.7)."""

from collections.abc import Mapping, Sequence
from typing import Any

from omneo_api.commerce.transactions.resolution import Resolved, converted, slots_of
from omneo_api.foundation.statements import Statement, json_text

_RECORD = Statement(
    """
    WITH sale AS MATERIALIZED (
        SELECT coalesce(given_id, nextval('transactions_id_seq')) AS id, sent.*
        FROM jsonb_to_recordset(:sales::jsonb) AS sent (
            place int, given_id bigint, external_id text, total numeric, total_original numeric, rounding numeric,
            margin numeric, tender text, systems text[], transacted_at timestamptz, timezone text, location_id bigint,
            staff_id uuid, fees jsonb, currency text, currency_id bigint, currency_rate numeric, type text,
            order_number text, order_id bigint, external_order_id text, organisation_id bigint, deliver_at timestamptz,
            payments jsonb, items jsonb, profile_id uuid, claimed_at timestamptz, claim_id bigint, void_kind text,
            tags text[], meta jsonb, receipt_is_email boolean, receipt_ref text, linked_receipt_ref text,
            receipt_email text, need_action boolean, status text, awaited boolean, slots text[], rate numeric,
            rate_from text, rate_to text, rate_total numeric)
    ), head AS (
        INSERT INTO transactions (
            id, external_id, total, total_original, rounding, margin, tender, systems, transacted_at, timezone,
            location_id, staff_id, fees, currency, currency_id, currency_rate, type, order_number, order_id,
            external_order_id, organisation_id, deliver_at, payments)
        SELECT id, external_id, total, total_original, rounding, margin, tender, systems, transacted_at, timezone,
               location_id, staff_id, fees, currency, currency_id, currency_rate, type, order_number, order_id,
               external_order_id, organisation_id, deliver_at, payments
        FROM sale
    ), lines AS MATERIALIZED (
        SELECT nextval('transaction_items_id_seq') AS id, sale.id AS sale_id, line.*
        FROM sale, jsonb_to_recordset(sale.items) AS line (
            external_id text, name text, quantity numeric, price_current numeric, price_sell numeric,
            price_original numeric, price_margin numeric, price_tax numeric, discounts jsonb, is_void boolean,
            sku text, variant_external_id text, product_variant_id bigint, department text, variant_id bigint,
            meta jsonb, tags text[])
    ), written AS (
        INSERT INTO transaction_items (
            id, transaction_id, external_id, name, quantity, price_current, price_sell, price_original, price_margin,
            price_tax, discounts, is_void, sku, variant_external_id, sent_variant_id, department)
        SELECT id, sale_id, external_id, name, quantity, price_current, price_sell, price_original, price_margin,
               price_tax, discounts, coalesce(is_void, false), sku, variant_external_id, product_variant_id, department
        FROM lines
    ), annotated AS (
        INSERT INTO transaction_item_annotations (item_id, product_variant_id, meta, tags)
        SELECT id, variant_id, meta, coalesce(tags, '{}')
        FROM lines WHERE variant_id IS NOT NULL OR meta IS NOT NULL OR tags IS NOT NULL
    ), state AS (
        INSERT INTO transaction_states (
            transaction_id, profile_id, claimed_at, claim_id, transacted_at, void_kind, tags, meta, receipt_is_email,
            receipt_ref, linked_receipt_ref, receipt_email, need_action, status, order_id, synced_at)
        SELECT id, profile_id, claimed_at, claim_id, transacted_at, void_kind, tags, meta,
               coalesce(receipt_is_email, false), receipt_ref, linked_receipt_ref, receipt_email, need_action, status,
               order_id, CASE WHEN NOT awaited THEN omneo_now() END
        FROM sale
    ), held AS (
        INSERT INTO transaction_external_refs (system, external_id_key, transaction_id)
        SELECT slot, lower(external_id), id FROM sale, unnest(slots) AS slot WHERE external_id IS NOT NULL
    ), voided AS (
        INSERT INTO transaction_voids (transaction_id, kind)
        SELECT id, void_kind FROM sale WHERE void_kind IS NOT NULL
    ), rated AS (
        INSERT INTO transaction_currency_values (transaction_id, from_currency, to_currency, rate, total)
        SELECT id, rate_from, rate_to, rate, rate_total FROM sale WHERE rate IS NOT NULL
    )
    SELECT sale.id, coalesce(mine.ids, '{}') AS items
    FROM sale LEFT JOIN (SELECT sale_id, array_agg(id ORDER BY id) AS ids FROM lines GROUP BY sale_id) AS mine
         ON mine.sale_id = sale.id
    ORDER BY sale.place
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
    "fees",
    "payments",
    "meta",
)


def as_json(value: Any) -> str | None:
    """JSON text of a value, None for None."""
    return None if value is None else json_text(value).decode()


def _columns(values: Mapping[str, Any], resolved: Resolved) -> dict[str, Any]:
    rate = values.get("currency_value")
    return {
        **{name: values[name] for name in _PLAIN if values.get(name) is not None},
        "items": values.get("items") or [],
        "systems": resolved.systems,
        "slots": slots_of(resolved.systems),
        "location_id": resolved.location_id,
        "staff_id": resolved.staff_id,
        "profile_id": resolved.profile_id,
        "order_id": resolved.order_id,
        "order_number": values.get("order_number") or resolved.order_number,
        "currency_id": resolved.currency_id,
        "currency_rate": resolved.currency_rate,
        "tags": resolved.tags,
        "awaited": resolved.awaited,
        "void_kind": "void" if values.get("is_void") else None,
        "rate": rate.rate if rate else None,
        "rate_from": rate.from_ if rate else None,
        "rate_to": rate.to if rate else None,
        "rate_total": converted(values["total"], rate.rate) if rate else None,
    }


async def record_many(
    session: Any, sales: Sequence[tuple[Mapping[str, Any], Resolved]], identifier: int | None = None
) -> list[Any]:
    """Inserts purchases with their lines, notes, slots and void marks; answers `id` and `items`, the ids of its lines.

    `identifier` is the id of the first one where it is known already.
    """
    rows = [{"place": place, **_columns(*sale)} for place, sale in enumerate(sales)]
    rows[0]["given_id"] = identifier
    found: list[Any] = await session.rows(_RECORD, sales=as_json(rows))
    return found


async def record(session: Any, values: Mapping[str, Any], resolved: Resolved, identifier: int | None = None) -> Any:
    """The same for one purchase."""
    return (await record_many(session, [(values, resolved)], identifier))[0]
