"""The register of statuses (incentives-status 10.2)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field
from sqlalchemy import ARRAY, Uuid, any_, bindparam, exists, not_, select

from omneo_api.foundation import fields
from omneo_api.foundation.models import lit
from omneo_api.foundation.query import Filter
from omneo_api.foundation.resources import PlainResource
from omneo_api.foundation.statements import Statement
from omneo_api.foundation.validation import to_datetime
from omneo_api.platform.custom_fields import service as custom_fields
from omneo_api.platform.custom_fields.service import CustomFieldItem
from omneo_api.profiles.profile.events import touched
from omneo_api.profiles.statuses.models import ProfileStatus, Status
from omneo_api.profiles.statuses.schemas import StatusRead, active

PeriodType = Literal["days", "weeks", "months", "years", "absolute_date", "absolute_week", "absolute_month"]
DATE_ONLY = 10

_HOLDERS = Statement(
    "SELECT DISTINCT profile_id FROM profile_statuses WHERE status_id = :status::bigint AND removed_at IS NULL"
    " ORDER BY profile_id"
)
_LOCK = Statement("SELECT id FROM profiles WHERE id = ANY (:ids::uuid[]) AND deleted_at IS NULL ORDER BY id FOR UPDATE")
_TAKE = Statement(
    "UPDATE profile_statuses SET removed_at = omneo_now(), updated_at = omneo_now()"
    " WHERE status_id = :status::bigint AND removed_at IS NULL"
)


def _end(value: Any) -> datetime:
    """A day means its last second."""
    moment = to_datetime(value)
    whole = isinstance(value, str) and len(value) == DATE_ONLY
    return moment.replace(hour=23, minute=59, second=59) if whole else moment


class StatusBody(fields.Body):
    name: fields.Text
    handle: fields.Handle
    sort_order: Annotated[fields.Int, Field(ge=-(2**31), le=2**31 - 1)] | None = None
    group_handle: fields.Text | None = None
    group_name: fields.Text | None = None
    period: Annotated[fields.Int, Field(ge=0, le=1_000_000)] | None = None
    period_type: PeriodType | None = None
    absolute_expiry: Annotated[datetime, BeforeValidator(_end)] | None = None
    timezone: fields.Timezone | None = None
    code: fields.Text | None = None
    colour: fields.Text | None = None
    text_colour: fields.Text | None = None
    primary_colour: fields.Text | None = None
    secondary_colour: fields.Text | None = None
    description: fields.LongText | None = None
    short_description: fields.LongText | None = None
    long_description: fields.LongText | None = None
    terms_conditions: fields.LongText | None = None
    earn_instructions: fields.LongText | None = None
    internal_notes: fields.LongText | None = None
    icon: fields.Text | None = None
    image_url: fields.Text | None = None
    custom_fields: list[CustomFieldItem] | None = None


def _held_by(status: Any, operator: str, parameter: str) -> Any:
    several = operator in ("in", "nin")
    holder = bindparam(f"{parameter}_0", type_=ARRAY(Uuid()) if several else Uuid())
    held = exists(
        select(lit(1)).where(
            ProfileStatus.tenant_id == status.tenant_id,
            ProfileStatus.status_id == status.id,
            ProfileStatus.removed_at.is_(None),
            active(ProfileStatus),
            ProfileStatus.profile_id == (any_(holder) if several else holder),
        )
    )
    return not_(held) if operator in ("ne", "nin") else held


class Statuses(PlainResource):
    async def related(self, session: Any, identifier: int, values: dict[str, Any], current: Any | None) -> bool:
        """Sent custom fields are kept; a status does not show them."""
        return await custom_fields.keep(session, "status", identifier, values.get("custom_fields") or [])

    async def before_delete(self, session: Any, current: Any) -> None:
        """Nobody holds a deleted status; the past assignments stay as history."""
        await custom_fields.drop(session, "status", current.id)
        holders: Sequence[Any] = [row.profile_id for row in await session.rows(_HOLDERS, status=current.id)]
        if not holders:
            return
        live = [row.id for row in await session.rows(_LOCK, ids=holders)]
        await session.execute(_TAKE, status=current.id)
        for profile_id in live:
            await touched(session, profile_id)


statuses = Statuses(
    Status,
    StatusRead,
    StatusBody,
    name="Status",
    tag="Statuses",
    scope="statuses",
    path="/statuses",
    fixed=("handle",),
    paging="asked",
    listing={
        "filters": (
            "id",
            "name",
            "handle",
            "sort_order",
            "code",
            "colour",
            "group_handle",
            "timezone",
            "period_type",
        ),
        "extra": {"profile_id": Filter(condition=_held_by, kind="uuid")},
        "search": ("name", "handle"),
        "order": ("sort_order",),
    },
    example={"name": "VIP", "handle": "vip", "sort_order": 10, "period": 12, "period_type": "months"},
)
