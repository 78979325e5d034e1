"""What an event is about, as the source of the points that a reaction gives (automation 6.3, commerce 1.7)."""

import uuid
from typing import Any

from omneo_api.automation import events
from omneo_api.automation.actions.types import Step, living_id
from omneo_api.foundation.statements import Statement
from omneo_api.incentives.sources import Source

NEITHER = frozenset({events.CUSTOM, "profile", "transaction-raw", "definition"})
GONE = "the transaction does not count for the profile any more"

# The share lock keeps a void from coming between this look and the points: it waits, and takes them back.
_COUNTS = Statement(
    "SELECT profile_id, transacted_at FROM transaction_states"
    " WHERE transaction_id = :id::bigint AND void_kind IS NULL FOR SHARE"
)


def source_of(step: Step) -> Source | None:
    """What the event is about, where that has a number.

    A sale and a line earn by an action once, whatever event told of them; a deleted sale earns nothing any more.
    """
    family, context = step.scope.family, step.scope.context
    number = None if family in NEITHER else _number(context.get("id"))
    if number is None:
        return None
    kind = family.replace("-", "_")
    if family not in ("transaction", "transaction-item") or events.canonical(step.scope.event) == "transaction.deleted":
        return Source(kind, number)
    sale = number if kind == "transaction" else _number(context.get("transaction_id"))
    return Source(kind, number, sale, key(step.owner_type, step.owner_id, step.action_id, kind, number))


def key(owner_type: str, owner_id: int, action_id: int, kind: str, number: int) -> str:
    """Names an action of an owner and what earns by it."""
    return f"{owner_type}:{owner_id}:{action_id}:{kind}:{number}"


async def sale_of(step: Step, source: Source, profile_id: uuid.UUID) -> Any | None:
    """The sale behind a source, with its customer and its day, locked; None when it does not count for the profile."""
    sale = await step.session.row(_COUNTS, id=source.transaction_id)
    if sale is None or sale.profile_id not in (profile_id, step.scope.profile_id):
        return None
    return sale


async def linked_profile(step: Step, profile_id: uuid.UUID) -> uuid.UUID | None:
    """Whose doing it was, where the points go to somebody else."""
    if not step.given("profile_id") or step.scope.profile_id in (None, profile_id):
        return None
    found = await living_id(step.session, step.scope.profile_id)
    return None if found == profile_id else found


def _number(value: Any) -> int | None:
    text = str(value)
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None
