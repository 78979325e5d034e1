"""The rules of locations (commerce 1.4, 9)."""

from typing import Any

from sqlalchemy import Float, bindparam, exists, select

from omneo_api.commerce.locations.bodies import (
    LocationAddressBody,
    LocationBody,
    LocationUpdateBody,
    NormalHoursBody,
    SpecialHoursBody,
)
from omneo_api.commerce.locations.models import Location, LocationAddress, LocationNormalHours, LocationSpecialHours
from omneo_api.commerce.locations.schemas import LocationAddressContext, LocationRead, NearLocationRead, distance
from omneo_api.configuration.tags import register_tags
from omneo_api.foundation import fields
from omneo_api.foundation.calls import Call
from omneo_api.foundation.errors import Errors, Invalid, selected_is_invalid
from omneo_api.foundation.fields import sent, validate
from omneo_api.foundation.outbox import Context, PendingJob
from omneo_api.foundation.query import Filter, Listing
from omneo_api.foundation.reading import Reader
from omneo_api.foundation.render import one_json, rows_json
from omneo_api.foundation.resources import PlainResource, Touched
from omneo_api.foundation.statements import Statement
from omneo_api.platform.custom_fields import service as custom_fields
from omneo_api.platform.custom_fields.models import OF_LOCATION_ADDRESS

LARGEST_ID = 2**63 - 1
WITH_DEPARTMENTS = frozenset({"departments"})
REQUIRED_OF_ADDRESS = tuple(name for name, info in LocationAddressBody.model_fields.items() if info.is_required())
HOURS: dict[str, Any] = {"normal_hours": LocationNormalHours, "special_hours": LocationSpecialHours}
SHOWN_HOURS: dict[Any, tuple[str, ...]] = {
    LocationNormalHours: tuple(NormalHoursBody.model_fields),
    LocationSpecialHours: tuple(SpecialHoursBody.model_fields),
}
FILTERS = [
    "id",
    "type",
    "name",
    "handle",
    "description",
    "phone",
    "email",
    "timezone",
    "external_id",
    "external_code",
    "is_published",
    "is_permanently_closed",
    "icon",
    "image_url",
    "country_iso_3",
]
LISTING: dict[str, Any] = {
    "filters": FILTERS,
    "extra": {
        "tags.handle": Filter(path=("tags", "handle")),
        **{f"address.{name}": Filter(path=("address", name)) for name in ("city", "postcode", "state", "country")},
    },
    "search": ("name", "handle", "external_id", "external_code"),
    "custom_field": "custom_fields",
}
_ADDRESS_COLUMNS = tuple(column.key for column in LocationAddress.__table__.c if column.key != "tenant_id")

CONTEXT = Statement(
    lambda: one_json(rows_json(LocationRead, Location, WITH_DEPARTMENTS).where(Location.id == bindparam("id")))
)
_ADDRESS_CONTEXT = Statement(
    lambda: one_json(rows_json(LocationAddressContext, LocationAddress).where(LocationAddress.id == bindparam("id")))
)
_ADDRESS = Statement("SELECT * FROM location_addresses WHERE location_id = :location::bigint")
_SEEN = Statement("SELECT id FROM transactions WHERE location_id = :location::bigint LIMIT 1")
_NO_ADDRESS = Statement("DELETE FROM location_addresses WHERE location_id = :location::bigint")
_HOURS = {
    model: Statement(f"SELECT * FROM {model.__tablename__} WHERE location_id = :location::bigint ORDER BY id")
    for model in HOURS.values()
}
_NO_HOURS = {
    model: Statement(f"DELETE FROM {model.__tablename__} WHERE location_id = :location::bigint")
    for model in HOURS.values()
}
_BY_ID = Statement("SELECT id FROM locations WHERE id = :id::bigint AND deleted_at IS NULL")
_BY_EXTERNAL_ID = Statement("SELECT id FROM locations WHERE external_id_key = lower(:key::text) AND deleted_at IS NULL")
_BY_EXTERNAL_CODE = Statement(
    "SELECT id FROM locations WHERE external_code = :key::text AND deleted_at IS NULL ORDER BY id LIMIT 1"
)
_FIND = Statement(
    """
    SELECT id FROM (
        SELECT 1 AS rank, id FROM locations WHERE id = :id::bigint AND deleted_at IS NULL
        UNION ALL
        SELECT 2, id FROM locations WHERE external_id_key = lower(:reference::text) AND deleted_at IS NULL
        UNION ALL
        SELECT 3, id FROM locations WHERE external_code = :reference::text AND deleted_at IS NULL
    ) found
    ORDER BY rank, id LIMIT 1
    """
)
_PLACEHOLDER = Statement(
    """
    INSERT INTO locations (external_id) VALUES (:reference::text)
    ON CONFLICT (tenant_id, external_id_key) WHERE deleted_at IS NULL DO NOTHING
    RETURNING id
    """
)


