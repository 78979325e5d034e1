"""`POST /{rewards, points, credits, redemptions}/batch.json`: creates and spendings, row by row (platform file B2).

The shapes of the rows are checked at once; whatever needs data is found out when a row is applied, and fails that row.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from omneo_api.foundation import fields
from omneo_api.foundation.calls import Answer, Call
from omneo_api.foundation.errors import Invalid, NotFound, selected_is_invalid
from omneo_api.foundation.fields import sent, validate
from omneo_api.foundation.operations import Operation, Routes
from omneo_api.incentives.credits.schemas import CreditBody
from omneo_api.incentives.credits.service import create as create_credit
from omneo_api.incentives.inputs import Named, with_profile
from omneo_api.incentives.points.schemas import PointBody
from omneo_api.incentives.points.service import create as create_points
from omneo_api.incentives.redemptions.schemas import RedeemBody
from omneo_api.incentives.redemptions.service import redeem
from omneo_api.incentives.rewards.schemas import RewardBody
from omneo_api.incentives.rewards.service import create as create_reward
from omneo_api.platform.batches.service import BatchRun, batch_body, envelope_schema, processor, queue, queued

PROFILE = "0b7d1f7e-3a55-4d8e-9d0e-2f1c6a9b7710"


class BatchReward(Named, RewardBody):
    profile_id: fields.Text | None = None  # type: ignore[assignment]


class BatchPoint(Named, PointBody):
    profile_id: fields.Text | None = None  # type: ignore[assignment]


class BatchCredit(Named, CreditBody):
    profile_id: fields.Text | None = None  # type: ignore[assignment]


class BatchRedemption(Named, RedeemBody):
    """A spending with the profile that spends."""


class OwnedRedeem(RedeemBody):
    profile_id: fields.Uuid


async def _reward(session: Any, row: dict[str, Any]) -> int:
    body = validate(RewardBody, row)
    return await create_reward(session, body.profile_id, body)


async def _points(session: Any, row: dict[str, Any]) -> int:
    body = validate(PointBody, row)
    return await create_points(session, body.profile_id, body)


async def _credit(session: Any, row: dict[str, Any]) -> int:
    body = validate(CreditBody, row)
    return await create_credit(session, None, sent(body), body)


async def _redemption(session: Any, row: dict[str, Any]) -> int:
    body = validate(OwnedRedeem, row)
    try:
        return await redeem(session, body.profile_id, body)
    except NotFound:
        raise Invalid.field("profile_id", selected_is_invalid("profile_id")) from None


@dataclass(frozen=True, slots=True)
class Family:
    """One address: what its rows are, how one is applied, and who may send them."""

    plural: str
    entity: str
    scope: str
    row: type[fields.Body]
    apply: Callable[[Any, dict[str, Any]], Awaitable[int]]
    example: dict[str, Any]


FAMILIES = (
    Family(
        "rewards",
        "reward",
        "create-rewards",
        BatchReward,
        _reward,
        {
            "profile_id": PROFILE,
            "timezone": "Australia/Melbourne",
            "reward_definition_handle": "birthday-20",
            "external_id": "CRM-88",
        },
    ),
    Family(
        "points",
        "point",
        "create-points",
        BatchPoint,
        _points,
        {"profile_id": "ana@example.com", "profile_id_handle": "email", "point_definition_id": 1, "value_initial": 150},
    ),
    Family(
        "credits",
        "credit",
        "create-rewards",
        BatchCredit,
        _credit,
        {"credit_definition_handle": "gift-card", "value_initial": 100, "recipient_email": "sam@example.com"},
    ),
    Family(
        "redemptions",
        "redemption",
        "redeem-strategy",
        BatchRedemption,
        _redemption,
        {"profile_id": PROFILE, "amount": 30, "strict": True, "transaction_external_id": "T-1002"},
    ),
)
routes = Routes("Incentives in batches")


def _add(family: Family) -> None:
    @processor(family.entity)
    async def apply(session: Any, row: dict[str, Any], batch: BatchRun) -> tuple[int, str | None]:
        del batch
        body = await with_profile(session, row)
        external_id: str | None = getattr(validate(family.row, row), "external_id", None)
        return await family.apply(session, body), external_id

    async def create_many(session: Any, call: Call) -> Answer:
        asked = batch_body(call.body, family.plural, family.row)
        return queued(await queue(session, family.entity, asked.rows, asked.import_job_id))

    routes.add(
        "POST",
        f"/{family.plural}/batch.json",
        create_many,
        family.scope,
        summary=f"Queue up to 1000 {family.plural}, one by one",
        tag=family.plural.title(),
        envelope="bare",
        success=200,
        aliases=(f"/{family.plural}/batch",),
        body=envelope_schema(family.plural, family.row),
        example={family.plural: [family.example]},
    )


for _family in FAMILIES:
    _add(_family)


def operations() -> list[Operation]:
    return routes.mounted()
