"""The plain resource: list, create, read, update and delete, declared on a page.

A resource with something special overrides the one method that differs (`prepare`, `related`, `before_delete`); it does
not copy what is common.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import bindparam, delete, exists, func, select

from omneo_api.foundation.calls import EVERYONE, NO_CONTENT, Answer, Call, Owner, created, one
from omneo_api.foundation.constraints import lone_keys
from omneo_api.foundation.errors import Errors, Invalid, NotFound, already_taken
from omneo_api.foundation.fields import Body, partial, sent
from omneo_api.foundation.models import lit
from omneo_api.foundation.operations import OwnerOf, Routes
from omneo_api.foundation.outbox import Context
from omneo_api.foundation.query import Listing
from omneo_api.foundation.reading import Paging, Reader
from omneo_api.foundation.render import Read, one_json, rows_json
from omneo_api.foundation.statements import Statement

Touched = bool | Mapping[str, tuple[Any, Any]]


class PlainResource:
    """CRUD over one table.

    name: the word of the audit rows (`Region`). scope: the resource part of `read-…`, `create-…` scopes. fixed: columns
    that an update ignores. event: the family of its events, `emits` which of created, updated and deleted exist.
    """

    model: Any
    read: type[Read]
    create_body: type[Body]

    def __init__(
        self,
        model: Any,
        read: type[Read],
        body: type[Body],
        *,
        name: str,
        scope: str,
        path: str,
        tag: str | None = None,
        update: type[Body] | None = None,
        fixed: Sequence[str] = (),
        event: str | None = None,
        emits: Sequence[str] = ("created", "updated"),
        listing: Mapping[str, Any] | None = None,
        paging: Paging = "pages",
        aliases: Sequence[str] = (),
        methods: Sequence[str] = ("browse", "create", "show", "update", "delete"),
        example: Any = None,
        scopes: Mapping[str, str] | None = None,
        owner: OwnerOf | None = None,
    ) -> None:
        self.model, self.read, self.body, self.update_body = model, read, body, update or partial(body)
        self.name, self.scope, self.path, self.tag = name, scope, path, tag or f"{name}s"
        self.fixed, self.event, self.emits = frozenset(fixed), event, frozenset(emits)
        self.paging, self.aliases, self.methods, self.example, self.owner = (
            paging,
            tuple(aliases),
            methods,
            example,
            owner,
        )
        self.scopes = dict(scopes or {})
        self.listing = Listing(read, model, **(listing or {}))
        self.reader = Reader(self.listing, by_handle="handle_key" in model.__table__.c)
        self.columns = frozenset(column.key for column in model.__table__.c)
        self.owned_by = "profile_id"
        self.soft = "deleted_at" in self.columns
        where = [model.id == bindparam("id"), *([self.listing.live(model)] if self.listing.live else [])]
        self._state = Statement(select(*model.__table__.c).where(*where).with_for_update())
        self._context = Statement(lambda: one_json(rows_json(read, model).where(model.id == bindparam("id"))))
        self._delete = Statement(delete(model).where(model.id == bindparam("id")))
        self._keys = {column.removesuffix("_key"): column for column in lone_keys(model.__table__)}
        self._taken = Statement(lambda: select(*(self._is_taken(*key) for key in self._keys.items())))

    # The rules, to be overridden where a resource has its own ---------------------------------------------------------

    async def prepare(self, session: Any, values: dict[str, Any], current: Any | None) -> dict[str, Any]:
        """Turns a checked body into column values; `current` is the row as it stands (None on create)."""
        return values

    async def related(self, session: Any, identifier: int, values: dict[str, Any], current: Any | None) -> Touched:
        """Writes what lives in other tables; true when something there changed.

        A mapping says what: by name what it was and what it is now, for the audit row.
        """
        return False

    async def before_delete(self, session: Any, current: Any) -> None:
        """Refuses a delete, or cleans up what refers to the row."""

    # What happens -----------------------------------------------------------------------------------------------------

    def _is_taken(self, name: str, column: str) -> Any:
        """Whether another live row has the key; one of the two has its folded form."""
        asked = bindparam(name, type_=getattr(self.model, name).type)
        where = [
            getattr(self.model, column) == (asked if column == name else func.lower(asked)),
            self.model.id.is_distinct_from(bindparam("own", type_=self.model.id.type)),
            *([self.model.deleted_at.is_(None)] if self.soft else []),
        ]
        return exists(select(lit(1)).where(*where)).label(name)

    async def taken(self, session: Any, values: dict[str, Any], current: Any | None) -> Errors:
        """What another row has already, all of it at once; between two writers at a time the constraints decide."""
        asked = {name: values[name] for name in self._keys if values.get(name) is not None}
        if current is not None:
            asked = {name: value for name, value in asked.items() if value != getattr(current, name)}
        if not asked:
            return {}
        own = None if current is None else current.id
        found = await session.row(self._taken, own=own, **{name: asked.get(name) for name in self._keys})
        held = dict(zip(self._keys, found, strict=True))
        return {name: [already_taken(name)] for name in asked if held[name]}

    async def _prepared(self, session: Any, values: dict[str, Any], current: Any | None) -> dict[str, Any]:
        # A single key that is taken is told by its constraint, which needs no look-up.
        errors = await self.taken(session, values, current) if len(self._keys) > 1 else {}
        try:
            prepared = await self.prepare(session, values, current)
        except Invalid as fault:
            known = errors or await self.taken(session, values, current)
            raise Invalid(fault.errors | known) from None
        if errors:
            raise Invalid(errors)
        return prepared

    async def insert(self, session: Any, values: dict[str, Any]) -> int:
        """Creates a row from a checked body's values, with audit row and event; answers its id."""
        prepared = await self._prepared(session, values, None)
        columns = {name: value for name, value in prepared.items() if name in self.columns}
        row = await session.insert(self.model, columns)
        await self.related(session, row.id, prepared, None)
        session.outbox.audit("created", self.name, row.id, None, {"id": row.id, **columns}, columns.get("profile_id"))
        self._emit(session, "created", row.id, columns.get("profile_id"))
        identifier: int = row.id
        return identifier

    async def change(self, session: Any, current: Any, values: dict[str, Any]) -> bool:
        """Applies a checked body's values to a locked row; False when nothing differs from what is stored."""
        kept = {name: value for name, value in values.items() if name not in self.fixed}
        prepared = await self._prepared(session, kept, current)
        changes = {
            name: value for name, value in prepared.items() if name in self.columns and value != getattr(current, name)
        }
        touched = await self.related(session, current.id, prepared, current)
        if not changes and not touched:
            return False
        await session.update(self.model, {"id": current.id}, {**changes, "updated_at": session.now})
        profile = getattr(current, "profile_id", None)
        beside = touched if isinstance(touched, Mapping) else {}
        old = {name: getattr(current, name) for name in changes} | {name: was for name, (was, _) in beside.items()}
        new = changes | {name: now for name, (_, now) in beside.items()}
        session.outbox.audit("updated", self.name, current.id, old, new, profile)
        self._emit(session, "updated", current.id, profile)
        return True

    async def locked(self, session: Any, key: Any, owner: Owner = EVERYONE) -> Any:
        """The live row, locked for this transaction. Raises: NotFound."""
        column, value = self.reader.address(key)
        if column is not None:
            value = await session.value(self._by_handle, key=value)
        row = await session.row(self._state, id=value) if value is not None else None
        if row is None or (owner.id is not None and getattr(row, self.owned_by) != owner.id):
            raise NotFound
        return row

    @property
    def _by_handle(self) -> Statement:
        where = [
            self.model.handle_key == bindparam("key"),
            *([self.listing.live(self.model)] if self.listing.live else []),
        ]
        return Statement(select(self.model.id).where(*where))

    async def remove(self, session: Any, current: Any) -> None:
        await self.before_delete(session, current)
        profile = getattr(current, "profile_id", None)
        if "deleted" in self.emits and self.event:
            state = Context(text=await Context(self._context, {"id": current.id}).render(session))
            session.outbox.emit(f"{self.event}.deleted", self.event, current.id, state, profile)
        if self.soft:
            await session.update(self.model, {"id": current.id}, {"deleted_at": session.now})
        else:
            await session.execute(self._delete, id=current.id)
        old = {name: value for name in self.columns if (value := getattr(current, name)) is not None}
        session.outbox.audit("deleted", self.name, current.id, old, None, profile)

    def _emit(self, session: Any, what: str, identifier: int, profile_id: Any = None) -> None:
        if self.event and what in self.emits:
            context = Context(self._context, {"id": identifier})
            session.outbox.emit(f"{self.event}.{what}", self.event, identifier, context, profile_id)

    # HTTP -------------------------------------------------------------------------------------------------------------

    def routes(self) -> Routes:
        """The resource's operations, for mounting."""
        routes = Routes(self.tag)
        for method in self.methods:
            getattr(self, f"_declare_{method}")(routes)
        return routes

    def _options(self, suffix: str = "", **more: Any) -> dict[str, Any]:
        aliases = tuple(alias + suffix for alias in self.aliases)
        return {"aliases": aliases, "answers": self.read, "owner": self.owner, **more}

    def _scope(self, verb: str) -> str | tuple[str, ...]:
        return self.scopes.get(verb, f"{verb}-{self.scope}")

    def _declare_browse(self, routes: Routes) -> None:
        envelope = "list" if self.paging in ("all", "asked") else "page"

        async def browse(session: Any, call: Call, owner: Owner) -> Answer:
            return await self.reader.browse(session, call, owner, self.paging)

        options = self._options(listing=self.listing, envelope=envelope, summary=f"List {self.tag.lower()}")
        routes.add("GET", self.path, browse, self._scope("read"), **options)

    def _declare_create(self, routes: Routes) -> None:
        async def create(session: Any, call: Call, owner: Owner, body: Any) -> Answer:
            values = sent(body)
            if owner.id is not None:
                values[self.owned_by] = owner.id
            identifier = await self.insert(session, values)
            return created(await self.reader.text(session, identifier, include=self.reader.includes(call)))

        options = self._options(body=self.body, example=self.example, summary=f"Create a {self.name}")
        routes.add("POST", self.path, create, self._scope("create"), **options)

    def _declare_show(self, routes: Routes) -> None:
        async def show(session: Any, call: Call, owner: Owner, id: str) -> Answer:
            return await self.reader.show(session, call, id, owner)

        options = self._options("/{id}", summary=f"Read a {self.name}")
        routes.add("GET", f"{self.path}/{{id}}", show, self._scope("read"), **options)

    def _declare_update(self, routes: Routes) -> None:
        async def update(session: Any, call: Call, owner: Owner, body: Any, id: str) -> Answer:
            current = await self.locked(session, id, owner)
            await self.change(session, current, sent(body))
            return one(await self.reader.text(session, current.id, include=self.reader.includes(call)))

        options = self._options("/{id}", body=self.update_body, summary=f"Update a {self.name}")
        routes.add("PUT", f"{self.path}/{{id}}", update, self._scope("update"), **options)

    def _declare_delete(self, routes: Routes) -> None:
        async def remove(session: Any, owner: Owner, id: str) -> Answer:
            await self.remove(session, await self.locked(session, id, owner))
            return NO_CONTENT

        options = self._options("/{id}", envelope="none", summary=f"Delete a {self.name}")
        routes.add("DELETE", f"{self.path}/{{id}}", remove, self._scope("delete"), **options)
