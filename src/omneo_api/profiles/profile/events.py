"""What the world hears of a profile (automation 2, 3.2)."""

import uuid
from collections.abc import Mapping
from typing import Any

import orjson
from pydantic import BaseModel
from sqlalchemy import JSON, Text, bindparam, cast, func, select
from sqlalchemy.dialects.postgresql import UUID

from omneo_api.configuration.detaching import told_of
from omneo_api.foundation.models import lit
from omneo_api.foundation.outbox import Context
from omneo_api.foundation.render import one_json, rows_json
from omneo_api.foundation.statements import Statement
from omneo_api.profiles.profile.models import Profile
from omneo_api.profiles.profile.schemas import ProfileContext

PROFILE_ID = bindparam("id", type_=UUID(as_uuid=True))
_CONTEXT = Statement(lambda: one_json(rows_json(ProfileContext, Profile).where(Profile.id == PROFILE_ID)))
_LISTENED_TO = Statement("SELECT EXISTS (SELECT 1 FROM subscriptions WHERE event = :event::text)")
_TAGGED = Statement(
    "SELECT id FROM profiles WHERE :key::text = ANY (tags) AND deleted_at IS NULL ORDER BY id FOR UPDATE"
)
_IN_REGION = Statement(
    "SELECT id FROM profiles p WHERE p.deleted_at IS NULL AND EXISTS (SELECT 1 FROM profile_regions r"
    " WHERE r.profile_id = p.id AND r.region_id = :key::bigint) ORDER BY id FOR UPDATE OF p"
)
_TOUCH = Statement("UPDATE profiles SET updated_at = omneo_now() WHERE id = :id::uuid")


def whole_profile() -> Any:
    inner = rows_json(ProfileContext, Profile).where(Profile.id == PROFILE_ID).subquery()
    return select(func.row_to_json(inner.table_valued())).scalar_subquery()


def _attribute_context() -> Any:
    def given(name: str, kind: Any = Text) -> Any:
        return cast(bindparam(name, type_=Text), kind)

    return select(
        cast(
            func.json_build_object(
                lit("profile_id"),
                PROFILE_ID,
                lit("profile"),
                whole_profile(),
                lit("type"),
                given("type"),
                lit("namespace"),
                given("namespace"),
                lit("handle"),
                given("handle"),
                lit("value"),
                given("value", JSON),
                lit("old_value"),
                given("old_value", JSON),
                lit("attributes"),
                given("attributes", JSON),
            ),
            Text,
        )
    )


_ATTRIBUTE = Statement(_attribute_context)


def context_of(profile_id: uuid.UUID) -> Context:
    """The whole profile as it stands when the transaction ends."""
    return Context(_CONTEXT, {"id": profile_id})


async def state_of(session: Any, profile_id: uuid.UUID) -> str:
    """The whole profile as it stands now, as JSON text."""
    text: str = await session.value(_CONTEXT, id=profile_id)
    return text


async def listened_to(session: Any, event: str) -> bool:
    """Whether anybody subscribes to the event: a snapshot of the state before a change is only made for somebody."""
    found: bool = await session.value(_LISTENED_TO, event=event)
    return found


def emit(session: Any, name: str, profile_id: uuid.UUID, context: Context | None = None) -> None:
    session.outbox.emit(name, "profile", profile_id, context or context_of(profile_id), profile_id)


async def touched(session: Any, profile_id: uuid.UUID, *, announced: bool = True) -> None:
    """Notes that something a profile shows has changed; `announced` changes are `profile.updated` too."""
    await session.execute(_TOUCH, id=profile_id)
    if announced:
        emit(session, "profile.updated", profile_id)


@told_of("tags")
async def _untagged(session: Any, handle: str) -> None:
    for row in await session.rows(_TAGGED, key=handle):
        emit(session, "profile.updated", row.id)


@told_of("regions")
async def _unplaced(session: Any, region_id: int) -> None:
    for row in await session.rows(_IN_REGION, key=region_id):
        await touched(session, row.id)


def attribute_updated(
    session: Any,
    profile_id: uuid.UUID,
    kind: str,
    *,
    namespace: str | None = None,
    handle: str | None = None,
    value: Any = None,
    old_value: Any = None,
    attributes: Mapping[str, Any] | None = None,
) -> None:
    """`profile-attribute.updated`: one custom attribute or date, or what changed of comms or appearance."""
    values = {
        "id": profile_id,
        "type": kind,
        "namespace": namespace,
        "handle": handle,
        "value": _text(value),
        "old_value": _text(old_value),
        "attributes": _text(attributes),
    }
    entity = ":".join(part for part in (str(profile_id), kind, namespace, handle) if part is not None)
    session.outbox.emit(
        "profile-attribute.updated", "profile-attribute", entity, Context(_ATTRIBUTE, values), profile_id
    )


def _text(value: Any) -> str:
    return orjson.dumps(value, default=_plain, option=orjson.OPT_NON_STR_KEYS).decode()


def _plain(value: Any) -> Any:
    return value.model_dump(mode="json") if isinstance(value, BaseModel) else str(value)


def with_changes(state: str, changes: Mapping[str, Any]) -> str:
    """A snapshot with the incoming values that differ from it under `changes`."""
    return state[:-1] + ',"changes":' + _text(dict(changes)) + "}"
