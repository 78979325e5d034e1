"""Lists, their items, custom fields and share codes over HTTP (lists A2, A3, A5)."""

from dataclasses import replace
from typing import Any

from omneo_api.foundation.calls import NO_CONTENT, Answer, Call, Owner, created, one
from omneo_api.foundation.operations import Operation, Routes
from omneo_api.foundation.query import Filter, Listing
from omneo_api.foundation.reading import Reader
from omneo_api.lists import items, service, shares
from omneo_api.lists.models import ProductList, ProductListItem
from omneo_api.lists.schemas import (
    CustomItemBody,
    ItemBody,
    ProductListBody,
    ProductListItemRead,
    ProductListRead,
    ProductListUpdate,
    ShareRead,
)
from omneo_api.platform.custom_fields.owners import PRODUCT_LIST
from omneo_api.platform.custom_fields.routes import family
from omneo_api.profiles.scope import of_profile

READ, CREATE, UPDATE, DELETE = (f"{verb}-product-lists" for verb in ("read", "create", "update", "delete"))
BELOW = "/profiles/{profile}"
EXAMPLE = {"name": "Wedding 2027", "list_definition_id": 3, "items": [{"product_variant_sku": "SC-GRN"}]}

listing = Listing(
    ProductListRead,
    ProductList,
    filters=("id", "profile_id", "name", "handle", "sort_order", "description", "custom_date"),
    extra={name: Filter(path=(name,)) for name in ("meta", "location_id", "staff_id", "list_definition_id")}
    | {
        "definition.handle": Filter(path=("definition", "handle")),
        "definition.type": Filter(path=("definition", "type")),
    },
    search=("name", "handle", "description"),
    order=("sort_order",),
    custom_field="custom_fields",
)
reader = Reader(listing, by_handle=True)
item_listing = Listing(
    ProductListItemRead,
    ProductListItem,
    extra={
        name: Filter(path=(name,))
        for name in (
            "product_variant_id",
            "product_id",
            "product_category_id",
            "custom_product_id",
            "location_id",
            "meta",
        )
    },
    order=("position",),
)
item_reader = Reader(item_listing, owned_by="product_list_id")

own = Routes("Lists")
everybody = Routes("Lists")


def _customer(call: Call) -> bool:
    return call.who.kind == "id"


# Lists ----------------------------------------------------------------------------------------------------------------


@own.get("/lists", READ, answers=ProductListRead, envelope="list", listing=listing)
async def browse(session: Any, call: Call, owner: Owner) -> Answer:
    """List the lists of a profile"""
    return await reader.browse(session, call, owner, "all")


@own.post("/lists", CREATE, answers=ProductListRead, example=EXAMPLE)
async def create(session: Any, call: Call, owner: Owner, body: ProductListBody) -> Answer:
    """Make a list, with its items"""
    identifier = await service.create(session, owner.id, body, customer=_customer(call))
    return created(await reader.text(session, identifier))


@own.get("/lists/{list}", READ, answers=ProductListRead)
async def show(session: Any, call: Call, owner: Owner, list: str) -> Answer:
    """Read a list by its id or handle"""
    return await reader.show(session, call, list, owner)


@own.put("/lists/{list}", UPDATE, answers=ProductListRead, example={"name": "Wedding", "items": []})
async def update(session: Any, call: Call, owner: Owner, body: ProductListUpdate, list: str) -> Answer:
    """Change a list

    Sent items are the new set, unless `update_items_only` is true. All of it is applied, or nothing.
    """
    held = await service.hold(session, list, owner.id, customer=_customer(call))
    await service.change(session, held, body)
    return one(await reader.text(session, held.id))


@own.delete("/lists/{list}", DELETE, envelope="none")
async def delete(session: Any, call: Call, owner: Owner, list: str) -> Answer:
    """Delete a list"""
    held = await service.hold(session, list, owner.id, customer=_customer(call), what="delete")
    await service.remove(session, held)
    return NO_CONTENT


@everybody.get(
    "/product-lists/search", READ, answers=ProductListRead, envelope="page", listing=listing, aliases=("/lists",)
)
async def search(session: Any, call: Call) -> Answer:
    """Search the lists of everybody"""
    return await reader.browse(session, call)


@everybody.get("/lists/{id}", READ, answers=ProductListRead)
async def show_any(session: Any, call: Call, id: int) -> Answer:
    """Read any profile's list"""
    return await reader.show(session, call, id)


# Items ----------------------------------------------------------------------------------------------------------------


@own.get("/lists/{list}/items", READ, answers=ProductListItemRead, envelope="page", listing=item_listing)
async def browse_items(session: Any, call: Call, owner: Owner, list: str) -> Answer:
    """List the items of a list"""
    found = await service.find(session, list, owner.id)
    return await item_reader.browse(session, call, Owner(found.id))


@own.post("/lists/{list}/items", CREATE, answers=ProductListItemRead, example={"product_variant_id": 12, "quantity": 1})
async def create_item(session: Any, call: Call, owner: Owner, body: ItemBody, list: str) -> Answer:
    """Put a product on a list"""
    held = await service.hold(session, list, owner.id, customer=_customer(call))
    return created(await item_reader.text(session, await items.add(session, held, body)))


