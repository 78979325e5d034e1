"""`/benefits`, their definitions, and the benefits below a profile (incentives-status 8.2, 9.2 and 9.3)."""

from functools import lru_cache
from typing import Any

from sqlalchemy import ARRAY, BigInteger, any_, bindparam, func, select

from omneo_api.foundation.calls import NO_CONTENT, Answer, Call, Owner, created, data, one
from omneo_api.foundation.errors import Invalid, NotFound, selected_is_invalid
from omneo_api.foundation.fields import partial, sent, validate
from omneo_api.foundation.models import lit
from omneo_api.foundation.operations import Operation, Routes
from omneo_api.foundation.query import Filter, Listing
from omneo_api.foundation.reading import Reader
from omneo_api.foundation.render import list_json, rows_json
from omneo_api.foundation.statements import Statement
from omneo_api.incentives.benefits import claiming, redeeming, service
from omneo_api.incentives.benefits.definitions import EXAMPLE as DEFINITION
from omneo_api.incentives.benefits.definitions import CloneBody, benefit_definitions, named_definition
from omneo_api.incentives.benefits.export import CsvQuery, table
from omneo_api.incentives.benefits.expressions import is_redeemable
from omneo_api.incentives.benefits.models import Benefit, BenefitDefinition
from omneo_api.incentives.benefits.schemas import (
    BatchBenefit,
    BenefitBody,
    BenefitDefinitionRead,
    BenefitRead,
    BenefitUpdate,
    ClaimBody,
    ClaimOneBody,
    ExtendBody,
    RedeemBenefitBody,
)
from omneo_api.incentives.redemptions.routes import reader as redemptions
from omneo_api.incentives.redemptions.schemas import RedemptionRead
from omneo_api.incentives.rewards.routes import extension
from omneo_api.platform.batches.service import batch_body, envelope_schema, queue, queued
from omneo_api.profiles.scope import of_profile, require_profile

FILTERS = {
    "benefit_definition_id": Filter(path=("benefit_definition_id",)),
    "definition.id": Filter(path=("definition", "id")),
    "definition.handle": Filter(path=("definition", "handle")),
    "definition.name": Filter(path=("definition", "name")),
    "definition.type": Filter(path=("definition", "type")),
    "meta": Filter(path=("meta",)),
    "combine_meta": Filter(path=("combine_meta",)),
    "active": Filter(expression=is_redeemable),
}
listing = Listing(BenefitRead, Benefit, extra=FILTERS, counted="benefits")
reader = Reader(listing)
own_listing = Listing(BenefitRead, Benefit, extra=FILTERS, order=("-id",))
own_reader = Reader(own_listing)
routes = Routes("Benefits")
shared = Routes("Benefits")
below = Routes("Benefits")
definitions = Routes("Benefit definitions")
EXAMPLE = {"profile_id": "0b7d1f7e-3a55-4d8e-9d0e-2f1c6a9b7710", "timezone": "Australia/Melbourne"}
KINDS = {"issue": "issue", "remind": "remind", "expiry": "remind", "extend": "extend"}


def _many(schema: Any, model: Any) -> Statement:
    """Rows by their ids, in the order of the ids."""
    chosen = model.id == any_(bindparam("ids", type_=ARRAY(BigInteger)))
    return Statement(lambda: select(list_json(rows_json(schema, model).where(chosen).order_by(model.id))))


_MANY = _many(BenefitRead, Benefit)
_DEFINITIONS = _many(BenefitDefinitionRead, BenefitDefinition)

# Definitions ----------------------------------------------------------------------------------------------------------


@definitions.get(
    "/benefits/definitions/handle/{handle}",
    "read-benefit-definitions",
    answers=BenefitDefinitionRead,
    aliases=("/benefit-definitions/handle/{handle}",),
)
async def show_by_handle(session: Any, call: Call, handle: str) -> Answer:
    """Read a benefit definition by its handle."""
    found = benefit_definitions.reader
    return one(await found.text(session, handle.lower(), column="handle_key", include=found.includes(call)))


@definitions.post(
    "/benefits/definitions/{id}/clone",
    "create-benefit-definitions",
    answers=BenefitDefinitionRead,
    aliases=("/benefit-definitions/{id}/clone",),
    example={"handle": "free-alterations-2026", "name": "Free alterations 2026"},
)
async def clone(session: Any, call: Call, body: CloneBody, id: str) -> Answer:
    """Copy a benefit definition under a new handle."""
    original = await benefit_definitions.locked(session, id)
    made = await benefit_definitions.clone(session, original, sent(body))
    found = benefit_definitions.reader
    return created(await found.text(session, made, include=found.includes(call)))


