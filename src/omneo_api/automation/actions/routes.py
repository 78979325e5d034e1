"""The actions below their owner, written once for triggers and automations (automation 6.2)."""

from typing import Any

from omneo_api.automation.actions import service
from omneo_api.automation.actions.schemas import ActionBody, ActionRead
from omneo_api.automation.actions.service import ActionsOf
from omneo_api.foundation.calls import NO_CONTENT, Answer, Call, created, one
from omneo_api.foundation.fields import partial
from omneo_api.foundation.operations import Routes

EXAMPLE = {
    "name": "filter",
    "arguments": [{"name": "condition", "value": {"===": [{"var": "definition.handle"}, "gold"]}}],
}


def action_routes(actions: ActionsOf, path: str, tag: str) -> Routes:
    """The five operations of one kind of owner, below `{path}/{id}/actions`."""
    routes = Routes(tag)
    reader = actions.reader

    @routes.get(f"{path}/{{id}}/actions", "read-reactions", listing=reader.listing, answers=ActionRead, envelope="page")
    async def browse(session: Any, call: Call, id: int) -> Answer:
        """List the actions"""
        return await reader.browse(session, call, actions.owner(id))

    @routes.post(f"{path}/{{id}}/actions", "create-reactions", answers=ActionRead, example=EXAMPLE)
    async def create(session: Any, body: ActionBody, id: int) -> Answer:
        """Add an action"""
        service.check_sizes([body], lambda _: "")
        identifier = await actions.add(session, id, body)
        return created(await reader.text(session, identifier))

    @routes.get(f"{path}/{{id}}/actions/{{action}}", "read-reactions", answers=ActionRead)
    async def show(session: Any, id: int, action: int) -> Answer:
        """Read an action"""
        return one(await reader.text(session, action, owner=actions.owner(id)))

    @routes.put(
        f"{path}/{{id}}/actions/{{action}}",
        "update-reactions",
        answers=ActionRead,
        body=partial(ActionBody),
        example=EXAMPLE,
    )
    async def update(session: Any, body: Any, id: int, action: int) -> Answer:
        """Change an action

        `arguments` replaces the whole list.
        """
        service.check_sizes([body], lambda _: "")
        await actions.change(session, id, action, body)
        return one(await reader.text(session, action))

    @routes.delete(f"{path}/{{id}}/actions/{{action}}", "delete-reactions", envelope="none")
    async def remove(session: Any, id: int, action: int) -> Answer:
        """Remove an action"""
        await actions.remove(session, id, action)
        return NO_CONTENT

    return routes
