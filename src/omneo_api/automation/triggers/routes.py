"""`/triggers`, their actions and the dry run."""

from typing import Any

from omneo_api.automation.actions.routes import action_routes
from omneo_api.automation.reactions import service as reactions
from omneo_api.automation.triggers.schemas import TestBody, TestRead
from omneo_api.automation.triggers.service import triggers
from omneo_api.foundation.calls import Answer, data
from omneo_api.foundation.operations import Routes

routes: Routes = triggers.routes()
routes.operations += action_routes(triggers.actions, "/triggers", "Triggers").operations


@routes.post(
    "/triggers/{id}/test",
    "read-reactions",
    reads=True,
    success=200,
    permission="read",
    answers=TestRead,
    example={"context": {"definition": {"handle": "gold"}}},
)
async def rehearse(session: Any, body: TestBody, id: int) -> Answer:
    """Try a trigger with a context

    Answers what each action would be given, and for filters whether they pass. Nothing is written or sent.
    """
    return data(await reactions.rehearse(session, id, body.context))
