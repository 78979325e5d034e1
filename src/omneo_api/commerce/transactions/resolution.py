"""From the references of a request to rows (commerce 1.4, 2.3).

A till's purchase names its customer, shop, cashier and source systems in whatever form it has. One statement finds all
of them, and locks the customer; further statements run only for what nobody has made yet.
"""

import re
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Literal

from omneo_api.commerce.locations import service as locations
from omneo_api.commerce.orders import links as orders
from omneo_api.commerce.products.matching import resolve_lines
from omneo_api.commerce.transactions import effects
from omneo_api.commerce.transactions.bodies import EIGHT_PLACES
from omneo_api.configuration.settings.service import SEEDS
from omneo_api.configuration.systems import register_systems
from omneo_api.configuration.tags import register_tags
from omneo_api.foundation.errors import Errors, Invalid, already_taken, selected_is_invalid
from omneo_api.foundation.statements import Statement, json_text
from omneo_api.incentives.redemptions import links

LARGEST_ID = 2**63 - 1
CENT = Decimal("0.01")

_FIND = """
    WITH wanted AS (
        SELECT coalesce(
            :profile_id::uuid,
            (SELECT id FROM profiles WHERE email = lower(:profile_email::text) AND deleted_at IS NULL),
            (SELECT profile_id FROM identities
             WHERE handle_key = lower(:profile_handle::text) AND identifier_key = lower(:profile_identifier::text)
                   AND is_active AND is_live)
        ) AS id
    ), owner AS (
        SELECT p.id FROM profiles p WHERE p.id = (SELECT id FROM wanted) AND p.deleted_at IS NULL {lock}
    )
    SELECT
        (SELECT id FROM owner) AS profile_id,
        CASE WHEN :location::text IS NOT NULL THEN coalesce(
            (SELECT id FROM locations WHERE id = :location_id::bigint AND deleted_at IS NULL),
            (SELECT id FROM locations WHERE external_id_key = lower(:location::text) AND deleted_at IS NULL),
            (SELECT id FROM locations WHERE external_code = :location::text AND deleted_at IS NULL ORDER BY id LIMIT 1)
        ) END AS location_id,
        CASE WHEN :staff::text IS NOT NULL THEN coalesce(
            (SELECT id FROM profiles WHERE id = :staff_id::uuid AND deleted_at IS NULL),
            (SELECT profile_id FROM identities
             WHERE handle_key = 'staff' AND identifier_key = lower(:staff::text) AND is_active AND is_live)
        ) END AS staff_id,
        EXISTS (
            SELECT 1 FROM {refs}
            WHERE system = ANY (:slots::text[]) AND external_id_key = lower(:external_id::text)
        ) AS taken,
        EXISTS (
            SELECT 1 FROM unnest(:systems::text[]) AS named
            WHERE NOT EXISTS (SELECT 1 FROM systems WHERE handle_key = lower(named))
        ) AS new_systems,
        EXISTS (
            SELECT 1 FROM unnest(:tags::text[]) AS named WHERE NOT EXISTS (SELECT 1 FROM tags WHERE handle = named)
        ) AS new_tags,
        EXISTS (
            SELECT 1 FROM redemption_states WHERE profile_id = (SELECT id FROM owner) AND transaction_id IS NULL
        ) AS redeemed,
        EXISTS (SELECT 1 FROM subscriptions WHERE kind = 'trigger') AS awaited,
        base.code AS base_currency, pair.id AS pair_id, pair.rate AS pair_rate,
        inverse.id AS inverse_id, inverse.rate AS inverse_rate
    FROM (
        SELECT upper(coalesce((SELECT value FROM settings WHERE handle_key = 'currency'), :base::text)) AS code
    ) AS base
    LEFT JOIN currencies pair ON pair.from_code = upper(:currency::text) AND pair.to_code = base.code
    LEFT JOIN currencies inverse ON inverse.from_code = base.code AND inverse.to_code = upper(:currency::text)
"""
SALES, ORDERS = "transaction_external_refs", "order_external_refs"
"""Whose slots an external id must be free in: each kind of purchase has a namespace of its own."""
_LOCKING = {refs: Statement(_FIND.format(lock="FOR UPDATE", refs=refs)) for refs in (SALES, ORDERS)}
_LOOKING = Statement(_FIND.format(lock="", refs=SALES))
_MANY = Statement(
    """
    SELECT r.place, found.* FROM jsonb_to_recordset(:rows::jsonb) AS r (
        place int, profile_id uuid, profile_email text, profile_handle text, profile_identifier text,
        location_id bigint, location text, staff_id uuid, staff text, slots text[], external_id text, systems text[],
        tags text[], currency text, base text)
    CROSS JOIN LATERAL ("""
    + re.sub(r":(\w+)::\w+(\[\])?", r"r.\1", _FIND.format(lock="", refs=SALES))
    + """) AS found ORDER BY r.place
    """
)
_OWNERS = Statement(
    """
    WITH wanted AS MATERIALIZED (
        SELECT r.place, coalesce(
            r.profile_id,
            (SELECT id FROM profiles WHERE email = lower(r.profile_email) AND deleted_at IS NULL),
            (SELECT profile_id FROM identities
             WHERE handle_key = lower(r.profile_handle) AND identifier_key = lower(r.profile_identifier)
                   AND is_active AND is_live)
        ) AS id
        FROM jsonb_to_recordset(:rows::jsonb) AS r (
            place int, profile_id uuid, profile_email text, profile_handle text, profile_identifier text)
    ), locked AS (
        SELECT id FROM profiles WHERE id = ANY (ARRAY(SELECT id FROM wanted)) AND deleted_at IS NULL
        ORDER BY id FOR UPDATE
    )
    SELECT wanted.place, locked.id FROM wanted JOIN locked ON locked.id = wanted.id
    """
)
_SYSTEMS = Statement("SELECT id, handle FROM systems WHERE id = ANY (:ids::bigint[])")


