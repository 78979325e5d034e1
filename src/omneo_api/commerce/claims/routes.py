"""Claims over HTTP, below a profile (commerce 3.2)."""

from typing import Any

from omneo_api.commerce.claims import service
from omneo_api.commerce.claims.models import TransactionClaim
from omneo_api.commerce.claims.schemas import ClaimBody, ClaimRead
from omneo_api.foundation.calls import NO_CONTENT, Answer, Call, Owner, created, one
from omneo_api.foundation.operations import Operation, Routes
from omneo_api.foundation.query import Filter, Listing
from omneo_api.foundation.reading import Reader
from omneo_api.profiles.scope import of_profile

READ, CREATE = "read-transaction-claims", "create-transaction-claims"
EXAMPLE = {
    "transaction_receipt_ref": "R-5512",
    "transaction_total": 80.5,
    "transaction_transacted_at": "2025-03-02",
    "transaction_timezone": "Australia/Melbourne",
    "transaction_location_external_code": "S12",
}

reader = Reader(
    Listing(
        ClaimRead,
        TransactionClaim,
        filters=(
            "transaction_transacted_at",
            "transaction_receipt_ref",
            "transaction_timezone",
            "transaction_location_external_code",
            "status",
        ),
        extra={"transaction_total": Filter(path=("transaction_total",))},
    )
)
routes = Routes("Transaction claims")


@routes.get("/transactions/claims", READ, answers=ClaimRead, envelope="page", listing=reader.listing)
async def browse(session: Any, call: Call, owner: Owner) -> Answer:
    """List the claims of a profile"""
    return await reader.browse(session, call, owner)


@routes.post("/transactions/claims", CREATE, answers=ClaimRead, success=(200, 201), example=EXAMPLE)
async def create(session: Any, body: ClaimBody, owner: Owner) -> Answer:
    """Claim an anonymous transaction

    What matches nothing yet stays pending. Repeating a pending claim answers it, 200.
    """
    identifier, new = await service.create(session, owner.id, body)
    text = await reader.text(session, identifier)
    return created(text) if new else one(text)


@routes.get("/transactions/claims/{id}", READ, answers=ClaimRead)
async def show(session: Any, call: Call, owner: Owner, id: int) -> Answer:
    """Read a claim"""
    return await reader.show(session, call, id, owner)


@routes.delete("/transactions/claims/{id}", CREATE, envelope="none")
async def delete(session: Any, owner: Owner, id: int) -> Answer:
    """Delete a claim; a claimed transaction stays claimed"""
    await service.delete(session, id, owner.id)
    return NO_CONTENT


def operations() -> list[Operation]:
    """Every operation of this room below `/v3`."""
    return routes.mounted("/profiles/{profile}", owner=of_profile)
