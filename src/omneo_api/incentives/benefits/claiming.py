"""What a profile may see, claim, and get by claiming (incentives-status 9.4)."""

import uuid
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import BigInteger, bindparam, exists, or_, select
from sqlalchemy.dialects.postgresql import UUID
from sqlalchemy.orm import aliased

from omneo_api.automation import json_logic
from omneo_api.automation.reactions.scope import Scope
from omneo_api.commerce.allocations.service import has_codes
from omneo_api.configuration.settings.service import setting
from omneo_api.foundation.clock import whole_second
from omneo_api.foundation.errors import Invalid, Unauthorized, selected_is_invalid
from omneo_api.foundation.models import lit
from omneo_api.foundation.statements import Statement
from omneo_api.incentives import events
from omneo_api.incentives.account import Account
from omneo_api.incentives.benefits.expressions import global_remaining
from omneo_api.incentives.benefits.models import Benefit, BenefitDefinition
from omneo_api.incentives.benefits.redeeming import ALL_SPENT, open_redeemer, redeem_held
from omneo_api.incentives.benefits.schemas import ClaimOneBody
from omneo_api.incentives.benefits.service import EXHAUSTED, grant
from omneo_api.profiles.profile.events import state_of
from omneo_api.profiles.regions.models import ProfileRegion

FIELD = "definition"
HIDDEN = "The benefit definition is not offered to the profile."
ARCHIVED = "The benefit definition is archived."
ENDED = "The offer of the benefit definition has ended."
UNCLAIMABLE = "The benefit definition cannot be claimed."
TOO_EARLY = "The claim period has not started."
TOO_LATE = "The claim period has ended."
ELSEWHERE = "The benefit definition is not offered in the profile's region."
CLAIMED = "The benefit has already been claimed."
UNMET = "The profile does not meet the claim condition."


def _candidates() -> Any:
    """Live definitions, with what of them depends on the profile bound as `profile`."""
    profile = bindparam("profile", type_=UUID(as_uuid=True))
    definition, place, benefit = BenefitDefinition, aliased(ProfileRegion), aliased(Benefit)
    there = select(lit(1)).where(place.profile_id == profile, place.is_active, place.region_id == definition.region_id)
    claims = select(lit(1)).where(
        benefit.profile_id == profile,
        benefit.benefit_definition_id == definition.id,
        benefit.claimed_at.isnot(None),
    )
    return select(
        *definition.__table__.c,
        global_remaining(definition).label("global_remaining"),
        has_codes("benefit_definition", definition).label("has_codes"),
        or_(definition.region_id.is_(None), exists(there.correlate(definition))).label("is_there"),
        exists(claims.correlate(definition)).label("is_claimed"),
    ).where(definition.deleted_at.is_(None))


_OFFERED = Statement(
    lambda: (
        _candidates()
        .where(BenefitDefinition.is_published, ~BenefitDefinition.is_archived)
        .order_by(BenefitDefinition.id)
    )
)
_ONE = Statement(lambda: _candidates().where(BenefitDefinition.id == bindparam("id", type_=BigInteger)))
_USERS_MAY = Statement(
    """
    SELECT d.allow_user_redeem FROM benefits b
    JOIN benefit_definitions d ON d.tenant_id = b.tenant_id AND d.id = b.benefit_definition_id
    WHERE b.id = :id::bigint AND b.profile_id = :profile::uuid AND b.deleted_at IS NULL
    """
)


class Conditions:
    """Conditions over a profile's event context, which is read when the first one has to be evaluated."""

    def __init__(self, session: Any, profile_id: uuid.UUID) -> None:
        self.session, self.profile_id = session, profile_id
        self._scope: Scope | None = None

    async def met(self, *conditions: Any) -> bool:
        """Whether all hold; none, an empty one and one left out hold, one that cannot be evaluated does not."""
        given = [condition for condition in conditions if condition not in (None, {}, [], "")]
        if not given:
            return True
        if self._scope is None:
            context = orjson.loads(await state_of(self.session, self.profile_id))
            zone = await setting(self.session, "client_timezone") or "UTC"
            self._scope = Scope(context, "profile.updated", self.session.now, zone)
        scope = self._scope
        return all(json_logic.met(condition, scope.context, lookup=scope.lookup)[0] for condition in given)


