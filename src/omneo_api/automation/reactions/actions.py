"""The types of action that are made here: one function each (automation 6.3)."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import bindparam

from omneo_api.automation import json_logic
from omneo_api.automation.actions.types import ActionFailed, Outcome, Step, action
from omneo_api.automation.reactions import rates, sources
from omneo_api.commerce.rates import service as rate_service
from omneo_api.commerce.transactions import service as sales
from omneo_api.foundation import fields
from omneo_api.foundation.render import one_json, rows_json
from omneo_api.foundation.statements import Statement
from omneo_api.incentives.achievements import service as achievements
from omneo_api.incentives.achievements.models import AchievementPoint
from omneo_api.incentives.achievements.schemas import AchievementPointBody, AchievementPointRead
from omneo_api.incentives.points import earning
from omneo_api.incentives.points import service as points
from omneo_api.incentives.points.models import Point
from omneo_api.incentives.points.schemas import PointBody, PointRead
from omneo_api.incentives.rewards import service as rewards
from omneo_api.incentives.rewards.models import Reward
from omneo_api.incentives.rewards.schemas import RewardBody, RewardRead
from omneo_api.incentives.sources import Source

_REWARD = Statement(lambda: one_json(rows_json(RewardRead, Reward).where(Reward.id == bindparam("id"))))
_ACHIEVEMENT = Statement(
    lambda: one_json(rows_json(AchievementPointRead, AchievementPoint).where(AchievementPoint.id == bindparam("id")))
)
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
    """Awards points to the profile, or takes them when the value is negative

    What a sale or one of its lines earns is as much as is computed last, and is taken back when the sale is voided.
    """
    chosen = reference(step.arguments["definition"])
    kept = ("value_initial", "value_remaining", "issued_at", "expires_at", "description", "meta")
    given = {name: value for name, value in step.arguments.items() if name in kept}
    given["point_definition_id" if isinstance(chosen, int) else "point_definition_handle"] = chosen
    body = fields.validate(PointBody, given)
    body, by_rate = await _rated(step, chosen, body)
    source = sources.source_of(step) or Source(step.owner_type, step.owner_id)
    if body.value_initial == 0 and source.key is None:
        return Outcome.skipped("no points")
    identifier = await step.profile()
    if source.transaction_id is not None:
        if await sources.sale_of(step, source, identifier) is None:
            return Outcome.skipped(sources.GONE)
        if body.value_initial == 0:
            await earning.withdraw(step.session, source)
            return Outcome.skipped("no points")
    linked = await sources.linked_profile(step, identifier)
    made = await earning.earn(step.session, identifier, body, source, by_rate=by_rate, linked_profile_id=linked)
    return Outcome.created("point", made, await step.session.value(_POINT, id=made))


async def _rated(step: Step, chosen: int | str, body: PointBody) -> tuple[PointBody, points.ByRate | None]:
    """The body with its value times the rate that fits the event, and that rate. Raises: ActionFailed, Invalid."""
    if body.value_initial is None or not rates.asked(step):
        return body, None
    definition = await points.find_definition(step.session, chosen)
    if definition is None:
        raise ActionFailed("The selected definition is invalid.")
    found = await rates.chosen(step, definition.handle)
    by_rate = None
    if found is not None:
        by_rate = points.ByRate(found.id, await rate_service.shown(step.session, found), found.issue_period)
    multiplier = rates.multiplier(step, found)
    worth = rate_service.rounded(rate_service.rounded(body.value_initial) * multiplier)
    return body.model_copy(update={"value_initial": worth}), by_rate


@action(
    "achievement.add",
    "profile_id",
    "definition* definition_id achievement_definition_id",
    "count value",
    "issued_at",
    "expires_at",
    "meta",
)
async def achievement_add(step: Step) -> Outcome:
    """Counts for one of the profile's achievements

    A line that counts is marked, so that lines can be filtered by it.
    """
    profile_id = await step.profile()
    found = await achievements.find_definition(step.session, reference(step.arguments["definition"]))
    if found is None:
        raise ActionFailed("The selected definition is invalid.")
    kept = ("count", "issued_at", "expires_at", "meta")
    given = {name: value for name, value in step.arguments.items() if name in kept and value is not None}
    body = fields.validate(AchievementPointBody, {"count": 1, **given, "definition_id": found})
    identifier = await achievements.add(
        step.session, profile_id, body, source_type=step.owner_type, source_id=str(step.owner_id)
    )
    source = sources.source_of(step)
    if source is not None and source.kind == "transaction_item":
        await sales.count_line(step.session, source.id)
    return Outcome.created("achievement", identifier, await step.session.value(_ACHIEVEMENT, id=identifier))


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
