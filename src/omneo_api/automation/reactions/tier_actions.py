"""The types of action that move tiers (automation 6.3)."""

from sqlalchemy import bindparam

from omneo_api.automation.actions.types import ActionFailed, Outcome, Step, action
from omneo_api.automation.reactions import rates, sources
from omneo_api.automation.reactions.actions import reference
from omneo_api.commerce.rates import service as rate_service
from omneo_api.foundation import fields
from omneo_api.foundation.errors import Invalid
from omneo_api.foundation.render import one_json, rows_json
from omneo_api.foundation.statements import Statement
from omneo_api.incentives.points.service import find_definition
from omneo_api.incentives.tiers.definitions.schemas import MOST
from omneo_api.incentives.tiers.points import service as points
from omneo_api.incentives.tiers.points.models import TierPoint
from omneo_api.incentives.tiers.points.schemas import TierPointRead
from omneo_api.incentives.tiers.standing import service as tiers

EARNING = frozenset({"transaction", "transaction_item", "benefit"})

_POINT = Statement(lambda: one_json(rows_json(TierPointRead, TierPoint).where(TierPoint.id == bindparam("id"))))


@action("tier.assign", "profile_id", "tier* tier_handle definition")
async def tier_assign(step: Step) -> Outcome:
    """Gives the profile a tier, also one that people may not assign"""
    tier, identifier = reference(step.arguments["tier"]), await step.profile()
    try:
        given = await tiers.assign(step.session, identifier, tier, by_reaction=True)
    except Invalid:
        raise ActionFailed("The selected tier is invalid.") from None
    if not given:
        return Outcome.skipped("tier already held")
    return Outcome("success", {"type": "tier", "id": str(identifier)})


class _Arguments(fields.Body):
    value: fields.Number
    issued_at: fields.DateTime | None = None
    accrued_at: fields.DateTime | None = None
    meta: fields.Meta | None = None


@action(
    "tier-point.create",
    "profile_id",
    "definition* definition_id definition_handle point_definition_id point_definition_handle",
    "value*",
    "check_rate",
    "rate",
    "rate_priority",
    "issued_at",
    "accrued_at",
    "meta",
)
async def tier_point_create(step: Step) -> Outcome:
    """Gives the profile a tier point, or takes one when the value is negative

    A point that a sale or one of its lines earned stands on the day of the sale unless `issued_at` says otherwise, gets
    the value that is computed last, and goes when the sale is voided.
    """
    given = {name: value for name, value in step.arguments.items() if name in _Arguments.model_fields}
    body = fields.validate(_Arguments, given)
    value = await _amount(step, body)
    source = sources.source_of(step)
    source = source if source is not None and source.kind in EARNING else None
    if value == 0 and (source is None or source.key is None):
        return Outcome.skipped("no tier points")
    identifier = await step.profile()
    issued_at = body.issued_at
    if source is not None and source.transaction_id is not None:
        sale = await sources.sale_of(step, source, identifier)
        if sale is None:
            return Outcome.skipped(sources.GONE)
        issued_at = issued_at or sale.transacted_at
        if value == 0:
            await points.withdraw(step.session, source)
            return Outcome.skipped("no tier points")
    made = await points.give(
        step.session,
        profile_id=identifier,
        definition=reference(step.arguments["definition"]),
        value=value,
        issued_at=issued_at,
        accrued_at=body.accrued_at,
        meta=body.meta,
        source=source,
    )
    return Outcome.created("tier_point", made, await step.session.value(_POINT, id=made))


async def _amount(step: Step, body: _Arguments) -> int:
    """The base times the rate that fits the event, rounded half away from zero. Raises: ActionFailed, Invalid."""
    value = body.value
    if rates.asked(step):
        definition = await find_definition(step.session, reference(step.arguments["definition"]))
        if definition is None:
            raise ActionFailed("The selected definition is invalid.")
        value *= rates.multiplier(step, await rates.chosen(step, definition.handle))
    if abs(value) > MOST:
        raise ActionFailed("The value argument is out of range.")
    return int(rate_service.rounded(value))
