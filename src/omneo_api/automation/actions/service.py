"""The actions of one owner: replacing them all, and changing one (automation 5, 6)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import Text, bindparam, cast, delete, exists, select

from omneo_api.automation import json_logic
from omneo_api.automation.actions.models import Action
from omneo_api.automation.actions.schemas import ActionBody, ActionRead
from omneo_api.automation.actions.types import type_named
from omneo_api.foundation.calls import Owner
from omneo_api.foundation.errors import Invalid, NotFound, selected_is_invalid
from omneo_api.foundation.fields import sent
from omneo_api.foundation.models import lit
from omneo_api.foundation.query import Filter, Listing
from omneo_api.foundation.reading import Reader
from omneo_api.foundation.statements import Statement

COLUMNS = ("name", "type", "sort_order", "description", "notes", "arguments")


class ActionsOf:
    """The actions of one kind of owner; `model` is the owner's, with a column `last_reference`."""

    def __init__(self, kind: str, model: Any) -> None:
        self.kind, self.model = kind, model
        listing = Listing(
            ActionRead,
            Action,
            live=lambda action: action.owner_type == lit(kind),
            order=("sort_order",),
            search=("name", "type", "description", "notes"),
            extra={"arguments": Filter(expression=lambda action: cast(action.arguments, Text), kind="text")},
        )
        self.reader = Reader(listing, owned_by="owner_id")
        self._owner = Statement(select(*model.__table__.c).where(model.id == bindparam("id")).with_for_update())
        mine = (Action.owner_type == lit(kind), Action.owner_id == bindparam("owner"))
        self._all = Statement(select(*Action.__table__.c).where(*mine).order_by(Action.sort_order, Action.id))
        self._one = Statement(select(*Action.__table__.c).where(*mine, Action.id == bindparam("id")))
        self._delete = Statement(delete(Action).where(*mine))
        self._delete_one = Statement(delete(Action).where(*mine, Action.id == bindparam("id")))
        self._alive = lru_cache(self._condition)

    def _condition(self) -> Any:
        return exists(select(lit(1)).where(self.model.id == bindparam("owner", type_=self.model.id.type)))

    def owner(self, identifier: int) -> Owner:
        return Owner(identifier, self._alive)

    async def lock_owner(self, session: Any, identifier: int) -> Any:
        """The owner's row, locked. Raises: NotFound."""
        row = await session.row(self._owner, id=identifier)
        if row is None:
            raise NotFound
        return row

    async def replace(self, session: Any, owner_id: int, last_reference: int, bodies: Sequence[ActionBody]) -> None:
        """Makes the given actions the owner's only ones, with new ids. Raises: Invalid with all failing fields."""
        types = resolved_types(bodies)
        await self.clear(session, owner_id)
        highest = 0
        for place, (body, kind) in enumerate(zip(bodies, types, strict=True)):
            values = columns(body, kind)
            if values.get("sort_order") is None:
                values["sort_order"] = highest + 1
            highest = max(highest, values["sort_order"])
            await self._insert(session, owner_id, last_reference + place + 1, values)
        await session.update(self.model, {"id": owner_id}, {"last_reference": last_reference + len(bodies)})

    async def clear(self, session: Any, owner_id: int) -> None:
        for row in await session.rows(self._all, owner=owner_id):
            session.outbox.audit("deleted", "Action", row.id, _audited(row), None)
        await session.execute(self._delete, owner=owner_id)

    async def add(self, session: Any, owner_id: int, body: ActionBody) -> int:
        owner = await self.lock_owner(session, owner_id)
        kind = _type_of(body, "name")
        values = columns(body, kind)
        if values.get("sort_order") is None:
            rows = await session.rows(self._all, owner=owner_id)
            values["sort_order"] = max((row.sort_order for row in rows), default=0) + 1
        reference = owner.last_reference + 1
        identifier = await self._insert(session, owner_id, reference, values)
        await self._touch(session, owner_id, last_reference=reference)
        return identifier

    async def _insert(self, session: Any, owner_id: int, reference: int, values: dict[str, Any]) -> int:
        row = {"owner_type": self.kind, "owner_id": owner_id, "references_id": reference, **values}
        identifier: int = (await session.insert(Action, row)).id
        session.outbox.audit("created", "Action", identifier, None, {"id": identifier, **row})
        return identifier

    async def change(self, session: Any, owner_id: int, identifier: int, body: ActionBody) -> None:
        """Applies what was sent. A new name that is no type changes the label only. Raises: NotFound, Invalid."""
        await self.lock_owner(session, owner_id)
        current = await session.row(self._one, owner=owner_id, id=identifier)
        if current is None:
            raise NotFound
        given = sent(body)
        values = columns(body, type_named(given.get("uuid")) or type_named(given.get("name")) or current.type)
        values = {name: value for name, value in values.items() if name in given or name == "type"}
        for name in ("sort_order", "arguments"):
            if given.get(name) is None:
                values.pop(name, None)
        changes = {name: value for name, value in values.items() if value != getattr(current, name)}
        if not changes:
            return
        await session.update(Action, {"id": identifier}, {**changes, "updated_at": session.now})
        old = {name: getattr(current, name) for name in changes}
        session.outbox.audit("updated", "Action", identifier, old, changes)
        await self._touch(session, owner_id)

    async def remove(self, session: Any, owner_id: int, identifier: int) -> None:
        await self.lock_owner(session, owner_id)
        current = await session.row(self._one, owner=owner_id, id=identifier)
        if current is None:
            raise NotFound
        await session.execute(self._delete_one, owner=owner_id, id=identifier)
        session.outbox.audit("deleted", "Action", identifier, _audited(current), None)
        await self._touch(session, owner_id)

    async def _touch(self, session: Any, owner_id: int, **values: Any) -> None:
        await session.update(self.model, {"id": owner_id}, {**values, "updated_at": session.now})


