"""What a customer may write (omneo-id 6): whitelists for bodies, and names that the tenant protects."""

import json
from collections.abc import Callable
from typing import Any

from omneo_api.configuration.settings.service import setting
from omneo_api.foundation.calls import Call, Owner
from omneo_api.foundation.errors import Invalid, NotFound, Unauthorized, selected_is_invalid
from omneo_api.foundation.statements import Statement
from omneo_api.incentives.benefits.claiming import require_user_redeem

Trim = Callable[[dict[str, Any]], dict[str, Any]]

CHANNELS = ("email", "sms", "push", "phone", "post")
PURPOSES = (
    "promo",
    "optout",
    "discover",
    "benefits",
    "reminders",
    "account",
    "bookings",
    "feedback",
    "location",
    "service",
)
COMMS = frozenset(f"{channel}_{purpose}" for channel in CHANNELS for purpose in PURPOSES) | {
    "terms_accepted_at",
    "terms_accepted_version",
}
PROFILE = frozenset(
    {
        "title",
        "first_name",
        "last_name",
        "email",
        "gender",
        "currency",
        "mobile_phone",
        "secondary_phone",
        "birth_day",
        "birth_month",
        "birth_year",
        "company",
        "occupation",
        "avatar_url",
        "preferred_location_id",
        "addresses",
        "dates_attributes",
        "custom_attributes",
    }
)
TYPES = frozenset({"active", "incomplete", "pending", "temporary"})
_IDENTITY_HANDLE = Statement("SELECT handle FROM identities WHERE id = :id::bigint AND profile_id = :profile::uuid")


def only(*names: str) -> Trim:
    """Drops every body key that a customer may not write; what they send besides is ignored, not refused."""
    kept = frozenset(names)
    return lambda body: {name: value for name, value in body.items() if name in kept}


def without(*names: str) -> Trim:
    """Drops the body keys that a customer may not write."""
    return lambda body: {name: value for name, value in body.items() if name not in names}


comms = only(*COMMS)


def profile(body: dict[str, Any]) -> dict[str, Any]:
    """The profile's own body: whitelisted scalars, and of `attributes` the channels' and looks' own whitelists."""
    kept = {name: value for name, value in body.items() if name in PROFILE}
    attributes = body.get("attributes")
    if isinstance(attributes, dict):
        kept["attributes"] = {
            name: comms(value) if name == "comms" and isinstance(value, dict) else value
            for name, value in attributes.items()
            if name in ("comms", "appearance")
        }
    if isinstance(body.get("comms_attributes"), dict):
        kept["comms_attributes"] = comms(body["comms_attributes"])
    return kept


def quick(body: dict[str, Any]) -> dict[str, Any]:
    """The same with communication keys at the top level also accepted (quick create)."""
    kept = profile(body)
    above = {**comms(body), **kept.pop("comms_attributes", {})}
    if above:
        attributes = kept.get("attributes") or {}
        kept["attributes"] = {**attributes, "comms": {**above, **(attributes.get("comms") or {})}}
    return kept


def one_count(body: dict[str, Any]) -> dict[str, Any]:
    """A customer counts one at a time, at the server's moment."""
    return {**only("definition_id", "meta")(body), "count": 1}


async def _names(session: Any, handle: str) -> frozenset[str]:
    try:
        found = json.loads(await setting(session, handle) or "[]")
    except ValueError:
        found = []
    return frozenset(str(name).lower() for name in found) if isinstance(found, list) else frozenset()


async def own_identity(session: Any, call: Call, owner: Owner) -> None:
    """Raises: Unauthorized when the identity written carries a protected handle."""
    protected = await _names(session, "id.protected_identity_handles")
    handles = [call.path.get("handle"), call.body.get("handle") if call.method == "POST" else None]
    # Digits in the place of a handle may be an identity's id.
    number = call.path.get("id") or call.path.get("handle") or ""
    if number.isascii() and number.isdigit() and len(number) < 19:
        handles.append(await session.value(_IDENTITY_HANDLE, id=int(number), profile=owner.id))
    if any(str(handle).strip().lower() in protected for handle in handles if handle):
        raise Unauthorized


async def shown_attribute(session: Any, call: Call, owner: Owner) -> None:
    """Raises: NotFound for a custom attribute of a hidden namespace."""
    if is_named(call.path["namespace"], await hidden_namespaces(session)):
        raise NotFound


async def own_attribute(session: Any, call: Call, owner: Owner) -> None:
    """Raises: Unauthorized when the custom attribute written is of a protected namespace, NotFound of a hidden one."""
    if is_named(call.path["namespace"], await protected_namespaces(session)):
        raise Unauthorized
    await shown_attribute(session, call, owner)


async def shown_attributes(session: Any, call: Call, owner: Owner) -> None:
    """Keeps hidden namespaces out of a list of custom attributes, by a condition beside those that were asked for."""
    hidden = sorted(await hidden_namespaces(session))
    if not hidden:
        return
    filters = call.query.setdefault("filter", {})
    if not isinstance(filters, dict):
        return
    asked = filters.get("namespace", {})
    conditions = dict(asked) if isinstance(asked, dict) else {"in" if isinstance(asked, list) else "eq": asked}
    without = conditions.get("nin", [])
    conditions["nin"] = [*(without if isinstance(without, list) else str(without).split(",")), *hidden]
    filters["namespace"] = conditions


async def own_attributes(session: Any, call: Call, owner: Owner) -> None:
    """Drops custom attributes of protected namespaces from the profile's own body, listed or grouped as in answers."""
    given = call.body.get("custom_attributes")
    if not isinstance(given, list | dict) or not given:
        return
    protected = await protected_namespaces(session)
    if isinstance(given, dict):
        call.body["custom_attributes"] = {
            name: entries for name, entries in given.items() if not is_named(name, protected)
        }
        return
    call.body["custom_attributes"] = [
        item for item in given if not (isinstance(item, dict) and is_named(item.get("namespace"), protected))
    ]


async def protected_namespaces(session: Any) -> frozenset[str]:
    return await _names(session, "id.protected_attribute_namespaces")


async def hidden_namespaces(session: Any) -> frozenset[str]:
    return await _names(session, "id.hidden_attribute_namespaces")


def is_named(namespace: Any, names: frozenset[str]) -> bool:
    return str(namespace).strip().lower() in names


async def own_type(session: Any, call: Call, owner: Owner) -> None:
    """Raises: Invalid for a type that a customer may not give themselves."""
    if call.body.get("profile_type") not in TYPES:
        raise Invalid.field("profile_type", selected_is_invalid("profile_type"))


async def own_redeeming(session: Any, call: Call, owner: Owner) -> None:
    """Raises: Unauthorized when the benefit may only be redeemed by staff."""
    if call.path["benefit"].isdigit() and len(call.path["benefit"]) < 19:
        await require_user_redeem(session, owner.id, int(call.path["benefit"]))
