"""Addresses over HTTP, below one profile (profiles 5)."""

from typing import Any

from omneo_api.foundation.calls import NO_CONTENT, Answer, Call, Owner, created, one
from omneo_api.foundation.errors import Errors, Invalid, NotFound
from omneo_api.foundation.fields import partial, sent
from omneo_api.foundation.operations import Routes
from omneo_api.foundation.query import Listing
from omneo_api.foundation.reading import Reader
from omneo_api.profiles.addresses import service
from omneo_api.profiles.addresses.models import Address
from omneo_api.profiles.addresses.schemas import AddressRead
from omneo_api.profiles.profile.bodies import AddressBody
from omneo_api.profiles.profile.events import touched
from omneo_api.profiles.scope import lock_profile

AddressUpdate = partial(AddressBody)
EXAMPLE = {"address_line_1": "12 Reef St", "city": "Melbourne", "postcode": "3000", "country": "AU"}
listing = Listing(AddressRead, Address)
reader = Reader(listing)

routes = Routes("Addresses")


def _check(body: Any) -> None:
    errors: Errors = {}
    service.check([body], "", errors)
    if errors:
        raise Invalid({path.removeprefix(".0."): texts for path, texts in errors.items()})


@routes.get("/addresses", "read-profiles", envelope="list", answers=AddressRead, listing=listing)
async def browse(session: Any, call: Call, owner: Owner) -> Answer:
    """List the addresses of a profile"""
    return await reader.browse(session, call, owner, "asked")


@routes.post("/addresses", "update-profiles", answers=AddressRead, example=EXAMPLE)
async def create(session: Any, owner: Owner, body: AddressBody) -> Answer:
    """Add an address to a profile"""
    await lock_profile(session, owner.id)
    _check(body)
    identifier = await service.add(session, owner.id, sent(body))
    await touched(session, owner.id, announced=False)
    return created(await reader.text(session, identifier))


@routes.post("/addresses/upsert", "update-profiles", answers=AddressRead, success=(200, 201), example=EXAMPLE)
async def upsert(session: Any, owner: Owner, body: AddressBody) -> Answer:
    """Add an address, or replace the one with the same external id"""
    if body.external_id is None:
        raise Invalid.field("external_id", "The external id field is required.")
    return await _upsert(session, owner, body.external_id, body)


@routes.put(
    "/addresses/external/{external_id}", "update-profiles", answers=AddressRead, success=(200, 201), example=EXAMPLE
)
async def put_external(session: Any, owner: Owner, external_id: str, body: AddressBody) -> Answer:
    """Add the address with that external id, or replace it"""
    return await _upsert(session, owner, external_id, body)


async def _upsert(session: Any, owner: Owner, external_id: str, body: Any) -> Answer:
    await lock_profile(session, owner.id)
    _check(body)
    values = {**sent(body), "external_id": external_id}
    rows = await service.rows_of(session, owner.id)
    row = next((row for row in rows if row.external_id == external_id), None)
    if row is None:
        identifier = await service.add(session, owner.id, values)
        await touched(session, owner.id, announced=False)
        return created(await reader.text(session, identifier))
    if await service.change(session, row, values):
        await touched(session, owner.id, announced=False)
    return one(await reader.text(session, row.id))


@routes.get("/addresses/{id}", "read-profiles", answers=AddressRead)
async def show(session: Any, call: Call, owner: Owner, id: int) -> Answer:
    """Read an address"""
    return await reader.show(session, call, id, owner)


async def _locked(session: Any, owner: Owner, identifier: int) -> Any:
    await lock_profile(session, owner.id)
    row = next((row for row in await service.rows_of(session, owner.id) if row.id == identifier), None)
    if row is None:
        raise NotFound
    return row


@routes.put("/addresses/{id}", "update-profiles", answers=AddressRead, body=AddressUpdate, example={"is_default": True})
async def update(session: Any, owner: Owner, id: int, body: Any) -> Answer:
    """Change an address"""
    row = await _locked(session, owner, id)
    _check(body)
    if await service.change(session, row, sent(body)):
        await touched(session, owner.id, announced=False)
    return one(await reader.text(session, id))


@routes.delete("/addresses/{id}", "update-profiles", envelope="none")
async def delete(session: Any, owner: Owner, id: int) -> Answer:
    """Delete an address"""
    await service.remove(session, await _locked(session, owner, id))
    await touched(session, owner.id, announced=False)
    return NO_CONTENT