@dataclass(frozen=True, slots=True)
class _Size:
    """The limit of rules applies to what is evaluated: dynamic values and the condition of a filter."""

    kind: str

    def text(self, name: str, value: Any, dynamic: bool | None) -> str | None:
        evaluated = dynamic or (self.kind == "filter" and name == "condition")
        return json_logic.check_size(value) if evaluated else None


def _type_of(body: ActionBody, path: str) -> str:
    kind = type_named(body.uuid) or type_named(body.name)
    if kind is None:
        raise Invalid.field(path, selected_is_invalid("action"))
    return kind


def resolved_types(bodies: Sequence[ActionBody]) -> list[str]:
    """The type of each action. Raises: Invalid with a text for each that has none."""
    types = [type_named(body.uuid) or type_named(body.name) for body in bodies]
    errors = {
        f"actions.{place}.name": [selected_is_invalid("action")] for place, kind in enumerate(types) if kind is None
    }
    if errors:
        raise Invalid(errors)
    return [kind for kind in types if kind is not None]


def check_sizes(bodies: Sequence[ActionBody], prefix: Callable[[int], str]) -> None:
    """Raises: Invalid for rules that are too deep or too large."""
    errors = {}
    for place, body in enumerate(bodies):
        size = _Size(type_named(body.uuid) or type_named(body.name) or "")
        for number, argument in enumerate(body.arguments or ()):
            text = size.text(argument.name, argument.value, argument.is_dynamic)
            if text is not None:
                errors[f"{prefix(place)}arguments.{number}.value"] = [text]
    if errors:
        raise Invalid(errors)


def columns(body: ActionBody, kind: str) -> dict[str, Any]:
    """A checked body as column values."""
    return {
        "name": body.name,
        "type": kind,
        "sort_order": body.sort_order,
        "description": body.description,
        "notes": body.notes,
        "arguments": [
            {"name": argument.name, "value": argument.value, "is_dynamic": argument.is_dynamic}
            for argument in body.arguments or ()
        ],
    }


def _audited(row: Any) -> dict[str, Any]:
    return {name: getattr(row, name) for name in ("owner_type", "owner_id", "references_id", *COLUMNS)}
