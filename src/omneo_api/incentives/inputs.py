"""Field types and rules that the definitions of this domain share."""

import re
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from omneo_api.configuration.tags import register_tags
from omneo_api.foundation import fields
from omneo_api.foundation.errors import Invalid, selected_is_invalid
from omneo_api.foundation.models import Base
from omneo_api.foundation.render import Read
from omneo_api.foundation.resources import PlainResource
from omneo_api.foundation.statements import Statement
from omneo_api.foundation.validation import to_moment, wrong
from omneo_api.profiles.scope import profile_by_identity

Handle = Annotated[fields.Text, Field(min_length=1, pattern=r"^[A-Za-z0-9_-]*[A-Za-z_-][A-Za-z0-9_-]*$")]
Currency = Annotated[fields.Text, Field(pattern=r"^[A-Z]+$")]
Count = Annotated[fields.Int, Field(ge=0, le=2**31 - 1)]
Days = Annotated[fields.Int, Field(ge=1, le=100_000)]
Hours = Annotated[fields.Int, Field(ge=0, le=1_000_000)]
NoticeDays = Annotated[fields.Int, Field(ge=0, le=36_500)]
HourOfDay = Annotated[fields.Int, Field(ge=0, le=23)]
Value = Annotated[fields.Dollars, Field(ge=0)]


def _absolute(text: str) -> str:
    moment = to_moment(text)
    return text.strip() if len(text) > 10 else moment.date().isoformat()


Absolute = Annotated[fields.Text, AfterValidator(_absolute)]
"""A date, or a date-time, kept as sent."""


def _colour(text: str) -> str:
    if not re.fullmatch(r"#(?:[0-9A-Fa-f]{3}|[0-9A-Fa-f]{6})", text):
        raise wrong("format is invalid.")
    return text


Colour = Annotated[fields.Text, AfterValidator(_colour)]


class RegionShort(Read):
    id: int
    name: str
    handle: str


class TemplateBody(fields.Body):
    """What definitions of rewards, credits and benefits take in common."""

    region_id: fields.Int | None = None
    currency: Currency | None = None
    absolute_expiry: Absolute | None = None
    description: fields.LongText | None = None
    short_description: fields.LongText | None = None
    long_description: fields.LongText | None = None
    terms_conditions: fields.LongText | None = None
    earn_instructions: fields.LongText | None = None
    internal_notes: fields.LongText | None = None
    icon: fields.Url | None = None
    image_url: fields.Url | None = None
    is_extendable: fields.Bool = False
    is_assignable: fields.Bool = True
    is_reassignable: fields.Bool = False
    is_published: fields.Bool = False
    issue_target_id: fields.Int | None = None
    extend_target_id: fields.Int | None = None
    notify_schedule_offset: Hours | None = None
    notify_issue_offset_days: NoticeDays | None = None
    notify_issue_offset_hour: HourOfDay | None = None
    notify_remind_offset_days: NoticeDays | None = None
    notify_remind_offset_hour: HourOfDay | None = None
    tags: fields.Tags = Field(default=[])


class DefinitionBody(TemplateBody):
    """What definitions of rewards and credits take besides."""

    max_value: Value | None = None
    extend_days: Days | None = None
    expiry_target_id: fields.Int | None = None


class Definitions(PlainResource):
    """A definition's own rules: a date where the period is a date, targets that exist, tags that are registered.

    `absolute` names the pairs of fields (type, date) of which the second is required when the first is a date.
    """

    absolute: tuple[tuple[str, str], ...] = (("period_type", "absolute_expiry"),)
    targets: tuple[str, ...] = ()

    async def prepare(self, session: Any, values: dict[str, Any], current: Any | None) -> dict[str, Any]:
        errors: dict[str, list[str]] = {}
        for kind, moment in self.absolute:
            held = {name: values.get(name, getattr(current, name, None)) for name in (kind, moment)}
            if held[kind] == "absolute_date" and held[moment] is None:
                errors[moment] = [f"The {moment.replace('_', ' ')} field is required."]
        for name in self.targets:
            if values.get(name) is not None and not await _target_exists(session, values[name]):
                errors[name] = [selected_is_invalid(name)]
        self.check(values, current, errors)
        if errors:
            raise Invalid(errors)
        if "tags" in values:
            values = {**values, "tags": await register_tags(session, values["tags"] or [])}
        return values

    def check(self, values: dict[str, Any], current: Any | None, errors: dict[str, list[str]]) -> None:
        """Notes what else is wrong."""


_TARGET = Statement("SELECT 1 FROM targets WHERE id = :id::bigint")


async def _target_exists(session: Any, identifier: int) -> bool:
    if "targets" not in Base.metadata.tables:
        return False
    return await session.value(_TARGET, id=identifier) is not None


_BY_EMAIL = Statement("SELECT id FROM profiles WHERE email = lower(:email::text) AND deleted_at IS NULL")


class Named(fields.Body):
    """`profile_id_handle` makes `profile_id` an identifier of that handle: `email`, or the handle of an identity."""

    profile_id: fields.Text | None = None
    profile_id_handle: fields.Text | None = None


async def with_profile(session: Any, row: dict[str, Any]) -> dict[str, Any]:
    """A batch row whose `profile_id` is the id of the profile, however it was named. Raises: Invalid."""
    named = fields.validate(Named, row)
    body = {**row, "profile_id": named.profile_id}
    if named.profile_id is not None and named.profile_id_handle is not None:
        body["profile_id"] = await profile_named(session, named.profile_id_handle, named.profile_id)
    return body


async def profile_named(session: Any, handle: str, identifier: str) -> str:
    """The id of the profile that a batch row names by its email or by an identity. Raises: Invalid."""
    if handle == "email":
        found = await session.value(_BY_EMAIL, email=identifier)
    else:
        found = await profile_by_identity(session, handle, identifier)
    if found is None:
        raise Invalid.field("profile_id", selected_is_invalid("profile_id"))
    return str(found)
