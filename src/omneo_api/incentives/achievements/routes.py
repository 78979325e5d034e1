"""Achievements below a profile, and their batch (incentives-status 7.2)."""

from functools import lru_cache
from typing import Any

from sqlalchemy import BigInteger, Integer, and_, bindparam, case, cast, exists, func, or_, select
from sqlalchemy.dialects.postgresql import UUID
from sqlalchemy.orm import aliased

from omneo_api.foundation.calls import Answer, Call, Owner, created, one
from omneo_api.foundation.errors import NotFound
from omneo_api.foundation.fields import partial
from omneo_api.foundation.models import lit
from omneo_api.foundation.operations import Operation, Routes
from omneo_api.foundation.query import Filter, Listing
from omneo_api.foundation.reading import Reader
from omneo_api.foundation.statements import json_text
from omneo_api.incentives.achievements import service, standings
from omneo_api.incentives.achievements.definitions import achievement_definitions
from omneo_api.incentives.achievements.models import AchievementDefinition, AchievementPoint, AchievementProgress
from omneo_api.incentives.achievements.schemas import (
    AchievementPointBody,
    AchievementPointRead,
    BatchCount,
    ProfileAchievementRead,
)
from omneo_api.platform.batches.service import batch_body, envelope_schema, queue, queued
from omneo_api.profiles.regions.models import ProfileRegion
from omneo_api.profiles.scope import alive, of_profile

routes = Routes("Achievements")
batches = Routes("Achievements")
EXAMPLE = {"definition_id": 2, "count": 1, "meta": {"manual": True}}

NOBODY, STALE = 0, 2
_OWNER = bindparam("owner", type_=UUID(as_uuid=True))
_DEFINITION = bindparam("definition", type_=BigInteger)

listing = Listing(
    ProfileAchievementRead,
    AchievementDefinition,
    extra={
        "starts_at": Filter(path=("starts_at",)),
        "ends_at": Filter(path=("ends_at",)),
        "meta": Filter(path=("meta",)),
    },
    search=("name", "handle"),
)
points = Reader(Listing(AchievementPointRead, AchievementPoint, order=("-issued_at", "-id")))


# Which definitions a profile is shown ---------------------------------------------------------------------------------


def _begun(definition: Any) -> Any:
    return exists(
        select(lit(1)).where(
            AchievementProgress.tenant_id == definition.tenant_id,
            AchievementProgress.definition_id == definition.id,
            AchievementProgress.profile_id == _OWNER,
        )
    )


def _offered(definition: Any) -> Any:
    """Published ones of the profile's region or of none, and any that it has begun."""
    region = select(ProfileRegion.region_id).where(ProfileRegion.profile_id == _OWNER, ProfileRegion.is_active)
    here = or_(definition.region_id.is_(None), definition.region_id == region.scalar_subquery())
    return or_(and_(definition.is_published, here), _begun(definition))


def _shown_to_customers(definition: Any) -> Any:
    """Not those of the system, and the hidden ones only when they were begun."""
    option = func.coalesce(definition.display_option, lit("visible"))
    return and_(option != lit("internal"), or_(option != lit("hidden"), _begun(definition)))


def _the_one(definition: Any) -> Any:
    return definition.id == _DEFINITION


class _State:
    """A column that says whether the profile exists, and whether what is stored of it is what it has become."""

    def label(self, name: str) -> Any:
        progress, definition = aliased(AchievementProgress), aliased(AchievementDefinition)
        stale = exists(
            select(lit(1))
            .select_from(progress)
            .join(
                definition,
                and_(definition.tenant_id == progress.tenant_id, definition.id == progress.definition_id),
            )
            .where(
                progress.profile_id == _OWNER,
                or_(progress.due_at <= func.omneo_now(), progress.revision != definition.revision),
            )
        )
        return cast(case((~alive(), lit(NOBODY)), (stale, lit(STALE)), else_=lit(1)), Integer).label(name)


_STATE = _State()


