"""`/action-history`, and the catalogues of what can be reacted to and how (automation 11, 19)."""

from typing import Any

from omneo_api.automation.actions.types import CATALOGUE, TYPES
from omneo_api.automation.events import NATIVE
from omneo_api.automation.reactions.models import ActionHistory
from omneo_api.automation.reactions.schemas import ActionHistoryRead, ActionTypeRead, EventTypeRead, ListedHistoryRead
from omneo_api.foundation.calls import Answer, Call, data, one
from omneo_api.foundation.operations import Routes
from omneo_api.foundation.query import Filter, Listing
from omneo_api.foundation.reading import Reader

histories = Routes("Action history")
catalogues = Routes("Reactions")

listed = Reader(
    Listing(
        ListedHistoryRead,
        ActionHistory,
        filters=("id", "actionable_type", "actionable_id", "parent_id"),
        extra={"items.status": Filter(("items", "status")), "items.handler": Filter(("items", "handler"))},
        order=("-id",),
    )
)
whole = Reader(Listing(ActionHistoryRead, ActionHistory, filters=("id",)))
HISTORY = "read-action-history"


@histories.get(
    "/action-history",
    HISTORY,
    aliases=("/action-histories",),
    listing=listed.listing,
    answers=ListedHistoryRead,
    envelope="page",
)
async def browse(session: Any, call: Call) -> Answer:
    """List the runs of triggers and automations

    Newest first.
    """
    return await listed.browse(session, call)


@histories.get("/action-history/{id}", HISTORY, aliases=("/action-histories/{id}",), answers=ActionHistoryRead)
async def show(session: Any, id: int) -> Answer:
    """Read a run with its steps, the run that caused it and those that it caused"""
    return one(await whole.text(session, id))


@catalogues.get("/reactions/events", "read-reactions", answers=EventTypeRead, envelope="list")
async def event_types() -> Answer:
    """List the events that triggers and webhooks can name"""
    return data([{"name": name, "family": family} for name, family in NATIVE.items()])


@catalogues.get("/reactions/action-types", "read-reactions", answers=ActionTypeRead, envelope="list")
async def action_types() -> Answer:
    """List the types of actions with their arguments"""
    shown = []
    for name, kind in TYPES.items():
        spellings: dict[str, list[str]] = {}
        for spelling, canonical in kind.spellings.items():
            spellings.setdefault(canonical, []).append(spelling)
        arguments = [
            {"name": canonical, "required": canonical in kind.required, "aliases": names[1:]}
            for canonical, names in spellings.items()
        ]
        aliases = list(CATALOGUE.get(name, ()))
        shown.append({"name": name, "description": kind.description, "aliases": aliases, "arguments": arguments})
    return data(shown)
