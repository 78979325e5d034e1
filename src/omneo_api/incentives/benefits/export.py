"""The benefits of a definition as a table (incentives-status 8.2)."""

import csv
import io
import uuid
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any

from pydantic import Field
from sqlalchemy import BigInteger, Boolean, bindparam, case, cast, func, or_

from omneo_api.foundation import fields
from omneo_api.foundation.models import lit
from omneo_api.foundation.render import Read, Sql, rows_json
from omneo_api.foundation.statements import Statement
from omneo_api.incentives.balances.expressions import is_expired
from omneo_api.incentives.benefits import expressions
from omneo_api.incentives.benefits.models import Benefit


class CsvQuery(fields.Body):
    """`random`: only so many rows, chosen by chance. `redeemed`: only redeemed ones, or only unredeemed ones."""

    random: Annotated[fields.Int, Field(ge=1)] | None = None
    redeemed: fields.Bool | None = None


class BenefitRow(Read):
    id: int
    profile_id: uuid.UUID
    external_id: str | None
    issued_at: datetime
    expires_at: datetime | None
    claimed_at: datetime | None
    extended_at: datetime | None
    timezone: str | None
    value: Decimal | None
    redeem_code_pos: str | None
    redeem_code_online: str | None
    redeemed: int
    redemptions_remaining: Annotated[int | None, Sql(expressions.own_remaining)]
    is_expired: Annotated[bool, Sql(is_expired)]
    is_redeemable: Annotated[bool, Sql(expressions.is_redeemable)]
    source_type: str | None
    source_id: int | None
    created_at: datetime


def _rows() -> Any:
    portion = cast(bindparam("random", type_=BigInteger), BigInteger)
    redeemed = cast(bindparam("redeemed", type_=Boolean), Boolean)
    return (
        rows_json(BenefitRow, Benefit)
        .where(
            Benefit.benefit_definition_id == bindparam("definition", type_=BigInteger),
            Benefit.deleted_at.is_(None),
            or_(redeemed.is_(None), (Benefit.redeemed > lit(0)) == redeemed),
        )
        .order_by(case((portion.is_(None), None), else_=func.random()), Benefit.id)
        .limit(portion)
    )


_ROWS = Statement(_rows)


async def table(session: Any, definition_id: int, asked: CsvQuery) -> bytes:
    """The live benefits of a definition, one line each after the names of the columns."""
    rows = await session.rows(_ROWS, definition=definition_id, random=asked.random, redeemed=asked.redeemed)
    text = io.StringIO()
    lines = csv.writer(text)
    lines.writerow(BenefitRow.model_fields)
    lines.writerows([str(value).lower() if isinstance(value, bool) else value for value in row] for row in rows)
    return text.getvalue().encode()
