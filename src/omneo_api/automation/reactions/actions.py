"""The types of action that are made here: one function each (automation 6.3)."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import bindparam

from omneo_api.automation import json_logic
from omneo_api.automation.actions.types import ActionFailed, Outcome, Step, action
from omneo_api.automation.reactions import rates
from omneo_api.commerce.rates import service as rate_service
from omneo_api.foundation import fields
from omneo_api.foundation.render import one_json, rows_json
from omneo_api.foundation.statements import Statement
from omneo_api.incentives.points import service as points
from omneo_api.incentives.points.models import Point
from omneo_api.incentives.points.schemas import PointBody, PointRead
from omneo_api.incentives.rewards import service as rewards
from omneo_api.incentives.rewards.models import Reward
from omneo_api.incentives.rewards.schemas import RewardBody, RewardRead

_REWARD = Statement(lambda: one_json(rows_json(RewardRead, Reward).where(Reward.id == bindparam("id"))))
_POINT = Statement(lambda: one_json(rows_json(PointRead, Point).where(Point.id == bindparam("id"))))


@action("filter", "condition")
async def passes(step: Step) -> Outcome:
    """Stops the chain unless a condition holds"""
    passed, error = json_logic.met(step.arguments.get("condition"), step.scope.context, lookup=step.scope.lookup)
    result = {"passed": passed, **({"error": error} if error else {})}
    return Outcome("success" if passed else "stopped", result)


@action(
    "reward.create",
    "profile_id",
    "definition* definition_id definition_handle reward_definition_id reward_definition_handle",
    "value_initial value amount",
    "value_remaining",
    "issued_at",
    "expires_at",
    "timezone",
    "external_id",
    "meta",
)
async def reward_create(step: Step) -> Outcome:
    """Issues a reward to the profile"""
    given = {name: value for name, value in step.arguments.items() if name not in ("definition", "profile_id")}
    body = fields.validate(RewardBody, given)
    identifier = await rewards.issue(
        step.session,
        profile_id=await step.profile(),
        definition=reference(step.arguments["definition"]),
        timezone=body.timezone,
        value_initial=body.value_initial,
        value_remaining=body.value_remaining,
        issued_at=_placed(body.issued_at, body.timezone),
        expires_at=_placed(body.expires_at, body.timezone),
        external_id=body.external_id,
        meta=body.meta,
        source_type=step.owner_type,
        source_id=step.owner_id,
    )
    return Outcome.created("reward", identifier, await step.session.value(_REWARD, id=identifier))


@action(
    "point.create",
    "profile_id",
    "definition* definition_id definition_handle point_definition_id point_definition_handle",
    "value_initial* value points",
    "value_remaining",
    "check_rate",
    "rate",
    "rate_priority",
    "issued_at",
    "expires_at",
    "description",
    "meta",
)
async def point_create(step: Step) -> Outcome:
    """Awards points to the profile, or takes them when the value is negative"""
    chosen = reference(step.arguments["definition"])
    kept = ("value_initial", "value_remaining", "issued_at", "expires_at", "description", "meta")
    given = {name: value for name, value in step.arguments.items() if name in kept}
    given["point_definition_id" if isinstance(chosen, int) else "point_definition_handle"] = chosen
    body = fields.validate(PointBody, given)
    by_rate = None
    if body.value_initial is not None and rates.asked(step):
        definition = await points.find_definition(step.session, chosen)
        if definition is None:
            raise ActionFailed("The selected definition is invalid.")
        found = await rates.chosen(step, definition.handle)
        if found is not None:
            by_rate = points.ByRate(found.id, await rate_service.shown(step.session, found), found.issue_period)
        multiplier = rates.multiplier(step, found)
        worth = rate_service.rounded(rate_service.rounded(body.value_initial) * multiplier)
        body = body.model_copy(update={"value_initial": worth})
    if body.value_initial == 0:
        return Outcome.skipped("no points")
    identifier = await points.create(step.session, await step.profile(), body, by_rate)
    return Outcome.created("point", identifier, await step.session.value(_POINT, id=identifier))


def reference(value: Any) -> int | str:
    """A definition's id or handle as an argument names it. Raises: ActionFailed."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, str) and value.strip():
        value = value.strip()
        return int(value) if value.isascii() and value.isdigit() and len(value) < 19 else value
    if isinstance(value, int) and not isinstance(value, bool) and 0 < value < 2**63:
        return value
    raise ActionFailed("The selected definition is invalid.")


def _placed(moment: datetime | None, zone: str | None) -> datetime | None:
    """A moment without a zone is wall time where the reward is."""
    if moment is None or moment.tzinfo is not None:
        return moment
    return moment.replace(tzinfo=ZoneInfo(zone) if zone else UTC)
