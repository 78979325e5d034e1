"""Which variant a line of a sale or order means (commerce 2.3)."""

from collections.abc import Mapping, Sequence
from typing import Any

from omneo_api.commerce.products import inline
from omneo_api.foundation.errors import Errors, Invalid, selected_is_invalid
from omneo_api.foundation.fields import validate
from omneo_api.foundation.statements import Statement

REFERENCES = ("product_variant_id", "product_variant_sku", "variant_external_id", "sku")

# Folding the words before they are compared lets row-level security use the indexes of the folded columns.
_MATCH = Statement(
    """
    WITH asked AS MATERIALIZED (
        SELECT place, id, lower(named) AS named, lower(external_id) AS external_id, lower(sku) AS sku,
               lower(described) AS described
        FROM unnest(:ids::bigint[], :named::text[], :external_ids::text[], :skus::text[], :described::text[])
             WITH ORDINALITY AS line (id, named, external_id, sku, described, place)
    )
    SELECT
        (SELECT v.id FROM product_variants v WHERE v.id = asked.id AND v.deleted_at IS NULL) AS by_id,
        coalesce(
            (SELECT v.id FROM product_variants v WHERE v.sku_key = asked.named AND v.deleted_at IS NULL),
            (SELECT v.id FROM product_variants v
             WHERE v.external_id_key = asked.external_id AND v.external_id IS NOT NULL AND v.deleted_at IS NULL
             ORDER BY v.id LIMIT 1),
            (SELECT v.id FROM product_variants v WHERE v.sku_key = asked.sku AND v.deleted_at IS NULL),
            (SELECT v.id FROM product_variants v WHERE v.sku_key = asked.described AND v.deleted_at IS NULL)
        ) AS by_word
    FROM asked ORDER BY place
    """
)


def _described(line: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The inline variant of a line, which only counts where no id is sent: answers that are sent back have both."""
    found = line.get("product_variant")
    return found if isinstance(found, Mapping) and found and line.get("product_variant_id") is None else None


def _sku(described: Mapping[str, Any] | None) -> str | None:
    found = described.get("sku") if described is not None else None
    return str(found).strip() if isinstance(found, str | int) and "\x00" not in str(found) else None


def catalogue_sku(line: Mapping[str, Any]) -> str | None:
    """The sku by which a line names its variant in the catalogue, itself or in the variant that it describes."""
    if line.get("product_variant_id") is not None:
        return None
    named: str | None = line.get("product_variant_sku")
    return _sku(_described(line)) if named is None else named


async def match(session: Any, lines: Sequence[Mapping[str, Any]]) -> list[Any]:
    """For each line its live variant by id (`by_id`) and by its words (`by_word`), all in one statement."""
    columns = [[line.get(name) for line in lines] for name in REFERENCES]
    return await session.rows(  # type: ignore[no-any-return]
        _MATCH,
        ids=columns[0],
        named=columns[1],
        external_ids=columns[2],
        skus=columns[3],
        described=[_sku(_described(line)) for line in lines],
    )


async def resolve_lines(session: Any, lines: Sequence[dict[str, Any]], path: str = "items") -> Errors:
    """Puts the id of each line's variant, or None, under its `variant_id`; answers what is wrong.

    A line that has the key already keeps it. Variants that are described inline and that nobody has made are made.
    """
    errors: Errors = {}
    open_lines = [(place, line) for place, line in enumerate(lines) if "variant_id" not in line]
    for _, line in open_lines:
        line["variant_id"] = None
    asked = [
        (place, line)
        for place, line in open_lines
        if any(line.get(name) is not None for name in REFERENCES) or _described(line) is not None
    ]
    if not asked:
        return errors
    rows = await match(session, [line for _, line in asked])
    for (place, line), row in zip(asked, rows, strict=True):
        described = _described(line)
        if line.get("product_variant_id") is not None:
            line["variant_id"] = row.by_id
            if row.by_id is None:
                name = f"{path}.{place}.product_variant_id"
                errors[name] = [selected_is_invalid(name)]
        elif row.by_word is not None:
            line["variant_id"] = row.by_word
        elif described is not None:
            try:
                body = validate(inline.InlineVariant, described, f"{path}.{place}.product_variant")
                line["variant_id"] = await inline.found_or_made(session, body)
            except Invalid as fault:
                errors |= fault.errors
    return errors
