"""Reading settings: one statement, and remembered for the rest of the transaction."""

from typing import Any

from omneo_api.foundation.statements import Statement

SEEDS: dict[str, tuple[str, str | None]] = {
    "currency": ("string", "AUD"),
    "client_timezone": ("string", "UTC"),
    "country": ("string", "AU"),
    "language": ("string", "en"),
    "tenant_name": ("string", None),
    "point_exchange_rate": ("float", "0.01"),
    "claims.max_attempts": ("integer", "168"),
    "claims.max_transaction_age_days": ("integer", None),
    "profiles.clashing_mobiles_to_secondary": ("boolean", "false"),
    "staff.placeholder_domain": ("string", "staff.invalid"),
    "audits.excluded": ("json", "[]"),
    "id.protected_identity_handles": ("json", '["staff"]'),
    "id.protected_attribute_namespaces": ("json", "[]"),
    "id.hidden_attribute_namespaces": ("json", "[]"),
    **{
        f"id.allow.{name}": ("boolean", "true")
        for name in (
            "profile_delete",
            "profile_purge",
            "profile_type",
            "identities",
            "redeem",
            "benefits_write",
            "benefits_redeem",
            "benefits_claim",
            "claims_write",
            "interactions_delete",
            "achievements_write",
            "quick_create",
        )
    },
    "id.allow.tiers_assign": ("boolean", "false"),
}

_ALL = Statement("SELECT handle_key, value FROM settings")


async def settings_of(session: Any) -> dict[str, str | None]:
    """Every setting of the tenant by handle."""
    memory = getattr(session, "memory", None)
    if memory is not None and "settings" in memory:
        return memory["settings"]  # type: ignore[no-any-return]
    found = {row.handle_key: row.value for row in await session.rows(_ALL)}
    if memory is not None:
        memory["settings"] = found
    return found


async def setting(session: Any, handle: str) -> str | None:
    """One setting's text; the seed's value when the tenant has none."""
    found = (await settings_of(session)).get(handle)
    return found if found is not None else SEEDS.get(handle, ("", None))[1]


async def allowed(session: Any, handle: str) -> bool:
    return (await setting(session, handle)) in ("true", "1")