def _unoffered(definition: Any, now: datetime) -> str | None:
    """Why nobody of the profile's kind is offered the definition; None when it is."""
    if definition.is_archived:
        return ARCHIVED
    if definition.end_at is not None and definition.end_at < whole_second(now):
        return ENDED
    return None if definition.is_there else ELSEWHERE


async def _hidden(definition: Any, conditions: Conditions) -> bool:
    shown = definition.is_published and await conditions.met(definition.view_condition, definition.visibility_condition)
    return not shown


async def refusal(definition: Any, now: datetime, conditions: Conditions) -> str | None:
    """Why the profile cannot claim the definition at this moment; None when it can."""
    if not definition.is_claimable:
        return UNCLAIMABLE
    fixed = _unoffered(definition, now)
    if fixed is not None:
        return fixed
    moment = whole_second(now)
    if definition.claim_period_start_at is not None and definition.claim_period_start_at > now:
        return TOO_EARLY
    if definition.claim_period_end_at is not None and definition.claim_period_end_at < moment:
        return TOO_LATE
    if definition.is_claimed and not definition.is_reclaimable:
        return CLAIMED
    if definition.global_remaining == 0:
        return ALL_SPENT
    if definition.force_allocation and not definition.has_codes:
        return EXHAUSTED
    timeframe = definition.claim_timeframe if json_logic.is_rule(definition.claim_timeframe) else None
    return None if await conditions.met(definition.claim_condition, timeframe) else UNMET


async def viewable(session: Any, profile_id: uuid.UUID) -> list[int]:
    """The ids of the definitions that a profile is shown."""
    conditions = Conditions(session, profile_id)
    return [
        definition.id
        for definition in await session.rows(_OFFERED, profile=profile_id)
        if _unoffered(definition, session.now) is None and not await _hidden(definition, conditions)
    ]


async def claimable(session: Any, profile_id: uuid.UUID) -> list[int]:
    """The ids of the definitions that a profile is shown and could claim."""
    conditions = Conditions(session, profile_id)
    return [
        definition.id
        for definition in await session.rows(_OFFERED, profile=profile_id)
        if await refusal(definition, session.now, conditions) is None and not await _hidden(definition, conditions)
    ]


async def claim(
    session: Any, profile_id: uuid.UUID, definition_id: int, body: ClaimOneBody, *, by_customer: bool
) -> int:
    """Issues a benefit to a profile that asks for it; answers its id.

    A customer gets only what `claimable` shows. Raises: NotFound for the profile, Invalid on `definition`.
    """
    account = await open_redeemer(session, profile_id)
    identifier = await _claim(session, account, definition_id, body, by_customer=by_customer)
    await account.flush()
    return identifier


async def claim_and_redeem(
    session: Any, profile_id: uuid.UUID, definition_id: int, body: ClaimOneBody, *, by_customer: bool
) -> int:
    """Claims a benefit and redeems it once, both or neither; answers the redemption's id. Raises: as both."""
    account = await open_redeemer(session, profile_id)
    benefit_id = await _claim(session, account, definition_id, body, by_customer=by_customer)
    if by_customer:
        await require_user_redeem(session, profile_id, benefit_id)
    return await redeem_held(session, account, benefit_id, 1)


async def _claim(session: Any, account: Account, definition_id: int, body: ClaimOneBody, *, by_customer: bool) -> int:
    definition = await session.row(_ONE, id=definition_id, profile=account.profile_id)
    if definition is None:
        raise Invalid.field(FIELD, selected_is_invalid(FIELD))
    conditions = Conditions(session, account.profile_id)
    refused = await refusal(definition, account.now, conditions)
    if refused is None and by_customer and await _hidden(definition, conditions):
        refused = HIDDEN
    if refused is not None:
        raise Invalid.field(FIELD, refused)
    moment = whole_second(account.now)
    values = {
        "timezone": body.timezone or "UTC",
        "external_id": body.external_id,
        "meta": body.meta,
        "issued_at": moment,
        "claimed_at": moment,
        "source_type": "claim",
    }
    identifier = await grant(session, account, definition, values, FIELD)
    events.lot(session, "benefit.claimed", "benefit", identifier, account.profile_id)
    return identifier


async def require_user_redeem(session: Any, profile_id: uuid.UUID, benefit_id: int) -> None:
    """Raises: Unauthorized when the definition of a profile's benefit keeps customers from redeeming it themselves."""
    if await session.value(_USERS_MAY, id=benefit_id, profile=profile_id) is False:
        raise Unauthorized
