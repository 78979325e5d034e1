"""Acting on a connected profile: what customers may do below `/profiles/me`, for a profile they are connected with.

The operations are those of `/profiles/me`; this says which of them a connection opens (omneo-id 4.6).
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import orjson

from omneo_api.configuration.settings.service import allowed
from omneo_api.foundation.calls import Answer, Call, Owner
from omneo_api.foundation.errors import Unauthorized
from omneo_api.foundation.operations import Operation, OwnerOf, convert
from omneo_api.omneo_id.mount import ME, Offer, of_me
from omneo_api.profiles.connections import service as connections
from omneo_api.profiles.scope import alive

CONNECTED = "/profiles/connection/{connection}"
MONEY = ("reward_balance", "point_balance", "combined_balance_dollars", "point_balance_dollars")
SHARED_BY = {
    "addresses": ("address", "addresses"),
    "attributes": ("attributes",),
    "comms": ("attributes",),
    "identities": ("identities",),
    "regions": ("region", "regions"),
    "balances": MONEY,
    "rewards": MONEY,
    "points": MONEY,
    "tiers": ("tier", "tier_handle"),
    "benefits": ("benefits",),
    "redeemable_benefits": ("benefits",),
    "transactions": ("transactions",),
    "find-transactions": ("transactions",),
    "group_transactions": ("transactions",),
    "transaction-products": ("transactions",),
    "transactionitems": ("transactions",),
    "orders": ("transactions",),
    "group_orders": ("transactions",),
    "ledgers": ("transactions",),
    "lists": ("lists",),
}
"""By the first segment below the profile: the shareable attributes of which one must be named."""
NEVER_WRITTEN = frozenset({"purge", "update-type", "redeem", "credits", "identities", "tiers"})
ENTERED = "connections"


@dataclass(frozen=True)
class Connected(Owner):
    """The other party's profile, and what it shares."""

    shown: frozenset[str] = frozenset()


def for_connected(offers: Iterable[Offer], mounted: Iterable[Operation]) -> list[Operation]:
    """The operations of `/profiles/me` once more for a connected profile; its connections cannot be entered."""
    return [
        replace(
            operation,
            path=CONNECTED + offer.path,
            aliases=tuple(CONNECTED + alias.removeprefix(ME) for alias in operation.aliases),
            owner=_owner(offer),
            handler=operation.handler if offer.path else _reducing(operation.handler),
        )
        for offer, operation in zip(offers, mounted, strict=True)
        if _segment(offer) != ENTERED
    ]


def _segment(offer: Offer) -> str:
    return offer.path.strip("/").split("/")[0]


def _owner(offer: Offer) -> OwnerOf:
    segment = _segment(offer)
    writes = offer.method != "GET"
    never = writes and (segment in NEVER_WRITTEN or (offer.method, segment) == ("DELETE", ""))

    async def of_connected(session: Any, call: Call) -> Owner:
        me = await of_me(session, call)
        row = await connections.party(session, me.id, convert(call.path["connection"], int))
        if row.status != "accepted" or row.is_archived or row.is_invalid:
            raise Unauthorized
        shown = frozenset(row.shareable_attributes)
        if never or (segment and shown.isdisjoint(SHARED_BY.get(segment, ()))):
            raise Unauthorized
        if writes and (row.connector_id != me.id or row.type != "dependant"):
            raise Unauthorized
        if offer.switch is not None and not await allowed(session, f"id.allow.{offer.switch}"):
            raise Unauthorized
        owner = Connected(row.connected_id if me.id == row.connector_id else row.connector_id, alive, shown)
        if offer.guard is not None:
            await offer.guard(session, call, owner)
        return owner

    return of_connected


def _reducing(handler: Any) -> Any:
    """The profile itself: every key stays, with a value only where the connection shares it."""

    async def run(**values: Any) -> Answer:
        answer: Answer = await handler(**values)
        if not answer.body:
            return answer
        shown = values["owner"].shown | {"id"}
        profile = orjson.loads(answer.body)["data"]
        reduced = {key: value if key in shown else _emptied(value) for key, value in profile.items()}
        return replace(answer, body=orjson.dumps({"data": reduced}))

    return run


def _emptied(value: Any) -> Any:
    return [] if isinstance(value, list) else {} if isinstance(value, dict) and _grouped(value) else None


def _grouped(value: dict[str, Any]) -> bool:
    """Whether an object is a group of named values, which is never null, and not a record."""
    return "id" not in value and "profile_id" not in value
