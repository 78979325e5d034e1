"""Custom fields over HTTP: below each owner, for the tenant, and for any owner by its type (orgs-platform B6, B7)."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import Field
from sqlalchemy import Boolean, Text, bindparam, case, cast, func, literal_column
from sqlalchemy.dialects.postgresql import JSONB

from omneo_api.foundation import fields
from omneo_api.foundation.calls import NO_CONTENT, Answer, Call, Owner, bare, created, one
from omneo_api.foundation.errors import MissingScope, NotFound
from omneo_api.foundation.models import lit
from omneo_api.foundation.operations import Operation, Routes
from omneo_api.foundation.query import Filter, Listing
from omneo_api.foundation.reading import Reader
from omneo_api.foundation.render import Read, Sql
from omneo_api.platform.custom_fields import service
from omneo_api.platform.custom_fields.models import OF_LOCATION_ADDRESS, CustomField, CustomFieldVersion
from omneo_api.platform.custom_fields.owners import BY_NAME, OWNERS, FieldOwner
from omneo_api.platform.custom_fields.service import CustomFieldChange, CustomFieldItem
from omneo_api.profiles.scope import of_profile

TENANT = "tenant"
IS_CURRENT = literal_column("true", Boolean())
KEY = "/{namespace}:{handle}"
EXAMPLE = {"namespace": "acme", "handle": "last-synced", "type": "string", "value": "2026-05-01 00:00:00"}


def _short_owner(row: Any) -> Any:
    """The owner as `{"id"}`: ids are numbers, those of profiles words."""
    identifier = case(
        (row.owner_type == lit("profile"), func.to_jsonb(row.owner_id)),
        else_=cast(row.owner_id, JSONB),
    )
    shown = func.jsonb_build_object(lit("id"), identifier, type_=JSONB)
    return case((row.owner_type == lit(TENANT), literal_column("NULL::jsonb", JSONB())), else_=shown)


def _shown_type(row: Any) -> Any:
    of_location = row.owner_type == lit(OF_LOCATION_ADDRESS)
    return case((of_location, cast(lit("address"), Text)), else_=row.owner_type)


class CustomFieldRead(Read):
    name: str | None
    handle: str
    namespace: str
    value: Any
    type: str
    version: int
    is_index: bool
    custom_fieldable_type: Annotated[str, Sql(_shown_type)]
    custom_fieldable: Annotated[dict[str, Any] | None, Sql(lambda _: literal_column("NULL::jsonb", JSONB()))]
    created_at: datetime
    updated_at: datetime


class OwnedCustomFieldRead(CustomFieldRead):
    custom_fieldable: Annotated[dict[str, Any] | None, Sql(_short_owner)]


class FieldKey(fields.Body):
    namespace: fields.Key
    handle: fields.Key


class BatchDeleteBody(fields.Body):
    custom_fields: Annotated[list[FieldKey], Field(min_length=1, max_length=1000)]


def _value_text(row: Any) -> Any:
    return cast(row.value.op("#>>")(lit("{}")), Text)


OPTIONS: dict[str, Any] = {
    "filters": ("namespace", "handle", "name", "type", "version", "is_index"),
    "extra": {"value": Filter(expression=_value_text)},
    "search": ("namespace", "handle", "name"),
}
listing = Listing(CustomFieldRead, CustomField, **OPTIONS)
owned_listing = Listing(OwnedCustomFieldRead, CustomField, **OPTIONS)
found_listing = Listing(
    OwnedCustomFieldRead,
    CustomField,
    **{**OPTIONS, "extra": {**OPTIONS["extra"], "current": Filter(expression=lambda _: IS_CURRENT)}},
)
reader = Reader(listing, owned_by="owner_id")
owned_reader = Reader(owned_listing, owned_by="owner_id")
found_reader = Reader(found_listing)
versions_reader = Reader(Listing(OwnedCustomFieldRead, CustomFieldVersion, order=("-id",), **OPTIONS))


def _of_type(row: Any) -> Any:
    return row.owner_type == bindparam("owner_type", type_=Text)


def _of_key(row: Any) -> Any:
    return (row.namespace == bindparam("key_namespace", type_=Text)) & (
        row.handle == bindparam("key_handle", type_=Text)
    )


async def _list(session: Any, call: Call, owner_type: str, identifier: Any, *, paged: bool = False) -> Answer:
    chosen = owned_reader if paged else reader
    paging: Any = "pages" if paged else "all"
    owner = Owner(str(identifier))
    return await chosen.browse(session, call, owner, paging, scope=(_of_type,), owner_type=owner_type)


async def _text(session: Any, identifier: int, *, owned: bool = False) -> str:
    return await (owned_reader if owned else reader).text(session, identifier)


async def _show(session: Any, owner_type: str, identifier: Any, namespace: str, handle: str) -> Answer:
    found = await service.find(session, owner_type, identifier, (namespace, handle))
    return one(await _text(session, found))


def family(kind: FieldOwner) -> Routes:
    """The family below one owner."""
    routes = Routes("Custom fields")

    async def browse(session: Any, call: Call, owner: Owner) -> Answer:
        """List the custom fields of a resource"""
        await kind.require(session, owner.id)
        return await _list(session, call, kind.name, owner.id)

    async def create(session: Any, body: CustomFieldItem, owner: Owner) -> Answer:
        """Add a custom field"""
        held = await kind.hold(session, owner.id)
        made = await service.create(session, kind.name, owner.id, body, kind.profile(owner.id))
        await kind.touched(session, owner.id, held)
        return created(await _text(session, made))

    async def show(session: Any, owner: Owner, namespace: str, handle: str) -> Answer:
        """Read a custom field"""
        await kind.require(session, owner.id)
        return await _show(session, kind.name, owner.id, namespace, handle)

    async def update(session: Any, body: CustomFieldChange, owner: Owner, namespace: str, handle: str) -> Answer:
        """Change a custom field"""
        held = await kind.hold(session, owner.id)
        key = (namespace, handle)
        found, changed = await service.change(session, kind.name, owner.id, key, body, kind.profile(owner.id))
        if changed:
            await kind.touched(session, owner.id, held)
        return one(await _text(session, found))

    async def delete(session: Any, owner: Owner, namespace: str, handle: str) -> Answer:
        """Delete a custom field"""
        held = await kind.hold(session, owner.id)
        await service.remove(session, kind.name, owner.id, (namespace, handle), kind.profile(owner.id))
        await kind.touched(session, owner.id, held)
        return NO_CONTENT

    shape: dict[str, Any] = {"answers": CustomFieldRead}
    routes.add("GET", "/custom-fields", browse, kind.read, listing=listing, envelope="list", **shape)
    routes.add("POST", "/custom-fields", create, kind.write, permission="update", example=EXAMPLE, **shape)
    routes.add("GET", f"/custom-fields{KEY}", show, kind.read, **shape)
    routes.add("PUT", f"/custom-fields{KEY}", update, kind.write, example={"value": "2026-05-02"}, **shape)
    routes.add("DELETE", f"/custom-fields{KEY}", delete, kind.write, permission="update", envelope="none")
    return routes


def _versions(kind: FieldOwner) -> Routes:
    routes = Routes("Custom fields")

    async def versions(session: Any, call: Call, namespace: str, handle: str) -> Answer:
        """List every value that a custom field had, newest first"""
        return await versions_reader.browse(
            session,
            call,
            paging="all",
            scope=(_of_type, _of_key),
            owner_type=kind.name,
            key_namespace=namespace,
            key_handle=handle,
        )

    path = f"/{kind.plural}/custom-fields{KEY}/versions"
    routes.add("GET", path, versions, kind.read, answers=OwnedCustomFieldRead, envelope="list")
    return routes


def _owner_of(kind: FieldOwner) -> Any:
    async def of(session: Any, call: Call) -> Owner:
        del session
        return Owner(kind.parse(call.path["id"]))

    return of


# The tenant -----------------------------------------------------------------------------------------------------------

tenants = Routes("Custom fields")


@tenants.get("/tenants/custom-fields", "read-tenants", answers=CustomFieldRead, envelope="list", listing=listing)
async def browse_tenant(session: Any, call: Call) -> Answer:
    """List the tenant's custom fields"""
    return await _list(session, call, TENANT, "")


