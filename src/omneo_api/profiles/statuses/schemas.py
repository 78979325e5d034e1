"""Shapes of statuses (incentives-status 10.1, 10.4)."""

from datetime import datetime
from typing import Annotated, Any

from sqlalchemy import Boolean, Text, func, or_, select
from sqlalchemy.dialects.postgresql import JSONB, aggregate_order_by
from sqlalchemy.orm import aliased

from omneo_api.foundation.models import lit
from omneo_api.foundation.render import EMPTY_LIST, Read, Sql, rendered_columns
from omneo_api.profiles.statuses.models import ProfileStatus, Status


class StatusRead(Read):
    id: int
    name: str
    handle: str
    sort_order: int | None
    code: str | None
    colour: str | None
    text_colour: str | None
    primary_colour: str | None
    secondary_colour: str | None
    group_handle: str | None
    group_name: str | None
    period: int | None
    period_type: str | None
    absolute_expiry: datetime | None
    timezone: str | None
    description: str | None
    short_description: str | None
    long_description: str | None
    terms_conditions: str | None
    earn_instructions: str | None
    internal_notes: str | None
    icon: str | None
    image_url: str | None
    created_at: datetime
    updated_at: datetime


class ProfileStatusRead(StatusRead):
    """A status as a profile holds it."""

    expires_at: datetime | None
    is_active: bool


def active(held: Any) -> Any:
    """Whether an assignment counts now; from its expiry on it does not, whether or not the job has seen it."""
    return or_(held.expires_at.is_(None), held.expires_at > func.omneo_now())


def _held_by(profile: Any) -> tuple[Any, Any, Any]:
    held, status = aliased(ProfileStatus), aliased(Status)
    joined = (
        (held.tenant_id == profile.tenant_id)
        & (held.profile_id == profile.id)
        & held.removed_at.is_(None)
        & (status.tenant_id == held.tenant_id)
        & (status.id == held.status_id)
    )
    return held, status, joined


def handles_of(profile: Any) -> Any:
    """Handles of the active statuses of a profile, best rank first."""
    held, status, joined = _held_by(profile)
    ranked = aggregate_order_by(status.handle, status.sort_order.asc().nulls_last(), status.id)
    rows = select(func.json_agg(ranked)).where(joined, active(held)).correlate(profile).scalar_subquery()
    return func.coalesce(rows, EMPTY_LIST, type_=JSONB)


def assignments_of(profile: Any) -> Any:
    """All assignments of a profile that were not taken away, in the order in which they were made."""
    held, status, joined = _held_by(profile)
    columns = [
        *rendered_columns(StatusRead, status),
        func.left(held.expires_at.cast(Text), lit(19)).label("expires_at"),
        active(held).cast(Boolean).label("is_active"),
    ]
    rows = select(*columns).where(joined).order_by(held.id).correlate(profile).subquery()
    return func.coalesce(select(func.json_agg(rows.table_valued())).scalar_subquery(), EMPTY_LIST, type_=JSONB)


StatusHandles = Annotated[list[str], Sql(handles_of)]
Assignments = Annotated[list[ProfileStatusRead], Sql(assignments_of)]
