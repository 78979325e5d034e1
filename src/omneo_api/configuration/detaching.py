"""Taking something out of every record that names it, when its register forgets it.

Tags and systems are kept on records as arrays of handles. Insert-only records keep theirs: they are facts. Rooms whose
records are told of when they lose something say so with `told_of`.
"""

from collections.abc import Awaitable, Callable
from functools import cache
from typing import Any

from sqlalchemy import ARRAY, Text, any_, bindparam, func, update

from omneo_api.foundation.models import NOW, Base, Tenanted
from omneo_api.foundation.statements import Statement

Tell = Callable[[Any, Any], Awaitable[None]]
_TELLERS: dict[str, list[Tell]] = {}


def told_of(what: str) -> Callable[[Tell], Tell]:
    """Registers what is done before one of these goes: `tags` by handle, `regions` by id. It may refuse, too."""

    def register(tell: Tell) -> Tell:
        _TELLERS.setdefault(what, []).append(tell)
        return tell

    return register


async def tell(session: Any, what: str, key: Any) -> None:
    """Has everybody told who has that tag or region, before it goes."""
    for rule in _TELLERS.get(what, ()):
        await rule(session, key)


@cache
def _statements(column: str) -> tuple[Statement, ...]:
    return tuple(
        Statement(_detaching(mapper.class_, column))
        for mapper in sorted(Base.registry.mappers, key=lambda mapper: str(mapper.local_table))
        if issubclass(mapper.class_, Tenanted) and not mapper.class_.insert_only and _holds(mapper.local_table, column)
    )


def _holds(table: Any, column: str) -> bool:
    return column in table.c and isinstance(table.c[column].type, ARRAY)


def _detaching(model: Any, column: str) -> Any:
    found = getattr(model, column)
    handle = bindparam("handle", type_=Text)
    values: dict[str, Any] = {column: func.array_remove(found, handle)}
    if "updated_at" in model.__table__.c:
        values["updated_at"] = NOW
    return update(model).where(handle == any_(found)).values(values)


async def detach(session: Any, column: str, handle: str) -> None:
    """Removes the handle from that column (`tags`, `systems`) of every record that may change."""
    for statement in _statements(column):
        await session.execute(statement, handle=handle)