@tenants.post("/tenants/custom-fields", "create-tenants", answers=CustomFieldRead, example=EXAMPLE)
async def create_tenant(session: Any, body: CustomFieldItem) -> Answer:
    """Add a custom field of the tenant"""
    return created(await _text(session, await service.create(session, TENANT, "", body)))


@tenants.get(f"/tenants/custom-fields{KEY}", "read-tenants", answers=CustomFieldRead)
async def show_tenant(session: Any, namespace: str, handle: str) -> Answer:
    """Read a custom field of the tenant"""
    return await _show(session, TENANT, "", namespace, handle)


@tenants.put(f"/tenants/custom-fields{KEY}", "update-tenants", answers=CustomFieldRead)
async def update_tenant(session: Any, body: CustomFieldChange, namespace: str, handle: str) -> Answer:
    """Change a custom field of the tenant"""
    found, _ = await service.change(session, TENANT, "", (namespace, handle), body, None)
    return one(await _text(session, found))


@tenants.delete(f"/tenants/custom-fields{KEY}", "delete-tenants", envelope="none")
async def delete_tenant(session: Any, namespace: str, handle: str) -> Answer:
    """Delete a custom field of the tenant"""
    await service.remove(session, TENANT, "", (namespace, handle))
    return NO_CONTENT


