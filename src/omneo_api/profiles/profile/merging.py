"""Making one profile of two (profiles 3.3).

Both rows are locked in the order of their ids. What other domains keep under a profile's id moves with it: every
table that refers to profiles and may change is found by its foreign keys, so a new table cannot be forgotten. The
tables that need more than a new id have their own statements here, or in their domain's service.
"""

import uuid
from collections.abc import Sequence
from functools import cache
from typing import Any

import orjson
from psycopg.errors import UniqueViolation
from sqlalchemy import Text, bindparam, cast, func, select

from omneo_api.foundation.errors import Invalid
from omneo_api.foundation.models import Base, Tenanted, lit
from omneo_api.foundation.outbox import Context
from omneo_api.foundation.statements import Statement
from omneo_api.incentives import merging as incentives
from omneo_api.lists import service as lists
from omneo_api.profiles.aggregations import service as aggregations
from omneo_api.profiles.appearance.models import FIELDS
from omneo_api.profiles.comms.models import FLAGS, VERIFIED
from omneo_api.profiles.profile import events, service
from omneo_api.profiles.profile.checking import UNKNOWN
from omneo_api.profiles.profile.models import Profile
from omneo_api.profiles.scope import lock_profile

FILLED = (
    "title",
    "first_name",
    "last_name",
    "email",
    "gender",
    "currency",
    "secondary_phone",
    "company",
    "occupation",
    "avatar_url",
    "joined_location_id",
    "preferred_location_id",
    "joined_staff_id",
    "preferred_staff_id",
)
MOBILE = ("mobile_phone", "mobile_phone_country", "mobile_phone_national", "mobile_phone_national_prefix")
BIRTH = ("birth_day", "birth_month", "birth_year")
OWN = frozenset(
    {
        "identities",
        "profile_addresses",
        "profile_comms",
        "profile_appearances",
        "profile_dates",
        "custom_attributes",
        "profile_regions",
        "profile_statuses",
        "profile_normal_hours",
        "profile_searches",
        "profile_aggregations",
        "connections",
        "rewards",
        "points",
        "credits",
        "benefits",
        "lot_deadlines",
        "redemption_states",
        "tier_points",
        "tier_standings",
        "achievement_progress",
        "achievement_points",
        "achievement_unlocks",
        "product_lists",
    }
)
"""Tables with rules of their own."""
STAFF_COLUMNS = ("staff_id", "joined_staff_id", "preferred_staff_id")


def _coalesced(table: str, columns: Sequence[str]) -> str:
    taken = ", ".join(f"{name} = coalesce(w.{name}, l.{name})" for name in columns)
    verified = "".join(
        f", {name}_verification = CASE WHEN w.{name}_verification = 'not_sent' THEN l.{name}_verification"
        f" ELSE w.{name}_verification END"
        for name in VERIFIED
        if table == "profile_comms"
    )
    return f"""
        UPDATE {table} w SET {taken}{verified}, updated_at = omneo_now() FROM {table} l
        WHERE l.tenant_id = w.tenant_id AND w.profile_id = :winner::uuid AND l.profile_id = :loser::uuid
    """


def _one_row(table: str, columns: Sequence[str]) -> tuple[str, ...]:
    return (
        _coalesced(table, columns),
        f"""
        DELETE FROM {table} l WHERE l.profile_id = :loser::uuid
            AND EXISTS (SELECT 1 FROM {table} w WHERE w.profile_id = :winner::uuid)
        """,
        f"UPDATE {table} SET profile_id = :winner::uuid WHERE profile_id = :loser::uuid",
    )


def _keyed(table: str, *keys: str) -> tuple[str, ...]:
    same = " AND ".join(f"w.{key} = l.{key}" for key in keys)
    return (
        f"""
        DELETE FROM {table} l WHERE l.profile_id = :loser::uuid
            AND EXISTS (SELECT 1 FROM {table} w WHERE w.profile_id = :winner::uuid AND {same})
        """,
        f"UPDATE {table} SET profile_id = :winner::uuid WHERE profile_id = :loser::uuid",
    )