@definitions.get(
    "/benefits/definitions/{id}/csv",
    "read-benefits",
    envelope="bare",
    aliases=("/benefit-definitions/{id}/csv",),
)
async def read_table(session: Any, call: Call, id: str) -> Answer:
    """Read the benefits of a definition as a table."""
    asked = validate(CsvQuery, call.query)
    found = await named_definition(session, id)
    if found is None:
        raise NotFound
    return Answer(200, await table(session, found.id, asked), content_type="text/csv; charset=utf-8")


# Both families --------------------------------------------------------------------------------------------------------


@routes.get("/benefits", "read-benefits", listing=listing, envelope="page", answers=BenefitRead)
async def browse(session: Any, call: Call) -> Answer:
    """List benefits, expired and redeemed ones too."""
    return await reader.browse(session, call)


@shared.post(
    "/benefits",
    "create-benefits",
    answers=BenefitRead,
    example={**EXAMPLE, "benefit_definition_handle": DEFINITION["handle"]},
)
async def create(session: Any, owner: Owner, body: BenefitBody) -> Answer:
    """Issue a benefit."""
    if owner.id is not None:
        await require_profile(session, owner.id)
    identifier = await service.create(session, owner.id or body.profile_id, body)
    return created(await reader.text(session, identifier))


@shared.get("/benefits/{benefit}", "read-benefits", answers=BenefitRead)
async def show(session: Any, call: Call, owner: Owner, benefit: int) -> Answer:
    """Read a benefit."""
    return await reader.show(session, call, benefit, owner)


@shared.put("/benefits/{benefit}", "create-benefits", answers=BenefitRead, permission="update")
async def update(session: Any, owner: Owner, body: BenefitUpdate, benefit: int) -> Answer:
    """Adjust a benefit by hand."""
    await service.adjust(session, benefit, owner.id, sent(body))
    return one(await reader.text(session, benefit))


@shared.delete("/benefits/{benefit}", "delete-benefits", envelope="none")
async def remove(session: Any, owner: Owner, benefit: int) -> Answer:
    """Delete a benefit."""
    await service.remove(session, benefit, owner.id)
    return NO_CONTENT


# Global ---------------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=256)
def _counting(form: tuple[Any, ...]) -> Statement:
    redeemed = func.count().filter(Benefit.redeemed > lit(0))
    counted = select(func.count().label("all"), redeemed.label("redeemed")).select_from(Benefit)
    return Statement(counted.where(*listing.where(form, Benefit)))


@routes.get("/benefits.count", "read-benefits", aliases=("/benefits/count",), listing=listing)
async def count(session: Any, call: Call) -> Answer:
    """Count benefits, and those that were redeemed at least once; filters as for the list."""
    query = listing.parse(call.query)
    row = await session.row(_counting((*query.form[:4], frozenset())), **query.values())
    return data({"countAll": row.all, "countRedeemed": row.redeemed})


@routes.post(
    "/benefits/extend", "create-benefits", answers=BenefitRead, envelope="list", success=200, permission="update"
)
async def extend(session: Any, call: Call) -> Answer:
    """Extend benefits of one profile, all or none."""
    extended = await service.extend(session, validate(ExtendBody, extension(call)))
    return one(await session.value(_MANY, ids=extended))


@routes.post(
    "/benefits/batch.json",
    "create-benefits",
    envelope="bare",
    success=200,
    aliases=("/benefits/batch",),
    body=envelope_schema("benefits", BatchBenefit),
    example={"benefits": [{**EXAMPLE, "benefit_definition_handle": DEFINITION["handle"], "external_id": "CRM-88"}]},
)
async def batch(session: Any, call: Call) -> Answer:
    """Queue up to 1000 benefits to be issued one by one."""
    asked = batch_body(call.body, "benefits", partial(BatchBenefit))
    return queued(await queue(session, "benefit", asked.rows, asked.import_job_id))