# Any owner by its type ------------------------------------------------------------------------------------------------

anywhere = Routes("Custom fields")


def _named(call: Call, model: str, identifier: str, *, writes: bool) -> tuple[FieldOwner, Any]:
    """Raises: NotFound for an unknown type, MissingScope without the owner's own scope."""
    kind = BY_NAME.get(model)
    if kind is None:
        raise NotFound
    if not call.who.may(kind.write if writes else kind.read):
        raise MissingScope
    return kind, kind.parse(identifier)


@anywhere.get(
    "/custom-fields/search", "read-tenants", answers=OwnedCustomFieldRead, envelope="page", listing=found_listing
)
async def search(session: Any, call: Call) -> Answer:
    """List the custom fields of everything"""
    return await found_reader.browse(session, call)


@anywhere.get("/custom-fields/{model}/{id}", None, answers=OwnedCustomFieldRead, envelope="page", listing=owned_listing)
async def browse_any(session: Any, call: Call, model: str, id: str) -> Answer:
    """List the custom fields of any resource"""
    kind, identifier = _named(call, model, id, writes=False)
    await kind.require(session, identifier)
    return await _list(session, call, kind.name, identifier, paged=True)


@anywhere.post("/custom-fields/{model}/{id}", None, answers=OwnedCustomFieldRead, example=EXAMPLE)
async def create_any(session: Any, call: Call, body: CustomFieldItem, model: str, id: str) -> Answer:
    """Add a custom field to any resource"""
    kind, identifier = _named(call, model, id, writes=True)
    held = await kind.hold(session, identifier)
    made = await service.create(session, kind.name, identifier, body, kind.profile(identifier))
    await kind.touched(session, identifier, held)
    return created(await _text(session, made, owned=True))


@anywhere.delete("/custom-fields/{model}/{id}/batchJsonDelete", None, envelope="bare", success=200)
async def delete_many(session: Any, call: Call, body: BatchDeleteBody, model: str, id: str) -> Answer:
    """Delete several custom fields of any resource

    Keys that are not there do not count.
    """
    kind, identifier = _named(call, model, id, writes=True)
    held = await kind.hold(session, identifier)
    deleted = 0
    for key in dict.fromkeys((entry.namespace, entry.handle) for entry in body.custom_fields):
        try:
            await service.remove(session, kind.name, identifier, key, kind.profile(identifier))
        except NotFound:
            continue
        deleted += 1
    if deleted:
        await kind.touched(session, identifier, held)
    return bare({"deleted": deleted})


@anywhere.delete(f"/custom-fields/{{model}}/{{id}}{KEY}", None, envelope="none")
async def delete_any(session: Any, call: Call, model: str, id: str, namespace: str, handle: str) -> Answer:
    """Delete a custom field of any resource"""
    kind, identifier = _named(call, model, id, writes=True)
    held = await kind.hold(session, identifier)
    await service.remove(session, kind.name, identifier, (namespace, handle), kind.profile(identifier))
    await kind.touched(session, identifier, held)
    return NO_CONTENT


def operations() -> list[Operation]:
    """Every operation of this room below `/v3`."""
    mounted = [*tenants.mounted(), *anywhere.mounted()]
    for kind in OWNERS:
        if kind.name == "profile":
            mounted += family(kind).mounted("/profiles/{profile}", of_profile)
        else:
            mounted += family(kind).mounted(f"/{kind.plural}/{{id}}", _owner_of(kind))
        if kind.versioned:
            mounted += _versions(kind).mounted()
    return mounted
