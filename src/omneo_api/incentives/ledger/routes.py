"""Reading statements: of one profile whole, of everybody in pages (incentives-value 12)."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from sqlalchemy import ColumnElement, bindparam, func, or_, select
from sqlalchemy.dialects.postgresql import JSON, UUID
from sqlalchemy.orm import aliased

from omneo_api.foundation.calls import Answer, Call, Owner
from omneo_api.foundation.models import lit
from omneo_api.foundation.operations import Operation, Routes
from omneo_api.foundation.query import Filter, Listing
from omneo_api.foundation.reading import Reader
from omneo_api.foundation.render import Read, Sql
from omneo_api.incentives.ledger.models import LedgerEntry, ProfileMerge
from omneo_api.incentives.subjects import subject_json
from omneo_api.profiles.profile.models import Profile
from omneo_api.profiles.scope import of_profile


def _holder(entry: Any) -> Any:
    profile = aliased(Profile)
    email = select(profile.email).where(profile.id == entry.profile_id).correlate(entry).scalar_subquery()
    return func.json_build_object(lit("id"), entry.profile_id, lit("email"), email, type_=JSON)


class LedgerRead(Read):
    id: int
    profile: Annotated[dict[str, Any], Sql(_holder)]
    type: Literal["transaction", "order", "reward", "point", "benefit"]
    type_attributes: Annotated[
        dict[str, Any] | None, Sql(lambda entry: subject_json(entry.type, entry.subject_id, entry))
    ]
    description: str | None
    dollar_value: Decimal
    dollar_balance: Decimal
    point_value: Decimal
    point_balance: Decimal
    point_dollar_value: Decimal | None
    expires_at: datetime | None
    created_at: datetime


listing = Listing(LedgerRead, LedgerEntry, extra={"profile_id": Filter(path=("profile_id",))}, order=("-id",))


class _Merged(Reader):
    """A profile's lines and those of every profile that was merged into it."""

    def _owned(self, model: Any) -> ColumnElement[bool]:
        owner = bindparam("owner", type_=UUID(as_uuid=True))
        merges = (
            select(ProfileMerge.source_id.label("id"))
            .where(ProfileMerge.destination_id == owner)
            .cte("merged", recursive=True)
        )
        earlier = aliased(ProfileMerge)
        merged = merges.union(select(earlier.source_id).where(earlier.destination_id == merges.c.id))
        return or_(model.profile_id == owner, model.profile_id.in_(select(merged.c.id)))


reader = _Merged(listing)
routes = Routes("Ledgers")
below = Routes("Ledgers")


@routes.get("/ledgers", "read-ledgers", listing=listing, envelope="page", answers=LedgerRead)
async def browse(session: Any, call: Call) -> Answer:
    """List the statement lines of all profiles, newest first."""
    return await reader.browse(session, call)


@below.get("/ledgers", "read-ledgers", listing=listing, envelope="list", answers=LedgerRead)
async def statement(session: Any, call: Call, owner: Owner) -> Answer:
    """Read a profile's statement, newest line first; in pages when they are asked for."""
    return await reader.browse(session, call, owner, "asked")


async def show(session: Any, call: Call, owner: Owner, id: int) -> Answer:
    """Read a line of a statement."""
    return await reader.show(session, call, id, owner)


for family in (routes, below):
    family.add("GET", "/ledgers/{id}", show, "read-ledgers", answers=LedgerRead)


def operations() -> list[Operation]:
    return [*routes.mounted(), *below.mounted("/profiles/{profile}", owner=of_profile)]
