"""Taking a person out of a snapshot: keys stay, what says something about the person becomes `***` or null.

Amounts, dates of business, ids and kinds stay: they are facts of the shop, not of the person (profiles 1.5).
"""

from typing import Any

MASK = "***"
KEPT = frozenset(
    {"id", "type", "status", "timezone", "currency", "action", "channel", "profile_type", "event", "systems", "kind"}
)
KEPT_ENDINGS = ("_at", "_id", "_ids", "_handle", "_type", "handle")
NULLED = frozenset(
    {
        "birth_day",
        "birth_month",
        "birth_year",
        "birth_date",
        "birth_days",
        "birth_days_past",
        "next_birthday",
        "latitude",
        "longitude",
        "mobile_phone_country",
        "gender",
    }
)
EMPTIED = frozenset({"custom_attributes", "custom_fields", "attributes", "appearance", "meta", "value", "old_value"})
BUSINESS = frozenset(
    {"definition", "location", "joined_location", "preferred_location", "items", "tier", "aggregations"}
)
"""Sub-objects that describe the shop."""


def masked(node: Any, profile_id: str, *, inside: bool) -> Any:
    """A copy of a JSON value without the person; `inside` says that the value itself is about the person.

    Elsewhere only objects that carry the person's id are changed.
    """
    if isinstance(node, list):
        return [masked(entry, profile_id, inside=inside) for entry in node]
    if not isinstance(node, dict):
        return node
    about = inside or profile_id in (node.get("id"), node.get("profile_id"), node.get("resource_owner_id"))
    return {name: _value(name, value, profile_id, about=about) for name, value in node.items()}


def _value(name: str, value: Any, profile_id: str, *, about: bool) -> Any:
    if not about:
        return masked(value, profile_id, inside=False)
    if name in BUSINESS:
        return masked(value, profile_id, inside=False)
    if name in EMPTIED:
        return emptied(value)
    if name in NULLED:
        return None
    if isinstance(value, dict | list) and not _plain(value):
        return masked(value, profile_id, inside=True)
    if isinstance(value, list):
        return [MASK if isinstance(entry, str) else entry for entry in value]
    if isinstance(value, str) and name not in KEPT and not name.endswith(KEPT_ENDINGS):
        return MASK
    return value


def _plain(value: Any) -> bool:
    return isinstance(value, list) and not any(isinstance(entry, dict | list) for entry in value)


def emptied(value: Any) -> Any:
    """The same keys with nothing behind them."""
    if isinstance(value, dict):
        return {name: emptied(entry) for name, entry in value.items()}
    if isinstance(value, list):
        return [emptied(entry) for entry in value]
    return MASK if isinstance(value, str) else None
