"""Tags: free labels shared by everything that can be tagged (incentives-status 11).

A tagged row keeps its handles in a `tags text[]` column, in the order sent; this table is their register.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import Text
from sqlalchemy.orm import Mapped, mapped_column

from omneo_api.foundation import fields
from omneo_api.foundation.models import Resource, unique
from omneo_api.foundation.render import Read
from omneo_api.foundation.statements import Statement


class Tag(Resource):
    """Handles of tags are case-sensitive."""

    __tablename__ = "tags"
    __table_args__ = (unique("handle"),)

    handle: Mapped[str] = mapped_column(Text)


class TagRead(Read):
    id: int
    handle: str
    created_at: datetime
    updated_at: datetime


class TagBody(fields.Body):
    handle: fields.Text


_REGISTER = Statement(
    "INSERT INTO tags (handle) SELECT DISTINCT unnest(:handles::text[]) ON CONFLICT (tenant_id, handle) DO NOTHING"
)
_BY_ID = Statement("SELECT id, handle FROM tags WHERE id = ANY (:ids::bigint[])")


async def register_tags(session: Any, tags: list[str | int]) -> list[str]:
    """The handles of a `tags` key as they are stored: ids are looked up, unknown handles are made; order kept."""
    ids = [tag for tag in tags if isinstance(tag, int)]
    by_id = {row.id: row.handle for row in await session.rows(_BY_ID, ids=ids)} if ids else {}
    handles = [by_id.get(tag) if isinstance(tag, int) else tag for tag in tags]
    named = list(dict.fromkeys(handle for handle in handles if handle))
    if named:
        await session.execute(_REGISTER, handles=named)
    return named