async def find(session: Any, reference: int | str) -> int | None:
    """Find the live location with that id, else external id, else external code; None when there is none."""
    text = str(reference)
    number = int(text) if text.isascii() and text.isdigit() and len(text) <= 19 else None
    if number is not None and number > LARGEST_ID:
        number = None
    found: int | None = await session.value(_FIND, id=number, reference=text)
    return found


async def resolve(session: Any, reference: int | str) -> int:
    """The id of the location that a record names; an unknown reference becomes a placeholder with that external id.

    Two requests that name the same unknown reference at once share one placeholder: the unique key lets one insert
    it, the other waits for that commit and finds it. The record that made it emits `location.created`.
    """
    found = await find(session, reference)
    if found is not None:
        return found
    made: int | None = await session.value(_PLACEHOLDER, reference=str(reference))
    if made is None:
        return await resolve(session, reference)
    session.outbox.audit("created", "Location", made, None, {"id": made, "external_id": str(reference)})
    session.outbox.emit("location.created", "location", made, Context(CONTEXT, {"id": made}))
    return made


def within_reach(location: Any) -> Any:
    """Live, not closed for good, and within the radius (km); the band of latitudes is what an index can narrow."""
    return (
        location.deleted_at.is_(None)
        & location.is_permanently_closed.is_(False)
        & exists(
            select(LocationAddress.id)
            .where(
                LocationAddress.tenant_id == location.tenant_id,
                LocationAddress.location_id == location.id,
                LocationAddress.latitude >= bindparam("near_south", type_=LocationAddress.latitude.type),
                LocationAddress.latitude <= bindparam("near_north", type_=LocationAddress.latitude.type),
                LocationAddress.longitude.is_not(None),
            )
            .correlate(location)
        )
        & (distance(location) <= bindparam("near_radius", type_=Float))
    )


class LocationKeys(fields.Body):
    """By what a record of a batch names a location."""

    id: fields.Int | None = None
    external_id: fields.Text | None = None
    external_code: fields.Text | None = None


def _placed(row: Any) -> dict[str, Any]:
    return {name: getattr(row, name) for name in _ADDRESS_COLUMNS}


class LocationReader(Reader):
    """Single reads show the departments, lists where asked."""

    def includes(self, call: Call) -> frozenset[str]:
        return super().includes(call) | {"departments"}


