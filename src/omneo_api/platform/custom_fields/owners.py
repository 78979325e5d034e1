"""Which resources have custom fields, how each is found and held, and what tells that it changed (orgs-platform B7)."""

import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from omneo_api.commerce.locations.service import locations
from omneo_api.commerce.orders import service as orders
from omneo_api.commerce.products.service import products
from omneo_api.commerce.transactions import service as transactions
from omneo_api.foundation.errors import NotFound
from omneo_api.foundation.operations import convert
from omneo_api.foundation.statements import Statement
from omneo_api.incentives.credits import service as credit_service
from omneo_api.incentives.credits.definitions import credit_definitions
from omneo_api.lists import service as lists
from omneo_api.profiles.profile.events import touched
from omneo_api.profiles.scope import lock_profile, require_profile
from omneo_api.profiles.statuses.configuration import statuses


@dataclass(frozen=True)
class FieldOwner:
    """One kind of owner. `key` is the type of its id; `require` and `hold` raise NotFound for one that is not there."""

    name: str
    plural: str
    scope: str
    key: type
    require: Callable[[Any, Any], Awaitable[Any]]
    hold: Callable[[Any, Any], Awaitable[Any]]
    touched: Callable[[Any, Any, Any], Awaitable[None]]
    versioned: bool = False

    @property
    def read(self) -> str:
        return f"read-{self.scope}"

    @property
    def write(self) -> str:
        return f"update-{self.scope}"

    def parse(self, text: str) -> Any:
        """The id in a path. Raises: NotFound for one of the wrong form."""
        return convert(text, self.key)

    def profile(self, identifier: Any) -> uuid.UUID | None:
        return identifier if self.name == "profile" else None


_LIVING_SALE = Statement(
    "SELECT 1 FROM transaction_states WHERE transaction_id = :id::bigint AND void_kind IS DISTINCT FROM 'deleted'"
)


async def _profile_touched(session: Any, identifier: Any, held: Any) -> None:
    del held
    await touched(session, identifier)


async def _require_sale(session: Any, identifier: int) -> None:
    if await session.value(_LIVING_SALE, id=identifier) is None:
        raise NotFound


async def _require_location(session: Any, identifier: int) -> None:
    await locations.reader.text(session, identifier)


async def _hold_location(session: Any, identifier: int) -> Any:
    return await locations.locked(session, str(identifier))


async def _location_touched(session: Any, identifier: int, held: Any) -> None:
    del held
    await locations.touched(session, identifier)


async def _require_product(session: Any, identifier: int) -> None:
    await products.reader.text(session, identifier)


async def _hold_product(session: Any, identifier: int) -> Any:
    return await products.locked(session, str(identifier))


async def _product_touched(session: Any, identifier: int, held: Any) -> None:
    del held
    await products.touched(session, identifier)


async def _require_list(session: Any, identifier: int) -> None:
    await lists.find(session, str(identifier))


async def _hold_list(session: Any, identifier: int) -> Any:
    return await lists.hold(session, str(identifier))


async def _require_credit(session: Any, identifier: int) -> None:
    await credit_service.require(session, identifier)


async def _hold_credit(session: Any, identifier: int) -> Any:
    return await credit_service.locked(session, identifier, None)


async def _credit_touched(session: Any, identifier: int, held: Any) -> None:
    await credit_service.touched(session, identifier, held)


async def _require_credit_definition(session: Any, identifier: int) -> None:
    await credit_definitions.reader.text(session, identifier)


async def _hold_credit_definition(session: Any, identifier: int) -> Any:
    return await credit_definitions.locked(session, str(identifier))


async def _credit_definition_touched(session: Any, identifier: int, held: Any) -> None:
    del held
    await credit_definitions.touched(session, identifier)


async def _require_status(session: Any, identifier: int) -> None:
    await statuses.reader.text(session, identifier)


async def _hold_status(session: Any, identifier: int) -> Any:
    return await statuses.locked(session, str(identifier))


async def _status_touched(session: Any, identifier: int, held: Any) -> None:
    """Statuses do not show their fields and tell nobody of them."""


OWNERS = (
    FieldOwner("profile", "profiles", "profiles", uuid.UUID, require_profile, lock_profile, _profile_touched),
    FieldOwner(
        "transaction",
        "transactions",
        "transactions",
        int,
        _require_sale,
        transactions.lock,
        transactions.touched,
        versioned=True,
    ),
    FieldOwner("order", "orders", "orders", int, orders.require, orders.hold, orders.touched, versioned=True),
    FieldOwner(
        "location",
        "locations",
        "locations",
        int,
        _require_location,
        _hold_location,
        _location_touched,
        versioned=True,
    ),
    FieldOwner(
        "product", "products", "products", int, _require_product, _hold_product, _product_touched, versioned=True
    ),
)
PRODUCT_LIST = FieldOwner("product_list", "product_lists", "product-lists", int, _require_list, _hold_list, lists.touch)
STATUS = FieldOwner("status", "statuses", "statuses", int, _require_status, _hold_status, _status_touched)
CREDIT = FieldOwner("credit", "credits", "rewards", int, _require_credit, _hold_credit, _credit_touched)
CREDIT_DEFINITION = FieldOwner(
    "credit_definition",
    "credit_definitions",
    "reward-definitions",
    int,
    _require_credit_definition,
    _hold_credit_definition,
    _credit_definition_touched,
)
ANYWHERE = (*OWNERS, PRODUCT_LIST, STATUS, CREDIT, CREDIT_DEFINITION)
BY_NAME = {name: owner for owner in ANYWHERE for name in (owner.name, owner.plural)}
