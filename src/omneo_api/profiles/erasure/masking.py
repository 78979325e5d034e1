"""Taking a person out of a snapshot: keys stay, what says something about the person becomes `***` or null.

Amounts, dates of business, ids and kinds stay: they are facts of the shop, not of the person (profiles 1.5).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Self

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


IDENTIFYING = frozenset({"profile_id", "identifier", "id"})
"""Where an identifier may stand for the person; elsewhere the same text is a number of something else."""


@dataclass(frozen=True, slots=True)
class Traces:
    """How a person may be named: by id, by an address or number anywhere in a text, by an identifier in its place."""

    profile_id: str
    contacts: frozenset[str] = frozenset()
    identifiers: frozenset[str] = frozenset()

    @classmethod
    def of(cls, profile_id: str, contacts: Iterable[str | None], identifiers: Iterable[str]) -> Self:
        folded = (frozenset(text.lower() for text in texts if text) for texts in (contacts, identifiers))
        return cls(profile_id, *folded)

    @property
    def texts(self) -> list[str]:
        return [self.profile_id, *sorted(self.contacts), *sorted(self.identifiers)]

    def betray(self, name: str, value: str) -> bool:
        """Whether that value of that key names the person other than by the profile's id."""
        folded = value.lower()
        return any(contact in folded for contact in self.contacts) or (
            name in IDENTIFYING and folded in self.identifiers
        )


def masked(node: Any, traces: Traces, *, inside: bool, name: str = "") -> Any:
    """A copy of a JSON value without the person; `inside` says that the value itself is about the person.

    Elsewhere only objects that carry the person's id are changed, and values that name the person.
    """
    if isinstance(node, list):
        return [masked(entry, traces, inside=inside, name=name) for entry in node]
    if isinstance(node, str):
        return MASK if traces.betray(name, node) else node
    if not isinstance(node, dict):
        return node
    about = inside or traces.profile_id in (node.get("id"), node.get("profile_id"), node.get("resource_owner_id"))
    return {key: _value(key, value, traces, about=about) for key, value in node.items()}


def unnamed(node: Any, traces: Traces, name: str = "") -> Any:
    """A copy of a record that is still to be applied, with null where it names the person: it stays applicable."""
    if isinstance(node, list):
        return [unnamed(entry, traces, name) for entry in node]
    if isinstance(node, dict):
        return {key: unnamed(value, traces, key) for key, value in node.items()}
    named = isinstance(node, str) and (node == traces.profile_id or traces.betray(name, node))
    return None if named else node


def _value(name: str, value: Any, traces: Traces, *, about: bool) -> Any:
    if not about or name in BUSINESS:
        return masked(value, traces, inside=False, name=name)
    if name in EMPTIED:
        return emptied(value)
    if name in NULLED:
        return None
    if isinstance(value, dict | list) and not _plain(value):
        return masked(value, traces, inside=True, name=name)
    if isinstance(value, list):
        return [MASK if isinstance(entry, str) else entry for entry in value]
    if isinstance(value, str) and not (name in KEPT or name.endswith(KEPT_ENDINGS)):
        return MASK
    return masked(value, traces, inside=True, name=name)


def _plain(value: Any) -> bool:
    return isinstance(value, list) and not any(isinstance(entry, dict | list) for entry in value)


def emptied(value: Any) -> Any:
    """The same keys with nothing behind them."""
    if isinstance(value, dict):
        return {name: emptied(entry) for name, entry in value.items()}
    if isinstance(value, list):
        return [emptied(entry) for entry in value]
    return MASK if isinstance(value, str) else None