class Locations(PlainResource):
    """Locations with their address, hours, tags and custom fields."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.reader = LocationReader(self.listing, by_handle=True)
        self._context = CONTEXT

    async def prepare(self, session: Any, values: dict[str, Any], current: Any | None) -> dict[str, Any]:
        """Registers tags. Raises: Invalid where a name or phone would be lost, or a first address lacks a part."""
        errors: Errors = {}
        if current is not None:
            for name in ("name", "phone"):
                if name in values and values[name] is None and getattr(current, name) is not None:
                    errors[name] = [f"The {name} field is required."]
            if (given := values.get("address")) is not None and await session.row(
                _ADDRESS, location=current.id
            ) is None:
                for name in REQUIRED_OF_ADDRESS:
                    if name not in given.model_fields_set:
                        errors[f"address.{name}"] = [f"The address.{name.replace('_', ' ')} field is required."]
        if errors:
            raise Invalid(errors)
        if "tags" in values:
            values = {**values, "tags": await register_tags(session, values["tags"] or [])}
        return values

    async def related(self, session: Any, identifier: int, values: dict[str, Any], current: Any | None) -> Touched:
        changed = False
        if "address" in values:
            changed |= await self._address(session, identifier, values["address"])
        hours = {}
        for name, model in HOURS.items():
            if name in values and (moved := await self._hours(session, identifier, model, values[name] or [])):
                hours[name] = moved
        if values.get("custom_fields"):
            changed |= await custom_fields.keep(session, "location", identifier, values["custom_fields"])
        return hours or changed

    async def _address(self, session: Any, identifier: int, given: Any) -> bool:
        stored = await session.row(_ADDRESS, location=identifier)
        if given is None:
            if stored is not None:
                self._moved(session, identifier)
                await session.execute(_NO_ADDRESS, location=identifier)
                await custom_fields.drop(session, OF_LOCATION_ADDRESS, stored.id)
                session.outbox.audit("deleted", "Address", stored.id, _placed(stored))
            return stored is not None
        values = sent(given)
        entries = values.pop("custom_fields", None) or []
        if stored is None:
            made = await session.insert(LocationAddress, {"location_id": identifier, **values})
            await custom_fields.keep(session, OF_LOCATION_ADDRESS, made.id, entries, "address.custom_fields")
            session.outbox.audit("created", "Address", made.id, None, {"id": made.id, **values})
            self._tell(session, "address.created", made.id)
            if await session.value(_SEEN, location=identifier) is not None:
                self._moved(session, identifier)
            return True
        changes = {name: value for name, value in values.items() if value != getattr(stored, name)}
        kept = await custom_fields.keep(session, OF_LOCATION_ADDRESS, stored.id, entries, "address.custom_fields")
        if not changes and not kept:
            return False
        await session.update(LocationAddress, {"id": stored.id}, {**changes, "updated_at": session.now})
        old = {name: getattr(stored, name) for name in changes}
        session.outbox.audit("updated", "Address", stored.id, old, changes)
        self._tell(session, "address.updated", stored.id)
        if changes.keys() & {"country", "iso", "iso_state"}:
            self._moved(session, identifier)
        return True

    def _moved(self, session: Any, identifier: int) -> None:
        """Where customers most likely live is told from the locations they buy at."""
        arguments = {"tenant": session.tenant.handle, "location_id": identifier}
        session.outbox.defer(PendingJob("profiles.aggregations.location", arguments))

    def _tell(self, session: Any, event: str, identifier: int) -> None:
        session.outbox.emit(event, "address", identifier, Context(_ADDRESS_CONTEXT, {"id": identifier}))

    async def _hours(
        self, session: Any, identifier: int, model: Any, given: list[Any]
    ) -> tuple[list[dict[str, Any]], list[dict[str, Any]]] | None:
        """Sent hours replace the whole set; the same set again keeps its rows. Answers what was and what is now."""
        rows = [item.model_dump() for item in given]
        names = SHOWN_HOURS[model]
        stored = [
            {name: getattr(row, name) for name in names}
            for row in await session.rows(_HOURS[model], location=identifier)
        ]
        if stored == rows:
            return None
        await session.execute(_NO_HOURS[model], location=identifier)
        for row in rows:
            await session.insert(model, {"location_id": identifier, **row})
        return stored, rows

    async def touched(self, session: Any, identifier: int) -> None:
        """Notes that something a locked location shows has changed."""
        await session.update(Location, {"id": identifier}, {"updated_at": session.now})
        self._emit(session, "updated", identifier)

    async def remove(self, session: Any, current: Any) -> None:
        """Its custom fields go with it, those of its address too."""
        await super().remove(session, current)
        await custom_fields.drop(session, "location", current.id)
        address = await session.row(_ADDRESS, location=current.id)
        if address is not None:
            await custom_fields.drop(session, OF_LOCATION_ADDRESS, address.id)


locations = Locations(
    Location,
    LocationRead,
    LocationBody,
    update=LocationUpdateBody,
    name="Location",
    scope="locations",
    path="/locations",
    fixed=("handle",),
    methods=("create", "show", "update", "delete"),
    event="location",
    listing=LISTING,
    example={"name": "Fitzroy", "phone": "0390000000", "external_id": "S12", "type": "store"},
)
near = Reader(
    Listing(
        NearLocationRead,
        Location,
        order=("distance",),
        live=within_reach,
        **{**LISTING, "extra": {**LISTING["extra"], "distance": Filter(expression=distance)}},
    )
)


async def upsert(session: Any, row: dict[str, Any]) -> tuple[int, str | None]:
    """One record of a batch: updates the location with that id, external id or external code, else creates one.

    Raises: Invalid.
    """
    current = await _named(session, row)
    if current is None:
        body = validate(LocationBody, row)
        identifier = await locations.insert(session, sent(body))
        return identifier, body.external_id
    changes = validate(LocationUpdateBody, row)
    await locations.change(session, current, sent(changes))
    return current.id, changes.external_id or current.external_id


async def _named(session: Any, row: dict[str, Any]) -> Any | None:
    keys = validate(LocationKeys, row)
    if keys.id is not None:
        found = await session.value(_BY_ID, id=keys.id)
        if found is None:
            raise Invalid.field("id", selected_is_invalid("id"))
    else:
        found = None
        if keys.external_id is not None:
            found = await session.value(_BY_EXTERNAL_ID, key=keys.external_id)
        if found is None and keys.external_code is not None:
            found = await session.value(_BY_EXTERNAL_CODE, key=keys.external_code)
    return None if found is None else await locations.locked(session, str(found))
