"""The types of action that issue and redeem benefits, and extend benefits and rewards (automation 6.3)."""

import uuid
from typing import Any

from sqlalchemy import bindparam

from omneo_api.automation.actions.types import ActionFailed, Outcome, Step, action
from omneo_api.automation.reactions.actions import reference
from omneo_api.foundation import fields
from omneo_api.foundation.render import one_json, rows_json
from omneo_api.foundation.statements import Statement
from omneo_api.incentives.benefits import redeeming
from omneo_api.incentives.benefits import service as benefits
from omneo_api.incentives.benefits.definitions import find_definition
from omneo_api.incentives.benefits.models import Benefit
from omneo_api.incentives.benefits.schemas import BenefitBody, BenefitRead, ExtendBody
from omneo_api.incentives.redemptions.links import attach
from omneo_api.incentives.rewards import service as rewards
from omneo_api.incentives.rewards.schemas import ExtendBody as RewardExtension

_BENEFIT = Statement(lambda: one_json(rows_json(BenefitRead, Benefit).where(Benefit.id == bindparam("id"))))


class RedemptionOfBenefit(fields.Body):
    benefit_id: fields.Int | None = None
    transaction_id: fields.Int | None = None
    meta: fields.Meta | None = None


@action(
    "benefit.create",
    "profile_id",
    "definition* definition_id definition_handle benefit_definition_id benefit_definition_handle",
    "issued_at",
    "expires_at",
    "timezone",
    "value",
    "external_id",
    "meta",
)
async def benefit_create(step: Step) -> Outcome:
    """Issues a benefit to the profile"""
    given = {name: value for name, value in step.arguments.items() if name not in ("definition", "profile_id")}
    body = fields.validate(BenefitBody, given)
    identifier = await benefits.issue(
        step.session,
        profile_id=await step.profile(),
        definition=reference(step.arguments["definition"]),
        timezone=body.timezone,
        value=body.value,
        issued_at=body.issued_at,
        expires_at=body.expires_at,
        external_id=body.external_id,
        meta=body.meta,
        source_type=step.owner_type,
        source_id=step.owner_id,
    )
    return Outcome.created("benefit", identifier, await step.session.value(_BENEFIT, id=identifier))


@action("redeem.benefit", "benefit_id id", "definition", "profile_id", "transaction_id", "meta")
async def redeem_benefit(step: Step) -> Outcome:
    """Redeems a benefit of the profile once"""
    body = fields.validate(RedemptionOfBenefit, _without(step, "definition", "profile_id"))
    profile_id = await step.profile()
    more = {"meta": body.meta}
    if body.benefit_id is not None:
        made = await redeeming.redeem(step.session, profile_id, body.benefit_id, 1, more)
    elif step.given("definition"):
        definition = await find_definition(step.session, reference(step.arguments["definition"]))
        if definition is None:
            raise ActionFailed("The selected definition is invalid.")
        made = await redeeming.redeem_newest(step.session, profile_id, definition.id, more)
    else:
        raise ActionFailed("The benefit_id or definition argument is required.")
    if body.transaction_id is not None:
        await attach(step.session, made, body.transaction_id, profile_id)
    return Outcome("success", {"type": "redemption", "id": made})


@action("benefit.extend", "benefit_id", "days*", "profile_id")
async def benefit_extend(step: Step) -> Outcome:
    """Extends a benefit of the profile by some days"""
    named, asked = _extension(step, "benefit", await step.profile())
    await benefits.extend(step.session, fields.validate(ExtendBody, asked))
    return Outcome("success", {"type": "benefit", "id": named})


@action("reward.extend", "reward_id", "days", "profile_id")
async def reward_extend(step: Step) -> Outcome:
    """Extends a reward of the profile once, by some days or by those of its definition"""
    named, asked = _extension(step, "reward", await step.profile())
    body = fields.validate(RewardExtension, asked)
    if not await rewards.extend(step.session, body.profile_id, body.ids, body.extend_days, None):
        return Outcome.skipped("not extendable")
    return Outcome("success", {"type": "reward", "id": named})


def _extension(step: Step, kind: str, profile_id: uuid.UUID) -> tuple[Any, dict[str, Any]]:
    """The id that is named, else the event's, and the body of its extension. Raises: ActionFailed without an id."""
    named: Any = step.arguments.get(f"{kind}_id")
    if named is None and step.scope.family == kind:
        named = step.scope.context.get("id")
    if named is None:
        raise ActionFailed(f"The {kind}_id argument is required.")
    return named, {"profile_id": str(profile_id), "ids": [named], "extend_days": step.arguments.get("days")}


def _without(step: Step, *names: str) -> dict[str, Any]:
    return {name: value for name, value in step.arguments.items() if name not in names}