@own.post("/lists/{list}/custom", CREATE, answers=ProductListItemRead, example={"name": "Vintage lamp", "price": 120.5})
async def create_custom(session: Any, call: Call, owner: Owner, body: CustomItemBody, list: str) -> Answer:
    """Put an article in your own words on a list"""
    held = await service.hold(session, list, owner.id, customer=_customer(call))
    return created(await item_reader.text(session, await items.add_custom(session, held, body)))


@own.get("/lists/{list}/items/{item}", READ, answers=ProductListItemRead)
async def show_item(session: Any, call: Call, owner: Owner, list: str, item: int) -> Answer:
    """Read an item of a list"""
    found = await service.find(session, list, owner.id)
    return await item_reader.show(session, call, item, Owner(found.id))


@own.put("/lists/{list}/items/{item}", UPDATE, answers=ProductListItemRead, example={"quantity": 2})
async def update_item(session: Any, call: Call, owner: Owner, body: ItemBody, list: str, item: int) -> Answer:
    """Change an item of a list"""
    held = await service.hold(session, list, owner.id, customer=_customer(call))
    await items.change(session, held, await items.locked(session, held, item), body)
    return one(await item_reader.text(session, item, include=item_reader.includes(call)))


@own.delete("/lists/{list}/items/{item}", DELETE, answers=ProductListItemRead, envelope="list", success=200)
async def delete_item(session: Any, call: Call, owner: Owner, list: str, item: int) -> Answer:
    """Take an item off a list; the answer is what remains"""
    held = await service.hold(session, list, owner.id, customer=_customer(call))
    await items.remove(session, held, [await items.locked(session, held, item)])
    return await item_reader.browse(session, replace(call, query_string="", _query=None), Owner(held.id), "all")


# Shares ---------------------------------------------------------------------------------------------------------------


@own.get("/lists/{list}/shares", READ, answers=ShareRead, envelope="list")
async def browse_shares(session: Any, call: Call, owner: Owner, list: str) -> Answer:
    """List the share codes of a list"""
    found = await service.find(session, list, owner.id)
    return await shares.reader.browse(session, call, Owner(found.id), "all")


@own.post("/lists/{list}/shares", CREATE, answers=ShareRead)
async def create_share(session: Any, owner: Owner, list: str) -> Answer:
    """Make a further share code for a list"""
    held = await service.hold(session, list, owner.id)
    return created(await shares.reader.text(session, await shares.share(session, held)))


@own.get("/lists/{list}/shares/{share}", READ, answers=ShareRead)
async def show_share(session: Any, owner: Owner, list: str, share: str) -> Answer:
    """Read a share by its id or code"""
    found = await service.find(session, list, owner.id)
    return one(await shares.reader.text(session, await shares.find(session, found.id, share)))


@own.put("/lists/{list}/shares/{share}", UPDATE, answers=ShareRead)
async def update_share(session: Any, owner: Owner, list: str, share: str) -> Answer:
    """Answer a share as it is: nothing of it can be set"""
    found = await service.find(session, list, owner.id)
    return one(await shares.reader.text(session, await shares.find(session, found.id, share)))


@own.delete("/lists/{list}/shares/{share}", DELETE, envelope="none")
async def delete_share(session: Any, owner: Owner, list: str, share: str) -> Answer:
    """Take a share code back"""
    held = await service.hold(session, list, owner.id)
    await shares.unshare(session, held, await shares.find(session, held.id, share))
    return NO_CONTENT


@everybody.get("/lists/shares/{code}", READ, answers=shares.SharedRead)
async def show_shared(session: Any, call: Call, code: str) -> Answer:
    """Read a shared list by its code; its owner only with the right to read profiles"""
    whole = call.who.may("read-profiles")
    return one(await shares.by_code(session, code, shares.SharedRead if whole else shares.ReducedShareRead))


@everybody.get("/lists/shares/{code}/no_profile", READ, answers=shares.NoProfileShareRead)
async def show_shared_without_profile(session: Any, code: str) -> Answer:
    """Read a shared list by its code, without its owner"""
    return one(await shares.by_code(session, code, shares.NoProfileShareRead))


# Custom fields --------------------------------------------------------------------------------------------------------


def _of_a_list(operation: Operation) -> Operation:
    """An operation on a resource's custom fields, for the list that the path names below a profile."""
    work, takes = operation.handler, dict(operation.takes)

    async def run(session: Any, call: Call, owner: Owner, list: str, **values: Any) -> Answer:
        found = await service.find(session, list, owner.id)
        if _customer(call) and operation.method != "GET":
            await service.hold(session, list, owner.id, customer=True)
        values |= {"session": session, "owner": Owner(found.id)}
        if "call" in takes:
            values["call"] = call
        return await work(**values)

    return replace(
        operation,
        path=f"/lists/{{list}}{operation.path}",
        handler=run,
        takes=tuple({**takes, "call": Call, "list": str}.items()),
    )


custom_fields = Routes("Custom fields")
custom_fields.operations = [_of_a_list(operation) for operation in family(PRODUCT_LIST).operations]


def operations() -> list[Operation]:
    return [
        *everybody.mounted(),
        *own.mounted(BELOW, owner=of_profile),
        *custom_fields.mounted(BELOW, owner=of_profile),
    ]
