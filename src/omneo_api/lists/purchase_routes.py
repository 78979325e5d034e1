"""Linking lines of sales to items of lists, and the lines that are linked or not (commerce 2.2)."""

from typing import Any

from sqlalchemy import bindparam
from sqlalchemy.dialects.postgresql import UUID

from omneo_api.commerce.transactions import views
from omneo_api.commerce.transactions.models import TransactionItem
from omneo_api.foundation.calls import EVERYONE, Answer, Call, Owner, one
from omneo_api.foundation.errors import NotFound
from omneo_api.foundation.operations import Operation, Routes
from omneo_api.foundation.query import Listing
from omneo_api.foundation.reading import NO_INCLUDES, Reader
from omneo_api.lists import purchases
from omneo_api.lists.purchases import LinkBody
from omneo_api.lists.schemas import LineRead
from omneo_api.profiles.scope import of_profile

EXAMPLE = {"product_list_item_id": 40, "type": "link"}
LIST_ITEMS = frozenset({"list_items"})

routes = Routes("Lists")
own = Routes("Lists")


class LineReader(Reader):
    """Lines of a profile's sales that count; `include_list_item=1` shows what they bought."""

    def _owned(self, model: Any) -> Any:
        return purchases.counting_line_of(bindparam("owner", type_=UUID(as_uuid=True)))(model)

    def includes(self, call: Call) -> frozenset[str]:
        return LIST_ITEMS if call.query.get("include_list_item") in ("1", "true") else NO_INCLUDES

    def _permitted(self, asked: frozenset[str], call: Call) -> frozenset[str]:
        return super()._permitted(asked, call) | self.includes(call)


listing = Listing(
    LineRead,
    TransactionItem,
    filters=views.items._named,  # noqa: SLF001
    extra=views.items._extra,  # noqa: SLF001
    order=("-transacted_at", "-id"),
)
reader = LineReader(listing)


@routes.post(
    "/transactions/items/{item}/list-item",
    "update-transactions",
    answers=LineRead,
    success=200,
    permission="update",
    example=EXAMPLE,
)
async def link(session: Any, call: Call, owner: Owner, body: LinkBody, item: int) -> Answer:
    """Note that a line of a sale bought an item of a list, or that it did not"""
    await purchases.link(session, item, body, owner.id)
    return one(await reader.text(session, item, owner=EVERYONE, include=reader.includes(call)))


async def _browse(session: Any, call: Call, owner: Owner, state: str) -> Answer:
    if state not in purchases.STATES:
        raise NotFound
    return await reader.browse(session, call, owner, scope=(purchases.STATES[state],))


LINES: dict[str, Any] = {"answers": LineRead, "envelope": "page", "listing": listing}


@own.get("/transactionitems/list/{state}", "read-transactions", **LINES)
async def browse(session: Any, call: Call, owner: Owner, state: str) -> Answer:
    """List the lines that bought items of lists (`assigned`), or the others (`unassigned`)"""
    return await _browse(session, call, owner, state)


@own.get("/transactionitems/list/assigned", "read-transactions", **LINES)
async def browse_assigned(session: Any, call: Call, owner: Owner) -> Answer:
    """List the lines that bought items of lists"""
    return await _browse(session, call, owner, "assigned")


@own.get("/transactionitems/list/unassigned", "read-transactions", **LINES)
async def browse_unassigned(session: Any, call: Call, owner: Owner) -> Answer:
    """List the lines that bought no item of a list"""
    return await _browse(session, call, owner, "unassigned")


def operations() -> list[Operation]:
    below = "/profiles/{profile}"
    return [*routes.mounted(), *routes.mounted(below, owner=of_profile), *own.mounted(below, owner=of_profile)]
