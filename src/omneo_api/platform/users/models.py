"""Accounts of people and machines that own API tokens, and the roles and permissions they may have."""

from sqlalchemy import BigInteger, Identity, Integer, SmallInteger
from sqlalchemy.orm import Mapped, mapped_column, relationship

from omneo_api.foundation.models import (
    HasHandle,
    Numbered,
    Resource,
    SoftDeleted,
    Tenanted,
    belongs_to,
    lookup,
    unique,
    unique_live,
)


class User(Resource, SoftDeleted):
    __tablename__ = "users"
    __table_args__ = (unique_live("uq_users_email", "email"),)

    name: Mapped[str]
    email: Mapped[str]
    password_hash: Mapped[str | None]
    throttle: Mapped[int | None] = mapped_column(Integer)

    roles = relationship("Role", secondary="user_roles", lazy="raise", viewonly=True, order_by="Role.id")


class Role(Tenanted, HasHandle):
    """One of the four shipped roles; the checks read platform/roles.py, this table is what the API shows."""

    __tablename__ = "roles"
    __table_args__ = (unique("handle_key"),)

    id: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False, sort_order=-20)
    name: Mapped[str]
    weight: Mapped[int] = mapped_column(Integer)

    permissions = relationship(
        "Permission", secondary="role_permissions", lazy="raise", viewonly=True, order_by="Permission.id"
    )


class Permission(Numbered, HasHandle):
    """1 to 4 are shipped and checked; a further one is a label for a back office and opens nothing."""

    __tablename__ = "permissions"
    __table_args__ = (unique("handle_key"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(start=5), primary_key=True, sort_order=-20)
    name: Mapped[str | None]


class RolePermission(Tenanted):
    __tablename__ = "role_permissions"
    __table_args__ = (belongs_to("roles", "role_id"), belongs_to("permissions", "permission_id"))

    role_id: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    permission_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)


class UserRole(Tenanted):
    """A role of a user."""

    __tablename__ = "user_roles"
    __table_args__ = (
        belongs_to("users", "user_id", ondelete="CASCADE"),
        belongs_to("roles", "role_id"),
        lookup("ix_user_roles_role", "role_id"),
    )

    user_id: Mapped[int] = mapped_column(primary_key=True)
    role_id: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
