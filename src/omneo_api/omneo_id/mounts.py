"""The allow-list of `/id/api/v1` (omneo-id 4): what is not named here is not there."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import orjson

from omneo_api.commerce.locations.service import locations
from omneo_api.foundation.calls import Answer, Call, data
from omneo_api.foundation.operations import Operation, Routes
from omneo_api.lists.shares import FriendShareRead, NoProfileShareRead, by_code
from omneo_api.omneo_id import quick_create, writable
from omneo_api.omneo_id.connected import for_connected
from omneo_api.omneo_id.mount import Offer, concealed, for_customers
from omneo_api.omneo_id.tokens import IdTokens, minting

IDENTITY = writable.only("handle", "identifier", "is_active")
CLAIM = writable.only("definition", "timezone", "external_id", "meta")
OWN_LIST = writable.without("profile_id", "staff_id")
CUSTOM = "/attributes/custom/{namespace}:{handle}"

OFFERS = (
    Offer("GET", ""),
    Offer("PUT", "", trim=writable.profile, guard=writable.own_attributes),
    Offer("DELETE", "", "profile_delete"),
    Offer("DELETE", "/purge", "profile_purge"),
    Offer("GET", "/resync", instead=("GET", "")),
    Offer("PUT", "/update-type", "profile_type", guard=writable.own_type),
    Offer("GET", "/balances"),
    Offer("POST", "/redeem", "redeem", trim=writable.only("amount", "strategies", "strategy", "strict", "currency")),
    Offer("GET", "/addresses"),
    Offer("POST", "/addresses"),
    Offer("GET", "/addresses/{id}"),
    Offer("PUT", "/addresses/{id}"),
    Offer("DELETE", "/addresses/{id}"),
    Offer("GET", "/attributes"),
    Offer("GET", "/attributes/comms"),
    Offer("PUT", "/attributes/comms", trim=writable.comms),
    Offer("PUT", "/comms", trim=writable.comms),
    Offer("GET", "/attributes/appearance"),
    Offer("PUT", "/attributes/appearance"),
    Offer("GET", "/attributes/dates"),
    Offer("PUT", "/attributes/dates"),
    Offer("DELETE", "/attributes/dates/{id}"),
    Offer("GET", "/attributes/custom", guard=writable.shown_attributes),
    Offer("GET", CUSTOM, guard=writable.shown_attribute),
    Offer("PUT", CUSTOM, guard=writable.own_attribute),
    Offer("DELETE", CUSTOM, guard=writable.own_attribute),
    Offer("GET", "/identities"),
    Offer("POST", "/identities", "identities", IDENTITY, writable.own_identity),
    Offer("GET", "/identities/{handle}"),
    Offer("PUT", "/identities/{handle}", "identities", IDENTITY, writable.own_identity),
    Offer("DELETE", "/identities/{handle}", "identities", guard=writable.own_identity),
    Offer("GET", "/identities/id/{id}"),
    Offer("PUT", "/identities/id/{id}", "identities", IDENTITY, writable.own_identity),
    Offer("DELETE", "/identities/id/{id}", "identities", guard=writable.own_identity),
    Offer("GET", "/regions"),
    Offer("POST", "/regions"),
    Offer("PUT", "/regions/{region}"),
    Offer("DELETE", "/regions/{region}"),
    Offer("GET", "/statuses"),
    Offer("GET", "/tags"),
    Offer("GET", "/rewards"),
    Offer("GET", "/rewards/{reward}"),
    Offer("GET", "/points"),
    Offer("GET", "/points/{point}"),
    Offer("GET", "/tiers"),
    Offer("GET", "/tiers/calculate", instead=("GET", "/tiers")),
    Offer("POST", "/tiers/assign", "tiers_assign", trim=writable.only("tier")),
    Offer("GET", "/benefits"),
    Offer("GET", "/benefits/viewable"),
    Offer("GET", "/benefits/claimable"),
    Offer("POST", "/benefits/claim", "benefits_claim", CLAIM),
    Offer("POST", "/benefits/claim-redeem", "benefits_claim", CLAIM),
    Offer("GET", "/benefits/{benefit}"),
    Offer("PUT", "/benefits/{benefit}", "benefits_write", writable.only("external_id", "meta")),
    Offer("DELETE", "/benefits/{benefit}", "benefits_write"),
    Offer("POST", "/benefits/{benefit}/redeem", "benefits_redeem", writable.only(), writable.own_redeeming),
    Offer("GET", "/redeemable_benefits"),
    Offer("GET", "/credits"),
    Offer("POST", "/credits/{credit}/redeem", "redeem", trim=writable.only("amount", "security_code")),
    Offer("GET", "/redemptions"),
    Offer("GET", "/redemptions/{id}"),
    Offer("GET", "/redemptions/{type}/{subject}/count"),
    Offer("GET", "/transactions"),
    Offer("GET", "/transactions/claims"),
    Offer("POST", "/transactions/claims", "claims_write"),
    Offer("GET", "/transactions/claims/{id}"),
    Offer("DELETE", "/transactions/claims/{id}", "claims_write"),
    Offer("GET", "/transactions/{id}"),
    Offer("GET", "/transaction-products"),
    Offer("GET", "/find-transactions"),
    Offer("GET", "/group_transactions"),
    Offer("GET", "/group_orders", own="transactions"),
    Offer("GET", "/orders", own="transactions"),
    Offer("GET", "/orders/{id}", own="transactions"),
    Offer("GET", "/ledgers"),
    Offer("GET", "/ledgers/{id}"),
    Offer("GET", "/achievements"),
    Offer("POST", "/achievements", "achievements_write", trim=writable.one_count),
    Offer("GET", "/achievements/{definition}/achievement-points"),
    Offer("GET", "/aggregations"),
    Offer("GET", "/aggregations/calculate", instead=("GET", "/aggregations")),
    Offer("GET", "/interactions"),
    Offer("GET", "/interactions/{id}"),
    Offer("DELETE", "/interactions/{id}", "interactions_delete"),
    Offer("GET", "/transactionitems/list/assigned"),
    Offer("GET", "/transactionitems/list/unassigned"),
    Offer("POST", "/transactions/items/{item}/list-item"),
    Offer("GET", "/lists"),
    Offer("POST", "/lists", trim=OWN_LIST),
    Offer("GET", "/lists/{list}"),
    Offer("PUT", "/lists/{list}", trim=OWN_LIST),
    Offer("DELETE", "/lists/{list}"),
    Offer("GET", "/lists/{list}/items"),
    Offer("POST", "/lists/{list}/items"),
    Offer("GET", "/lists/{list}/items/{item}"),
    Offer("PUT", "/lists/{list}/items/{item}"),
    Offer("DELETE", "/lists/{list}/items/{item}"),
    Offer("POST", "/lists/{list}/custom"),
    Offer("GET", "/lists/{list}/custom-fields"),
    Offer("POST", "/lists/{list}/custom-fields"),
    Offer("GET", "/lists/{list}/custom-fields/{namespace}:{handle}"),
    Offer("PUT", "/lists/{list}/custom-fields/{namespace}:{handle}"),
    Offer("DELETE", "/lists/{list}/custom-fields/{namespace}:{handle}"),
    Offer("POST", "/lists/{list}/shares"),
    Offer("DELETE", "/lists/{list}/shares/{share}"),
    Offer("GET", "/connections"),
    Offer(
        "PUT",
        "/connections/{connection}",
        trim=writable.only("status", "name", "notes", "is_primary", "is_default", "meta"),
    ),
    Offer("GET", "/connections/{connection}/profileInfo"),
)


def operations(admin: Sequence[Operation], tokens: IdTokens) -> list[Operation]:
    """Every operation below `/id/api/v1`; `admin` are those of v3, of which the offered ones are mounted again."""
    mine = for_customers(admin, OFFERS)
    return [
        *minting(tokens).mounted(),
        *mine,
        *for_connected(OFFERS, mine),
        *quick_create.routes().mounted(),
        *_public().mounted(),
    ]


def _shown(text: str) -> Answer:
    """What others may see of a list, without what no customer may see."""
    return data(concealed(orjson.loads(text)))


def _public() -> Routes:
    """What any valid customer token may read: open shops, and lists whose code it knows."""
    routes = Routes("Omneo ID")

    def _open(location: Any) -> Any:
        return location.is_published & ~location.is_permanently_closed

    async def browse(session: Any, call: Call) -> Answer:
        """List the published locations"""
        # Departments, which an include would add, hold notes of the staff.
        plain = replace(call, _query={name: value for name, value in call.query.items() if name != "include"})
        return await locations.reader.browse(session, plain, scope=(_open,))

    async def show(session: Any, id: int) -> Answer:
        """Read a published location"""
        text = await locations.reader.text(session, id, where=_open)
        return Answer(200, b'{"data":' + text.encode() + b"}")

    async def show_shared(session: Any, call: Call, code: str) -> Answer:
        """Read a shared list by its code; of its owner the first name"""
        schema = NoProfileShareRead if call.who.profile_id is None else FriendShareRead
        return _shown(await by_code(session, code, schema))

    async def show_shared_without_profile(session: Any, code: str) -> Answer:
        """Read a shared list by its code, without its owner"""
        return _shown(await by_code(session, code, NoProfileShareRead))

    shared: dict[str, Any] = {"auth": "customer"}
    routes.add("GET", "/lists/shares/{code}", show_shared, None, answers=FriendShareRead, **shared)
    path = "/lists/shares/{code}/no_profile"
    routes.add("GET", path, show_shared_without_profile, None, answers=NoProfileShareRead, **shared)
    options: dict[str, Any] = {"auth": "customer", "answers": locations.read}
    routes.add("GET", "/locations", browse, None, envelope="page", listing=locations.listing, **options)
    routes.add("GET", "/locations/{id}", show, None, **options)
    return routes
