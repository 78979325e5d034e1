"""Regions: market groupings of countries (commerce 11.4). A country belongs to at most one."""

from datetime import datetime
from typing import Any

from sqlalchemy import ARRAY, Boolean, Text, any_, bindparam, not_, select, update
from sqlalchemy.orm import Mapped, mapped_column

from omneo_api.configuration.countries import Country, CountryInRegion
from omneo_api.configuration.detaching import tell
from omneo_api.foundation import fields
from omneo_api.foundation.calls import EVERYONE, Owner
from omneo_api.foundation.errors import Invalid, selected_is_invalid
from omneo_api.foundation.models import NOW, HasHandle, Resource, unique
from omneo_api.foundation.outbox import PendingJob
from omneo_api.foundation.relationships import several
from omneo_api.foundation.render import Read
from omneo_api.foundation.resources import PlainResource, Touched
from omneo_api.foundation.statements import Statement


class Region(Resource, HasHandle):
    __tablename__ = "regions"
    __table_args__ = (unique("handle_key"),)

    name: Mapped[str]
    is_default: Mapped[bool | None] = mapped_column(Boolean)
    currency: Mapped[str | None]

    countries = several("Country")


class RegionRead(Read):
    id: int
    name: str
    handle: str
    is_default: bool | None
    currency: str | None
    countries: list[CountryInRegion]
    created_at: datetime
    updated_at: datetime


class CountryKey(fields.Body):
    iso_2: fields.Text
    iso_3: fields.Text | None = None
    iso_numeric: fields.Text | None = None


class RegionBody(fields.Body):
    name: fields.Text
    handle: fields.Handle
    is_default: fields.Bool | None = None
    currency: fields.Text | None = None
    countries: list[CountryKey] | None = None


_codes = bindparam("codes", type_=ARRAY(Text))
_KNOWN = Statement(select(Country.iso_2).where(Country.iso_2 == any_(_codes)))
_LEAVE = Statement(
    update(Country)
    .where(Country.region_id == bindparam("region"), not_(Country.iso_2 == any_(_codes)))
    .values(region_id=None)
)
_JOIN = Statement(update(Country).where(Country.iso_2 == any_(_codes)).values(region_id=bindparam("region")))
_MEMBERS = Statement(select(Country.iso_2).where(Country.region_id == bindparam("region")))
_ONE_DEFAULT = Statement(
    update(Region)
    .where(Region.is_default.is_(True), Region.id != bindparam("region"))
    .values(is_default=False, updated_at=NOW)
    .returning(Region.id)
)
_ONE_AT_A_TIME = Statement("SELECT pg_advisory_xact_lock(hashtextextended('regions', omneo_tenant()))")


class Regions(PlainResource):
    """Regions take countries and the default from each other, so that they are written one after the other."""

    async def insert(self, session: Any, values: dict[str, Any]) -> int:
        await session.value(_ONE_AT_A_TIME)
        return await super().insert(session, values)

    async def locked(self, session: Any, key: Any, owner: Owner = EVERYONE) -> Any:
        await session.value(_ONE_AT_A_TIME)
        return await super().locked(session, key, owner)

    async def before_delete(self, session: Any, current: Any) -> None:
        await tell(session, "regions", current.id)
        self._moved(session, await self._members(session, current.id))

    async def related(self, session: Any, identifier: int, values: dict[str, Any], current: Any | None) -> Touched:
        """Sent countries replace the region's countries; a default region is the only one."""
        if values.get("is_default"):
            for (former,) in await session.rows(_ONE_DEFAULT, region=identifier):
                session.outbox.audit("updated", self.name, former, {"is_default": True}, {"is_default": False})
                self._emit(session, "updated", former)
        if "countries" not in values:
            return False
        codes = [country.iso_2 for country in values["countries"] or []]
        known = {row.iso_2 for row in await session.rows(_KNOWN, codes=codes)}
        paths = [f"countries.{place}.iso_2" for place, code in enumerate(codes) if code not in known]
        if paths:
            raise Invalid({path: [selected_is_invalid(path)] for path in paths})
        before = await self._members(session, identifier)
        if before == set(codes):
            return False
        await session.execute(_LEAVE, region=identifier, codes=codes)
        await session.execute(_JOIN, region=identifier, codes=codes)
        self._moved(session, before ^ set(codes))
        return {"countries": (sorted(before), sorted(set(codes)))}

    async def _members(self, session: Any, identifier: int) -> set[str]:
        return {row.iso_2 for row in await session.rows(_MEMBERS, region=identifier)}

    def _moved(self, session: Any, codes: set[str]) -> None:
        """The region that is a customer's most likely one is told from the countries of the locations they buy at."""
        if codes:
            arguments = {"tenant": session.tenant.handle, "codes": sorted(codes)}
            session.outbox.defer(PendingJob("profiles.aggregations.countries", arguments))


regions = Regions(
    Region,
    RegionRead,
    RegionBody,
    name="Region",
    scope="region",
    path="/regions",
    fixed=("handle",),
    event="region",
    listing={"filters": ("handle", "name", "is_default", "currency"), "search": ("name", "handle")},
    example={"name": "ANZ", "handle": "anz", "currency": "AUD", "countries": [{"iso_2": "AU"}, {"iso_2": "NZ"}]},
)
