"""What the world hears of tiers and tier points, with its snapshots (incentives-status 5, automation 3.3)."""

import uuid
from typing import Annotated, Any

from sqlalchemy import BigInteger, bindparam, func, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import aliased

from omneo_api.foundation.outbox import Context
from omneo_api.foundation.render import Sql, one_json, rendered_columns, rows_json
from omneo_api.foundation.statements import Statement
from omneo_api.incentives.tiers.definitions.models import TierDefinition
from omneo_api.incentives.tiers.definitions.schemas import TierDefinitionRead
from omneo_api.incentives.tiers.standing.ladder import Told
from omneo_api.incentives.tiers.standing.schemas import TierProgressRead
from omneo_api.incentives.tiers.standing.view import TierProgress
from omneo_api.profiles.profile.schemas import ProfileContext


def _bound_level(parameter: str) -> Sql:
    def expression(_: Any) -> Any:
        level = aliased(TierDefinition)
        named = level.id == bindparam(parameter, type_=BigInteger)
        rows = select(*rendered_columns(TierDefinitionRead, level)).where(named).subquery()
        return select(func.row_to_json(rows.table_valued(), type_=JSONB)).scalar_subquery()

    return Sql(expression)


class TierContext(TierProgressRead):
    """The root of tier events: the progress, and the levels that the change is about."""

    profile: ProfileContext
    definition: Annotated[TierDefinitionRead | None, _bound_level("definition")]
    previous_definition: Annotated[TierDefinitionRead | None, _bound_level("previous")]
    new_definition: Annotated[TierDefinitionRead | None, _bound_level("new")]


_CONTEXT = Statement(
    lambda: one_json(rows_json(TierContext, TierProgress).where(TierProgress.id == bindparam("id", type_=BigInteger)))
)


def context_of(standing_id: int, told: Told) -> Context:
    levels = {"definition": told.definition, "previous": told.previous, "new": told.new}
    return Context(_CONTEXT, {"id": standing_id, **levels})


def tell(session: Any, standing_id: int, profile_id: uuid.UUID, told: Told) -> None:
    """Notes a tier event; its snapshot is taken when the transaction ends."""
    session.outbox.emit(told.name, "tier", standing_id, context_of(standing_id, told), profile_id)


async def tell_as_it_is(session: Any, standing_id: int, profile_id: uuid.UUID, told: Told) -> None:
    """The same with the state as it is now, before the standing goes."""
    state = Context(text=await context_of(standing_id, told).render(session))
    session.outbox.emit(told.name, "tier", standing_id, state, profile_id)