@routes.get(
    "/benefits/{benefit}/trigger-target/{type}",
    "create-benefits",
    envelope="none",
    success=204,
    reads=False,
    permission="update",
)
async def trigger_target(session: Any, benefit: int, type: str) -> Answer:
    """Send a benefit's notification again, now."""
    if type not in KINDS:
        raise NotFound
    if not await service.trigger_target(session, benefit, KINDS[type]):
        raise Invalid.field("type", f"The benefit definition has no {KINDS[type]} target.")
    return NO_CONTENT


# Below a profile ------------------------------------------------------------------------------------------------------


def _redeemable(benefit: Any) -> Any:
    return is_redeemable(benefit)


@below.get("/benefits", "read-benefits", listing=own_listing, envelope="page", answers=BenefitRead)
async def browse_own(session: Any, call: Call, owner: Owner) -> Answer:
    """List a profile's benefits, newest first; `filter[active]=1` leaves those that can be redeemed."""
    return await own_reader.browse(session, call, owner)


@below.get("/redeemable_benefits", "read-benefits", listing=own_listing, envelope="page", answers=BenefitRead)
async def browse_redeemable(session: Any, call: Call, owner: Owner) -> Answer:
    """List the benefits that a profile can redeem now."""
    return await own_reader.browse(session, call, owner, scope=(_redeemable,))


@below.get("/benefits/viewable", "read-benefits", envelope="list", answers=BenefitDefinitionRead)
async def browse_viewable(session: Any, owner: Owner) -> Answer:
    """List the benefit definitions that a profile is shown."""
    await require_profile(session, owner.id)
    return one(await session.value(_DEFINITIONS, ids=await claiming.viewable(session, owner.id)))


@below.get("/benefits/claimable", "read-benefits", envelope="list", answers=BenefitDefinitionRead)
async def browse_claimable(session: Any, owner: Owner) -> Answer:
    """List the benefit definitions that a profile could claim now."""
    await require_profile(session, owner.id)
    return one(await session.value(_DEFINITIONS, ids=await claiming.claimable(session, owner.id)))


async def _named(session: Any, owner: Owner, word: str) -> int:
    await require_profile(session, owner.id)
    definition = await named_definition(session, word)
    if definition is None:
        raise Invalid.field("definition", selected_is_invalid("definition"))
    identifier: int = definition.id
    return identifier


def _by_customer(call: Call) -> bool:
    return call.who.kind == "id"


CLAIM = {"definition": DEFINITION["handle"], "timezone": "Australia/Melbourne"}


@below.post("/benefits/claim", "create-benefits", answers=BenefitRead, example=CLAIM)
async def claim(session: Any, call: Call, owner: Owner, body: ClaimBody) -> Answer:
    """Claim a benefit for a profile."""
    definition = await _named(session, owner, body.definition)
    identifier = await claiming.claim(session, owner.id, definition, body, by_customer=_by_customer(call))
    return created(await reader.text(session, identifier))


@below.post("/benefits/claim-redeem", "redeem-benefits", answers=RedemptionRead, example=CLAIM)
async def claim_redeem(session: Any, call: Call, owner: Owner, body: ClaimBody) -> Answer:
    """Claim a benefit and redeem it once."""
    definition = await _named(session, owner, body.definition)
    made = await claiming.claim_and_redeem(session, owner.id, definition, body, by_customer=_by_customer(call))
    return created(await redemptions.text(session, made))


@below.post("/benefits/{definition}/claim", "create-benefits", answers=BenefitRead)
async def claim_one(session: Any, call: Call, owner: Owner, body: ClaimOneBody, definition: str) -> Answer:
    """Claim a benefit of the definition that the path names by id or handle."""
    found = await named_definition(session, definition)
    if found is None:
        raise NotFound
    identifier = await claiming.claim(session, owner.id, found.id, body, by_customer=_by_customer(call))
    return created(await reader.text(session, identifier))


@below.post("/benefits/{benefit}/redeem", "redeem-benefits", answers=RedemptionRead, example={"count": 1})
async def redeem(session: Any, owner: Owner, body: RedeemBenefitBody, benefit: int) -> Answer:
    """Redeem a benefit; the answer is the redemption."""
    made = await redeeming.redeem(session, owner.id, benefit, body.count)
    return created(await redemptions.text(session, made))


def operations() -> list[Operation]:
    return [
        *definitions.mounted(),
        *routes.mounted(),
        *shared.mounted(),
        *shared.mounted("/profiles/{profile}", owner=of_profile),
        *below.mounted("/profiles/{profile}", owner=of_profile),
    ]
