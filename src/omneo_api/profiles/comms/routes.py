"""Comms and appearance over HTTP, below one profile (profiles 6, 7)."""

from typing import Any

from sqlalchemy import Text, bindparam, cast, func, select
from sqlalchemy.dialects.postgresql import UUID
from sqlalchemy.orm import aliased

from omneo_api.foundation.calls import Answer, Owner, one
from omneo_api.foundation.errors import NotFound
from omneo_api.foundation.fields import partial, sent
from omneo_api.foundation.models import lit
from omneo_api.foundation.operations import Routes
from omneo_api.foundation.render import EMPTY_LIST, rendered_columns
from omneo_api.foundation.statements import Statement
from omneo_api.profiles.appearance.schemas import AppearanceRead, appearance_of
from omneo_api.profiles.comms import service
from omneo_api.profiles.comms.schemas import CommsRead, comms_of
from omneo_api.profiles.custom_attributes.models import CustomAttribute
from omneo_api.profiles.custom_attributes.schemas import CustomAttributeRead
from omneo_api.profiles.profile.bodies import AppearanceBody, CommsBody
from omneo_api.profiles.profile.events import touched
from omneo_api.profiles.profile.models import Profile
from omneo_api.profiles.profile.schemas import dates_of
from omneo_api.profiles.scope import lock_profile

routes = Routes("Attributes")
CommsUpdate = partial(CommsBody)
AppearanceUpdate = partial(AppearanceBody)


def _custom_of(profile: Any) -> Any:
    row = aliased(CustomAttribute)
    rows = select(*rendered_columns(CustomAttributeRead, row)).where(
        row.tenant_id == profile.tenant_id, row.profile_id == profile.id
    )
    inner = rows.order_by(row.id).correlate(profile).subquery()
    return func.coalesce(select(func.json_agg(inner.table_valued())).scalar_subquery(), EMPTY_LIST)


def _of_profile(shown: Any) -> Any:
    owner = bindparam("id", type_=UUID(as_uuid=True))
    return select(cast(shown(Profile), Text)).where(Profile.id == owner, Profile.deleted_at.is_(None))


def _all(profile: Any) -> Any:
    parts = {"comms": comms_of, "appearance": appearance_of, "dates": dates_of, "custom": _custom_of}
    return func.json_build_object(*(part for name, shown in parts.items() for part in (lit(name), shown(profile))))


_SHOWN = {
    "comms": Statement(lambda: _of_profile(comms_of)),
    "appearance": Statement(lambda: _of_profile(appearance_of)),
    "all": Statement(lambda: _of_profile(_all)),
}


async def _text(session: Any, owner: Owner, kind: str) -> str:
    found: str | None = await session.value(_SHOWN[kind], id=owner.id)
    if found is None:
        raise NotFound
    return found


async def _merge(session: Any, owner: Owner, kind: str, body: Any) -> str:
    await lock_profile(session, owner.id)
    if await service.apply(session, owner.id, kind, sent(body)):
        await touched(session, owner.id, announced=kind == "comms")
    return await _text(session, owner, kind)


@routes.get("/attributes", "read-profiles")
async def show_all(session: Any, owner: Owner) -> Answer:
    """Read all attributes of a profile"""
    return one(await _text(session, owner, "all"))


@routes.get("/attributes/comms", "read-profiles", answers=CommsRead)
async def show_comms(session: Any, owner: Owner) -> Answer:
    """Read which channels and purposes a person accepts"""
    return one(await _text(session, owner, "comms"))


@routes.put("/attributes/comms", "update-profiles", answers=CommsRead, body=CommsUpdate, example={"email_promo": False})
async def update_comms(session: Any, owner: Owner, body: Any) -> Answer:
    """Change which channels and purposes a person accepts"""
    return one(await _merge(session, owner, "comms", body))


@routes.put(
    "/comms",
    "update-profiles",
    envelope="list",
    answers=CommsRead,
    body=CommsUpdate,
    example={"email_optout": False, "email_promo": True},
)
async def update_comms_list(session: Any, owner: Owner, body: Any) -> Answer:
    """Change which channels and purposes a person accepts, answered as an array of one"""
    return one(f"[{await _merge(session, owner, 'comms', body)}]")


@routes.get("/attributes/appearance", "read-profiles", answers=AppearanceRead)
async def show_appearance(session: Any, owner: Owner) -> Answer:
    """Read sizes, measures and looks of a person"""
    return one(await _text(session, owner, "appearance"))


@routes.put(
    "/attributes/appearance",
    "update-profiles",
    answers=AppearanceRead,
    body=AppearanceUpdate,
    example={"size_shoe": "39"},
)
async def update_appearance(session: Any, owner: Owner, body: Any) -> Answer:
    """Change sizes, measures and looks of a person"""
    return one(await _merge(session, owner, "appearance", body))