_COMMS = (*FLAGS, "email_consent_updated_at", "sms_consent_updated_at", "terms_accepted_at", "terms_accepted_version")
_STEPS = (
    # A moved identity remembers where it came from; the winner's primary stays.
    """
    UPDATE identities SET profile_id = :winner::uuid, merged_from = :loser::uuid, updated_at = omneo_now(),
           is_primary = is_primary AND NOT EXISTS
               (SELECT 1 FROM identities w WHERE w.profile_id = :winner::uuid AND w.is_primary)
    WHERE profile_id = :loser::uuid
    """,
    """
    UPDATE profile_addresses a SET profile_id = :winner::uuid, updated_at = omneo_now(),
           is_default = is_default AND NOT EXISTS
               (SELECT 1 FROM profile_addresses w WHERE w.profile_id = :winner::uuid AND w.is_default),
           external_id = CASE WHEN EXISTS (SELECT 1 FROM profile_addresses w WHERE w.profile_id = :winner::uuid
                                           AND w.external_id = a.external_id) THEN NULL ELSE external_id END
    WHERE profile_id = :loser::uuid
    """,
    *_one_row("profile_comms", _COMMS),
    *_one_row("profile_appearances", FIELDS),
    *_keyed("profile_dates", "handle", "relationship_key"),
    *_keyed("custom_attributes", "namespace", "handle"),
    _keyed("profile_regions", "region_id")[0],
    """
    UPDATE profile_regions SET profile_id = :winner::uuid, is_active = is_active AND NOT EXISTS
           (SELECT 1 FROM profile_regions w WHERE w.profile_id = :winner::uuid AND w.is_active)
    WHERE profile_id = :loser::uuid
    """,
    """
    UPDATE profile_statuses l SET removed_at = omneo_now() WHERE l.profile_id = :loser::uuid AND l.removed_at IS NULL
       AND EXISTS (SELECT 1 FROM profile_statuses w WHERE w.profile_id = :winner::uuid
                   AND w.status_id = l.status_id AND w.removed_at IS NULL)
    """,
    "UPDATE profile_statuses SET profile_id = :winner::uuid WHERE profile_id = :loser::uuid",
    *_keyed("profile_normal_hours", "day_of_week"),
    """
    DELETE FROM custom_fields l WHERE l.owner_type = 'profile' AND l.owner_id = :loser::text AND EXISTS
        (SELECT 1 FROM custom_fields w WHERE w.owner_type = 'profile' AND w.owner_id = :winner::text
         AND w.namespace = l.namespace AND w.handle = l.handle)
    """,
    "UPDATE custom_fields SET owner_id = :winner::text WHERE owner_type = 'profile' AND owner_id = :loser::text",
    # Connections between the two vanish, and so does a moved one that equals one of the winner's.
    """
    UPDATE connections SET deleted_at = omneo_now() WHERE deleted_at IS NULL
       AND (connector_id, connected_id) IN ((:loser::uuid, :winner::uuid), (:winner::uuid, :loser::uuid))
    """,
    """
    UPDATE connections l SET deleted_at = omneo_now()
    WHERE l.deleted_at IS NULL AND (l.connector_id = :loser::uuid OR l.connected_id = :loser::uuid)
      AND l.status NOT IN ('rejected', 'archived', 'break') AND l.ended_at IS NULL AND EXISTS (
        SELECT 1 FROM connections w
        WHERE w.definition_id = l.definition_id AND w.deleted_at IS NULL AND w.id <> l.id
          AND w.status NOT IN ('rejected', 'archived', 'break') AND w.ended_at IS NULL
          AND (w.connector_id = :winner::uuid AND l.connector_id = :loser::uuid AND w.connected_id = l.connected_id
               OR w.connected_id = :winner::uuid AND l.connected_id = :loser::uuid AND w.connector_id = l.connector_id
               OR l.is_mutual AND (
                   w.connector_id = :winner::uuid AND l.connected_id = :loser::uuid AND w.connected_id = l.connector_id
                   OR w.connected_id = :winner::uuid AND l.connector_id = :loser::uuid
                      AND w.connector_id = l.connected_id)))
    """,
    """
    UPDATE connections l SET connector_id = :winner::uuid,
           is_primary = is_primary AND NOT EXISTS (SELECT 1 FROM connections w WHERE w.connector_id = :winner::uuid
               AND w.definition_id = l.definition_id AND w.is_primary AND w.deleted_at IS NULL),
           is_default = is_default AND NOT EXISTS (SELECT 1 FROM connections w WHERE w.connector_id = :winner::uuid
               AND w.definition_id = l.definition_id AND w.is_default AND w.deleted_at IS NULL)
    WHERE connector_id = :loser::uuid
    """,
    "UPDATE connections SET connected_id = :winner::uuid WHERE connected_id = :loser::uuid",
    "DELETE FROM profile_aggregations WHERE profile_id = :loser::uuid",
)
_RUN = tuple(Statement(step) for step in _STEPS)


