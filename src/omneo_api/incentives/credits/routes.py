"""`/credits` and the credits below a profile (incentives-value 8.2)."""

from typing import Any

from sqlalchemy import ARRAY, BigInteger, any_, bindparam, select

from omneo_api.foundation.calls import NO_CONTENT, Answer, Call, Owner, created, one
from omneo_api.foundation.fields import sent, validate
from omneo_api.foundation.operations import Operation, Routes
from omneo_api.foundation.query import Filter, Listing
from omneo_api.foundation.reading import Reader
from omneo_api.foundation.render import list_json, rows_json
from omneo_api.foundation.statements import Statement
from omneo_api.incentives.credits import service
from omneo_api.incentives.credits.models import Credit
from omneo_api.incentives.credits.redeem import WrongCode, redeem_credit
from omneo_api.incentives.credits.schemas import CreditBody, CreditRead, CreditRedeemBody, CreditUpdate
from omneo_api.incentives.redemptions.routes import reader as redemptions
from omneo_api.incentives.redemptions.schemas import RedemptionRead
from omneo_api.incentives.rewards.routes import extension
from omneo_api.incentives.rewards.schemas import ExtendBody
from omneo_api.profiles.scope import of_profile, require_profile

listing = Listing(
    CreditRead,
    Credit,
    extra={
        "credit_definition_handle": Filter(path=("definition", "handle")),
        "definition.id": Filter(path=("definition", "id")),
        "definition.handle": Filter(path=("definition", "handle")),
        "definition.type": Filter(path=("definition", "type")),
        "meta": Filter(path=("meta",)),
    },
    custom_field="custom_fields",
)
reader = Reader(listing)
routes = Routes("Credits")
below = Routes("Credits")
_MANY = Statement(
    lambda: select(
        list_json(
            rows_json(CreditRead, Credit)
            .where(Credit.id == any_(bindparam("ids", type_=ARRAY(BigInteger))))
            .order_by(Credit.id)
        )
    )
)


@routes.get("/credits", "read-rewards", listing=listing, envelope="page", answers=CreditRead)
async def browse(session: Any, call: Call, owner: Owner) -> Answer:
    """List credits."""
    return await reader.browse(session, call, owner)


@routes.post(
    "/credits",
    "create-rewards",
    answers=CreditRead,
    example={"credit_definition_handle": "gift-card", "value_initial": 100, "recipient_email": "sam@example.com"},
)
async def create(session: Any, owner: Owner, body: CreditBody) -> Answer:
    """Issue a credit."""
    if owner.id is not None:
        await require_profile(session, owner.id)
    identifier = await service.create(session, owner.id, sent(body), body)
    return created(await reader.text(session, identifier))


@routes.post("/credits/extend", "update-rewards", answers=CreditRead, envelope="list", success=200, permission="update")
async def extend(session: Any, call: Call) -> Answer:
    """Extend credits that have not been extended yet."""
    body = validate(ExtendBody, extension(call))
    extended = await service.extend(session, body.profile_id, body.ids, body.extend_days, body.extend_date)
    return one(await session.value(_MANY, ids=extended))


@routes.get("/credits/{credit}", "read-rewards", answers=CreditRead)
async def show(session: Any, call: Call, owner: Owner, credit: int) -> Answer:
    """Read a credit."""
    return await reader.show(session, call, credit, owner)


@routes.put("/credits/{credit}", "update-rewards", answers=CreditRead)
async def update(session: Any, owner: Owner, body: CreditUpdate, credit: int) -> Answer:
    """Change a credit, lock it, or hand it to another profile."""
    await service.change(session, credit, owner.id, sent(body))
    return one(await reader.text(session, credit))


@routes.delete("/credits/{credit}", "delete-rewards", envelope="none")
async def remove(session: Any, owner: Owner, credit: int) -> Answer:
    """Delete a credit."""
    await service.remove(session, credit, owner.id)
    return NO_CONTENT


@below.post("/credits/{credit}/redeem", "redeem-strategy", answers=RedemptionRead, example={"amount": 64.8})
async def redeem(session: Any, owner: Owner, body: CreditRedeemBody, credit: int) -> Answer:
    """Spend one credit."""
    made = await redeem_credit(session, owner.id, credit, body)
    if isinstance(made, WrongCode):
        return Answer(made.status, made.body())
    return created(await redemptions.text(session, made))


def operations() -> list[Operation]:
    paths = [("GET", "/credits"), ("POST", "/credits"), ("GET", "/credits/{credit}"), ("PUT", "/credits/{credit}")]
    return [
        *routes.mounted(),
        *routes.mounted("/profiles/{profile}", owner=of_profile, only=paths),
        *below.mounted("/profiles/{profile}", owner=of_profile),
    ]
