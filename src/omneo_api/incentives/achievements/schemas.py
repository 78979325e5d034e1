"""What goes in and out of achievements (incentives-status 6 and 7, automation 3.3)."""

import uuid
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, model_validator
from sqlalchemy import BigInteger, Text, bindparam, cast, column, func, literal_column, select
from sqlalchemy.dialects.postgresql import JSON, JSONB, UUID
from sqlalchemy.orm import aliased

from omneo_api.foundation import fields
from omneo_api.foundation.errors import spoken
from omneo_api.foundation.fields import FieldError
from omneo_api.foundation.models import lit
from omneo_api.foundation.render import EMPTY_LIST, Read, Sql, rendered_columns
from omneo_api.foundation.validation import wrong
from omneo_api.incentives.achievements.cycles import Period
from omneo_api.incentives.achievements.models import AchievementLevel, AchievementProgress
from omneo_api.incentives.inputs import Currency, Handle, Named, RegionShort
from omneo_api.profiles.profile.schemas import ProfileContext, ProfileRead

DisplayOption = Literal["visible", "hidden", "mystery", "internal"]

LARGEST = 2**31 - 1
ZULU = """'YYYY-MM-DD"T"HH24:MI:SS".000000Z"'"""
Whole = Annotated[fields.Int, Field(ge=-LARGEST, le=LARGEST)]
Positive = Annotated[fields.Int, Field(ge=1, le=LARGEST)]


def _no_number(_: Any) -> Any:
    return literal_column("NULL::bigint", BigInteger)


def _zulu(name: str) -> Sql:
    """The moment with its zone, as the window of a definition is written."""

    def expression(entity: Any) -> Any:
        return func.to_char(getattr(entity, name), literal_column(ZULU), type_=Text)

    return Sql(expression)


class LevelRead(Read):
    id: int
    name: str | None
    achievement_definition_id: int
    display_number: int
    description: str | None
    trigger: int
    repeats: bool
    repeat_interval: int | None
    allow_multiple_earn: bool
    computed_display_number: Annotated[int | None, Sql(_no_number)]
    computed_trigger: Annotated[int | None, Sql(_no_number)]
    meta: Any


def _occurrence(entity: Any, level_id: Any, number: Any, trigger: Any) -> Any:
    """A level as it was or will be reached: with the number and trigger of that repetition."""
    level = aliased(AchievementLevel)
    computed = {"computed_display_number": number, "computed_trigger": trigger}
    columns = [
        computed[found.name].label(found.name) if found.name in computed else found
        for found in rendered_columns(LevelRead, level)
    ]
    rows = select(*columns).select_from(level).where(level.id == level_id).correlate(entity).subquery()
    return select(func.row_to_json(rows.table_valued(), type_=JSON)).scalar_subquery()


def _level(place: str) -> Sql:
    def expression(progress: Any) -> Any:
        parts = (getattr(progress, f"{place}_{name}") for name in ("level_id", "number", "trigger"))
        return _occurrence(progress, *parts)

    return Sql(expression)


def _remain(progress: Any) -> Any:
    return progress.next_trigger - progress.current_score


def _remain_or_none_left(progress: Any) -> Any:
    return func.coalesce(_remain(progress), lit(0))


def _counted(progress: Any) -> Any:
    return progress.current_score - progress.current_credit


class AchievementDefinitionRead(Read):
    id: int
    name: str
    handle: str
    description: str | None
    internal_notes: str | None
    type: str | None
    starts_at: Annotated[str | None, _zulu("starts_at")]
    ends_at: Annotated[str | None, _zulu("ends_at")]
    is_published: bool
    display_level: bool
    display_option: DisplayOption | None
    short_description: str | None
    long_description: str | None
    terms_conditions: str | None
    earn_instructions: str | None
    icon: str | None
    image_url: str | None
    levels: list[LevelRead]
    tags: list[str]
    meta: Any
    period: Period | None
    timezone: str | None
    enable_annual_earn_cycle: bool
    region_id: int | None
    region: RegionShort | None
    currency: str | None
    created_at: datetime
    updated_at: datetime


class AchievementProgressRead(Read):
    id: int
    profile_id: uuid.UUID
    definition_id: int
    current_level_id: int | None
    prev_level_id: int | None
    next_level_id: int | None
    next_level_remain: Annotated[int | None, Sql(_remain)]
    current_remain: Annotated[int, Sql(_remain_or_none_left)]
    current_score: int
    current_cycle_score: Annotated[int, Sql(_counted)]
    current_credit: int
    prev_credit: int
    used_score: int
    achieved_at: datetime | None
    anniversary_at: datetime | None
    created_at: datetime
    updated_at: datetime
    current_level: Annotated[LevelRead | None, _level("current")]
    next_level: Annotated[LevelRead | None, _level("next")]
    prev_level: Annotated[LevelRead | None, _level("prev")]


