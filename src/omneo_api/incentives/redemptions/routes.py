"""Redeeming, undoing, and reading what was redeemed (incentives-value 10 and 11)."""

from typing import Annotated, Any

from pydantic import Field
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Date,
    Text,
    bindparam,
    cast,
    exists,
    func,
    literal_column,
    select,
)
from sqlalchemy.dialects.postgresql import JSON
from sqlalchemy.orm import aliased

from omneo_api.foundation import fields
from omneo_api.foundation.calls import Answer, Call, Owner, created, data, one
from omneo_api.foundation.errors import Invalid, NotFound
from omneo_api.foundation.models import lit
from omneo_api.foundation.operations import Operation, Routes
from omneo_api.foundation.pagination import Links, flat_envelope, parse_page
from omneo_api.foundation.query import Filter, Listing, unfiltered
from omneo_api.foundation.reading import Reader
from omneo_api.foundation.render import list_json, one_json, rendered_columns, rows_json
from omneo_api.foundation.statements import Statement
from omneo_api.incentives.points.models import Point
from omneo_api.incentives.redemptions import service, undo
from omneo_api.incentives.redemptions.models import Redemption, RedemptionItem, RedemptionState
from omneo_api.incentives.redemptions.schemas import (
    RedeemBody,
    RedemptionItemRead,
    RedemptionRead,
    SuccessfulRedemption,
)
from omneo_api.profiles.scope import of_profile, require_profile


def _has(kind: str) -> Filter:
    """Whether a redemption took something of a kind."""

    def expression(redemption: Any) -> Any:
        item = aliased(RedemptionItem)
        found = select(lit(1)).where(item.redemption_id == redemption.id, item.type == lit(kind))
        return exists(found.correlate(redemption))

    return Filter(expression=expression)


listing = Listing(
    RedemptionRead,
    Redemption,
    extra={f"has_{kind}": _has(kind) for kind in ("benefit", "reward", "point", "credit")}
    | {"meta": Filter(path=("meta",))},
    order=("-id",),
)


class _Owned(Reader):
    """Whose a redemption is stands in its state: it may change by a merge."""

    def _owned(self, model: Any) -> ColumnElement[bool]:
        state = aliased(RedemptionState)
        owner = bindparam("owner", type_=RedemptionState.profile_id.type)
        found = select(lit(1)).where(state.redemption_id == model.id, state.profile_id == owner)
        return exists(found.correlate(model))


reader = _Owned(listing)


def _of_redemption(name: str) -> Filter:
    return Filter(path=("redemption", name))


def _linked_profile(item: Any) -> Any:
    point = aliased(Point)
    found = select(point.linked_profile_id).where(point.id == item.subject_id, item.type == lit("point"))
    return found.correlate(item).scalar_subquery()


item_listing = Listing(
    RedemptionItemRead,
    RedemptionItem,
    extra={
        "redemption_id": Filter(path=("redemption_id",)),
        "redemption.redeem_at": _of_redemption("redeem_at"),
        "redeemable_type": Filter(path=("type",)),
        "external_id": _of_redemption("external_id"),
        "linked_profile_id": Filter(expression=_linked_profile),
        "profile_id": _of_redemption("profile_id"),
    },
)
item_reader = Reader(item_listing)

routes = Routes("Redemptions")
below = Routes("Redemptions")
shared = Routes("Redemptions")

_ANSWER = Statement(
    lambda: one_json(
        rows_json(SuccessfulRedemption, Redemption).where(Redemption.id == bindparam("id", type_=BigInteger))
    )
)
_OWNER = Statement("SELECT profile_id FROM redemption_states WHERE redemption_id = :id::bigint")


async def _successful(session: Any, identifier: int, profile_id: Any, currency: str | None) -> Answer:
    return created(await session.value(_ANSWER, id=identifier, profile=profile_id, currency=currency))


REDEEM: dict[str, Any] = {
    "answers": SuccessfulRedemption,
    "example": {"amount": 30, "strategies": ["rewards", "points"], "transaction_external_id": "T-1002"},
}


