"""The types of action that move tiers (automation 6.3)."""

import uuid
from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from sqlalchemy import bindparam

from omneo_api.automation.actions.types import ActionFailed, Outcome, Step, action
from omneo_api.automation.reactions.actions import reference
from omneo_api.foundation import fields
from omneo_api.foundation.errors import Invalid
from omneo_api.foundation.render import one_json, rows_json
from omneo_api.foundation.statements import Statement
from omneo_api.incentives.tiers.definitions.schemas import MOST
from omneo_api.incentives.tiers.points import service as points
from omneo_api.incentives.tiers.points.models import TierPoint
from omneo_api.incentives.tiers.points.schemas import TierPointRead
from omneo_api.incentives.tiers.standing import service as tiers

SOURCES = {"transaction": "transaction", "transaction-item": "transaction_item", "benefit": "benefit"}

_POINT = Statement(lambda: one_json(rows_json(TierPointRead, TierPoint).where(TierPoint.id == bindparam("id"))))
# The share lock keeps a void from coming between this look and the point: it waits, and takes the point back.
_COUNTS = Statement(
    "SELECT profile_id, transacted_at FROM transaction_states"
    " WHERE transaction_id = :id::bigint AND void_kind IS NULL FOR SHARE"
)


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
    check_rate: fields.Bool | None = None
    rate: fields.Number | None = None
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

    A point that a sale or one of its lines earned stands on the day of the sale unless `issued_at` says otherwise, and
    goes when the sale is voided.
    """
    given = {name: value for name, value in step.arguments.items() if name in _Arguments.model_fields}
    body = fields.validate(_Arguments, given)
    value = _amount(body)
    if value == 0:
        return Outcome.skipped("no tier points")
    identifier = await step.profile()
    source = _source(step)
    transaction_id = _transaction(step, source)
    issued_at = body.issued_at
    if transaction_id is not None:
        sale = await step.session.row(_COUNTS, id=transaction_id)
        if sale is None or sale.profile_id not in (identifier, step.scope.profile_id):
            return Outcome.skipped("the transaction does not count for the profile any more")
        issued_at = issued_at or sale.transacted_at
    made = await points.give(
        step.session,
        profile_id=identifier,
        definition=reference(step.arguments["definition"]),
        value=value,
        issued_at=issued_at,
        accrued_at=body.accrued_at,
        meta=body.meta,
        source=source,
        transaction_id=transaction_id,
        external_key=_key(step, source, identifier),
    )
    return Outcome.created("tier_point", made, await step.session.value(_POINT, id=made))


def _amount(body: _Arguments) -> int:
    """The base times the rate, rounded half away from zero. Raises: ActionFailed."""
    value = body.value
    if body.check_rate:
        if body.rate is None:
            raise ActionFailed("Tier points by rate are not available.")
        value *= body.rate
    if abs(value) > MOST:
        raise ActionFailed("The value argument is out of range.")
    return int(value.quantize(Decimal(1), ROUND_HALF_UP))


def _source(step: Step) -> tuple[str, int] | None:
    """What the event is about, where that is something that earns tier points."""
    kind, found = SOURCES.get(step.scope.family), step.scope.context.get("id")
    number = _number(found)
    return (kind, number) if kind is not None and number is not None else None


def _transaction(step: Step, source: tuple[str, int] | None) -> int | None:
    if source is None or source[0] == "benefit":
        return None
    context: Mapping[str, Any] = step.scope.context
    return source[1] if source[0] == "transaction" else _number(context.get("transaction_id"))


def _number(value: Any) -> int | None:
    text = str(value)
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


def _key(step: Step, source: tuple[str, int] | None, profile_id: uuid.UUID) -> str | None:
    """Names the point by the action and what earned it: a run that is repeated in any way makes it once."""
    if source is None:
        return None
    kind, identifier = source
    return f"{step.owner_type}:{step.owner_id}:{step.action_id}:{kind}:{identifier}:{profile_id}"
