"""What goes in and out of redemptions (incentives-value 10 and 11)."""

import uuid
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import Field, field_validator, model_validator
from sqlalchemy import BigInteger, Text, and_, case, func, literal_column, select
from sqlalchemy.dialects.postgresql import JSON
from sqlalchemy.orm import aliased

from omneo_api.commerce.locations.models import Location
from omneo_api.commerce.transactions.models import Transaction, TransactionState
from omneo_api.foundation import fields
from omneo_api.foundation.render import Read, Source, Sql, wire
from omneo_api.incentives.balances.schemas import balances_of
from omneo_api.incentives.redemptions.models import RedemptionState
from omneo_api.incentives.subjects import subject_json
from omneo_api.profiles.profile.models import Profile
from omneo_api.profiles.statuses.schemas import handles_of

Strategy = Literal["points", "rewards", "benefits", "credits"]
DEFAULT_ORDER: tuple[Strategy, ...] = ("rewards", "points")
LEGACY = {
    "points": ("points",),
    "rewards": ("rewards",),
    "rewards_points": ("rewards", "points"),
    "points_rewards": ("points", "rewards"),
}


class BenefitUse(fields.Body):
    id: fields.Int | None = None
    handle: fields.Text | None = None
    quantity: Annotated[fields.Int, Field(ge=1, le=10_000)] = 1


class RedeemBody(fields.Body):
    """`strategies` is the order of consumption (default rewards, points). `strict` spends all or nothing."""

    amount: fields.Number | None = None
    strategies: list[Strategy] | None = None
    strict: fields.Bool = False
    benefits: list[BenefitUse] | None = None
    currency: fields.Text | None = None
    location_id: fields.Int | None = None
    meta: fields.Meta | None = None
    transaction_external_id: fields.Text | None = None
    transaction_receipt_ref: fields.Text | None = None
    external_id: fields.Text | None = None

    @model_validator(mode="before")
    @classmethod
    def _legacy_strategy(cls, data: Any) -> Any:
        """`strategy` is the old name, a word or an array."""
        if isinstance(data, dict) and data.get("strategies") is None and data.get("strategy"):
            old = data["strategy"]
            return {**data, "strategies": list(LEGACY.get(old, (old,))) if isinstance(old, str) else old}
        return data

    @field_validator("amount")
    @classmethod
    def _money(cls, amount: Decimal | None) -> Decimal | None:
        if amount is not None and amount <= 0:
            raise ValueError("The {field} field must be greater than 0.")
        if amount is not None and amount != amount.quantize(Decimal("0.01")):
            raise ValueError("The {field} field must not have more than 2 decimals.")
        return amount

    @field_validator("strategies")
    @classmethod
    def _once(cls, strategies: list[Strategy] | None) -> list[Strategy] | None:
        return list(dict.fromkeys(strategies)) or None if strategies else None


class LocationAtTill(Read):
    id: int
    type: str | None
    name: str | None
    description: str | None
    phone: str | None
    email: str | None
    external_id: str | None
    is_published: bool
    is_permanently_closed: bool


def _spent(item: Any) -> Any:
    return subject_json(item.type, item.subject_id, item, ("reward", "point", "benefit", "credit"))


class RedemptionItemRead(Read):
    id: int
    type: Literal["reward", "point", "benefit", "credit"]
    value: Decimal | None
    count: Decimal | None
    dollar_value: Decimal
    type_attributes: Annotated[dict[str, Any] | None, Sql(_spent)]
    created_at: datetime
    updated_at: Annotated[datetime, Source("created_at")]


def of_state(name: str) -> Sql:
    """A column of what may change about the redemption."""

    def expression(redemption: Any) -> Any:
        state = aliased(RedemptionState)
        found = select(getattr(state, name)).where(state.redemption_id == redemption.id)
        return found.correlate(redemption).scalar_subquery()

    return Sql(expression)


