"""Tags: free labels shared by everything that can be tagged (incentives-status 11).

A tagged row keeps its handles in a `tags text[]` column, in the order sent; this table is their register.
"""

from datetime import datetime
from typing import Annotated, Any

from pydantic import PlainValidator, WithJsonSchema
from sqlalchemy import Text
from sqlalchemy.orm import Mapped, mapped_column

from omneo_api.configuration.detaching import detach, tell
from omneo_api.foundation import fields
from omneo_api.foundation.errors import NotFound
from omneo_api.foundation.models import Resource, unique
from omneo_api.foundation.reading import Reader
from omneo_api.foundation.render import Read
from omneo_api.foundation.resources import PlainResource
from omneo_api.foundation.statements import Statement
from omneo_api.foundation.validation import to_tag, wrong


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


def _handle(value: Any) -> str:
    """Runs of blanks become one hyphen; a number is taken as text."""
    if isinstance(value, dict):
        raise wrong("must be a string.")
    return str(to_tag(value))


class TagBody(fields.Body):
    handle: Annotated[str, PlainValidator(_handle), WithJsonSchema({"type": "string", "maxLength": 191})]


_FIND = Statement("SELECT id FROM tags WHERE handle = :key::text")


class TagReader(Reader):
    """Words that are no ids address a tag by its handle, in its own letter case."""

    def address(self, key: Any) -> tuple[str | None, Any]:
        try:
            return super().address(key)
        except NotFound:
            if not isinstance(key, str) or "\x00" in key:
                raise
            return "handle", key


class TagResource(PlainResource):
    def __init__(self, *parts: Any, **options: Any) -> None:
        super().__init__(*parts, **options)
        self.reader = TagReader(self.listing)

    @property
    def _by_handle(self) -> Statement:
        return _FIND

    async def before_delete(self, session: Any, current: Any) -> None:
        await tell(session, "tags", current.handle)
        await detach(session, "tags", current.handle)


tags = TagResource(
    Tag,
    TagRead,
    TagBody,
    name="Tag",
    scope="tags",
    path="/tags",
    methods=("browse", "create", "show", "delete"),
    listing={"filters": ("id", "handle"), "search": ("handle",)},
    example={"handle": "mobile-app"},
)


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
