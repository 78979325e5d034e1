"""Erasing persons over HTTP (profiles 1.3, 1.5)."""

from typing import Any

from omneo_api.foundation.calls import NO_CONTENT, Answer, Owner, one
from omneo_api.foundation.operations import Routes
from omneo_api.profiles.erasure import service
from omneo_api.profiles.profile.reading import text_of
from omneo_api.profiles.profile.schemas import ProfileRead

routes = Routes("Profiles")


@routes.delete("/purge", "delete-profiles", envelope="none")
async def purge(session: Any, owner: Owner) -> Answer:
    """Purge a profile: erase the person for good"""
    await service.purge(session, owner.id)
    return NO_CONTENT


@routes.post("/purge", "delete-profiles", envelope="none", success=204)
async def purge_by_post(session: Any, owner: Owner) -> Answer:
    """Purge a profile: erase the person for good"""
    await service.purge(session, owner.id)
    return NO_CONTENT


@routes.post("/depersonalise", "delete-profiles", answers=ProfileRead, success=200)
async def depersonalise(session: Any, owner: Owner) -> Answer:
    """Take the person out of a profile and keep its business"""
    await service.depersonalise(session, owner.id)
    return one(await text_of(session, owner.id))