def _profile(redemption: Any) -> Any:
    state, profile = aliased(RedemptionState), aliased(Profile)
    told = (
        select(
            profile.first_name,
            profile.last_name,
            profile.full_name.label("full_name"),
            profile.email,
            handles_of(profile).label("statuses"),
        )
        .select_from(profile)
        .join(state, and_(state.tenant_id == profile.tenant_id, state.profile_id == profile.id))
        .where(state.redemption_id == redemption.id)
        .correlate(redemption)
        .subquery()
    )
    return select(func.row_to_json(told.table_valued(), type_=JSON)).scalar_subquery()


def _transaction(redemption: Any) -> Any:
    state, sale, receipt = aliased(RedemptionState), aliased(Transaction), aliased(TransactionState)
    place = aliased(Location)
    where = (
        select(place.id, place.name, place.external_id).where(place.id == sale.location_id).correlate(sale).subquery()
    )
    told = (
        select(
            sale.external_id,
            receipt.receipt_ref,
            wire(sale.transacted_at).label("transacted_at"),
            wire(sale.total).label("total"),
            select(func.row_to_json(where.table_valued())).scalar_subquery().label("location"),
        )
        .select_from(sale)
        .join(state, and_(state.tenant_id == sale.tenant_id, state.transaction_id == sale.id))
        .join(receipt, and_(receipt.tenant_id == sale.tenant_id, receipt.transaction_id == sale.id), isouter=True)
        .where(state.redemption_id == redemption.id)
        .correlate(redemption)
        .subquery()
    )
    return select(func.row_to_json(told.table_valued(), type_=JSON)).scalar_subquery()


def _linked_type(redemption: Any) -> Any:
    state = aliased(RedemptionState)
    link = case(
        (state.transaction_id.isnot(None), literal_column("'transaction'", Text)),
        (state.order_id.isnot(None), literal_column("'order'", Text)),
        else_=None,
    )
    linked = select(link).where(state.redemption_id == redemption.id).correlate(redemption).scalar_subquery()
    return case((redemption.original_id.isnot(None), literal_column("'redemption'", Text)), else_=linked)


def _linked_id(redemption: Any) -> Any:
    state = aliased(RedemptionState)
    link = func.coalesce(state.transaction_id, state.order_id, type_=BigInteger)
    linked = select(link).where(state.redemption_id == redemption.id).correlate(redemption).scalar_subquery()
    return func.coalesce(redemption.original_id, linked, type_=BigInteger)


class RedemptionRead(Read):
    id: int
    profile_id: Annotated[uuid.UUID, of_state("profile_id")]
    profile: Annotated[dict[str, Any] | None, Sql(_profile)]
    type: Literal["redeem", "return", "reversal"]
    total: Decimal
    total_localised: Decimal
    currency: str | None
    exchange_rate: Decimal | None
    meta: Any
    location_id: int | None
    location: LocationAtTill | None
    transaction_id: Annotated[int | None, of_state("transaction_id")]
    transaction: Annotated[dict[str, Any] | None, Sql(_transaction)]
    transaction_external_id: str | None
    transaction_receipt_ref: str | None
    external_id: str | None
    linked_source_type: Annotated[str | None, Sql(_linked_type)]
    linked_source_id: Annotated[int | None, Sql(_linked_id)]
    items: list[RedemptionItemRead]
    redeem_at: datetime | None
    created_at: datetime
    updated_at: Annotated[datetime, of_state("updated_at")]


def _balances(_: Any) -> Any:
    """The balances of the profile bound as `profile`."""
    told = balances_of().subquery()
    return select(func.row_to_json(told.table_valued(), type_=JSON)).scalar_subquery()


class SuccessfulRedemption(Read):
    """The answer of redeem, return and reversal: `total` is what was really spent; `balances` are those after it."""

    id: int
    profile_id: Annotated[uuid.UUID, of_state("profile_id")]
    total: Decimal
    total_localised: Decimal
    location_id: int | None
    location: LocationAtTill | None
    balances: Annotated[dict[str, Any], Sql(_balances)]
    currency: str | None
    meta: Any
    transaction_external_id: str | None
    transaction_receipt_ref: str | None
    created_at: datetime
    updated_at: Annotated[datetime, of_state("updated_at")]
