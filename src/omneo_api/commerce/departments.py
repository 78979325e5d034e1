"""Departments: parts of a brand, optionally placed in a location (commerce 10.2)."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from omneo_api.foundation import fields
from omneo_api.foundation.errors import Invalid, selected_is_invalid
from omneo_api.foundation.models import HasHandle, Resource, SoftDeleted, belongs_to, folded, lookup, unique_live
from omneo_api.foundation.relationships import single
from omneo_api.foundation.render import Read
from omneo_api.foundation.resources import PlainResource
from omneo_api.foundation.statements import Statement


class Department(Resource, HasHandle, SoftDeleted):
    __tablename__ = "departments"
    __table_args__ = (
        belongs_to("brands", "brand_id"),
        belongs_to("locations", "location_id"),
        unique_live("uq_departments_handle", "handle_key"),
        lookup("ix_departments_brand", "brand_id", where="deleted_at IS NULL"),
        lookup("ix_departments_location", "location_id", where="deleted_at IS NULL"),
        lookup("ix_departments_name", "name_key", where="deleted_at IS NULL"),
    )

    name: Mapped[str]
    name_key: Mapped[str] = folded("name")
    brand_id: Mapped[int] = mapped_column(BigInteger)
    location_id: Mapped[int | None] = mapped_column(BigInteger)
    external_id: Mapped[str | None]
    external_code: Mapped[str | None]
    description: Mapped[str | None]
    short_description: Mapped[str | None]
    url: Mapped[str | None]
    image_url: Mapped[str | None]
    internal_note: Mapped[str | None]
    meta: Mapped[Any | None] = mapped_column(JSONB)

    brand = single("Brand")


class DepartmentBrand(Read):
    name: str
    handle: str


class DepartmentRead(Read):
    id: int
    name: str
    handle: str
    brand_id: int
    brand: DepartmentBrand
    location_id: int | None
    external_id: str | None
    external_code: str | None
    description: str | None
    short_description: str | None
    url: str | None
    image_url: str | None
    internal_note: str | None
    meta: Any
    created_at: datetime
    updated_at: datetime


class DepartmentBody(fields.Body):
    name: fields.Text
    handle: fields.Handle
    brand_id: fields.Int
    location_id: fields.Int | None = None
    external_id: fields.Text | None = None
    external_code: fields.Text | None = None
    description: fields.LongText | None = None
    short_description: fields.LongText | None = None
    url: fields.Url | None = None
    image_url: fields.Url | None = None
    internal_note: fields.LongText | None = None
    meta: fields.Meta | None = None


# A share lock holds the brand and the location alive until the department that names them is committed.
_BRAND = Statement("SELECT id FROM brands WHERE id = :id::bigint AND deleted_at IS NULL FOR SHARE")
_LOCATION = Statement("SELECT id FROM locations WHERE id = :id::bigint AND deleted_at IS NULL FOR SHARE")


class Departments(PlainResource):
    async def prepare(self, session: Any, values: dict[str, Any], current: Any | None) -> dict[str, Any]:
        """Raises: Invalid for a brand or location that does not live, unless the department already names it."""
        wrong = []
        for name, statement in (("brand_id", _BRAND), ("location_id", _LOCATION)):
            value = values.get(name)
            kept = current is not None and value == getattr(current, name)
            if value is not None and not kept and await session.value(statement, id=value) is None:
                wrong.append(name)
        if wrong:
            raise Invalid({name: [selected_is_invalid(name)] for name in wrong})
        return values


departments = Departments(
    Department,
    DepartmentRead,
    DepartmentBody,
    name="Department",
    scope="products",
    path="/departments",
    fixed=("handle",),
    listing={"search": ("name", "handle")},
    example={"name": "Accessories", "handle": "accessories", "brand_id": 3},
)
