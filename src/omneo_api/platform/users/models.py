"""Accounts of people and machines that own API tokens."""

from sqlalchemy import Integer, SmallInteger
from sqlalchemy.orm import Mapped, mapped_column

from omneo_api.foundation.models import Resource, SoftDeleted, Tenanted, belongs_to, unique_live


class User(Resource, SoftDeleted):
    __tablename__ = "users"
    __table_args__ = (unique_live("uq_users_email", "email"),)

    name: Mapped[str]
    email: Mapped[str]
    password_hash: Mapped[str | None]
    throttle: Mapped[int | None] = mapped_column(Integer)


class UserRole(Tenanted):
    """A role of a user; the roles themselves are fixed (platform/roles.py)."""

    __tablename__ = "user_roles"
    __table_args__ = (belongs_to("users", "user_id", ondelete="CASCADE"),)

    user_id: Mapped[int] = mapped_column(primary_key=True)
    role_id: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
