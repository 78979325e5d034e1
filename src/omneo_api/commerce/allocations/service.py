"""Loading and giving codes: each goes to one instance at most, ever, whoever asks at the same time (commerce 10.4)."""

import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Text,
    and_,
    bindparam,
    cast,
    exists,
    func,
    literal_column,
    or_,
    select,
)
from sqlalchemy.dialects.postgresql import JSON
from sqlalchemy.orm import aliased

from omneo_api.commerce.allocations.models import Allocation, AllocationTally
from omneo_api.commerce.allocations.schemas import AllocationBody, Pool
from omneo_api.foundation.errors import Invalid, NotFound, selected_is_invalid
from omneo_api.foundation.fields import sent, validate
from omneo_api.foundation.models import Moment, lit
from omneo_api.foundation.render import EMPTY_LIST
from omneo_api.foundation.statements import Statement
from omneo_api.platform.batches.service import Applied, BatchRun, processor

Find = Callable[[Any, int], Awaitable[Any | None]]
_pools: dict[str, Find] = {}
NOW: Any = select(literal_column("omneo_now()", Moment)).scalar_subquery()


def pool_of(kind: Pool, find: Find) -> None:
    """Tells how a definition that may have codes is found: `find(session, id)` answers the live one or None."""
    _pools[kind] = find


async def require_pool(session: Any, kind: str, identifier: int, field: str = "definition.id") -> None:
    """Raises: Invalid on `field` unless the definition lives."""
    if kind not in _pools or await _pools[kind](session, identifier) is None:
        raise Invalid.field(field, selected_is_invalid(field))


# What definitions show ------------------------------------------------------------------------------------------------


def _sum(kind: Pool, definition: Any, column: Callable[[Any], Any]) -> ColumnElement[Any]:
    tally = aliased(AllocationTally)
    total = select(cast(func.sum(column(tally)), BigInteger))
    of_pool = and_(tally.definition_type == lit(kind), tally.definition_id == definition.id)
    return total.where(of_pool).correlate(definition).scalar_subquery()


def total_codes(kind: Pool, definition: Any) -> ColumnElement[Any]:
    """How many codes were loaded for a definition; null when none were."""
    return _sum(kind, definition, lambda tally: tally.loaded)


def unused_codes(kind: Pool, definition: Any) -> ColumnElement[Any]:
    """How many of them were not given yet; null when none were loaded."""
    return _sum(kind, definition, lambda tally: tally.loaded - tally.given)


def has_codes(kind: Pool, definition: Any) -> ColumnElement[bool]:
    """Whether a code of the definition could be given at this moment."""
    code = aliased(Allocation)
    free = select(lit(1)).where(
        code.definition_type == lit(kind),
        code.definition_id == definition.id,
        code.allocated_at.is_(None),
        or_(code.valid_from.is_(None), code.valid_from <= NOW),
        or_(code.valid_to.is_(None), code.valid_to >= NOW),
    )
    return exists(free.correlate(definition))


# Giving ---------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Code:
    """A code that was given."""

    id: int
    code: str


def _taking(waiting: str) -> Statement:
    return Statement(
        f"""
        WITH given AS (
            UPDATE allocations SET allocated_at = omneo_now(), updated_at = omneo_now(), allocated_type = :kind::text,
                   allocated_id = :instance::bigint, profile_id = :profile::uuid
            WHERE id = (
                SELECT id FROM allocations
                WHERE definition_type = :pool::text AND definition_id = :definition::bigint AND allocated_at IS NULL
                  AND coalesce(valid_from <= omneo_now(), true) AND coalesce(valid_to >= omneo_now(), true)
                ORDER BY id LIMIT 1 FOR UPDATE {waiting}
            )
            RETURNING id, code, definition_type, definition_id
        ), told AS (
            INSERT INTO allocation_tallies AS t (definition_type, definition_id, slot, given)
            SELECT definition_type, definition_id, pg_backend_pid() % 16, 1 FROM given
            ON CONFLICT (tenant_id, definition_type, definition_id, slot) DO UPDATE SET given = t.given + 1
        )
        SELECT id, code FROM given
        """
    )