Outlook = Literal["plain", "makes", "odd"]
"""Nothing but itself comes of it; it makes something new; it is refused, or a redemption waits for it."""


@dataclass(slots=True)
class Resolved:
    """The columns that a request's references came to."""

    profile_id: uuid.UUID | None = None
    location_id: int | None = None
    staff_id: uuid.UUID | None = None
    systems: list[str] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    currency_id: int | None = None
    currency_rate: Decimal | None = None
    redeemed: bool = False
    """Whether the profile has a redemption that belongs to no purchase yet."""
    awaited: bool = False
    """Whether reactions may have to run before the work of a purchase is finished."""
    order_id: int | None = None
    order_number: str | None = None


def as_uuid(text: str | None) -> uuid.UUID | None:
    try:
        return uuid.UUID(text) if text and len(text) == 36 else None
    except ValueError:
        return None


def slots_of(systems: list[str]) -> list[str]:
    """The external slots that a transaction of these systems takes: one per system, `''` without any."""
    return list(dict.fromkeys(system.lower() for system in systems)) or [""]


def _profile_reference(values: Mapping[str, Any]) -> dict[str, Any]:
    reference, handle = values.get("profile_id"), values.get("profile_id_handle")
    by_email = handle is not None and handle.lower() == "email"
    by_identity = handle is not None and not by_email
    return {
        "profile_id": as_uuid(reference) if handle is None else None,
        "profile_email": reference if by_email else None,
        "profile_handle": handle if by_identity else None,
        "profile_identifier": reference if by_identity else None,
    }


def _references(values: Mapping[str, Any], systems: list[str]) -> dict[str, Any]:
    location, staff = values.get("location_id"), values.get("staff_id")
    number = int(location) if location and location.isascii() and location.isdigit() and len(location) < 20 else None
    return {
        **_profile_reference(values),
        "location_id": number if number is not None and number <= LARGEST_ID else None,
        "location": location,
        "staff_id": as_uuid(staff),
        "staff": staff,
        "slots": slots_of(systems),
        "external_id": values.get("external_id"),
        "systems": systems,
        "tags": [tag for tag in values.get("tags") or () if isinstance(tag, str)],
        "currency": values.get("currency"),
        "base": SEEDS["currency"][1],
    }


async def _found(session: Any, statement: Statement, values: Mapping[str, Any], systems: list[str]) -> Any:
    return await session.row(statement, **_references(values, systems))


async def lock_owners(session: Any, many: Sequence[Mapping[str, Any]]) -> list[uuid.UUID | None]:
    """The living profile that each of many purchases names, all of them locked; None where it names none or no one."""
    rows = [{"place": place, **_profile_reference(values)} for place, values in enumerate(many)]
    found = {row.place: row.id for row in await session.rows(_OWNERS, rows=json_text(rows).decode())}
    return [found.get(place) for place in range(len(many))]


async def look_many(
    session: Any, many: Sequence[Mapping[str, Any]], owners: Sequence[uuid.UUID | None]
) -> list[tuple[Resolved, Outlook]]:
    """What many purchases refer to, in one statement, and what `resolve` would do with each.

    Their profiles are the locked `owners`, their systems and tags are handles.
    """
    rows = [
        {"place": place, **_references(values, list(dict.fromkeys(values.get("systems") or [])))}
        | {"profile_id": owners[place], "profile_email": None, "profile_handle": None}
        for place, values in enumerate(many)
    ]
    wrong = await _wrong(session, many)
    answer = []
    for values, row, found in zip(many, rows, await session.rows(_MANY, rows=json_text(rows).decode()), strict=True):
        unknown = any(
            values.get(name) is not None and getattr(found, name) is None for name in ("location_id", "staff_id")
        )
        outlook: Outlook = "plain"
        if found.taken or found.redeemed or row["place"] in wrong:
            outlook = "odd"
        elif unknown or found.new_systems or found.new_tags:
            outlook = "makes"
        resolved = Resolved(
            found.profile_id,
            found.location_id,
            found.staff_id,
            row["systems"],
            list(values.get("tags") or []),
            *_rate(values, found),
            awaited=found.awaited,
        )
        answer.append((resolved, outlook))
    return answer


