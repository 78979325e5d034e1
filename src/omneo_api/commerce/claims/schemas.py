"""What goes in and out of claims (commerce 3.1)."""

import uuid
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field
from sqlalchemy import Text, cast, func

from omneo_api.foundation import fields
from omneo_api.foundation.render import Read, Sql


def _total(claim: Any) -> Any:
    return cast(func.trim_scale(claim.transaction_total), Text)


class ClaimRead(Read):
    id: int
    status: Literal["pending", "claimed", "failed"]
    profile_id: uuid.UUID
    transaction_receipt_ref: str
    transaction_transacted_at: datetime | None
    transaction_timezone: str
    transaction_total: Annotated[str | None, Sql(_total)]
    transaction_location_external_code: str | None
    attempts: int
    claimed_transaction_id: int | None
    claimed_at: datetime | None
    last_checked_at: datetime | None
    created_at: datetime
    updated_at: datetime


class ClaimBody(fields.Body):
    """`transaction_transacted_at` without a zone is wall time in `transaction_timezone` (the tenant's by default)."""

    transaction_receipt_ref: Annotated[fields.Text, Field(min_length=1)]
    transaction_total: fields.Money
    transaction_transacted_at: fields.NaiveOrAwareDateTime | None = None
    transaction_timezone: fields.Timezone | None = None
    transaction_location_external_code: fields.Text | None = None