@cache
def _moved() -> tuple[tuple[str, str, Statement], ...]:
    """(table, column, statement) of everything else that names a profile and may change."""
    found: list[tuple[str, str, Statement]] = []
    for mapper in sorted(Base.registry.mappers, key=lambda mapper: str(mapper.local_table)):
        model: Any = mapper.class_
        table: Any = mapper.local_table
        if not issubclass(model, Tenanted) or model.insert_only:
            continue
        owned = {
            column
            for rule in table.foreign_key_constraints
            if rule.referred_table.name == "profiles"
            for column in rule.column_keys
            if column != "tenant_id"
        }
        columns = (owned if table.name not in OWN else set()) | {name for name in STAFF_COLUMNS if name in table.c}
        for column in sorted(columns):
            moved = ", updated_at = omneo_now()" if "updated_at" in table.c else ""
            sql = f"UPDATE {table.name} SET {column} = :winner::uuid{moved} WHERE {column} = :loser::uuid"
            found.append((str(table.name), column, Statement(sql)))
    return tuple(found)


async def merge(session: Any, source_id: uuid.UUID, destination_id: uuid.UUID) -> None:
    """Moves everything of the source (the loser) to the destination (the winner) and deletes the source.

    Raises: Invalid for equal ids, NotFound when one of them is not a live profile.
    """
    if source_id == destination_id:
        raise Invalid.field("source_profile_id", "The source and destination profiles must be different.")
    rows = {profile_id: await lock_profile(session, profile_id) for profile_id in sorted((source_id, destination_id))}
    loser, winner = rows[source_id], rows[destination_id]
    ids = {"loser": source_id, "winner": destination_id}
    await incentives.merge(session, source_id, destination_id)
    await lists.merge(session, source_id, destination_id)
    for statement in _RUN:
        await session.execute(statement, **ids)
    for table, column, statement in _moved():
        await _move(session, table, column, statement, ids)
    await service.mark_deleted(session, loser)
    changes = filled(winner, loser)
    await session.update(Profile, {"id": destination_id}, {**changes, "updated_at": session.now})
    await aggregations.recalculate(session, destination_id)
    await incentives.settle(session, destination_id)
    old = {name: getattr(winner, name) for name in changes}
    session.outbox.audit("updated", "Profile", None, old, {**changes, "merged_profile_id": source_id}, destination_id)
    gone = {"email": loser.email, "profile_type": loser.profile_type}
    session.outbox.audit("deleted", "Profile", None, gone, None, source_id)
    _emit(session, loser, destination_id)


def filled(winner: Any, loser: Any) -> dict[str, Any]:
    """What the winner takes over: values that it lacks, and tags."""
    changes = {
        name: getattr(loser, name)
        for name in FILLED
        if getattr(winner, name) in (None, UNKNOWN) and getattr(loser, name) not in (None, UNKNOWN)
    }
    for names in (MOBILE, BIRTH):
        if all(getattr(winner, name) is None for name in names):
            changes |= {name: getattr(loser, name) for name in names if getattr(loser, name) is not None}
    tags = list(dict.fromkeys([*winner.tags, *loser.tags]))
    if tags != winner.tags:
        changes["tags"] = tags
    return changes


async def _move(session: Any, table: str, column: str, statement: Statement, ids: dict[str, Any]) -> None:
    """Moves a table's rows; a row that the winner already has in the same place vanishes."""
    try:
        async with session.savepoint():
            await session.execute(statement, **ids)
    except UniqueViolation:
        one_by_one = Statement(f"SELECT id FROM {table} WHERE {column} = :loser::uuid ORDER BY id")
        move = Statement(f"UPDATE {table} SET {column} = :winner::uuid WHERE id = :row::bigint")
        drop = Statement(f"DELETE FROM {table} WHERE id = :row::bigint")
        for row in await session.rows(one_by_one, loser=ids["loser"]):
            try:
                async with session.savepoint():
                    await session.execute(move, winner=ids["winner"], row=row.id)
            except UniqueViolation:
                await session.execute(drop, row=row.id)


def _context() -> Any:
    whole = cast(events.whole_profile(), Text)
    profile = select(whole.label("text")).subquery()
    extra = cast(bindparam("extra", type_=Text), Text)
    text = func.concat(func.left(profile.c.text, lit(-1)), lit(',"profile":'), profile.c.text, extra)
    return select(text)


_MERGED = Statement(_context)


def _emit(session: Any, loser: Any, winner: uuid.UUID) -> None:
    short = {name: getattr(loser, name) for name in ("id", "email", "first_name", "last_name")}
    extra = {
        "source_profile_id": loser.id,
        "destination_profile_id": winner,
        "merged_profile_id": loser.id,
        "merged_profile": short,
    }
    text = "," + orjson.dumps(extra, default=str).decode()[1:]
    session.outbox.emit("profile.merged", "profile", winner, Context(_MERGED, {"id": winner, "extra": text}), winner)
