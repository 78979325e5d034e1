"""`/rewards` and `/profiles/{profile}/rewards` (incentives-value 3.2)."""

from typing import Any

from sqlalchemy import ARRAY, BigInteger, any_, bindparam, select

from omneo_api.foundation.calls import NO_CONTENT, Answer, Call, Owner, created, one
from omneo_api.foundation.errors import Invalid, NotFound
from omneo_api.foundation.fields import sent, validate
from omneo_api.foundation.operations import Operation, Routes
from omneo_api.foundation.query import Filter, Listing
from omneo_api.foundation.reading import Reader
from omneo_api.foundation.render import list_json, rows_json
from omneo_api.foundation.statements import Statement
from omneo_api.incentives.rewards import service
from omneo_api.incentives.rewards.models import Reward
from omneo_api.incentives.rewards.schemas import ExtendBody, OwnRewardBody, RewardBody, RewardRead, RewardUpdate
from omneo_api.profiles.scope import of_profile, require_profile

listing = Listing(
    RewardRead,
    Reward,
    extra={
        "external_code": Filter(path=("external_id",)),
        "reward_definition_id": Filter(path=("reward_definition_id",)),
        "earn_instructions": Filter(path=("definition", "earn_instructions")),
        "definition.id": Filter(path=("definition", "id")),
        "definition.handle": Filter(path=("definition", "handle")),
        "definition.type": Filter(path=("definition", "type")),
        "definition.name": Filter(path=("definition", "name")),
        "meta": Filter(path=("meta",)),
    },
)
reader = Reader(listing)
routes = Routes("Rewards")
own = Routes("Rewards")
EXAMPLE = {"profile_id": "0b7d1f7e-3a55-4d8e-9d0e-2f1c6a9b7710", "timezone": "Australia/Melbourne"}
KINDS = {"issue": "issue", "expiry": "expiry", "remind": "expiry", "extend": "extend"}

_MANY = Statement(
    lambda: select(
        list_json(
            rows_json(RewardRead, Reward)
            .where(Reward.id == any_(bindparam("ids", type_=ARRAY(BigInteger))))
            .order_by(Reward.id)
        )
    )
)


@routes.get("/rewards", "read-rewards", listing=listing, envelope="page", answers=RewardRead)
async def browse(session: Any, call: Call, owner: Owner) -> Answer:
    """List rewards, expired and spent ones too."""
    return await reader.browse(session, call, owner)


@routes.post(
    "/rewards",
    "create-rewards",
    answers=RewardRead,
    example={**EXAMPLE, "reward_definition_handle": "birthday-20"},
)
async def create(session: Any, body: RewardBody) -> Answer:
    """Issue a reward."""
    return created(await reader.text(session, await service.create(session, body.profile_id, body)))


@own.post(
    "/rewards",
    "create-rewards",
    answers=RewardRead,
    example={"timezone": "Australia/Melbourne", "reward_definition_handle": "birthday-20"},
)
async def create_own(session: Any, owner: Owner, body: OwnRewardBody) -> Answer:
    """Issue a reward to the profile."""
    await require_profile(session, owner.id)
    return created(await reader.text(session, await service.create(session, owner.id, body)))


@routes.post("/rewards/extend", "update-rewards", answers=RewardRead, envelope="list", success=200, permission="update")
async def extend(session: Any, call: Call) -> Answer:
    """Extend rewards that have not been extended yet."""
    body = validate(ExtendBody, extension(call))
    extended = await service.extend(session, body.profile_id, body.ids, body.extend_days, body.extend_date)
    return one(await session.value(_MANY, ids=extended))


def extension(call: Call) -> dict[str, Any]:
    """The body of an extension, its keys taken from the query where the body has none; ids also as a comma list."""
    asked = {**call.query, **call.body}
    ids = asked.get("ids")
    if isinstance(ids, dict):
        ids = list(ids.values())
    if isinstance(ids, str):
        ids = [part.strip() for part in ids.split(",") if part.strip()]
    return {**asked, "ids": ids}


@routes.get("/rewards/{reward}", "read-rewards", answers=RewardRead)
async def show(session: Any, call: Call, owner: Owner, reward: int) -> Answer:
    """Read a reward."""
    return await reader.show(session, call, reward, owner)


@routes.put("/rewards/{reward}", "update-rewards", answers=RewardRead)
async def update(session: Any, owner: Owner, body: RewardUpdate, reward: int) -> Answer:
    """Adjust a reward by hand."""
    await service.adjust(session, reward, owner.id, sent(body))
    return one(await reader.text(session, reward))


@routes.delete("/rewards/{reward}", "delete-rewards", envelope="none")
async def remove(session: Any, owner: Owner, reward: int) -> Answer:
    """Delete a reward; what remained leaves the balance."""
    await service.remove(session, reward, owner.id)
    return NO_CONTENT


@routes.get(
    "/rewards/{reward}/trigger-target/{type}",
    "update-rewards",
    envelope="none",
    success=204,
    reads=False,
    permission="update",
)
async def trigger_target(session: Any, reward: int, type: str) -> Answer:
    """Send a reward's notification again, now."""
    if type not in KINDS:
        raise NotFound
    if not await service.trigger_target(session, reward, KINDS[type]):
        raise Invalid.field("type", f"The reward definition has no {KINDS[type]} target.")
    return NO_CONTENT


def operations() -> list[Operation]:
    """The global family, and the same below a profile without extension and targets."""
    below = [
        (method, path)
        for method, path in (
            ("GET", "/rewards"),
            ("GET", "/rewards/{reward}"),
            ("PUT", "/rewards/{reward}"),
            ("DELETE", "/rewards/{reward}"),
        )
    ]
    return [
        *routes.mounted(),
        *routes.mounted("/profiles/{profile}", owner=of_profile, only=below),
        *own.mounted("/profiles/{profile}", owner=of_profile),
    ]
