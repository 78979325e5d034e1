"""Reading resources: one statement for one row, one statement for a page, whoever's rows they are."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any, Literal

from sqlalchemy import ColumnElement, bindparam

from omneo_api.foundation.calls import EVERYONE, Answer, Call, Owner, one
from omneo_api.foundation.errors import NotFound
from omneo_api.foundation.models import lit
from omneo_api.foundation.pagination import (
    USUAL_SIZES,
    Links,
    Page,
    asks_for_pages,
    envelope,
    flat_envelope,
    parse_page,
)
from omneo_api.foundation.query import Listing
from omneo_api.foundation.render import one_json, rows_json
from omneo_api.foundation.statements import Statement

Paging = Literal["pages", "all", "asked", "flat"]
NO_INCLUDES: frozenset[str] = frozenset()


class Reader:
    """Single reads, lists and answers after writes of one resource, all from its Read schema.

    owned_by: the column that names the owner in a family that is mounted below one.
    """

    def __init__(self, listing: Listing, *, owned_by: str = "profile_id", by_handle: bool = False) -> None:
        self.listing, self.owned_by, self.by_handle = listing, owned_by, by_handle
        self.model = listing.model
        self._one = lru_cache(maxsize=256)(self._one_statement)

    # One row ----------------------------------------------------------------------------------------------------------

    def _one_statement(
        self,
        column: str,
        include: frozenset[str],
        alive: Callable[[], Any] | None,
        besides: Callable[[Any], ColumnElement[bool]] | None = None,
        *,
        owned: bool,
        live: bool,
    ) -> Statement:
        model = self.model
        attribute = getattr(model, column)
        where: list[ColumnElement[bool]] = [attribute == bindparam("key", type_=attribute.type)]
        if live and self.listing.live is not None:
            where.append(self.listing.live(model))
        if owned:
            where.append(self._owned(model))
        if alive is not None:
            where.append(alive())
        if besides is not None:
            where.append(besides(model))
        rows = rows_json(self.listing.schema, model, include).where(*where)
        if column not in (self.listing.key, "handle_key"):
            rows = rows.order_by(getattr(model, self.listing.key).desc()).limit(lit(1))
        return Statement(one_json(rows))

    def _owned(self, model: Any) -> ColumnElement[bool]:
        column = getattr(model, self.owned_by)
        return column == bindparam("owner", type_=column.type)  # type: ignore[no-any-return]

    async def text(
        self,
        session: Any,
        key: Any,
        *,
        column: str | None = None,
        owner: Owner = EVERYONE,
        include: frozenset[str] = NO_INCLUDES,
        live: bool = True,
        where: Callable[[Any], ColumnElement[bool]] | None = None,
    ) -> str:
        """The row's JSON text, if it also meets `where`. Raises: NotFound."""
        owned = owner.id is not None
        statement = self._one(column or self.listing.key, include, owner.alive, where, owned=owned, live=live)
        found: str | None = await session.value(statement, key=key, owner=owner.id)
        if found is None:
            raise NotFound
        return found

    async def show(self, session: Any, call: Call, key: Any, owner: Owner = EVERYONE) -> Answer:
        """`{"data": {…}}` of one row, by id or (where the resource has handles) by handle. Raises: NotFound."""
        column, value = self.address(key)
        include = self.includes(call)
        return one(await self.text(session, value, column=column, owner=owner, include=include))

    def address(self, key: Any) -> tuple[str | None, Any]:
        """Which column a path segment addresses: digits are ids, other words handles. Raises: NotFound."""
        if not isinstance(key, str) or (self.listing.key != "id"):
            return None, key
        if key.isascii() and key.isdigit():
            if len(key) > 19 or int(key) > 2**63 - 1:
                raise NotFound
            return None, int(key)
        if not self.by_handle or "\x00" in key:
            raise NotFound
        return "handle_key", key.lower()

    def includes(self, call: Call) -> frozenset[str]:
        """The includes asked for that the caller may read."""
        asked = self.listing.parse({"include": call.query.get("include")}).include if call.query_string else NO_INCLUDES
        return self._permitted(asked, call)

    def _permitted(self, asked: frozenset[str], call: Call) -> frozenset[str]:
        if not asked:
            return asked
        known = self.listing.includable
        return frozenset(
            name for name in asked if (scope := known[name.split(".")[0]].scope) is None or call.who.may(scope)
        )

    # Lists ------------------------------------------------------------------------------------------------------------

    async def browse(
        self,
        session: Any,
        call: Call,
        owner: Owner = EVERYONE,
        paging: Paging = "pages",
        scope: tuple[Callable[[Any], ColumnElement[bool]], ...] = (),
        **values: Any,
    ) -> Answer:
        """A list: paged, whole, or whole unless pages are asked for. `scope` narrows it with bound `values`.

        Raises: NotFound when the owner does not exist, BadRequest and Invalid for its parameters.
        """
        parameters = call.query
        query = self.listing.parse(parameters)
        include = self._permitted(query.include, call)
        form = (*query.form[:4], include)
        conditions = (*scope, self._owned) if owner.id is not None else scope
        paged = paging in ("pages", "flat") or (paging == "asked" and asks_for_pages(parameters))
        page = parse_page(parameters) if paged else Page()
        plain = not any(form[:3]) and page.offset == 0 and page.size in USUAL_SIZES
        first = page.size if plain else None
        alive = _Found(owner.alive) if owner.alive else None
        statement = self.listing.statement(form, conditions, alive, paged=paged, first=first)
        row = await session.row(
            statement, **query.values(), **values, owner=owner.id, page_limit=page.size, page_offset=page.offset
        )
        if owner.alive is not None and not row.found:
            raise NotFound
        if not paged:
            return one(row.data)
        count = max(0, min(page.size, row.total - page.offset))
        links = Links(call.url, call.pairs, flat=paging == "flat")
        make = flat_envelope if paging == "flat" else envelope
        return Answer(200, make(row.data, row.total, page, links, count))


class _Found:
    """The owner's condition as a column; equal for equal conditions, so that statements are shared."""

    def __init__(self, condition: Callable[[], Any]) -> None:
        self.condition = condition

    def __hash__(self) -> int:
        return hash(self.condition)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Found) and other.condition == self.condition

    def label(self, name: str) -> Any:
        return self.condition().label(name)