async def _wrong(session: Any, many: Sequence[Mapping[str, Any]]) -> set[int]:
    """Links the lines of many purchases to variants; answers the places of those with a line that cannot be."""
    placed = [(place, line) for place, values in enumerate(many) for line in values.get("items") or []]
    errors = await resolve_variants(session, [line for _, line in placed])
    return {placed[int(path.split(".")[1])][0] for path in errors}


async def _system_handles(session: Any, systems: list[str | int]) -> list[str]:
    ids = [system for system in systems if isinstance(system, int)]
    known = {row.id: row.handle for row in await session.rows(_SYSTEMS, ids=ids)} if ids else {}
    handles = [known.get(system) if isinstance(system, int) else system for system in systems]
    return list(dict.fromkeys(handle for handle in handles if handle))


async def resolve(session: Any, values: Mapping[str, Any], refs: str = SALES) -> Resolved:
    """Finds or makes what a purchase (a sale, or an order) refers to and locks its profile.

    Raises: Invalid for an unknown profile, order, organisation or variant; locations, staff, systems and tags that are
    unknown are made.
    """
    systems = await _system_handles(session, values.get("systems") or [])
    found = await _found(session, _LOCKING[refs], values, systems)
    order = await orders.order_of(session, values, slots_of(systems))
    errors: Errors = {}
    if values.get("profile_id") is not None and found.profile_id is None:
        errors["profile_id"] = [selected_is_invalid("profile_id")]
    if values.get("order_id") is not None and order is None:
        errors["order_id"] = [selected_is_invalid("order_id")]
    if values.get("organisation_id") is not None:
        errors["organisation_id"] = [selected_is_invalid("organisation_id")]
    errors |= await resolve_variants(session, values.get("items") or [])
    if found.taken:
        errors["external_id"] = [already_taken("external_id")]
    if errors:
        redemption_id = values.get("redemption_id")
        if redemption_id is not None and await links.redeemer(session, redemption_id) is None:
            errors["redemption_id"] = [selected_is_invalid("redemption_id")]
        raise Invalid(errors)
    location_id, staff_id = found.location_id, found.staff_id
    if location_id is None and values.get("location_id") is not None:
        location_id = await locations.resolve(session, values["location_id"])
    if staff_id is None and values.get("staff_id") is not None:
        staff_id = await effects.placeholder_staff(session, values["staff_id"])
    if found.new_systems:
        await register_systems(session, systems)
    tags = values.get("tags") or []
    if found.new_tags or any(isinstance(tag, int) for tag in tags):
        tags = await register_tags(session, tags)
    currency_id, rate = _rate(values, found)
    return Resolved(
        found.profile_id,
        location_id,
        staff_id,
        systems,
        tags,
        currency_id,
        rate,
        found.redeemed,
        found.awaited,
        order.id if order else None,
        order.order_number if order else None,
    )


async def look(session: Any, values: Mapping[str, Any]) -> Resolved:
    """The same without making or locking anything: what is unknown stays None."""
    systems = await _system_handles(session, values.get("systems") or [])
    found = await _found(session, _LOOKING, values, systems)
    return Resolved(found.profile_id, found.location_id, found.staff_id, systems)


def _rate(values: Mapping[str, Any], found: Any) -> tuple[int | None, Decimal | None]:
    """The pair that was used and the multiplier to the base currency, frozen with the sale; None when none is known."""
    explicit, currency = values.get("currency_value"), values.get("currency")
    if explicit is not None:
        return None, explicit.rate if explicit.to.upper() == found.base_currency else None
    if currency is None:
        return None, None
    if currency.upper() == found.base_currency:
        return found.pair_id, Decimal(1)
    if found.pair_id is not None:
        return found.pair_id, found.pair_rate
    if found.inverse_id is not None and found.inverse_rate:
        return found.inverse_id, (1 / found.inverse_rate).quantize(EIGHT_PLACES, rounding=ROUND_HALF_UP)
    return None, None


def converted(total: Decimal, rate: Decimal) -> Decimal:
    """Rounds half-up to the cent."""
    return (total * rate).quantize(CENT, rounding=ROUND_HALF_UP)


async def resolve_variants(session: Any, lines: list[dict[str, Any]]) -> Errors:
    """Finds the catalogue variant of each line and puts it under `variant_id`; answers what is wrong.

    One statement for all lines, none where no line names an article. A line that has a `variant_id` keeps it.
    """
    return await resolve_lines(session, lines)
