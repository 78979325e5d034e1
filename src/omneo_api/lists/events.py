"""The events of lists, items and shares (automation 2.1, 3.3). Deleting a list or an item tells nothing."""

import uuid
from typing import Annotated, Any

from sqlalchemy import BigInteger, bindparam, func
from sqlalchemy.dialects.postgresql import JSON

from omneo_api.foundation.models import lit
from omneo_api.foundation.outbox import Context
from omneo_api.foundation.render import Read, Sql, one_json, rows_json
from omneo_api.foundation.statements import Statement
from omneo_api.lists.models import ProductList, ProductListItem, ProductListShare
from omneo_api.lists.schemas import ProductListContext, ProductListItemContext, ProductListShareContext


def _linked(_: Any) -> Any:
    line = bindparam("line", type_=BigInteger)
    return func.json_build_object(lit("type"), lit("transaction_item"), lit("id"), line, type_=JSON)


class LinkedItemContext(ProductListItemContext):
    """An item that was bought, with the line that bought it."""

    linked: Annotated[dict[str, Any], Sql(_linked)]


def _context(schema: type[Read], model: Any) -> Statement:
    return Statement(lambda: one_json(rows_json(schema, model).where(model.id == bindparam("id", type_=BigInteger))))


_LIST = _context(ProductListContext, ProductList)
_ITEM = _context(ProductListItemContext, ProductListItem)
_BOUGHT = _context(LinkedItemContext, ProductListItem)
_SHARE = _context(ProductListShareContext, ProductListShare)


def told(session: Any, what: str, identifier: int, owner: uuid.UUID) -> None:
    """`product-list.created` or `.updated`."""
    session.outbox.emit(f"product-list.{what}", "product-list", identifier, Context(_LIST, {"id": identifier}), owner)


def item(session: Any, what: str, identifier: int, owner: uuid.UUID) -> None:
    """`product-list-item.created` or `.updated`."""
    context = Context(_ITEM, {"id": identifier})
    session.outbox.emit(f"product-list-item.{what}", "product-list-item", identifier, context, owner)


def bought(session: Any, identifier: int, line: int, owner: uuid.UUID) -> None:
    """`product-list-item.linked`: a line of a sale bought the item."""
    context = Context(_BOUGHT, {"id": identifier, "line": line})
    session.outbox.emit("product-list-item.linked", "product-list-item", identifier, context, owner)


def shared(session: Any, identifier: int, owner: uuid.UUID) -> None:
    context = Context(_SHARE, {"id": identifier})
    session.outbox.emit("product-list-share.created", "product-list-share", identifier, context, owner)


async def unshared(session: Any, identifier: int, owner: uuid.UUID) -> None:
    """Tells of a share that is about to be deleted, as it was."""
    state = Context(text=await Context(_SHARE, {"id": identifier}).render(session))
    session.outbox.emit("product-list-share.deleted", "product-list-share", identifier, state, owner)
