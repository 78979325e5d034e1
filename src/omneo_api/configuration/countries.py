"""Countries and their states (commerce 11.3). The ISO 3166 list is seeded with each tenant."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, bindparam, delete, select
from sqlalchemy.orm import Mapped, mapped_column

from omneo_api.foundation.fields import Body, Int, Text
from omneo_api.foundation.models import Resource, belongs_to, lookup, unique
from omneo_api.foundation.relationships import several, single
from omneo_api.foundation.render import Read
from omneo_api.foundation.resources import PlainResource, Touched
from omneo_api.foundation.statements import Statement


class Country(Resource):
    __tablename__ = "countries"
    __table_args__ = (
        belongs_to("regions", "region_id", ondelete="SET NULL (region_id)"),
        unique("iso_2", field="iso_2"),
        unique("iso_3", field="iso_3"),
        lookup("ix_countries_region", "region_id"),
    )

    name: Mapped[str]
    iso_2: Mapped[str]
    iso_3: Mapped[str]
    iso_numeric: Mapped[str]
    sort_order: Mapped[int | None]
    currency: Mapped[str | None]
    region_id: Mapped[int | None] = mapped_column(BigInteger)

    states = several("CountryState")
    region = single("Region")


class CountryState(Resource):
    __tablename__ = "country_states"
    __table_args__ = (
        belongs_to("countries", "country_id", ondelete="CASCADE"),
        lookup("ix_country_states_country", "country_id"),
    )

    country_id: Mapped[int]
    name: Mapped[str]
    type: Mapped[str | None]
    iso: Mapped[str | None]
    iso_2_country: Mapped[str | None]
    iso_2_country_state_code: Mapped[str | None]
    sort_order: Mapped[int | None]


class StateRead(Read):
    id: int
    name: str
    type: str | None
    iso: str | None
    iso_2_country: str | None
    iso_2_country_state_code: str | None
    sort_order: int | None
    created_at: datetime
    updated_at: datetime


class CountryRegion(Read):
    id: int
    name: str
    handle: str
    is_default: bool | None


class CountryInRegion(Read):
    """A country as its region shows it."""

    id: int
    name: str
    iso_2: str
    iso_3: str
    iso_numeric: str
    sort_order: int | None
    currency: str | None
    states: list[StateRead]
    created_at: datetime
    updated_at: datetime


class CountryRead(Read):
    id: int
    name: str
    iso_2: str
    iso_3: str
    iso_numeric: str
    sort_order: int | None
    currency: str | None
    states: list[StateRead]
    region: CountryRegion | None
    created_at: datetime
    updated_at: datetime


class StateBody(Body):
    name: Text
    type: Text | None = None
    iso: Text | None = None
    iso_2_country: Text | None = None
    iso_2_country_state_code: Text | None = None
    sort_order: Int | None = None


class CountryBody(Body):
    name: Text
    iso_2: Text
    iso_3: Text
    iso_numeric: Text
    sort_order: Int | None = None
    currency: Text | None = None
    states: list[StateBody] | None = None


_CLEAR_STATES = Statement(delete(CountryState).where(CountryState.country_id == bindparam("country")))
_STATES = Statement(
    select(*(getattr(CountryState, name) for name in StateBody.model_fields))
    .where(CountryState.country_id == bindparam("country"))
    .order_by(CountryState.id)
)


class Countries(PlainResource):
    async def related(self, session: Any, identifier: int, values: dict[str, Any], current: Any | None) -> Touched:
        """Sent states replace the country's states."""
        if "states" not in values:
            return False
        wanted = [state.model_dump() for state in values["states"] or []]
        stored = [row._asdict() for row in await session.rows(_STATES, country=identifier)] if current else []
        if stored == wanted:
            return False
        await session.execute(_CLEAR_STATES, country=identifier)
        for state in wanted:
            await session.insert(CountryState, {"country_id": identifier, **state})
        return {"states": (stored, wanted)}


countries = Countries(
    Country,
    CountryRead,
    CountryBody,
    name="Country",
    tag="Countries",
    scope="region",
    path="/countries",
    listing={
        "filters": ("name", "iso_2", "iso_3", "iso_numeric", "currency", "sort_order"),
        "search": ("name", "iso_2", "iso_3"),
    },
    example={"name": "Atlantis", "iso_2": "AX2", "iso_3": "ATL", "iso_numeric": "999", "sort_order": 1},
)