@below.post("/redemptions", "redeem-strategy", **REDEEM)
@below.post("/redeem", "redeem-strategy", **REDEEM)
async def redeem(session: Any, owner: Owner, body: RedeemBody) -> Answer:
    """Spend from a profile's balance.

    `total` is what was really spent: without `strict` that may be less than `amount`.
    """
    identifier = await service.redeem(session, owner.id, body)
    return await _successful(session, identifier, owner.id, body.currency)


@routes.post(
    "/redemptions/{id}/return",
    "return",
    answers=SuccessfulRedemption,
    aliases=("/redemptions/{id}/refund",),
    example={"amount": 12},
)
async def give_return(session: Any, body: RedeemBody, id: int) -> Answer:
    """Give back all or part of a redemption as new incentives."""
    made = await undo.give_return(session, id, body)
    return await _successful(session, made, await session.value(_OWNER, id=made), body.currency)


@routes.post(
    "/redemptions/{id}/reversal", "return", answers=SuccessfulRedemption, aliases=("/redemptions/{id}/reverse",)
)
async def reverse(session: Any, id: int) -> Answer:
    """Undo a redemption of the last ten minutes exactly."""
    made = await undo.reverse(session, id)
    return await _successful(session, made, await session.value(_OWNER, id=made), None)


class BenefitReturnBody(fields.Body):
    count: Annotated[fields.Int, Field(ge=1)] | None = None


@routes.post("/redemptions/{id}/benefit/return", "return", answers=RedemptionRead, example={"count": 1})
async def return_benefit(session: Any, body: BenefitReturnBody, id: int) -> Answer:
    """Give uses back to a redemption's benefit."""
    made = await undo.return_benefit(session, id, body.count)
    return created(await reader.text(session, made))


# Reads ----------------------------------------------------------------------------------------------------------------


@shared.get("/redemptions", "read-redemptions", listing=listing, envelope="page", answers=RedemptionRead)
async def browse(session: Any, call: Call, owner: Owner) -> Answer:
    """List redemptions, returns and reversals, newest first."""
    return await reader.browse(session, call, owner)


@routes.get("/redemptions/items", "read-redemptions", listing=item_listing, envelope="page", answers=RedemptionItemRead)
async def browse_items(session: Any, call: Call) -> Answer:
    """List the items of redemptions."""
    return await item_reader.browse(session, call)


@routes.get("/redemptions/items/{item}", "read-redemptions", answers=RedemptionItemRead)
async def show_item(session: Any, call: Call, item: int) -> Answer:
    """Read an item of a redemption."""
    return await item_reader.show(session, call, item)


@shared.get("/redemptions/{id}", "read-redemptions", answers=RedemptionRead)
async def show(session: Any, call: Call, owner: Owner, id: int) -> Answer:
    """Read a redemption."""
    return await reader.show(session, call, id, owner)


GROUPED: dict[str, Any] = {
    "profile_id": lambda r: listing.column("profile_id", r),
    "type": lambda r: r.type,
    "location_id": lambda r: r.location_id,
    "transaction_external_id": lambda r: r.transaction_external_id,
    "transaction_receipt_ref": lambda r: r.transaction_receipt_ref,
    "redeem_at": lambda r: cast(cast(r.redeem_at, Date), Text),
    "linked_source_id": lambda r: listing.column("linked_source_id", r),
}


