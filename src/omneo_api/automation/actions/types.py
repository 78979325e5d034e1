"""What an action can do: the registry of action types (automation 6.3).

A type is one coroutine function: `@action("reward.create", "profile_id", "definition* definition_id")` names its
arguments, each with its other spellings and a `*` when it must be there. The function gets a `Step`, works in the
step's transaction and answers an `Outcome`; `ActionFailed` and every refusal of a service are failures of the data.
"""

import uuid
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from omneo_api.automation.reactions.scope import Scope
from omneo_api.foundation.errors import ApiError
from omneo_api.foundation.statements import Statement
from omneo_api.profiles.scope import lock_profile

CATALOGUE: dict[str, tuple[str, ...]] = {
    "filter": (),
    "reward.create": (),
    "benefit.create": (),
    "point.create": ("points.award", "Create Point", "Create Points", "Create Point With Rate"),
    "tier.assign": (),
    "achievement.add": ("achievement.progress",),
    "target.send": ("tsend",),
    "redeem.benefit": (),
    "update.highest.status.attribute": (),
    "profile.update": (),
    "attribute.custom.update": (),
    "attribute.custom.delete": (),
    "attribute.comms.update": (),
    "attribute.appearance.update": (),
    "attribute.date.create": (),
    "status.add": (),
    "status.remove": (),
    "tag.add": (),
    "tag.remove": (),
    "connection.create": (),
    "connection.update": (),
    "connection.delete": (),
    "interaction.create": (),
    "tier-point.create": ("Create Tier Point", "Create Tier Points"),
    "reward.extend": (),
    "benefit.extend": (),
    "delay": (),
    "event.fire": (),
}


class ActionFailed(ApiError):
    """A failure of the data: the action's item says why, and the chain stops."""

    status = 422


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an action ended. `made` names what it created, `instance` is that thing's JSON text for later actions."""

    status: str = "success"
    result: Mapping[str, Any] | None = None
    made: str | None = None
    instance: str | None = None

    @classmethod
    def created(cls, kind: str, identifier: Any, instance: str | None = None) -> "Outcome":
        return cls("success", {"type": kind, "id": identifier}, kind, instance)

    @classmethod
    def skipped(cls, reason: str) -> "Outcome":
        return cls("skipped", {"reason": reason})


@dataclass(frozen=True, slots=True)
class Step:
    """One action of one run: its transaction, its arguments after evaluation and the scope they came from."""

    session: Any
    scope: Scope
    arguments: Mapping[str, Any]
    owner_type: str
    owner_id: int
    history_id: int
    action_id: int

    def given(self, name: str) -> bool:
        return self.arguments.get(name) is not None

    async def profile(self) -> uuid.UUID:
        """The profile that the action is about, locked: the one named, else the event's; after a merge its winner.

        Raises: ActionFailed when there is none.
        """
        named = self.arguments.get("profile_id")
        return await living_profile(self.session, self.scope.profile_id if named is None else named)


_LIVING = Statement(
    """
    WITH RECURSIVE line (id, step) AS (
        SELECT :id::uuid, 0
        UNION
        SELECT m.destination_id, line.step + 1 FROM incentive_merges m JOIN line ON m.source_id = line.id
        WHERE line.step < 100
    )
    SELECT p.id FROM profiles p JOIN line ON line.id = p.id WHERE p.deleted_at IS NULL ORDER BY line.step LIMIT 1
    """
)


async def living_profile(session: Any, identifier: Any) -> uuid.UUID:
    """The profile of that id, or the one that it was merged into, locked. Raises: ActionFailed."""
    try:
        asked = identifier if isinstance(identifier, uuid.UUID) else uuid.UUID(str(identifier))
    except ValueError:
        raise ActionFailed("profile not found") from None
    found = await living_id(session, asked)
    if found is None:
        raise ActionFailed("profile not found")
    try:
        await lock_profile(session, found)
    except ApiError:
        raise ActionFailed("profile not found") from None
    return found


async def living_id(session: Any, identifier: uuid.UUID) -> uuid.UUID | None:
    """The profile of that id, or the one that it was merged into, as it is at this moment."""
    found: uuid.UUID | None = await session.value(_LIVING, id=identifier)
    return found


Run = Callable[[Step], Awaitable[Outcome]]


@dataclass(frozen=True, slots=True)
class ActionType:
    """A type with its arguments: canonical name → every spelling of it."""

    name: str
    run: Run
    description: str
    spellings: Mapping[str, str] = field(default_factory=dict)
    required: frozenset[str] = frozenset()

    def bind(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Values by canonical name; what the type does not know is left out. Raises: ActionFailed."""
        bound: dict[str, Any] = {}
        for name, value in values.items():
            canonical = self.spellings.get(name)
            if canonical is not None and (value is not None or canonical not in bound):
                bound[canonical] = value
        missing = sorted(name for name in self.required if bound.get(name) is None)
        if missing:
            raise ActionFailed(f"The {missing[0]} argument is required.")
        return bound


TYPES: dict[str, ActionType] = {}
_NAMES = {spelling: name for name, aliases in CATALOGUE.items() for spelling in (name, *aliases)}


def action(name: str, *arguments: str) -> Callable[[Run], Run]:
    """Registers the function that runs actions of that type; each argument is `"name[*] other spellings"`."""

    def register(run: Run) -> Run:
        spellings: dict[str, str] = {}
        required = set()
        for argument in arguments:
            first, *others = argument.split()
            canonical = first.rstrip("*")
            spellings.update(dict.fromkeys((canonical, *others), canonical))
            if first.endswith("*"):
                required.add(canonical)
        text = (run.__doc__ or "").strip().split("\n", 1)[0]
        TYPES[name] = ActionType(name, run, text, spellings, frozenset(required))
        _NAMES.setdefault(name, name)
        return run

    return register


def type_named(name: str | None) -> str | None:
    """The canonical type of a name or alias, None for a word that is no type."""
    return _NAMES.get(name) if name is not None else None
