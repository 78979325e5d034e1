"""How profiles are read: one of them with its aggregations, many by filters and words (profiles 1.6)."""

import uuid
from typing import Any

from sqlalchemy import Text, bindparam, exists, func, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import aliased

from omneo_api.configuration.settings.service import setting
from omneo_api.foundation.calls import Call
from omneo_api.foundation.fields import parse_phone
from omneo_api.foundation.models import lit
from omneo_api.foundation.query import Filter, Listing
from omneo_api.foundation.reading import Reader
from omneo_api.foundation.render import list_json, rows_json
from omneo_api.foundation.statements import Statement
from omneo_api.profiles.custom_attributes.models import CustomAttribute
from omneo_api.profiles.identities.models import Identity
from omneo_api.profiles.profile.models import Profile
from omneo_api.profiles.profile.schemas import ProfileRead
from omneo_api.profiles.profile.search import best_first, matching

WITH_AGGREGATIONS = frozenset({"aggregations"})
PHONES = ("mobile_phone", "secondary_phone")
FILTERS = (
    "id",
    "title",
    "first_name",
    "last_name",
    "full_name",
    "email",
    "gender",
    "currency",
    "joined_at",
    "mobile_phone",
    "secondary_phone",
    "birth_day",
    "birth_month",
    "birth_year",
    "company",
    "occupation",
    "avatar_url",
    "is_completed",
    "is_public",
    "joined_location_id",
    "preferred_location_id",
    "preferred_staff_id",
    "joined_staff_id",
    "profile_type",
)


def _grouped(profile: Any) -> Any:
    """The custom attributes of a profile as the object that `json_contains` looks into."""
    row = aliased(CustomAttribute)
    groups = (
        select(row.namespace.label("namespace"), func.jsonb_object_agg(row.handle, row.value).label("entries"))
        .where(row.tenant_id == profile.tenant_id, row.profile_id == profile.id)
        .group_by(row.namespace)
        .correlate(profile)
        .subquery()
    )
    return select(func.jsonb_object_agg(groups.c.namespace, groups.c.entries, type_=JSONB)).scalar_subquery()


listing = Listing(
    ProfileRead,
    Profile,
    filters=FILTERS,
    extra={
        "tags.handle": Filter(path=("tags", "handle")),
        "statuses.handle": Filter(path=("active_statuses", "status", "handle")),
        "identities.identifier": Filter(path=("identities", "identifier")),
        "identities.handle": Filter(path=("identities", "handle")),
    },
    search=matching,
    search_order=best_first,
    order=("created_at",),
    unless={"profile_type": lambda profile: profile.profile_type != lit("deleted")},
    counted="profiles",
    contained=_grouped,
    custom_field="custom_attribute_rows",
)


class ProfileReader(Reader):
    """A single profile always shows its aggregations."""

    def includes(self, call: Call) -> frozenset[str]:
        return WITH_AGGREGATIONS


reader = ProfileReader(listing)


async def text_of(session: Any, profile_id: uuid.UUID) -> str:
    """A live profile as single reads show it. Raises: NotFound."""
    return await reader.text(session, profile_id, include=WITH_AGGREGATIONS)


async def read_filters(session: Any, call: Call) -> None:
    """Puts the phone filters of a list into the form in which numbers are stored.

    A plus that was not encoded arrives as a space, so a leading space before digits is one.
    """
    given = call.query.get("filter")
    if not isinstance(given, dict):
        return
    if not any(name in given for name in PHONES):
        return
    region = await setting(session, "country") or "AU"
    for name in PHONES:
        if name in given:
            given[name] = _international(given[name], region)


def _international(value: Any, region: str) -> Any:
    if isinstance(value, dict):
        return {
            operator: _international(entry, region) if operator in ("eq", "ne", "neq", "in", "nin") else entry
            for operator, entry in value.items()
        }
    if isinstance(value, list):
        return [_international(entry, region) for entry in value]
    if not isinstance(value, str):
        return value
    if "," in value:
        return ",".join(str(_international(part, region)) for part in value.split(","))
    text = f"+{value.strip()}" if value[:1] == " " and value.strip()[:1].isdigit() else value.strip()
    number = parse_phone(text, region)
    return number.e164 if number is not None else text


def _with_identifier() -> Any:
    named = exists(
        select(lit(1)).where(
            Identity.tenant_id == Profile.tenant_id,
            Identity.profile_id == Profile.id,
            Identity.is_live,
            Identity.identifier_key == func.lower(bindparam("identifier", type_=Text)),
        )
    )
    rows = rows_json(ProfileRead, Profile).where(Profile.deleted_at.is_(None), named).order_by(Profile.created_at)
    return select(list_json(rows))


_WITH_IDENTIFIER = Statement(_with_identifier)


async def with_identifier(session: Any, identifier: str) -> str:
    """The live profiles with any identity of that identifier, as a JSON array."""
    text: str = await session.value(_WITH_IDENTIFIER, identifier=identifier)
    return text