def _grouping(attribute: str) -> Statement:
    """A page of groups: how many there are, and each value with its redemptions."""
    value = GROUPED[attribute]
    inner = aliased(Redemption)
    values = select(value(Redemption).label("value")).select_from(Redemption).distinct().subquery("groups")
    members = (
        select(*rendered_columns(RedemptionRead, inner))
        .where(value(inner).is_not_distinct_from(values.c.value))
        .order_by(inner.id.desc())
        .correlate(values)
        .subquery()
    )
    listed = func.coalesce(
        select(func.json_agg(members.table_valued())).scalar_subquery(), literal_column("'[]'::json")
    )
    row = func.json_build_object(
        lit(attribute), values.c.value, lit("redemptions"), func.json_build_object(lit("data"), listed), type_=JSON
    )
    page = (
        select(row.label("group"))
        .order_by(values.c.value.asc().nulls_last())
        .limit(bindparam("page_limit", type_=BigInteger))
        .offset(bindparam("page_offset", type_=BigInteger))
        .subquery()
    )
    return Statement(
        select(
            select(func.count()).select_from(values).scalar_subquery().label("total"),
            func.coalesce(select(cast(func.json_agg(page.c.group), Text)).scalar_subquery(), lit("[]")).label("data"),
        )
    )


_GROUPS: dict[str, Statement] = {}


@routes.get("/redemptions/group/{attribute}", "read-redemptions", envelope="flat", answers=RedemptionRead)
async def group(session: Any, call: Call, attribute: str) -> Answer:
    """List redemptions grouped by an attribute."""
    if attribute not in GROUPED:
        raise Invalid.field("attribute", "The selected attribute is invalid.")
    unfiltered(call.query)
    if attribute not in _GROUPS:
        _GROUPS[attribute] = _grouping(attribute)
    page = parse_page(call.query)
    row = await session.row(_GROUPS[attribute], page_limit=page.size, page_offset=page.offset)
    count = max(0, min(page.size, row.total - page.offset))
    return Answer(200, flat_envelope(row.data, row.total, page, Links(call.url, call.pairs, flat=True), count))


_COUNT = Statement(
    """
    SELECT coalesce(sum(CASE WHEN i.type = 'benefit' THEN i.count ELSE 1 END), 0)::bigint
    FROM redemption_items i
    JOIN redemptions r ON r.tenant_id = i.tenant_id AND r.id = i.redemption_id AND r.type = 'redeem'
    JOIN redemption_states s ON s.tenant_id = i.tenant_id AND s.redemption_id = r.id
    WHERE i.type = :type::text AND i.subject_id = :subject::bigint AND s.profile_id = :profile::uuid
      AND NOT EXISTS (SELECT 1 FROM redemptions u WHERE u.original_id = r.id AND u.type = 'reversal')
    """
)


@below.get("/redemptions/{type}/{subject}/count", "read-redemptions")
async def count(session: Any, owner: Owner, type: str, subject: int) -> Answer:
    """Count how often a profile redeemed one reward, point lot, benefit or credit."""
    if type not in ("reward", "point", "benefit", "credit"):
        raise NotFound
    await require_profile(session, owner.id)
    return data({"count": await session.value(_COUNT, type=type, subject=subject, profile=owner.id)})


def _linked() -> Any:
    """The redemptions of lots that others earned by the profile bound as `profile`."""
    item, point = aliased(RedemptionItem), aliased(Point)
    owner = bindparam("profile", type_=Point.profile_id.type)
    mine = (
        select(item.redemption_id)
        .join(point, (point.tenant_id == item.tenant_id) & (point.id == item.subject_id))
        .where(item.type == lit("point"), point.linked_profile_id == owner)
    )
    return select(
        list_json(rows_json(RedemptionRead, Redemption).where(Redemption.id.in_(mine)).order_by(Redemption.id.desc()))
    )


_LINKED = Statement(_linked)


@below.get(
    "/linked/redemptions",
    "read-redemptions",
    envelope="list",
    answers=RedemptionRead,
    aliases=("/linked_redemptions",),
)
async def browse_linked(session: Any, owner: Owner) -> Answer:
    """List the redemptions of points that others earned by this profile's activity."""
    await require_profile(session, owner.id)
    return one(await session.value(_LINKED, profile=owner.id))


def operations() -> list[Operation]:
    return [
        *routes.mounted(),
        *shared.mounted(),
        *shared.mounted("/profiles/{profile}", owner=of_profile),
        *below.mounted("/profiles/{profile}", owner=of_profile),
    ]
