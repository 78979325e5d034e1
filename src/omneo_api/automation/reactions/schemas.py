"""The histories of runs as they are shown (automation 11)."""

from datetime import datetime
from typing import Annotated, Any, Literal

from sqlalchemy import case, func, literal_column, select
from sqlalchemy.dialects.postgresql import JSON
from sqlalchemy.orm import aliased

from omneo_api.automation.reactions.models import ActionHistory
from omneo_api.foundation.records import EventContext
from omneo_api.foundation.render import Read, Sql

MONTH: Any = literal_column("interval '30 days'")


def _context(item: Any) -> Any:
    """What the step saw, for thirty days."""
    history, kept = aliased(ActionHistory), aliased(EventContext)
    found = (
        select(func.coalesce(history.context, kept.context, type_=JSON))
        .select_from(history)
        .outerjoin(kept, kept.event_id == history.event_id)
        .where(history.id == item.action_history_id)
        .correlate(item)
        .scalar_subquery()
    )
    return case((item.created_at > func.omneo_now() - MONTH, found), else_=None)


class ActionHistoryItemRead(Read):
    id: int
    action_history_id: int
    handler: str
    arguments: dict[str, Any] | None
    context: Annotated[dict[str, Any] | None, Sql(_context)]
    result: dict[str, Any] | None
    status: Literal["pending", "success", "stopped", "skipped", "failed"]
    created_at: datetime
    updated_at: datetime


class RelatedHistoryRead(Read):
    """A parent or child, without its own."""

    id: int
    actionable_type: Literal["trigger", "automation"]
    actionable_id: int
    items: list[ActionHistoryItemRead]
    parent_id: int | None
    created_at: datetime
    updated_at: datetime


class ActionHistoryRead(Read):
    id: int
    actionable_type: Literal["trigger", "automation"]
    actionable_id: int
    items: list[ActionHistoryItemRead]
    parent_id: int | None
    parent_history: RelatedHistoryRead | None
    children_history: list[RelatedHistoryRead]
    created_at: datetime
    updated_at: datetime


class ListedHistoryRead(ActionHistoryRead):
    """The same in lists, without the neighbours."""

    parent_history: Annotated[RelatedHistoryRead | None, Sql(lambda _: literal_column("NULL::json", JSON))]
    children_history: Annotated[list[RelatedHistoryRead], Sql(lambda _: literal_column("'[]'::json", JSON))]


class EventTypeRead(Read):
    name: str
    family: str


class ActionTypeRead(Read):
    name: str
    description: str
    aliases: list[str]
    arguments: list[dict[str, Any]]
