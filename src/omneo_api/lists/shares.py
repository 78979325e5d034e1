"""Share codes of lists, and what those who know one see (lists A5)."""

import secrets
import uuid
from datetime import datetime
from typing import Annotated, Any

from pydantic import create_model
from sqlalchemy import Text, bindparam, exists, func, select
from sqlalchemy.dialects.postgresql import JSON
from sqlalchemy.orm import aliased

from omneo_api.commerce.locations.schemas import ShortLocation
from omneo_api.foundation.errors import Invalid, NotFound
from omneo_api.foundation.models import lit
from omneo_api.foundation.query import Listing
from omneo_api.foundation.reading import Reader
from omneo_api.foundation.render import Read, Source, Sql, one_json, rendered_columns, rows_json
from omneo_api.foundation.statements import Statement
from omneo_api.lists import events
from omneo_api.lists.items import Held
from omneo_api.lists.models import ListDefinition, ProductList, ProductListShare
from omneo_api.lists.schemas import OwnerRead, ProductListItemRead, ProductListRead, ShareRead, owner_of
from omneo_api.profiles.profile.models import Profile

CODE_BYTES = 24

reader = Reader(Listing(ShareRead, ProductListShare), owned_by="product_list_id")


class SharedAddress(Read):
    """Where a shop is, in a few words."""

    street: Annotated[str | None, Source("address_line_1")]
    city: str | None
    state: str | None
    postal_code: Annotated[str | None, Source("postcode")]
    country: str | None


class SharedLocation(ShortLocation):
    address: SharedAddress | None  # type: ignore[assignment]


class SharedItemRead(ProductListItemRead):
    location: SharedLocation | None


def _shown(name: str, info: Any) -> tuple[Any, Any]:
    replaced = {"location": (SharedLocation | None, ...), "items": (list[SharedItemRead], ...)}
    return replaced.get(name, (info.annotation, info))


SharedListRead: type[Read] = create_model(  # type: ignore[call-overload]
    "SharedListRead",
    __base__=Read,
    **{
        name: _shown(name, info)
        for name, info in ProductListRead.model_fields.items()
        if name not in ("profile", "staff")
    },
)
"""A list without the person: no owner, no staff, and of places only where they are."""


class FirstNameRead(Read):
    first_name: str | None


def _owner(schema: type[Read]) -> Sql:
    def expression(share: Any) -> Any:
        profile = aliased(Profile)
        rows = select(*rendered_columns(schema, profile)).where(profile.id == owner_of(share)).correlate(share)
        return select(func.row_to_json(rows.subquery().table_valued(), type_=JSON)).scalar_subquery()

    return Sql(expression)


class SharedRead(Read):
    """For callers who may read profiles."""

    id: int
    handle: str
    list: Annotated[ProductListRead, Source("product_list")]
    profile: Annotated[OwnerRead, _owner(OwnerRead)]
    created_at: datetime
    updated_at: datetime


class ReducedShareRead(Read):
    """For callers who may not."""

    id: int
    handle: str
    list: Annotated[SharedListRead, Source("product_list")]
    created_at: datetime
    updated_at: datetime


class FriendShareRead(ReducedShareRead):
    """For customers who know the code."""

    profile: Annotated[FirstNameRead, _owner(FirstNameRead)]


class NoProfileShareRead(Read):
    id: int
    handle: str
    profile_id: Annotated[uuid.UUID, Sql(owner_of)]
    list: Annotated[SharedListRead, Source("product_list")]
    created_at: datetime
    updated_at: datetime


def _in_force(share: Any) -> Any:
    """The list and its owner are there, and lists of its kind may still be shared."""
    return exists(
        select(lit(1))
        .select_from(ProductList)
        .join(ListDefinition, ListDefinition.id == ProductList.list_definition_id)
        .join(Profile, Profile.id == ProductList.profile_id)
        .where(
            ProductList.tenant_id == share.tenant_id,
            ProductList.id == share.product_list_id,
            ProductList.deleted_at.is_(None),
            Profile.deleted_at.is_(None),
            ListDefinition.allow_share,
        )
        .correlate(share)
    )


def _by_code(schema: type[Read]) -> Statement:
    code = bindparam("code", type_=Text)
    return Statement(
        lambda: one_json(
            rows_json(schema, ProductListShare).where(ProductListShare.handle == code, _in_force(ProductListShare))
        )
    )


_READ: dict[type[Read], Statement] = {
    schema: _by_code(schema) for schema in (SharedRead, ReducedShareRead, FriendShareRead, NoProfileShareRead)
}


async def by_code(session: Any, code: str, schema: type[Read]) -> str:
    """The shared list of a code as JSON text. Raises: NotFound."""
    found: str | None = await session.value(_READ[schema], code=code)
    if found is None:
        raise NotFound
    return found


_FIND = Statement(
    "SELECT id, handle FROM product_list_shares WHERE product_list_id = :list::bigint"
    " AND (id = :id::bigint OR handle = :code::text)"
)
_DELETE = Statement("DELETE FROM product_list_shares WHERE id = :id::bigint")


async def share(session: Any, held: Held) -> int:
    """Makes a further code for a held list; answers the share's id. Raises: Invalid."""
    if not held.allow_share:
        raise Invalid.field("list_definition_id", "The selected list definition id does not allow sharing.")
    values = {"product_list_id": held.id, "handle": secrets.token_urlsafe(CODE_BYTES)}
    identifier: int = (await session.insert(ProductListShare, values)).id
    # The code opens the list to whoever reads it, so an audit row does not say it.
    shown = {"id": identifier, "product_list_id": held.id}
    session.outbox.audit("created", "ProductListShare", identifier, None, shown, held.profile_id)
    events.shared(session, identifier, held.profile_id)
    return identifier


async def find(session: Any, list_id: int, key: str) -> int:
    """The id of a list's share by id or code. Raises: NotFound."""
    number = int(key) if key.isascii() and key.isdigit() and len(key) < 19 else None
    row = await session.row(_FIND, list=list_id, id=number, code=key) if "\x00" not in key else None
    if row is None:
        raise NotFound
    return int(row.id)


async def unshare(session: Any, held: Held, identifier: int) -> None:
    """Takes a code back."""
    await events.unshared(session, identifier, held.profile_id)
    await session.execute(_DELETE, id=identifier)
    old = {"id": identifier, "product_list_id": held.id}
    session.outbox.audit("deleted", "ProductListShare", identifier, old, None, held.profile_id)