def progress_now() -> Any:
    """The progress rows as they stand at this moment.

    A stored row is right until its `due_at`. What it has become since is bound as `overrides`, by the row's id.
    """
    table = AchievementProgress.__table__
    stored = table.alias("stored")
    changed = cast(bindparam("overrides", type_=Text), JSONB)[cast(stored.c.id, Text)]
    row = func.jsonb_populate_record(literal_column("stored"), changed)
    now = row.table_valued(*(column(found.name, found.type) for found in table.c)).lateral("progress")
    return stored, aliased(AchievementProgress, now, adapt_on_names=True)


def _progress(definition: Any) -> Any:
    """The progress of the profile bound as `owner`."""
    stored, progress = progress_now()
    rows = (
        select(*rendered_columns(AchievementProgressRead, progress))
        .select_from(stored, progress)
        .where(
            stored.c.tenant_id == definition.tenant_id,
            stored.c.definition_id == definition.id,
            stored.c.profile_id == bindparam("owner", type_=UUID(as_uuid=True)),
        )
        .correlate(definition)
        .subquery()
    )
    return func.coalesce(select(func.row_to_json(rows.table_valued(), type_=JSON)).scalar_subquery(), EMPTY_LIST)


class ProfileAchievementRead(AchievementDefinitionRead):
    """A definition with the profile's progress: an empty array until there is one."""

    progress: Annotated[AchievementProgressRead | list[Any], Sql(_progress)]


class AchievementPointRead(Read):
    id: int
    profile_id: uuid.UUID
    definition_id: int
    count: int
    issued_at: datetime
    expires_at: datetime | None
    source_type: str | None
    source_id: str | None
    meta: Any
    profile: ProfileRead
    created_at: datetime
    updated_at: datetime


def _happened_to(progress: Any) -> Any:
    """The occurrence bound to an event."""
    parts = (bindparam(name, type_=BigInteger) for name in ("level_id", "number", "trigger"))
    return _occurrence(progress, *parts)


def _change(_: Any) -> Any:
    return bindparam("count", type_=BigInteger)


class AchievementContext(AchievementProgressRead):
    """What achievement events carry: `level` is the one unlocked or lost, `count` the change that caused it."""

    profile: ProfileContext | None
    definition: AchievementDefinitionRead
    level: Annotated[LevelRead | None, Sql(_happened_to)]
    count: Annotated[int, Sql(_change)]


# In -------------------------------------------------------------------------------------------------------------------


class LevelBody(fields.Body):
    """`id`, else `display_number`, says which level of an updated definition it is."""

    id: fields.Int | None = None
    name: fields.Text | None
    display_number: Whole
    description: fields.LongText | None = None
    trigger: Positive
    repeats: fields.Bool = False
    repeat_interval: Positive | None = None
    allow_multiple_earn: fields.Bool = False
    meta: fields.Meta | None = None

    @model_validator(mode="after")
    def _interval(self) -> "LevelBody":
        if self.repeats and self.repeat_interval is None:
            raise FieldError({"repeat_interval": "The {field} field is required."})
        return self


class AchievementDefinitionBody(fields.Body):
    name: fields.Text
    handle: Handle
    description: fields.LongText | None = None
    internal_notes: fields.LongText | None = None
    type: fields.Text | None = None
    starts_at: fields.DateTime | None = None
    ends_at: fields.DateTime | None = None
    is_published: fields.Bool = False
    display_level: fields.Bool = True
    display_option: DisplayOption | None = "visible"
    short_description: fields.LongText | None = None
    long_description: fields.LongText | None = None
    terms_conditions: fields.LongText | None = None
    earn_instructions: fields.LongText | None = None
    icon: fields.Url | None = None
    image_url: fields.Url | None = None
    levels: Annotated[list[LevelBody], Field(max_length=100)] | None = None
    tags: fields.Tags = Field(default=[])
    meta: fields.Meta | None = None
    period: Period | None = None
    timezone: fields.Timezone | None = None
    enable_annual_earn_cycle: fields.Bool = False
    region_id: fields.Int | None = None
    currency: Currency | None = None

    @model_validator(mode="after")
    def _distinct_triggers(self) -> "AchievementDefinitionBody":
        seen: set[int] = set()
        errors = {}
        for place, level in enumerate(self.levels or ()):
            if level.trigger in seen:
                path = f"levels.{place}.trigger"
                errors[path] = f"The {spoken(path)} field has a duplicate value."
            seen.add(level.trigger)
        if errors:
            raise FieldError(errors)
        return self


def _some(count: int) -> int:
    if count == 0:
        raise wrong("must not be 0.")
    return count


class AchievementPointBody(fields.Body):
    """A count for one definition; moments without a zone are UTC, `issued_at` is now unless it is said."""

    definition_id: fields.Int
    count: Annotated[Whole, AfterValidator(_some)]
    meta: fields.Meta | None = None
    issued_at: fields.DateTime | None = None
    expires_at: fields.DateTime | None = None


class OwnedCount(AchievementPointBody):
    profile_id: fields.Uuid


class BatchCount(Named, AchievementPointBody):
    """One row of a batch."""

    profile_id: fields.Text
