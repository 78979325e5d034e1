"""Regions: market groupings of countries (commerce 11.4). A country belongs to at most one."""

from datetime import datetime
from typing import Any

from sqlalchemy import ARRAY, Boolean, Text, any_, bindparam, select, update
from sqlalchemy.orm import Mapped, mapped_column

from omneo_api.configuration.countries import Country, CountryInRegion
from omneo_api.configuration.detaching import tell
from omneo_api.foundation import fields
from omneo_api.foundation.errors import Invalid, selected_is_invalid
from omneo_api.foundation.models import NOW, HasHandle, Resource, unique
from omneo_api.foundation.relationships import several
from omneo_api.foundation.render import Read
from omneo_api.foundation.resources import PlainResource
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
    .where(Country.region_id == bindparam("region"), Country.iso_2 != any_(_codes))
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


class Regions(PlainResource):
    async def related(self, session: Any, identifier: int, values: dict[str, Any], current: Any | None) -> bool:
        """Sent countries replace the region's countries; a default region is the only one."""
        if values.get("is_default"):
            for row in await session.rows(_ONE_DEFAULT, region=identifier):
                self._emit(session, "updated", row.id)
        if "countries" not in values:
            return False
        codes = [country.iso_2 for country in values["countries"] or []]
        known = {row.iso_2 for row in await session.rows(_KNOWN, codes=codes)}
        paths = [f"countries.{place}.iso_2" for place, code in enumerate(codes) if code not in known]
        if paths:
            raise Invalid({path: [selected_is_invalid(path)] for path in paths})
        before = {row.iso_2 for row in await session.rows(_MEMBERS, region=identifier)}
        if before == set(codes):
            return False
        await session.execute(_LEAVE, region=identifier, codes=codes)
        await session.execute(_JOIN, region=identifier, codes=codes)
        return True

    async def before_delete(self, session: Any, current: Any) -> None:
        await tell(session, "regions", current.id)


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