async def _read(session: Any, call: Call, owner: Owner, *conditions: Any, **values: Any) -> str:
    """The profile's achievements as JSON text: one statement, unless time has changed what is stored.

    Then what they have become is worked out and put in the place of what is stored; reading never writes.
    Raises: NotFound, BadRequest, Invalid.
    """
    query = listing.parse(call.query)
    scope = (_shown_to_customers, *conditions) if call.who.kind == "id" else conditions
    statement = listing.statement(query.form, scope, _STATE, paged=False)
    bound = {**query.values(), **values, "owner": owner.id}
    row = await session.row(statement, **bound, overrides=None)
    if row.found == NOBODY:
        raise NotFound
    if row.found == STALE:
        now = standings.overrides(await standings.overdue(session, owner.id, session.now))
        row = await session.row(statement, **bound, overrides=json_text(now).decode())
    return str(row.data)


@routes.get("/achievements", "read-profiles", listing=listing, envelope="list", answers=ProfileAchievementRead)
async def browse(session: Any, call: Call, owner: Owner) -> Answer:
    """List the achievements that a profile can earn or has begun, with its progress."""
    return one(await _read(session, call, owner, _offered))


@routes.post("/achievements", "update-profiles", answers=AchievementPointRead, example=EXAMPLE)
async def create(session: Any, call: Call, owner: Owner, body: AchievementPointBody) -> Answer:
    """Count for an achievement; the answer is the count, not the progress."""
    customer = call.who.kind == "id"
    identifier = await service.add(session, owner.id, body, shown_only=customer)
    return created(await points.text(session, identifier))


@routes.get("/achievements/{definition}", "read-profiles", answers=ProfileAchievementRead)
async def show(session: Any, call: Call, owner: Owner, definition: str) -> Answer:
    """Read one achievement with the profile's progress."""
    identifier = await _identifier(session, definition)
    found = await _read(session, call, owner, _the_one, definition=identifier)
    if found == "[]":
        raise NotFound
    return one(found.strip()[1:-1])


@routes.get(
    "/achievements/{definition}/achievement-points",
    "read-profiles",
    listing=points.listing,
    envelope="page",
    answers=AchievementPointRead,
)
async def browse_points(session: Any, call: Call, owner: Owner, definition: str) -> Answer:
    """List what a profile counted for one achievement, newest first."""
    identifier = await _identifier(session, definition)
    known = _known_to_customers if call.who.kind == "id" else _known
    return await points.browse(session, call, Owner(owner.id, known), scope=(_of_definition,), definition=identifier)


async def _identifier(session: Any, definition: str) -> int:
    """The id that a path segment names, a handle looked up. Raises: NotFound."""
    column, value = achievement_definitions.reader.address(definition)
    if column is None:
        return int(value)
    found = await service.find_definition(session, value)
    if found is None:
        raise NotFound
    return found


def _of_definition(point: Any) -> Any:
    return point.definition_id == _DEFINITION


def _live_definition(*conditions: Any) -> Any:
    found = aliased(AchievementDefinition)
    return exists(
        select(lit(1)).where(
            found.id == _DEFINITION, found.deleted_at.is_(None), *(condition(found) for condition in conditions)
        )
    )


@lru_cache
def _known() -> Any:
    """The profile and the definition exist."""
    return and_(alive(), _live_definition())


@lru_cache
def _known_to_customers() -> Any:
    return and_(alive(), _live_definition(_shown_to_customers))


@batches.post(
    "/profile/achievements/batch.json",
    "update-profiles",
    envelope="bare",
    success=200,
    permission="update",
    aliases=("/profile/achievements/batch",),
    body=envelope_schema("achievements", BatchCount),
    example={"achievements": [{"profile_id": "0b7d1f7e-3a55-4d8e-9d0e-2f1c6a9b7710", **EXAMPLE}]},
)
async def batch(session: Any, call: Call) -> Answer:
    """Queue up to 1000 counts to be applied one by one."""
    asked = batch_body(call.body, "achievements", partial(BatchCount))
    return queued(await queue(session, "achievement", asked.rows, asked.import_job_id))


def operations() -> list[Operation]:
    return [*batches.mounted(), *routes.mounted("/profiles/{profile}", owner=of_profile)]
