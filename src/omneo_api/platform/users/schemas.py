"""What goes in and out of users."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import Field, model_validator
from sqlalchemy import JSON, func, select, type_coerce

from omneo_api.foundation import fields
from omneo_api.foundation.render import EMPTY_LIST, Read, Sql
from omneo_api.platform.users.models import Permission, RolePermission, UserRole

Password = Annotated[fields.Secret, Field(min_length=32)]
UNCONFIRMED = "The {field} field confirmation does not match."


class HandleRead(Read):
    id: int
    handle: str


def _permissions(user: Any) -> Any:
    """The union of the permissions of the user's roles."""
    granted = (
        select(RolePermission.permission_id)
        .join(UserRole, UserRole.role_id == RolePermission.role_id)
        .where(UserRole.user_id == user.id)
        .correlate(user)
    )
    rows = (
        select(Permission.id, Permission.handle)
        .where(Permission.id.in_(granted))
        .order_by(Permission.id)
        .correlate(user)
        .subquery()
    )
    found = select(func.json_agg(rows.table_valued())).scalar_subquery()
    return type_coerce(func.coalesce(found, EMPTY_LIST), JSON)


class UserRead(Read):
    id: int
    name: str
    email: str
    throttle: int | None
    roles: list[HandleRead]
    permissions: Annotated[list[HandleRead], Sql(_permissions)]
    created_at: datetime
    updated_at: datetime


class RoleReference(fields.Body):
    id: fields.Int


class UserBody(fields.Body):
    name: fields.Text
    email: fields.Email
    password: Password
    password_confirmation: fields.Secret
    throttle: Annotated[fields.Int, Field(ge=0, le=2**31 - 1)] | None = None
    roles: list[RoleReference] | None = None

    @model_validator(mode="after")
    def _confirmed(self) -> "UserBody":
        if self.password != self.password_confirmation:
            raise fields.FieldError({"password": UNCONFIRMED})
        return self


class UserUpdate(fields.Body):
    name: fields.Text = ""
    email: fields.Email = ""
    password: Password = ""
    password_confirmation: fields.Secret = ""
    old_password: fields.Secret = ""
    throttle: Annotated[fields.Int, Field(ge=0, le=2**31 - 1)] | None = None
    roles: list[RoleReference] | None = None

    @model_validator(mode="after")
    def _complete(self) -> "UserUpdate":
        given = self.model_fields_set
        if "password" in given and "password_confirmation" in given and self.password != self.password_confirmation:
            raise fields.FieldError({"password": UNCONFIRMED})
        return self
