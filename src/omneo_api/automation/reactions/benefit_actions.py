"""The types of action that issue, extend and redeem benefits (automation 6.3)."""

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
    named: Any = step.arguments.get("benefit_id")
    if named is None and step.scope.family == "benefit":
        named = step.scope.context.get("id")
    if named is None:
        raise ActionFailed("The benefit_id argument is required.")
    asked = {"profile_id": str(await step.profile()), "ids": [named], "extend_days": step.arguments["days"]}
    await benefits.extend(step.session, fields.validate(ExtendBody, asked))
    return Outcome("success", {"type": "benefit", "id": named})


def _without(step: Step, *names: str) -> dict[str, Any]:
    return {name: value for name, value in step.arguments.items() if name not in names}
