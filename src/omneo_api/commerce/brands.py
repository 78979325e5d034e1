"""Brands (commerce 10.1)."""

from datetime import datetime
from typing import Any

from sqlalchemy import Boolean, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from omneo_api.commerce.departments import DepartmentRead
from omneo_api.foundation import fields
from omneo_api.foundation.errors import Invalid
from omneo_api.foundation.models import HasHandle, Resource, SoftDeleted, folded, lookup, unique_live
from omneo_api.foundation.relationships import several
from omneo_api.foundation.render import Read
from omneo_api.foundation.resources import PlainResource
from omneo_api.foundation.statements import Statement


class Brand(Resource, HasHandle, SoftDeleted):
    __tablename__ = "brands"
    __table_args__ = (
        unique_live("uq_brands_handle", "handle_key"),
        lookup("ix_brands_name", "name_key", where="deleted_at IS NULL"),
    )

    name: Mapped[str]
    name_key: Mapped[str] = folded("name")
    external_id: Mapped[str | None]
    external_code: Mapped[str | None]
    is_system: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    description: Mapped[str | None]
    short_description: Mapped[str | None]
    url: Mapped[str | None]
    image_url: Mapped[str | None]
    internal_note: Mapped[str | None]
    meta: Mapped[Any | None] = mapped_column(JSONB)

    departments = several("Department", on="Brand.id == Department.brand_id", where="Department.deleted_at.is_(None)")


class BrandRead(Read):
    id: int
    name: str
    handle: str
    external_id: str | None
    external_code: str | None
    is_system: bool
    description: str | None
    short_description: str | None
    url: str | None
    image_url: str | None
    internal_note: str | None
    meta: Any
    departments: list[DepartmentRead]
    created_at: datetime
    updated_at: datetime


class BrandBody(fields.Body):
    name: fields.Text
    handle: fields.Handle
    external_id: fields.Text | None = None
    external_code: fields.Text | None = None
    is_system: fields.Bool = False
    description: fields.LongText | None = None
    short_description: fields.LongText | None = None
    url: fields.Url | None = None
    image_url: fields.Url | None = None
    internal_note: fields.LongText | None = None
    meta: fields.Meta | None = None


_HAS_DEPARTMENTS = Statement("SELECT 1 FROM departments WHERE brand_id = :brand::bigint AND deleted_at IS NULL LIMIT 1")


class Brands(PlainResource):
    async def before_delete(self, session: Any, current: Any) -> None:
        """Refuse while departments name the brand; each holds a share lock on it when made, so none slips in."""
        if current.is_system:
            raise Invalid.field("brand", "A system brand cannot be deleted.")
        if await session.value(_HAS_DEPARTMENTS, brand=current.id) is not None:
            raise Invalid.field("brand", "A brand with departments cannot be deleted.")


brands = Brands(
    Brand,
    BrandRead,
    BrandBody,
    name="Brand",
    scope="products",
    path="/brands",
    fixed=("handle",),
    listing={"search": ("name", "handle")},
    example={"name": "Northline", "handle": "northline"},
)