# Codes that others are about to take are passed over. When nothing else is left they are waited for: a taker whose
# transaction fails puts its code back, and only what nobody holds any more is an empty pool.
_TAKE_FREE = _taking("SKIP LOCKED")
_TAKE_LAST = _taking("")


async def give(
    session: Any, pool: Pool, definition_id: int, kind: str, instance_id: int, profile_id: uuid.UUID
) -> Code | None:
    """Gives the next valid code of a definition to an instance; None when the pool is empty."""
    asked = {
        "pool": pool,
        "definition": definition_id,
        "kind": kind,
        "instance": instance_id,
        "profile": profile_id,
    }
    row = await session.row(_TAKE_FREE, **asked) or await session.row(_TAKE_LAST, **asked)
    if row is None:
        return None
    new = {"allocated_type": kind, "allocated_id": instance_id}
    session.outbox.audit("updated", "Allocation", row.id, {"allocated_id": None}, new, profile_id)
    return Code(row.id, row.code)


# Loading --------------------------------------------------------------------------------------------------------------

_TALLY = Statement(
    """
    INSERT INTO allocation_tallies AS t (definition_type, definition_id, slot, loaded, given)
    VALUES (:pool::text, :definition::bigint, pg_backend_pid() % 16, 1, :given::bigint)
    ON CONFLICT (tenant_id, definition_type, definition_id, slot)
        DO UPDATE SET loaded = t.loaded + 1, given = t.given + excluded.given
    """
)


@processor("allocation")
async def load(session: Any, row: dict[str, Any], batch: BatchRun) -> Applied:
    """Loads one code into the batch's pool; one that the pool has already fails the row. Raises: Invalid."""
    values = sent(validate(AllocationBody, row))
    pool, definition = batch.context["type"], batch.context["id"]
    columns = {"definition_type": pool, "definition_id": definition, **values}
    made = await session.insert(Allocation, columns)
    await session.execute(_TALLY, pool=pool, definition=definition, given=int(values.get("allocated_at") is not None))
    session.outbox.audit("created", "Allocation", made.id, None, {"id": made.id, **columns})
    return made.id, values.get("external_id")


# Counting -------------------------------------------------------------------------------------------------------------


def _counts() -> Any:
    """The number of codes of a benefit definition, in all and by value; the vendor's clients read `redeemd`."""
    of_pool = [
        Allocation.definition_type == lit("benefit_definition"),
        Allocation.definition_id == bindparam("definition", type_=BigInteger),
    ]

    def number(*where: Any) -> Any:
        return select(func.count()).select_from(Allocation).where(*of_pool, *where).scalar_subquery()

    def by_value(where: Any) -> Any:
        groups = (
            select(func.trim_scale(Allocation.value).label("value"), func.count().label("count"))
            .where(*of_pool, where)
            .group_by(Allocation.value)
            .order_by(Allocation.value.asc().nulls_last())
            .subquery()
        )
        return func.coalesce(select(func.json_agg(groups.table_valued())).scalar_subquery(), EMPTY_LIST)

    given, free = Allocation.allocated_at.isnot(None), Allocation.allocated_at.is_(None)
    group = func.json_build_object(
        lit("redeemd"), by_value(given), lit("remaining"), by_value(free), lit("redeemed"), by_value(given)
    )
    told = func.json_build_object(
        lit("all"),
        number(),
        lit("redeemed"),
        number(given),
        lit("remaining"),
        number(free),
        lit("group"),
        select(group)
        .where(number() > lit(0))
        .union_all(select(EMPTY_LIST).where(number() == lit(0)))
        .scalar_subquery(),
        type_=JSON,
    )
    return select(cast(told, Text))


_COUNTS = Statement(_counts)


async def counts(session: Any, definition_id: int) -> str:
    """The JSON text of a benefit definition's counts. Raises: NotFound for an unknown definition."""
    if await _pools["benefit_definition"](session, definition_id) is None:
        raise NotFound
    text: str = await session.value(_COUNTS, definition=definition_id)
    return text
